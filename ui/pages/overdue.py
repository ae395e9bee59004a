"""催收: loans that are behind, what is missing to the fen today, and the letters to them."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from gjj_desktop.counter.loans import OverdueLine, issue_letter, may_get_letter, overdue_list
from gjj_desktop.domain.money import capitals, format_yuan
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.security.masking import mask_mobile
from ui.page import Action, Place
from ui.pages.list_page import About, ListPage
from ui.pages.office import Office
from ui.table import Column

COLUMNS = (
    Column("借款人", lambda line: line.borrower),
    Column("逾期", lambda line: f"{line.overdue_periods} 期", 66, right=True),
    Column("应还合计（元）", lambda line: format_yuan(line.total_fen), 132, right=True),
    Column("催收阶段", lambda line: line.tier_words, 132, chip=True, tone=lambda line: _tone(line)),
    Column("已发函", lambda line: f"{line.letters} 次" if line.letters else "—", 74, right=True),
)


def _tone(line: OverdueLine) -> str:
    return "wrong" if may_get_letter(line) else "waiting"


class OverduePage(ListPage):
    """Everybody who is behind, most periods first; Enter makes the letter where policy gives one."""

    CONCERNS = frozenset({"Loan", "Instalment", "Letter", "Sync"})

    def __init__(self, office: Office, parent: QWidget) -> None:
        super().__init__(
            office,
            parent,
            title="催收",
            columns=COLUMNS,
            key=lambda line: str(line.loan_account_no),
            fen=lambda line: int(line.total_fen),
            empty="没有逾期的贷款。",
        )

    def load(self) -> Sequence[OverdueLine]:
        return overdue_list(self.office.window)

    def loaded(self, rows: Sequence[Any]) -> None:
        letters = sum(may_get_letter(row) for row in rows)
        self.about.setText(f"应发催收函 {letters} 户" if letters else "")

    def about_row(self, row: Any) -> About:
        words = (
            "按 F9 生成逾期催收函，金额算到今天。"
            if may_get_letter(row)
            else f"现在是{row.tier_words}阶段，还不到发函。"
        )
        return About(
            title=f"{row.borrower}　逾期 {row.overdue_periods} 期",
            pairs=(
                ("贷款账号", group_number(Series.LOAN, row.loan_account_no)),
                ("手机号码", mask_mobile(row.mobile) if row.mobile else "—"),
                ("逾期本金", format_yuan(row.principal_fen)),
                ("逾期利息", format_yuan(row.interest_fen)),
                ("罚息", format_yuan(row.penalty_fen)),
                ("应还合计", format_yuan(row.total_fen)),
                ("大写", capitals(row.total_fen)),
            ),
            next_step=words,
        )

    def action_rows(self) -> tuple[Action, ...]:
        rows = (Action("overdue.refresh", "刷新", "F5", self.refresh),)
        if self.current is None or not may_get_letter(self.current):
            return rows
        return (*rows, Action("overdue.letter", "生成催收函", "F9", self.make_letter, Place.MAIN))

    def choose(self, row: Any) -> None:
        """Make the letter where there is one to make."""
        if may_get_letter(row):
            self.make_letter()

    def make_letter(self) -> None:
        """Issue the letter to the current borrower and show it."""
        if self.current is not None:
            work = partial(issue_letter, self.office.window, self.current.loan_account_no)
            self.office.act(self, work, f"{self.current.borrower}的催收函已生成。")
