"""A pair of hands at one window: keys, typing as an input method does it, waiting, and pictures of what is seen."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QEventLoop, QKeyCombination, Qt, QTimer
from PySide6.QtGui import QInputMethodEvent, QKeySequence
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from gjj_desktop.demo.desk import WAIT_SECONDS_MAX
from ui.app import App, open_app
from ui.enrol import EnrolPage
from ui.fields.choice import ChoiceControl
from ui.fields.editor import Editor
from ui.fields.heirs import HeirsControl
from ui.fields.materials import MaterialsControl
from ui.fields.picker import PickerControl
from ui.form_page import FormPage
from ui.page import Page
from ui.preview import PreviewPage
from ui.sign_in import SignInPage
from ui.table import Table


def pause(milliseconds: int) -> None:
    """Let the program run; QTest.qWait would keep the worker threads from running meanwhile."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


class Hands:
    """Works one window as a person does, keyboard only; pictures and printed papers go into `out`."""

    def __init__(self, folder: Path, service: str, out: Path) -> None:
        self.out = out
        self.app: App = open_app(folder, service)
        self.shell = self.app.shell

    @property
    def page(self) -> Page:
        """The page in sight."""
        assert self.shell.work is not None
        return self.shell.work.page

    def wait(self, what: Callable[[], object], for_what: str) -> None:
        """Let the program run until `what` answers something true; TimeoutError names what was waited for."""
        give_up = time.monotonic() + WAIT_SECONDS_MAX
        while not what():
            if time.monotonic() > give_up:
                self.picture("stuck")
                raise TimeoutError(for_what)
            pause(15)

    def look_here(self) -> None:
        """This window is the one in front."""
        if not self.shell.isActiveWindow():
            self.shell.activateWindow()
            self.wait(self.shell.isActiveWindow, "this window in front")

    def picture(self, name: str) -> Path:
        """A picture of the window as it is seen now."""
        pause(350)
        path = self.out / f"{name}.png"
        self.shell.grab().save(str(path))
        return path

    def press(self, keys: str) -> None:
        """Press a key or a chord, named as on the screen: F9, Ctrl+3, Esc."""
        self.look_here()
        combination: QKeyCombination = cast(Any, QKeySequence(keys))[0]
        target = QApplication.focusWidget() or self.shell
        QTest.keyClick(target, combination.key(), combination.keyboardModifiers())
        pause(20)

    def write(self, text: str) -> None:
        """Type where the keyboard is: Latin by keys, Chinese as an input method hands it over."""
        target = QApplication.focusWidget()
        assert target is not None, "nothing takes the keyboard"
        if text.isascii():
            QTest.keyClicks(target, text)
            return
        event = QInputMethodEvent()
        event.setCommitString(text)
        QApplication.sendEvent(target, event)

    def into(self, control: QWidget, text: str) -> None:
        """Put the keyboard into a line, in place of what stands there, and type."""
        self.look_here()
        control.setFocus(Qt.FocusReason.TabFocusReason)
        QTest.keyClick(control, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        self.write(text)

    # the door

    def enrol(self, ticket: str, approve: Callable[[], None]) -> None:
        """Become the window that the ticket names; `approve` is what the centre's administrator does then."""
        self.wait(lambda: self.door(EnrolPage), "the enrolment page")
        page = self.door(EnrolPage)
        assert isinstance(page, EnrolPage)
        self.into(page.ticket.control, ticket)
        page.main.click()
        self.wait(lambda: page.is_enrolled, "the enrolment")
        approve()
        page.main.click()
        self.wait(lambda: self.door(SignInPage), "the sign-in page")

    def sign_in_first(self, clerk: str, code: str, password: str) -> None:
        """Make this clerk's key with the one-time code and begin to work."""
        page = self._sign_in_page()
        if page.first.isHidden():
            self.press("F2")
        for name, text in (("clerk", clerk), ("code", code), ("password", password), ("again", password)):
            self.into(page.first.lines[name].control, text)
        QTest.keyClick(page.first.lines["again"].control, Qt.Key.Key_Return)
        self.wait(lambda: self.shell.work is not None, "the work of a person who came the first time")

    def sign_in(self, name: str, password: str) -> None:
        """Sign in by name and password."""
        page = self._sign_in_page()
        if page.daily.isHidden():
            self.press("F2")
        choice = page.daily.lines["clerk"].control
        assert isinstance(choice, ChoiceControl)
        self.wait(lambda: choice.findText(name) >= 0, f"{name} among those who may sign in")
        choice.setFocus()
        QTest.keyClicks(choice, str(choice.findText(name) + 1))
        self.into(page.daily.lines["password"].control, password)
        QTest.keyClick(page.daily.lines["password"].control, Qt.Key.Key_Return)
        self.wait(lambda: self.shell.work is not None, "the work after signing in")

    def sign_out(self) -> None:
        """Let somebody else sign in."""
        self.app.sign_out()
        self.wait(lambda: self.door(SignInPage), "the sign-in page")

    def door(self, kind: type[QWidget]) -> QWidget | None:
        """The page of this kind that is shown in place of the work, if it is."""
        found = self.shell.findChildren(kind)
        return next((page for page in found if page.isVisible()), None)

    def _sign_in_page(self) -> SignInPage:
        self.wait(lambda: self.door(SignInPage), "the sign-in page")
        page = self.door(SignInPage)
        assert isinstance(page, SignInPage)
        self.look_here()
        return page

    # forms

    def go(self, keys: str) -> Page:
        """Go to a page of the navigation by its key."""
        self.press(keys)
        pause(120)
        return self.page

    def fill(self, raw: Mapping[str, str]) -> FormPage:
        """Type into the form in sight, field by field, each left by Enter."""
        page = self.page
        assert isinstance(page, FormPage), type(page)
        for name, text in raw.items():
            self.wait(lambda name=name: not page.cards.editors[name].isHidden(), f"the field {name}")  # type: ignore[misc]
            self._fill_one(page.cards.editors[name], text)
        return page

    def _fill_one(self, editor: Editor, text: str) -> None:
        control = editor.control
        if isinstance(control, MaterialsControl):
            self.wait(lambda: set(text.split(",")) <= set(control.boxes), "the materials asked for")
            for code in text.split(","):
                control.boxes[code].setFocus()
                QTest.keyClick(control.boxes[code], Qt.Key.Key_Space)
        elif isinstance(control, ChoiceControl):
            self.wait(lambda: control.findData(text) >= 0, f"the choice {text}")
            control.setFocus()
            QTest.keyClicks(control, str(control.findData(text) + 1))
            QTest.keyClick(control, Qt.Key.Key_Return)
        elif isinstance(control, PickerControl):
            self.pick(control, text)
        elif isinstance(control, HeirsControl):
            self._fill_heirs(control, text)
        else:
            self.into(control, text)
            QTest.keyClick(control, Qt.Key.Key_Return)
        pause(20)

    def _fill_heirs(self, control: HeirsControl, text: str) -> None:
        """A line for each heir, its parts between tabs; Enter goes on to the next part and begins the next heir."""
        control.rows[0].take_keyboard()
        for part in text.replace("\n", "\t").split("\t"):
            self.write(part)
            target = QApplication.focusWidget()
            assert target is not None
            QTest.keyClick(target, Qt.Key.Key_Return)
            pause(5)

    def pick(self, control: PickerControl, text: str) -> None:
        """Find somebody while typing and take the first hit."""
        self.into(control, text)
        self.wait(lambda: control.list.isVisible() and control.list.currentRow() == 0, f"a hit for {text}")
        QTest.keyClick(control, Qt.Key.Key_Return)

    def hand_in(self) -> None:
        """F9: hand the form in and wait for the preview of its paper."""
        self.press("F9")
        self.wait(lambda: isinstance(self.page, PreviewPage), "the preview of the paper")

    def paper_is_shown(self) -> None:
        """Wait until the preview shows the first page."""
        preview = self.page
        assert isinstance(preview, PreviewPage), type(preview)
        self.wait(lambda: "第" in preview.place.text(), "the first page of the paper")

    def paper(self, name: str) -> Path:
        """Look at the paper in the preview, print it, confirm that it came out, and keep its PDF."""
        preview = self.page
        assert isinstance(preview, PreviewPage), type(preview)
        path = self.out / f"{name}.pdf"
        preview.save(path)
        self.wait(path.exists, f"the file {path.name}")
        assert self.shell.work is not None
        self.wait(self.shell.work.bottom.told.isVisible, "the word that it was saved")
        self.shell.work.bottom.forget()
        preview.find_printer = lambda: _to_file(self.out / "printer" / f"{name}.pdf")
        self.press("F9")
        self.wait(lambda: preview.is_spooled, "the printer")
        self.press("F10")
        self.wait(lambda: self.page is not preview, "the page behind the preview")
        return path

    def choose_row(self, table: Table, key: str) -> None:
        """Walk down a table to the row with this key."""
        self.look_here()
        table.take_keyboard()
        self.wait(lambda: key in {table.key_of(row) for row in table.rows} and table.current, f"the row {key}")
        for keys in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            for _ in range(len(table.rows) + 1):
                if table.current is not None and table.key_of(table.current) == key:
                    pause(150)
                    return
                QTest.keyClick(table.filter_line, keys)
        raise LookupError(key)

    def close(self) -> None:
        """Close the program."""
        self.app.close()


def _to_file(path: Path) -> QPrinter:
    path.parent.mkdir(parents=True, exist_ok=True)
    printer = QPrinter(QPrinter.PrinterMode.ScreenResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(path))
    return printer
