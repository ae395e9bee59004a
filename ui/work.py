"""The working day of one signed-in person: their pages, the state of the line, and who hears of which change."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, Signal

from gjj_desktop.cases.workflow import ROLE_LABELS
from gjj_desktop.clock import CHINA
from gjj_desktop.counter.door import SignedIn, SignInDesk
from gjj_desktop.counter.home import home
from gjj_desktop.counter.limits import Gauge, gauges
from gjj_desktop.counter.opening import Opened
from gjj_desktop.counter.search import NOTICE_HIT, Hit, find_anything
from gjj_desktop.counter.window import Window
from gjj_desktop.sync.pull import Changes
from gjj_desktop.sync.state import SyncKind, SyncState, short_words
from ui.pages.notices import reopen
from ui.pages.office import Office
from ui.pages.rows import page_rows
from ui.pages.search import SearchPage
from ui.pages.sync import STATE_TONES, SYNC, SyncPage
from ui.shell import PRODUCT, Desk, Person, Shell
from ui.tasks import Latest, Tasks

"""Stands beside the row types in what changed: how the window stands with the centre."""
AUTHORITY = frozenset({"Clerk", "ClerkKey", "Grant"})
"""Row types by which the centre says who may do what."""
HANDED_IN = frozenset({SYNC, "Case", "Draft", "Paper", "Task"})
GAUGE_PAUSE_MS = 200
GAUGES_SHOWN = 2


class Facts(NamedTuple):
    """What the shell is opened with."""

    place: str
    name: str
    roles: tuple[str, ...]
    idle_minutes: int


def begin(window: Window) -> Facts:
    """Who signed in, where; called on the store's queue."""
    session = window.signed_in()
    with window.reading() as connection:
        place = window.place(connection)
        row = window.policy(connection).on("security", window.business_date(connection))
    return Facts(
        f"{place.outlet_name} · {place.window_name}", session.name, session.roles, int(row["idle_lock_minutes"])
    )


class WorkDay(QObject):
    """From signing in to signing out. Changes that come while locked are passed on after the unlock."""

    _saved = Signal()
    over = Signal(str)
    """The person may not go on, and why; what is typed is to be kept before they are signed out."""
    left = Signal()
    """This machine has said that it leaves its outlet."""

    def __init__(
        self,
        facts: Facts,
        machine: Opened,
        window: Window,
        door: SignInDesk,
        shell: Shell,
        tasks: Tasks,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.machine, self.window, self.door, self.shell, self.tasks = machine, window, door, shell, tasks
        self.office = Office(machine, window, tasks, self)
        self._ended = False
        self._state: SyncState | None = None
        self._missed: frozenset[str] = frozenset()
        self._gauges = Latest(tasks, GAUGE_PAUSE_MS, self)
        window.nudge = self._on_nudged
        self._saved.connect(partial(self.tell, HANDED_IN), Qt.ConnectionType.QueuedConnection)
        self.office.changed.connect(self.tell)
        self.office.left.connect(self.left)
        roles = "、".join(ROLE_LABELS.get(role, role) for role in facts.roles)
        self.work = shell.open_work(
            Desk(
                product=PRODUCT,
                place=facts.place,
                person=Person(facts.name, roles),
                pages=page_rows(self.office, facts.roles, self._count),
                search=self._search,
                unlock=self._unlock,
                idle_minutes=facts.idle_minutes,
            )
        )
        self.office.open_page = self.work.open_page
        self.office.pages = lambda: self.work.pages
        self.work.found.connect(self._on_found)
        shell.locked.connect(self._on_locked)
        shell.unlocked.connect(self._on_unlocked)
        tasks.run(machine.engine.state, partial(self.hear, changes=Changes()), owner=self)

    def end(self) -> None:
        """The person has signed out: nothing is heard or told any more."""
        self._ended = True
        self.window.nudge = self.machine.engine.nudge
        self.deleteLater()

    def hear(self, state: SyncState, changes: Changes) -> None:
        """The sync says how the window stands and what came; pages that it touches refresh."""
        if self._ended:
            return
        self.office.line_is_down = state.kind is SyncKind.OFFLINE or bool(state.reason)
        if self._state is None or _sign(state) != _sign(self._state) or changes:
            self.tell(changes.row_types | {SYNC})
        self._state = state
        self.shell.show_line(line_words(state), STATE_TONES[state.kind])
        for page in self.work.pages:
            if isinstance(page, SyncPage):
                page.heard(state)

    def tell(self, changes: frozenset[str]) -> None:
        """Pass on what changed; while locked it waits."""
        if self._ended:
            return
        if self.shell.is_locked:
            self._missed |= changes
            return
        self.work.changed(changes)
        if AUTHORITY & changes:
            self._look_who_may()
        self._gauges.ask(self._load_gauges, self._show_gauges)

    def _look_who_may(self) -> None:
        """The centre has changed something about people: who is signed in may have to leave."""
        self.tasks.run(self.door.over, self._on_over, owner=self)

    def _on_over(self, sentence: str) -> None:
        if sentence and not self._ended and not self.shell.is_locked:
            self.over.emit(sentence)

    def _on_nudged(self) -> None:
        """Something was saved, on the store's queue."""
        self.machine.engine.nudge()
        self._saved.emit()

    def _unlock(self, password: str) -> SignedIn:
        return self.door.unlock(password)

    def _on_locked(self) -> None:
        """The drafts are saved before the key is put away: both on the store's queue, in this order."""
        self.tasks.run(self.door.lock, lambda _: None, owner=self)

    def _on_unlocked(self) -> None:
        missed, self._missed = self._missed, frozenset()
        self.tell(missed)

    def _search(self, text: str) -> Sequence[Hit]:
        with self.window.reading() as connection:
            return find_anything(connection, text)

    def _on_found(self, hit: Hit) -> None:
        if hit.row_type == NOTICE_HIT:
            reopen(self.office, self.work.page, hit.value)
            return
        page = self.work.open_page("search")
        if isinstance(page, SearchPage):
            page.show_hit(hit)

    def _count(self, page: str) -> int:
        if self.window.session is None or self.window.session.locked:
            return 0
        return self.machine.engine.state().pending if page == "sync" else len(home(self.window).to_correct)

    def _load_gauges(self) -> tuple[Gauge, ...]:
        with self.window.reading() as connection:
            return gauges(self.window, connection)

    def _show_gauges(self, found: tuple[Gauge, ...]) -> None:
        tight = [gauge for gauge in found if gauge.tone.value != "good"]
        shown = tight[:GAUGES_SHOWN] or found[:GAUGES_SHOWN]
        worst = "wrong" if any(gauge.tone.value == "wrong" for gauge in tight) else "waiting" if tight else "good"
        self.shell.show_gauge(" · ".join(f"{gauge.name} {gauge.left}" for gauge in shown), worst)


def _sign(state: SyncState) -> tuple[object, ...]:
    return (state.kind, state.pending, state.tasks, state.pages, state.reason)


def line_words(state: SyncState) -> str:
    """What the chip at the top right says: the state, and when the line last stood.

    >>> from datetime import UTC, datetime
    >>> line_words(SyncState(kind=SyncKind.SYNCED, last_success=datetime(2026, 11, 22, 2, 44, 51, tzinfo=UTC)))
    '已同步 · 10:44'
    """
    words = short_words(state)
    if state.kind in (SyncKind.SYNCED, SyncKind.OFFLINE) and state.last_success is not None:
        return f"{words} · {state.last_success.astimezone(CHINA):%H:%M}"
    return words
