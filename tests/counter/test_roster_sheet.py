"""Whatever an employer brings as a roster is read, or refused with a sentence that says what to do."""

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gjj_desktop.cases.account_opening import Opening
from gjj_desktop.counter.correction_sheet import error_sheet
from gjj_desktop.counter.roster_sheet import (
    RowError,
    Sheet,
    errors_at_rows,
    read_roster,
    roster_entries,
)
from gjj_desktop.demo.people import identity_number
from gjj_desktop.domain.findings import Finding
from gjj_desktop.errors import OperatingError
from tests.support.ole import compound_file, old_workbook

TODAY = date(2026, 11, 22)
HEAD = ("姓名", "证件号码", "缴存基数")
WANG = identity_number("990501", date(1990, 3, 7), 123)
LI = identity_number("990502", date(1985, 7, 1), 202)
Table = Sequence[Sequence[Any]]
Write = Callable[[Table], Path]


@pytest.fixture
def xlsx(tmp_path: Path) -> Write:
    def write(rows: Table) -> Path:
        path = tmp_path / "roster.xlsx"
        book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
        page = book.add_worksheet()
        for row_no, row in enumerate(rows):
            page.write_row(row_no, 0, row)
        book.close()
        return path

    return write


def read(path: Path) -> Sheet:
    sheet = read_roster(path)
    assert isinstance(sheet, Sheet), sheet
    return sheet


def refused(path: Path) -> Finding:
    finding = read_roster(path)
    assert isinstance(finding, Finding)
    assert "请" in finding.message or "须" in finding.message, "the sentence says what to do"
    return finding


def openings(path: Path) -> list[Opening]:
    entries, errors = roster_entries(read(path), TODAY)
    assert errors == ()
    return [entry.opening for entry in entries]


def errors_of(path: Path) -> list[tuple[int, str, str]]:
    return [(error.row_no, error.field, error.code) for error in roster_entries(read(path), TODAY)[1]]


def saved(tmp_path: Path, content: bytes, name: str = "roster.xlsx") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_columns_may_stand_in_any_order_among_others(xlsx: Write) -> None:
    path = xlsx(
        [
            ("序号", "缴存基数（元）", "部门", "*身份证号", "职工姓名", "手机", "婚姻状况", "证件类型"),
            (1, 8500, "财务", WANG, "王𬭩", 19900008816, "已婚", "居民身份证"),
        ]
    )
    expected = Opening(
        name="王𬭩",
        identity_type="01",
        identity_no=WANG,
        mobile="19900008816",
        marital_status="20",
        base_fen=850_000,
    )
    assert openings(path) == [expected]


def test_titles_above_empty_rows_between_and_totals_below_are_no_people(xlsx: Write) -> None:
    path = xlsx(
        [
            ("某单位开户清册",),
            (),
            ("序号", *HEAD),
            (1, "王𬭩", WANG, 8500),
            (),
            ("", "  ", "　", ""),
            (2, "李雪", LI, "9,000.50"),
            ("合　计", "", "", 17500.5),
            ("制表人：周敏",),
        ]
    )
    assert [row.row_no for row in read(path).rows] == [4, 7]
    assert [opening.base_fen for opening in openings(path)] == [850_000, 900_050]


def test_full_width_small_x_and_spaces_are_understood(xlsx: Write) -> None:
    number = identity_number("990501", date(1985, 7, 3), 105)
    assert number.endswith("X")
    wide = "".join(chr(ord(each) + 0xFEE0) for each in WANG)
    path = xlsx([HEAD, ("王　𬭩", f"\u200b{wide} ", "８５００"), ("古丽努尔•买买提", number.lower(), "￥0.9万")])
    assert [(each.name, each.identity_no, each.base_fen) for each in openings(path)] == [
        ("王𬭩", WANG, 850_000),
        ("古丽努尔·买买提", number, 900_000),
    ]


def test_a_latin_name_keeps_its_spaces(xlsx: Write) -> None:
    path = xlsx([("姓名", "证件类型", "证件号码", "缴存基数"), ("Anna Maria Berg", "护照", "C01X00T47", 9000)])
    assert [(each.name, each.identity_type) for each in openings(path)] == [("Anna Maria Berg", "03")]


def test_an_identity_number_kept_as_a_number_has_lost_digits_and_says_so(xlsx: Write) -> None:
    path = xlsx([HEAD, ("王𬭩", int(WANG), 8500), ("李雪", "9.90502E+17", 9000)])
    expected = [(2, "identity_no", "identity.stored_as_number"), (3, "identity_no", "identity.stored_as_number")]
    assert errors_of(path) == expected


def test_formulas_count_with_the_value_they_had_when_saved(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet()
    page.write_row(0, 0, HEAD)
    page.write_row(1, 0, ("王𬭩", WANG))
    page.write_formula(1, 2, "=0.1+8500.2", None, 8500.300000000001)
    page.write_row(2, 0, ("李雪", LI))
    page.write_formula(2, 2, "=1/0", None, "#DIV/0!")
    book.close()
    sheet = read(path)
    entries, errors = roster_entries(sheet, TODAY)
    assert [entry.opening.base_fen for entry in entries] == [850_030]
    assert [(error.row_no, error.code) for error in errors] == [(3, "field.required")]


def test_a_day_where_a_base_should_be_is_shown_as_a_day(xlsx: Write) -> None:
    (error,) = roster_entries(read(xlsx([HEAD, ("王𬭩", WANG, datetime(2026, 1, 2))])), TODAY)[1]  # noqa: DTZ001
    assert (error.value, error.code) == ("2026-01-02", "money.not_a_number")


def test_every_fault_of_a_row_is_told_with_its_row(xlsx: Write) -> None:
    wrong = WANG[:17] + ("0" if WANG[17] != "0" else "1")
    path = xlsx(
        [
            ("姓名", "证件类型", "证件号码", "手机号码", "缴存基数"),
            ("王1", "身份证", wrong, "12345", "八千"),
            ("李雪", "学生证", LI, "", -1),
            ("", "", LI, "", 8500.005),
            ("王𬭩", "", WANG, "", 8500),
        ]
    )
    assert errors_of(path) == [
        (2, "name", "name.digit"),
        (2, "identity_no", "identity.check_character"),
        (2, "mobile", "mobile.length"),
        (2, "base_fen", "money.not_a_number"),
        (3, "identity_type", "choice.unknown"),
        (3, "base_fen", "money.negative"),
        (4, "name", "field.required"),
        (4, "base_fen", "money.decimals"),
        (4, "identity_no", "roster.duplicate"),
    ]
    assert len(roster_entries(read(path), TODAY)[0]) == 1


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("330501900307123", "identity.fifteen_digits"),
        ("9905011990030712", "identity.too_short"),
        (identity_number("990501", date(2030, 1, 1), 101), "identity.birth_in_future"),
        ("99050119900230215" + "5", "identity.check_character"),
    ],
)
def test_impossible_identity_numbers_are_found(xlsx: Write, number: str, code: str) -> None:
    assert errors_of(xlsx([HEAD, ("王𬭩", number, 8500)])) == [(2, "identity_no", code)]


def test_a_duplicate_names_the_row_it_repeats(xlsx: Write) -> None:
    path = xlsx([("名册",), HEAD, ("王𬭩", WANG, 8500), ("李雪", LI, 8500), ("王𬭩", f" {WANG} ", 9000)])
    entries, errors = roster_entries(read(path), TODAY)
    assert [entry.row_no for entry in entries] == [3, 4]
    assert [(error.row_no, error.code, error.message) for error in errors] == [
        (5, "roster.duplicate", "与第 3 行证件号码重复，请删去一行")
    ]


def test_what_an_error_shows_is_masked(xlsx: Write) -> None:
    wrong = WANG[:17] + ("0" if WANG[17] != "0" else "1")
    path = xlsx([("姓名", "证件号码", "手机", "缴存基数"), ("王晓1", wrong, "1990000881", 8500)])
    errors = {error.field: error for error in roster_entries(read(path), TODAY)[1]}
    assert errors["name"].value == "王**"
    assert errors["identity_no"].value == f"990***********{wrong[14:]}"
    assert errors["identity_no"].label == "证件号码"
    assert wrong not in repr(list(errors.values()))
    assert "1990000881" not in repr(list(errors.values()))


def test_what_only_the_store_knows_is_told_by_the_sheets_rows(xlsx: Write) -> None:
    sheet = read(xlsx([("名册",), HEAD, ("王𬭩", "坏号码", 8500), ("李雪", LI, 1800)]))
    entries, _ = roster_entries(sheet, TODAY)
    finding = Finding("base_fen", "base.under_floor", "缴存基数不能低于 2,260.00 元")
    assert errors_at_rows(sheet, entries, {0: (finding,)}) == (
        RowError(4, "base_fen", "1800", "缴存基数不能低于 2,260.00 元", "base.under_floor"),
    )


CSV = f'姓名,证件号码,手机号码,缴存基数\r\n王䶮,{WANG},,8500.00\r\n\r\n李㐂,\t{LI},19900008816,"9,000.00"\r\n'


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_comma_tables_are_read_in_the_encodings_that_offices_use(tmp_path: Path, encoding: str) -> None:
    path = saved(tmp_path, CSV.encode(encoding), "roster.csv")
    assert [(each.name, each.identity_no, each.base_fen) for each in openings(path)] == [
        ("王䶮", WANG, 850_000),
        ("李㐂", LI, 900_000),
    ]
    assert [row.row_no for row in read(path).rows] == [2, 4]


def test_tabs_and_semicolons_divide_too_and_protected_numbers_lose_their_quotes(tmp_path: Path) -> None:
    for mark in "\t;":
        text = mark.join(HEAD) + "\n" + mark.join(("王𬭩", f'="{WANG}"', "8500")) + "\n"
        assert openings(saved(tmp_path, text.encode(), "roster.csv"))[0].identity_no == WANG


def test_characters_that_moved_in_gb18030_2022_arrive_in_unicodes_own_place(tmp_path: Path) -> None:
    text = f"姓名,证件号码,缴存基数\n王?,{WANG},8500\n".encode("gb18030").replace(b"?", bytes.fromhex("fe59"))
    assert openings(saved(tmp_path, text, "roster.csv"))[0].name == "王\u9fb4"


def test_old_excel_files_are_read(tmp_path: Path) -> None:
    path = saved(tmp_path, old_workbook([[*HEAD], ["王𬭩", WANG, 8500.5], ["李雪", float(LI[:17]), 9000.0]]))
    entries, errors = roster_entries(read(path), TODAY)
    assert [(entry.opening.name, entry.opening.base_fen) for entry in entries] == [("王𬭩", 850_050)]
    assert [(error.row_no, error.code) for error in errors] == [(3, "identity.stored_as_number")]


def open_document(rows: Table, manifest_more: str = "") -> bytes:
    office = "urn:oasis:names:tc:opendocument:xmlns:"

    def cell(value: Any) -> str:
        if isinstance(value, float):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'

    lines = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    content = (
        f'<office:document-content xmlns:office="{office}office:1.0" xmlns:table="{office}table:1.0" '
        f'xmlns:text="{office}text:1.0"><office:body><office:spreadsheet><table:table table:name="清册">{lines}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="{office}manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml">{manifest_more}'
        "</manifest:file-entry></manifest:manifest>"
    )
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", content)
        package.writestr("META-INF/manifest.xml", manifest)
    return held.getvalue()


def test_open_document_sheets_are_read(tmp_path: Path) -> None:
    path = saved(tmp_path, open_document([HEAD, ("王𬭩", WANG, 8500.5)]), "roster.ods")
    assert [(each.name, each.base_fen) for each in openings(path)] == [("王𬭩", 850_050)]


def test_the_sheet_with_the_head_is_taken_and_hidden_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    book = xlsxwriter.Workbook(str(path))
    notes, hidden, people = (book.add_worksheet(name) for name in ("填表说明", "旧表", "清册"))
    notes.write_string(0, 0, "请按身份证填写")
    hidden.write_row(0, 0, HEAD)
    hidden.write_row(1, 0, ("李雪", LI, 9000))
    hidden.hide()
    people.write_row(0, 0, HEAD)
    people.write_row(1, 0, ("王𬭩", WANG, 8500))
    book.close()
    assert [each.name for each in openings(path)] == ["王𬭩"]


def test_a_password_is_noticed_in_every_format(tmp_path: Path) -> None:
    package = compound_file({"EncryptionInfo": b"\4\0\4\0\x40\0\0\0<encryption/>", "EncryptedPackage": b"\1" * 6000})
    assert refused(saved(tmp_path, package)).code == "sheet.password"
    assert refused(saved(tmp_path, old_workbook([[*HEAD]], password=True))).code == "sheet.password"
    locked = open_document([HEAD], '<manifest:encryption-data manifest:checksum-type="SHA1/1K"/>')
    assert refused(saved(tmp_path, locked)).code == "sheet.password"


def test_files_that_are_no_sheet_say_what_they_are(tmp_path: Path, xlsx: Write) -> None:
    whole = xlsx([HEAD, ("王𬭩", WANG, 8500)]).read_bytes()
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as package:
        package.writestr("photo.txt", "x")
    cases = {
        b"": "sheet.empty",
        whole[: len(whole) // 2]: "sheet.broken",
        whole[:100]: "sheet.broken",
        other.getvalue(): "sheet.broken",
        compound_file({"WordDocument": b"x"}): "sheet.broken",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR": "sheet.not_a_sheet",
        b"\n  \n": "sheet.empty",
        "今天的会议纪要\n第一项".encode("gb18030"): "sheet.no_header",
    }
    assert {refused(saved(tmp_path, content)).code: None for content in cases} == dict.fromkeys(cases.values())
    for content, code in cases.items():
        assert refused(saved(tmp_path, content)).code == code
    assert refused(tmp_path / "gone.xlsx").code == "sheet.missing"
    assert refused(tmp_path).code == "sheet.not_a_sheet"


def test_a_damaged_old_file_is_refused_even_where_the_reader_gives_up(tmp_path: Path) -> None:
    whole = old_workbook([[*HEAD], ["王𬭩", WANG, 8500.5]])
    found = set()
    for place in range(1536, 1700):
        damaged = whole[:place] + b"\xff" + whole[place + 1 :]
        outcome = read_roster(saved(tmp_path, damaged))
        found.add(outcome.code if isinstance(outcome, Finding) else "read")
    assert "sheet.broken" in found
    assert found <= {"read", "sheet.broken", "sheet.empty", "sheet.no_header", "sheet.column_missing", "roster.nobody"}


def test_binary_workbooks_are_not_taken(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as package:
        package.writestr("xl/workbook.bin", b"\x83\x01\x00")
    assert refused(saved(tmp_path, held.getvalue())).code == "sheet.not_a_sheet"


def test_a_head_without_a_needed_column_says_which(xlsx: Write) -> None:
    assert "“证件号码”“缴存基数”" in refused(xlsx([("姓名", "手机"), ("王𬭩", "")])).message
    assert refused(xlsx([(*HEAD, "身份证号"), ("王𬭩", WANG, 8500, WANG)])).code == "sheet.column_twice"
    assert refused(xlsx([("王𬭩", WANG, 8500)])).code == "sheet.no_header"
    assert refused(xlsx([HEAD])).code == "roster.nobody"
    assert refused(xlsx([])).code == "sheet.empty"


def test_a_thousand_people_are_read_and_one_more_is_too_many(tmp_path: Path) -> None:
    rows = "".join(f"王𬭩,{WANG},8500\n" for _ in range(1000))
    path = saved(tmp_path, f"{','.join(HEAD)}\n{rows}".encode(), "roster.csv")
    assert len(read(path).rows) == 1000
    path.write_text(path.read_text(encoding="utf-8") + f"李雪,{LI},8500\n", encoding="utf-8")
    assert refused(path).code == "roster.size"


def test_a_file_over_ten_megabytes_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    with path.open("wb") as file:
        file.truncate(10 * 1024 * 1024 + 1)
    assert refused(path).code == "sheet.too_large"


def test_a_small_file_that_unpacks_to_a_huge_one_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package, package.open("xl/workbook.xml", "w") as part:
        for _ in range(101):
            part.write(bytes(1024 * 1024))
    assert path.stat().st_size < 1024 * 1024
    assert refused(path).code == "sheet.too_large"


def test_a_stray_cell_in_the_last_corner_does_not_take_all_memory(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet()
    page.write_row(0, 0, HEAD)
    page.write_row(1, 0, ("王𬭩", WANG, 8500))
    page.write_string(1_048_575, 16_383, "x")
    book.close()
    assert refused(path).code == "sheet.spread"


def test_formatted_but_empty_cells_far_away_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet()
    page.write_row(0, 0, HEAD)
    page.write_row(1, 0, ("王𬭩", WANG, 8500))
    page.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True}))
    book.close()
    assert len(openings(path)) == 1


def test_the_correction_sheet_holds_the_wrong_rows_and_reads_again_once_corrected(tmp_path: Path, xlsx: Write) -> None:
    wrong = WANG[:17] + ("0" if WANG[17] != "0" else "1")
    path = xlsx([("序号", *HEAD), (1, "李雪", LI, 9000), (2, "王𬭩", wrong, "=1+1"), (3, "赵1", WANG, 8500)])
    sheet = read(path)
    _, errors = roster_entries(sheet, TODAY)
    assert error_sheet(tmp_path / "correct.xlsx", sheet, errors) == 2
    again = read(tmp_path / "correct.xlsx")
    assert list(again.headers) == list(sheet.headers)
    assert [row.values["identity_no"] for row in again.rows] == [wrong, WANG]
    old = [(error.field, error.code) for error in errors]
    assert [(error.field, error.code) for error in roster_entries(again, TODAY)[1]] == old


def test_the_correction_sheet_carries_reason_and_row_of_the_employers_sheet(tmp_path: Path, xlsx: Write) -> None:
    sheet = read(xlsx([HEAD, ("李雪", LI, 9000), ("王1", "12", 8500)]))
    error_sheet(tmp_path / "correct.xlsx", sheet, roster_entries(sheet, TODAY)[1])
    from gjj_desktop.counter.sheet_file import read_sheets

    sheets = read_sheets(tmp_path / "correct.xlsx")
    assert not isinstance(sheets, Finding)
    rows = [list(row) for row in sheets[0]]
    assert rows[0] == [*HEAD, "错误原因", "原行号"]
    assert rows[1][:3] == ["王1", "12", "8500"]
    assert rows[1][3] == "姓名中不能有数字，请按证件核对；证件号码少 16 位，应为 18 位"
    assert rows[1][4] == "3"
    assert len(rows) == 2


def test_a_correction_sheet_that_can_not_be_written_is_said_plainly(tmp_path: Path, xlsx: Write) -> None:
    sheet = read(xlsx([HEAD, ("王1", WANG, 8500)]))
    with pytest.raises(OperatingError, match="更正表没有写成"):
        error_sheet(tmp_path / "no such folder" / "correct.xlsx", sheet, roster_entries(sheet, TODAY)[1])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=400), start=st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
)
def test_no_bytes_break_the_reader(tmp_path: Path, content: bytes, start: bytes) -> None:
    assert isinstance(read_roster(saved(tmp_path, start + content)), Sheet | Finding)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.text(max_size=20) | st.floats() | st.integers(), min_size=3, max_size=3))
def test_no_cells_break_the_reading_of_rows(cells: list[Any]) -> None:
    from gjj_desktop.counter.roster_sheet import SheetRow

    row = SheetRow(2, dict(zip(("name", "identity_no", "base_fen"), cells, strict=True)))
    entries, errors = roster_entries(Sheet({}, (row,)), TODAY)
    assert bool(entries) != bool(errors)
