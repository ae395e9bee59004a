"""清册开户: a sheet of many people, first tried dry, then the good rows handed in."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from gjj_desktop.cases.account_roster import OpenRoster, roster_problems
from gjj_desktop.cases.command import Command
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.counter.handing_in import HandedIn, hand_in
from gjj_desktop.counter.roster_sheet import RosterEntry, RowError, Sheet, errors_at_rows, read_roster, roster_entries
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.findings import Finding

KIND = "account.open_roster"


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a sheet would become: the rows that can go on with their row numbers, and what is wrong with the others."""

    employer_account_no: str
    first_month: str
    sheet: Sheet
    good: tuple[RosterEntry, ...]
    errors: tuple[RowError, ...]


def dry_run(window: Window, path: Path, employer_account_no: str, first_month: str) -> DryRun | Finding:
    """Read the sheet and check every row against the rules and this window's view; nothing is saved."""
    sheet = read_roster(path)
    if isinstance(sheet, Finding):
        return sheet
    with window.reading() as connection:
        good, errors = roster_entries(sheet, window.business_date(connection))
        asked = _asked(employer_account_no, first_month, good)
        problems = roster_problems(window.context(connection, _command(window, asked)), asked)
    return DryRun(
        employer_account_no=employer_account_no,
        first_month=first_month,
        sheet=sheet,
        good=tuple(each for index, each in enumerate(good) if index not in problems),
        errors=tuple(sorted((*errors, *errors_at_rows(sheet, good, problems)), key=lambda error: error.row_no)),
    )


def _command(window: Window, asked: OpenRoster) -> Command:
    return Command(
        id="",
        kind=KIND,
        case_no="",
        device=window.device,
        sequence=0,
        author=window.signed_in().clerk,
        made_at="",
        policy_version="",
        payload=msgspec.msgpack.encode(asked),
    )


def hand_in_roster(window: Window, tried: DryRun, command_id: str = "") -> HandedIn | Refusal:
    """Open accounts for the good rows of a dry run, all together, each with a number of this window."""
    asked = _asked(tried.employer_account_no, tried.first_month, tried.good)
    return hand_in(window, KIND, asked, command_id=command_id)


def _asked(employer_account_no: str, first_month: str, entries: Sequence[RosterEntry]) -> OpenRoster:
    openings = tuple(entry.opening for entry in entries)
    return OpenRoster(employer_account_no=employer_account_no, first_month=first_month, entries=openings)
