"""What does the employer get back to correct: the rows that are wrong, each with the reason."""

from pathlib import Path

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from gjj_desktop.counter.roster_sheet import RowError, Sheet, text_of
from gjj_desktop.errors import OperatingError

REASON, ROW = "错误原因", "原行号"
WIDTHS = {"identity_no": 22, "mobile": 14, "name": 16}


def error_sheet(path: Path, sheet: Sheet, errors: tuple[RowError, ...]) -> int:
    """Write the rows with errors to a new .xlsx at `path`; answers how many rows that are.

    The columns are the sheet's own, all as text so that no digit is lost again, then the reason and the row's number
    in the employer's sheet. Once corrected it can be read as a roster by itself; the good rows are not in it.

    Raises:
        OperatingError: the file can not be written.
    """
    reasons: dict[int, list[str]] = {}
    for error in errors:
        reasons.setdefault(error.row_no, []).append(error.message)
    wrong = [row for row in sheet.rows if row.row_no in reasons]
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), options)
    text, head = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
    page = book.add_worksheet("待更正")
    for column, (field, label) in enumerate((*sheet.headers.items(), ("", REASON), ("", ROW))):
        page.set_column(column, column, 48 if label == REASON else WIDTHS.get(field, 12), text)
        page.write_string(0, column, label, head)
    for line, row in enumerate(wrong, start=1):
        cells = [text_of(row.values.get(field, "")) for field in sheet.headers]
        for column, cell in enumerate((*cells, "；".join(reasons[row.row_no]), str(row.row_no))):
            page.write_string(line, column, cell, text)
    page.freeze_panes(1, 0)
    try:
        book.close()
    except FileCreateError as error:
        raise OperatingError("更正表没有写成。", "请换一个文件夹，或先关闭同名文件后再试") from error
    return len(wrong)
