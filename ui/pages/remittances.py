"""汇缴到账: remittances that wait for the bank's money, and the money that fits."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from gjj_desktop.counter.remittances import RemittanceLine, match, remittances
from gjj_desktop.domain.money import capitals, format_yuan
from gjj_desktop.domain.numbers import Series, group_number
from ui.page import Action, Place
from ui.pages.case import CasePage
from ui.pages.list_page import About, ListPage
from ui.pages.office import Office
from ui.table import Column

WAITING, ALLOCATED = "待到账", "已分摊入账"
COLUMNS = (
    Column("受理号", lambda line: group_number(Series.CASE, line.case_no), 176),
    Column("单位", lambda line: line.subject),
    Column("金额（元）", lambda line: format_yuan(line.amount_fen), 132, right=True),
    Column(
        "状态", lambda line: line.state_words, 116, chip=True, tone=lambda line: "waiting" if line.waiting else "good"
    ),
)


class RemittancesPage(ListPage):
    """Remittances, those that wait first; Enter says which money pays for the current one."""

    CONCERNS = frozenset({"Case", "BankCredit", "Sync"})
    TABS = (WAITING, ALLOCATED)

    def __init__(self, office: Office, parent: QWidget) -> None:
        super().__init__(
            office,
            parent,
            title="汇缴到账",
            columns=COLUMNS,
            key=lambda line: str(line.case_no),
            fen=lambda line: int(line.amount_fen),
            empty="还没有单位汇缴。受理单位汇缴后会出现在这里。",
        )

    def load(self) -> Sequence[RemittanceLine]:
        return remittances(self.office.window)

    def tab_of(self, row: Any) -> str:
        return str(row.state_words)

    def about_row(self, row: Any) -> About:
        fitting = (("相符的到账", "、".join(row.fitting)),) if row.fitting else ()
        if not row.waiting:
            words = "已按清册分摊到个人账户。"
        elif row.fitting:
            words = "按 F9 用这笔到账款项匹配，由中心分摊入账。"
        else:
            words = "还没有金额相符的到账款项。款项注明受理号的，到账后由中心自动匹配。"
        return About(
            title=row.subject,
            pairs=(("金额", f"{format_yuan(row.amount_fen)}　{capitals(row.amount_fen)}"), *fitting),
            next_step=words,
        )

    def action_rows(self) -> tuple[Action, ...]:
        rows = [Action("remit.back", "返回", "Esc", self.done.emit), Action("remit.tab", "换一类", "F2", self.next_tab)]
        if self.current is not None:
            rows.append(Action("remit.case", "看经过", "F4", self.show_case))
            if self.current.fitting:
                rows.append(Action("remit.match", "匹配到账", "F9", self.match, Place.MAIN))
        return tuple(rows)

    def choose(self, row: Any) -> None:
        """Match where there is money that fits, else show the case."""
        if row.fitting:
            self.match()
        else:
            self.show_case()

    def show_case(self) -> None:
        """Show how the current one came about."""
        if self.current is not None:
            self.wants_page.emit(CasePage(self.office, self.current.case_no, self))

    def match(self) -> None:
        """Match the only money that fits, or ask which."""
        line: RemittanceLine | None = self.current
        if line is None or not line.fitting:
            return
        if len(line.fitting) == 1:
            self._match(line, line.fitting[0])
        else:
            self.ask(
                f"匹配到账：{line.subject}　{format_yuan(line.amount_fen)} 元",
                f"银行流水号（{'、'.join(line.fitting)}）",
                partial(self._match, line),
                empty_words="请填写银行流水号",
                raw=line.fitting[0],
            )

    def _match(self, line: RemittanceLine, reference: str) -> None:
        work = partial(match, self.office.window, line.case_no, reference)
        wrong = None if self.strip.isHidden() else self.strip.say
        self.office.act(self, work, "已匹配，由中心分摊入账。", then=self.strip.put_away, wrong=wrong)
