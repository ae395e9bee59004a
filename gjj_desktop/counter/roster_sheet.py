"""What an employer's roster sheet (清册) says: its people, row by row, and what is wrong in which row."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from gjj_desktop.cases.account_opening import Opening
from gjj_desktop.cases.account_roster import ROSTER_ENTRIES_MAX
from gjj_desktop.cases.reading import read_form
from gjj_desktop.counter.roster_columns import FORM, LABELS, field_of_head, words_to_codes, wrong_head
from gjj_desktop.counter.sheet_file import Cell, Rows, read_sheets
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import half_width, without_spaces
from gjj_desktop.domain.names import with_standard_dots
from gjj_desktop.security.masking import mask_identity, mask_mobile, mask_name

HEADER_ROWS = 20
"""How far down the head of the table is looked for: titles and notes may stand above it."""

_TOTALS = ("合计", "总计", "小计", "共计")
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
_DIGITS_KEPT = 15
_SHORTENED = re.compile(r"[0-9](\.[0-9]+)?[Ee]\+?[0-9]{2}")


class SheetRow(msgspec.Struct, frozen=True):
    """One person's row as it stands in the sheet; `row_no` counts from 1 as the table program shows it."""

    row_no: int
    values: dict[str, Cell]


class Sheet(msgspec.Struct, frozen=True):
    """The rows of a roster; `headers` is field name to the head of its column, in the sheet's order."""

    headers: dict[str, str]
    rows: tuple[SheetRow, ...]


class RowError(msgspec.Struct, frozen=True):
    """One thing wrong in one row: `value` is what stands there, personal data masked; `message` what to do."""

    row_no: int
    field: str
    value: str
    message: str
    code: str = ""

    @property
    def label(self) -> str:
        """The Chinese name of the column, "" when it is about the whole row."""
        return LABELS.get(self.field, "")


class RosterEntry(NamedTuple):
    """A person whose row reads well, ready for `cases.account_roster.OpenRoster`."""

    row_no: int
    opening: Opening


def read_roster(path: Path) -> Sheet | Finding:
    """The roster in the file, from its first sheet that has a head, or why there is none.

    Columns come in any order and further ones are left out, so are empty rows and rows of totals. More than
    `ROSTER_ENTRIES_MAX` people are not read to the end.
    """
    sheets = read_sheets(path)
    if isinstance(sheets, Finding):
        return sheets
    found: Sheet | Finding = Finding("", "sheet.empty", "文件是空的，请核对后重新选择")
    for rows in sheets:
        found = _roster(rows)
        if isinstance(found, Sheet) or found.code not in {"sheet.no_header", "sheet.empty"}:
            return found
    return found


def _roster(rows: Rows) -> Sheet | Finding:
    remaining = iter(rows)
    top = list(islice(remaining, HEADER_ROWS))
    if not any(text_of(cell) for row in top for cell in row):
        return Finding("", "sheet.empty", "表格是空的，请核对后重新选择")
    heads = [[field_of_head(text_of(cell)) for cell in row] for row in top]
    at = max(range(len(heads)), key=lambda index: len({field for field in heads[index] if field}))
    columns = [(place, field) for place, field in enumerate(heads[at]) if field]
    wrong = wrong_head([field for _, field in columns])
    if wrong is not None:
        return wrong
    people: list[SheetRow] = []
    for row_no, row in enumerate(chain(top[at + 1 :], remaining), start=at + 2):
        values = {field: row[place] for place, field in columns if place < len(row) and text_of(row[place])}
        if values and not _is_total(row, values):
            people.append(SheetRow(row_no, values))
        if len(people) > ROSTER_ENTRIES_MAX:
            return Finding("", "roster.size", f"清册超过 {ROSTER_ENTRIES_MAX:,} 人，请分成几份导入")
    if not people:
        return Finding("", "roster.nobody", "清册里没有人员，请填好后重新选择")
    return Sheet({field: text_of(top[at][place]) for place, field in columns}, tuple(people))


def _is_total(row: Sequence[Cell], values: Mapping[str, Cell]) -> bool:
    first = next((text for cell in row if (text := without_spaces(text_of(cell)))), "")
    return "identity_no" not in values and first.startswith(_TOTALS)


def text_of(cell: Cell) -> str:
    """A cell as a person would type it: numbers without exponent, days as 2026-11-22, no invisible edges."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return format(Decimal(f"{cell:.{_DIGITS_KEPT}g}"), "f")
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    plain = str(cell).strip().strip(_INVISIBLE).removeprefix("'")
    exact = re.fullmatch(r'="(.*)"', plain)
    return (exact[1] if exact else plain).strip()


def roster_entries(sheet: Sheet, today: date) -> tuple[tuple[RosterEntry, ...], tuple[RowError, ...]]:
    """The people whose rows read well, and everything wrong in the other rows, both in order of rows.

    What only the store knows (accounts held, bounds of the base) is asked of `cases.account_roster.roster_problems`.
    """
    entries: list[RosterEntry] = []
    errors: list[RowError] = []
    first_at: dict[str, int] = {}
    for row in sheet.rows:
        opening, findings = _read_row(row, today)
        number = str(opening.get("identity_no", ""))
        earlier = first_at.setdefault(number, row.row_no) if number else row.row_no
        if earlier != row.row_no:
            message = f"与第 {earlier} 行证件号码重复，请删去一行"
            findings = (*findings, Finding("identity_no", "roster.duplicate", message))
        if findings:
            errors += [_row_error(row, finding) for finding in findings]
        else:
            entries.append(RosterEntry(row.row_no, msgspec.convert(opening, Opening)))
    return tuple(entries), tuple(errors)


def errors_at_rows(
    sheet: Sheet, entries: Sequence[RosterEntry], problems: Mapping[int, Sequence[Finding]]
) -> tuple[RowError, ...]:
    """The answer of `roster_problems` for these entries (by their index), told by the sheet's rows."""
    rows = {row.row_no: row for row in sheet.rows}
    return tuple(
        _row_error(rows[entries[index].row_no], finding)
        for index, findings in sorted(problems.items())
        for finding in findings
    )


def _read_row(row: SheetRow, today: date) -> tuple[dict[str, str | int], tuple[Finding, ...]]:
    raw = {field: text_of(cell) for field, cell in row.values.items()}
    raw["name"] = _name(raw.get("name", ""))
    strange = words_to_codes(raw)
    if _digits_lost(row.values.get("identity_no", ""), raw):
        del raw["identity_no"]
        message = "号码存成了数字，末几位已丢失；请把该列设为“文本”格式，重新填写完整号码"
        strange.append(Finding("identity_no", "identity.stored_as_number", message))
    reading = read_form(FORM, raw, today)
    said = {finding.field for finding in strange}
    if "identity_type" in said:
        said.add("identity_no")
    return reading.values, (*strange, *(each for each in reading.findings if each.field not in said))


def _name(text: str) -> str:
    """The name with the standard middle dot; a Chinese name loses the spaces that only spread it out."""
    name = with_standard_dots(text)
    joined = "".join(name.split())
    return joined if joined and all(_is_han(character) for character in joined) else name


def _is_han(character: str) -> bool:
    code = ord(character)
    return character == "〇" or 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF


def _digits_lost(cell: Cell, raw: Mapping[str, str]) -> bool:
    """Whether the number was kept as a floating one: beyond 15 digits the last ones are gone."""
    if isinstance(cell, str):
        return _SHORTENED.fullmatch(half_width(raw.get("identity_no", ""))) is not None
    return isinstance(cell, int | float) and abs(cell) >= 10**_DIGITS_KEPT


_MASKS = {"identity_no": mask_identity, "mobile": mask_mobile, "name": mask_name}


def _row_error(row: SheetRow, finding: Finding) -> RowError:
    text = text_of(row.values.get(finding.field, ""))
    masked = _MASKS.get(finding.field, str)(text)
    return RowError(row.row_no, finding.field, masked, finding.message, finding.code)
