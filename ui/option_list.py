"""What a person may ask for and what not, as a list that the keyboard chooses from."""

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from gjj_desktop.cases.kind import Option
from gjj_desktop.domain.money import format_yuan
from ui.fields.control import is_plain_enter
from ui.theme import theme

_OPTION, _NUMBER = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_DIGITS_TOGETHER_MS = 1_200
_MARGIN, _NUMBER_WIDTH, _LINE, _SMALL_LINE, _AIR = 10, 24, 24, 18, 5


class _OptionPainter(QStyledItemDelegate):
    """An option: its number and name, what it gives or when, and under that the sentence why."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        lines = len(self._sentence_lines(index, self._room()))
        return QSize(0, theme().px(_LINE) + lines * theme().px(_SMALL_LINE) + theme().px(_AIR))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row: Option = index.data(_OPTION)
        view = self.parent()
        assert isinstance(view, OptionList)
        current = view.currentIndex() == index and view.hasFocus()
        rect, unit = option.rect, theme().px
        if current:
            painter.fillRect(rect, theme().colour("chosen"))
        ink = "chosen_text" if current else "ink" if row.possible else "second_ink"
        small = "chosen_text" if current else "faint"
        inner = rect.adjusted(unit(_MARGIN), unit(_AIR) // 2, -unit(_MARGIN), 0)
        head = QRect(inner.left(), inner.top(), inner.width(), unit(_LINE))
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(theme().font("small"))
        painter.setPen(theme().colour(small))
        painter.drawText(head, middle, str(index.data(_NUMBER)))
        head.setLeft(head.left() + unit(_NUMBER_WIDTH))
        painter.setFont(theme().font("text", semibold=row.possible))
        gives = gives_words(row)
        width = QFontMetrics(painter.font()).horizontalAdvance(gives)
        painter.setPen(theme().colour(ink))
        painter.drawText(head, middle | int(Qt.AlignmentFlag.AlignRight), gives)
        label = head.adjusted(0, 0, -width - unit(8), 0)
        words = QFontMetrics(painter.font()).elidedText(row.label, Qt.TextElideMode.ElideRight, label.width())
        painter.drawText(label, middle, words)
        painter.setFont(theme().font("small"))
        painter.setPen(theme().colour(small))
        top = head.bottom()
        for line in self._sentence_lines(index, label.width() + width + unit(8)):
            painter.drawText(QRect(head.left(), top, inner.right() - head.left(), unit(_SMALL_LINE)), middle, line)
            top += unit(_SMALL_LINE)
        if current:
            painter.setPen(QPen(theme().colour("action"), 2))
            painter.drawLine(rect.topLeft(), rect.bottomLeft())

    def _room(self) -> int:
        view = self.parent()
        assert isinstance(view, OptionList)
        return view.viewport().width() - theme().px(2 * _MARGIN + _NUMBER_WIDTH)

    def _sentence_lines(self, index: QModelIndex | QPersistentModelIndex, room: int) -> list[str]:
        """The sentence broken to the room there is; Chinese may break anywhere but before a sign."""
        row: Option = index.data(_OPTION)
        metrics = QFontMetrics(theme().font("small"))
        lines, line = [], ""
        for character in row.sentence:
            if line and character not in "，。；、）：" and metrics.horizontalAdvance(line + character) > room:
                lines.append(line)
                line = ""
            line += character
        return [*lines, line] if line else lines


def gives_words(option: Option) -> str:
    """What stands at the right of an option: the amount, the day from which on it is possible, or that it is not.

    >>> gives_words(Option(value="rent", label="租房", possible=True, sentence="", amount_fen=900_000))
    '9,000.00'
    >>> gives_words(Option(value="rent", label="租房", possible=False, sentence="上次提取未满 1 个月"))
    '暂不能'
    """
    if option.possible:
        return "可办" if option.amount_fen is None else format_yuan(option.amount_fen)
    return f"{option.next_possible} 起" if option.next_possible is not None else "暂不能"


class OptionList(QListWidget):
    """Up and down go through the options, a number goes to the one with it, Enter picks, Esc leaves."""

    picked = Signal(str)
    given_up = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("look", "options")
        self.setItemDelegate(_OptionPainter(self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("可以办理的事项")
        self._options: tuple[Option, ...] = ()
        self._typed = ""
        self._typing = QTimer(self, singleShot=True, interval=_DIGITS_TOGETHER_MS)
        self._typing.timeout.connect(self._begin_anew)
        self.itemClicked.connect(lambda item: self.picked.emit(item.data(_OPTION).value))
        theme().changed.connect(self.doItemsLayout)

    @property
    def options(self) -> tuple[Option, ...]:
        """What is listed, possible or not, in the order of the list."""
        return self._options

    @property
    def current(self) -> Option | None:
        """The option that Enter picks."""
        item = self.currentItem()
        found: Option | None = None if item is None else item.data(_OPTION)
        return found

    def set_options(self, options: Sequence[Option]) -> None:
        """List these: what is possible first, each with its number among all; the current one stays."""
        if tuple(options) == self._options:
            return
        before = self.current
        self._options = tuple(options)
        numbered = sorted(enumerate(options, 1), key=lambda each: not each[1].possible)
        self.clear()
        for number, option in numbered:
            item = QListWidgetItem(self)
            item.setData(_OPTION, option)
            item.setData(_NUMBER, number)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{option.label} {gives_words(option)} {option.sentence}")
        place = next((place for place, each in enumerate(numbered) if before and each[1].value == before.value), 0)
        self.setCurrentRow(place if options else -1)

    def event(self, event: QEvent) -> bool:
        """Esc leaves the list, and is no shortcut of the page."""
        asks = isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride
        if asks and cast("QKeyEvent", event).key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_plain_enter(event):
            if self.current is not None:
                self.picked.emit(self.current.value)
        elif event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        elif event.text().isdecimal():
            self._go_to(event.text())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._begin_anew()
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), theme().px(320))

    def _go_to(self, digit: str) -> None:
        """The option whose number was typed, digits in quick succession taken together."""
        for typed in (self._typed + digit, digit):
            for place in range(self.count()):
                if str(self.item(place).data(_NUMBER)) == typed:
                    self._typed = typed
                    self._typing.start()
                    self.setCurrentRow(place)
                    return

    def _begin_anew(self) -> None:
        self._typed = ""
        self._typing.stop()
