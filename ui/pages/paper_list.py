"""A list of papers and what can be done with each; the papers of one case."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from gjj_desktop.counter.issuing import Issuable, issuable, issue_about
from gjj_desktop.counter.papers import PaperLine, agree_reprint, papers_of_case, reprint, reprinted, void
from gjj_desktop.domain.numbers import Series, group_number
from ui.page import Action, Place
from ui.pages.list_page import About, ListPage
from ui.pages.office import Office
from ui.table import Column

COLUMNS = (
    Column("单据号", lambda line: group_number(Series.PAPER, line.paper_no), 172),
    Column("单据", lambda line: line.title),
    Column("交给", lambda line: line.subject, 122),
    Column("窗口", lambda line: line.window, 58),
    Column("补打", lambda line: f"{line.reprints} 次" if line.reprints else "", 48, right=True),
    Column("状态", lambda line: line.state, 104, chip=True, tone=lambda line: line.tone),
)
VOID = "已作废"


class PaperList(ListPage):
    """A list of papers with what can be done with each: look, print once more, agree to that, void."""

    def about_row(self, row: Any) -> About:
        case = (("受理号", group_number(Series.CASE, row.case_no)),) if row.case_no else ()
        agreed = (("主管同意", f"{row.agreed_by} 已同意补打一次"),) if row.agreed_by else ()
        return About(
            title=row.title,
            pairs=(
                ("单据号", group_number(Series.PAPER, row.paper_no)),
                *case,
                ("交给", row.subject or "—"),
                ("开出", f"{row.issued_on.isoformat()} {row.window}"),
                ("状态", row.state),
                *(("补打", line) for line in row.margin),
                *agreed,
            ),
            next_step=_next_step(row, supervisor=self._is_supervisor()),
        )

    def choose(self, row: Any) -> None:
        """Show the paper."""
        self.office.preview(self, row.paper_no)

    def paper_actions(self) -> list[Action]:
        """What can be done with the current paper, but for looking at it."""
        row = self.current
        if row is None or row.void:
            return []
        rows = []
        if row.here:
            rows.append(Action("papers.void", "作废", "F7", self.ask_void, Place.BUTTON))
        if row.money and not row.agreed_by and self._is_supervisor():
            rows.append(Action("papers.agree", "同意补打", "F8", self.agree, Place.BUTTON))
        rows.append(Action("papers.reprint", "补打", "F6", self.ask_reprint, Place.BUTTON))
        return rows

    def _is_supervisor(self) -> bool:
        session = self.office.window.session
        return session is not None and "supervisor" in session.roles

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

    def agree(self) -> None:
        """The supervisor agrees that the current receipt of money is printed once more."""
        if self.current is not None:
            work = partial(agree_reprint, self.office.window, self.current.paper_no)
            self.office.act(self, work, "已同意补打一次，待同步。", then=self._changed)

    def _reprint(self, paper_no: str, reason: str) -> None:
        def done() -> None:
            self.strip.put_away()
            self.office.show_paper(self, partial(reprinted, self.office.window, paper_no), lambda _: self._changed())

        work = partial(reprint, self.office.window, paper_no, reason)
        self.office.act(self, work, "补打已登记。", then=done, wrong=self.strip.say)

    def _void(self, paper_no: str, reason: str) -> None:
        def done() -> None:
            self.strip.put_away()
            self._changed()

        work = partial(void, self.office.window, paper_no, reason)
        self.office.act(self, work, "单据已作废，号码留在日结里。", then=done, wrong=self.strip.say)

    def _changed(self) -> None:
        self.office.changed.emit(frozenset({"Paper"}))


def _next_step(row: PaperLine, *, supervisor: bool) -> str:
    """What the clerk should know before printing this paper once more."""
    if row.void:
        return ""
    if row.money and not row.agreed_by and supervisor:
        return "按 F8 同意经办窗口补打一次；您自己补打按 F6，都会印在单据边上。"
    if row.money and not row.agreed_by:
        return "付款凭证补打须主管同意：请主管选这张单据按 F8，或由主管登录后补打。"
    return "补打和作废都要写明原因，原因会印在单据边上并留在日结里。"


class CasePapersPage(PaperList):
    """The papers about one case, whichever window issued them, and those that may be issued about it now."""

    CONCERNS = frozenset({"Paper", "IssuedPaper", "Case", "Payment", "Sync"})

    def __init__(self, office: Office, case_no: str, parent: QWidget) -> None:
        self.case_no = case_no
        self.can_issue: Sequence[Issuable] = ()
        super().__init__(
            office,
            parent,
            title="这笔业务的单据",
            columns=COLUMNS,
            key=lambda line: str(line.paper_no),
            empty="这笔业务还没有开出单据。",
            unit="份",
        )
        self.about.setText(f"受理号 {group_number(Series.CASE, case_no)}")

    def load(self) -> Sequence[PaperLine]:
        self.can_issue = issuable(self.office.window, self.case_no)
        return papers_of_case(self.office.window, self.case_no)

    def loaded(self, rows: Sequence[Any]) -> None:
        self.actions_changed.emit()

    def action_rows(self) -> tuple[Action, ...]:
        back = Action("papers.back", "返回", "Esc", self.done.emit)
        issuing = [
            Action(f"papers.issue_{each.kind}", f"开{each.title}", key, partial(self.issue, each), Place.BUTTON)
            for each, key in zip(self.can_issue, ("F5", "Ctrl+F5"), strict=False)
        ]
        looking = [] if self.current is None else [Action("papers.preview", "预览", "F9", self.look, Place.MAIN)]
        return (back, *issuing, *self.paper_actions(), *looking)

    def look(self) -> None:
        """Show the current paper."""
        if self.current is not None:
            self.choose(self.current)

    def issue(self, paper: Issuable) -> None:
        """Issue a paper about the case and show it."""
        work = partial(issue_about, self.office.window, self.case_no, paper.kind)
        self.office.act(self, work, f"{paper.title}已开出。", then=self._changed)
