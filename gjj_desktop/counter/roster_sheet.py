"""What an employer's roster sheet (清册) says: its people, row by row, and what is wrong in which row."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from gjj_desktop.cases.accounts import ROSTER_ENTRIES_MAX, Opening
from gjj_desktop.cases.fields import Card, Field, Form, Kind
from gjj_desktop.cases.people import PERSON_FIELDS
from gjj_desktop.cases.reading import read_form
from gjj_desktop.counter.sheet_file import Cell, Rows, read_sheets
from gjj_desktop.domain.codes import IdentityType, MaritalStatus
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import half_width, without_spaces
from gjj_desktop.domain.names import with_standard_dots
from gjj_desktop.security.masking import mask_identity, mask_mobile, mask_name

_OPTIONAL = frozenset({"identity_type", "mobile", "marital_status"})
FORM = Form(
    command="account.open_roster",
    title="清册开户",
    cards=(
        Card(
            "人员",
            (
                *(msgspec.structs.replace(each, required=each.name not in _OPTIONAL) for each in PERSON_FIELDS),
                Field("base_fen", "缴存基数", Kind.MONEY),
            ),
        ),
    ),
)
LABELS = {field.name: field.label for field in FORM.fields}

# How employers head their columns; spaces, stars and what stands in brackets do not count.
HEADERS = {
    "name": ("姓名", "职工姓名", "员工姓名", "缴存人姓名", "个人姓名"),
    "identity_type": ("证件类型", "证件种类", "身份证件类型"),
    "identity_no": (
        "证件号码",
        "证件号",
        "身份证号码",
        "身份证号",
        "身份证",
        "身份证件号码",
        "公民身份号码",
        "居民身份证号码",
    ),
    "mobile": ("手机号码", "手机号", "手机", "联系电话", "移动电话", "联系手机"),
    "marital_status": ("婚姻状况", "婚姻"),
    "base_fen": ("缴存基数", "月缴存基数", "公积金基数", "公积金缴存基数", "基数", "月平均工资", "上年度月平均工资"),
}
_FIELD_OF_HEADER = {header: field for field, headers in HEADERS.items() for header in headers}
HEADER_ROWS = 20
"""How far down the head of the table is looked for: titles and notes may stand above it."""

_IDENTITY_TYPES = {
    "居民身份证": IdentityType.RESIDENT_ID,
    "二代身份证": IdentityType.RESIDENT_ID,
    "外国人永久居留身份证": IdentityType.FOREIGN_PR_ID,
    "港澳台居民居住证": IdentityType.OTHER_ID,
    "其他": IdentityType.OTHER_ID,
    **{each.label: each for each in IdentityType},
    **{each.value: each for each in IdentityType},
    **{each.value.lstrip("0"): each for each in IdentityType},
}
_MARITAL_STATUSES = {
    **{each.label: each for each in MaritalStatus},
    **{each.value: each for each in MaritalStatus},
}
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
    code: str
    message: str

    @property
    def label(self) -> str:
        """The Chinese name of the column, "" when it is about the whole row."""
        return LABELS.get(self.field, "")


class RosterEntry(NamedTuple):
    """A person whose row reads well, ready for `cases.accounts.OpenRoster`."""

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
    heads = [[_field_of(cell) for cell in row] for row in top]
    at = max(range(len(heads)), key=lambda index: len({field for field in heads[index] if field}))
    columns = [(place, field) for place, field in enumerate(heads[at]) if field]
    wrong = _wrong_head([field for _, field in columns])
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


def _field_of(head: Cell) -> str:
    plain = re.sub(r"[(\[【].*?[)\]】]|[*:_]", "", without_spaces(text_of(head)))
    return _FIELD_OF_HEADER.get(re.sub("[元]$", "", plain), "")


def _wrong_head(fields: Sequence[str]) -> Finding | None:
    if not fields:
        return Finding("", "sheet.no_header", "没有找到表头，清册须有“姓名”“证件号码”“缴存基数”三列")
    twice = next((field for field in fields if fields.count(field) > 1), None)
    if twice is not None:
        return Finding("", "sheet.column_twice", f"“{LABELS[twice]}”有两列，请删去一列后重新选择")
    missing = [field.label for field in FORM.fields if field.name not in _OPTIONAL and field.name not in fields]
    if not missing:
        return None
    words = "".join(f"“{label}”" for label in missing)
    return Finding("", "sheet.column_missing", f"表头缺少{words}列，请补上后重新选择")


def _is_total(row: Sequence[Cell], values: Mapping[str, Cell]) -> bool:
    first = next(text for cell in row if (text := without_spaces(text_of(cell))))
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

    What only the store knows (accounts held, bounds of the base) is asked of `cases.accounts.roster_problems`.
    """
    entries: list[RosterEntry] = []
    errors: list[RowError] = []
    first_at: dict[str, int] = {}
    for row in sheet.rows:
        opening, findings = _read_row(row, today)
        number = opening.get("identity_no", "")
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
    strange = _choices(raw)
    if _digits_lost(row.values.get("identity_no", ""), raw):
        del raw["identity_no"]
        message = "号码存成了数字，末几位已丢失；请把该列设为“文本”格式，重新填写完整号码"
        strange.append(Finding("identity_no", "identity.stored_as_number", message))
    reading = read_form(FORM, raw, today)
    said = {finding.field for finding in strange}
    return reading.values, (*strange, *(each for each in reading.findings if each.field not in said))


def _name(text: str) -> str:
    """The name with the standard middle dot; a Chinese name loses the spaces that only spread it out."""
    name = with_standard_dots(text)
    joined = "".join(name.split())
    return joined if joined and all(_is_han(character) for character in joined) else name


def _is_han(character: str) -> bool:
    code = ord(character)
    return character == "〇" or 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF


def _choices(raw: dict[str, str]) -> list[Finding]:
    """Puts codes for the words of the sheet into `raw`; words that mean nothing are what is wrong."""
    strange = []
    known: tuple[tuple[str, Mapping[str, str], str], ...] = (
        ("identity_type", _IDENTITY_TYPES, "证件类型请填身份证、军官证、护照、外国人永久居留证或其他证件"),
        ("marital_status", _MARITAL_STATUSES, "婚姻状况请填未婚、已婚、丧偶、离婚或未说明"),
    )
    for field, codes, message in known:
        word = without_spaces(raw.pop(field, ""))
        if word and word not in codes:
            strange.append(Finding(field, "choice.unknown", message))
        elif word:
            raw[field] = str(codes[word])
    return strange


def _digits_lost(cell: Cell, raw: Mapping[str, str]) -> bool:
    """Whether the number was kept as a floating one: beyond 15 digits the last ones are gone."""
    if isinstance(cell, str):
        return _SHORTENED.fullmatch(half_width(raw.get("identity_no", ""))) is not None
    return isinstance(cell, int | float) and abs(cell) >= 10**_DIGITS_KEPT


_MASKS = {"identity_no": mask_identity, "mobile": mask_mobile, "name": mask_name}


def _row_error(row: SheetRow, finding: Finding) -> RowError:
    text = text_of(row.values.get(finding.field, ""))
    masked = _MASKS.get(finding.field, str)(text)
    return RowError(row.row_no, finding.field, masked, finding.code, finding.message)
