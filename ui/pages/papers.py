"""票据: the papers of a day, looking at them again, reprints, voids, and the check of a scanned code."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from gjj_desktop.counter.papers import PaperLine, check_code, papers_of_day, reprint, void
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.printing.check import Outcome, Verdict
from ui.fields.line import LineControl
from ui.page import Action, Place
from ui.pages.list_page import About, ListPage
from ui.pages.office import Office
from ui.table import Column
from ui.theme import set_mark, spaced
from ui.widgets import Card, text_label

COLUMNS = (
    Column("单据号", lambda line: group_number(Series.PAPER, line.paper_no), 160),
    Column("单据", lambda line: line.title),
    Column("交给", lambda line: line.subject, 140),
    Column("补打", lambda line: f"{line.reprints} 次" if line.reprints else "", 58, right=True),
    Column("状态", lambda line: line.state, 108, chip=True, tone=lambda line: line.tone),
)
VOID = "已作废"
VERDICT_TONES = {Outcome.MATCHES: "good", Outcome.OLDER_VERSION: "waiting", Outcome.NOT_OURS: "wrong"}


class PapersPage(ListPage):
    """The papers of one day, today's first; F2 and F4 go a day back and on."""

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
        return papers_of_day(self.office.window, self.day)

    def loaded(self, rows: Sequence[Any]) -> None:
        unprinted = sum(row.tone == "waiting" for row in rows)
        day = self.day.isoformat() if self.day else ""
        self.about.setText(day + (f" · 未确认打印 {unprinted} 份" if unprinted else ""))

    def about_row(self, row: Any) -> About:
        case = (("受理号", group_number(Series.CASE, row.case_no)),) if row.case_no else ()
        return About(
            title=row.title,
            pairs=(
                ("单据号", group_number(Series.PAPER, row.paper_no)),
                *case,
                ("交给", row.subject or "—"),
                ("开出", row.issued_on.isoformat()),
                ("打印", row.state + (f"，补打 {row.reprints} 次" if row.reprints else "")),
            ),
            next_step="" if row.state == VOID else "补打和作废都要写明原因，原因会留在日结里。",
        )

    def action_rows(self) -> tuple[Action, ...]:
        rows = [
            Action("papers.before", "前一天", "F2", partial(self.go_to_day, -1)),
            Action("papers.after", "后一天", "F4", partial(self.go_to_day, +1)),
            Action("papers.scan", "核验", "Ctrl+J", self.scan_now),
        ]
        if self.current is None:
            return tuple(rows)
        if self.current.state != VOID:
            rows.append(Action("papers.void", "作废", "F7", self.ask_void, Place.BUTTON))
            rows.append(Action("papers.reprint", "补打", "F6", self.ask_reprint, Place.BUTTON))
        rows.append(Action("papers.preview", "预览", "F9", lambda: self.choose(self.current), Place.MAIN))
        return tuple(rows)

    def choose(self, row: Any) -> None:
        """Show the paper."""
        self.office.preview(self, row.paper_no)

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

    def ask_reprint(self) -> None:
        """Ask why the paper is printed once more."""
        if self.current is not None:
            paper_no = self.current.paper_no
            self.ask(
                f"补打：{self.current.title}",
                "补打的原因",
                partial(self._reprint, paper_no),
                empty_words="请写明补打的原因",
            )

    def ask_void(self) -> None:
        """Ask why the paper is void."""
        if self.current is not None:
            paper_no = self.current.paper_no
            self.ask(
                f"作废：{self.current.title}",
                "作废的原因",
                partial(self._void, paper_no),
                empty_words="请写明作废的原因",
            )

    def _reprint(self, paper_no: str, reason: str) -> None:
        self.strip.put_away()
        self.office.show_paper(self, partial(reprint, self.office.window, paper_no, reason), lambda _: self._changed())

    def _void(self, paper_no: str, reason: str) -> None:
        def done() -> None:
            self.strip.put_away()
            self._changed()

        work = partial(void, self.office.window, paper_no, reason)
        self.office.act(self, work, "单据已作废，号码留在日结里。", then=done, wrong=self.strip.say)

    def _changed(self) -> None:
        self.office.changed.emit(frozenset({"Paper"}))

    def _say(self, verdict: Verdict) -> None:
        number = f"{group_number(Series.PAPER, verdict.paper_no)}　" if verdict.paper_no else ""
        self.verdict.setText(f"{number}{verdict.reason}")
        set_mark(self.verdict, "tone", VERDICT_TONES[verdict.outcome])
        self.verdict.show()
        self.scan.selectAll()
