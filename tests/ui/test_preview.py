"""A paper before and after it is printed."""

from pathlib import Path

import pypdfium2
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from gjj_desktop.errors import OperatingError
from tests.ui.samples import PaperInMemory
from ui.page import Place
from ui.preview import PreviewPage
from ui.tasks import Tasks


def preview_of(qtbot: QtBot, tasks: Tasks, model: PaperInMemory, printed_to: Path | None = None) -> PreviewPage:
    def find_printer() -> QPrinter | None:
        if printed_to is None:
            return None
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        printer.setOutputFileName(str(printed_to))
        return printer

    page = PreviewPage(model, tasks, find_printer=find_printer)
    qtbot.addWidget(page)
    page.resize(1182, 654)
    page.show()
    qtbot.waitUntil(lambda: page.place.text() != "")
    return page


def main_action(page: PreviewPage) -> str:
    return next((row.name for row in page.action_rows() if row.place is Place.MAIN), "")


def test_pages_are_turned_and_only_the_one_in_sight_is_asked_for(qtbot: QtBot, tasks: Tasks) -> None:
    model = PaperInMemory(1_000)
    page = preview_of(qtbot, tasks, model)
    assert page.place.text() == "第 1 页，共 1000 页"
    page.turn(-1)
    page.turn(+1)
    qtbot.waitUntil(lambda: page.place.text() == "第 2 页，共 1000 页")
    assert [number for number, _ in model.asked] == [0, 1]


def test_the_whole_page_is_seen_first_and_its_width_after_f4(qtbot: QtBot, tasks: Tasks) -> None:
    page = preview_of(qtbot, tasks, PaperInMemory())
    whole = page.sheet.minimumHeight()
    assert whole <= page._area.viewport().height()
    page.toggle_zoom()
    assert page.sheet.minimumHeight() > whole


def test_a_letter_is_seen_in_its_width_and_read_on_through(qtbot: QtBot, tasks: Tasks) -> None:
    page = preview_of(qtbot, tasks, PaperInMemory(2, (210, 297)))
    bar = page._area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    page.read_on(+1)
    assert bar.value() > 0
    assert page.number == 0
    while page.number == 0:
        page.read_on(+1)
    qtbot.waitUntil(lambda: page.place.text() == "第 2 页，共 2 页")
    qtbot.waitUntil(lambda: bar.value() == 0)
    page.read_on(-1)
    qtbot.waitUntil(lambda: page.place.text() == "第 1 页，共 2 页")
    qtbot.waitUntil(lambda: bar.value() == bar.maximum())


def test_the_printer_gets_every_page_at_its_own_resolution_and_size(qtbot: QtBot, tasks: Tasks, tmp_path: Path) -> None:
    model, target = PaperInMemory(3), tmp_path / "printed.pdf"
    page = preview_of(qtbot, tasks, model, target)
    page.print_paper()
    page.print_paper()
    qtbot.waitUntil(lambda: model.states == ["spooled"])
    assert [asked for asked in model.asked if asked[1] == 300] == [(0, 300), (1, 300), (2, 300)]
    paper = pypdfium2.PdfDocument(target)
    assert len(paper) == 3
    width, height = (size / 72 * 25.4 for size in paper[0].get_size())
    assert (round(width), round(height)) == (210, 148)
    first = paper[0].render(scale=1).to_pil().convert("L")
    assert first.getpixel((4, 4)) < 80
    assert first.getpixel((first.width - 6, first.height - 6)) > 240


def test_the_clerk_says_whether_it_came_out(qtbot: QtBot, tasks: Tasks, tmp_path: Path) -> None:
    model = PaperInMemory()
    page = preview_of(qtbot, tasks, model, tmp_path / "printed.pdf")
    assert main_action(page) == "preview.print"
    page.print_paper()
    qtbot.waitUntil(lambda: main_action(page) == "preview.confirm")
    assert page.question.isVisible()
    page.print_paper()  # it did not come out: once more
    qtbot.waitUntil(lambda: model.states == ["spooled", "spooled"])
    with qtbot.waitSignals([page.printed, page.done]):
        page.confirm()
    assert model.states == ["spooled", "spooled", "confirmed"]


def test_without_a_printer_it_is_said_what_to_do(qtbot: QtBot, tasks: Tasks) -> None:
    model = PaperInMemory()
    page = preview_of(qtbot, tasks, model)
    with qtbot.waitSignal(tasks.failed) as failed:
        page.print_paper()
    assert isinstance(failed.args[0], OperatingError)
    assert model.states == []


def test_a_pdf_is_saved_where_it_was_asked_for(qtbot: QtBot, tasks: Tasks, tmp_path: Path) -> None:
    page = preview_of(qtbot, tasks, PaperInMemory())
    with qtbot.waitSignal(page.said) as said:
        page.save(tmp_path / "回执.pdf")
    assert said.args[0].what == "已另存为 回执.pdf。"
    assert (tmp_path / "回执.pdf").read_bytes() == b"%PDF-1.7 sample"
    with qtbot.waitSignal(tasks.failed) as failed:
        page.save(tmp_path / "nowhere" / "回执.pdf")
    assert isinstance(failed.args[0], OperatingError)
    assert QApplication.activeModalWidget() is None


def test_a_long_print_can_be_stopped(qtbot: QtBot, tasks: Tasks, tmp_path: Path) -> None:
    model = PaperInMemory(400)
    page = preview_of(qtbot, tasks, model, tmp_path / "printed.pdf")
    page.print_paper()
    stop = next(row for row in page.action_rows() if row.name == "preview.stop")
    with qtbot.waitSignal(page.said) as said:
        stop.call()
    assert said.args[0].what == "已停止打印。"
    assert model.states == []
    assert len(model.asked) < 20
    assert main_action(page) == "preview.print"


def test_a_page_that_goes_while_it_prints_takes_the_printing_with_it(
    qtbot: QtBot, tasks: Tasks, tmp_path: Path
) -> None:
    page = preview_of(qtbot, tasks, PaperInMemory(400), tmp_path / "printed.pdf")
    page.print_paper()
    with qtbot.waitSignal(page.noted):
        pass
    page.deleteLater()
    qtbot.waitUntil(lambda: not isValid(page))
    qtbot.wait(50)
