"""How a clerk types a rent withdrawal at the real form."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox

from gjj_desktop.domain.bank_card import bank_card_check_digit
from tests.support.office import Hands, until
from ui.pages.case_form import CaseForm
from ui.pages.withdrawals import WithdrawalPage

ENTER, CONTROL = Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier
CARD = "622202123456789012"
GOOD_CARD = CARD + bank_card_check_digit(CARD)
WRONG_CARD = CARD + str((int(GOOD_CARD[-1]) + 1) % 10)


def withdrawal_form(hands: Hands) -> CaseForm:
    """The form of a withdrawal, reached by its key, with the reasons offered."""
    hands.press(Qt.Key.Key_3, CONTROL)
    page = hands.page
    assert isinstance(page, WithdrawalPage)
    until(lambda: page.cards.editors["reason"].control.count(), "the reasons")  # type: ignore[attr-defined]
    return page


def type_rent(
    hands: Hands, page: CaseForm, person: str, card: str, first: str = "2026-05", last: str = "2026-10"
) -> None:
    """A rent withdrawal by keys alone, from the first field to the last tick."""
    hands.type(person)
    picker = page.cards.editors["personal_account_no"].control
    until(lambda: picker.list.isVisible(), "the hits")  # type: ignore[attr-defined]
    hands.press(ENTER)
    hands.type_on("19900008816")
    hands.type("1")
    hands.rest()
    hands.press(ENTER)
    hands.type_on(first, last, "1500", card)
    hands.type("云溪银行营业部")
    until(lambda: page.cards.editors["materials"].control.findChildren(QCheckBox), "the materials")
    hands.press(ENTER)
    while isinstance(box := QApplication.focusWidget(), QCheckBox) and not box.isChecked():
        hands.press(Qt.Key.Key_Space)
        hands.press(ENTER)
    hands.rest()


def wait_synced(hands: Hands) -> None:
    machine = hands.app.machine
    assert machine is not None
    until(lambda: machine.engine.state().pending == 0, "the centre's answers")
    hands.rest()
