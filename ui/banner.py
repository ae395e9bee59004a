"""The line above the bottom bar that says what went wrong and what to do; never a box to click away."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from ui.messages import Message
from ui.theme import set_mark, spaced
from ui.widgets import button, text_label


class Banner(QFrame):
    """Shows one message; it stays until it is put away or another comes."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("look", "banner")
        row = spaced(QHBoxLayout(self), (20, 8, 20, 8), 12)
        self.what = text_label("", "strong", self)
        self.what_to_do = text_label("", "text", self, wraps=True)
        away = button("知道了", self, "small")
        away.clicked.connect(self.hide)
        row.addWidget(self.what)
        row.addWidget(self.what_to_do, 1)
        row.addWidget(away)
        self.hide()

    def say(self, message: Message) -> None:
        """Show this message in place of the one before."""
        self.what.setText(message.what)
        self.what_to_do.setText(message.what_to_do)
        for widget in (self, self.what):
            set_mark(widget, "tone", message.tone)
        self.setAccessibleName(f"{message.what}{message.what_to_do}")
        self.show()
