"""The pages while there is nothing to sign in to: opening, and what keeps the program from opening."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from ui.messages import Message
from ui.sign_in import Door
from ui.theme import spaced
from ui.widgets import Card, button, text_label


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
        card = Card("现在还打不开", self)
        card.title.setProperty("look", "title")
        spaced(card.body, (24, 20, 24, 20), 12)
        for sentence, look in ((message.what, "strong"), (message.what_to_do, "text")):
            card.body.addWidget(text_label(sentence, look, card, wraps=True))
        self.retry = button("重试", card, "main")
        self.retry.clicked.connect(self.again)
        card.body.addWidget(self.retry, 0, Qt.AlignmentFlag.AlignRight)
        self.add_card(card)
        self.retry.setFocus()
