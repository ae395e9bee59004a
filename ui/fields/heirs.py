"""The control for heirs: a row of small fields for each, added and removed by the keyboard, with the sum of shares."""

from collections.abc import Callable
from functools import partial
from typing import cast

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from gjj_desktop.cases.heirs import HEIRS_MAX, LABELS, PARTS, lines_of, part_problem, shares_typed
from gjj_desktop.clock import CHINA, utc_now
from ui.fields.framed import Framed
from ui.fields.line import GroupedControl, LineControl
from ui.theme import set_mark, spaced, theme
from ui.widgets import button, text_label

_WIDTHS = {"name": 3, "identity_no": 5, "relation": 2, "share": 2, "bank_card": 6, "bank": 6}
_NARROW_WIDTHS = {"name": 5, "identity_no": 7, "relation": 6, "share": 6, "bank_card": 12, "bank": 12}
_WIDE_FROM = 560
_CONTROLS: dict[str, Callable[[QWidget], LineControl]] = {
    "identity_no": lambda parent: GroupedControl(parent, (6, 4, 4, 4)),
    "bank_card": lambda parent: GroupedControl(parent, (4,)),
}


class _HeirRow(QWidget):
    """One heir: a head with the place and the way to remove it, and a small field for each part."""

    edited = Signal()
    finished = Signal()
    added = Signal()
    removed = Signal()
    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        column = spaced(QVBoxLayout(self), gap=2)
        head = spaced(QHBoxLayout(), gap=12)
        self.title = text_label("", "strong", self)
        self.remove = button("移除 Ctrl+Del", self, "link")
        self.remove.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.remove.clicked.connect(self.removed)
        head.addWidget(self.title, 1)
        head.addWidget(self.remove)
        column.addLayout(head)
        self._grid = spaced(QGridLayout(), gap=12, gap_down=0)
        for place in range(12):
            self._grid.setColumnStretch(place, 1)
        column.addLayout(self._grid)
        self.parts = {part: self._part(part) for part in PARTS}
        self._wide: bool | None = None
        self._lay_out(wide=False)

    def _part(self, part: str) -> Framed:
        made = Framed(LABELS[part], _CONTROLS.get(part, LineControl)(self), "", self)
        made.note.hide()
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        made.edited.connect(partial(self._on_edited, part))
        made.left.connect(partial(self._on_left, part))
        made.went_on.connect(partial(self._go_on_from, part))
        made.control.installEventFilter(self)
        return made

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Insert and Ctrl+Delete are the row's, also where a line of text has a use of its own for them."""
        if event.type() is not QEvent.Type.KeyPress:
            return False
        pressed = cast("QKeyEvent", event)
        if pressed.key() == Qt.Key.Key_Insert:
            self.added.emit()
        elif pressed.key() == Qt.Key.Key_Delete and pressed.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.removed.emit()
        else:
            return False
        return True

    def texts(self) -> list[str]:
        """What was typed, part by part, without what would end a part."""
        return [" ".join(self.parts[part].raw().split()) for part in PARTS]

    def set_texts(self, texts: list[str]) -> None:
        """Show these texts, part by part."""
        for part, text in zip(PARTS, texts, strict=True):
            self.parts[part].set_raw(text)
            self.say(part, "")

    def say(self, part: str, sentence: str) -> None:
        """Put a sentence under a part, or take it away with its line."""
        self.parts[part].set_finding(sentence)
        self.parts[part].note.setVisible(bool(sentence))

    def say_all(self) -> None:
        """Say what is wrong with every part, also with those left empty."""
        for part, text in zip(PARTS, self.texts(), strict=True):
            self.say(part, _problem(part, text))

    def take_keyboard(self, part: str = PARTS[0]) -> None:
        """Put the keyboard into a part with its text selected."""
        control = self.parts[part].control
        control.setFocus(Qt.FocusReason.OtherFocusReason)
        if isinstance(control, QLineEdit):
            control.selectAll()

    def holds_keyboard(self) -> bool:
        """Whether the keyboard is in one of the parts."""
        return any(part.control.hasFocus() for part in self.parts.values())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out(wide=self.width() >= theme().px(_WIDE_FROM))

    def _lay_out(self, *, wide: bool) -> None:
        """Put the parts into their columns; every row comes to it by the same way, so that columns stand in line."""
        if wide == self._wide:
            return
        self._wide = wide
        row = column = 0
        for part, width in (_WIDTHS if wide else _NARROW_WIDTHS).items():
            if column + width > 12:
                row, column = row + 1, 0
            self._grid.addWidget(self.parts[part], row, column, 1, width)
            column += width

    def _on_edited(self, part: str) -> None:
        self.say(part, "")
        self.edited.emit()

    def _on_left(self, part: str) -> None:
        text = self.texts()[PARTS.index(part)]
        self.say(part, _problem(part, text) if text else "")
        self.left.emit()

    def _go_on_from(self, part: str) -> None:
        passed_by = part == PARTS[0] and not any(self.texts())
        following = PARTS[PARTS.index(part) + 1 :]
        if following and not passed_by:
            self.take_keyboard(following[0])
        else:
            self.finished.emit()


def _problem(part: str, text: str) -> str:
    return part_problem(part, text, utc_now().astimezone(CHINA).date())


class HeirsControl(QWidget):
    """Heirs, one under the other: Enter goes on, Insert adds one, Ctrl+Delete removes the one with the keyboard.

    Raw is a line for each heir, its parts between tabs. After the last part of the last heir Enter goes on when the
    shares make one whole, else it begins the next heir; in the first part of an empty row it goes on.
    """

    edited = Signal()
    left = Signal()
    went_on = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        column = spaced(QVBoxLayout(self), gap=8)
        self._rows_room = spaced(QVBoxLayout(), gap=8)
        column.addLayout(self._rows_room)
        foot = spaced(QHBoxLayout(), gap=12)
        self.add_button = button("添加继承人  Ins", self, "small")
        self.add_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.add_button.clicked.connect(self.add)
        self.sum = text_label("", "small", self)
        foot.addWidget(self.add_button)
        foot.addWidget(self.sum, 1)
        column.addLayout(foot)
        self.rows: list[_HeirRow] = []
        self._show([])

    def raw(self) -> str:
        """The heirs as lines; rows in which nothing was typed are left out."""
        return "\n".join("\t".join(texts).rstrip("\t") for texts in (row.texts() for row in self.rows) if any(texts))

    def set_raw(self, raw: str) -> None:
        """Show these heirs, or one empty row."""
        if raw != self.raw():
            self._show(lines_of(raw))

    def hint(self) -> str:
        """Nothing to say: the sum stands beside the button."""
        return ""

    def add(self) -> None:
        """Begin another heir and put the keyboard into its name."""
        if len(self.rows) < HEIRS_MAX:
            self._add_row().take_keyboard()
            self._tell()

    def remove(self, row: _HeirRow) -> None:
        """Take an heir away; the last one is only emptied."""
        place = self.rows.index(row)
        if len(self.rows) == 1:
            row.set_texts([""] * len(PARTS))
            row.take_keyboard()
        else:
            held = row.holds_keyboard()
            self.rows.remove(row)
            self._rows_room.removeWidget(row)
            row.hide()
            row.deleteLater()
            if held:
                self.rows[min(place, len(self.rows) - 1)].take_keyboard()
        self._tell()
        self.edited.emit()

    def say_all(self) -> None:
        """Say at every part what is wrong with it."""
        for row in self.rows:
            if any(row.texts()) or len(self.rows) == 1:
                row.say_all()

    def _show(self, lines: list[list[str]]) -> None:
        for row in self.rows:
            self._rows_room.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        for line in lines or [[""] * len(PARTS)]:
            self._add_row().set_texts(line)
        self._tell()

    def _add_row(self) -> _HeirRow:
        row = _HeirRow(self)
        row.edited.connect(self._on_edited)
        row.left.connect(self._on_left)
        row.added.connect(self.add)
        row.removed.connect(partial(self.remove, row))
        row.finished.connect(partial(self._go_on_from, row))
        self.rows.append(row)
        self._rows_room.addWidget(row)
        return row

    def _go_on_from(self, row: _HeirRow) -> None:
        following = self.rows[self.rows.index(row) + 1 :]
        if following:
            following[0].take_keyboard()
        elif shares_typed(self.raw()) < 1 and any(row.texts()):
            self.add()
        else:
            self.went_on.emit()

    def _on_edited(self) -> None:
        self._tell()
        self.edited.emit()

    def _on_left(self) -> None:
        if not any(row.holds_keyboard() for row in self.rows):
            self.left.emit()

    def _tell(self) -> None:
        """The places of the heirs, the sum of their shares, and where the keyboard comes in."""
        for place, row in enumerate(self.rows, 1):
            row.title.setText(f"第 {place} 位")
        total = shares_typed(self.raw())
        words = {0: f"份额合计 {total}，正好分完", 1: f"份额合计 {total}，超出 {total - 1}"}
        self.sum.setText(words.get((total > 1) - (total < 1), f"份额合计 {total}，还差 {1 - total}"))
        set_mark(self.sum, "tone", "good" if total == 1 else "wrong" if total > 1 else "")
        self.add_button.setEnabled(len(self.rows) < HEIRS_MAX)
        self.setFocusProxy(self.rows[0].parts[PARTS[0]].control)
