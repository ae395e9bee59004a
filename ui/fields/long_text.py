"""The control for a few sentences."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from ui.fields.control import is_plain_enter, leaves
from ui.theme import theme

_HEIGHT = 72


class LongTextControl(QPlainTextEdit):
    """Some lines of text: Enter goes on, Shift+Enter begins a new line."""

    edited = Signal()
    left = Signal()
    went_on = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self._setting = False
        self.textChanged.connect(self._on_changed)
        theme().changed.connect(self._fit)
        self._fit()

    def raw(self) -> str:
        """What was typed."""
        return self.toPlainText()

    def set_raw(self, raw: str) -> None:
        """Show `raw` without saying that it was edited."""
        self._setting = True
        self.setPlainText(raw)
        self._setting = False

    def hint(self) -> str:
        """Nothing to say."""
        return ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_plain_enter(event):
            self.went_on.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if leaves(event):
            self.left.emit()

    def _on_changed(self) -> None:
        if not self._setting:
            self.edited.emit()

    def _fit(self) -> None:
        self.setFixedHeight(theme().px(_HEIGHT))
