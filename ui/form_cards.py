"""A form as cards of fields on a grid of twelve columns."""

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from gjj_desktop.cases.fields import Card as CardRow
from gjj_desktop.cases.fields import Field, Form, Kind
from gjj_desktop.cases.reading import is_shown
from ui.fields.editor import HALF_GAP, Editor, Surroundings, make_editor
from ui.fields.materials import MaterialsControl
from ui.models import Option, Raw
from ui.theme import spaced, theme
from ui.widgets import Card, button

COLUMNS = 12
LEFT_OVER_MAX = 4
"""How many columns at the end of a row may be given to its last field."""
ROOMINESS = ((560, 1.0), (380, 0.67), (0, 0.5))
"""From which width of a card on, in px at 100 %, its fields find how much of their room."""


def places(fields: Sequence[Field], roominess: float = 1.0) -> list[tuple[int, int, int]]:
    """(row, column, width) of each field, filling rows of twelve columns in reading order.

    `roominess` 1 has room for the widths that the fields ask for; with less each takes as much more of its row. What
    is left over of a row goes to the field in it that fills; a little that is left over of any row but the last goes
    to its last field where none does.

    >>> places([Field("a", "A", Kind.TEXT, width=4), Field("b", "B", Kind.TEXT, width=8), Field("c", "C", Kind.TEXT)])
    [(0, 0, 4), (0, 4, 8), (1, 0, 6)]
    >>> places([Field("a", "A", Kind.TEXT, width=4), Field("b", "B", Kind.TEXT, width=8)], 0.67)
    [(0, 0, 6), (1, 0, 12)]
    >>> places([Field(name, name, Kind.TEXT, width=width) for name, width in (("a", 4), ("b", 4), ("c", 8))])
    [(0, 0, 4), (0, 4, 8), (1, 0, 8)]
    >>> places([Field("a", "A", Kind.TEXT, width=4, fills=True), Field("b", "B", Kind.TEXT, width=3)])
    [(0, 0, 9), (0, 9, 3)]
    """
    rows: list[list[tuple[Field, int]]] = [[]]
    for field in fields:
        width = min(COLUMNS, round(field.width / roominess))
        if sum(each for _, each in rows[-1]) + width > COLUMNS:
            rows.append([])
        rows[-1].append((field, width))
    return [place for number, row in enumerate(rows) for place in _placed(number, row, last=number == len(rows) - 1)]


def _placed(number: int, row: Sequence[tuple[Field, int]], *, last: bool) -> list[tuple[int, int, int]]:
    """The places of one row, with what is left over given away."""
    widths = [width for _, width in row]
    left_over = COLUMNS - sum(widths)
    fills = next((place for place, (field, _) in enumerate(row) if field.fills), None)
    if fills is not None:
        widths[fills] += left_over
    elif not last and left_over <= LEFT_OVER_MAX:
        widths[-1] += left_over
    return [(number, sum(widths[:place]), width) for place, width in enumerate(widths)]


class _Section(Card):
    """One card of the form with the editors of its fields."""

    def __init__(self, row: CardRow, around: Surroundings, parent: QWidget) -> None:
        super().__init__(row.title, parent, f"依据 {row.source}" if row.source else "")
        self.editors = [make_editor(field, around, self) for field in row.fields]
        self._source = self.side.text()
        self.scan = button("扫描  F6", self, "small")
        self.scan.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scan.clicked.connect(self.want_material)
        self.scan.hide()
        self.head.addWidget(self.scan)
        self._roominess = 1.0
        self._raw: Raw = {}
        self._grid = spaced(QGridLayout(), gap=0, gap_down=2)
        is_list = bool({Kind.MATERIALS, Kind.HEIRS} & {field.kind for field in row.fields})
        spaced(self.body, (HALF_GAP, 8, HALF_GAP, 6 if is_list else 2), 4)
        spaced(self.head, (HALF_GAP, 0, HALF_GAP, 0), 12)
        for column in range(COLUMNS):
            self._grid.setColumnStretch(column, 1)
        self.body.addLayout(self._grid)

    def adopt(self, row: CardRow) -> None:
        """Be this card from now on, with the same fields by name."""
        self.title.setText(row.title)
        self._source = f"依据 {row.source}" if row.source else ""
        rows = {field.name: field for field in row.fields}
        for editor in self.editors:
            editor.adopt(rows[editor.field.name])

    def arrange(self, raw: Raw) -> None:
        """Put the fields that are asked for in their places and hide the others."""
        self._raw = raw
        shown = [editor for editor in self.editors if is_shown(editor.field, raw)]
        for editor in self.editors:
            self._grid.removeWidget(editor)
            editor.setVisible(editor in shown)
        where = places([each.field for each in shown], self._roominess)
        for editor, (row, column, width) in zip(shown, where, strict=True):
            self._grid.addWidget(editor, row, column, 1, width)
        self.setVisible(bool(shown))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        roominess = next(share for least, share in ROOMINESS if self.width() >= theme().px(least))
        if roominess != self._roominess:
            self._roominess = roominess
            self.arrange(self._raw)

    def tell_materials(self) -> None:
        """Say in the head how many of the materials are there, and offer to scan them."""
        said = next((each.hint() for each in self.editors if each.field.kind is Kind.MATERIALS), "")
        self.side.setText(said or self._source)
        self.scan.setVisible(bool(said))

    def want_material(self) -> None:
        """Ask for the pages of the material that has the keyboard, else of the first that is missing."""
        for editor in self.editors:
            if isinstance(editor.control, MaterialsControl) and not editor.isHidden():
                editor.control.want()


class FormCards(QWidget):
    """All fields of a form. Says which field was edited or left, and when the last one is done."""

    edited = Signal(str)
    left = Signal(str)
    finished = Signal()
    material_wanted = Signal(str)

    def __init__(self, form: Form, around: Surroundings, parent: QWidget) -> None:
        super().__init__(parent)
        self.form = form
        self.setProperty("look", "ground")
        column = spaced(QVBoxLayout(self), (0, 0, 0, 0), 8)
        self._sections = [_Section(card, around, self) for card in form.cards]
        for section in self._sections:
            column.addWidget(section)
        column.addStretch(1)
        self.editors: dict[str, Editor] = {
            editor.field.name: editor for section in self._sections for editor in section.editors
        }
        self._steering = _steering(form)
        for editor in self.editors.values():
            self._connect(editor)
        self._arrange()

    def adopt(self, form: Form) -> None:
        """Ask by the rows of `form`, which has the same fields; what was typed and the keyboard stay where they are."""
        if form == self.form:
            return
        self.form, self._steering = form, _steering(form)
        for section, card in zip(self._sections, form.cards, strict=True):
            section.adopt(card)
        self._arrange()

    def raw(self) -> Raw:
        """What was typed, all fields, also those not asked for now."""
        return {name: editor.raw() for name, editor in self.editors.items()}

    def set_raw(self, raw: Mapping[str, str]) -> None:
        """Show these texts; fields that `raw` does not name show their default."""
        for name, editor in self.editors.items():
            editor.set_raw(raw.get(name, editor.field.default))
        self._arrange()

    def asked_for(self) -> list[str]:
        """Names of the fields that are asked for now, in reading order."""
        return [name for name, editor in self.editors.items() if not editor.isHidden()]

    def show_findings(self, sentences: Mapping[str, str]) -> None:
        """Show these sentences at their fields, and none at the others."""
        for name, editor in self.editors.items():
            editor.set_finding(sentences.get(name, ""))

    def offer(self, materials: Mapping[str, Sequence[Option]], replaced: Collection[str] = ()) -> None:
        """Ask for these materials, by field name, but those that shared data replace; for none that is not named."""
        for name, editor in self.editors.items():
            if name in materials or editor.field.kind is Kind.MATERIALS:
                editor.offer(materials.get(name, ()), replaced)
        self._tell_materials()

    def want_material(self) -> None:
        """Ask for the pages of the material that has the keyboard, else of the first that is missing."""
        for section in self._sections:
            section.want_material()

    @property
    def asks_materials(self) -> bool:
        """Whether there are materials to be handed in."""
        controls = (editor.control for editor in self.editors.values())
        return any(isinstance(control, MaterialsControl) and control.boxes for control in controls)

    def lead_to(self, name: str) -> None:
        """Put the keyboard into a field with its text selected."""
        control = self.editors[name].control
        control.setFocus()
        if isinstance(control, QLineEdit):
            control.selectAll()

    def choose(self, name: str, value: str) -> None:
        """Choose `value` in a field as if it had been typed there, and go on to what is empty before it, else after."""
        self.editors[name].set_raw(value)
        self._on_edited(name)
        self.left.emit(name)
        names = self.asked_for()
        before = (self.editors[each] for each in names[: names.index(name)])
        empty = next((each for each in before if each.field.required and not each.raw().strip()), None)
        if empty is not None:
            self.lead_to(empty.field.name)
        else:
            self._go_on_from(name)

    def lead_to_first(self) -> None:
        """Put the keyboard where typing begins."""
        names = self.asked_for()
        if names:
            self.lead_to(names[0])

    def _connect(self, editor: Editor) -> None:
        name = editor.field.name
        editor.edited.connect(lambda: self._on_edited(name))
        editor.left.connect(lambda: self.left.emit(name))
        editor.went_on.connect(lambda: self._go_on_from(name))
        editor.material_wanted.connect(self.material_wanted)

    def _on_edited(self, name: str) -> None:
        if name in self._steering:
            self._unsettle()
            self._arrange()
        self._tell_materials()
        self.edited.emit(name)

    def _unsettle(self) -> None:
        """Which materials are asked for is open until the next check."""
        for editor in self.editors.values():
            if isinstance(editor.control, MaterialsControl):
                editor.control.unsettle()

    def _go_on_from(self, name: str) -> None:
        names = self.asked_for()
        following = next((each for each in names[names.index(name) + 1 :] if self.editors[each].takes_keyboard), None)
        if following is not None:
            self.lead_to(following)
        else:
            self.left.emit(name)
            self.finished.emit()

    def _arrange(self) -> None:
        raw = self.raw()
        for section in self._sections:
            section.arrange(raw)
        self._tell_materials()

    def _tell_materials(self) -> None:
        for section in self._sections:
            section.tell_materials()


def _steering(form: Form) -> frozenset[str]:
    """The fields that say which others are asked for."""
    return frozenset(field.shown_for[0] for field in form.fields if field.shown_for)
