"""Which agreed months (委托按月提取) have come: each becomes a command of the centre, with a number of its own."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from gjj_desktop.cases.instruction_run import CENTRE_WINDOW, RUN, RunInstruction
from gjj_desktop.cases.rows import StandingInstruction
from gjj_desktop.cases.standing_instruction import ACTIVE
from gjj_desktop.cases.state import Need
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.row_tables import Database, load_rows
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.rules.policy import Policy
from gjj_desktop.rules.standing_instruction import due_months


def hand_in_due(connection: Database, centre_key: bytes, policy: Policy, day: date) -> int:
    """Hand in every month that has come by `day` and did not run yet, oldest first; answers how many.

    It belongs into the transaction that makes `day` the business date. A month that is handed in twice all the same,
    because posting did not keep up, runs once: the second command changes nothing.
    """
    held = load_rows(connection, [Need(StandingInstruction, "state", ACTIVE)])
    active = sorted((row for row in held if isinstance(row, StandingInstruction)), key=lambda row: row.key)
    due = [(row, str(month)) for row in active for month in _months(row, policy, day)]
    if not due:
        return 0
    numbers = _numbers(connection, [row.outlet for row, _ in due])
    commands = [
        OwnCommand(RUN, RunInstruction(instruction_no=row.instruction_no, month=month), next(numbers[row.outlet]))
        for row, month in sorted(due, key=lambda each: each[1])
    ]
    hand_in_own(connection, centre_key, commands)
    return len(commands)


def _months(row: StandingInstruction, policy: Policy, day: date) -> Iterator[Month]:
    return due_months(policy, day, row.reason, Month.stored(row.next_month), Month.stored(row.last_month))


def _numbers(connection: Database, outlets: Sequence[str]) -> dict[str, Iterator[str]]:
    """Fresh case numbers for each outlet, as many as it is named, from the block of the window that no machine has."""
    wanted: dict[str, int] = defaultdict(int)
    for outlet in outlets:
        wanted[outlet] += 1
    return {outlet: _leased(connection, outlet, count) for outlet, count in wanted.items()}


def _leased(connection: Database, outlet: str, count: int) -> Iterator[str]:
    found = connection.execute(
        "insert into core.number_lease as held (device, series, leased) values (%s, %s, %s)"
        " on conflict (device, series) do update set leased = held.leased + excluded.leased returning leased",
        (f"{outlet}{CENTRE_WINDOW}", Series.CASE.name, count),
    ).fetchone()
    assert found is not None, "an upsert answers its row"
    last = int(found[0])
    return iter([make_number(Series.CASE, outlet, CENTRE_WINDOW, each) for each in range(last - count + 1, last + 1)])
