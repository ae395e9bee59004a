"""The control for ticking off materials."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QStyle, QStyleOptionButton, QWidget

from ui.fields.control import is_plain_enter, leaves
from ui.models import Option
from ui.theme import set_mark, spaced, theme
from ui.widgets import ElidedLabel, text_label

ONE_UNDER_THE_OTHER_UP_TO = 3
COLUMNS_MAX, COLUMN_WIDTH = 2, 300
_NONE = "选好提取原因等内容后，这里列出要收的材料"


class TickBox(QCheckBox):
    """A check box whose tick is drawn in the theme's ink; Enter goes on, space ticks.

    A `replaced` one is there without a tick of the clerk's, and takes none.
    """

    left = Signal()
    went_on = Signal()

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(text, parent)
        self.replaced = False

    def set_replaced(self, replaced: bool) -> None:
        """Be there by shared data, or wait for a tick again."""
        self.replaced = replaced
        self.setEnabled(not replaced)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_plain_enter(event):
            self.went_on.emit()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if leaves(event):
            self.left.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not (self.isChecked() or self.replaced):
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = theme().colour("good_text" if self.replaced else "ink")
        painter.setPen(QPen(ink, max(2.0, box.width() / 7), c=Qt.PenCapStyle.RoundCap))
        left, top, size = box.left(), box.top(), box.width()
        points = ((0.24, 0.52), (0.43, 0.72), (0.78, 0.28))
        painter.drawPolyline(QPolygonF([QPointF(left + x * size, top + y * size) for x, y in points]))


class MaterialsControl(QWidget):
    """A check list; raw is the codes ticked in the list's order, joined by commas.

    What shared data replace needs no tick and takes none; it counts as there.
    """

    edited = Signal()
    left = Signal()
    went_on = Signal()
    wanted = Signal(str)
    """The pages of the material with this code are to be scanned or looked at."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._ticked: list[str] = []
        self._offered: tuple[tuple[str, str], ...] = ()
        self._replaced: frozenset[str] = frozenset()
        self._settled = False
        self.boxes: dict[str, TickBox] = {}
        self._details: dict[str, ElidedLabel] = {}
        self._columns = 0
        self._grid = spaced(QGridLayout(self), gap=16, gap_down=2)
        self._note = text_label(_NONE, "small", self)
        self._grid.addWidget(self._note, 0, 0, 1, 2)

    def raw(self) -> str:
        """The codes ticked; only those of the list that is offered, unless another one is on its way."""
        return ",".join(code for code in self._ticked if not self._settled or code in self.boxes)

    def set_raw(self, raw: str) -> None:
        """Tick these codes; one that is not offered now is kept for when it is."""
        self._ticked = [code for code in raw.split(",") if code]
        for code, box in self.boxes.items():
            box.blockSignals(True)
            box.setChecked(code in self._ticked)
            box.blockSignals(False)

    def hint(self) -> str:
        """How many of how many are there."""
        if not self.boxes:
            return ""
        there = sum(box.isChecked() or box.replaced for box in self.boxes.values())
        return f"{len(self.boxes)} 项中已齐 {there} 项"

    @property
    def current(self) -> str:
        """The code of the material with the keyboard, else of the first that is not there, else of the first."""
        codes = [code for code, box in self.boxes.items() if box.hasFocus()]
        codes += [code for code, box in self.boxes.items() if not (box.isChecked() or box.replaced)]
        return next(iter([*codes, *self.boxes]), "")

    def want(self) -> None:
        """Ask for the pages of the current material."""
        if self.current:
            self.wanted.emit(self.current)

    def offer(self, materials: Sequence[Option], replaced: Collection[str] = ()) -> None:
        """Ask for these materials but those that shared data replace; what was ticked before stays ticked."""
        self._list(tuple((each.value, each.label) for each in materials))
        self._settled = bool(materials)
        self._replaced = frozenset(replaced)
        held = next((code for code, box in self.boxes.items() if box.hasFocus() and code in self._replaced), None)
        for code, box in self.boxes.items():
            if code != held:
                box.set_replaced(code in self._replaced)
        if held is not None:  # a box that takes no tick any more would drop the keyboard anywhere
            self._go_on_from(held)
            self.boxes[held].set_replaced(True)
        for each in materials:
            box, detail = self.boxes[each.value], self._details[each.value]
            box.setAccessibleDescription(each.detail)
            detail.setText(each.detail)
            set_mark(detail, "tone", "good" if each.value in self._replaced else "")
        if self.boxes:
            self._take_keyboard_first()

    def unsettle(self) -> None:
        """Another list is on its way: until it is here, nothing that was ticked is left out."""
        self._settled = False

    def _list(self, offered: tuple[tuple[str, str], ...]) -> None:
        if offered == self._offered:
            return
        focused = next((code for code, box in self.boxes.items() if box.hasFocus()), None)
        self._offered = offered
        self._rebuild()
        if focused is not None and self.boxes:
            (self.boxes.get(focused) or next(iter(self.boxes.values()))).setFocus()

    def _rebuild(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and widget is not self._note:
                widget.hide()
                widget.deleteLater()
        self.boxes, self._details, self._columns = {}, {}, 0
        self._note.setVisible(not self._offered)
        if not self._offered:
            self._grid.addWidget(self._note, 0, 0, 1, 2)
        for code, label in self._offered:
            self._add(code, label)
        self._fit()

    def _take_keyboard_first(self) -> None:
        """The keyboard comes in at the first box that takes a tick."""
        boxes = list(self.boxes.values())
        self.setFocusProxy(next((box for box in boxes if box.isEnabled()), boxes[0]))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """One under the other; many stand in as many columns as there is room for."""
        many = len(self.boxes) > ONE_UNDER_THE_OTHER_UP_TO
        columns = max(1, min(COLUMNS_MAX, self.width() // theme().px(COLUMN_WIDTH))) if many else 1
        if columns == self._columns and self._grid.count() > 1:
            return
        self._columns = columns
        for place, code in enumerate(self.boxes):
            row, column = divmod(place, columns)
            self._grid.addWidget(self.boxes[code], row, 2 * column)
            self._grid.addWidget(self._details[code], row, 2 * column + 1)
        for column in range(COLUMNS_MAX):
            self._grid.setColumnStretch(2 * column + 1, 1 if column < columns else 0)

    def _add(self, code: str, label: str) -> None:
        box = TickBox(label, self)
        box.setChecked(code in self._ticked)
        box.toggled.connect(self._on_toggled)
        box.left.connect(self._on_box_left)
        box.went_on.connect(lambda: self._go_on_from(code))
        self.boxes[code] = box
        self._details[code] = ElidedLabel("", "small", self)

    def _on_toggled(self) -> None:
        others = [code for code in self._ticked if code not in self.boxes]
        self._ticked = [*others, *(code for code, box in self.boxes.items() if box.isChecked())]
        self.edited.emit()

    def _on_box_left(self) -> None:
        if not any(box.hasFocus() for box in self.boxes.values()):
            self.left.emit()

    def _go_on_from(self, code: str) -> None:
        codes = list(self.boxes)
        following = next((each for each in codes[codes.index(code) + 1 :] if self.boxes[each].isEnabled()), None)
        if following is not None:
            self.boxes[following].setFocus()
        else:
            self.went_on.emit()
