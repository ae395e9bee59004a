"""The window program: `gjj-desktop` without arguments, and `open_app` for whoever runs real windows in one process.

The first window is shown before the store is imported: SQLAlchemy alone takes longer to load than Qt.
"""

import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from gjj_desktop.errors import OperatingError
from gjj_desktop.paths import data_folder
from ui.enrol import EnrolPage
from ui.garbage import keep_to_this_thread, let_go
from ui.messages import Message, Messages, log_unexpected, message_of
from ui.shell import PRODUCT, Shell
from ui.sign_in import SignInPage
from ui.tasks import Tasks
from ui.trouble import OpeningPage, TroublePage

if TYPE_CHECKING:
    from gjj_desktop.counter.door import SignInDesk
    from gjj_desktop.counter.opening import Opened
    from gjj_desktop.counter.window import Window
    from gjj_desktop.sync.pull import Changes
    from gjj_desktop.sync.state import SyncState
    from ui.work import Facts, WorkDay

SERVICE = "gjj-desktop"
CLOSE_SECONDS_MAX = 10.0


class App(QObject):
    """One window program from its keyring to its shell: opening, enrolment, the door, the work, and the way out."""

    at_the_door = Signal()
    at_work = Signal()
    in_trouble = Signal(object)
    """A `Message`: the program could not be opened."""
    heard = Signal(object, object)
    """A SyncState and what it brought, from the sync's own thread."""

    def __init__(self, folder: Path, service: str = SERVICE, parent: QObject | None = None) -> None:
        super().__init__(parent)
        keep_to_this_thread(self)
        self.folder, self.service = folder, service
        self.tasks = Tasks(self)
        self.messages = Messages(self)
        self.shell = Shell(self.tasks, self.messages)
        self.machine: Opened | None = None
        self.window: Window | None = None
        self.door: SignInDesk | None = None
        self.day: WorkDay | None = None
        self._closed = False
        self._why = ""
        self.shell.closing.connect(self.close)
        self.shell.other_person.connect(self.sign_out)
        self.heard.connect(self._on_heard, Qt.ConnectionType.QueuedConnection)

    def open(self) -> None:
        """Show the shell and open the machine behind it."""
        self.shell.show_door(OpeningPage(PRODUCT))
        self.shell.show()
        self.tasks.run(self._open_machine, self._on_opened, self._on_trouble, owner=self)

    def sign_out(self) -> None:
        """Put everything typed away as drafts and show the door."""
        self.shell.show_door(OpeningPage(PRODUCT))
        self._end_day()
        if self.door is not None:
            self.tasks.run(self.door.sign_out, lambda _: None, owner=self)
            self.tasks.run(self._where, self._on_opened, owner=self)

    def end_session(self, sentence: str) -> None:
        """The centre lets this person not go on: keep what they typed, show the door, and say why there."""
        self._why = f"{sentence}。录入的内容已存为草稿"
        self.sign_out()

    def close(self) -> None:
        """Save what is typed, stop the sync, close the file; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._wait_for_store()
        self.tasks.close()
        if self.machine is not None:
            self.machine.close()
        self.shell.close()
        let_go()

    def _wait_for_store(self) -> None:
        """Let what was asked of the store before be done: the last drafts are among it."""
        reached = threading.Event()
        self.tasks.run(reached.set, lambda _: None)
        reached.wait(CLOSE_SECONDS_MAX)

    def _open_machine(self) -> str | None:
        """Open what is not open yet; answers where the window stands, None when it is not enrolled."""
        from gjj_desktop.counter.opening import open_machine

        if self.machine is None:
            self.machine = open_machine(self.folder, self.service)
            self.machine.engine.listen(self.heard.emit)
        if not self.machine.enrolled:
            return None
        if self.window is None:
            self.window = self.machine.window()
            self.door = self.machine.door(self.window)
        return self._where()

    def _where(self) -> str:
        """Where the window stands; the first sync may have told more since."""
        assert self.window is not None
        with self.window.reading() as connection:
            place = self.window.place(connection)
        return f"{place.outlet_name} · {place.window_name}"

    def _on_opened(self, place: str | None) -> None:
        if place is None:
            page = EnrolPage(_Enrolment(self), self.tasks, PRODUCT)
            page.enrolled.connect(self.open)
            self.shell.show_door(page)
        else:
            self._show_sign_in(place)

    def _on_trouble(self, wrong: BaseException) -> None:
        if not isinstance(wrong, OperatingError):
            log_unexpected(wrong)
        message = message_of(wrong)
        page = TroublePage(PRODUCT, message)
        page.again.connect(self.open)
        self.shell.show_door(page)
        self.in_trouble.emit(message)

    def _show_sign_in(self, place: str) -> None:
        assert self.door is not None
        page = SignInPage(self.door, self.tasks, PRODUCT, place)
        page.signed_in.connect(self._on_signed_in)
        self.shell.show_door(page)
        if self._why:
            self.messages.said.emit(Message(self._why))
            self._why = ""
        self.at_the_door.emit()

    def _end_day(self) -> None:
        if self.day is not None:
            self.day.end()
            self.day = None

    def _on_signed_in(self, _: object) -> None:
        from ui.work import WorkDay, begin

        assert self.machine is not None
        assert self.window is not None
        assert self.door is not None
        machine, window, door = self.machine, self.window, self.door

        def show(facts: "Facts") -> None:
            self.day = WorkDay(facts, machine, window, door, self.shell, self.tasks, self)
            self.day.over.connect(self.end_session)
            self.at_work.emit()

        self.tasks.run(partial(begin, window), show, self.messages.show, owner=self)

    def _on_heard(self, state: "SyncState", changes: "Changes") -> None:
        if self.day is not None:
            self.day.hear(state, changes)


class _Enrolment:
    """What the enrolment page asks of an opened machine."""

    def __init__(self, app: App) -> None:
        self._app = app

    def enrol(self, ticket: str, said: Callable[[str], None]) -> str:
        """Enrol; the centre's administrator then lets the window work."""
        assert self._app.machine is not None
        self._app.machine.enrol(ticket)
        return "已登记。请通知中心管理员核准本窗口，然后首次登录。"


def open_app(folder: Path, service: str = SERVICE) -> App:
    """A window program on its own folder and keyring service; several may live in one process.

    The QApplication must be there already. The machine opens in the background: `at_the_door`, `in_trouble` and
    `at_work` say how far it is.
    """
    app = App(folder, service)
    app.open()
    return app


def main() -> int:
    """Open the window on this machine's own folder; answers the exit code."""
    existing = QCoreApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    application.setApplicationName(PRODUCT)
    app = open_app(data_folder())
    app.messages.take_unexpected()
    code = application.exec()
    app.close()
    return code
