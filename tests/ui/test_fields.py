"""One editor for each kind of field, used as a clerk uses it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gjj_desktop.cases.fields import Choice, Field, Kind
from gjj_desktop.cases.heirs import read_heirs
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.identity import check_character
from tests.ui.samples import MATERIALS, PEOPLE, TODAY, Choosable
from ui.fields.choice import ChoiceControl
from ui.fields.editor import CONTROLS, Editor, Surroundings, make_editor
from ui.fields.heirs import HeirsControl
from ui.fields.line import LineControl
from ui.fields.materials import MaterialsControl
from ui.fields.picker import PickerControl
from ui.tasks import Tasks

CHOICES = (Choice("rent", "租房"), Choice("purchase", "购房"), Choice("retired", "退休"))


class Bench:
    """A window with some editors in it and a place outside them to put the keyboard."""

    def __init__(self, qtbot: QtBot, tasks: Tasks) -> None:
        self.qtbot = qtbot
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self._column = QVBoxLayout(self.window)
        self.outside = LineControl(self.window)
        self._column.addWidget(self.outside)
        self._around = Surroundings(tasks, lambda kind, text: [hit for hit in PEOPLE if text in hit.label + hit.value])
        self.window.resize(500, 600)
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()

    def editor(self, kind: Kind, **more: object) -> Editor:
        made = make_editor(Field("field", "名称", kind, choices=CHOICES, **more), self._around, self.window)  # type: ignore[arg-type]
        self._column.addWidget(made)
        self.qtbot.waitUntil(made.isVisible)
        made.setFocus(Qt.FocusReason.TabFocusReason)
        return made

    def type(self, text: str) -> None:
        """Keys for what is on the keyboard; all else comes as an input method brings it."""
        if text.isascii():
            self.qtbot.keyClicks(QApplication.focusWidget(), text)
        else:
            brought = QInputMethodEvent("", [])
            brought.setCommitString(text)
            QApplication.sendEvent(QApplication.focusWidget(), brought)

    def press(self, key: Qt.Key) -> None:
        self.qtbot.keyClick(QApplication.focusWidget(), key)

    def leave(self) -> None:
        self.outside.setFocus(Qt.FocusReason.TabFocusReason)


@pytest.fixture
def bench(qtbot: QtBot, tasks: Tasks) -> Bench:
    return Bench(qtbot, tasks)


def shown(editor: Editor) -> str:
    assert isinstance(editor.control, LineControl)
    return editor.control.text()


def test_there_is_an_editor_for_each_kind(bench: Bench) -> None:
    assert set(CONTROLS) == set(Kind)
    for kind in Kind:
        editor = bench.editor(kind)
        assert editor.control.accessibleName() == "名称"


@pytest.mark.parametrize(
    ("kind", "typed", "seen"),
    [
        (Kind.IDENTITY, "99050119900307123x", "990501 1990 0307 123x"),
        (Kind.BANK_CARD, "6222021234567890128", "6222 0212 3456 7890 128"),
        (Kind.MOBILE, "19900008816", "199 0000 8816"),
    ],
)
def test_numbers_stand_in_groups_while_raw_has_none(bench: Bench, kind: Kind, typed: str, seen: str) -> None:
    editor = bench.editor(kind)
    bench.type(typed)
    assert (shown(editor), editor.raw()) == (seen, typed)


def test_a_digit_put_into_the_middle_keeps_the_cursor_behind_it(bench: Bench) -> None:
    editor = bench.editor(Kind.BANK_CARD)
    bench.type("62220212345")
    line = editor.control
    assert isinstance(line, LineControl)
    line.setCursorPosition(4)
    bench.type("9")
    assert (line.text(), line.cursorPosition()) == ("6222 9021 2345", 6)
    bench.press(Qt.Key.Key_Backspace)
    assert (line.text(), line.cursorPosition()) == ("6222 0212 345", 4)


def test_full_width_digits_stay_as_typed(bench: Bench) -> None:
    editor = bench.editor(Kind.IDENTITY)
    bench.type("９９０５０１１９９０")
    assert editor.raw() == "９９０５０１１９９０"


def test_text_is_never_rewritten_while_an_input_method_composes(bench: Bench) -> None:
    editor = bench.editor(Kind.IDENTITY)
    bench.type("990501")
    line = editor.control
    QApplication.sendEvent(line, QInputMethodEvent("wang", []))
    assert isinstance(line, LineControl)
    assert line.composing
    assert line.text() == "990501"
    commit = QInputMethodEvent("", [])
    commit.setCommitString("19")
    QApplication.sendEvent(line, commit)
    assert (line.composing, line.text()) == (False, "990501 19")


def test_an_amount_is_grouped_once_it_is_left_and_stands_with_its_capitals(bench: Bench) -> None:
    editor = bench.editor(Kind.MONEY)
    bench.type("9000")
    assert (shown(editor), editor.note.text()) == ("9000", "人民币玖仟元整")
    bench.leave()
    assert (shown(editor), editor.raw()) == ("9,000.00", "9000")
    editor.setFocus(Qt.FocusReason.TabFocusReason)
    assert shown(editor) == "9000"


def test_an_amount_that_is_none_stays_as_typed(bench: Bench) -> None:
    editor = bench.editor(Kind.MONEY)
    bench.type("九千")
    bench.leave()
    assert (shown(editor), editor.raw()) == ("九千", "九千")


@pytest.mark.parametrize(
    ("kind", "typed", "seen", "note"),
    [
        (Kind.DATE, "20261122", "2026-11-22", "星期日"),
        (Kind.DATE, "2026-02-30", "2026-02-30", ""),
        (Kind.MONTH, "202611", "2026-11", ""),
        (Kind.PERCENT, "１２", "12", ""),
        (Kind.INTEGER, " 360 ", "360", ""),
    ],
)
def test_dates_and_figures_read_tidily_once_left(bench: Bench, kind: Kind, typed: str, seen: str, note: str) -> None:
    editor = bench.editor(kind)
    bench.type(typed)
    bench.leave()
    assert (shown(editor), editor.raw(), editor.note.text()) == (seen, typed, note)


def test_a_choice_is_made_with_the_keyboard_alone(bench: Bench) -> None:
    editor = bench.editor(Kind.CHOICE)
    assert editor.raw() == ""
    with bench.qtbot.waitSignal(editor.edited):
        bench.press(Qt.Key.Key_2)
    assert editor.raw() == "purchase"
    bench.press(Qt.Key.Key_Down)
    assert editor.raw() == "retired"
    with bench.qtbot.waitSignal(editor.went_on):
        bench.press(Qt.Key.Key_Return)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.MATERIALS])
def test_enter_goes_on_from_every_kind(bench: Bench, kind: Kind) -> None:
    editor = bench.editor(kind)
    with bench.qtbot.waitSignal(editor.went_on):
        bench.press(Qt.Key.Key_Return)


@pytest.mark.parametrize("kind", list(Kind))
def test_showing_a_draft_is_not_an_edit(bench: Bench, kind: Kind) -> None:
    editor = bench.editor(kind)
    with bench.qtbot.assertNotEmitted(editor.edited):
        editor.set_raw("rent")
    assert editor.raw() == "rent"


def test_a_person_is_found_while_typing_and_taken_with_enter(bench: Bench) -> None:
    editor = bench.editor(Kind.PERSON)
    picker = editor.control
    assert isinstance(picker, PickerControl)
    bench.type("王")
    bench.qtbot.waitUntil(picker.list.isVisible)
    assert [picker.list.item(row).text() for row in range(picker.list.count())] == ["王锌", "王秀兰"]
    bench.press(Qt.Key.Key_Down)
    with bench.qtbot.waitSignals([editor.edited, editor.went_on]):
        bench.press(Qt.Key.Key_Return)
    assert (editor.raw(), shown(editor), editor.note.text()) == ("990500000417136", "王秀兰", "9905 0000 4171 36")
    assert not picker.list.isVisible()


def test_typing_on_after_a_pick_is_typed_text_again(bench: Bench) -> None:
    editor = bench.editor(Kind.PERSON)
    editor.set_raw(PEOPLE[0].value)
    bench.qtbot.waitUntil(lambda: shown(editor) == "王锌")
    assert editor.raw() == PEOPLE[0].value
    bench.press(Qt.Key.Key_End)
    bench.type("二")
    assert editor.raw() == "王锌二"


def test_escape_closes_the_hits_and_keeps_what_was_typed(bench: Bench) -> None:
    editor = bench.editor(Kind.EMPLOYER)
    picker = editor.control
    assert isinstance(picker, PickerControl)
    bench.type("赵")
    bench.qtbot.waitUntil(picker.list.isVisible)
    assert "没有找到" in picker.list.item(0).text()
    bench.press(Qt.Key.Key_Escape)
    assert not picker.list.isVisible()
    assert editor.raw() == "赵"


def test_materials_are_ticked_one_after_the_other(bench: Bench) -> None:
    editor = bench.editor(Kind.MATERIALS)
    editor.set_raw("marriage")
    editor.offer(MATERIALS["materials"])
    control = editor.control
    assert isinstance(control, MaterialsControl)
    bench.qtbot.waitUntil(control.boxes["no_home"].isVisible)
    control.boxes["no_home"].setFocus()
    bench.press(Qt.Key.Key_Space)
    assert (editor.raw(), editor.hint()) == ("no_home,marriage", "3 项中已齐 2 项")
    bench.press(Qt.Key.Key_Return)
    bench.press(Qt.Key.Key_Return)
    assert QApplication.focusWidget() is control.boxes["identity_copy"]
    with bench.qtbot.waitSignal(editor.went_on):
        bench.press(Qt.Key.Key_Return)


def test_the_same_materials_offered_again_disturb_nothing(bench: Bench) -> None:
    editor = bench.editor(Kind.MATERIALS)
    editor.offer(MATERIALS["materials"])
    control = editor.control
    assert isinstance(control, MaterialsControl)
    box = control.boxes["no_home"]
    editor.offer(MATERIALS["materials"])
    assert control.boxes["no_home"] is box


def test_an_error_stands_under_its_field_and_moves_nothing(bench: Bench) -> None:
    editor = bench.editor(Kind.BANK_CARD, help="本人名下")
    before = (editor.height(), editor.control.geometry())
    editor.set_finding("卡号校验位不对，请核对最后一位")
    bench.qtbot.wait(10)
    assert editor.note.text() == "卡号校验位不对，请核对最后一位"
    assert editor.control.property("tone") == "wrong"
    assert editor.control.accessibleDescription() == "卡号校验位不对，请核对最后一位"
    assert (editor.height(), editor.control.geometry()) == before
    editor.set_finding("")
    assert editor.note.text() == "本人名下"


def test_a_finding_longer_than_its_field_is_told_in_full_while_the_keyboard_is_there(bench: Bench) -> None:
    sentence = "提取期间不能晚于本月（2026-11），请改早"
    editor = bench.editor(Kind.MONTH)
    editor.setMaximumWidth(90)
    bench.qtbot.waitUntil(lambda: editor.width() == 90)
    editor.set_finding(sentence)

    def told() -> list[QLabel]:
        labels = [each for each in bench.window.findChildren(QLabel) if each.property("look") == "note_in_full"]
        return [each for each in labels if each.isVisible() and each.text() == sentence]

    bench.qtbot.waitUntil(lambda: bool(told()))
    assert told()[0].width() > editor.width()
    bench.outside.setFocus()
    assert not told()
    editor.setFocus()
    assert told()
    editor.set_finding("")
    assert not told()


def an_heir(**changes: str) -> list[str]:
    parts = {
        "name": "王小满",
        "identity_no": "990501201503071235",
        "relation": "子女",
        "share": "1/2",
        "bank_card": "6222021234567890128",
        "bank": "云溪银行",
    } | changes
    number = parts["identity_no"][:17]
    return list((parts | {"identity_no": number + check_character(number)}).values())


def type_heir(bench: Bench, parts: list[str]) -> None:
    for part in parts:
        bench.type(part)
        bench.press(Qt.Key.Key_Return)


def heirs(bench: Bench) -> tuple[Editor, HeirsControl]:
    editor = bench.editor(Kind.HEIRS)
    assert isinstance(editor.control, HeirsControl)
    return editor, editor.control


def test_heirs_are_typed_one_after_the_other_until_their_shares_make_one_whole(bench: Bench) -> None:
    editor, control = heirs(bench)
    type_heir(bench, an_heir())
    assert len(control.rows) == 2
    assert control.sum.text() == "份额合计 1/2，还差 1/2"
    with bench.qtbot.waitSignal(editor.went_on):
        type_heir(bench, an_heir(name="王大满", identity_no="990501201203071235"))
    assert control.sum.text() == "份额合计 1，正好分完"
    read = read_heirs(editor.raw(), "heirs", TODAY)
    assert not isinstance(read, Finding)
    assert [(heir.name, heir.share) for heir in read] == [("王小满", "1/2"), ("王大满", "1/2")]


def test_what_is_typed_of_every_heir_stands_in_the_same_columns(bench: Bench) -> None:
    bench.window.resize(720, 700)
    _, control = heirs(bench)
    type_heir(bench, an_heir())
    bench.press(Qt.Key.Key_Insert)
    bench.qtbot.waitUntil(lambda: all(row.parts["bank"].x() for row in control.rows))
    columns = {tuple((part.x(), part.width()) for part in row.parts.values()) for row in control.rows}
    assert len(control.rows) == 3
    assert len(columns) == 1
    halves = [control.rows[0].parts[part].width() for part in ("bank_card", "bank")]
    assert abs(halves[0] - halves[1]) <= 1


def test_an_heir_is_added_with_insert_and_removed_with_control_delete(bench: Bench) -> None:
    _, control = heirs(bench)
    type_heir(bench, an_heir(share="1"))
    bench.press(Qt.Key.Key_Insert)
    assert [row.title.text() for row in control.rows] == ["第 1 位", "第 2 位"]
    assert control.rows[1].parts["name"].control.hasFocus()
    control.rows[0].take_keyboard("share")
    bench.qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
    assert [row.title.text() for row in control.rows] == ["第 1 位"]
    assert control.rows[0].parts["name"].control.hasFocus()
    assert control.raw() == ""


def test_what_is_wrong_with_an_heir_stands_at_the_part_as_it_is_left(bench: Bench) -> None:
    _, control = heirs(bench)
    type_heir(bench, an_heir(bank_card="6222021234567890129"))
    wrong = {part: framed.finding for part, framed in control.rows[0].parts.items() if framed.finding}
    assert wrong == {"bank_card": "卡号校验位不对，请核对最后一位"}
    assert control.rows[0].parts["bank_card"].note.isVisible()
    control.rows[0].take_keyboard("bank_card")
    bench.type("6222021234567890128")
    assert control.rows[0].parts["bank_card"].finding == ""


def test_handing_in_says_at_every_part_of_an_heir_what_is_missing(bench: Bench) -> None:
    editor, control = heirs(bench)
    type_heir(bench, an_heir()[:2])
    editor.set_finding("第 1 位继承人：请填写与逝者关系、份额、收款银行卡、开户银行")
    wrong = {part: framed.finding for part, framed in control.rows[0].parts.items() if framed.finding}
    assert wrong["relation"] == "请填写与逝者关系"
    assert set(wrong) == {"relation", "share", "bank_card", "bank"}
    assert editor.note.isVisible()


def test_heirs_of_a_draft_are_there_again_also_with_parts_left_empty(bench: Bench) -> None:
    editor, control = heirs(bench)
    editor.set_raw("\t990501201503071235\t子女\n王大满")
    assert [row.texts()[:2] for row in control.rows] == [["", "990501201503071235"], ["王大满", ""]]
    assert editor.raw() == "\t990501201503071235\t子女\n王大满"


def test_the_twelfth_of_many_choices_is_taken_by_its_two_digits(bench: Bench) -> None:
    editor = bench.editor(Kind.CHOICE)
    assert isinstance(editor.control, ChoiceControl)
    editor.control.set_choices(tuple(Choice(f"r{place}", f"原因 {place}") for place in range(1, 22)))
    bench.type("12")
    assert editor.raw() == "r12"
    bench.press(Qt.Key.Key_Return)
    bench.type("30")
    assert editor.raw() == "r3"  # there is no thirtieth, and 0 is none


def test_a_tick_for_what_is_not_asked_now_is_kept_and_not_sent(bench: Bench) -> None:
    """The clerk picks one reason, ticks, picks another, and comes back."""
    editor = bench.editor(Kind.MATERIALS)
    editor.offer(MATERIALS["materials"])
    editor.set_raw("no_home,marriage")
    editor.offer([Choosable("marriage", "婚姻信息"), Choosable("invoice", "发票")])
    assert editor.raw() == "marriage"
    assert isinstance(editor.control, MaterialsControl)
    bench.qtbot.waitUntil(editor.control.boxes["marriage"].isVisible)
    editor.control.boxes["marriage"].setFocus()
    bench.press(Qt.Key.Key_Space)
    editor.offer(())
    editor.offer(MATERIALS["materials"])
    assert editor.raw() == "no_home"


def test_what_shared_data_replace_counts_as_there_and_takes_no_tick(bench: Bench) -> None:
    editor = bench.editor(Kind.MATERIALS)
    editor.offer(MATERIALS["materials"], replaced={"no_home"})
    assert editor.hint() == "3 项中已齐 1 项"
    assert isinstance(editor.control, MaterialsControl)
    assert not editor.control.boxes["no_home"].isEnabled()
    assert editor.control.current == "marriage"
    with bench.qtbot.waitSignal(editor.material_wanted) as wanted:
        editor.control.want()
    assert wanted.args == ["marriage"]
