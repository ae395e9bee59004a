"""A line that searches while it is typed into, with its hits in a list right under it."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ui.fields.control import is_plain_enter
from ui.fields.line import LineControl
from ui.models import Option
from ui.tasks import Latest, Tasks
from ui.theme import theme

Search = Callable[[str], Sequence[Option]]
PAUSE_MS = 120
SHOWN_MAX = 8
_VALUE, _LABEL, _DETAIL = (Qt.ItemDataRole.UserRole + step for step in range(3))
_NO_HIT = "没有找到，请换个写法"


class _HitPainter(QStyledItemDelegate):
    """A hit: what it is at the left, the small print at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, theme().px(34))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        rect = option.rect
        if chosen:
            painter.fillRect(rect, theme().colour("chosen"))
        inner = rect.adjusted(theme().px(12), 0, -theme().px(12), 0)
        for size, colour, role, side in (
            ("text", "ink", _LABEL, Qt.AlignmentFlag.AlignLeft),
            ("small", "faint", _DETAIL, Qt.AlignmentFlag.AlignRight),
        ):
            painter.setFont(theme().font(size))
            painter.setPen(theme().colour("chosen_text" if chosen else colour))
            painter.drawText(inner, int(side | Qt.AlignmentFlag.AlignVCenter), str(index.data(role) or ""))


class SearchLine(LineControl):
    """Searches while typing. Up and down choose a hit, Enter takes it, Esc closes the list.

    The list never takes the keyboard, so an input method goes on composing undisturbed.
    """

    picked = Signal(object)

    def __init__(self, parent: QWidget, tasks: Tasks, search: Search) -> None:
        super().__init__(parent)
        self._search = search
        self._latest = Latest(tasks, PAUSE_MS, self)
        self._hits: Sequence[Option] = ()
        self.list = QListWidget(parent)
        self.list.hide()
        self.list.setProperty("look", "hits")
        self.list.setItemDelegate(_HitPainter(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(lambda item: self._take(self.list.row(item)))
        self.destroyed.connect(self.list.deleteLater)
        self.textEdited.connect(self._ask)

    def event(self, event: QEvent) -> bool:
        """While the list is open Esc closes it, and is no shortcut of the page."""
        asks = isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride
        if not (asks and self.list.isVisible() and cast("QKeyEvent", event).key() == Qt.Key.Key_Escape):
            return super().event(event)
        event.accept()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.list.isVisible():
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            self.list.setCurrentRow(max(0, min(len(self._hits) - 1, self.list.currentRow() + step)))
        elif is_plain_enter(event) and 0 <= self.list.currentRow() < len(self._hits):
            self._take(self.list.currentRow())
        elif event.key() == Qt.Key.Key_Escape:
            self.close_list()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.close_list()
        super().focusOutEvent(event)

    def close_list(self) -> None:
        """Close the list and drop a search that is on its way."""
        self._latest.forget()
        self.list.hide()

    def _ask(self, text: str) -> None:
        if text.strip():
            self._latest.ask(partial(self._search, text.strip()), self._show)
        else:
            self.close_list()

    def _show(self, hits: Sequence[Option]) -> None:
        if not self.hasFocus():
            return
        self._hits = hits
        self.list.clear()
        for hit in hits:
            item = QListWidgetItem(hit.label, self.list)
            item.setData(_LABEL, hit.label)
            item.setData(_DETAIL, hit.detail)
        if not hits:
            item = QListWidgetItem(_NO_HIT, self.list)
            item.setData(_LABEL, _NO_HIT)
            item.setFlags(Qt.ItemFlag.NoItemFlags)
        self._place(max(1, len(hits)))
        self.list.setCurrentRow(0 if hits else -1)

    def _place(self, rows: int) -> None:
        window = self.window()
        self.list.setParent(window)
        self.list.move(self.mapTo(window, QPoint(0, self.height() + 2)))
        self.list.setFixedSize(
            max(self.width(), theme().px(360)), theme().px(34) * min(rows, SHOWN_MAX) + theme().px(10)
        )
        self.list.show()
        self.list.raise_()

    def _take(self, row: int) -> None:
        hit = self._hits[row]
        self.close_list()
        self.picked.emit(hit)


class PickerControl(SearchLine):
    """Chooses a person or an employer; raw is the account number picked, or what was typed while none is."""

    def __init__(self, parent: QWidget, tasks: Tasks, search: Search) -> None:
        super().__init__(parent, tasks, search)
        self._names = Latest(tasks, 0, self)
        self._value: str | None = None
        self._detail = ""
        self.picked.connect(self._on_picked)

    def raw(self) -> str:
        return self.text() if self._value is None else self._value

    def set_raw(self, raw: str) -> None:
        """Show `raw`, and its name as soon as the search knows one."""
        self._value, self._detail = None, ""
        super().set_raw(raw)
        if raw:
            self._names.ask(partial(self._search, raw), partial(self._name, raw), at_once=True)
        else:
            self._names.forget()

    def hint(self) -> str:
        return self._detail

    def _name(self, raw: str, hits: Sequence[Option]) -> None:
        hit = next((each for each in hits if each.value == raw), None)
        if hit is not None and self.raw() == raw:
            self._wear(hit)

    def _wear(self, hit: Option) -> None:
        self._value, self._detail = hit.value, hit.detail
        self.setText(hit.label)
        self.setCursorPosition(0)

    def _on_picked(self, hit: Option) -> None:
        self._wear(hit)
        self.edited.emit()
        self.went_on.emit()

    def _on_edited(self) -> None:
        self._value, self._detail = None, ""
        super()._on_edited()
