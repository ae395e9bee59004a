"""A form of one kind of command, with its drafts, its paper and the way back to an empty sheet."""

from functools import partial

from PySide6.QtWidgets import QWidget

from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.counter.form_words import form_words
from gjj_desktop.counter.forms import FormDesk, Submitted
from gjj_desktop.counter.handing_in import HandedIn
from gjj_desktop.counter.notices import can_be_told, issue_notice
from gjj_desktop.counter.scanning import ScanDesk
from gjj_desktop.counter.search import Hit
from gjj_desktop.counter.verifying import VerifyingDesk
from gjj_desktop.domain.findings import Finding
from gjj_desktop.store.drafts import Draft
from ui.fields.materials import MaterialsControl
from ui.form_page import FormPage
from ui.messages import Message
from ui.models import Checked
from ui.page import Action, Page
from ui.pages.office import Office
from ui.preview import PreviewPage
from ui.scanning import ScanPage
from ui.verification_panel import Verifying


class CaseForm(FormPage):
    """Taken in, it goes straight to the print preview. With `closes` it then goes away, else it is empty again."""

    def __init__(
        self,
        office: Office,
        kind_name: str,
        parent: QWidget | None = None,
        *,
        draft: Draft | None = None,
        closes: bool = False,
        more_actions: tuple[Action, ...] = (),
    ) -> None:
        self.desk = FormDesk(office.window, kind_name, draft)
        self._office, self._closes = office, closes
        self.verifying: Verifying | None = None
        super().__init__(
            self.desk.form,
            self.desk,
            office.tasks,
            parent,
            raw=draft.raw if draft else None,
            more_actions=more_actions,
        )
        self.handed_in.connect(self._show_paper)
        self.material_wanted.connect(self._scan)
        if self.desk.kind.questions is not None:
            self.verifying = Verifying(self, VerifyingDesk(self.desk), office.tasks)
        self._tell_about()

    def action_rows(self) -> tuple[Action, ...]:
        own = super().action_rows()
        checks = () if self.verifying is None else self.verifying.action_rows()
        tells = (Action("form.tell", "告知单", "F10", self.tell_missing),) if can_be_told(self.desk) else ()
        return (*checks, *tells, *own)

    def _show_checked(self, checked: Checked) -> None:
        self.panel.line_is_down = self._office.line_is_down
        super()._show_checked(checked)

    def tell_missing(self) -> None:
        """Print the 一次性告知单 with everything that is missing, and put the sheet away until it is opened again."""
        if self._submitting:
            return
        self.flush()
        self._submitting = True
        work = partial(issue_notice, self.desk, self.cards.raw())
        self._office.tasks.run(work, self._told, self._not_answered, owner=self)

    def _told(self, answer: HandedIn | Refusal) -> None:
        self._submitting = False
        if isinstance(answer, Refusal):
            self._say_untold(answer.findings[0])
            return
        self.begin_anew()
        self.said.emit(Message("告知单已开出，已填的内容留在“待补材料”里。", tone="good"))
        self._office.preview(self, answer.paper_nos[0], self._close_with)

    def begin_anew(self) -> None:
        super().begin_anew()
        self._tell_about()

    def _say_untold(self, finding: Finding) -> None:
        """Why there is no notice: at its field where there is one."""
        if finding.field in self.cards.asked_for():
            self.cards.show_findings({finding.field: finding.message})
            self.cards.lead_to(finding.field)
        else:
            self.said.emit(Message(finding.message))

    def _tell_about(self) -> None:
        desk = self.desk
        words = partial(form_words, self._office.window, desk.kind.name, desk.case_no, desk.notice_no)
        self._office.tasks.run(words, self.about.setText, owner=self)

    def leave(self) -> None:
        """Keep the draft and go back; a page that stays begins an empty sheet."""
        self.flush()
        if not self._closes:
            self._office.tasks.run(self.desk.begin_anew, lambda _: self.begin_anew(), owner=self)
        self._office.changed.emit(frozenset({"Draft"}))
        self.done.emit()

    def _scan(self, material: str) -> None:
        """Show the pages of the sheet's materials above the form, those of this one first."""
        control = self.cards.editors["materials"].control
        assert isinstance(control, MaterialsControl)
        materials = [Hit(value=code, label=box.text(), detail="") for code, box in control.boxes.items()]
        desk = ScanDesk(self._office.window, self.desk.sheet(self.cards.raw()), self._office.machine.engine.want)
        page = ScanPage(desk, self._office.tasks, materials, material, self, about=self.about.text())
        page.added.connect(lambda code: control.boxes[code].setChecked(True) if code in control.boxes else None)
        page.done.connect(self.refresh)
        self.wants_page.emit(page)

    def _show_paper(self, answer: Submitted) -> None:
        self.said.emit(Message("已保存，待同步。", tone="good"))
        if answer.paper_nos:
            self._office.preview(self, answer.paper_nos[0], self._close_with)
        elif self._closes:
            self.done.emit()

    def _close_with(self, preview: PreviewPage) -> None:
        if self._closes:
            preview.done.connect(self.done)


def open_draft(office: Office, page: Page, draft: Draft) -> None:
    """Open a draft filled in, above `page`, or bring the page into sight that holds it already."""
    for each in office.pages():
        if isinstance(each, CaseForm) and each.desk.draft_id == draft.id:
            name = each.property("page_name")
            if name:
                office.open_page(str(name))
                return
    page.wants_page.emit(CaseForm(office, draft.kind, page, draft=draft, closes=True))


def form_page(kind_name: str, office: Office, parent: QWidget) -> CaseForm:
    """A form as a page of the navigation."""
    return CaseForm(office, kind_name, parent)
