"""The 同步 page of an outlet without a line, by keys alone: out onto a stick, and the centre's answers back in."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from gjj_desktop.central.courier import courier_in, courier_out
from gjj_desktop.store import meta
from gjj_desktop.sync.state import SyncKind
from gjj_desktop.sync.wire import CentreAddress
from tests.support.office import Hands, Office, until
from tests.ui.pages.typing_in import CONTROL, GOOD_CARD, type_rent, withdrawal_form
from ui.pages.sync import SyncPage


@contextmanager
def without_a_line(hands: Hands) -> Iterator[None]:
    """The window's centre is at an address where nobody answers."""
    machine = hands.app.machine
    assert machine is not None
    engine, store = machine.engine, machine.store
    with store.read() as connection:
        address = meta.get(connection, meta.CENTRE_ADDRESS, CentreAddress)
    assert address is not None

    def use(port: int) -> None:
        with store.work() as connection:
            meta.put(connection, meta.CENTRE_ADDRESS, msgspec.structs.replace(address, port=port))
        link = engine._link
        if link is not None:
            engine._call(link.cut)

    use(9)
    until(lambda: engine.state().kind is SyncKind.OFFLINE, "the line to be gone")
    try:
        yield
    finally:
        use(address.port)
        engine.nudge(now=True)


def answer_the_dialog(path: Path) -> None:
    """Type the path into the file dialog that opens next, and Enter."""

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QFileDialog):
            QTimer.singleShot(20, look)
            return
        line = dialog.findChild(QLineEdit)
        assert line is not None
        line.selectAll()
        line.setText(str(path))
        QTest.keyClick(line, Qt.Key.Key_Return)

    QTimer.singleShot(20, look)


def sync_page(hands: Hands) -> SyncPage:
    hands.press(Qt.Key.Key_9, CONTROL)
    page = hands.page
    assert isinstance(page, SyncPage)
    hands.rest()
    return page


def test_a_case_goes_out_and_its_answer_comes_in_without_touching_the_mouse(
    front: Hands, town_office: Office, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    out, back = stick / "业务包.gjjpack", stick / "回执包.gjjpack"
    machine = front.app.machine
    assert machine is not None
    with without_a_line(front):
        page = withdrawal_form(front)
        type_rent(front, page, "王𬭩", GOOD_CARD)
        front.press(Qt.Key.Key_F9)
        front.rest()
        synced = sync_page(front)
        until(lambda: synced.table.rows, "the case that waits")
        answer_the_dialog(out)
        front.press(Qt.Key.Key_F6)
        until(out.exists, "the pack")
        front.rest()
        assert machine.engine.state().pending == 1, "nothing is called synced that only lies on a stick"
        with town_office.centre.administration() as administration:
            assert courier_in(administration, town_office.centre.key, out).received == 1
            courier_out(administration, town_office.centre.key, "990503", back)
        answer_the_dialog(back)
        front.press(Qt.Key.Key_F7)
        until(lambda: machine.engine.state().pending == 0, "the answers")
        until(lambda: not synced.table.rows, "the page without it")
        front.rest()


def test_a_file_that_is_no_pack_is_refused_with_a_sentence_and_the_page_stays(front: Hands, tmp_path: Path) -> None:
    wrong = tmp_path / "照片.gjjpack"
    wrong.write_bytes(b"\xff\xd8 no pack")
    page = sync_page(front)
    answer_the_dialog(wrong)
    front.press(Qt.Key.Key_F7)
    front.rest()
    until(lambda: "不是数据交换包" in said(front), "the sentence")
    assert front.page is page


def said(hands: Hands) -> str:
    """What the banner says."""
    return hands.work.banner.accessibleName() if hands.work.banner.isVisible() else ""


def test_what_is_typed_is_saved_while_a_slow_stick_is_written(front: Hands, tmp_path: Path) -> None:
    page = sync_page(front)
    slow = tmp_path / "业务包.gjjpack"
    begun = slow.with_name(f"{slow.name}.part")
    os.mkfifo(begun)  # takes nothing before somebody reads it
    saved = threading.Event()
    page.pack_out(slow)
    try:
        front.app.tasks.run(saved.set, lambda _: None)
        assert saved.wait(10.0)
    finally:
        begun.read_bytes()
    front.rest()
