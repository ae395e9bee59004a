"""日结: what this window did today, reconciled: numbers used, papers printed and voided, work not yet synced."""

from collections import Counter

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.day_close import KIND, AuditMark, CloseDay
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.rows import Case, IssuedPaper, device_day
from gjj_desktop.cases.state import need
from gjj_desktop.clock import china_time
from gjj_desktop.counter.handing_in import HandedIn, hand_in
from gjj_desktop.counter.making import Making
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.errors import OperatingError
from gjj_desktop.printing.papers import DayEndLine, DayEndSheet, NumbersUsed, Paper
from gjj_desktop.store import audit, meta, numbers, outbox, papers, view
from gjj_desktop.store.papers import CONFIRMED


class DayCount(msgspec.Struct, frozen=True, kw_only=True):
    """A window's day: cases by kind with their money, numbers by series, and what is still open.

    `voided` are among `paper_nos`; `refused` are the numbers of papers whose command the centre refused. `unprinted`
    are papers that nobody confirmed; `unsynced` counts commands that are not decided.
    """

    day: str
    lines: tuple[DayEndLine, ...]
    numbers: tuple[NumbersUsed, ...]
    paper_nos: tuple[str, ...]
    voided: tuple[str, ...]
    refused: tuple[str, ...]
    unprinted: tuple[str, ...]
    unsynced: int

    @property
    def case_count(self) -> int:
        """All cases of the day."""
        return sum(line.count for line in self.lines)


IN_KINDS, OUT_KINDS = frozenset({"remittance"}), frozenset({"withdrawal", "loan"})
"""Kinds of case whose money comes in and goes out; what others name, such as arrears in a letter, does not move."""


def count_day(window: Window) -> DayCount:
    """The day so far."""
    with window.reading() as connection:
        return _count(window, connection)


def _count(window: Window, connection: Connection) -> DayCount:
    day = window.business_date(connection)
    issued = papers.of_day(connection, day)
    held = {row.key for row in view.load_view(connection, [need(IssuedPaper, paper.paper_no) for paper in issued])}
    taken_in = view.rows_of(connection, Case, "device_day", device_day(window.device, day))
    on_the_way = outbox.counts(connection)
    return DayCount(
        day=day.isoformat(),
        lines=_lines([case for case in taken_in if case.kind != "day_close"]),
        numbers=tuple(_numbers(window, usage, issued) for usage in numbers.usage(connection, day)),
        paper_nos=tuple(paper.paper_no for paper in issued if paper.paper_no in held),
        voided=tuple(paper.paper_no for paper in issued if paper.paper_no in held and paper.void_reason),
        refused=tuple(paper.paper_no for paper in issued if paper.paper_no not in held),
        unprinted=tuple(paper.paper_no for paper in issued if paper.print_state != CONFIRMED and not paper.void_reason),
        unsynced=on_the_way.waiting + on_the_way.handed_in + on_the_way.set_aside,
    )


def _lines(cases: list[Case]) -> tuple[DayEndLine, ...]:
    counts = Counter(case.title for case in cases)
    lines = []
    for title, count in sorted(counts.items()):
        of_kind = [case for case in cases if case.title == title]
        comes_in, goes_out = (
            sum(case.amount_fen for case in of_kind if case.kind in kinds) for kinds in (IN_KINDS, OUT_KINDS)
        )
        lines.append(DayEndLine(kind=title, count=count, in_fen=comes_in, out_fen=goes_out))
    return tuple(lines)


def _numbers(window: Window, usage: numbers.Usage, issued: list[papers.Paper]) -> NumbersUsed:
    series = Series[usage.series]
    of_papers = issued if series is Series.PAPER else []
    voided = [paper for paper in of_papers if paper.void_reason]
    outlet, place = window.device[:4], window.device[4:]
    return NumbersUsed(
        series=series.label,
        first=make_number(series, outlet, place, usage.first),
        last=make_number(series, outlet, place, usage.last),
        used=usage.count,
        printed=len(of_papers) - len(voided) if series is Series.PAPER else usage.count,
        voided=len(voided),
        voided_reason="；".join(paper.void_reason for paper in voided),
    )


def close_day(window: Window) -> HandedIn | Refusal:
    """Close the day: sheet and seal of the audit log go with it.

    Raises:
        OperatingError: commands are without an answer, so the centre could not confirm the count.
    """
    session = window.signed_in()
    count = count_day(window)
    if count.unsynced:
        raise OperatingError(f"还有 {count.unsynced} 笔业务待同步，不能日结。", "请联网同步后再日结。")
    with window.reading() as connection:
        day = window.business_date(connection)
        last_sync = meta.get(connection, meta.LAST_SYNC_AT, str) or ""

    def make(making: Making) -> Paper:
        return DayEndSheet(
            head=making.head,
            business_date=day,
            officer=session.name,
            lines=count.lines,
            numbers=count.numbers,
            reversals=0,
            unsynced=count.unsynced,
            last_sync=f"{china_time(last_sync):%Y-%m-%d %H:%M}" if last_sync else "",
        )

    with window.store.work() as connection:
        seal = audit.close_day(connection, window.signing_key(connection), window.device, day)
    asked = CloseDay(
        day=day,
        case_count=count.case_count,
        audit=AuditMark(seal.sequence, seal.head),
        paper_nos=count.paper_nos,
        voided=count.voided,
        refused=count.refused,
    )
    return hand_in(window, KIND, asked, make_paper=make)
