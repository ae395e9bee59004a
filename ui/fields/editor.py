"""Which control serves which kind of field."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from gjj_desktop.cases.fields import Choice, Field, Kind
from ui.fields.choice import ChoiceControl
from ui.fields.control import Control
from ui.fields.framed import Framed
from ui.fields.heirs import HeirsControl
from ui.fields.line import GroupedControl, LineControl, TidiedControl
from ui.fields.long_text import LongTextControl
from ui.fields.materials import MaterialsControl
from ui.fields.picker import PickerControl
from ui.fields.tidy import day_of_week, money_in_capitals, tidy_date, tidy_money, tidy_month, tidy_plain
from ui.models import Option
from ui.tasks import Tasks
from ui.theme import spaced

HALF_GAP = 8
"""Between two editors beside each other lies twice this; each brings its part, so that columns are equally wide."""


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
    Kind.HEIRS: lambda field, around, parent: HeirsControl(parent),
}


_LISTS = frozenset({Kind.MATERIALS, Kind.HEIRS})
"""What fills a card of its own, whose title is its label."""


class Editor(Framed):
    """One field of a form on the screen. `material_wanted` names the material whose pages are to be looked at."""

    material_wanted = Signal(str)

    def __init__(self, field: Field, around: Surroundings, parent: QWidget) -> None:
        super().__init__(_label(field), CONTROLS[field.kind](field, around, parent), field.help, parent)
        self.field = field
        layout = self.layout()
        assert layout is not None
        spaced(layout, (HALF_GAP, 0, HALF_GAP, 0), 2)
        if field.kind in _LISTS:
            self.label.hide()
            self.note.hide()
        if isinstance(self.control, MaterialsControl):
            self.control.wanted.connect(self.material_wanted)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def takes_keyboard(self) -> bool:
        """Whether there is anything to type into; a check list without materials has nothing."""
        boxes = self.control.boxes.values() if isinstance(self.control, MaterialsControl) else ()
        return not isinstance(self.control, MaterialsControl) or any(box.isEnabled() for box in boxes)

    def adopt(self, field: Field) -> None:
        """Be this row from now on, which is of the same kind; what was typed stays."""
        if field == self.field:
            return
        self.field = field
        self.rename(_label(field), field.help)
        if isinstance(self.control, ChoiceControl) and field.choices:
            self.control.set_choices(field.choices)

    def offer(self, options: Sequence[Option], replaced: Collection[str] = ()) -> None:
        """Ask for these materials but those replaced, or let one of these be chosen; nothing for any other kind."""
        if isinstance(self.control, MaterialsControl):
            self.control.offer(options, replaced)
            self.say()
        elif isinstance(self.control, ChoiceControl):
            self.control.set_choices(tuple(Choice(each.value, each.label) for each in options))

    def set_finding(self, sentence: str) -> None:
        """As any control; heirs say it at the part that is wrong, too."""
        super().set_finding(sentence)
        if isinstance(self.control, HeirsControl) and sentence:
            self.control.say_all()

    def say(self) -> None:
        """As any control, but the count of a check list stands in its card's head."""
        super().say()
        if self.field.kind in _LISTS:
            self.note.setVisible(bool(self.finding))


def _label(field: Field) -> str:
    return field.label if field.required else f"{field.label}（选填）"


def make_editor(field: Field, around: Surroundings, parent: QWidget) -> Editor:
    """The editor for `field`, showing its default."""
    editor = Editor(field, around, parent)
    editor.set_raw(field.default)
    return editor
