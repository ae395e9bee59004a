"""待补材料: drafts that wait for an applicant to come back with what a 一次性告知单 named; opened again by its code."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.counter.notice_codes import looks_like_code
from gjj_desktop.counter.notices import NoticeLine, open_notices, reopen_notice
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.store.drafts import Draft
from ui.fields.control import is_plain_enter
from ui.messages import Message
from ui.page import Action, Page, Place
from ui.pages.case_form import open_draft
from ui.pages.list_page import About, ListPage
from ui.pages.office import Office
from ui.table import Column

COLUMNS = (
    Column("告知编号", lambda line: group_number(Series.CASE, line.notice_no), 176),
    Column("申请人", lambda line: line.subject, 150),
    Column("事项", lambda line: line.title),
    Column("待补", lambda line: f"{len(line.missing)} 项", 72, right=True),
    Column("有效至", lambda line: line.until.isoformat(), 116, right=True),
)


def reopen(office: Office, page: Page, text: str) -> None:
    """Open the draft behind a notice above `page`, filled in, or say why it can not be."""

    def answered(found: Draft | Refusal) -> None:
        if isinstance(found, Refusal):
            page.said.emit(Message(found.findings[0].message))
            return
        office.changed.emit(frozenset({"Draft"}))
        open_draft(office, page, found)

    office.tasks.run(partial(reopen_notice, office.window, text), answered, owner=page)


class NoticesPage(ListPage):
    """The notices of this outlet that wait. Enter opens the current one, or the one whose code was just scanned."""

    CONCERNS = frozenset({"OpenNotice", "Sync"})

    def __init__(self, office: Office, parent: QWidget) -> None:
        super().__init__(
            office,
            parent,
            title="待补材料",
            columns=COLUMNS,
            key=lambda line: str(line.notice_no),
            empty="没有等待补材料的。扫描告知单上的码，或输入告知编号，按 Enter 打开。",
            filter_words="扫描告知单上的码，或输入编号、姓名",
            unit="份",
        )
        self.table.filter_line.stepped.connect(self._on_stepped)

    def load(self) -> Sequence[NoticeLine]:
        return open_notices(self.office.window)

    def about_row(self, row: Any) -> About:
        missing = tuple((str(number), words) for number, words in enumerate(row.missing, 1))
        return About(
            title=row.subject,
            pairs=(
                ("事项", row.title),
                ("开出", f"{row.made_on} {row.made_by}"),
                ("有效至", row.until.isoformat()),
                *missing,
            ),
            next_step="申请人带材料来时按 Enter 打开，已填的内容都在，补齐后按 F9 受理。",
        )

    def action_rows(self) -> tuple[Action, ...]:
        rows = [Action("notices.back", "返回", "Esc", self.done.emit)]
        if self.current is not None:
            go_on = partial(reopen, self.office, self, self.current.notice_no)
            rows.append(Action("notices.open", "继续办理", "F9", go_on, Place.MAIN))
        return tuple(rows)

    def choose(self, row: Any) -> None:
        """Open the current one, unless a code was just scanned."""
        line = self.table.filter_line
        if not (line.hasFocus() and looks_like_code(line.text())):
            reopen(self.office, self, row.notice_no)

    def _on_stepped(self, event: QKeyEvent) -> None:
        """A scanner is faster than the filter, so its code counts and not the row that was current before."""
        scanned = self.table.filter_line.text()
        if is_plain_enter(event) and looks_like_code(scanned):
            self.table.filter_line.clear()
            self.table.filter_line.textEdited.emit("")
            reopen(self.office, self, scanned)
