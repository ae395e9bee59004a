"""付款: every payment of the outlet with its state; what the bank sent back is corrected from here."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from gjj_desktop.counter.payments import (
    BEING_CORRECTED,
    KEPT_BACK,
    STATE_WORDS,
    PaymentLine,
    correction_draft,
    payments,
)
from gjj_desktop.domain.money import capitals, format_yuan
from gjj_desktop.store.drafts import Draft
from ui.page import Action, Place
from ui.pages.case import CasePage
from ui.pages.case_form import open_draft
from ui.pages.list_page import About, ListPage
from ui.pages.office import Office
from ui.table import Column

CAME_BACK, TO_PAY, AT_THE_BANK, PAID = "退回", "待付", "已发银行", "已付"
TAB_OF = {
    STATE_WORDS["returned"]: CAME_BACK,
    STATE_WORDS["partly"]: CAME_BACK,
    BEING_CORRECTED: CAME_BACK,
    KEPT_BACK: CAME_BACK,
    STATE_WORDS["ordered"]: TO_PAY,
    STATE_WORDS["sent"]: AT_THE_BANK,
    STATE_WORDS["paid"]: PAID,
}
COLUMNS = (
    Column("付款号", lambda line: line.shown_no, 186),
    Column("收款人", lambda line: line.payee),
    Column("收款账户", lambda line: line.account, 150),
    Column("金额（元）", lambda line: format_yuan(line.amount_fen), 116, right=True),
    Column("状态", lambda line: line.state_words, 96, chip=True, tone=lambda line: line.tone),
)
NEXT = {
    CAME_BACK: "按 F9 更正收款账户，由主管审批后重新付款。",
    TO_PAY: "等中心汇入下一批付款文件发往银行。",
    AT_THE_BANK: "等银行答复。",
    PAID: "银行已付到账。",
}


class PaymentsPage(ListPage):
    """Payments, those that came back first; Enter begins the correction of the current one."""

    CONCERNS = frozenset({"Payment", "Evidence", "Case", "Sync"})
    TABS = (CAME_BACK, TO_PAY, AT_THE_BANK, PAID)

    def __init__(self, office: Office, parent: QWidget) -> None:
        super().__init__(
            office,
            parent,
            title="付款",
            columns=COLUMNS,
            key=lambda line: str(line.payment_no),
            fen=lambda line: int(line.amount_fen),
            empty="还没有付款。提取批准并由中心入账后会出现在这里。",
        )

    def load(self) -> Sequence[PaymentLine]:
        return payments(self.office.window)

    def loaded(self, rows: Sequence[Any]) -> None:
        back = [row for row in rows if self.tab_of(row) == CAME_BACK]
        waiting = [row for row in rows if self.tab_of(row) in (TO_PAY, AT_THE_BANK)]
        parts = [
            f"{words} {len(found)} 笔 {_sum(found)} 元" for words, found in (("退回", back), ("在途", waiting)) if found
        ]
        self.about.setText(" · ".join(parts))

    def tab_of(self, row: Any) -> str:
        return TAB_OF[row.state_words]

    def about_row(self, row: Any) -> About:
        why = "未付原因" if row.state_words == KEPT_BACK else "银行退回原因"
        reason = ((why, row.reason),) if row.reason else ()
        open_fen = (("未付", f"{format_yuan(row.open_fen)}　{capitals(row.open_fen)}"),)
        correction = (("更正受理号", row.correction_no),) if row.correction_no else ()
        words = "更正已受理，等主管审批。" if row.correction_no else NEXT[self.tab_of(row)]
        return About(
            title=f"{row.payee}　{row.title}",
            pairs=(
                ("金额", f"{format_yuan(row.amount_fen)}　{capitals(row.amount_fen)}"),
                *(open_fen if row.open_fen not in (0, row.amount_fen) else ()),
                ("收款账户", f"{row.bank} {row.account}".strip()),
                *reason,
                *correction,
                *row.history,
            ),
            next_step=words,
        )

    def action_rows(self) -> tuple[Action, ...]:
        rows = [Action("payments.tab", "换一类", "F2", self.next_tab)]
        if self.current is not None:
            rows.append(Action("payments.case", "看经过", "F4", self.show_case))
            if self.current.may_be_corrected:
                rows.append(Action("payments.correct", "更正收款账户", "F9", self.correct, Place.MAIN))
        return tuple(rows)

    def choose(self, row: Any) -> None:
        """Correct what came back, else show the case."""
        if row.may_be_corrected:
            self.correct()
        else:
            self.show_case()

    def show_case(self) -> None:
        """Show the case that the current one is paid for, or that corrects it."""
        line: PaymentLine | None = self.current
        if line is not None:
            self.wants_page.emit(CasePage(self.office, line.correction_no or line.case_no, self))

    def correct(self) -> None:
        """Open the form 更正收款账户 for the current one."""
        line: PaymentLine | None = self.current
        if line is not None and line.may_be_corrected:
            work = partial(correction_draft, self.office.window, line.payment_no)
            self.tasks.run(work, self._open, owner=self)

    def _open(self, draft: Draft) -> None:
        open_draft(self.office, self, draft)


def _sum(rows: Sequence[Any]) -> str:
    return format_yuan(sum(row.open_fen for row in rows))
