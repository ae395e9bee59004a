"""What became of the cases that this window took in today."""

from collections.abc import Collection, Sequence

import msgspec

from gjj_desktop.cases.rows import Case, device_day
from gjj_desktop.cases.workflow import POSTED, REFUSED, RETURNED, STATE_LABELS, WITHDRAWN
from gjj_desktop.clock import china_time
from gjj_desktop.counter.case_facts import money_of
from gjj_desktop.counter.clocks import Clock, clocks_of
from gjj_desktop.counter.window import Window
from gjj_desktop.store import view

TONES = {POSTED: "good", RETURNED: "wrong", REFUSED: "wrong", WITHDRAWN: ""}


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """One case of the day; `tone` good, waiting, wrong or none. `clock` is how long there is for it."""

    case_no: str
    title: str
    subject: str
    amount_fen: int | None
    state_words: str
    tone: str
    at: str
    clock: Clock


def cases_of_today(window: Window, kinds: Collection[str] = ()) -> Sequence[CaseLine]:
    """Cases of these kinds (all when empty) that this window took in on the business date, newest first."""
    with window.reading() as connection:
        today = window.business_date(connection)
        found = view.rows_of(connection, Case, "device_day", device_day(window.device, today))
        wanted = [case for case in found if not kinds or case.kind in kinds]
        clock_of = clocks_of(window, connection)
        newest_first = sorted(wanted, key=lambda each: each.received_at, reverse=True)
        return [_line(case, clock_of(case)) for case in newest_first]


def _line(case: Case, clock: Clock) -> CaseLine:
    return CaseLine(
        case_no=case.case_no,
        title=case.title,
        subject=case.subject,
        amount_fen=money_of(case),
        state_words=STATE_LABELS[case.state],
        tone=TONES.get(case.state, "waiting"),
        at=f"{china_time(case.received_at):%H:%M}",
        clock=clock,
    )
