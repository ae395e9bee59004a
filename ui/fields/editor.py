"""A field on the screen: label above, control, and one line under it kept for its hint or its error."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from gjj_desktop.cases.fields import Field, Kind
from ui.fields.choice import ChoiceControl
from ui.fields.control import Control
from ui.fields.line import GroupedControl, LineControl, TidiedControl
from ui.fields.long_text import LongTextControl
from ui.fields.materials import MaterialsControl
from ui.fields.picker import PickerControl
from ui.fields.tidy import day_of_week, money_in_capitals, tidy_date, tidy_money, tidy_month, tidy_plain
from ui.models import Option
from ui.tasks import Tasks
from ui.theme import set_mark, spaced
from ui.widgets import ElidedLabel, text_label


class Surroundings(NamedTuple):
    """What controls need of the world: the runner, and the search behind the pickers."""

    tasks: Tasks
    search: Callable[[Kind, str], Sequence[Option]]


def _picker(field: Field, around: Surroundings, parent: QWidget) -> Control:
    return PickerControl(parent, around.tasks, partial(around.search, field.kind))


CONTROLS: dict[Kind, Callable[[Field, Surroundings, QWidget], Control]] = {
    Kind.TEXT: lambda field, around, parent: LineControl(parent),
    Kind.LONG_TEXT: lambda field, around, parent: LongTextControl(parent),
    Kind.NAME: lambda field, around, parent: LineControl(parent),
    Kind.IDENTITY: lambda field, around, parent: GroupedControl(parent, (6, 4, 4, 4)),
    Kind.CREDIT_CODE: lambda field, around, parent: LineControl(parent),
    Kind.MOBILE: lambda field, around, parent: GroupedControl(parent, (3, 4, 4)),
    Kind.BANK_CARD: lambda field, around, parent: GroupedControl(parent, (4,)),
    Kind.MONEY: lambda field, around, parent: TidiedControl(parent, tidy_money, money_in_capitals, figures=True),
    Kind.PERCENT: lambda field, around, parent: TidiedControl(parent, tidy_plain, figures=True),
    Kind.INTEGER: lambda field, around, parent: TidiedControl(parent, tidy_plain, figures=True),
    Kind.DATE: lambda field, around, parent: TidiedControl(parent, tidy_date, day_of_week),
    Kind.MONTH: lambda field, around, parent: TidiedControl(parent, tidy_month),
    Kind.CHOICE: lambda field, around, parent: ChoiceControl(parent, field.choices),
    Kind.PERSON: _picker,
    Kind.EMPLOYER: _picker,
    Kind.MATERIALS: lambda field, around, parent: MaterialsControl(parent),
}


class Editor(QWidget):
    """One field. Raw text goes in and comes out; a finding stands under it until it is taken away."""

    edited = Signal()
    left = Signal()
    went_on = Signal()

    def __init__(self, field: Field, around: Surroundings, parent: QWidget) -> None:
        super().__init__(parent)
        self.field = field
        control = CONTROLS[field.kind](field, around, self)
        assert isinstance(control, QWidget)
        self.control: QWidget = control
        self._typed: Control = control
        self.label = text_label(field.label if field.required else f"{field.label}（选填）", "label", self)
        self.note = ElidedLabel(field.help, "note", self)
        self.finding = ""
        self._lay_out()
        control.setAccessibleName(field.label)
        control.setAccessibleDescription(field.help)
        self.label.setBuddy(control)
        self.setFocusProxy(control)
        control.edited.connect(self._on_edited)
        control.left.connect(self.left)
        control.went_on.connect(self.went_on)

    def raw(self) -> str:
        """What was typed."""
        return self._typed.raw()

    def set_raw(self, raw: str) -> None:
        """Show `raw` as if it had been typed; nothing is said to have been edited."""
        self._typed.set_raw(raw)
        self._say()

    def set_finding(self, sentence: str) -> None:
        """Show what is wrong, or "" when nothing is."""
        self.finding = sentence
        set_mark(self.control, "tone", "wrong" if sentence else "")
        self.control.setAccessibleDescription(sentence or self.field.help)
        self._say()

    def offer(self, materials: Sequence[Option]) -> None:
        """Ask for these materials; for a field of another kind nothing happens."""
        if isinstance(self.control, MaterialsControl):
            self.control.offer(materials)
            self._say()

    def _on_edited(self) -> None:
        self._say()
        self.edited.emit()

    def _say(self) -> None:
        set_mark(self.note, "tone", "wrong" if self.finding else "")
        self.note.setText(self.finding or self._typed.hint() or self.field.help)

    def _lay_out(self) -> None:
        column = spaced(QVBoxLayout(self), gap=2)
        column.addWidget(self.label)
        column.addSpacing(2)
        column.addWidget(self.control)
        column.addWidget(self.note)
        column.addStretch(1)
        if self.field.kind is Kind.MATERIALS:
            self.label.hide()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)


def make_editor(field: Field, around: Surroundings, parent: QWidget) -> Editor:
    """The editor for `field`, showing its default."""
    editor = Editor(field, around, parent)
    editor.set_raw(field.default)
    return editor
