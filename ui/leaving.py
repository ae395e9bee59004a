"""The door of a machine that leaves its outlet: waits for the centre's word, and then forgets what it kept here."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from gjj_desktop.errors import OperatingError
from ui.fields.framed import Framed
from ui.fields.line import LineControl
from ui.models import LeaveModel
from ui.sign_in import Door
from ui.tasks import Tasks
from ui.theme import spaced
from ui.widgets import Card, button, text_label


class LeavePage(Door):
    """What is waited for; once the centre has confirmed, the window's number typed wipes the machine."""

    wiped = Signal()
    stays = Signal()
    """The centre misses something, or took the move back: people may sign in again."""

    def __init__(self, model: LeaveModel, tasks: Tasks, product: str, parent: QWidget | None = None) -> None:
        super().__init__(product, "迁移本机", parent)
        self._model, self._tasks = model, tasks
        self._busy = False
        self.card = Card("等中心确认", self)
        self.card.title.setProperty("look", "title")
        spaced(self.card.body, (24, 20, 24, 20), 10)
        self.words = text_label("已向中心说明本机全部办完，正等中心核对。", "text", self.card, wraps=True)
        self.device = Framed("窗口号", LineControl(self.card), "六位数字，输入后按 Enter", self.card)
        self.main = button("立即联系中心", self.card, "main")
        for widget in (self.words, self.device, self.main):
            self.card.body.addWidget(widget)
        self.add_card(self.card)
        self.device.edited.connect(lambda: self.device.set_finding(""))
        self.device.went_on.connect(self.main.click)
        self.main.clicked.connect(self._go)
        self.device.hide()
        self.refresh()

    def refresh(self) -> None:
        """Look again how the machine stands with the centre."""
        self._tasks.run(self._model.state, self._show, owner=self)

    @property
    def is_confirmed(self) -> bool:
        """Whether the machine may be wiped."""
        return not self.device.isHidden()

    def _show(self, state: tuple[bool, str] | None) -> None:
        if state is None:
            self.stays.emit()
            return
        confirmed, words = state
        self.words.setText(words)
        if confirmed and not self.is_confirmed:
            self.card.title.setText("中心已收齐本机的数据")
            self.device.show()
            self.main.setText("清除本机数据")
            self.device.setFocus(Qt.FocusReason.OtherFocusReason)
        elif not confirmed:
            self.main.setFocus()

    def _go(self) -> None:
        if not self.is_confirmed:
            self._model.nudge()
            return
        if self.device.raw().strip() != self._model.device():
            self.device.set_finding("请输入本机现在的窗口号，核对无误再清除")
            self.device.setFocus()
        elif not self._busy:
            self._busy = True
            self._run(self._model.wipe, self.wiped.emit)

    def _run(self, work: Callable[[], None], done: Callable[[], None]) -> None:
        def failed(wrong: BaseException) -> None:
            self._busy = False
            if isinstance(wrong, OperatingError):
                self.device.set_finding(wrong.what)
            else:
                self._tasks.failed.emit(wrong)

        self._tasks.run(work, lambda _: done(), failed, owner=self)
