"""Fixtures: a whole office for tests of the screen: centre with the demo town, and windows that clerks have keys at."""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import keyring
import pytest
from keyring.backends import SecretService
from PySide6.QtCore import QEvent, QEventLoop, Qt, QTimer
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gjj_desktop.demo.centre import DemoCentre
from gjj_desktop.demo.desk import DemoDesk
from gjj_desktop.demo.town import read_town
from ui.app import App, open_app
from ui.fields.choice import ChoiceControl
from ui.page import Page
from ui.shell import Work
from ui.sign_in import SignInPage

OUTLET = "9905"
CLERK, REVIEWER, SUPERVISOR, OTHER_SUPERVISOR = "990501", "990502", "990509", "990508"
PASSWORD = "青禾镇的密码-1"
WAIT_SECONDS_MAX = 30.0


def run_for(milliseconds: int) -> None:
    """Let the program run; other threads run too."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def until(what: Callable[[], object], for_what: str) -> None:
    """Let the program run until `what` answers something true."""
    give_up = time.monotonic() + WAIT_SECONDS_MAX
    while not what():
        assert time.monotonic() < give_up, f"waited in vain for {for_what}"
        run_for(10)


class Hands:
    """What a clerk does with one open window: types, presses keys, reads."""

    def __init__(self, app: App) -> None:
        self.app = app

    @property
    def work(self) -> Work:
        work = self.app.shell.work
        assert work is not None, "nobody is signed in"
        return work

    @property
    def page(self) -> Page:
        return self.work.page

    def take(self) -> None:
        """Make this the window that the keyboard writes to."""
        if self.app.shell.isActiveWindow():
            return
        self.app.shell.activateWindow()
        until(self.app.shell.isActiveWindow, "the window in front")

    def sign_in(self, clerk: str, password: str = PASSWORD) -> None:
        """Choose the clerk and type the password."""
        self.take()
        page = self.door()
        clerks = page.daily.lines["clerk"].control
        assert isinstance(clerks, ChoiceControl)
        until(clerks.count, "the clerks of this window")
        page.daily.lines["clerk"].set_raw(clerk)
        page.daily.lines["password"].setFocus()
        self.type(password)
        self.press(Qt.Key.Key_Return)
        until(lambda: self.app.shell.work is not None, "the work")
        self.rest()

    def door(self) -> SignInPage:
        """The sign-in page, as soon as it is there."""
        until(lambda: self._door() is not None, "the door")
        page = self._door()
        assert page is not None
        return page

    def _door(self) -> SignInPage | None:
        pages = [each for each in self.app.shell.findChildren(SignInPage) if each.isVisible()]
        return pages[-1] if pages else None

    def type(self, text: str) -> None:
        """Keys for what is on the keyboard; all else comes as an input method brings it."""
        self.take()
        target = QApplication.focusWidget()
        assert target is not None, "nothing has the keyboard"
        if text.isascii():
            QTest.keyClicks(target, text)
        else:
            brought = QInputMethodEvent("", [])
            brought.setCommitString(text)
            QApplication.sendEvent(target, brought)

    def type_on(self, *texts: str) -> None:
        """Each text into a field of its own, with Enter after it."""
        for text in texts:
            self.type(text)
            self.press(Qt.Key.Key_Return)

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """One key, wherever the keyboard is."""
        self.take()
        QTest.keyClick(QApplication.focusWidget() or self.app.shell, key, modifiers)
        run_for(0)

    def rest(self) -> None:
        """Let everything that was asked of the store come back."""
        done: list[None] = []
        self.app.tasks.run(lambda: None, done.append)
        until(lambda: done, "the store")
        run_for(30)
        again: list[None] = []
        self.app.tasks.run(lambda: None, again.append)
        until(lambda: again, "the store")
        run_for(10)


class Office:
    """A centre with the demo town, window 03 in front and window 01 for the supervisors."""

    def __init__(self, folder: Path) -> None:
        mark = secrets.token_hex(4)
        self.folder = folder
        self.services = {number: f"gjj-office-{number}-{mark}" for number in ("03", "01")}
        self.centre = DemoCentre(folder / "centre", f"gjj-office-centre-{mark}", durable=False)
        self.centre.restore()
        self.town = read_town()
        self.apps: list[App] = []
        self._introduced: set[str] = set()

    def introduce(self, number: str, *clerks: str) -> None:
        """Enrol a window and make the keys of these clerks at it, as far as that is not done."""
        desk = DemoDesk(self.folder / f"window-{number}", self.services[number])
        if desk.window is None:
            desk.enrol(self.centre, OUTLET, number)
        for clerk in clerks:
            desk.introduce(self.centre, clerk, PASSWORD)
            desk.sign_in(clerk, PASSWORD)
        desk.wait_synced()
        desk.close()

    def open(self, number: str = "03") -> Hands:
        """Open the program of a window and wait until somebody can sign in."""
        app = open_app(self.folder / f"window-{number}", self.services[number])
        self.apps.append(app)
        reached: list[bool] = []
        app.at_the_door.connect(lambda: reached.append(True))
        until(lambda: reached, "the door")
        return Hands(app)

    def put_away(self, hands: Hands) -> None:
        """Close a program and let go of its window: every one that lives is drawn anew whenever the look changes."""
        hands.app.close()
        self.apps = [app for app in self.apps if app is not hands.app]
        for each in (hands.app.shell, hands.app):
            each.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def close(self) -> None:
        """Close every program, then the centre."""
        for app in self.apps:
            app.close()
        self.centre.cut()


@contextmanager
def keyring_of(secret_service: dict[str, str]) -> Iterator[None]:
    """`keyring` and the programs started meanwhile speak with this worker's Secret Service."""
    before = {name: os.environ.get(name) for name in secret_service}
    keyring_before = keyring.get_keyring()
    os.environ.update(secret_service)
    keyring.set_keyring(SecretService.Keyring())
    try:
        yield
    finally:
        keyring.set_keyring(keyring_before)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@pytest.fixture(scope="module")
def worker_office(secret_service: dict[str, str]) -> Iterator[Office]:
    """One office for the tests of a module: window 03 with 李秀英 and 金志远, window 01 with 周敏 and 徐立峰."""
    with TemporaryDirectory(prefix="gjj-office-", ignore_cleanup_errors=True) as folder:
        with keyring_of(secret_service):
            office = Office(Path(folder))
            office.introduce("03", CLERK, REVIEWER)
            office.introduce("01", SUPERVISOR, OTHER_SUPERVISOR)
        yield office
        with keyring_of(secret_service):
            office.close()


@pytest.fixture
def town_office(worker_office: Office, secret_service: dict[str, str]) -> Iterator[Office]:
    """The office of this module, within reach of its keyring during the test."""
    with keyring_of(secret_service):
        yield worker_office


@pytest.fixture
def front(qtbot: QtBot, town_office: Office) -> Iterator[Hands]:
    """Window 03 with 李秀英 signed in."""
    hands = town_office.open("03")
    hands.sign_in(CLERK)
    yield hands
    town_office.put_away(hands)


@pytest.fixture
def back(qtbot: QtBot, town_office: Office) -> Iterator[Hands]:
    """Window 01 with 周敏 signed in."""
    hands = town_office.open("01")
    hands.sign_in(SUPERVISOR)
    yield hands
    town_office.put_away(hands)
