"""同步: how the window stands with the centre, in words, and every command that has no answer yet."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFileDialog, QWidget

from gjj_desktop.clock import CHINA, utc_now
from gjj_desktop.counter import courier
from gjj_desktop.counter.courier import TakenIn, TakenOut
from gjj_desktop.counter.moving import leave_of
from gjj_desktop.counter.syncing import SyncItem, unsynced
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.errors import OperatingError
from gjj_desktop.sync.pack import SUFFIX
from gjj_desktop.sync.state import SyncKind, SyncState, long_words
from ui.messages import Message
from ui.page import Action, Place
from ui.pages.case import CasePage
from ui.pages.list_page import About, ListPage
from ui.pages.move import MovePage
from ui.pages.office import Office
from ui.table import Column
from ui.tasks import Queue
from ui.widgets import Card, text_label

STATE_TONES = {
    SyncKind.SYNCED: "good",
    SyncKind.PENDING: "waiting",
    SyncKind.SYNCING: "waiting",
    SyncKind.OFFLINE: "waiting",
    SyncKind.ATTENTION: "wrong",
}
CHANGE = "更换"
SYNC = "Sync"
BY_STICK = "没有网络的网点用移动介质交换：F6 导出，交中心读入；F7 读入中心交回的回执。"
PACKS = f"数据交换包 (*{SUFFIX})"
COLUMNS = (
    Column("状态", lambda item: item.state_words, 148, chip=True, tone=lambda item: item.tone),
    Column("事项", lambda item: item.title, 130),
    Column("申请人或单位", lambda item: item.subject),
    Column("时限", lambda item: item.clock.words, 136, right=True, tone=lambda item: item.clock.tone),
    Column("保存时间", lambda item: item.made_at, 110, right=True),
)


class SyncPage(ListPage):
    """Says what waits and why, and tries now when asked."""

    def __init__(self, office: Office, parent: QWidget) -> None:
        self._state: SyncState | None = None
        self._moves = self._told_to_move = False
        self._stick = Path.home()
        self._is_carrying = False
        super().__init__(
            office,
            parent,
            title="同步",
            columns=COLUMNS,
            key=lambda item: str(item.command_id),
            empty="全部业务都有中心的回执，没有待同步的。",
        )
        self.words_card = Card("与中心的连接", self)
        self.words = text_label("", "text", self.words_card, wraps=True)
        self.words_card.body.addWidget(self.words)
        self.right.addWidget(self.words_card)
        self._clock = QTimer(self, interval=1_000)
        self._clock.timeout.connect(self._say)
        self._clock.start()

    def load(self) -> Sequence[SyncItem]:
        self._state = self.office.machine.engine.state()
        self._told_to_move = leave_of(self.office.window) is not None
        return unsynced(self.office.window)

    def loaded(self, rows: Sequence[Any]) -> None:
        self._say()
        self._moves = self._told_to_move
        self.actions_changed.emit()

    def about_row(self, row: Any) -> About:
        number = (("受理号", group_number(Series.CASE, row.case_no)),) if row.case_no else ()
        order = (("顺序号", str(row.sequence)),) if row.sequence else ()
        waits = "已保存在本机，联网后自动同步。"
        return About(
            title="　".join(part for part in (row.subject, row.title) if part),
            pairs=(*number, *order, ("说明", row.reason or waits)),
            next_step="回到工作台的“需处理”改正。" if row.tone == "wrong" else "",
        )

    def choose(self, row: Any) -> None:
        """Show the case."""
        if row.case_no and row.tone != "wrong":
            self.wants_page.emit(CasePage(self.office, row.case_no, self))

    def action_rows(self) -> tuple[Action, ...]:
        move = (Action("sync.move", "迁移本机", "F8", self.show_move, Place.BUTTON),) if self._moves else ()
        stopped = self._state is not None and self._state.kind is SyncKind.ATTENTION
        ticket = (Action("sync.ticket", "输入登记票", "F3", self.ask_ticket, Place.BUTTON),) if stopped else ()
        return (
            *ticket,
            Action("sync.refresh", "刷新", "F5", self.refresh),
            Action("sync.pack_out", "导出到介质", "F6", self.ask_pack_out),
            Action("sync.pack_in", "读入回执", "F7", self.ask_pack_in),
            Action("sync.keys", "更换密钥", "F4", self.ask_keys, Place.BUTTON),
            *move,
            Action("sync.now", "立即同步", "F9", self.sync_now, Place.MAIN),
        )

    def show_move(self) -> None:
        """What is left before this machine moves to another outlet."""
        self.wants_page.emit(MovePage(self.office, self))

    def ask_keys(self) -> None:
        """Ask once more, then go over to new keys of this machine."""
        self.ask(
            "更换本机的密钥和口令，业务和单据不受影响",
            f"输入“{CHANGE}”两个字确认",
            lambda text: self.change_keys() if text == CHANGE else self.strip.say(f"请输入“{CHANGE}”两个字"),
            empty_words=f"请输入“{CHANGE}”两个字",
        )

    def change_keys(self) -> None:
        """Go over to new keys; what can only be done later is done then."""
        self.strip.put_away()
        keys = self.office.machine.keys
        if keys is not None:
            self.tasks.run(keys.change_now, lambda said: self.said.emit(Message(said, tone="good")), owner=self)

    def ask_ticket(self) -> None:
        """Ask for the ticket that a centre gives which has forgotten this window."""
        self.ask("中心没有本机的登记时，用新的登记票登记", "登记票", self.register_again, empty_words="请粘贴登记票")

    def register_again(self, ticket: str) -> None:
        """Register this machine once more as the window that it is, under its own key; the strip stays until it is."""
        self.noted.emit("正在向中心登记")
        self.office.tasks.run(
            lambda: self.office.machine.enrol(ticket),
            self._registered,
            self._not_registered,
            queue=Queue.NETWORK,
            owner=self,
        )

    def _registered(self, _: None) -> None:
        self.strip.put_away()
        self.noted.emit("")
        self.said.emit(Message("已重新登记。请通知中心管理员核准本窗口，核准后自动同步。", tone="good"))
        self.office.machine.engine.nudge(now=True)

    def _not_registered(self, error: BaseException) -> None:
        self.noted.emit("")
        if isinstance(error, OperatingError) and self.strip.isVisible():
            self.strip.say(str(error))
        else:
            self.office.tasks.failed.emit(error)

    def sync_now(self) -> None:
        """Try now, also when the next try is not due."""
        self.office.machine.engine.nudge(now=True)
        self.noted.emit("正在联系中心")

    def ask_pack_out(self) -> None:
        """Ask where the stick is, and write what waits onto it."""
        proposed = str(self._stick / courier.file_name(self.office.window))
        name, _ = QFileDialog.getSaveFileName(self, "导出到移动介质", proposed, PACKS)
        if name:
            self.pack_out(Path(name))

    def pack_out(self, path: Path) -> None:
        """Write what waits into a pack, for an outlet without a line."""
        path = path if path.suffix else path.with_suffix(SUFFIX)
        self._carry(path, lambda: courier.take_out(self.office.window, path), "正在写到介质，写完之前请不要拔出")

    def ask_pack_in(self) -> None:
        """Ask for the centre's pack, and take it in."""
        name, _ = QFileDialog.getOpenFileName(self, "读入中心的回执", str(self._stick), PACKS)
        if name:
            self.pack_in(Path(name))

    def pack_in(self, path: Path) -> None:
        """Take the answers and news of the centre's pack in."""
        self._carry(path, lambda: self._take_in(path), "正在读入回执，请不要拔出介质")

    def _take_in(self, path: Path) -> TakenIn:
        """With the answers may have come the centre's word on a new key."""
        taken, keys = courier.take_in(self.office.window, path), self.office.machine.keys
        if keys is not None:
            keys.look()
        return taken

    def _carry(self, path: Path, work: Callable[[], TakenOut | TakenIn], meanwhile: str) -> None:
        if self._is_carrying:
            return
        self._is_carrying = True
        self._stick = path.parent
        self.noted.emit(meanwhile)

        def done(answer: TakenOut | TakenIn) -> None:
            self._is_carrying = False
            self.noted.emit("")
            self.said.emit(Message(answer.sentence, tone="good"))
            if isinstance(answer, TakenIn):
                self.office.changed.emit(answer.row_types | {SYNC})
            self.refresh()

        def failed(error: BaseException) -> None:
            self._is_carrying = False
            self.noted.emit("")
            self.office.tasks.failed.emit(error)

        # Not in the store's queue: what is typed meanwhile is saved, however slow the stick is.
        self.office.tasks.run(work, done, failed, queue=Queue.NETWORK, owner=self)

    def heard(self, state: SyncState) -> None:
        """The engine said how it stands."""
        was, self._state = self._state, state
        if not self._is_carrying:
            self.noted.emit("")
        self._say()
        if was is None or was.kind is not state.kind:
            self.actions_changed.emit()

    def _say(self) -> None:
        if self._state is not None:
            words = long_words(self._state, utc_now().astimezone(CHINA))
            by_stick = () if self._state.kind is SyncKind.SYNCED else (BY_STICK,)
            self.words.setText("\n".join((*words, *by_stick)))
