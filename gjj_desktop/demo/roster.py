"""The demo's roster sheet: 200 people an employer wants enrolled, and five rows that are wrong, each in its own way."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from gjj_desktop.cases.account_opening import Opening
from gjj_desktop.demo.content import everybody, read_town
from gjj_desktop.demo.people import MadeUp, identity_number, made_up_people
from gjj_desktop.domain.codes import IdentityType, MaritalStatus
from gjj_desktop.domain.identity import check_character
from gjj_desktop.domain.money import format_yuan, yuan

GOOD_PEOPLE = 200
SEED = 2026
HAS_AN_ACCOUNT = "沈国华"
HEAD = ("序号", "姓名", "证件类型", "证件号码", "手机号码", "缴存基数（元）", "备注")
TITLE_ROW, HEAD_ROW, FIRST_ROW = 1, 3, 4
EMPTY_ROW_AT = 100
BASE_COLUMN = HEAD.index("缴存基数（元）")
WIDTHS = (6, 22, 10, 22, 14, 14, 12)


class ExpectedError(NamedTuple):
    """A row that must be found wrong, and with which code."""

    row_no: int
    code: str


class DemoRoster(NamedTuple):
    """The sheet, whom it enrols in order of rows, and the rows that are wrong in order of rows."""

    path: Path
    openings: tuple[Opening, ...]
    errors: tuple[ExpectedError, ...]


class _Line(NamedTuple):
    """One row of the sheet; `code` "" for a good one."""

    person: MadeUp
    base_fen: int
    code: str = ""


def write_roster(path: Path, employer_name: str) -> DemoRoster:
    """Write the roster of `employer_name` to `path` (.xlsx); the same name gives the same file, another other people.

    Among the good rows are the ways of typing that a reader must understand: full-width digits, a small x, spread-out
    names, bases as numbers, as text and as a formula, an empty row, a row of totals.
    """
    lines = list(_lines(employer_name))
    _write(path, employer_name, lines)
    numbered = [(_row_no(place), line) for place, line in enumerate(lines)]
    return DemoRoster(
        path,
        tuple(_opening(line) for _, line in numbered if not line.code),
        tuple(ExpectedError(row_no, line.code) for row_no, line in numbered if line.code),
    )


def _lines(employer_name: str) -> Iterator[_Line]:
    good = [_Line(person, _base_fen(person)) for person in _people(employer_name, GOOD_PEOPLE)]
    wrong = {
        40: _Line(_stranger("邓晓东", _wrong_check_character()), 500_000, "identity.check_character"),
        80: good[12]._replace(code="roster.duplicate"),
        120: _Line(_stranger("何一鸣", identity_number("990501", date(1993, 5, 6), 137)), 180_000, "base.under_floor"),
        150: _Line(_holder(), 1_260_000, "account.exists"),
        180: _Line(_stranger("罗小满", _born_on_30_february()), 650_000, "identity.birth_date"),
    }
    for place, line in enumerate(good):
        if place in wrong:
            yield wrong[place]
        yield line


def _people(employer_name: str, count: int) -> list[MadeUp]:
    """People of this employer alone: another employer's roster has others."""
    town, seed = read_town(), SEED + crc32(employer_name.encode())
    taken = {person.identity_no for person in everybody(town)}
    strangers = (each for each in made_up_people(town.names, seed) if each.identity_no not in taken)
    return list(islice(strangers, count))


def _base_fen(person: MadeUp) -> int:
    return 350_000 + int(person.identity_no[12:17]) * 11 % 900_000


def _stranger(name: str, number: str) -> MadeUp:
    return MadeUp(name, number, date(1990, 1, 1), "19900089001")


def _holder() -> MadeUp:
    person = next(each for each in read_town().people if each.name == HAS_AN_ACCOUNT)
    return _stranger(person.name, person.identity_no)


def _wrong_check_character() -> str:
    right = identity_number("990502", date(1987, 3, 9), 421)
    return right[:17] + ("2" if right[17] == "1" else "1")


def _born_on_30_february() -> str:
    seventeen = "99050119900230215"
    return seventeen + check_character(seventeen)


def _row_no(place: int) -> int:
    return FIRST_ROW + place + (place >= EMPTY_ROW_AT)


def _opening(line: _Line) -> Opening:
    return Opening(
        name=line.person.name,
        identity_type=IdentityType.RESIDENT_ID.value,
        identity_no=line.person.identity_no,
        mobile=line.person.mobile,
        marital_status=MaritalStatus.NOT_STATED.value,
        base_fen=line.base_fen,
    )


def _write(path: Path, employer_name: str, lines: list[_Line]) -> None:
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC)})
    page = book.add_worksheet("开户清册")
    text, amount = book.add_format({"num_format": "@"}), book.add_format({"num_format": "#,##0.00"})
    for column, width in enumerate(WIDTHS):
        page.set_column(column, column, width)
    page.merge_range(TITLE_ROW - 1, 0, TITLE_ROW - 1, len(HEAD) - 1, f"{employer_name}住房公积金开户清册")
    page.write_row(HEAD_ROW - 1, 0, HEAD)
    for place, line in enumerate(lines):
        _write_line(page, _row_no(place) - 1, place, line, text, amount)
    last = _row_no(len(lines) - 1)
    total = float(yuan(sum(line.base_fen for line in lines)))
    page.write_string(last, 0, "合  计")
    page.write_formula(last, BASE_COLUMN, f"=SUM(F{FIRST_ROW}:F{last})", amount, total)
    book.close()


def _write_line(page: Worksheet, row: int, place: int, line: _Line, text: Format, amount: Format) -> None:
    person = line.person
    spread_out = place % 9 == 0 and len(person.name) == 2
    page.write_number(row, 0, place + 1)
    page.write_string(row, 1, " ".join(person.name) if spread_out else person.name)
    page.write_string(row, 2, IdentityType.RESIDENT_ID.label)
    page.write_string(row, 3, _as_typed(person.identity_no, place), text)
    page.write_string(row, 4, person.mobile, text)
    base = float(yuan(line.base_fen))
    if place % 10 == 3:
        page.write_string(row, BASE_COLUMN, format_yuan(line.base_fen), text)
    elif place % 10 == 7:
        page.write_formula(row, BASE_COLUMN, f"={base}*1", amount, base)
    else:
        page.write_number(row, BASE_COLUMN, base, amount)


def _as_typed(number: str, place: int) -> str:
    """Most as on the card; some with a small x or in full-width characters, as a keyboard left them."""
    if place % 25 == 11:
        return number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789X"})
    return number.lower()
