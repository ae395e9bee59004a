"""Whatever file is chosen as a roster: a sentence at its line, the page goes on, and the right file goes through."""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import xlsxwriter
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gjj_desktop.demo.roster import write_roster
from gjj_desktop.domain.numbers import Series
from gjj_desktop.store import numbers
from tests.support.office import Hands, Office, until
from tests.support.ole import compound_file, old_workbook
from tests.ui.pages.sheets import no_more_room, saved_count, somebody
from tests.ui.pages.typing_in import CONTROL, ENTER
from ui.pages.roster import RosterPage
from ui.preview import PreviewPage

HEAD = ("姓名", "证件号码", "缴存基数")


def sheet(path: Path, *rows: tuple[object, ...]) -> Path:
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet()
    for row_no, row in enumerate((HEAD, *rows)):
        page.write_row(row_no, 0, row)
    book.close()
    return path


def good(path: Path) -> Path:
    return sheet(path, ("何小满", somebody(), 6000))


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def ten_megabytes(path: Path) -> Path:
    """A real workbook, and more in it than a roster ever needs."""
    with zipfile.ZipFile(good(path), "a", zipfile.ZIP_STORED) as package:
        package.writestr("xl/media/picture.png", bytes(10 << 20))
    return path


def bomb(path: Path) -> Path:
    """Small as a file, very large once unpacked."""
    with zipfile.ZipFile(good(path), "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet2.xml", bytes(101 << 20))
    return path


def cut_off(path: Path) -> Path:
    return written(path, good(path).read_bytes()[:-700])


def damaged_inside(path: Path) -> Path:
    content = bytearray(good(path).read_bytes())
    middle = content.index(b"xl/worksheets/sheet1.xml") + 40
    content[middle : middle + 60] = bytes(60)
    return written(path, bytes(content))


def encrypted(path: Path) -> Path:
    return written(path, compound_file({"EncryptedPackage": b"x" * 5000, "EncryptionInfo": b"y" * 800}))


BAD_FILES: tuple[tuple[Callable[[Path], Path], str], ...] = (
    (lambda path: written(path, b""), "文件是空的"),
    (lambda path: sheet(path), "没有|空"),
    (cut_off, "已损坏"),
    (damaged_inside, "已损坏"),
    (lambda path: written(path, b"\x00\x01PK not a sheet at all" * 50), "不是表格"),
    (lambda path: written(path, b"%PDF-1.7\n\x00\x00"), "不是表格"),
    (encrypted, "密码"),
    (lambda path: written(path, old_workbook([[*HEAD]], password=True)), "密码"),
    (ten_megabytes, "10 MB"),
    (bomb, "过大"),
    (lambda path: path.parent / "nowhere.xlsx", "找不到"),
    (lambda path: path.parent, "不是表格"),
    (lambda path: Path("/dev/zero"), "不是表格"),
    (lambda path: Path("清册\x00.xlsx"), "找不到"),
    (lambda path: Path("清" * 4000), "打不开|找不到"),
)


@pytest.fixture
def page(front: Hands) -> RosterPage:
    """清册开户 with employer and month typed."""
    front.press(Qt.Key.Key_2, CONTROL)
    front.rest()
    front.press(Qt.Key.Key_F5)
    page = front.page
    assert isinstance(page, RosterPage)
    front.type("青禾服饰")
    until(lambda: page.employer.control.list.isVisible(), "the hits")  # type: ignore[attr-defined]
    front.press(ENTER)
    front.type_on("2026-12")
    return page


@pytest.fixture(autouse=True)
def calm(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No trace on the terminal and none in the log."""
    yield
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err
    assert "panicked" not in said.err
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def choose(hands: Hands, page: RosterPage, path: Path) -> None:
    """Type the path and press Enter; answers once the file was read."""
    page.file.set_raw("")
    page.file.setFocus()
    page.file.set_raw(str(path))
    page.file.control.edited.emit()  # type: ignore[attr-defined]
    hands.press(ENTER)
    until(lambda: not page._busy, "the file read")
    hands.rest()


def take_in(hands: Hands, page: RosterPage) -> None:
    """F9, and the receipt is in sight."""
    hands.press(Qt.Key.Key_F9)
    until(lambda: isinstance(hands.page, PreviewPage) and hands.page.count, "the receipt")


def account_numbers_left(hands: Hands) -> int:
    window = hands.app.window
    assert window is not None
    with window.reading() as connection:
        return numbers.left(connection)[Series.ACCOUNT]


def test_a_bad_file_is_said_at_its_line_and_the_right_one_goes_through(
    front: Hands, page: RosterPage, tmp_path: Path
) -> None:
    before, employer = saved_count(front), page.employer.raw()
    for place, (make, sentence) in enumerate(BAD_FILES):
        path = make(tmp_path / f"bad-{place}.xlsx")
        choose(front, page, path)
        said = page.file.finding
        assert any(word in said for word in sentence.split("|")), (path, said)
        assert page.file.raw() == str(path)
        assert (page.tried, page.employer.raw(), page.month.raw()) == (None, employer, "2026-12")
        front.press(Qt.Key.Key_F9)
        front.rest()
        assert saved_count(front) == before
    choose(front, page, good(tmp_path / "good.xlsx"))
    assert page.file.finding == ""
    take_in(front, page)
    assert saved_count(front) == before + 1


def test_a_packed_file_with_half_a_name_is_no_sheet(front: Hands, page: RosterPage, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("../../清册.txt", "姓名")
    choose(front, page, written(tmp_path / "清册.xlsx", packed.getvalue()))
    assert page.file.finding
    assert page.tried is None


def test_the_month_is_asked_for_before_the_file_is_read(front: Hands, page: RosterPage, tmp_path: Path) -> None:
    page.month.set_raw("2026-13")
    choose(front, page, good(tmp_path / "good.xlsx"))
    assert page.month.finding
    assert page.tried is None


def test_what_is_handed_in_is_the_file_that_the_line_names(
    front: Hands, page: RosterPage, tmp_path: Path, qtbot: QtBot
) -> None:
    """Another file is named while the first one is still being read."""
    first = write_roster(tmp_path / "first.xlsx", "云溪市青禾服饰有限公司")
    page.file.set_raw(str(first.path))
    page.try_dry()
    page.file.set_raw(str(good(tmp_path / "second.xlsx")))
    page.file.control.edited.emit()  # type: ignore[attr-defined]
    until(lambda: not page._busy, "the file read")
    front.rest()
    assert page.tried is None, "the answer was about another file"
    page.try_dry()
    until(lambda: page.tried is not None, "the second file read")
    assert page.tried is not None
    assert len(page.tried.good) == 1


def test_a_full_disk_leaves_the_roster_as_it_is_and_uses_no_number(
    front: Hands, page: RosterPage, tmp_path: Path, town_office: Office
) -> None:
    choose(front, page, write_roster(tmp_path / "roster.xlsx", "云溪市第二人民医院").path)
    tried, before, left = page.tried, saved_count(front), account_numbers_left(front)
    assert tried is not None
    with no_more_room(front):
        front.press(Qt.Key.Key_F9)
        until(lambda: front.work.banner.isVisible(), "what went wrong")
        assert "磁盘已满" in front.work.banner.what.text()
        assert page.tried is tried
    assert (saved_count(front), account_numbers_left(front)) == (before, left)
    take_in(front, page)
    assert saved_count(front) == before + 1


def test_a_refused_roster_uses_no_number(front: Hands, page: RosterPage, tmp_path: Path) -> None:
    """The employer is typed as a number that nobody has."""
    page.employer.set_raw("990500000099999")
    page.employer.control.edited.emit()  # type: ignore[attr-defined]
    choose(front, page, good(tmp_path / "good.xlsx"))
    left = account_numbers_left(front)
    front.press(Qt.Key.Key_F9)
    until(lambda: front.work.banner.isVisible() or page.employer.finding, "why not")
    assert "单位" in front.work.banner.what.text() + page.employer.finding
    assert account_numbers_left(front) == left
