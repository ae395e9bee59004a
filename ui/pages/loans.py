"""贷款: the form of an application, and the list of loans on their way to the payout."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from gjj_desktop.counter.loans import LoanLine, loans_on_their_way, print_schedule, sign_contract
from gjj_desktop.domain.money import capitals, format_yuan
from gjj_desktop.domain.numbers import Series, group_number
from ui.page import Action, Place
from ui.pages.case import CasePage
from ui.pages.case_form import CaseForm
from ui.pages.list_page import About, ListPage
from ui.pages.office import Office
from ui.table import Column

TO_SIGN, TO_PAY, PAID = "待签合同", "待放款", "已放款"
TONES = {TO_SIGN: "waiting", TO_PAY: "waiting", PAID: "good"}
NEXT = {
    TO_SIGN: "与借款人签订借款合同后，按 F9 录入合同编号。",
    TO_PAY: "等主管在“审批”里确认放款。",
    PAID: "按 F9 打印还款计划表，交给借款人。",
}
COLUMNS = (
    Column("受理号", lambda line: group_number(Series.CASE, line.case_no), 176),
    Column("借款人", lambda line: line.borrower),
    Column("金额（元）", lambda line: format_yuan(line.amount_fen), 132, right=True),
    Column("进度", lambda line: line.next_words, 104, chip=True, tone=lambda line: TONES.get(line.next_words, "")),
)


class LoanPage(CaseForm):
    """The form of an application; F4 leads to the loans on their way."""

    def __init__(self, office: Office, parent: QWidget) -> None:
        super().__init__(office, "loan.submit", parent)
        self._office_of_list = office

    def action_rows(self) -> tuple[Action, ...]:
        return (Action("loan.list", "签约与放款", "F4", self.show_list), *super().action_rows())

    def show_list(self) -> None:
        """Show the loans on their way above the form."""
        self.wants_page.emit(LoansPage(self._office_of_list, self))


class LoansPage(ListPage):
    """Applications past approval; Enter does what comes next for the current one."""

    CONCERNS = frozenset({"Case", "Loan", "Sync"})
    TABS = (TO_SIGN, TO_PAY, PAID)

    def __init__(self, office: Office, parent: QWidget) -> None:
        super().__init__(
            office,
            parent,
            title="签约与放款",
            columns=COLUMNS,
            key=lambda line: str(line.case_no),
            fen=lambda line: int(line.amount_fen),
            empty="还没有批准的贷款申请。审批通过后会出现在这里。",
        )

    def load(self) -> Sequence[LoanLine]:
        return loans_on_their_way(self.office.window)

    def tab_of(self, row: Any) -> str:
        return str(row.next_words)

    def about_row(self, row: Any) -> About:
        account = (("贷款账号", group_number(Series.LOAN, row.loan_account_no)),) if row.loan_account_no else ()
        return About(
            title=f"{row.borrower}　公积金贷款",
            pairs=(
                ("金额", f"{format_yuan(row.amount_fen)}　{capitals(row.amount_fen)}"),
                *account,
                ("借款合同", row.contract_no or "未签"),
            ),
            next_step=NEXT.get(row.next_words, ""),
        )

    def action_rows(self) -> tuple[Action, ...]:
        rows = [Action("loans.back", "返回", "Esc", self.done.emit), Action("loans.tab", "换一类", "F2", self.next_tab)]
        if self.current is None:
            return tuple(rows)
        rows.append(Action("loans.case", "看经过", "F4", self.show_case))
        if self.current.next_words == TO_SIGN:
            rows.append(Action("loans.sign", "签订合同", "F9", self.ask_contract_no, Place.MAIN))
        if self.current.next_words == PAID:
            rows.append(Action("loans.schedule", "打印还款计划", "F9", self.print_schedule, Place.MAIN))
        return tuple(rows)

    def choose(self, row: Any) -> None:
        """Do what comes next for the loan."""
        if row.next_words == TO_SIGN:
            self.ask_contract_no()
        elif row.next_words == PAID:
            self.print_schedule()
        else:
            self.show_case()

    def show_case(self) -> None:
        """Show how the current one came about."""
        if self.current is not None:
            self.wants_page.emit(CasePage(self.office, self.current.case_no, self))

    def ask_contract_no(self) -> None:
        """Ask for the number of the contract that was signed."""
        if self.current is not None:
            line: LoanLine = self.current
            self.ask(
                f"签订合同：{line.borrower}　{format_yuan(line.amount_fen)} 元",
                "借款合同编号",
                partial(self._sign, line),
                empty_words="请填写借款合同编号",
            )

    def print_schedule(self) -> None:
        """Issue the repayment schedule of the current one and show it."""
        if self.current is not None:
            work = partial(print_schedule, self.office.window, self.current.case_no)
            self.office.act(self, work, "还款计划表已开出。")

    def _sign(self, line: LoanLine, contract_no: str) -> None:
        work = partial(sign_contract, self.office.window, line.case_no, contract_no)
        sentence = f"{line.borrower}的借款合同已登记，等主管放款。"
        self.office.act(self, work, sentence, then=self.strip.put_away, wrong=self.strip.say)
