"""人员: the clerks of the outlet, and a new key for who forgot their password, by two people."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.counter.people import Half, PersonLine, agree_to_key, ask_for_key, people
from ui.messages import Message
from ui.page import Action, Place
from ui.pages.list_page import About, ListPage
from ui.pages.office import Office
from ui.table import Column
from ui.widgets import Card, text_label

COLUMNS = (
    Column("工号", lambda line: line.clerk, 90),
    Column("姓名", lambda line: line.name),
    Column("岗位", lambda line: line.roles, 180),
    Column("状态", lambda line: line.state_words, 112, chip=True, tone=lambda line: line.tone),
)


class PeoplePage(ListPage):
    """F6 and F7 ask for a new key, F9 agrees; the half of the code stands at the right until the page is left."""

    CONCERNS = frozenset({"Clerk", "ClerkKey", "Sync"})

    def __init__(self, office: Office, parent: QWidget) -> None:
        self._busy = False
        super().__init__(
            office,
            parent,
            title="人员",
            columns=COLUMNS,
            key=lambda line: str(line.clerk),
            empty="中心还没有告诉本窗口有哪些人员，请联网同步一次。",
            filter_words="筛选姓名、工号",
            unit="人",
        )
        self.half_card = Card("登录码的一半", self)
        self.half = text_label("", "title", self.half_card)
        self.half_words = text_label("", "small", self.half_card, wraps=True)
        self.half_card.body.addWidget(self.half)
        self.half_card.body.addWidget(self.half_words)
        self.right.addWidget(self.half_card)
        self.half_card.hide()

    def load(self) -> Sequence[PersonLine]:
        return people(self.office.window)

    def loaded(self, rows: Sequence[Any]) -> None:
        waiting = sum(bool(row.asked) for row in rows)
        self.about.setText(f"待同意重置 {waiting} 人" if waiting else "")

    def about_row(self, row: Any) -> About:
        pairs = [("工号", row.clerk), ("岗位", row.roles), ("状态", row.state_words)]
        if row.asked:
            pairs += [("申请人", row.asked_by), ("申请时间", row.asked_at), ("原因", _reason(row))]
        return About(title=row.name, pairs=pairs, next_step=_next_step(row))

    def action_rows(self) -> tuple[Action, ...]:
        rows: tuple[Action, ...] = (Action("people.refresh", "刷新", "F5", self.refresh),)
        row = self.current
        if row is not None and row.may_ask:
            rows = (
                *rows,
                Action("people.forgotten", "忘记密码，申请重置", "F6", partial(self.ask_reset, False)),
                Action("people.leaked", "密码泄露，申请重置", "F7", partial(self.ask_reset, True)),
            )
        if row is not None and row.may_agree:
            rows = (*rows, Action("people.agree", "同意重置", "F9", self.agree, Place.MAIN))
        return rows

    def ask_reset(self, leaked: bool) -> None:
        """Ask for a new key of the current person."""
        if self.current is not None and self.current.may_ask:
            work = partial(ask_for_key, self.office.window, self.current.clerk, leaked=leaked)
            self._do(work, f"已为{self.current.name}申请重置，待同步。")

    def agree(self) -> None:
        """Agree to the new key of the current person."""
        if self.current is not None and self.current.may_agree:
            self._do(partial(agree_to_key, self.office.window, self.current.clerk), f"已同意{self.current.name}重置。")

    def flush(self) -> None:
        """The page is covered or left: a code is not left standing."""
        self.half.setText("")
        self.half_card.hide()

    def _do(self, work: Callable[[], Half | Refusal], sentence: str) -> None:
        if self._busy:
            return
        self._busy = True

        def answered(answer: Half | Refusal) -> None:
            self._busy = False
            if isinstance(answer, Refusal):
                self.said.emit(Message("；".join(finding.message for finding in answer.findings)))
                return
            self.half.setText(answer.half)
            self.half_words.setText(answer.sentence)
            self.half_card.show()
            self.said.emit(Message(sentence, tone="good"))
            self.refresh()

        def failed(wrong: BaseException) -> None:
            self._busy = False
            self.tasks.failed.emit(wrong)

        self.tasks.run(work, answered, failed, owner=self)


def _reason(row: PersonLine) -> str:
    return "密码可能已泄露" if row.leaked else "忘记密码"


def _next_step(row: PersonLine) -> str:
    if row.may_agree:
        return "核对确是本人要求重置后按 F9 同意。原密钥随即停用，本人凭两半登录码重新设定密码。"
    if row.asked:
        return "等另一位主管，或市中心管理员同意。"
    if row.may_ask:
        return "本人忘记密码时按 F6；密码可能已被他人知道时按 F7，未到中心的业务将不再有效。都须另一人同意。"
    return "不能为本人办理，请由其他主管申请。" if row.state_words == "在岗" else ""
