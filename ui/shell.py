"""The main window: navigation, search, state of the line, the page in sight and its actions, and the lock over all."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget
from shiboken6 import isValid

from gjj_desktop.clock import steady_seconds
from ui.banner import Banner
from ui.bottom_bar import BottomBar, shortcut
from ui.fields.picker import SearchLine
from ui.messages import Message, Messages
from ui.models import Option, SignedIn
from ui.navigation import Navigation
from ui.page import Page, PageRow
from ui.sign_in import LockPage
from ui.tasks import Tasks
from ui.theme import spaced, theme
from ui.widgets import chip, set_chip

PRODUCT = "公积金窗口"
SEARCH_WORDS = "姓名、拼音首字母、证件号、账号、受理号"
NAVIGATION_WIDTH = 184
SEARCH_WIDTH = 430
WATCH_MS = 2000
_INPUT = {
    QEvent.Type.KeyPress,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseMove,
    QEvent.Type.Wheel,
    QEvent.Type.InputMethod,
    QEvent.Type.TouchBegin,
}


class Person(NamedTuple):
    """Who works here now, as the window says it."""

    name: str
    role: str


class Desk(NamedTuple):
    """What the work window is opened with: who, where, their pages (the first is home), the search, the way back in."""

    product: str
    place: str
    person: Person
    pages: Sequence[PageRow]
    search: Callable[[str], Sequence[Option]]
    unlock: Callable[[str], SignedIn]
    idle_minutes: int


class Work(QWidget):
    """Everything a signed-in person sees. It is hidden as a whole while locked, and loses nothing."""

    found = Signal(object)

    def __init__(self, desk: Desk, tasks: Tasks, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("look", "ground")
        self._rows = {row.name: row for row in desk.pages}
        self._tasks = tasks
        self._pages: dict[str, Page] = {}
        self._above: list[Page] = []
        self._current = ""
        person = "　".join(part for part in desk.person if part)
        self.navigation = Navigation(desk.product, desk.place, desk.pages, person, self)
        self._find = desk.search
        self.search = SearchLine(self, tasks, desk.search)
        self.line_state = chip("", "", self)
        self.gauge = chip("", "", self)
        self.stack = QStackedWidget(self)
        self.banner = Banner(self)
        self.bottom = BottomBar(self)
        self._lay_out()
        self._connect()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the pages that this person has."""
        return tuple(self._rows)

    @property
    def page(self) -> Page:
        """The page in sight."""
        page = self.stack.currentWidget()
        assert isinstance(page, Page)
        return page

    @property
    def pages(self) -> tuple[Page, ...]:
        """Every page that is open, in sight or not."""
        return (*self._pages.values(), *self._above)

    def open_page(self, name: str) -> Page:
        """Bring a page of the navigation into sight, made when it is first asked for."""
        self._close_above()
        if name not in self._pages:
            self._pages[name] = self._adopt(self._rows[name].factory(self.stack))
        self._current = name
        self.navigation.show_chosen(name)
        self._bring(self._pages[name])
        return self._pages[name]

    def show_above(self, page: Page) -> None:
        """Bring another page into sight, above the one there is; `done` takes it away again."""
        self._above.append(self._adopt(page))
        self._bring(page)

    def say(self, message: Message) -> None:
        """Say what went well beside the main action, anything else in the banner; either takes the other's place."""
        if message.tone == "good":
            self.banner.hide()
            self.bottom.tell(f"{message.what}{message.what_to_do}")
        else:
            self.bottom.forget()
            self.banner.say(message)

    def changed(self, changes: frozenset[str]) -> None:
        """Pass on what a command or a pull touched: pages in sight refresh, the others when they come into sight."""
        for page in (*self._pages.values(), *self._above):
            page.on_changed(changes)
        self.count_waiting()

    def count_waiting(self) -> None:
        """Count anew what waits for this person."""
        counted = {name: row.waiting for name, row in self._rows.items() if row.waiting is not None}
        self._tasks.run(partial(_counts, counted), self.navigation.show_waiting, owner=self)

    def flush(self) -> None:
        """Keep everything typed on any page."""
        for page in (*self._pages.values(), *self._above):
            page.flush()

    def _adopt(self, page: Page) -> Page:
        self.stack.addWidget(page)
        page.wants_page.connect(self.show_above)
        page.said.connect(self.say)
        page.done.connect(lambda: self._on_done(page))
        return page

    def _bring(self, page: Page) -> None:
        if (
            self.stack.count()
            and isinstance(self.stack.currentWidget(), Page)
            and self.stack.currentWidget() is not page
        ):
            self.page.flush()
        self.stack.setCurrentWidget(page)
        self.bottom.show_page(page)
        if self.isVisibleTo(self.window()):  # under the lock no page takes the keyboard
            page.come_into_sight()

    def _on_done(self, page: Page) -> None:
        if page in self._above:
            self._above.remove(page)
            self._bring(self._above[-1] if self._above else self._pages[self._current])
            self._drop(page)
        elif self._pages.get(self._current) is page:
            self.open_page(next(iter(self._rows)))

    def _close_above(self) -> None:
        for page in self._above:
            page.flush()
            self._drop(page)
        self._above = []

    def _drop(self, page: Page) -> None:
        self.stack.removeWidget(page)
        page.deleteLater()

    def _step(self, step: int) -> None:
        names = list(self._rows)
        self.open_page(names[(names.index(self._current) + step) % len(names)])

    def _connect(self) -> None:
        self.navigation.chosen.connect(self.open_page)
        self.search.picked.connect(self._on_found)
        self.search.went_on.connect(self._scanned)
        shortcut("Ctrl+K", self._to_search, self)
        shortcut("Ctrl+PgDown", lambda: self._step(+1), self)
        shortcut("Ctrl+PgUp", lambda: self._step(-1), self)
        for row in self._rows.values():
            if row.key:
                shortcut(row.key, partial(self.open_page, row.name), self)

    def _scanned(self) -> None:
        """Enter came before the hits, as a scanner's does: what is found is opened when there is just one."""
        text = self.search.text().strip()
        self.search.close_list()
        if text:
            self._tasks.run(
                partial(self._find, text), lambda hits: self._on_found(hits[0]) if len(hits) == 1 else None, owner=self
            )

    def _to_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    def _on_found(self, hit: Option) -> None:
        self.search.clear()
        self.found.emit(hit)

    def _lay_out(self) -> None:
        self.search.setProperty("look", "search")
        self.search.setPlaceholderText(f"{SEARCH_WORDS}　　Ctrl+K")
        self.search.setAccessibleName("查找")
        top = QWidget(self)
        top.setProperty("look", "top")
        top.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = spaced(QHBoxLayout(top), (20, 7, 20, 8), 12)
        row.addWidget(self.search, 1)
        row.addStretch(0)
        row.addWidget(self.line_state)
        row.addWidget(self.gauge)
        right = spaced(QVBoxLayout())
        for widget, stretch in ((top, 0), (self.stack, 1), (self.banner, 0), (self.bottom, 0)):
            right.addWidget(widget, stretch)
        whole = spaced(QHBoxLayout(self))
        whole.addWidget(self.navigation)
        whole.addLayout(right, 1)
        theme().changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        self.navigation.setFixedWidth(theme().px(NAVIGATION_WIDTH))
        self.search.setMaximumWidth(theme().px(SEARCH_WIDTH))


class Shell(QMainWindow):
    """The window itself: shows the door (sign-in, enrolment), the work, or the lock over the work."""

    locked = Signal()
    unlocked = Signal()
    other_person = Signal()
    """Somebody else wants to sign in; everything typed is saved as drafts by then."""
    closing = Signal()

    def __init__(self, tasks: Tasks, messages: Messages, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme()
        self.setWindowTitle(PRODUCT)
        self.setProperty("look", "ground")
        self._tasks = tasks
        self._stack = QStackedWidget(self)
        self._stack.setMinimumSize(1, 1)
        self.banner = Banner(self)
        whole = QWidget(self)
        column = spaced(QVBoxLayout(whole))
        column.addWidget(self._stack, 1)
        column.addWidget(self.banner)
        self.setCentralWidget(whole)
        self.work: Work | None = None
        self._lock_page: LockPage | None = None
        self._focus_before: QWidget | None = None
        self._idle = QTimer(self, singleShot=True)
        self._idle.timeout.connect(self.lock)
        self._input_at = steady_seconds()
        self._watch = QTimer(self, interval=WATCH_MS)
        self._watch.timeout.connect(self._lock_after_sleep)
        self._watch.start()
        tasks.failed.connect(messages.show)
        messages.said.connect(self._say)
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)
        look = theme()
        for key, call in (
            ("Ctrl++", look.larger),
            ("Ctrl+=", look.larger),
            ("Ctrl+-", look.smaller),
            ("Ctrl+Shift+H", lambda: look.set_high_contrast(not look.high_contrast)),
            ("Ctrl+L", self.lock),
        ):
            shortcut(key, call, self)
        self.resize(1366, 768)

    @property
    def is_locked(self) -> bool:
        """Whether the lock covers the work."""
        return self._lock_page is not None

    def show_door(self, door: QWidget) -> None:
        """Show a sign-in or enrolment page in place of everything; work that was open is let go after a flush."""
        self._idle.stop()
        self._let_go_of_work()
        self._show(door)

    def open_work(self, desk: Desk) -> Work:
        """Show the work of a person who has just signed in, home page first."""
        before = self._stack.currentWidget()
        self.work = Work(desk, self._tasks, self)
        self._unlock = desk.unlock
        self._product, self._person = desk.product, desk.person
        self._show(self.work)
        if before is not None:
            self._drop(before)
        self.work.open_page(desk.pages[0].name)
        self.work.count_waiting()
        self._idle.setInterval(desk.idle_minutes * 60_000)
        self._start_idle()
        return self.work

    def show_line(self, text: str, tone: str) -> None:
        """The state of the line in words: 已同步, 待同步 n 笔, 离线."""
        if self.work is not None:
            set_chip(self.work.line_state, text, tone)

    def show_gauge(self, text: str, tone: str) -> None:
        """How far the window can go on without the centre."""
        if self.work is not None:
            set_chip(self.work.gauge, text, tone)

    def lock(self) -> None:
        """Cover everything and keep everything; only the password of the same person uncovers it."""
        if self.work is None or self.is_locked:
            return
        self._idle.stop()
        self._close_popups()
        self._focus_before = self.focusWidget()
        self.work.flush()
        self._lock_page = LockPage(self._product, self._person.name, self._unlock, self._tasks, self)
        self._lock_page.opened_up.connect(self._on_unlocked)
        self._lock_page.other_person.connect(self.other_person)
        self._show(self._lock_page)
        self.locked.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _INPUT and self._idle.isActive():
            if self._lock_after_sleep():
                return True
            self._start_idle()
        return False

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.work is not None:
            self.work.flush()
        self.closing.emit()
        super().closeEvent(event)

    def _start_idle(self) -> None:
        self._input_at = steady_seconds()
        self._idle.start()

    def _lock_after_sleep(self) -> bool:
        """Lock when the last key is too long ago all the same: a sleeping machine runs no timers."""
        late = self._idle.isActive() and (steady_seconds() - self._input_at) * 1000 > self._idle.interval()
        if late:
            self.lock()
        return late

    def _on_unlocked(self) -> None:
        assert self.work is not None
        assert self._lock_page is not None
        lock_page, self._lock_page = self._lock_page, None
        self._show(self.work)
        self._drop(lock_page)
        if self._focus_before is not None and isValid(self._focus_before) and self._focus_before.isVisible():
            self._focus_before.setFocus()
        else:
            self.work.page.come_into_sight()
        self._start_idle()
        self.unlocked.emit()

    def _say(self, message: Message) -> None:
        """At the door and while locked the message stands under everything, else at the work's bottom bar."""
        if self.work is not None and not self.is_locked:
            self.work.say(message)
        else:
            self.banner.say(message)

    def _close_popups(self) -> None:
        while (popup := QApplication.activePopupWidget() or QApplication.activeModalWidget()) is not None:
            if not popup.close():
                return

    def _show(self, widget: QWidget) -> None:
        self.banner.hide()
        if self._stack.indexOf(widget) < 0:
            self._stack.addWidget(widget)
        self._stack.setCurrentWidget(widget)

    def _drop(self, widget: QWidget) -> None:
        self._stack.removeWidget(widget)
        widget.deleteLater()

    def _let_go_of_work(self) -> None:
        if self.work is not None:
            self.work.flush()
            self._drop(self.work)
        if self._lock_page is not None:
            self._drop(self._lock_page)
        self.work = self._lock_page = None


def _counts(counted: dict[str, Callable[[], int]]) -> dict[str, int]:
    return {name: waiting() for name, waiting in counted.items()}
