"""What the people of the stories do with their windows, by keys alone, and what they read there."""

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

import pypdfium2
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from gjj_desktop.cases.kind import Option
from gjj_desktop.cases.rows import Case
from gjj_desktop.store import view
from tests.stories.reasons import MOBILE
from tests.support.office import PASSWORD, Hands, until
from tests.ui.pages.typing_in import CONTROL, ENTER
from tests.ui.scans import a_scan
from ui.desk import DeskPage
from ui.fields.choice import ChoiceControl
from ui.fields.heirs import HeirsControl
from ui.fields.materials import MaterialsControl
from ui.fields.picker import PickerControl
from ui.option_list import gives_words
from ui.pages.case_form import CaseForm
from ui.pages.withdrawals import PostedPage, WithdrawalPage
from ui.preview import PreviewPage
from ui.scanning import ScanPage

_scans = count(1)


def squeezed(text: str) -> str:
    """Without spaces and line ends, as words on paper are compared."""
    return "".join(text.split())


# the form


def empty_form(hands: Hands) -> WithdrawalPage:
    """The form of a withdrawal with nothing on it, reached by its keys whatever was open before."""
    hands.take()
    for _ in range(4):
        if isinstance(hands.page, PreviewPage | PostedPage | ScanPage):
            hands.press(Qt.Key.Key_Escape)
            hands.rest()
    hands.press(Qt.Key.Key_3, CONTROL)
    page = hands.page
    assert isinstance(page, WithdrawalPage), page
    if any(page.cards.raw().values()):
        page.begin_anew()
        hands.app.tasks.run(lambda: page.desk.save_draft({}), lambda _: None)
    hands.rest()
    page.cards.lead_to_first()
    return page


def pick_person(hands: Hands, page: CaseForm, name: str) -> None:
    """Find somebody by name and take them with Enter."""
    picker = page.cards.editors["personal_account_no"].control
    assert isinstance(picker, PickerControl)
    assert QApplication.focusWidget() is picker, QApplication.focusWidget()
    hands.type(name)
    until(lambda: picker.list.isVisible() and picker.list.currentRow() == 0, f"a hit for {name}")
    hands.press(ENTER)


def options_of(hands: Hands, page: CaseForm) -> Sequence[Option]:
    """What may be withdrawn now and what not, as the list on the right says it."""
    until(lambda: page.panel.options.options, "what may be withdrawn")
    hands.rest()
    return page.panel.options.options


def option(hands: Hands, page: CaseForm, reason: str) -> Option:
    return next(each for each in options_of(hands, page) if each.value == reason)


def told(option: Option) -> tuple[str, str]:
    """The word at the right of an option, and its sentence."""
    return gives_words(option), option.sentence


def choose_reason(hands: Hands, page: CaseForm, reason: str) -> None:
    """F2, the reason's number, Enter."""
    numbers = [each.value for each in options_of(hands, page)]
    hands.press(Qt.Key.Key_F2)
    assert QApplication.focusWidget() is page.panel.options
    hands.type(str(numbers.index(reason) + 1))
    current = page.panel.options.current
    assert current is not None
    assert current.value == reason
    hands.press(ENTER)
    hands.rest()
    assert page.cards.raw()["reason"] == reason


def at_field(page: CaseForm) -> str:
    """The name of the field that has the keyboard, "" for none."""
    focus = QApplication.focusWidget()
    found = (name for name, each in page.cards.editors.items() if focus is not None and each.isAncestorOf(focus))
    return next(found, "")


def type_fields(hands: Hands, page: CaseForm, asked: dict[str, str], heirs: Sequence[Sequence[str]] = ()) -> list[str]:
    """From the field with the keyboard to the materials, each left by Enter; answers the fields met, in order."""
    met: list[str] = []
    while (name := at_field(page)) not in ("", "materials", *met):
        met.append(name)
        control = page.cards.editors[name].control
        if isinstance(control, HeirsControl):
            for heir in heirs:
                hands.type_on(*heir)
        elif isinstance(control, ChoiceControl):
            until(control.count, f"the choices of {name}")
            hands.rest()
            text = asked[name]
            place = control.findData(text) + 1 if control.findData(text) >= 0 else int(text)
            hands.type(str(place))
            hands.press(ENTER)
        else:
            if isinstance(control, QLineEdit):
                control.selectAll()
            if asked[name]:
                hands.type(asked[name])
            hands.press(ENTER)
    hands.rest()
    return met


def materials_of(page: CaseForm) -> MaterialsControl:
    control = page.cards.editors["materials"].control
    assert isinstance(control, MaterialsControl)
    return control


def data_answered(hands: Hands, page: CaseForm) -> None:
    """Wait until every register that is asked has answered."""
    verifying = page.verifying
    assert verifying is not None
    until(
        lambda: (
            verifying.panel.lines
            and all(line.word not in ("未核验", "核验中", "待填") for line in verifying.panel.lines)
            and not [word for _, word, _ in verifying.panel.texts() if word == "核验中"]
        ),
        f"the answers of shared data; {verifying.panel.texts()}",
    )
    hands.rest()


def scan(hands: Hands, page: CaseForm, material: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Add a page of this material from a file, and come back."""
    path = folder / f"scan-{next(_scans)}.jpg"
    path.write_bytes(a_scan(8 + next(_scans) % 16, size=(620, 877)))
    hands.press(Qt.Key.Key_F6)
    until(lambda: isinstance(hands.page, ScanPage), "the page of scans")
    scans = hands.page
    assert isinstance(scans, ScanPage)
    hands.rest()
    for _ in range(9):
        if scans.material == material:
            break
        hands.press(Qt.Key.Key_Right)
    else:
        for _ in range(9):
            if scans.material != material:
                hands.press(Qt.Key.Key_Left)
    assert scans.material == material
    patch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(path)], ""))
    hands.press(Qt.Key.Key_F2)
    until(lambda: scans.own and not scans._busy and not scans._waiting, "the page made")
    hands.press(Qt.Key.Key_F9)
    until(lambda: hands.page is page, "the form")
    hands.rest()
    assert materials_of(page).boxes[material].isChecked()


def tick(hands: Hands, page: CaseForm, *materials: str) -> None:
    """Go through the materials by Enter and tick these with the space bar."""
    boxes, met = materials_of(page).boxes, set[str]()
    if all(box.replaced for box in boxes.values()):
        return
    page.cards.lead_to("materials")
    while at_field(page) == "materials":
        code = next(code for code, box in boxes.items() if box.hasFocus())
        assert code not in met
        met.add(code)
        if code in materials:
            hands.press(Qt.Key.Key_Space)
        hands.press(ENTER)
    hands.rest()


def hand_in(hands: Hands, page: CaseForm) -> str:
    """F9, and the words on the paper that comes out."""
    hands.press(Qt.Key.Key_F9)
    until(
        lambda: isinstance(hands.page, PreviewPage) and hands.page.count,
        f"the receipt; {[(name, each.finding) for name, each in page.cards.editors.items() if each.finding]}"
        f" {page.panel.obstacle_text.text()}",
    )
    return paper_in_sight(hands)


def paper_in_sight(hands: Hands) -> str:
    """The words on the paper in the preview, without spaces."""
    until(lambda: isinstance(hands.page, PreviewPage) and hands.page.count, "the preview")
    page = hands.page
    assert isinstance(page, PreviewPage)
    document = pypdfium2.PdfDocument(page._model.pdf())
    return squeezed("".join(each.get_textpage().get_text_bounded() for each in document))


def type_claim(hands: Hands, page: CaseForm, name: str, reason: str, asked: dict[str, str], *ticked: str) -> None:
    """Everything for a person and a reason, up to the last tick, with what registers say in between."""
    pick_person(hands, page, name)
    hands.type_on(MOBILE["mobile"])
    choose_reason(hands, page, reason)
    type_fields(hands, page, asked)
    data_answered(hands, page)
    tick(hands, page, *ticked)


# what became of it


def sent(hands: Hands) -> None:
    """Wait until the centre has answered everything and has every page."""
    machine = hands.app.machine
    assert machine is not None
    state = machine.engine.state
    until(lambda: state().pending == 0 and state().pages == 0, f"everything at the centre; {state()}")
    hands.rest()


def newest_case(hands: Hands, name: str) -> Case:
    """The case of somebody that was taken in last, as this window knows it."""
    window = hands.app.window
    assert window is not None
    with window.reading() as connection:
        found = [case for case in view.rows_of(connection, Case) if case.subject == name]
    return max(found, key=lambda case: (case.received_at, case.case_no))


def case_of(hands: Hands, case_no: str) -> Case | None:
    window = hands.app.window
    assert window is not None
    with window.reading() as connection:
        return view.one(connection, Case, case_no)


def state_is(hands: Hands, case_no: str, state: str) -> Case:
    """Wait until this window hears that the case is in this state."""

    def there() -> bool:
        case = case_of(hands, case_no)
        return case is not None and case.state == state

    until(there, f"case {case_no} {state}")
    hands.rest()
    case = case_of(hands, case_no)
    assert case is not None
    return case


def replace_text(hands: Hands, line: QLineEdit, text: str) -> None:
    assert QApplication.focusWidget() is line
    hands.press(Qt.Key.Key_A, CONTROL)
    hands.type(text)


def decide(hands: Hands, case: Case, key: Qt.Key = Qt.Key.Key_F9, opinion: str = "") -> DeskPage:
    """Find the case on the desk by its applicant's name and decide it, with the password where it is asked for."""
    hands.take()
    hands.press(Qt.Key.Key_5, CONTROL)
    desk = hands.page
    assert isinstance(desk, DeskPage), desk
    until(lambda: case.case_no in {item.case_no for item in desk._items}, "the case on the desk")
    hands.press(Qt.Key.Key_F, CONTROL)
    replace_text(hands, desk.table.filter_line, case.subject)
    until(lambda: desk.case is not None and desk.case.case_no == case.case_no, "the case beside the list")
    hands.rest()
    hands.press(key)
    if opinion:
        hands.type_on(opinion)
    gone = _gone_from(desk, case.case_no)
    until(lambda: desk.strip.password.isVisible() or gone(), "the password asked for, or the decision")
    if desk.strip.password.isVisible():
        hands.type_on(PASSWORD)
    until(gone, "the decision")
    sent(hands)
    return desk


def _gone_from(desk: DeskPage, case_no: str) -> Callable[[], bool]:
    return lambda: case_no not in {item.case_no for item in desk._items}


def voucher_of(hands: Hands, case: Case) -> str:
    """The words on the voucher, printed from the list of what was decided."""
    empty_form(hands)
    hands.press(Qt.Key.Key_F4)
    until(lambda: isinstance(hands.page, PostedPage), "the decided withdrawals")
    page = hands.page
    assert isinstance(page, PostedPage)
    until(lambda: case.case_no in [row.case_no for row in page._loaded], "the case on the list")
    hands.press(Qt.Key.Key_F, CONTROL)
    replace_text(hands, page.table.filter_line, case.subject)
    until(lambda: page.current is not None and page.current.case_no == case.case_no, "the row")
    hands.press(Qt.Key.Key_F9)
    return paper_in_sight(hands)
