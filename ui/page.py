"""What a page is to the shell: a widget that brings its actions as rows and hears what changed."""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget


class Place(Enum):
    """Where the shell draws an action: a key at the bottom left, a button or the main button at the right.

    What a page draws itself is only listened for.
    """

    PAGE = "page"
    KEY = "key"
    BUTTON = "button"
    MAIN = "main"


class Action(NamedTuple):
    """One thing that can be done on a page; `key` is what the shell listens for and shows."""

    name: str
    label: str
    key: str
    call: Callable[[], None]
    place: Place = Place.KEY


def in_order_of_keys(actions: Iterable[Action]) -> tuple[Action, ...]:
    """The actions as their keys lie on the keyboard: F1 to F12, those with Ctrl behind, Esc last.

    >>> rows = [Action("", "", key, list) for key in ("Esc", "Ctrl+F10", "F10", "F4")]
    >>> [action.key for action in in_order_of_keys(rows)]
    ['F4', 'F10', 'Ctrl+F10', 'Esc']
    """

    def place(action: Action) -> tuple[bool, int, str]:
        digits = "".join(each for each in action.key if each.isdigit())
        return action.key == "Esc", int(digits or 99), "" if action.key.startswith("F") else action.key

    return tuple(sorted(actions, key=place))


class Page(QWidget):
    """A page of the shell. `stale` means: something changed while it was out of sight."""

    actions_changed = Signal()
    noted = Signal(str)
    going_on = Signal()
    """Typing is done; the next Enter is meant for the main action."""
    said = Signal(object)
    """A `Message`: what went well, or what did not."""
    wants_page = Signal(object)
    """Show this other page (a `Page`) above this one."""
    done = Signal()
    """Nothing more to do here; go back to where we came from."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "page")
        self.stale = False

    def action_rows(self) -> tuple[Action, ...]:
        """The page's actions as they are now; the shell asks again after `actions_changed`."""
        return ()

    def note(self) -> str:
        """The small words beside the main action."""
        return ""

    def opened(self) -> None:
        """The page has just come into sight: put the keyboard where work begins."""

    def refresh(self) -> None:
        """Load anew what the page shows, keeping what was typed and chosen."""

    def flush(self) -> None:
        """Keep what was typed, now: the screen is being covered or left."""

    def concerned_by(self, changes: frozenset[str]) -> bool:
        """Whether these changed row types matter here."""
        return True

    def on_changed(self, changes: frozenset[str]) -> None:
        """Refresh now when in sight, else as soon as the page comes into sight again."""
        if not self.concerned_by(changes):
            return
        self.stale = not self.isVisible()
        if not self.stale:
            self.refresh()

    def come_into_sight(self) -> None:
        """What the shell calls as it shows the page."""
        if self.stale:
            self.stale = False
            self.refresh()
        self.opened()


class PageRow(NamedTuple):
    """One entry of the navigation. `waiting` says how many things wait for this person (None: it never does)."""

    name: str
    title: str
    group: str
    factory: Callable[[QWidget], Page]
    key: str = ""
    waiting: Callable[[], int] | None = None
