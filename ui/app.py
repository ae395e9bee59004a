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
from ui.leaving import LeavePage
from ui.messages import Message, Messages, log_unexpected, message_of
from ui.shell import PRODUCT, Shell
from ui.sign_in import SignInPage
from ui.tasks import Tasks
from ui.trouble import OpeningPage, TroublePage

if TYPE_CHECKING:
    from gjj_desktop.counter.door import SignInDesk
    from gjj_desktop.counter.opening import Opened
    from gjj_desktop.counter.window import Window
    from gjj_desktop.counter.wiping import Away
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
    damaged = Signal()
    """Something was found wrong with the file, from the thread that looks through it."""

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
        self._why: Message | None = None
        self.shell.closing.connect(self.close)
        self.shell.other_person.connect(self.sign_out)
        self.heard.connect(self._on_heard, Qt.ConnectionType.QueuedConnection)
        self.damaged.connect(self._on_damaged, Qt.ConnectionType.QueuedConnection)

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
        self._why = Message(f"{sentence}。录入的内容已存为草稿")
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

    def _open_machine(self) -> "str | Away | None":
        """Open what is not open yet; answers where the window stands, how far it has come with leaving its outlet,
        or None when it is not enrolled."""
        self.open_empty_machine()
        assert self.machine is not None
        if not self.machine.enrolled:
            return None
        if (away := self.machine.leaving) is not None:
            self.machine.go_on_leaving()
            return away
        if self.window is None:
            self.window = self.machine.window()
            self.door = self.machine.door(self.window)
        return self._where()

    def open_empty_machine(self) -> None:
        """Open keyring and store, unless they are; whether it is a window is not looked at."""
        from gjj_desktop.counter.opening import open_machine

        if self.machine is None:
            self.machine = open_machine(self.folder, self.service)
            self.machine.engine.listen(self.heard.emit)
            self.machine.on_damage = self.damaged.emit
            saved = self.machine.salvaged()
            if saved is not None:
                self._why = Message(saved.sentence, saved.what_to_do, tone="waiting")

    def _where(self) -> "str | Away":
        """Where the window stands, or how far it has come with leaving; the first sync may have told more since."""
        assert self.window is not None
        assert self.machine is not None
        if (away := self.machine.leaving) is not None:
            return away
        with self.window.reading() as connection:
            place = self.window.place(connection)
        return f"{place.outlet_name} · {place.window_name}"

    def _on_opened(self, place: "str | Away | None") -> None:
        if place is None:
            page = EnrolPage(_Enrolment(self), self.tasks, PRODUCT)
            page.enrolled.connect(self.open)
            self.shell.show_door(page)
            self._say_why()
        elif isinstance(place, str):
            self._show_sign_in(place)
        else:
            self._show_leaving()

    def _show_leaving(self) -> None:
        """Nobody signs in at a machine that leaves its outlet."""
        page = LeavePage(_Leave(self), self.tasks, PRODUCT)
        page.wiped.connect(self._begin_anew)
        page.stays.connect(self._stay)
        self.heard.connect(page.refresh, Qt.ConnectionType.QueuedConnection)
        self.shell.show_door(page)

    def _begin_anew(self) -> None:
        """The machine has forgotten everything: open it as one that nobody has worked at."""
        self.machine = self.window = self.door = None
        self.open()

    def _stay(self) -> None:
        """The machine is at work again."""
        self._why = Message("本机回到办理，原因在“同步”的迁移里")
        self.open()

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
        self._say_why()
        self.at_the_door.emit()

    def _say_why(self) -> None:
        if self._why is not None:
            self.messages.said.emit(self._why)
            self._why = None

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
            self.day.left.connect(self.sign_out)
            self.at_work.emit()

        self.tasks.run(partial(begin, window), show, self.messages.show, owner=self)

    def _on_heard(self, state: "SyncState", changes: "Changes") -> None:
        if self.day is not None:
            self.day.hear(state, changes)

    def _on_damaged(self) -> None:
        """Something is wrong with the file: said at once, and the gauge shows that no more work is taken in."""
        from gjj_desktop.counter.limits import MEND

        self.messages.said.emit(Message("本机数据文件有损坏，暂不能办理业务。", MEND, tone="wrong"))
        if self.day is not None:
            self.day.tell(frozenset())


class _Leave:
    """What the page of a machine that leaves asks of it."""

    def __init__(self, app: App) -> None:
        assert app.machine is not None
        self._machine = app.machine
        self._device = ""
        """Typed again when a wiping goes on, while nothing can be read any more."""

    def state(self) -> tuple[bool, str] | None:
        self._device = self._machine.device
        away = self._machine.leaving
        if away is None:
            return None
        if not away.confirmed:
            reason = self._machine.engine.state().reason
            waiting = "已向中心说明本机全部办完，正等中心核对。核对期间不能登录；不迁了，请中心管理员收回。"
            return False, f"{waiting}\n{reason}".strip()
        return True, (
            f"中心已签名确认收齐。请清除本机数据：数据文件、密钥和登录口令都会销毁，不能恢复。\n"
            f"清除后到{away.outlet_name}，用窗口 {away.new_device} 的登记票登记本机。"
        )

    def device(self) -> str:
        return self._device

    def nudge(self) -> None:
        self._machine.engine.nudge(now=True)

    def wipe(self) -> None:
        self._machine.wipe()


class _Enrolment:
    """What the enrolment page asks of an opened machine."""

    def __init__(self, app: App) -> None:
        self._app = app

    def enrol(self, ticket: str, said: Callable[[str], None]) -> str:
        """Enrol; the centre's administrator then lets the window work."""
        self._machine().enrol(ticket)
        return "已登记。请通知中心管理员核准本窗口，然后首次登录。"

    def is_take_over(self, ticket: str) -> bool:
        from gjj_desktop.counter.taking_over import is_take_over

        return is_take_over(ticket)

    def take_over(self, ticket: str, disk: str, said: Callable[[str], None]) -> str:
        """Take the window over, which closes the machine; it is opened again as that window, or for another try."""
        machine = self._machine()
        try:
            machine.take_over(ticket, Path(disk))
        finally:
            if machine.is_closed:
                self._app.machine = None
        return "已接管。各人用原来的密码登录；没有上送的业务联网后自动上送。"

    def _machine(self) -> "Opened":
        self._app.open_empty_machine()
        assert self._app.machine is not None
        return self._app.machine


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
