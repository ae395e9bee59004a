"""The withdrawal form leads: what may be withdrawn is there with the person, a key picks it, and a notice keeps it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gjj_desktop.cases.kind import Option
from gjj_desktop.printing.reopening import reopen_text
from tests.support.office import Hands, Office, run_for, until
from tests.ui.pages.typing_in import CONTROL, ENTER, withdrawal_form
from ui.advice_panel import FIRM, TO_CONFIRM
from ui.fields.choice import ChoiceControl
from ui.pages.case_form import CaseForm
from ui.pages.notices import NoticesPage
from ui.preview import PreviewPage
from ui.theme import theme

DAILY = ("rent", "rent_registered", "rent_public", "purchase", "renovation", "property_fee", "repay_commercial_loan")
RARE = ("retirement", "left_without_job", "court_deduction", "low_income", "other_approved")


def with_person(front: Hands, name: str) -> CaseForm:
    """The withdrawal form with somebody picked, by keys."""
    page = withdrawal_form(front)
    page.begin_anew()
    page.cards.lead_to("personal_account_no")
    front.type(name)
    picker = page.cards.editors["personal_account_no"].control
    until(lambda: picker.list.isVisible(), "the hits")  # type: ignore[attr-defined]
    front.press(ENTER)
    until(lambda: page.panel.survey.isVisible(), "what may be withdrawn")
    return page


def reason_of(page: CaseForm) -> str:
    return page.cards.editors["reason"].raw()


def test_every_reason_of_the_day_is_surveyed_as_soon_as_a_person_is_picked(front: Hands) -> None:
    page = with_person(front, "王𬭩")
    reasons = page.cards.editors["reason"].control
    assert isinstance(reasons, ChoiceControl)
    options = page.panel.options.options
    assert [option.value for option in options] == [reasons.itemData(place) for place in range(reasons.count())]
    assert all(option.sentence for option in options)
    rent = next(option for option in options if option.value == "rent")
    assert rent.possible
    assert rent.amount_fen
    assert not all(option.possible for option in options)


def test_a_key_leads_into_the_list_and_a_number_with_enter_picks_the_reason(front: Hands) -> None:
    page = with_person(front, "王𬭩")
    front.press(Qt.Key.Key_F2)
    assert page.panel.options.hasFocus()
    order = [option.value for option in page.panel.options.options]
    front.type(str(order.index("renovation") + 1))
    current = page.panel.options.current
    assert isinstance(current, Option)
    assert current.value == "renovation"
    front.press(ENTER)
    assert reason_of(page) == "renovation"
    until(lambda: "invoice_no" in page.cards.asked_for(), "the fields of the reason")
    asked_for = page.cards.asked_for()
    assert {"invoice_no", "cost_fen", "unit_no", "home", "amount_fen", "bank_card"} <= set(asked_for)
    assert not {"first_month", "contract_no", "heirs", "payee_name"} & set(asked_for)
    assert QApplication.focusWidget() is page.cards.editors["mobile"].control, "what is empty before it comes first"
    until(lambda: not page.panel.survey.isVisible(), "the answer in the list's place")


def test_the_list_is_left_by_escape_without_leaving_the_page(front: Hands) -> None:
    page = with_person(front, "王𬭩")
    front.press(Qt.Key.Key_F2)
    front.press(Qt.Key.Key_Down)
    front.press(Qt.Key.Key_Escape)
    assert front.page is page
    assert reason_of(page) == ""
    assert QApplication.focusWidget() is page.cards.editors["reason"].control


def test_what_was_typed_for_one_reason_is_there_again_after_looking_at_another(front: Hands) -> None:
    page = with_person(front, "王𬭩")
    page.cards.choose("reason", "rent")
    until(lambda: "first_month" in page.cards.asked_for(), "the months")
    page.cards.lead_to("first_month")
    front.type_on("2026-06")
    page.cards.choose("reason", "retirement")
    until(lambda: "happened_on" in page.cards.asked_for(), "the day")
    assert "first_month" not in page.cards.asked_for()
    page.cards.choose("reason", "rent")
    assert page.cards.raw()["first_month"] == "2026-06"
    front.rest()


@pytest.mark.parametrize("reason", DAILY + RARE)
def test_a_reason_fits_on_the_screen_of_a_window_without_scrolling(front: Hands, reason: str) -> None:
    front.app.shell.resize(1366, 768)
    page = with_person(front, "王𬭩")
    page.cards.choose("reason", reason)
    until(lambda: page.cards.asks_materials, "the materials of the reason")
    front.rest()
    run_for(100)
    assert theme().percent == 100
    assert page._scroll.verticalScrollBar().maximum() == 0


def test_a_notice_is_printed_by_a_key_and_its_code_opens_the_sheet_again(front: Hands) -> None:
    page = with_person(front, "王𬭩")
    page.cards.choose("reason", "rent")
    until(lambda: page.cards.asks_materials, "the materials")
    page.cards.lead_to("first_month")
    front.type_on("2026-06", "2026-09")
    front.press(Qt.Key.Key_F10)
    until(lambda: isinstance(front.page, PreviewPage), "the notice")
    front.press(Qt.Key.Key_Escape)
    front.rest()
    assert not any(page.cards.raw().values()), "the sheet is put away"
    front.press(Qt.Key.Key_F5)
    listed = front.page
    assert isinstance(listed, NoticesPage)
    until(lambda: listed.table.rows, "the notice in the list")
    number = listed.table.rows[0].notice_no
    front.type(reopen_text(number))
    front.press(ENTER)
    until(lambda: isinstance(front.page, CaseForm), "the sheet again")
    again = front.page
    assert isinstance(again, CaseForm)
    assert (again.desk.notice_no, again.cards.raw()["first_month"]) == (number, "2026-06")
    until(lambda: "告知编号" in again.about.text(), "what it is told to be missing")
    front.press(Qt.Key.Key_Escape)
    front.rest()


def test_a_code_scanned_into_the_search_opens_the_sheet_from_any_page(front: Hands) -> None:
    page = with_person(front, "王𬭩")
    page.cards.choose("reason", "retirement")
    until(lambda: page.cards.asks_materials, "the materials")
    front.press(Qt.Key.Key_F10)
    until(lambda: isinstance(front.page, PreviewPage), "the notice")
    front.press(Qt.Key.Key_Escape)
    front.press(Qt.Key.Key_F5)
    listed = front.page
    assert isinstance(listed, NoticesPage)
    until(lambda: listed.table.rows, "the notice in the list")
    number = listed.table.rows[0].notice_no
    front.press(Qt.Key.Key_1, CONTROL)
    front.press(Qt.Key.Key_K, CONTROL)
    front.type(reopen_text(number))
    front.press(ENTER)
    until(lambda: isinstance(front.page, CaseForm) and front.page.desk.notice_no == number, "the sheet behind the code")


def test_without_a_person_the_notice_key_says_what_to_do(front: Hands) -> None:
    page = withdrawal_form(front)
    page.begin_anew()
    front.press(Qt.Key.Key_F10)
    front.rest()
    assert front.page is page
    assert page.cards.editors["personal_account_no"].finding == "请先选择缴存人，再打印告知单"


def test_no_amount_is_called_certain_while_the_window_does_not_hear_from_the_centre(
    front: Hands, town_office: Office
) -> None:
    page = with_person(front, "王𬭩")
    page.cards.choose("reason", "rent")
    page.cards.lead_to("first_month")
    front.type_on("2026-10", "2026-10")
    certain = page.panel.firmness
    until(lambda: certain.isVisible() and certain.text() == FIRM, "an amount that this window knows")
    town_office.centre.cut()
    try:
        assert front.app.machine is not None
        front.app.machine.engine.nudge(now=True)
        until(lambda: certain.text() == TO_CONFIRM, "the line that is down told at the amount")
        assert page.panel.amount.text() == "1,500.00"
    finally:
        town_office.centre.restore()
    front.app.machine.engine.nudge(now=True)
    until(lambda: certain.text() == FIRM, "the centre heard of again")
