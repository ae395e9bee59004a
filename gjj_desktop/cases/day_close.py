"""日结: a window closes its day and says how many numbers it used, voided and printed."""

from datetime import date

import msgspec

from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.numbers import number_problem
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.rows import AuditHead, DayClose, IssuedPaper, device_day
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import posted, receive
from gjj_desktop.domain.numbers import Series

KIND = "day.close"


class AuditMark(msgspec.Struct, frozen=True):
    """How far the window's audit log has come: its last line's sequence, 0 for an empty log, and digest."""

    sequence: int
    head: bytes


class CloseDay(msgspec.Struct, frozen=True, kw_only=True):
    """A window's count for one day.

    `paper_nos` are the numbers of all papers of the day, `voided` those among them that were spoiled. `refused` are
    numbers that were used up for papers whose command the centre refused: it holds no such paper.
    """

    day: date
    case_count: int
    audit: AuditMark
    paper_nos: tuple[str, ...] = ()
    voided: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def _key(context: Context, asked: CloseDay) -> str:
    return device_day(context.command.device, asked.day)


def needs(context: Context, asked: CloseDay) -> list[Need]:
    """The day's earlier close, every paper of the day, and what is said to be none."""
    none = [need(IssuedPaper, number) for number in asked.refused]
    known = [need(DayClose, _key(context, asked)), need(AuditHead, context.command.device)]
    return [*known, Need(IssuedPaper, "device_day", _key(context, asked)), *none]


def decide(context: Context, asked: CloseDay) -> Outcome:
    """The day closes once, and only over all papers that the window issued on it, the voided ones as voided."""
    if context.state.get(DayClose, _key(context, asked)) is not None:
        return refuse("", "day.closed", f"{asked.day} 已日结")
    if asked.day > context.business_date:
        return refuse("day", "day.future", "不能日结今天以后的日期")
    wrong = _papers_differ(context, asked) or _refused_differ(context, asked) or _log_cut(context, asked)
    if wrong is not None:
        return wrong
    case = receive(context, kind="day_close", title="日结", subject=f"{context.command.device[4:]} 号窗 {asked.day}")
    if isinstance(case, Refusal):
        return case
    numbers = sorted((*asked.paper_nos, *asked.refused))
    close = DayClose(
        day_close=_key(context, asked),
        outlet=case.outlet,
        device=case.device,
        day=asked.day,
        case_count=asked.case_count,
        paper_count=len(numbers),
        voided_count=len(asked.voided) + len(asked.refused),
        first_paper_no=numbers[0] if numbers else "",
        last_paper_no=numbers[-1] if numbers else "",
    )
    received = Event(kind="day.received", case_no=case.case_no, rows=(case, close, _audit_head(context, asked)))
    return (received, posted(context, case, "day.closed"))


def _log_cut(context: Context, asked: CloseDay) -> Refusal | None:
    """The audit log only grows: where it is shorter than at the last close, somebody has cut it."""
    before = context.state.get(AuditHead, context.command.device)
    cut = before is not None and (
        asked.audit.sequence < before.sequence
        or (asked.audit.sequence == before.sequence and asked.audit.head != before.head)
    )
    return refuse("", "day.audit_cut", "本窗口的操作记录与上次日结对不上，请联系管理员") if cut else None


def _audit_head(context: Context, asked: CloseDay) -> AuditHead:
    before = context.state.get(AuditHead, context.command.device)
    return AuditHead(
        version=before.version + 1 if before is not None else 1,
        device=context.command.device,
        outlet=context.command.device[:4],
        day=asked.day,
        sequence=asked.audit.sequence,
        head=asked.audit.head,
    )


def _papers_differ(context: Context, asked: CloseDay) -> Refusal | None:
    """The list and what is known must be the same; the sheet that goes out with the close may be on it."""
    listed, voided = set(asked.paper_nos), set(asked.voided)
    if len(listed) < len(asked.paper_nos) or not voided <= listed:
        return refuse("", "day.papers_differ", "单据号有重复，或作废的单据不在清单内，请刷新后再日结")
    known = {paper.paper_no: paper for paper in context.state.where(IssuedPaper, "device_day", _key(context, asked))}
    for number in sorted(listed - known.keys() - {paper.paper_no for paper in context.command.papers}):
        return refuse("", "day.unknown_paper", f"单据 {number} 查不到，请先同步再日结")
    for number in sorted(known.keys() - listed):
        return refuse("", "day.paper_missing", f"单据 {number} 不在清单内，请刷新后再日结")
    for number, paper in sorted(known.items()):
        if (paper.state == "void") != (number in voided):
            return refuse("", "day.voided_differs", f"单据 {number} 的作废记录不一致，请核对")
    return None


def _refused_differ(context: Context, asked: CloseDay) -> Refusal | None:
    for number in asked.refused:
        if context.state.get(IssuedPaper, number) is not None:
            return refuse("", "day.not_refused", f"单据 {number} 中心已登记，请刷新后再日结")
        problem = number_problem(Series.PAPER, number, context.command.device)
        if problem is not None:
            return Refusal((problem,))
    if len(set(asked.refused)) < len(asked.refused):
        return refuse("", "day.papers_differ", "单据号有重复，请刷新后再日结")
    return None


KINDS = (
    CommandKind(
        name=KIND,
        title="日结",
        payload=CloseDay,
        needs=needs,
        decide=decide,
        role="any",
        papers=("day_end_sheet",),
    ),
)
