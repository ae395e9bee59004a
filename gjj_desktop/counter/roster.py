"""清册开户: a sheet of many people, first tried dry, then the good rows handed in."""

from datetime import date
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.account_opening import Opening
from gjj_desktop.cases.account_roster import OpenRoster, roster_problems
from gjj_desktop.cases.command import Command
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.counter.handing_in import HandedIn, hand_in, next_number
from gjj_desktop.counter.roster_sheet import RowError, Sheet, read_roster, roster_entries
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.numbers import Series

KIND = "account.open_roster"


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a sheet would become: the rows that can go on with their row numbers, and what is wrong with the others."""

    employer_account_no: str
    first_month: str
    sheet: Sheet
    good: tuple[tuple[int, Opening], ...]
    errors: tuple[RowError, ...]


def dry_run(window: Window, path: Path, employer_account_no: str, first_month: str) -> DryRun | Finding:
    """Read the sheet and check every row against the rules and this window's view; nothing is saved."""
    sheet = read_roster(path)
    if isinstance(sheet, Finding):
        return sheet
    with window.reading() as connection:
        good, errors = roster_entries(sheet, window.business_date(connection))
        asked = OpenRoster(
            employer_account_no=employer_account_no,
            first_month=first_month,
            entries=tuple(opening for _, opening in good),
        )
        problems = roster_problems(window.context(connection, _command(window, asked)), asked)
    found = [
        RowError(row_no=good[index][0], field=finding.field, value="", message=finding.message, code=finding.code)
        for index, findings in problems.items()
        for finding in findings
    ]
    return DryRun(
        employer_account_no=employer_account_no,
        first_month=first_month,
        sheet=sheet,
        good=tuple(each for index, each in enumerate(good) if index not in problems),
        errors=tuple(sorted((*errors, *found), key=lambda error: error.row_no)),
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
    asked = OpenRoster(
        employer_account_no=tried.employer_account_no,
        first_month=tried.first_month,
        entries=tuple(opening for _, opening in tried.good),
    )
    return hand_in(window, KIND, asked, command_id=command_id, number=_numbered)


def _numbered(window: Window, connection: Connection, asked: OpenRoster, day: date) -> OpenRoster:
    """`asked` with an account number for each entry, out of this window's block."""
    entries = tuple(
        msgspec.structs.replace(entry, personal_account_no=next_number(window, connection, Series.ACCOUNT, day))
        for entry in asked.entries
    )
    return msgspec.structs.replace(asked, entries=entries)
