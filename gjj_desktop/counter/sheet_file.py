"""What cells does a sheet hold that somebody brought: .xlsx, .xls, .ods or .csv, whatever its name says.

The content decides the format. Files that would hurt the program are refused before they are unpacked.
"""

import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from gjj_desktop.domain.findings import Finding

Cell = str | int | float | bool | date | datetime | time | timedelta
Rows = Iterable[Sequence[Cell]]

FILE_BYTES_MAX = 10 * 1024 * 1024
UNPACKED_BYTES_MAX = 100 * 1024 * 1024
AREA_CELLS_MAX = 2_000_000
"""Rows times columns up to the farthest cell: the reader makes room for all of them at once."""

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_WORKBOOK_BEGINS = bytes.fromhex("0908100000060500")
_FILEPASS = 0x2F
_RECORDS_BEFORE_FILEPASS_MAX = 8
_FILLED_CELL = re.compile(rb"""<(?:\w+:)?c\s(?:[^>]*?\s)?r=["']([A-Za-z]{1,3})([0-9]{1,7})["'][^>]*(?<!/)>""")
_DELIMITERS = ",\t;，"
_SAMPLE_CHARACTERS = 4000

# GB 18030-2022 moved these from private use to Unicode's own places; Python's table is of an earlier edition.
_MOVED_IN_2022 = {
    0xE81E: 0x9FB4,
    0xE826: 0x9FB5,
    0xE82B: 0x9FB6,
    0xE82C: 0x9FB7,
    0xE832: 0x9FB8,
    0xE843: 0x9FB9,
    0xE854: 0x9FBA,
    0xE864: 0x9FBB,
}

_MISSING = Finding("", "sheet.missing", "找不到这个文件，请确认它还在原来的位置")
_EMPTY = Finding("", "sheet.empty", "文件是空的，请核对后重新选择")
_TOO_LARGE = Finding("", "sheet.too_large", "文件超过 10 MB，请只保留清册这一张表，另存后重新选择")
_UNPACKS_TOO_LARGE = Finding("", "sheet.too_large", "表格内容过大，请只保留清册这一张表，另存后重新选择")
_SPREAD = Finding("", "sheet.spread", "表格里很远的行或列还有内容，请只保留清册部分，另存后重新选择")
_PASSWORD = Finding("", "sheet.password", "文件设有打开密码，请在表格软件中去掉密码并另存，再重新选择")
_BROKEN = Finding("", "sheet.broken", "表格文件已损坏，请在表格软件中打开并另存为 .xlsx，再重新选择")
_NOT_A_SHEET = Finding("", "sheet.not_a_sheet", "这不是表格文件，请选择 .xlsx、.xls、.ods 或 .csv 清册")


def read_sheets(path: Path) -> tuple[Rows, ...] | Finding:
    """The visible sheets of the file, each as its rows from row 1 on, or why it can not be read.

    Binary workbooks (.xlsb) are not taken: how far they spread can not be told beforehand.
    """
    content = _content(path)
    if isinstance(content, Finding):
        return content
    if content.startswith(_ZIP):
        return _unsafe_to_unpack(content) or _workbook(content)
    if content.startswith(_OLE):
        return _PASSWORD if _is_locked(content) else _workbook(content)
    return _text_table(content)


def _content(path: Path) -> bytes | Finding:
    try:
        if not path.is_file():  # a folder or a device may answer for ever
            return _NOT_A_SHEET if path.exists() else _MISSING
        if path.stat().st_size > FILE_BYTES_MAX:
            return _TOO_LARGE
        return path.read_bytes() or _EMPTY
    except OSError:
        return Finding("", "sheet.unreadable", "打不开这个文件，请先在其他程序中关闭它，再重新选择")


def _is_locked(content: bytes) -> bool:
    """Whether an OLE file is an encrypted .xlsx, or an .xls whose records begin with FILEPASS (2FH)."""
    if _ENCRYPTED_PACKAGE in content:
        return True
    at = content.find(_WORKBOOK_BEGINS)
    for _ in range(_RECORDS_BEFORE_FILEPASS_MAX):
        if not 0 <= at <= len(content) - 4:
            return False
        number, length = struct.unpack_from("<HH", content, at)
        if number == _FILEPASS:
            return True
        at += 4 + length
    return False


def _unsafe_to_unpack(content: bytes) -> Finding | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if sum(part.file_size for part in package.infolist()) > UNPACKED_BYTES_MAX:
                return _UNPACKS_TOO_LARGE
            if _has_password(package):
                return _PASSWORD
            names = package.namelist()
            if any(name.endswith(".bin") and "workbook" in name for name in names):
                return _NOT_A_SHEET
            sheets = [name for name in names if name.endswith(".xml") and name != "content.xml"]
            return _SPREAD if sum(_area(package.read(name)) for name in sheets) > AREA_CELLS_MAX else None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError):
        return _BROKEN


def _has_password(package: zipfile.ZipFile) -> bool:
    """Whether an .ods says that its parts are encrypted."""
    manifest = "META-INF/manifest.xml"
    return manifest in package.namelist() and b"encryption-data" in package.read(manifest)


def _area(sheet: bytes) -> int:
    """Rows times columns that the sheet's filled cells span from A1."""
    last_row = last_column = 0
    for found in _FILLED_CELL.finditer(sheet):
        last_row = max(last_row, int(found[2]))
        last_column = max(last_column, _column_number(found[1]))
    return last_row * last_column


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _workbook(content: bytes) -> tuple[Rows, ...] | Finding:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        visible = [sheet.name for sheet in book.sheets_metadata if sheet.visible is SheetVisibleEnum.Visible]
        return tuple(book.get_sheet_by_name(name).iter_rows() for name in visible)
    except PasswordError:
        return _PASSWORD
    except (CalamineError, OSError):
        return _BROKEN
    except BaseException as error:
        # What trips the reader's own checks in a damaged .xls is no Exception, and its class can not be imported.
        if type(error).__name__ == "PanicException":
            return _BROKEN
        raise


def _text_table(content: bytes) -> tuple[Rows, ...] | Finding:
    text = _decoded(content)
    if text is None or "\0" in text:
        return _NOT_A_SHEET
    sample = text[:_SAMPLE_CHARACTERS]
    delimiter = max(_DELIMITERS, key=sample.count)
    try:
        return (list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)),)
    except csv.Error:
        return _NOT_A_SHEET


def _decoded(content: bytes) -> str | None:
    encodings = ("utf-16",) if content.startswith(_UTF_16_MARKS) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text.translate(_MOVED_IN_2022) if encoding == "gb18030" else text
    return None
