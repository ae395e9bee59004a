"""提取: the form, and the list of what was decided with the paper that follows."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from gjj_desktop.cases.rows import Case
from gjj_desktop.cases.workflow import POSTED, REFUSED, STATE_LABELS
from gjj_desktop.counter.issuing import print_not_accepted
from gjj_desktop.counter.withdrawals import decided_withdrawals, print_refusal, print_voucher
from gjj_desktop.domain.money import capitals, format_yuan
from gjj_desktop.domain.numbers import Series, group_number
from ui.page import Action, Place, in_order_of_keys
from ui.pages.case import CasePage
from ui.pages.case_form import CaseForm
from ui.pages.list_page import About, ListPage
from ui.pages.notices import NoticesPage
from ui.pages.office import Office
from ui.pages.paper_list import CasePapersPage
from ui.table import Column

TONES = {POSTED: "good", REFUSED: "wrong"}
COLUMNS = (
    Column("受理号", lambda case: group_number(Series.CASE, case.case_no), 176),
    Column("事项", lambda case: case.title, 110),
    Column("申请人", lambda case: case.subject),
    Column("金额（元）", lambda case: format_yuan(paid_fen(case)), 116, right=True),
    Column("结果", lambda case: STATE_LABELS[case.state], 96, chip=True, tone=lambda case: TONES[case.state]),
)
PAID, TURNED_DOWN = "已入账", "不予批准"


def paid_fen(case: Case) -> int:
    """What was paid, with interest; what was asked for while nothing was posted."""
    return case.posted_fen + case.interest_fen or case.amount_fen


class WithdrawalPage(CaseForm):
    """The form of a withdrawal; F4 leads to the posted ones, F5 to those that wait for papers."""

    def __init__(self, office: Office, parent: QWidget) -> None:
        super().__init__(office, "withdrawal.submit", parent)
        self._office_of_list = office

    def action_rows(self) -> tuple[Action, ...]:
        own = (
            Action("withdrawal.posted", "凭证与决定书", "F4", self.show_posted),
            Action("withdrawal.notices", "待补材料", "F5", self.show_notices),
            Action("withdrawal.not_accepted", "不予受理", "Ctrl+F10", self.print_not_accepted),
        )
        return in_order_of_keys((*own, *super().action_rows()))

    def print_not_accepted(self) -> None:
        """Issue the 不予受理告知书 of what is typed, or say that nothing stands against it."""
        work = partial(print_not_accepted, self.desk, self.cards.raw())
        self._office_of_list.act(self, work, "不予受理告知书已开出。")

    def show_notices(self) -> None:
        """Show what waits for applicants to come back above the form."""
        self.wants_page.emit(NoticesPage(self._office_of_list, self))

    def show_posted(self) -> None:
        """Show the posted withdrawals above the form."""
        self.wants_page.emit(PostedPage(self._office_of_list, self))


class PostedPage(ListPage):
    """Withdrawals that the centre has posted or that were refused; Enter prints the voucher or the decision."""

    CONCERNS = frozenset({"Case", "Payment", "Paper", "Sync"})
    TABS = (PAID, TURNED_DOWN)

    def __init__(self, office: Office, parent: QWidget) -> None:
        super().__init__(
            office,
            parent,
            title="已决定的提取",
            columns=COLUMNS,
            key=lambda case: str(case.case_no),
            fen=lambda case: paid_fen(case) if case.state == POSTED else None,
            empty="还没有已决定的提取。批准并由中心入账，或不予批准后会出现在这里。",
        )

    def load(self) -> Sequence[Case]:
        return decided_withdrawals(self.office.window)

    def tab_of(self, row: Any) -> str:
        return TURNED_DOWN if row.state == REFUSED else PAID

    def about_row(self, row: Any) -> About:
        refused = row.state == REFUSED
        interest = (("其中利息", format_yuan(row.interest_fen)),) if row.interest_fen else ()
        return About(
            title=f"{row.subject}　{row.title}",
            pairs=(
                ("金额", f"{format_yuan(paid_fen(row))}　{capitals(paid_fen(row))}"),
                *interest,
                ("受理", f"{row.received_on} {row.maker_name}"),
                *((("审批", row.history[-1].name),) if row.history else ()),
                *((("原因", row.history[-1].opinion),) if refused and row.history else ()),
            ),
            next_step="按 F9 打印不予批准决定书，交给申请人。"
            if refused
            else "按 F9 打印提取业务回执（付款凭证），交给申请人。已开过的请按 F6 补打。",
        )

    def action_rows(self) -> tuple[Action, ...]:
        rows = [Action("posted.back", "返回", "Esc", self.done.emit)]
        if self.current is not None:
            words = "打印决定书" if self.current.state == REFUSED else "打印付款凭证"
            rows.append(Action("posted.case", "看经过", "F4", self.show_case))
            rows.append(Action("posted.papers", "单据", "F6", self.show_papers))
            rows.append(Action("posted.voucher", words, "F9", self.print_paper, Place.MAIN))
        return tuple(rows)

    def choose(self, row: Any) -> None:
        """Print the paper that follows."""
        self.print_paper()

    def show_case(self) -> None:
        """Show how the current one came about."""
        if self.current is not None:
            self.wants_page.emit(CasePage(self.office, self.current.case_no, self))

    def show_papers(self) -> None:
        """Show the papers of the current one."""
        if self.current is not None:
            self.wants_page.emit(CasePapersPage(self.office, self.current.case_no, self))

    def print_paper(self) -> None:
        """Issue the voucher or the decision of the current one and show it."""
        if self.current is None:
            return
        refused = self.current.state == REFUSED
        work = partial(print_refusal if refused else print_voucher, self.office.window, self.current.case_no)
        self.office.act(self, work, "决定书已开出。" if refused else "付款凭证已开出。")
