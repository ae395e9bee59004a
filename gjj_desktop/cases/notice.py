"""一次性告知: everything that is missing is told once, and what was typed waits for the applicant to come back."""

from collections.abc import Mapping
from datetime import date

import msgspec

from gjj_desktop.cases.command import UNREADABLE
from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.material_pages import needs_of_pages, page_problems, page_rows
from gjj_desktop.cases.materials import known_materials
from gjj_desktop.cases.numbers import number_problem
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.reading import text_problem
from gjj_desktop.cases.rows import Case, OpenNotice, PageRef, changed
from gjj_desktop.cases.state import Need, State, need
from gjj_desktop.domain.half_width import without_spaces
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.rules.policy import Policy

KIND = "notice.issue"
PAPER = "deficiency_notice"
OPEN, USED = "open", "used"
MISSING_MAX, TEXTS_MAX_BYTES = 60, 65_536
_WHOSE = "personal_account_no"


class MissingItem(msgspec.Struct, frozen=True, kw_only=True):
    """One material to be brought: its name, what it has to be like, and where to get it; the latter two may be ""."""

    name: str
    requirement: str
    where: str = ""


class IssueNotice(msgspec.Struct, frozen=True, kw_only=True):
    """Tell an applicant what is missing. `raw` is the msgpack of the texts typed into the form of kind `form`.

    `missing` are materials, `wrong` sentences on what else is to be put right. `notice_no` is the notice that the
    applicant had come back with, "" for none; the new one takes its place.
    """

    form: str
    title: str
    subject: str
    raw: bytes
    missing: tuple[MissingItem, ...] = ()
    wrong: tuple[str, ...] = ()
    pages: tuple[PageRef, ...] = ()
    notice_no: str = ""


def needs(context: Context, asked: IssueNotice) -> list[Need]:
    """Whether the number is taken, by a notice or by pages."""
    return [need(OpenNotice, context.command.case_no), *needs_of_pages(context.command.case_no)]


def decide(context: Context, asked: IssueNotice) -> Outcome:
    """The notice waits at the outlet, under a number of the window's own, and its paper goes out."""
    command, number = context.command, context.command.case_no
    problem = number_problem(Series.CASE, number, command.device)
    if problem is not None:
        return Refusal((problem,))
    if context.state.get(OpenNotice, number) is not None or context.state.get(Case, number) is not None:
        return refuse("", "case.number_taken", "这个编号已被使用，请重新打印")
    if not (asked.missing or asked.wrong):
        return refuse("", "notice.nothing_missing", "没有缺项，请直接受理")
    wrong_pages = page_problems(context, asked.pages, known_materials(context.policy, context.business_date))
    if wrong_pages:
        return Refusal(wrong_pages)
    if not _well_formed(asked):
        return refuse("", "notice.malformed", "告知单内容读不出来，请重新打印")
    if [paper.kind for paper in command.papers] != [PAPER]:
        return refuse("", "paper.missing", "这项操作须带一张告知单")
    notice = OpenNotice(
        notice_no=number,
        outlet=command.device[:4],
        kind=asked.form,
        title=asked.title,
        subject=asked.subject,
        raw=asked.raw,
        missing=(*(item.name for item in asked.missing), *asked.wrong),
        pages=asked.pages,
        made_by=command.author,
        made_on=context.business_date,
    )
    return (Event(kind="notice.issued", case_no=number, rows=(notice, *page_rows(context, asked.pages))),)


def _well_formed(asked: IssueNotice) -> bool:
    """Whether it holds no more than a form and a paper have room for."""
    texts = [*asked.wrong, *(text for item in asked.missing for text in msgspec.structs.astuple(item))]
    fits = len(asked.missing) + len(asked.wrong) <= MISSING_MAX and len(asked.raw) <= TEXTS_MAX_BYTES
    return fits and not any(text_problem("", "", text) for text in texts) and texts_of(asked.raw) is not None


def texts_of(raw: bytes) -> dict[str, str] | None:
    """The texts typed, by field name; None where these bytes hold none."""
    try:
        return msgspec.msgpack.decode(raw, type=dict[str, str])
    except UNREADABLE:
        return None


def notice_of(payload: msgspec.Struct) -> str:
    """The number of the notice that the applicant came back with, "" for none."""
    return str(getattr(payload, "notice_no", ""))


def needs_of_use(context: Context, notice_no: str) -> list[Need]:
    """What `used` looks at: the notice, and the case that it was used for already; nothing for no notice."""
    if not notice_no:
        return []
    notice = context.state.get(OpenNotice, notice_no)
    used_by = notice.used_by_case if notice is not None else ""
    return [need(OpenNotice, notice_no), *((need(Case, used_by), need(OpenNotice, used_by)) if used_by else ())]


def used(context: Context, payload: msgspec.Struct) -> tuple[Event, ...] | Refusal:
    """What becomes of the notice once the command's case is taken in with it: it is used, and what was typed let go.

    Nothing for no notice, and for one that this case has used already. Refuses one that another case has used, and one
    about another person or another business, whose sheet would be lost.
    """
    notice_no = notice_of(payload)
    if not notice_no:
        return ()
    case_no = context.command.case_no
    notice = context.state.get(OpenNotice, notice_no)
    if notice is None or notice.outlet != context.command.device[:4]:
        return refuse("", "notice.unknown", "没有这张一次性告知单，请核对编号")
    if notice.used_by_case == case_no:
        return ()
    if notice.state != OPEN:
        return refuse("", "notice.used", used_sentence(context.state, notice))
    if _sheet(notice.kind, texts_of(notice.raw) or {}) != _sheet_of(context.command.kind, payload):
        message = f"这张告知单是{notice.subject}办理{notice.title}的，不能用在这里，请另开一张申请"
        return refuse("", "notice.others", message)
    now_used = changed(notice, state=USED, used_by_case=case_no, raw=b"", pages=())
    return (Event(kind="notice.used", case_no=case_no, rows=(now_used,)),)


def _sheet_of(kind: str, payload: msgspec.Struct) -> tuple[str, str]:
    """Which form the command fills in, or keeps for later, and whose account it is about."""
    if isinstance(payload, IssueNotice):
        return _sheet(payload.form, texts_of(payload.raw) or {})
    return _sheet(kind, {_WHOSE: str(getattr(payload, _WHOSE, ""))})


def _sheet(form: str, texts: Mapping[str, str]) -> tuple[str, str]:
    return form, without_spaces(texts.get(_WHOSE, ""))


def used_sentence(state: State, notice: OpenNotice) -> str:
    """By whom, when and for what the notice was used, as far as `state` knows of it."""
    number = group_number(Series.CASE, notice.used_by_case)
    case, later = state.get(Case, notice.used_by_case), state.get(OpenNotice, notice.used_by_case)
    if case is not None:
        who = f"{int(case.device[4:])} 号窗 {case.maker_name}"
        return f"这张告知单已由 {who} 于 {case.received_on} 受理，受理号 {number}，不必再次受理"
    if later is not None:
        return f"这张告知单已由 {later.made_on} 开出的告知单代替，编号 {number}，请用新的一张"
    return f"这张告知单已经用过，编号 {number}，不必再次受理"


def keep_days(policy: Policy, day: date) -> int:
    """For how many days after its issue a notice waits in the list, by the policy of `day`."""
    return int(policy.on("notice", day)["keep_days"])


KINDS = (
    CommandKind(
        name=KIND,
        title="一次性告知",
        payload=IssueNotice,
        needs=needs,
        decide=decide,
        role="clerk",
        papers=(PAPER,),
    ),
)
