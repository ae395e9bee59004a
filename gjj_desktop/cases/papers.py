"""单据: a paper about a case is issued later, or a spoiled one voided; its number stays and is explained."""

import msgspec

from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.numbers import number_problem
from gjj_desktop.cases.outcome import Event, Outcome, refuse
from gjj_desktop.cases.rows import Case, IssuedPaper, changed
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import POSTED
from gjj_desktop.domain.numbers import Series


class VoidPaper(msgspec.Struct, frozen=True, kw_only=True):
    """The paper and why it is void."""

    paper_no: str
    reason: str


class IssuePaper(msgspec.Struct, frozen=True, kw_only=True):
    """A paper that says what has become of a case; it travels with the command itself."""

    paper_kind: str


def needs_issue(context: Context, asked: IssuePaper) -> list[Need]:
    """The case, which every command loads."""
    return []


def decide_issue(context: Context, asked: IssuePaper) -> Outcome:
    """The paper goes out; what is not paid or let go yet has no final paper.

    A case that the centre refused to take in is none; its number is the window's own, and the one paper about it says
    that the receipt does not hold.
    """
    case = context.state.get(Case, context.command.case_no)
    if case is None and not _may_be_refused(context, asked):
        return refuse("", "case.unknown", "没有这笔业务")
    if case is not None and case.outlet != context.command.device[:4]:
        return refuse("", "case.other_outlet", "这笔业务由其他网点受理，请在原网点办理")
    if len(context.command.papers) != 1 or context.command.papers[0].kind != asked.paper_kind:
        return refuse("", "paper.missing", "这项操作须带一张单据")
    if case is not None and asked.paper_kind in FINAL_PAPERS and case.state != POSTED:
        return refuse("", "paper.too_early", "中心入账后才能打印这张单据")
    return ()


def _may_be_refused(context: Context, asked: IssuePaper) -> bool:
    own = number_problem(Series.CASE, context.command.case_no, context.command.device) is None
    return asked.paper_kind == CORRECTION_SLIP and own


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


FINAL_PAPERS = ("payment_voucher", "repayment_schedule")
CORRECTION_SLIP = "correction_slip"
NOTICES = (CORRECTION_SLIP, "deficiency_notice")

KINDS = (
    CommandKind(
        name="paper.issue",
        title="出具单据",
        payload=IssuePaper,
        needs=needs_issue,
        decide=decide_issue,
        role="any",
        opens_case=False,
        papers=(*FINAL_PAPERS, *NOTICES),
    ),
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
