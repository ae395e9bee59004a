"""What every control of a field can do, and the keys they share."""

from typing import ClassVar, Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent


class Control(Protocol):
    """What is typed into. Raw text goes in and comes out; `hint` is what the control itself can say of it."""

    edited: ClassVar[Signal]
    left: ClassVar[Signal]
    went_on: ClassVar[Signal]

    def raw(self) -> str: ...
    def set_raw(self, raw: str) -> None: ...
    def hint(self) -> str: ...


def is_plain_enter(event: QKeyEvent) -> bool:
    """Whether this is Enter or Return alone, the key that goes on."""
    plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def leaves(event: QFocusEvent) -> bool:
    """Whether losing the focus means that the clerk left the field, not that its own list opened."""
    return event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.MenuBarFocusReason)
