"""Makes this machine a window of an outlet: the ticket is pasted, the rest goes by itself."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QWidget

from gjj_desktop.errors import OperatingError
from ui.fields.framed import Framed
from ui.fields.long_text import LongTextControl
from ui.models import EnrolModel
from ui.sign_in import Door
from ui.tasks import Queue, Tasks
from ui.theme import spaced
from ui.widgets import Card, button, text_label


class EnrolPage(Door):
    """Takes the ticket, shows each step as it is done, and ends with what comes next."""

    enrolled = Signal()
    _step = Signal(str)

    def __init__(self, model: EnrolModel, tasks: Tasks, product: str, parent: QWidget | None = None) -> None:
        super().__init__(product, "登记这台窗口机", parent)
        self._model, self._tasks = model, tasks
        self._busy = self.is_enrolled = False
        self.card = Card("登记窗口", self)
        self.card.title.setProperty("look", "title")
        spaced(self.card.body, (24, 20, 24, 20), 8)
        control = LongTextControl(self.card)
        control.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.ticket = Framed("登记票", control, "市中心发来的一整行文字，用 Ctrl+V 粘贴", self.card)
        self.steps: QLabel = text_label("", "small", self.card, wraps=True)
        self.main = button("登记", self.card, "main")
        for widget in (self.ticket, self.steps, self.main):
            self.card.body.addWidget(widget)
        self.steps.hide()
        self.add_card(self.card)
        self.ticket.edited.connect(partial(self.ticket.set_finding, ""))
        self.ticket.went_on.connect(self.main.click)
        self.main.clicked.connect(self._go)
        self._step.connect(self._add_step, Qt.ConnectionType.QueuedConnection)
        self.ticket.setFocus()

    def _go(self) -> None:
        if self.is_enrolled:
            self.enrolled.emit()
            return
        ticket = "".join(self.ticket.raw().split())
        if not ticket:
            self.ticket.set_finding("请粘贴登记票")
            self.ticket.setFocus()
        elif not self._busy:
            self._busy = True
            self.steps.setText("")
            work = partial(self._model.enrol, ticket, self._step.emit)
            self._tasks.run(work, self._done, self._failed, queue=Queue.NETWORK, owner=self)

    def _add_step(self, sentence: str) -> None:
        self.steps.setText("\n".join(part for part in (self.steps.text(), f"✓ {sentence}") if part))
        self.steps.show()

    def _done(self, sentence: str) -> None:
        self._busy, self.is_enrolled = False, True
        self._add_step(sentence)
        self.ticket.set_raw("")
        self.ticket.setEnabled(False)
        self.main.setText("去登录")
        self.main.setFocus()

    def _failed(self, wrong: BaseException) -> None:
        self._busy = False
        self.ticket.setFocus()
        if isinstance(wrong, OperatingError):
            self.ticket.set_finding(wrong.what)
            self._add_hint(wrong.what_to_do)
        else:
            self._tasks.failed.emit(wrong)

    def _add_hint(self, sentence: str) -> None:
        self.steps.setText("\n".join(part for part in (self.steps.text(), sentence) if part))
        self.steps.show()
