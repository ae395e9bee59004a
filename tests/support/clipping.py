"""What of a window's words can not be read because there is no room for them."""

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget

from ui.widgets import ElidedLabel

SLACK_PX = 1


def clipped(window: QWidget) -> list[str]:
    """The visible words that are cut off in width or height, with their widgets' sizes; elided ones are not."""
    words = []
    for label in window.findChildren(QLabel):
        if label.isVisible() and label.text() and not isinstance(label, ElidedLabel) and not _fits(label):
            words.append(f"{label.text()} {label.width()}×{label.height()}")
    for button in window.findChildren(QAbstractButton):
        wanted = button.minimumSizeHint()
        if button.isVisible() and button.text() and button.width() + SLACK_PX < wanted.width():
            words.append(f"{button.text()} {button.width()} < {wanted.width()}")
    return words


def outside(window: QWidget) -> list[str]:
    """The visible words that reach beyond the left or right edge of what they stand in."""
    found: list[QLabel | QAbstractButton | QLineEdit] = [
        *window.findChildren(QLabel),
        *window.findChildren(QAbstractButton),
        *window.findChildren(QLineEdit),
    ]
    return [each.text() for each in found if each.isVisible() and each.width() and _sticks_out(each, window)]


def _sticks_out(widget: QWidget, window: QWidget) -> bool:
    around = widget.parentWidget()
    while around is not None and around is not window:
        left = widget.mapTo(around, QPoint(0, 0)).x()
        if left < -SLACK_PX or left + widget.width() > around.width() + SLACK_PX:
            return True
        around = around.parentWidget()
    return False


def _fits(label: QLabel) -> bool:
    if label.wordWrap():
        return label.height() + SLACK_PX >= label.heightForWidth(label.width())
    wanted = label.sizeHint()
    return label.width() + SLACK_PX >= wanted.width() and label.height() + SLACK_PX >= wanted.height()
