"""One-line controls: plain text, text grouped as on the paper, and text that is shown tidied once it is left."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from gjj_desktop.domain.half_width import in_groups
from ui.fields.control import is_plain_enter, leaves

Words = Callable[[str], str]


def _nothing(raw: str) -> str:
    return ""


class LineControl(QLineEdit):
    """A line of text, kept exactly as typed."""

    edited = Signal()
    left = Signal()
    went_on = Signal()

    def __init__(self, parent: QWidget, hint: Words = _nothing) -> None:
        super().__init__(parent)
        self._hint = hint
        self.composing = False
        self.textEdited.connect(self._on_edited)

    def raw(self) -> str:
        """What was typed."""
        return self.text()

    def set_raw(self, raw: str) -> None:
        """Show `raw` as if it had been typed, without saying that it was edited."""
        self.setText(raw)
        self.setCursorPosition(0)

    def hint(self) -> str:
        """What can be said of the text without asking anybody."""
        return self._hint(self.raw())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_plain_enter(event):
            self.went_on.emit()
        else:
            super().keyPressEvent(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self.composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.composing = False
        super().focusOutEvent(event)
        if leaves(event):
            self.left.emit()

    def _on_edited(self) -> None:
        self.edited.emit()


class GroupedControl(LineControl):
    """A number shown in groups; the spaces are the program's, everything else is as typed."""

    def __init__(self, parent: QWidget, sizes: tuple[int, ...]) -> None:
        super().__init__(parent)
        self._sizes = sizes

    def raw(self) -> str:
        return self.text().replace(" ", "")

    def set_raw(self, raw: str) -> None:
        super().set_raw(self._grouped(raw))

    def _grouped(self, text: str) -> str:
        return in_groups(text.replace(" ", ""), self._sizes)

    def _on_edited(self) -> None:
        if not self.composing:
            self._group()
        super()._on_edited()

    def _group(self) -> None:
        grouped = self._grouped(self.text())
        if grouped == self.text():
            return
        before_cursor = len(self.text()[: self.cursorPosition()].replace(" ", ""))
        self.setText(grouped)
        self.setCursorPosition(_place_behind(grouped, before_cursor))


def _place_behind(grouped: str, characters: int) -> int:
    """Where in `grouped` that many characters that are no spaces lie to the left."""
    place = 0
    while characters and place < len(grouped):
        characters -= grouped[place] != " "
        place += 1
    return place


class TidiedControl(LineControl):
    """Text that is shown tidied (9,000.00 for 9000) while it is not being typed; raw stays as typed."""

    def __init__(self, parent: QWidget, tidy: Words, hint: Words = _nothing, *, figures: bool = False) -> None:
        super().__init__(parent, hint)
        self._tidy = tidy
        self._raw = ""
        if figures:
            self.setAlignment(Qt.AlignmentFlag.AlignRight)

    def raw(self) -> str:
        return self._raw

    def set_raw(self, raw: str) -> None:
        self._raw = raw
        super().set_raw(raw if self.hasFocus() else self._tidy(raw))

    def focusInEvent(self, event: QFocusEvent) -> None:
        if self.text() != self._raw:
            self.setText(self._raw)
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if leaves(event):
            self.setText(self._tidy(self._raw))
            self.setCursorPosition(0)

    def _on_edited(self) -> None:
        self._raw = self.text()
        super()._on_edited()
