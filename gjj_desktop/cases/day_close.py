"""日结: a window closes its day and says how many numbers it used, voided and printed."""

from datetime import date

import msgspec

from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.rows import DayClose, IssuedPaper
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import posted, receive

KIND = "day.close"


class CloseDay(msgspec.Struct, frozen=True, kw_only=True):
    """A window's count for one day; `paper_nos` are all paper numbers used, in order, `voided` those spoiled."""

    day: date
    case_count: int
    paper_nos: tuple[str, ...] = ()
    voided: tuple[str, ...] = ()


def _key(context: Context, asked: CloseDay) -> str:
    return f"{context.command.device}:{asked.day.isoformat()}"


def needs(context: Context, asked: CloseDay) -> list[Need]:
    """The day's earlier close, and every paper that is said to have been used."""
    papers = [need(IssuedPaper, number) for number in asked.paper_nos]
    return [need(DayClose, _key(context, asked)), *papers]


def decide(context: Context, asked: CloseDay) -> Outcome:
    """The day closes once, and only over papers that are really there, the voided ones as voided."""
    if context.state.get(DayClose, _key(context, asked)) is not None:
        return refuse("", "day.closed", f"{asked.day} 已日结")
    if asked.day > context.business_date:
        return refuse("day", "day.future", "不能日结今天以后的日期")
    if len(set(asked.paper_nos)) < len(asked.paper_nos) or not set(asked.voided) <= set(asked.paper_nos):
        return refuse("", "day.papers_differ", "单据号有重复，或作废的单据不在清单内，请刷新后再日结")
    issued_now = {paper.paper_no for paper in context.command.papers}
    for number in asked.paper_nos:
        paper = context.state.get(IssuedPaper, number)
        if number not in issued_now and (paper is None or paper.device != context.command.device):
            return refuse("", "day.unknown_paper", f"单据 {number} 查不到，请先同步再日结")
        if paper is not None and (paper.state == "void") != (number in asked.voided):
            return refuse("", "day.voided_differs", f"单据 {number} 的作废记录不一致，请核对")
    case = receive(context, kind="day_close", title="日结", subject=f"{context.command.device[4:]} 号窗 {asked.day}")
    if isinstance(case, Refusal):
        return case
    close = DayClose(
        day_close=_key(context, asked),
        outlet=case.outlet,
        device=case.device,
        day=asked.day,
        case_count=asked.case_count,
        paper_count=len(asked.paper_nos),
        voided_count=len(asked.voided),
        first_paper_no=asked.paper_nos[0] if asked.paper_nos else "",
        last_paper_no=asked.paper_nos[-1] if asked.paper_nos else "",
    )
    received = Event(kind="day.received", case_no=case.case_no, rows=(case, close))
    return (received, posted(context, case, "day.closed"))


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
