"""The one list of the program: filter line, rows of equal height, and under them how many and how much."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gjj_desktop.domain.money import format_yuan
from ui.bottom_bar import shortcut
from ui.fields.control import is_plain_enter
from ui.tasks import Latest, Tasks
from ui.theme import spaced, theme
from ui.widgets import ElidedLabel, text_label

Index = QModelIndex | QPersistentModelIndex
FILTER_PAUSE_MS = 60
_ROW = Qt.ItemDataRole.UserRole


def _no_tone(row: Any) -> str:
    return ""


class Column(NamedTuple):
    """One column: its title, its text of a row, its width in token px (0 takes what is left) and how it stands there.

    `tone` colours the text, or the chip where `chip` is set; the word is always there too.
    """

    title: str
    text: Callable[[Any], str]
    width: int = 0
    right: bool = False
    chip: bool = False
    tone: Callable[[Any], str] = _no_tone


class Filtered(NamedTuple):
    """Which rows hold the words typed, and their sum."""

    places: list[int]
    sum_fen: int


def filtered(
    rows: Sequence[Any], columns: Sequence[Column], text: str, fen: Callable[[Any], int | None] | None
) -> Filtered:
    """The rows in which every word of `text` stands in some column, in their order."""
    words = text.lower().split()
    places = []
    for place, row in enumerate(rows):
        if words:
            haystack = " ".join(column.text(row) for column in columns).lower()
            plain = haystack.replace(",", "").replace(" ", "")
            if not all(word in haystack or word in plain for word in words):
                continue
        places.append(place)
    return Filtered(places, sum(fen(rows[place]) or 0 for place in places) if fen else 0)


class _Rows(QAbstractTableModel):
    """The rows that are shown now; nothing is copied, a cell is asked for when it is painted."""

    def __init__(self, columns: Sequence[Column], parent: QWidget) -> None:
        super().__init__(parent)
        self._columns = columns
        self._rows: Sequence[Any] = ()
        self._places: Sequence[int] = ()

    def show_rows(self, rows: Sequence[Any], places: Sequence[int]) -> None:
        """Show these of the rows from now on."""
        self.beginResetModel()
        self._rows, self._places = rows, places
        self.endResetModel()

    def row_at(self, place: int) -> Any:
        """The row shown at this place."""
        return self._rows[self._places[place]]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's own default
        return 0 if parent.isValid() else len(self._places)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's own default
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, _ROW):
            return None
        row = self.row_at(index.row())
        return row if role == _ROW else self._columns[index.column()].text(row)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Vertical:
            return None
        column = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_side(column) | Qt.AlignmentFlag.AlignVCenter)
        return None


def _side(column: Column) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft


class _CellPainter(QStyledItemDelegate):
    """Paints one cell: text or chip on the row's ground."""

    def __init__(self, columns: Sequence[Column], parent: QWidget) -> None:
        super().__init__(parent)
        self._columns = columns

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        column, look = self._columns[index.column()], theme()
        rect: QRect = option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setClipRect(rect)
        if chosen:
            painter.fillRect(rect, look.colour("chosen"))
        text, tone = str(index.data() or ""), column.tone(index.data(_ROW))
        inner = rect.adjusted(look.px(8), 0, -look.px(8), 0)
        if column.chip and text:
            self._paint_chip(painter, inner, text, tone)
        else:
            colour = "chosen_text" if chosen else f"{tone}_text" if tone else "ink"
            painter.setFont(look.font("text"))
            painter.setPen(look.colour(colour))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(inner, int(_side(column) | Qt.AlignmentFlag.AlignVCenter), shown)
        painter.restore()

    def _paint_chip(self, painter: QPainter, inner: QRect, text: str, tone: str) -> None:
        look = theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(look.font("small"))
        width = min(inner.width(), painter.fontMetrics().horizontalAdvance(text) + look.px(20))
        height = look.px(22)
        chip = QRect(inner.left(), inner.center().y() - height // 2 + 1, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour(f"{tone}_ground" if tone else "sunken"))
        painter.drawRoundedRect(chip, height / 2, height / 2)
        painter.setPen(look.colour(f"{tone}_text" if tone else "second_ink"))
        painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), text)


class _View(QTableView):
    """The rows themselves: Enter does the main thing, letters go to the filter line."""

    entered_row = Signal()

    def __init__(self, filter_line: QLineEdit, parent: QWidget) -> None:
        super().__init__(parent)
        self._filter_line = filter_line

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_plain_enter(event):
            self.entered_row.emit()
        elif event.text().strip() and event.text().isprintable():
            self._filter_line.setFocus()
            self._filter_line.insert(event.text())
            self._filter_line.textEdited.emit(self._filter_line.text())
        else:
            super().keyPressEvent(event)


class _FilterLine(QLineEdit):
    """Takes the keyboard at once; up, down and Enter are meant for the rows."""

    stepped = Signal(QKeyEvent)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
        if is_plain_enter(event) or event.key() in keys:
            self.stepped.emit(event)
        else:
            super().keyPressEvent(event)


class Table(QWidget):
    """Shows any rows. `chosen` brings the row of Enter or a double click, `moved` the row that is now the current.

    `key` names a row, so that the same one stays current when the rows are loaded anew; `fen` is summed below.
    `unit` counts the rows.
    `filter_apart` leaves it to the page to put `filter_line` beside something else. With `search` the rows are what
    it answers to the words typed, instead of a choice among those that were set.
    """

    chosen = Signal(object)
    moved = Signal(object)

    def __init__(
        self,
        columns: Sequence[Column],
        tasks: Tasks,
        parent: QWidget,
        *,
        key: Callable[[Any], str],
        empty: str,
        fen: Callable[[Any], int | None] | None = None,
        filter_words: str = "筛选",
        filter_apart: bool = False,
        unit: str = "笔",
        search: Callable[[str], Sequence[Any]] | None = None,
    ) -> None:
        super().__init__(parent)
        self._columns, self._key, self._fen, self._empty, self._unit = columns, key, fen, empty, unit
        self._search = search
        self._rows: Sequence[Any] = ()
        self._current_key = ""
        self._latest = Latest(tasks, FILTER_PAUSE_MS, self)
        self.filter_line = _FilterLine(self)
        self.filter_line.setPlaceholderText(f"{filter_words}　Ctrl+F")
        self.filter_line.setAccessibleName(filter_words)
        self.filter_line.setProperty("look", "filter" if filter_apart else "search")
        self.view = _View(self.filter_line, self)
        self.model = _Rows(columns, self)
        self.nothing = text_label(empty, "small", self, wraps=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.foot = ElidedLabel("", "small", self)
        self._set_up_view()
        self._lay_out(filter_apart)
        self.filter_line.textEdited.connect(lambda: self._filter())
        self.filter_line.stepped.connect(self._step)
        self.view.entered_row.connect(self._choose)
        self.view.doubleClicked.connect(self._choose)
        shortcut("Ctrl+F", self.filter_line.setFocus, self)
        theme().changed.connect(self._fit)
        self._fit()

    @property
    def current(self) -> Any | None:
        """The current row, None where there is none."""
        index = self.view.currentIndex()
        return self.model.row_at(index.row()) if index.isValid() else None

    @property
    def rows(self) -> Sequence[Any]:
        """All rows, also those that the filter hides."""
        return self._rows

    def key_of(self, row: Any) -> str:
        """What names this row."""
        return self._key(row)

    def set_rows(self, rows: Sequence[Any]) -> None:
        """Show these rows, filtered as before."""
        self._rows = rows
        self._filter(at_once=True)

    def set_empty(self, sentence: str) -> None:
        """What is said from now on while there are no rows."""
        self._empty = sentence

    def show_columns(self, shown: Sequence[bool]) -> None:
        """Show these of the columns; the filter finds in all."""
        for place, visible in enumerate(shown):
            self.view.setColumnHidden(place, not visible)

    def take_keyboard(self) -> None:
        """What is typed now goes to the filter line."""
        self.filter_line.setFocus()

    def step(self, by: int) -> None:
        """Make the row so many places further on (back, when negative) the current one, if there is such a row."""
        place = self.view.currentIndex().row() + by
        if 0 <= place < self.model.rowCount():
            self.view.selectRow(place)

    def move_to(self, key: str) -> None:
        """Make the row with this key the current one as soon as it is shown."""
        self._current_key = key

    def _filter(self, *, at_once: bool = False) -> None:
        if self._search is not None:
            self._latest.ask(partial(self._search, self.filter_line.text()), self._show_found, at_once=at_once)
            return
        rows = self._rows
        work = partial(filtered, rows, self._columns, self.filter_line.text(), self._fen)
        self._latest.ask(work, partial(self._show, rows), at_once=at_once)

    def _show_found(self, rows: Sequence[Any]) -> None:
        self._rows = rows
        self._show(rows, filtered(rows, self._columns, "", self._fen))

    def _show(self, rows: Sequence[Any], found: Filtered) -> None:
        before = max(0, self.view.currentIndex().row())
        self.model.show_rows(rows, found.places)
        keys = [place for place, index in enumerate(found.places) if self._key(rows[index]) == self._current_key]
        if found.places:
            self.view.selectRow(keys[0] if keys else min(before, len(found.places) - 1))
        else:
            self.moved.emit(None)
        self._say(rows, found)

    def _say(self, rows: Sequence[Any], found: Filtered) -> None:
        count = (
            f"{len(found.places):,} {self._unit}"
            if len(found.places) == len(rows)
            else f"{len(rows):,} {self._unit}中的 {len(found.places):,} {self._unit}"
        )
        self.foot.setText(f"{count}　合计 {format_yuan(found.sum_fen)} 元" if self._fen else count)
        self.nothing.setText("没有符合的，请换个写法或清空筛选" if rows else self._empty)
        self.nothing.setVisible(not found.places)
        self.view.setVisible(bool(found.places))
        self.foot.setVisible(bool(rows))

    def _step(self, event: QKeyEvent) -> None:
        self.view.keyPressEvent(event)

    def _choose(self) -> None:
        if self.current is not None:
            self.chosen.emit(self.current)

    def _on_current(self, now: QModelIndex) -> None:
        if now.isValid():
            row = self.model.row_at(now.row())
            self._current_key = self._key(row)
            self.moved.emit(row)

    def _set_up_view(self) -> None:
        view = self.view
        view.setModel(self.model)
        view.setItemDelegate(_CellPainter(self._columns, view))
        view.setShowGrid(False)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setTabKeyNavigation(False)
        view.setWordWrap(False)
        view.verticalHeader().hide()
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = view.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        for place, column in enumerate(self._columns):
            head.setSectionResizeMode(
                place, QHeaderView.ResizeMode.Fixed if column.width else QHeaderView.ResizeMode.Stretch
            )
        view.selectionModel().currentRowChanged.connect(self._on_current)

    def _lay_out(self, filter_apart: bool) -> None:
        column = spaced(QVBoxLayout(self), gap=8)
        if not filter_apart:
            column.addWidget(self.filter_line)
        column.addWidget(self.view, 1)
        column.addWidget(self.nothing, 1)
        foot = spaced(QHBoxLayout(), (8, 0, 8, 0))
        foot.addWidget(self.foot)
        column.addLayout(foot)
        self.nothing.hide()

    def _fit(self) -> None:
        look = theme()
        self.view.verticalHeader().setDefaultSectionSize(look.px(look.tokens.size["row"]))
        for place, column in enumerate(self._columns):
            if column.width:
                self.view.setColumnWidth(place, look.px(column.width))
