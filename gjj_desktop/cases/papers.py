"""单据作废: a spoiled or wrong paper is voided; its number stays and is explained."""

import msgspec

from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.outcome import Event, Outcome, refuse
from gjj_desktop.cases.rows import IssuedPaper, changed
from gjj_desktop.cases.state import Need, need


class VoidPaper(msgspec.Struct, frozen=True, kw_only=True):
    """The paper and why it is void."""

    paper_no: str
    reason: str


def needs(context: Context, asked: VoidPaper) -> list[Need]:
    """The paper."""
    return [need(IssuedPaper, asked.paper_no)]


def decide(context: Context, asked: VoidPaper) -> Outcome:
    """A paper of this window is voided once, with a reason."""
    paper = context.state.get(IssuedPaper, asked.paper_no)
    if paper is None or paper.device != context.command.device:
        return refuse("paper_no", "paper.unknown", "本窗口没有这张单据")
    if paper.state == "void":
        return refuse("paper_no", "paper.void_already", "这张单据已作废")
    if not asked.reason.strip():
        return refuse("reason", "field.required", "请填写作废原因")
    voided = changed(paper, state="void", void_reason=asked.reason)
    return (Event(kind="paper.voided", case_no=paper.case_no, rows=(voided,)),)


KINDS = (
    CommandKind(
        name="paper.void",
        title="单据作废",
        payload=VoidPaper,
        needs=needs,
        decide=decide,
        role="clerk",
        opens_case=False,
    ),
)
