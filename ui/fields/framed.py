"""A control with its label above and one line under it, kept for its hint or its error so that nothing jumps."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from ui.fields.control import Control
from ui.theme import set_mark, spaced, theme
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
        column.addWidget(control)
        column.addWidget(self.note)
        column.addStretch(1)
        control.setAccessibleName(label)
        control.setAccessibleDescription(help_text)
        self.label.setBuddy(control)
        self._in_full: QLabel | None = None
        self.setFocusProxy(control)
        control.installEventFilter(self)
        control.edited.connect(self._on_edited)
        control.left.connect(self.left)
        control.went_on.connect(self.went_on)

    def rename(self, label: str, help_text: str) -> None:
        """Another label, and other help under the control."""
        self.label.setText(label)
        self._help = help_text
        self.control.setAccessibleName(label)
        self.control.setAccessibleDescription(self.finding or help_text)
        self.say()

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
        self._tell_in_full()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut, QEvent.Type.Hide):
            self._tell_in_full()
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell_in_full()

    def _tell_in_full(self) -> None:
        """A finding longer than its field is wide stands over what is beneath while the field has the keyboard."""
        room = self._ground()
        if room is None or not (self.finding and self.note.gives_way and self.control.hasFocus()):
            if self._in_full is not None:
                self._in_full.hide()
            return
        if self._in_full is None:
            self._in_full = text_label("", "note_in_full", room)
            self._in_full.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._in_full.setParent(room)
        self._in_full.setText(self.finding)
        self._in_full.adjustSize()
        at = self.note.mapTo(room, QPoint(0, 0))
        right = max(0, min(at.x(), room.width() - self._in_full.width() - theme().px(4)))
        self._in_full.move(right, at.y())
        self._in_full.show()
        self._in_full.raise_()

    def _ground(self) -> QWidget | None:
        """What scrolls or stays together with the field, and is wide enough for a sentence."""
        found = self.parentWidget()
        while found is not None and found.property("look") == "card":
            found = found.parentWidget()
        return found

    def _on_edited(self) -> None:
        self.say()
        self.edited.emit()
