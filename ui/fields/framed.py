"""A control with its label above and one line under it, kept for its hint or its error so that nothing jumps."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.fields.control import Control
from ui.theme import set_mark, spaced
from ui.widgets import ElidedLabel, text_label


class Framed(QWidget):
    """Raw text goes in and comes out; a finding stands under the control until it is taken away."""

    edited = Signal()
    left = Signal()
    went_on = Signal()

    def __init__(self, label: str, control: Control, help_text: str, parent: QWidget) -> None:
        super().__init__(parent)
        assert isinstance(control, QWidget)
        control.setParent(self)
        self.control: QWidget = control
        self._typed: Control = control
        self._help = help_text
        self.finding = ""
        self.label = text_label(label, "label", self)
        self.note = ElidedLabel(help_text, "note", self)
        column = spaced(QVBoxLayout(self), gap=2)
        column.addWidget(self.label)
        column.addSpacing(2)
        column.addWidget(control)
        column.addWidget(self.note)
        column.addStretch(1)
        control.setAccessibleName(label)
        control.setAccessibleDescription(help_text)
        self.label.setBuddy(control)
        self.setFocusProxy(control)
        control.edited.connect(self._on_edited)
        control.left.connect(self.left)
        control.went_on.connect(self.went_on)

    def raw(self) -> str:
        """What was typed."""
        return self._typed.raw()

    def set_raw(self, raw: str) -> None:
        """Show `raw` as if it had been typed; nothing is said to have been edited."""
        self._typed.set_raw(raw)
        self.say()

    def hint(self) -> str:
        """What the control itself says of what was typed."""
        return self._typed.hint()

    def set_finding(self, sentence: str) -> None:
        """Show what is wrong, or "" when nothing is."""
        self.finding = sentence
        set_mark(self.control, "tone", "wrong" if sentence else "")
        self.control.setAccessibleDescription(sentence or self._help)
        self.say()

    def say(self) -> None:
        """Put the right words under the control: the finding, else its own hint, else the help."""
        set_mark(self.note, "tone", "wrong" if self.finding else "")
        self.note.setText(self.finding or self.hint() or self._help)

    def _on_edited(self) -> None:
        self.say()
        self.edited.emit()
