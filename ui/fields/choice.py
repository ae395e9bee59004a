"""The control for choosing one of a few."""

from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from gjj_desktop.cases.fields import Choice
from ui.fields.control import is_plain_enter, leaves
from ui.theme import set_mark, theme

_DIGITS_TOGETHER_MS = 1_200


class ChoiceControl(QComboBox):
    """A list to choose from: up and down choose, a number takes the how-manieth, space opens it, Enter goes on.

    Digits in quick succession are one number.
    """

    edited = Signal()
    left = Signal()
    went_on = Signal()

    def __init__(self, parent: QWidget, choices: tuple[Choice, ...]) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        self.setPlaceholderText("请选择")
        self._setting = False
        self._wanted = ""
        self._choices: tuple[Choice, ...] = ()
        self._digits = ""
        self._together = QTimer(self, singleShot=True, interval=_DIGITS_TOGETHER_MS)
        self._together.timeout.connect(self._end_number)
        self.currentIndexChanged.connect(self._on_changed)
        set_mark(self, "empty", "yes")
        self.set_choices(choices)

    def set_choices(self, choices: tuple[Choice, ...]) -> None:
        """Offer these; what was chosen, or wanted before it was offered, is chosen while it is offered."""
        if choices == self._choices:
            return
        self._wanted, self._setting, self._choices = self.raw(), True, choices
        self.clear()
        for choice in choices:
            self.addItem(choice.label, choice.value)
        self.setCurrentIndex(self.findData(self._wanted))
        self._setting = False

    def raw(self) -> str:
        """The value chosen, or the one wanted that is not offered yet; "" while there is neither."""
        return str(self.currentData() or self._wanted)

    def set_raw(self, raw: str) -> None:
        """Choose the value `raw`, as soon as it is offered."""
        self._setting, self._wanted = True, raw
        self.setCurrentIndex(self.findData(raw))
        self._setting = False

    def hint(self) -> str:
        """Nothing to say."""
        return ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_plain_enter(event):
            self._end_number()
            self.went_on.emit()
        elif event.text().isdecimal() and event.text().isascii():
            self._take_digit(event.text())
        else:
            self._end_number()
            super().keyPressEvent(event)

    def _take_digit(self, digit: str) -> None:
        """The how-manieth of the number typed, or of the digit alone where the number is too large."""
        for digits in (self._digits + digit, digit):
            if 1 <= int(digits) <= self.count():
                self._digits = digits
                self._together.start()
                self.setCurrentIndex(int(digits) - 1)
                return

    def _end_number(self) -> None:
        self._digits = ""
        self._together.stop()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel scrolls the page, it never changes what was chosen."""
        event.ignore()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._end_number()
        if leaves(event):
            self.left.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        unit = theme().px(4)
        centre = QPointF(self.width() - unit * 4.5, self.height() / 2)
        painter.setPen(QPen(theme().colour("second_ink"), theme().px(6) / 4, c=Qt.PenCapStyle.RoundCap))
        painter.drawPolyline(
            QPolygonF(
                [centre + QPointF(-unit, -unit / 2), centre + QPointF(0, unit / 2), centre + QPointF(unit, -unit / 2)]
            )
        )

    def _on_changed(self) -> None:
        set_mark(self, "empty", "yes" if self.currentIndex() < 0 else "")
        if not self._setting:
            self._wanted = ""
            self.edited.emit()
