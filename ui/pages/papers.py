"""票据: the papers of a day, looking at them again, reprints, voids, and the check of a scanned code."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from gjj_desktop.counter.papers import PaperLine, check_code, papers_of_day, papers_of_outlet
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.printing.check import Outcome, Verdict
from ui.fields.line import LineControl
from ui.page import Action, Place
from ui.pages.case import CasePage
from ui.pages.office import Office
from ui.pages.paper_list import COLUMNS, PaperList
from ui.theme import set_mark, spaced
from ui.widgets import Card, text_label

HERE, ELSEWHERE = "本窗口", "其他窗口"
VERDICT_TONES = {Outcome.MATCHES: "good", Outcome.OLDER_VERSION: "waiting", Outcome.NOT_OURS: "wrong"}


class PapersPage(PaperList):
    """The papers of one day, today's first, this window's before the others'; F2 and F4 go a day back and on."""

    TABS = (HERE, ELSEWHERE)

    CONCERNS = frozenset({"Paper", "IssuedPaper", "Case", "Sync"})

    def __init__(self, office: Office, parent: QWidget) -> None:
        self.day: date | None = None
        super().__init__(
            office,
            parent,
            title="票据",
            columns=COLUMNS,
            key=lambda line: str(line.paper_no),
            empty="这一天本窗口没有开出单据。",
            unit="份",
        )
        self.scan_card = Card("核验单据", self, "Ctrl+J")
        self.scan = LineControl(self.scan_card)
        self.scan.setPlaceholderText("用扫码枪扫单据右上角的二维码")
        self.scan.setAccessibleName("核验单据")
        self.verdict = text_label("", "text", self.scan_card, wraps=True)
        row = spaced(QHBoxLayout(), gap=12)
        row.addWidget(self.scan, 1)
        self.scan_card.body.addLayout(row)
        self.scan_card.body.addWidget(self.verdict)
        self.verdict.hide()
        self.right.addWidget(self.scan_card)
        self.scan.went_on.connect(self.check)
        self.scan.edited.connect(self.verdict.hide)

    def load(self) -> Sequence[PaperLine]:
        if self.day is None:
            with self.office.window.reading() as connection:
                self.day = self.office.window.business_date(connection)
        return (*papers_of_day(self.office.window, self.day), *papers_of_outlet(self.office.window, self.day))

    def tab_of(self, row: Any) -> str:
        return HERE if row.here else ELSEWHERE

    def loaded(self, rows: Sequence[Any]) -> None:
        unprinted = sum(row.here and row.tone == "waiting" for row in rows)
        day = self.day.isoformat() if self.day else ""
        self.about.setText(day + (f" · 未确认打印 {unprinted} 份" if unprinted else ""))

    def action_rows(self) -> tuple[Action, ...]:
        rows = [
            Action("papers.before", "前一天", "F2", partial(self.go_to_day, -1)),
            Action("papers.after", "后一天", "F4", partial(self.go_to_day, +1)),
            Action("papers.scan", "核验", "Ctrl+J", self.scan_now),
        ]
        if self.current is None:
            return tuple(rows)
        if self.current.case_no:
            rows.append(Action("papers.case", "看业务", "F3", self.show_case))
        preview = Action("papers.preview", "预览", "F9", lambda: self.choose(self.current), Place.MAIN)
        return (*rows, *self.paper_actions(), preview)

    def show_case(self) -> None:
        """Show the case that the current paper is about."""
        if self.current is not None and self.current.case_no:
            self.wants_page.emit(CasePage(self.office, self.current.case_no, self))

    def go_to_day(self, step: int) -> None:
        """The papers of the day before or after."""
        if self.day is not None:
            self.day += timedelta(days=step)
            self.refresh()

    def scan_now(self) -> None:
        """What is scanned now goes into the check."""
        self.scan.setFocus()
        self.scan.selectAll()

    def check(self) -> None:
        """Check the code that was scanned."""
        if self.scan.raw().strip():
            self.tasks.run(partial(check_code, self.office.window, self.scan.raw().strip()), self._say, owner=self)

    def _say(self, verdict: Verdict) -> None:
        number = f"{group_number(Series.PAPER, verdict.paper_no)}　" if verdict.paper_no else ""
        self.verdict.setText(f"{number}{verdict.reason}")
        set_mark(self.verdict, "tone", VERDICT_TONES[verdict.outcome])
        self.verdict.show()
        self.scan.selectAll()
