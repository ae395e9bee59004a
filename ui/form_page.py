"""The page of a form: typed at the left, known at the right, checked, kept as a draft and handed in once."""

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from gjj_desktop.cases.fields import Form
from gjj_desktop.cases.kind import Advice
from gjj_desktop.clock import CHINA, utc_now
from gjj_desktop.domain.findings import Finding
from ui.advice_panel import AdvicePanel
from ui.fields.editor import Surroundings
from ui.form_cards import FormCards
from ui.models import Checked, FormModel, Submitted
from ui.page import Action, Page, Place
from ui.tasks import Latest, Tasks
from ui.theme import spaced
from ui.widgets import BAR_WIDTH, ElidedLabel, scrolling, text_label

CHECK_PAUSE_MS = 150
DRAFT_AFTER_MS = 1_500
LEFT_SHARE, RIGHT_SHARE = 721, 405


class FormPage(Page):
    """Draws any form and carries it from the first key to the answer of handing in.

    `handed_in` brings the answer after it was taken; only then are the fields emptied. `material_wanted` names the
    material whose pages are to be scanned or looked at.
    """

    handed_in = Signal(object)
    checked = Signal(object)
    """What was typed has been checked: the answer, a `Checked`."""
    material_wanted = Signal(str)

    def __init__(
        self,
        form: Form,
        model: FormModel,
        tasks: Tasks,
        parent: QWidget | None = None,
        *,
        about: str = "",
        raw: Mapping[str, str] | None = None,
        main_label: str = "受理并打印",
        more_actions: tuple[Action, ...] = (),
    ) -> None:
        super().__init__(parent)
        self.form, self._model, self._tasks = form, model, tasks
        self._main_label, self._more_actions = main_label, more_actions
        self._left: set[str] = set()
        self._pressed = self._submitting = self._dirty = False
        self._refusal: tuple[Finding, ...] = ()
        self._note = ""
        self.cards = FormCards(form, Surroundings(tasks, model.search), self)
        self.panel = AdvicePanel(self)
        self.about = ElidedLabel(about, "small", self)
        self._lay_out()
        self._checks = Latest(tasks, CHECK_PAUSE_MS, self)
        self._draft_timer = QTimer(self, singleShot=True, interval=DRAFT_AFTER_MS)
        self._draft_timer.timeout.connect(self.flush)
        self.cards.edited.connect(self._on_edited)
        self.cards.left.connect(self._on_left)
        self.cards.finished.connect(self.going_on)
        self.cards.material_wanted.connect(self.material_wanted)
        self._surveyed = ""
        self.panel.picked.connect(self._on_picked)
        self.panel.given_up.connect(self._back_from_survey)
        self.panel.surveying.connect(self._make_room)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._follow_focus)
        self.cards.set_raw(raw or {})
        self.refresh()

    def action_rows(self) -> tuple[Action, ...]:
        surveys = (Action("form.survey", "可提原因", "F2", self.survey, Place.PAGE),) if self.panel.can_survey else ()
        scan = Action("form.scan", "扫描", "F6", self.cards.want_material, Place.PAGE)
        scans = (scan,) if self.cards.asks_materials else ()
        return (
            *surveys,
            *scans,
            *self._more_actions,
            Action("form.leave", "存草稿并返回", "Esc", self.leave),
            Action("form.submit", self._main_label, "F9", self.submit, Place.MAIN),
        )

    def note(self) -> str:
        return self._note

    def opened(self) -> None:
        if not self.cards.isAncestorOf(self.focusWidget() or self):
            self.cards.lead_to_first()

    def refresh(self) -> None:
        """Check again what was typed, against what is known now."""
        self._check(at_once=True)

    def flush(self) -> None:
        """Save the draft now when something was typed since the last time."""
        if self._submitting or not self._dirty:
            return
        self._draft_timer.stop()
        self._dirty = False
        self._tasks.run(
            partial(self._model.save_draft, self.cards.raw()), self._on_draft_saved, self._on_draft_failed, owner=self
        )

    def submit(self) -> None:
        """Hand in, with the draft kept until it is taken; while an answer is on its way nothing happens."""
        if self._submitting:
            return
        self.flush()
        self._submitting = self._pressed = True
        self._tasks.run(partial(self._model.submit, self.cards.raw()), self._answered, self._not_answered, owner=self)

    def leave(self) -> None:
        """Keep the draft and go back to where we came from."""
        self.flush()
        self.done.emit()

    def begin_anew(self) -> None:
        """Empty every field and put the keyboard where typing begins."""
        self._draft_timer.stop()
        self._dirty = self._pressed = False
        self._refusal = ()
        self._left.clear()
        self._say("")
        self.cards.set_raw({})
        self.cards.show_findings({})
        self.refresh()
        if self.isVisible():
            self.cards.lead_to_first()

    def _on_edited(self, name: str) -> None:
        self._dirty = True
        self._refusal = self._still_missing()
        self._save_later()
        self._check()

    def _on_left(self, name: str) -> None:
        self._left.add(name)
        self._check(at_once=True)

    def _check(self, *, at_once: bool = False) -> None:
        self._checks.ask(partial(self._model.check, self.cards.raw()), self._show_checked, at_once=at_once)

    def add_side(self, widget: QWidget) -> None:
        """Put a card among what the program says at the right; the panel becomes its parent."""
        self.panel.add_card(widget)

    def _show_checked(self, checked: Checked) -> None:
        self.cards.adopt(checked.form)
        before = self._offers()
        self.cards.offer(checked.materials, checked.replaced)
        self.cards.show_findings(self._sentences(checked.findings))
        asked_for = self.cards.asked_for()
        found = dict.fromkeys((*checked.findings, *checked.advice.findings, *self._refusal))
        self._surveyed = _field_of_options(checked.advice)
        chosen = self.cards.editors[self._surveyed].raw() if self._surveyed in self.cards.editors else ""
        obstacles = tuple(each for each in found if each.field not in asked_for)
        self.panel.show_advice(checked.advice, obstacles, chosen)
        if self._offers() != before:
            self.actions_changed.emit()
        self.checked.emit(checked)

    def _offers(self) -> tuple[bool, ...]:
        """What the actions depend on."""
        return (self.panel.can_survey, self.cards.asks_materials)

    def _make_room(self, surveying: bool) -> None:
        """The list of what may be asked for takes all the height there is."""
        self._side.setStretch(0, 1 if surveying else 0)
        self._side.setStretch(1, 0 if surveying else 1)

    def survey(self) -> None:
        """Go to the list of what may be asked for."""
        self.panel.ask_options()

    def _on_picked(self, value: str) -> None:
        self.cards.choose(self._surveyed, value)

    def _back_from_survey(self) -> None:
        self.cards.lead_to(self._surveyed)

    def _sentences(self, findings: Sequence[Finding]) -> dict[str, str]:
        """What stands under which field: all once handing in was tried, before that only where something was typed."""
        raw, sentences = self.cards.raw(), dict[str, str]()
        for finding in (*findings, *self._refusal):
            if self._pressed or (finding.field in self._left and raw.get(finding.field, "").strip()):
                sentences.setdefault(finding.field, finding.message)
        return sentences

    def _save_later(self) -> None:
        if self._dirty and not self._draft_timer.isActive():
            self._draft_timer.start()

    def _still_missing(self) -> tuple[Finding, ...]:
        """What handing in asked for and a check does not: empty fields that are asked for and empty still."""
        raw, asked_for = self.cards.raw(), self.cards.asked_for()
        return tuple(each for each in self._refusal if each.field in asked_for and not raw[each.field].strip())

    def _on_draft_saved(self, _: None) -> None:
        self._say(f"草稿已存 {utc_now().astimezone(CHINA):%H:%M:%S}")

    def _on_draft_failed(self, wrong: BaseException) -> None:
        self._dirty = True
        self._say("草稿未能保存")
        self._tasks.failed.emit(wrong)

    def _answered(self, answer: Submitted) -> None:
        self._submitting = False
        if answer.findings:
            self._refusal = tuple(answer.findings)
            self._save_later()
            self._lead_to_first_wrong(answer.findings)
            return
        self.begin_anew()
        self.handed_in.emit(answer)

    def _not_answered(self, wrong: BaseException) -> None:
        self._submitting = False
        self._dirty = True
        self._save_later()
        self._tasks.failed.emit(wrong)

    def _lead_to_first_wrong(self, findings: Sequence[Finding]) -> None:
        self.cards.show_findings(self._sentences(findings))
        wrong = {finding.field for finding in findings}
        first = next((name for name in self.cards.asked_for() if name in wrong), None)
        if first is not None and self.isVisible():
            self.cards.lead_to(first)
        self._check(at_once=True)

    def _say(self, note: str) -> None:
        self._note = note
        self.noted.emit(note)

    def _follow_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        if now is not None and self.cards.isAncestorOf(now):
            self._scroll.ensureWidgetVisible(now, 0, 48)

    def _lay_out(self) -> None:
        head = spaced(QHBoxLayout(), gap=12)
        head.addWidget(text_label(self.form.title, "title", self))
        head.addWidget(self.about, 1)
        self._scroll = scrolling(self.cards, self)
        left = spaced(QVBoxLayout(), gap=6)
        left.addLayout(head)
        left.addWidget(self._scroll, 1)
        columns = spaced(QHBoxLayout(self), (20, 10, 20 - BAR_WIDTH, 10), 16 - BAR_WIDTH)
        columns.addLayout(left, LEFT_SHARE + BAR_WIDTH)
        right = QWidget(self)
        right.setProperty("look", "ground")
        self._side = spaced(QVBoxLayout(right), gap=12)
        self._side.addWidget(self.panel)
        self._side.addStretch(1)
        columns.addWidget(scrolling(right, self), RIGHT_SHARE + BAR_WIDTH)


def _field_of_options(advice: Advice) -> str:
    """The field whose choice the options are, "" when there are none."""
    values = {option.value for option in advice.options}
    fields = (name for name, choices in advice.choices.items() if values <= {choice.value for choice in choices})
    return next(fields, "") if values else ""
