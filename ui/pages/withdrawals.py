"""提取: the form, and the list of what was posted with its payment vouchers."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from gjj_desktop.cases.rows import Case
from gjj_desktop.counter.withdrawals import posted_withdrawals, print_voucher
from gjj_desktop.domain.money import capitals, format_yuan
from gjj_desktop.domain.numbers import Series, group_number
from ui.page import Action, Place
from ui.pages.case import CasePage
from ui.pages.case_form import CaseForm
from ui.pages.list_page import About, ListPage
from ui.pages.office import Office
from ui.table import Column

COLUMNS = (
    Column("受理号", lambda case: group_number(Series.CASE, case.case_no), 176),
    Column("事项", lambda case: case.title, 110),
    Column("申请人", lambda case: case.subject),
    Column("金额（元）", lambda case: format_yuan(case.amount_fen), 116, right=True),
)


class WithdrawalPage(CaseForm):
    """The form of a withdrawal; F4 leads to the posted ones."""

    def __init__(self, office: Office, parent: QWidget) -> None:
        super().__init__(office, "withdrawal.submit", parent)
        self._office_of_list = office

    def action_rows(self) -> tuple[Action, ...]:
        return (Action("withdrawal.posted", "付款凭证", "F4", self.show_posted), *super().action_rows())

    def show_posted(self) -> None:
        """Show the posted withdrawals above the form."""
        self.wants_page.emit(PostedPage(self._office_of_list, self))


class PostedPage(ListPage):
    """Withdrawals that the centre has posted; Enter prints the payment voucher."""

    CONCERNS = frozenset({"Case", "Payment", "Sync"})

    def __init__(self, office: Office, parent: QWidget) -> None:
        super().__init__(
            office,
            parent,
            title="已入账的提取",
            columns=COLUMNS,
            key=lambda case: str(case.case_no),
            fen=lambda case: int(case.amount_fen),
            empty="还没有已入账的提取。批准并由中心入账后会出现在这里。",
        )

    def load(self) -> Sequence[Case]:
        return posted_withdrawals(self.office.window)

    def about_row(self, row: Any) -> About:
        return About(
            title=f"{row.subject}　{row.title}",
            pairs=(
                ("金额", f"{format_yuan(row.amount_fen)}　{capitals(row.amount_fen)}"),
                ("受理", f"{row.received_on} {row.maker_name}"),
                *((("审批", row.history[-1].name),) if row.history else ()),
            ),
            next_step="按 F9 打印提取业务回执（付款凭证），交给申请人。",
        )

    def action_rows(self) -> tuple[Action, ...]:
        rows = [Action("posted.back", "返回", "Esc", self.done.emit)]
        if self.current is not None:
            rows.append(Action("posted.case", "看经过", "F4", self.show_case))
            rows.append(Action("posted.voucher", "打印付款凭证", "F9", self.print_voucher, Place.MAIN))
        return tuple(rows)

    def choose(self, row: Any) -> None:
        """Print the payment voucher."""
        self.print_voucher()

    def show_case(self) -> None:
        """Show how the current one came about."""
        if self.current is not None:
            self.wants_page.emit(CasePage(self.office, self.current.case_no, self))

    def print_voucher(self) -> None:
        """Issue the voucher of the current one and show it."""
        if self.current is not None:
            work = partial(print_voucher, self.office.window, self.current.case_no)
            self.office.act(self, work, "付款凭证已开出。")
