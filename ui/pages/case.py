"""One case to read: how far it is, what it is about, and taking it back while it may be."""

from functools import partial

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gjj_desktop.cases.rows import Case
from gjj_desktop.cases.state import State, need
from gjj_desktop.cases.workflow import RECEIVED, RETURNED, REVIEWED
from gjj_desktop.counter.case_view import CaseView, case_view
from gjj_desktop.counter.corrections import reopen_case, take_back
from gjj_desktop.counter.viewing import CasePages
from gjj_desktop.counter.window import Window
from gjj_desktop.store import view
from gjj_desktop.store.drafts import Draft
from ui.case_panel import CasePanel
from ui.page import Action, Page, Place
from ui.pages.ask import AskStrip
from ui.pages.case_form import open_draft
from ui.pages.office import Office
from ui.pages.paper_list import CasePapersPage
from ui.theme import spaced
from ui.viewer import ViewerPage

OPEN = (RECEIVED, REVIEWED, RETURNED)


class CasePage(Page):
    """Shows a case; from here it can be corrected when it came back, or taken back by the applicant."""

    def __init__(self, office: Office, case_no: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.office, self.case_no = office, case_no
        self.state, self.has_materials = "", False
        self.panel = CasePanel(self)
        self.panel.show_case(None)
        self.panel.material_wanted.connect(self.show_pages)
        self.strip = AskStrip(self)
        column = spaced(QVBoxLayout(self), (20, 14, 10, 12), 12)
        column.addWidget(self.panel, 1)
        column.addWidget(self.strip)
        self.refresh()

    def action_rows(self) -> tuple[Action, ...]:
        rows = [
            Action("case.back", "返回", "Esc", self.done.emit),
            Action("case.papers", "单据", "F6", self.show_papers),
        ]
        if self.has_materials:
            rows.append(Action("case.pages", "看材料", "F8", self.show_pages))
        if self.state in OPEN:
            rows.append(Action("case.take_back", "撤回", "F7", self.ask_why, Place.BUTTON))
        if self.state == RETURNED:
            rows.append(Action("case.correct", "补正", "F9", self.correct, Place.MAIN))
        return tuple(rows)

    def refresh(self) -> None:
        self.office.tasks.run(partial(_load, self.office.window, self.case_no), self._show, owner=self)

    def show_papers(self) -> None:
        """Show the papers of the case, and those that may be issued about it."""
        self.wants_page.emit(CasePapersPage(self.office, self.case_no, self))

    def show_pages(self, material: str = "") -> None:
        """Show the scanned pages of the case, those of `material` first."""
        pages = CasePages(self.office.window, self.office.machine.engine.want)
        self.wants_page.emit(ViewerPage(pages, self.office.tasks, self.case_no, material, self))

    def correct(self) -> None:
        """Open the form of the case again, filled in."""
        self.office.tasks.run(partial(reopen_case, self.office.window, self.case_no), self._open, owner=self)

    def ask_why(self) -> None:
        """Ask why the applicant takes the case back."""
        self.strip.ask("撤回", "撤回的原因", self.take_back, empty_words="请写明撤回的原因")

    def take_back(self, reason: str) -> None:
        """The applicant takes the case back."""
        work = partial(take_back, self.office.window, self.case_no, reason)
        self.office.act(self, work, "已撤回，待同步。", then=self.strip.put_away, wrong=self.strip.say)

    def _open(self, draft: Draft) -> None:
        open_draft(self.office, self, draft)

    def _show(self, loaded: tuple[CaseView, str]) -> None:
        case, self.state = loaded
        self.has_materials = bool(case.materials)
        self.panel.show_case(case)
        self.actions_changed.emit()


def _load(window: Window, case_no: str) -> tuple[CaseView, str]:
    with window.reading() as connection:
        case = State(view.load_view(connection, [need(Case, case_no)])).get(Case, case_no)
        if case is None:
            raise LookupError(f"no case {case_no}")
        return case_view(window, connection, case, window.clerk(connection)), case.state
