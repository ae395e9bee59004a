"""委托: monthly agreements of the outlet and what became of each month; they are signed and ended here."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from gjj_desktop.cases.instruction_form import KIND
from gjj_desktop.cases.standing_instruction import ACTIVE
from gjj_desktop.counter.instructions import InstructionLine, instructions, stop_instruction
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.numbers import Series, group_number
from ui.page import Action, Place
from ui.pages.case import CasePage
from ui.pages.case_form import CaseForm
from ui.pages.list_page import About, ListPage
from ui.pages.office import Office
from ui.table import Column

RUNNING, OVER = "执行中", "已结束"
COLUMNS = (
    Column("受理号", lambda line: group_number(Series.CASE, line.instruction_no), 168),
    Column("委托人", lambda line: line.name),
    Column("期间", lambda line: line.period, 168),
    Column("每月（元）", lambda line: line.amount_words, 100, right=True),
    Column("状态", lambda line: line.state_words, 104, chip=True, tone=lambda line: line.tone),
)


class InstructionsPage(ListPage):
    """Agreements, running ones first; F3 signs one, F7 ends the current one, Enter shows how it came about."""

    CONCERNS = frozenset({"StandingInstruction", "Case", "Sync"})
    TABS = (RUNNING, OVER)

    def __init__(self, office: Office, parent: QWidget) -> None:
        super().__init__(
            office,
            parent,
            title="委托按月提取",
            columns=COLUMNS,
            key=lambda line: str(line.instruction_no),
            empty="还没有委托。按 F3 为申请人签一份委托按月提取。",
            unit="份",
        )

    def load(self) -> Sequence[InstructionLine]:
        return instructions(self.office.window)

    def loaded(self, rows: Sequence[Any]) -> None:
        running = [row for row in rows if row.state == ACTIVE]
        failed = sum(row.failed for row in running)
        words = f"执行中 {len(running)} 份" if running else ""
        self.about.setText(f"{words} · {failed} 份上次未提取" if failed else words)

    def tab_of(self, row: Any) -> str:
        return RUNNING if row.state == ACTIVE else OVER

    def about_row(self, row: Any) -> About:
        running = row.state == ACTIVE
        following = (("下次执行", row.next_words),) if running else ()
        note = (("上次", row.last_note),) if row.last_note else ()
        total = (("已提取", f"{format_yuan(row.paid_fen)} 元"),) if row.paid_fen else ()
        return About(
            title=f"{row.name}　{row.reason}",
            pairs=(("付至", row.paid_to), *following, *note, *total, *row.runs),
            next_step="每月由中心日终执行，没有提成的月份下月照常。申请人要停办，按 F7 终止。" if running else "",
        )

    def action_rows(self) -> tuple[Action, ...]:
        rows = [
            Action("instructions.tab", "换一类", "F2", self.next_tab),
            Action("instructions.new", "签委托", "F3", self.sign),
        ]
        if self.current is not None:
            rows.append(Action("instructions.case", "看经过", "F4", self.show_case))
            if self.current.state == ACTIVE:
                rows.append(Action("instructions.stop", "终止委托", "F7", self.ask_why, Place.BUTTON))
        return tuple(rows)

    def choose(self, row: Any) -> None:
        """Show how the current one came about."""
        self.show_case()

    def sign(self) -> None:
        """Open the form of a new agreement above the list."""
        self.wants_page.emit(CaseForm(self.office, KIND, self, closes=True))

    def show_case(self) -> None:
        """Show the case in which the current one was agreed."""
        if self.current is not None:
            self.wants_page.emit(CasePage(self.office, self.current.instruction_no, self))

    def ask_why(self) -> None:
        """Ask why the applicant ends it."""
        line: InstructionLine | None = self.current
        if line is not None and line.state == ACTIVE:
            self.ask(
                f"终止委托：{line.name}　{line.reason}",
                "终止的原因",
                partial(self._stop, line),
                empty_words="请写明终止的原因",
            )

    def _stop(self, line: InstructionLine, reason: str) -> None:
        work = partial(stop_instruction, self.office.window, line.instruction_no, reason)
        sentence = f"{line.name}的委托已终止，待同步。"
        self.office.act(self, work, sentence, then=self.strip.put_away, wrong=self.strip.say)
