"""What a person may ask for and what not, as a list that the keyboard chooses from."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QPainter
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
_MARGIN, _NUMBER_WIDTH, _LINE, _SMALL_LINE, _AIR = 16, 24, 24, 18, 6


class _Drawn(NamedTuple):
    """How an option is laid out in the room there is: the lines of its name, the last of which says what it gives."""

    name: list[str]
    gives: str
    sentence: list[str]

    @property
    def height(self) -> int:
        """All lines and some air, px."""
        unit = theme().px
        return unit(_LINE) * len(self.name) + len(self.sentence) * unit(_SMALL_LINE) + unit(_AIR)


class _OptionPainter(QStyledItemDelegate):
    """An option: its number and name, what it gives or when, and under that the sentence why."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, self._drawn(index).height)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row: Option = index.data(_OPTION)
        current = self._list.currentIndex() == index and self._list.hasFocus()
        drawn, rect, unit = self._drawn(index), option.rect, theme().px
        if current:
            painter.fillRect(rect, theme().colour("chosen"))
            painter.fillRect(QRect(rect.left(), rect.top(), unit(4), rect.height()), theme().colour("action"))
        ink = theme().colour("chosen_text" if current else "ink" if row.possible else "second_ink")
        small = theme().colour("chosen_text" if current else "faint")
        line = QRect(rect.left() + unit(_MARGIN), rect.top() + unit(_AIR) // 2, self._room(), unit(_LINE))
        right, middle = int(Qt.AlignmentFlag.AlignRight), int(Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(theme().font("small"))
        painter.setPen(small)
        painter.drawText(line, middle, str(index.data(_NUMBER)))
        line.translate(unit(_NUMBER_WIDTH), 0)
        painter.setFont(theme().font("text", semibold=row.possible))
        painter.setPen(ink)
        for words in drawn.name:
            painter.drawText(line, middle, words)
            line.translate(0, unit(_LINE))
        painter.drawText(line.translated(0, -unit(_LINE)), middle | right, drawn.gives)
        line.setHeight(unit(_SMALL_LINE))
        painter.setFont(theme().font("small"))
        painter.setPen(small)
        for words in drawn.sentence:
            painter.drawText(line, middle, words)
            line.translate(0, unit(_SMALL_LINE))

    @property
    def _list(self) -> "OptionList":
        view = self.parent()
        assert isinstance(view, OptionList)
        return view

    def _room(self) -> int:
        """The width for words beside the number, px."""
        return self._list.viewport().width() - theme().px(2 * _MARGIN + _NUMBER_WIDTH)

    def _drawn(self, index: QModelIndex | QPersistentModelIndex) -> _Drawn:
        row: Option = index.data(_OPTION)
        gives, room = gives_words(row), self._room()
        metrics = QFontMetrics(theme().font("text", semibold=row.possible))
        name = broken(row.label, lambda text: metrics.horizontalAdvance(text) <= room) or [""]
        if metrics.horizontalAdvance(name[-1]) + theme().px(8) + metrics.horizontalAdvance(gives) > room:
            name.append("")
        small = QFontMetrics(theme().font("small"))
        return _Drawn(name, gives, broken(row.sentence, lambda text: small.horizontalAdvance(text) <= room))


def broken(text: str, fits: Callable[[str], bool]) -> list[str]:
    """`text` in lines that fit: Chinese breaks anywhere but before a sign, a figure and its unit not at all.

    >>> broken("限额 250,000 元，最多 48,206.37 元，可办", lambda line: len(line) <= 22)
    ['限额 250,000 元，最多', '48,206.37 元，可办']
    """
    lines = [""]
    for word in re.findall(r"[0-9A-Za-z][0-9A-Za-z,.%-]*(?: [元年月日岁])?[，。；、）：]?|.[，。；、）：]?", text):
        if lines[-1] and not fits(lines[-1] + word):
            lines.append("")
        lines[-1] += word
    return [line.strip() for line in lines if line.strip()]


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
