"""Makes this machine a window of an outlet: the ticket is pasted, the rest goes by itself. With a ticket for the place
of a broken machine the folder of its disk is asked for too."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QLabel, QPlainTextEdit, QWidget

from gjj_desktop.errors import OperatingError
from ui.bottom_bar import shortcut
from ui.fields.framed import Framed
from ui.fields.line import LineControl
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
        self.disk = Framed("旧磁盘上的数据文件夹", LineControl(self.card), "里面有 store.db；按 F4 选择", self.card)
        self.browse = button("选择文件夹 F4", self.card)
        for widget in (self.ticket, self.disk, self.browse, self.steps, self.main):
            self.card.body.addWidget(widget)
        for widget in (self.steps, self.disk, self.browse):
            widget.hide()
        self.add_card(self.card)
        self.ticket.edited.connect(partial(self.ticket.set_finding, ""))
        self.ticket.went_on.connect(self.main.click)
        self.disk.edited.connect(partial(self.disk.set_finding, ""))
        self.disk.went_on.connect(self.main.click)
        self.browse.clicked.connect(self._choose_disk)
        shortcut("F4", self._choose_disk, self)
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
        elif self._model.is_take_over(ticket):
            self._go_take_over(ticket)
        else:
            self._ask_disk(needed=False)
            self._begin(partial(self._model.enrol, ticket, self._step.emit))

    def _go_take_over(self, ticket: str) -> None:
        disk = self.disk.raw().strip()
        if self.disk.isHidden():
            self._ask_disk(needed=True)
        elif not disk:
            self.disk.set_finding("请输入或选择旧磁盘上的数据文件夹")
            self.disk.setFocus()
        else:
            self._begin(partial(self._model.take_over, ticket, disk, self._step.emit))

    def _ask_disk(self, *, needed: bool) -> None:
        self.disk.setVisible(needed)
        self.browse.setVisible(needed)
        self.card.title.setText("接管窗口" if needed else "登记窗口")
        self.main.setText("接管" if needed else "登记")
        if needed:
            self.disk.setFocus()

    def _choose_disk(self) -> None:
        if not self.disk.isHidden():
            name = QFileDialog.getExistingDirectory(self, "选择旧磁盘上的数据文件夹", self.disk.raw().strip())
            if name:
                self.disk.set_raw(name)
            self.disk.setFocus()

    def _begin(self, work: Callable[[], str]) -> None:
        if not self._busy:
            self._busy = True
            self.steps.setText("")
            self._tasks.run(work, self._done, self._failed, queue=Queue.NETWORK, owner=self)

    def _add_step(self, sentence: str) -> None:
        self.steps.setText("\n".join(part for part in (self.steps.text(), f"✓ {sentence}") if part))
        self.steps.show()

    def _done(self, sentence: str) -> None:
        self._busy, self.is_enrolled = False, True
        self._add_step(sentence)
        self.ticket.set_raw("")
        self.ticket.setEnabled(False)
        self.disk.setEnabled(False)
        self.browse.hide()
        self.main.setText("去登录")
        self.main.setFocus()

    def _failed(self, wrong: BaseException) -> None:
        self._busy = False
        line = self.ticket if self.disk.isHidden() else self.disk
        line.setFocus()
        if isinstance(wrong, OperatingError):
            line.set_finding(wrong.what)
            self._add_hint(wrong.what_to_do)
        else:
            self._tasks.failed.emit(wrong)

    def _add_hint(self, sentence: str) -> None:
        self.steps.setText("\n".join(part for part in (self.steps.text(), sentence) if part))
        self.steps.show()
