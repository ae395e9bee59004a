"""The pages while there is nothing to sign in to: opening, and what keeps the program from opening."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QWidget

from ui.messages import Message
from ui.sign_in import CARD_WIDTH, Door
from ui.theme import spaced, theme
from ui.widgets import Card, button, text_label

SIDE_MARGIN = 24


class OpeningPage(Door):
    """Shown at once, while keyring and file are being opened."""

    def __init__(self, product: str, parent: QWidget | None = None) -> None:
        super().__init__(product, "住房公积金业务窗口", parent)
        card = Card("正在打开", self)
        card.title.setProperty("look", "title")
        spaced(card.body, (24, 20, 24, 20), 8)
        card.body.addWidget(text_label("正在打开本机数据，马上就好。", "text", card, wraps=True))
        self.add_card(card)


class TroublePage(Door):
    """What happened and what to do, calmly, and one key to try again."""

    again = Signal()

    def __init__(self, product: str, message: Message, parent: QWidget | None = None) -> None:
        super().__init__(product, "住房公积金业务窗口", parent)
        self.message = message
        self._sentences: list[QLabel] = []
        card = Card("现在还打不开", self)
        card.title.setProperty("look", "title")
        spaced(card.body, (SIDE_MARGIN, 20, SIDE_MARGIN, 20), 12)
        self._sentences = [
            text_label(message.what, "strong", card, wraps=True),
            text_label(message.what_to_do, "text", card, wraps=True),
        ]
        for sentence in self._sentences:
            card.body.addWidget(sentence)
        self.retry = button("重试", card, "main")
        self.retry.clicked.connect(self.again)
        card.body.addWidget(self.retry, 0, Qt.AlignmentFlag.AlignRight)
        self.add_card(card)
        self.retry.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        """A centred card does not ask its wrapped lines how high they are; tell it."""
        super()._fit()
        width = theme().px(CARD_WIDTH - 2 * SIDE_MARGIN) - 2
        for sentence in self._sentences:
            sentence.setMinimumHeight(sentence.heightForWidth(width))
