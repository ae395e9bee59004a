"""工作台: what needs this person, what is on its way, and how far the window may go without the centre."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from gjj_desktop.counter import corrections
from gjj_desktop.counter.home import Home, Line, Opens, draft_of, home, throw_away
from gjj_desktop.counter.limits import Gauge
from gjj_desktop.counter.payments import correction_draft
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.store.drafts import Draft
from ui.messages import Message
from ui.page import Action, Place
from ui.pages.case import CasePage
from ui.pages.case_form import open_draft
from ui.pages.list_page import About, ListPage
from ui.pages.office import Office
from ui.table import Column
from ui.theme import spaced
from ui.widgets import Card, as_tip, chip, empty, text_label

TO_CORRECT, DRAFTS, ON_THE_WAY, OPEN, DONE = "需处理", "草稿", "待同步", "在办", "今日已批"
TONES = {TO_CORRECT: "wrong", DRAFTS: "waiting", ON_THE_WAY: "waiting", OPEN: "", DONE: "good"}
WHAT_ENTER_DOES = {
    Opens.DRAFT: "按 Enter 接着录入，内容还是离开时的样子。",
    Opens.TASK: "中心没有受理。按 Enter 打开原表单，内容已填好，改正后重新提交。",
    Opens.RETURNED: "审批人退回补正。按 Enter 打开原表单，补正后再提交。",
    Opens.ENTRY: "已保存在本机，联网后自动同步，不用再录。",
    Opens.CASE: "按 Enter 查看办理经过。",
    Opens.PAYMENT: "银行没有付成。按 Enter 更正收款账户，由主管审批后重新付款。",
}


class _Row(NamedTuple):
    """A line of the home page under its tab."""

    tab: str
    line: Line


COLUMNS = (
    Column("", lambda row: row.tab, 92, chip=True, tone=lambda row: TONES[row.tab]),
    Column("事项", lambda row: row.line.title, 140),
    Column("申请人或单位", lambda row: row.line.subject),
    Column(
        "金额（元）",
        lambda row: "—" if row.line.amount_fen is None else format_yuan(row.line.amount_fen),
        106,
        right=True,
    ),
    Column("时限", lambda row: row.line.clock.words, 160, right=True, tone=lambda row: row.line.clock.tone),
    Column("时间", lambda row: row.line.when.partition(" · ")[0], 66, right=True),
)


def _limits(line: Line) -> tuple[tuple[str, str], ...]:
    promise, due = line.clock.promise, line.clock.due
    return (*((("一小时承诺", promise),) if promise else ()), *((("法定期限", due),) if due else ()))


class HomePage(ListPage):
    """One list of everything, what needs somebody first; the gauges at the right."""

    TABS = (TO_CORRECT, DRAFTS, ON_THE_WAY, OPEN, DONE)

    def __init__(self, office: Office, parent: QWidget) -> None:
        self._home: Home | None = None
        super().__init__(
            office,
            parent,
            title="工作台",
            columns=COLUMNS,
            key=lambda row: f"{row.tab}:{row.line.key}",
            empty="没有待办。从左边选业务开始受理，或按 Ctrl+K 查找。",
        )
        self.gauges = Card("离线余量", self)
        self._gauge_rows = spaced(QGridLayout(), gap=12, gap_down=8)
        self._gauge_rows.setColumnStretch(1, 1)
        self.gauges.body.addLayout(self._gauge_rows)
        self.right.addWidget(self.gauges)

    def load(self) -> Sequence[Any]:
        self._home = home(self.office.window)
        found = self._home
        parts = (found.to_correct, found.drafts, found.waiting_to_send, found.in_progress, found.decided_today)
        return [_Row(tab, line) for tab, lines in zip(self.TABS, parts, strict=True) for line in lines]

    def loaded(self, rows: Sequence[Any]) -> None:
        if self._home is not None:
            waiting = self._home.waiting_for_me
            self.about.setText(self._home.greeting + (f" · 待我审批 {waiting} 笔" if waiting else ""))
            self._show_gauges(self._home.gauges)

    def tab_of(self, row: Any) -> str:
        return str(row.tab)

    def about_row(self, row: Any) -> About:
        line: Line = row.line
        number = (("受理号", group_number(Series.CASE, line.case_no)),) if line.case_no else ()
        task_words = "中心没有受理，这一步不能重填。看过后按 F7 消掉。"
        words = task_words if line.opens is Opens.TASK and not line.has_form else WHAT_ENTER_DOES[line.opens]
        return About(
            title="　".join(part for part in (line.subject, line.title) if part),
            pairs=(*number, ("情况", line.detail), ("时间", line.when), *_limits(line)),
            next_step=words,
        )

    def action_rows(self) -> tuple[Action, ...]:
        rows = [Action("home.tab", "换一类", "F4", self.next_tab), Action("home.refresh", "刷新", "F5", self.refresh)]
        line = self.current.line if self.current is not None else None
        if line is None:
            return tuple(rows)
        if line.opens is Opens.DRAFT:
            rows.append(Action("home.throw_away", "作废草稿", "F8", self.throw_away, Place.BUTTON))
        if line.opens is Opens.TASK:
            rows.append(Action("home.read", "已阅", "F7", self.acknowledge, Place.BUTTON))
            if line.case_no:
                rows.append(Action("home.slip", "更正告知单", "F6", self.print_slip, Place.BUTTON))
        label = {
            Opens.DRAFT: "接着录入",
            Opens.TASK: "改正",
            Opens.RETURNED: "补正",
            Opens.PAYMENT: "更正收款账户",
        }.get(line.opens, "查看")
        if line.opens is not Opens.TASK or line.has_form:
            rows.append(Action("home.open", label, "F9", lambda: self.choose(self.current), Place.MAIN))
        return tuple(rows)

    def choose(self, row: Any) -> None:
        """Open what the line is about, filled in."""
        line: Line = row.line
        window, run = self.office.window, self.tasks.run
        if line.opens is Opens.DRAFT:
            run(partial(draft_of, window, line.key), self._open_draft, owner=self)
        elif line.opens is Opens.RETURNED:
            run(partial(corrections.reopen_case, window, line.key), self._open_draft, owner=self)
        elif line.opens is Opens.PAYMENT:
            run(partial(correction_draft, window, line.key), self._open_draft, owner=self)
        elif line.opens is Opens.TASK and line.has_form:
            run(partial(corrections.reopen_task, window, line.key), self._open_draft, owner=self)
        elif line.case_no:
            self.wants_page.emit(CasePage(self.office, line.case_no, self))

    def throw_away(self) -> None:
        """Ask once more, then throw the current draft away."""
        row = self.current
        if row is not None and row.line.opens is Opens.DRAFT:
            self.ask(
                f"作废草稿：{row.line.subject}　{row.line.title}",
                "输入“作废”两个字确认",
                lambda text: (
                    self._thrown_away(row.line.key) if text == "作废" else self.strip.say("请输入“作废”两个字")
                ),
                empty_words="请输入“作废”两个字",
            )

    def acknowledge(self) -> None:
        """Put a task away that was read."""
        row = self.current
        if row is not None:
            self.tasks.run(
                partial(corrections.acknowledge, self.office.window, row.line.key),
                lambda _: self.office.changed.emit(frozenset({"Task"})),
                owner=self,
            )

    def print_slip(self) -> None:
        """更正告知单 for the citizen of the current task."""
        row = self.current
        if row is not None and row.line.case_no:
            window, line = self.office.window, row.line
            self.office.act(
                self,
                lambda: corrections.correction_slip(window, line.key),
                "更正告知单已开出，待同步。",
            )

    def _thrown_away(self, draft_id: str) -> None:
        def done(_: None) -> None:
            self.strip.put_away()
            self.office.changed.emit(frozenset({"Draft"}))

        self.tasks.run(partial(throw_away, self.office.window, draft_id), done, owner=self)

    def _open_draft(self, draft: Draft | None) -> None:
        if draft is None:
            self.said.emit(Message("这份草稿已经提交或作废了。", tone="waiting"))
            self.refresh()
            return
        open_draft(self.office, self, draft)

    def _show_gauges(self, gauges: Sequence[Gauge]) -> None:
        empty(self._gauge_rows)
        for place, gauge in enumerate(gauges):
            label = text_label(gauge.name, "small", self.gauges)
            value = chip(gauge.left, gauge.tone.value, self.gauges)
            value.setToolTip(as_tip(gauge.way_out))
            self._gauge_rows.addWidget(label, place, 0)
            self._gauge_rows.addWidget(value, place, 2, Qt.AlignmentFlag.AlignRight)
        ways = [gauge.way_out for gauge in gauges if gauge.tone.value != "good"]
        self.gauges.side.setText(ways[0] if ways else "")
