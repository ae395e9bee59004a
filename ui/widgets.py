"""The small pieces that every page is put together from."""

from collections.abc import Sequence
from html import escape

from PySide6 import QtGui
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ui.theme import set_mark, spaced, theme

BAR_WIDTH = 10
SIDE_BY_SIDE_UP_TO = 125
"""Per cent of type size up to which small things stand beside each other rather than one under the other."""


def text_label(text: str, look: str, parent: QWidget, *, wraps: bool = False, tone: str = "") -> QLabel:
    """A label that shows `text` as it is (never as markup) in one of the style sheet's looks."""
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("look", look)
    label.setProperty("tone", tone)
    label.setWordWrap(wraps)
    label.setText(text)
    return label


def as_tip(text: str) -> str:
    """`text` for a tool tip, which has no plain form: what looks like markup is shown as it was written.

    A name or a sentence may come from another window, and markup can point to files.
    """
    return f"<span>{escape(text)}</span>" if QtGui.Qt.mightBeRichText(text) else text


class ElidedLabel(QLabel):
    """A one-line label that gives way: what has no room ends in "…" and is told in full by the tool tip."""

    def __init__(self, text: str, look: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("look", look)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def setText(self, text: str) -> None:
        super().setText(text)
        self._tell()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell()

    @property
    def gives_way(self) -> bool:
        """Whether there is not room for all of the text now."""
        return self._shown() != self.text()

    def _tell(self) -> None:
        self.setToolTip(as_tip(self.text()) if self.gives_way else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawText(self.contentsRect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), self._shown())

    def _shown(self) -> str:
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.contentsRect().width())


def chip(text: str, tone: str, parent: QWidget) -> QLabel:
    """A word on a tinted ground; the word says it, the colour only repeats it."""
    label = text_label(text, "chip", parent, tone=tone)
    if not text:
        label.hide()
    label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return label


def set_chip(label: QLabel, text: str, tone: str) -> None:
    """Another word for a chip; hidden while it has none."""
    label.setText(text)
    label.setVisible(bool(text))
    set_mark(label, "tone", tone)


def key_cap(key: str, parent: QWidget) -> QLabel:
    """A key as it stands in the bottom bar."""
    return text_label(key, "key", parent)


def button(text: str, parent: QWidget, look: str = "") -> QPushButton:
    """A push button that Enter presses when it has the focus."""
    made = QPushButton(text, parent)
    made.setProperty("look", look)
    made.setAutoDefault(True)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    return made


class Card(QFrame):
    """A white card: title at the left, small print at the right, and a body that takes rows."""

    def __init__(self, title: str, parent: QWidget, side: str = "") -> None:
        super().__init__(parent)
        self.setProperty("look", "card")
        self.body = spaced(QVBoxLayout(self), (16, 12, 16, 12), 8)
        self.title = ElidedLabel(title, "card_title", self)
        self.side = ElidedLabel(side, "small", self)
        self.side.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.head = spaced(QHBoxLayout(), gap=12)
        self.head.addWidget(self.title)
        self.head.addWidget(self.side, 1)
        self.body.addLayout(self.head)


class PairRows(QWidget):
    """Rows of a label and a text: figures to the right, facts beside their label. Takes new rows without flicker.

    Facts may stand in several `columns`, filled across; `look` is that of the texts.
    """

    def __init__(self, parent: QWidget, *, figures: bool, columns: int = 1, look: str = "") -> None:
        super().__init__(parent)
        self._figures, self._columns = figures, columns
        self._look = look or ("figure" if figures else "text")
        self._rows: list[tuple[QLabel, QLabel]] = []
        self._grid = spaced(QGridLayout(self), gap=8, gap_down=2)
        for column in range(columns):
            self._grid.setColumnStretch(2 * column + (0 if figures else 1), 1)
        theme().changed.connect(self._fit)

    def set_rows(self, rows: Sequence[tuple[str, str]], hints: Sequence[str] = ()) -> None:
        """Show these pairs; `hints` are tool tips such as a line's source."""
        while len(self._rows) < len(rows):
            self._add_row()
        for place, (label, text) in enumerate(self._rows):
            shown = place < len(rows)
            label.setVisible(shown)
            text.setVisible(shown)
            if shown:
                label.setText(rows[place][0])
                text.setText(rows[place][1])
                label.setToolTip(as_tip(hints[place]) if place < len(hints) else "")
        self.setVisible(bool(rows))

    def texts(self) -> list[tuple[str, str]]:
        """The pairs that are shown."""
        return [(label.text(), text.text()) for label, text in self._rows if not label.isHidden()]

    def _add_row(self) -> None:
        label = text_label("", "small", self, wraps=self._figures)
        text = text_label("", self._look, self, wraps=not self._figures)
        if self._figures:
            text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        else:
            label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        row, column = divmod(len(self._rows), self._columns)
        self._grid.addWidget(label, row, 2 * column)
        self._grid.addWidget(text, row, 2 * column + 1)
        self._rows.append((label, text))
        self._fit()

    def _fit(self) -> None:
        """Lower the small labels so that they stand on the same line as the larger texts."""
        drop = theme().px({"large": 40, "small": 0}.get(self._look, 30)) // 10
        for place, (label, _) in enumerate(() if self._figures else self._rows):
            label.setContentsMargins(0 if place % self._columns == 0 else theme().px(12), drop, 0, 0)


class _ScrollArea(QScrollArea):
    """Scrolls down only, so it is never narrower than what it holds can be."""

    def minimumSizeHint(self) -> QSize:
        content = self.widget()
        width = (
            0 if content is None else content.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        )
        return QSize(width, super().minimumSizeHint().height())


def scrolling(content: QWidget, parent: QWidget) -> QScrollArea:
    """`content` in a frame that scrolls down when there is not room for all of it.

    The bar's width (`BAR_WIDTH`) is kept free at the right also while there is nothing to scroll, so nothing moves.
    """
    area = _ScrollArea(parent)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
    bar = area.verticalScrollBar()
    bar.rangeChanged.connect(lambda _, high: set_mark(bar, "idle", "" if high else "yes"))
    set_mark(bar, "idle", "yes")
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    content.setAutoFillBackground(False)
    area.viewport().setAutoFillBackground(False)
    area.setWidget(content)
    return area


class FilterRow(QWidget):
    """The head of a list: its tabs with the filter line beside them, or under them while the type is large."""

    def __init__(self, tabs: Sequence[QWidget], filter_line: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._row = spaced(QBoxLayout(QBoxLayout.Direction.LeftToRight, self), gap=12)
        self._tabs = QHBoxLayout()
        for tab in tabs:
            self._tabs.addWidget(tab)
        self._tabs.setAlignment(Qt.AlignmentFlag.AlignLeft)
        if tabs:
            self._row.addLayout(self._tabs)
        self._row.addWidget(filter_line, 1)
        theme().changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        beside = theme().percent <= SIDE_BY_SIDE_UP_TO
        self._row.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
        spaced(self._tabs, gap=20 if beside else 12)


def empty(layout: QLayout) -> None:
    """Take everything out of `layout` and let its widgets go."""
    while layout.count():
        item = layout.takeAt(0)
        if item is None:
            return
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        if inner is not None:
            empty(inner)
