"""清册开户 at a real window: wrong rows say what stands there, and numbers are used only for what is taken in."""

from pathlib import Path

from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.rows import Account, Employer
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.handing_in import HandedIn
from gjj_desktop.counter.roster import DryRun, dry_run, hand_in_roster
from gjj_desktop.demo.roster import write_roster
from gjj_desktop.domain.numbers import Series
from gjj_desktop.store import numbers, view
from tests.counter.conftest import Seat
from tests.terminal.test_check_document import EMPLOYER


def tried(seat: Seat, folder: Path, employer: str) -> DryRun:
    sheet = write_roster(folder / "roster.xlsx", EMPLOYER["name"]).path
    answer = dry_run(seat.window, sheet, employer, "2026-12")
    assert isinstance(answer, DryRun), answer
    return answer


def left(seat: Seat) -> int:
    with seat.window.reading() as connection:
        return numbers.left(connection)[Series.ACCOUNT]


def test_a_roster_that_is_refused_uses_no_account_numbers(seats: tuple[Seat, Seat], tmp_path: Path) -> None:
    here, _ = seats
    before = left(here)
    answer = hand_in_roster(here.window, tried(here, tmp_path, "990503999999"))
    assert isinstance(answer, Refusal)
    assert answer.code == "employer.unknown"
    assert left(here) == before


def test_everybody_of_a_roster_gets_a_number_and_a_second_try_changes_nothing(
    seats: tuple[Seat, Seat], tmp_path: Path
) -> None:
    here, _ = seats
    employer = FormDesk(here.window, "employer.register").submit(EMPLOYER)
    assert not employer.findings, employer.findings
    with here.window.reading() as connection:
        [number] = {row.employer_account_no for row in view.rows_of(connection, Employer)}
    sheet, before = tried(here, tmp_path, number), left(here)
    command_id = "0198f3a0-0000-7000-8000-000000000001"
    first, second = (hand_in_roster(here.window, sheet, command_id) for _ in range(2))
    assert isinstance(first, HandedIn), first
    assert first == second
    with here.window.reading() as connection:
        accounts = view.rows_of(connection, Account, "employer_account_no", number)
    assert len({account.personal_account_no for account in accounts}) == len(sheet.good) == before - left(here)


def test_what_the_rules_find_in_a_row_is_told_beside_what_stands_there(
    seats: tuple[Seat, Seat], tmp_path: Path
) -> None:
    here, _ = seats
    found = {error.code: error for error in tried(here, tmp_path, "").errors}
    assert found["base.under_floor"].value == "1800"
