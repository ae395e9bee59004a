"""One more thing to type before something is done, asked right under the list: no box to click away."""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui.bottom_bar import shortcut
from ui.fields.framed import Framed
from ui.fields.line import LineControl
from ui.theme import spaced
from ui.widgets import Card, button


class AskStrip(Card):
    """A card with one line; Enter confirms, Esc puts it away. It stays until the answer was taken."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("", parent)
        self.line = Framed("", LineControl(self), "Enter 确认，Esc 取消", self)
        self.cancel = button("取消", self)
        self.confirm = button("确认", self, "main")
        row = spaced(QHBoxLayout(), gap=12)
        row.addWidget(self.line, 1)
        row.addWidget(self.cancel)
        row.addWidget(self.confirm)
        self.body.addLayout(row)
        self._empty_words = ""
        self._then: Callable[[str], None] = lambda text: None
        self._after: Callable[[], None] = lambda: None
        self.line.went_on.connect(self._confirm)
        self.line.edited.connect(lambda: self.line.set_finding(""))
        self.confirm.clicked.connect(self._confirm)
        self.cancel.clicked.connect(self.put_away)
        shortcut("Esc", self.put_away, self)
        self.hide()

    def ask(
        self,
        title: str,
        label: str,
        then: Callable[[str], None],
        *,
        empty_words: str,
        raw: str = "",
        after: Callable[[], None] = lambda: None,
    ) -> None:
        """Ask; `then` gets what was typed, `after` is called once the strip is put away."""
        self.title.setText(title)
        self.line.label.setText(label)
        self.line.control.setAccessibleName(label)
        self.line.set_raw(raw)
        self.line.set_finding("")
        self._then, self._after, self._empty_words = then, after, empty_words
        self.show()
        self.line.setFocus()

    def say(self, sentence: str) -> None:
        """What was typed was not taken; say why."""
        self.line.set_finding(sentence)
        self.line.setFocus()

    def put_away(self) -> None:
        """Ask no longer."""
        if not self.isHidden():
            self.hide()
            self._after()

    def _confirm(self) -> None:
        text = self.line.raw().strip()
        if text:
            self._then(text)
        else:
            self.say(self._empty_words)
