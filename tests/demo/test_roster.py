"""The demo's roster is read as it promises."""

from datetime import date
from pathlib import Path

import msgspec

from gjj_desktop.cases.account_roster import OpenRoster, roster_problems
from gjj_desktop.cases.command import Command
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.state import State
from gjj_desktop.counter.roster_sheet import Sheet, errors_at_rows, read_roster, roster_entries
from gjj_desktop.demo.roster import write_roster
from gjj_desktop.demo.town import town_rows
from gjj_desktop.policy_files import read_policy

DAY = date(2026, 11, 22)
NAME = "云溪市晨光玩具有限公司"


def test_two_hundred_people_go_on_and_five_rows_are_wrong_each_in_its_own_way(tmp_path: Path) -> None:
    made = write_roster(tmp_path / "roster.xlsx", NAME)
    sheet = read_roster(made.path)
    assert isinstance(sheet, Sheet)
    entries, errors = roster_entries(sheet, DAY)
    town = town_rows(DAY)
    asked = OpenRoster(
        employer_account_no=town.employers[0].employer_account_no,
        first_month="2026-11",
        entries=tuple(opening for _, opening in entries),
    )
    command = Command(
        id="",
        kind="account.open_roster",
        case_no="",
        device="990503",
        sequence=1,
        author="990501",
        made_at="",
        policy_version="",
        payload=msgspec.msgpack.encode(asked),
    )
    state = State((*town.employers, *town.people, *town.accounts))
    problems = roster_problems(Context(state, command, read_policy(), DAY), asked)
    found = sorted((error.row_no, error.code) for error in (*errors, *errors_at_rows(sheet, entries, problems)))
    assert found == [tuple(each) for each in made.errors]
    assert len(made.errors) == 5
    good = tuple(opening for index, (_, opening) in enumerate(entries) if index not in problems)
    assert good == made.openings
    assert len(good) == 200


def test_the_same_employer_gets_the_same_file(tmp_path: Path) -> None:
    first, second = (write_roster(tmp_path / name, NAME).path.read_bytes() for name in ("a.xlsx", "b.xlsx"))
    assert first == second
