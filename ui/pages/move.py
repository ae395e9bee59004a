"""迁移: what is left before this machine leaves its outlet, step by step, and the question to the centre at the end."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from gjj_desktop.counter.home import draft_of
from gjj_desktop.counter.moving import Leave, Step, StepKind, ask_to_confirm, leave_of, leave_task, void_draft
from gjj_desktop.store.drafts import Draft
from ui.messages import Message
from ui.page import Action, Place
from ui.pages.case_form import open_draft
from ui.pages.list_page import About, ListPage
from ui.pages.office import Office
from ui.table import Column
from ui.widgets import Card, text_label

COLUMNS = (
    Column(
        "状态",
        lambda step: "未完成" if step.open else "已完成",
        96,
        chip=True,
        tone=lambda step: "waiting" if step.open else "good",
    ),
    Column("步骤", lambda step: step.title, 220),
    Column("情况", lambda step: step.detail),
)
WHERE_TO = {StepKind.TASK: "home", StepKind.DAY: "day_close", StepKind.IN_WORK: "search"}
"""The pages at which a step is done."""
LABELS = {StepKind.TASK: "去工作台", StepKind.DRAFT: "接着录入", StepKind.DAY: "去日结", StepKind.IN_WORK: "去查询"}
VOID = "作废"


class MovePage(ListPage):
    """The steps, what is not done first; Enter goes where a step is done, F10 asks the centre."""

    def __init__(self, office: Office, parent: QWidget) -> None:
        self._leave: Leave | None = None
        self._found: Leave | None = None
        super().__init__(
            office,
            parent,
            title="迁移本机",
            columns=COLUMNS,
            key=lambda step: f"{step.kind}:{step.key}",
            empty="中心没有安排本机迁移，或已经收回。",
            filter_words="筛选步骤",
            unit="步",
        )
        self.people_card = Card("人员到新网点", self)
        self.people = text_label("", "text", self.people_card, wraps=True)
        self.people_card.body.addWidget(self.people)
        self.right.addWidget(self.people_card)

    def load(self) -> Sequence[Step]:
        found = self._found = leave_of(self.office.window)
        return () if found is None else sorted(found.steps, key=lambda step: not step.open)

    def loaded(self, rows: Sequence[Any]) -> None:
        leave = self._leave = self._found
        self.people_card.setVisible(leave is not None)
        if leave is None:
            self.about.setText("")
        else:
            place = f"{leave.moving.outlet_name} {int(leave.moving.new_device[4:])} 号窗"
            self.about.setText(f"迁往{place}（{leave.moving.new_device}）")
            self.people.setText(
                f"{'、'.join(leave.clerks) or '无人'}：在本机的密钥随迁移停用。\n随机器走的，请管理员改网点并领登录码，"
                "到新网点凭码首次登录；留下的，领新登录码在本网点其他窗口启用。"
            )
        self.actions_changed.emit()

    def about_row(self, row: Any) -> About:
        return About(title=row.title, pairs=(("情况", row.detail),), next_step=row.what_to_do)

    def action_rows(self) -> tuple[Action, ...]:
        rows = [
            Action("move.refresh", "刷新", "F5", self.refresh),
            Action("move.sync", "立即同步", "F9", self.sync_now),
        ]
        step = self.current
        if step is not None and step.kind is StepKind.DRAFT:
            rows.append(Action("move.void", "作废草稿", "F6", self.ask_void, Place.BUTTON))
        if step is not None and step.kind is StepKind.TASK:
            rows.append(Action("move.leave", "知情留下", "F7", self.leave_task, Place.BUTTON))
        if step is not None and step.kind in LABELS:
            rows.append(Action("move.go", LABELS[step.kind], "F8", lambda: self.choose(self.current), Place.BUTTON))
        if self._leave is not None and self._leave.ready:
            rows.append(Action("move.confirm", "请中心确认", "F10", self.confirm, Place.MAIN))
        return tuple(rows)

    def choose(self, row: Any) -> None:
        """Go where the step is done."""
        if row is None:
            return
        if row.kind is StepKind.DRAFT:
            self.tasks.run(partial(draft_of, self.office.window, row.key), self._open, owner=self)
        elif row.kind in WHERE_TO:
            self.office.open_page(WHERE_TO[row.kind])
        elif row.kind is StepKind.CONFIRM:
            self.confirm()
        else:
            self.sync_now()

    def sync_now(self) -> None:
        """Bring to the centre what is left, now."""
        self.office.machine.engine.nudge(now=True)
        self.noted.emit("正在联系中心")

    def ask_void(self) -> None:
        """Ask once more, then throw the current draft away."""
        step = self.current
        if step is not None and step.kind is StepKind.DRAFT:
            self.ask(
                step.title,
                "输入“作废”两个字确认",
                lambda text: self._void(step.key) if text == VOID else self.strip.say("请输入“作废”两个字"),
                empty_words="请输入“作废”两个字",
            )

    def _void(self, draft_id: str) -> None:
        self.strip.put_away()
        self._do(partial(void_draft, self.office.window, draft_id), "Draft")

    def leave_task(self) -> None:
        """Know of the current task, and leave it to other windows."""
        step = self.current
        if step is not None and step.kind is StepKind.TASK:
            self._do(partial(leave_task, self.office.window, step.key), "Task")

    def confirm(self) -> None:
        """Say that nothing is left here and ask the centre; nobody is signed in afterwards."""
        self.tasks.run(partial(ask_to_confirm, self.office.window), lambda _: self.office.left.emit(), owner=self)

    def _do(self, work: Callable[[], None], changed: str) -> None:
        self.tasks.run(work, lambda _: self.office.changed.emit(frozenset({changed})), owner=self)

    def _open(self, draft: Draft | None) -> None:
        if draft is None:
            self.said.emit(Message("这份草稿已经提交或作废了。", tone="waiting"))
            self.refresh()
        else:
            open_draft(self.office, self, draft)
