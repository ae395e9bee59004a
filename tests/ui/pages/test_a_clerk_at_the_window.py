"""A clerk at the real program: keyboard only, real store, real keyring, real centre."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gjj_desktop.domain.numbers import Series, check_number
from tests.support.office import CLERK, PASSWORD, REVIEWER, Hands, until
from tests.ui.pages.typing_in import CONTROL, ENTER, GOOD_CARD, WRONG_CARD, type_rent, wait_synced, withdrawal_form
from ui.desk import DeskPage
from ui.pages.case_form import CaseForm
from ui.pages.home import DRAFTS, TO_CORRECT, HomePage
from ui.pages.search import SearchPage
from ui.preview import PreviewPage
from ui.table import Table


def table_of(hands: Hands) -> Table:
    return hands.page.table  # type: ignore[attr-defined, no-any-return]


def test_a_rent_withdrawal_goes_from_the_first_key_to_the_receipt_without_a_mouse(front: Hands) -> None:
    page = withdrawal_form(front)
    type_rent(front, page, "王𬭩", GOOD_CARD)
    front.press(Qt.Key.Key_F9)
    until(lambda: isinstance(front.page, PreviewPage), "the receipt")
    preview = front.page
    assert isinstance(preview, PreviewPage)
    until(lambda: preview.count == 2, "both copies")
    front.press(Qt.Key.Key_Escape)
    assert front.page is page
    assert not any(page.cards.raw().values()), "the sheet is empty again"
    wait_synced(front)


def test_a_wrong_card_is_said_at_its_field_and_nothing_is_lost(front: Hands) -> None:
    page = withdrawal_form(front)
    type_rent(front, page, "马文杰", WRONG_CARD)
    front.press(Qt.Key.Key_F9)
    front.rest()
    assert page.cards.editors["bank_card"].finding == "卡号校验位不对，请核对最后一位"
    assert QApplication.focusWidget() is page.cards.editors["bank_card"].control
    assert page.cards.raw()["first_month"] == "2026-05"
    assert front.page is page


def test_the_lock_keeps_what_was_typed_and_only_the_same_password_opens_it(front: Hands) -> None:
    page = withdrawal_form(front)
    front.type("郑雨桐")
    front.rest()
    window = front.app.window
    assert window is not None
    assert window.session is not None
    front.app.shell._idle.timeout.emit()
    until(lambda: window.session is not None and window.session.locked, "the key put away")
    assert front.app.shell.is_locked
    front.type("falsch")
    front.press(ENTER)
    front.rest()
    assert front.app.shell.is_locked
    front.type(PASSWORD)
    front.press(ENTER)
    until(lambda: not front.app.shell.is_locked, "the work again")
    assert front.page is page
    assert page.cards.editors["personal_account_no"].raw() == "郑雨桐"
    front.rest()
    assert not window.session.locked


def test_a_draft_that_was_left_is_gone_on_with_from_the_home_page(front: Hands) -> None:
    page = withdrawal_form(front)
    front.type("何建平")
    front.rest()
    front.press(Qt.Key.Key_Escape)
    front.press(Qt.Key.Key_Escape)
    until(lambda: isinstance(front.page, HomePage), "the home page")
    front.rest()
    front.type("何建平")
    until(lambda: table_of(front).current and table_of(front).current.line.subject == "何建平", "the draft found")
    row = table_of(front).current
    assert row is not None
    assert (row.tab, row.line.title) == (DRAFTS, "提取")
    front.press(ENTER)
    until(lambda: isinstance(front.page, CaseForm), "the form")
    opened = front.page
    assert isinstance(opened, CaseForm)
    assert opened is not page
    assert opened.cards.raw()["personal_account_no"] == "何建平"
    assert page.cards.raw()["personal_account_no"] == "", "the page that was left began a new sheet"


def test_a_case_sent_back_by_the_supervisor_reopens_filled_in(front: Hands, back: Hands) -> None:
    front.take()
    page = withdrawal_form(front)
    type_rent(front, page, "孙立", GOOD_CARD, "2026-06", "2026-07")
    front.press(Qt.Key.Key_F9)
    until(lambda: isinstance(front.page, PreviewPage), "the receipt")
    wait_synced(front)
    back.take()
    back.work.open_page("approval")
    until(lambda: any(item.subject == "孙立" for item in desk_of(back)._items), "the case at the other window")
    desk = desk_of(back)
    desk.table.move_to(next(item.case_no for item in desk._items if item.subject == "孙立"))
    desk.refresh()
    until(lambda: desk.case is not None and desk.case.heading.startswith("孙立"), "the case in hand")
    back.press(Qt.Key.Key_F7)
    back.type("身份证影印件不清")
    back.press(ENTER)
    wait_synced(back)
    front.take()
    front.press(Qt.Key.Key_Escape)
    front.press(Qt.Key.Key_1, CONTROL)
    until(lambda: any(row.tab == TO_CORRECT for row in front.page._loaded), "the case back")  # type: ignore[attr-defined]
    front.rest()
    front.type("孙立")
    until(lambda: table_of(front).current and table_of(front).current.line.subject == "孙立", "the case found")
    front.press(ENTER)
    until(lambda: isinstance(front.page, CaseForm), "the form")
    again = front.page
    assert isinstance(again, CaseForm)
    raw = again.cards.raw()
    assert (raw["first_month"], raw["last_month"], raw["bank_card"].replace(" ", "")) == (
        "2026-06",
        "2026-07",
        GOOD_CARD,
    )
    front.rest()
    front.press(Qt.Key.Key_F9)
    until(lambda: isinstance(front.page, PreviewPage), "the receipt of the second round")
    wait_synced(front)


def desk_of(hands: Hands) -> DeskPage:
    assert isinstance(hands.page, DeskPage)
    return hands.page


def test_personal_data_is_masked_until_asked_for_and_the_asking_is_recorded(front: Hands) -> None:
    from gjj_desktop.store import audit

    front.press(Qt.Key.Key_K, CONTROL)
    front.type("沈国华")
    until(lambda: front.work.search.list.isVisible(), "the hits")
    front.press(ENTER)
    until(lambda: isinstance(front.page, SearchPage), "the search page")
    page = front.page
    assert isinstance(page, SearchPage)
    until(lambda: page._facts is not None, "the facts")
    assert "990501196809152114" not in str(page.pairs.texts())
    front.press(Qt.Key.Key_F8)
    until(lambda: "990501196809152114" in str(page.pairs.texts()), "the whole number")
    window = front.app.window
    assert window is not None
    with window.reading() as connection:
        lines = [line for line in audit.read(connection) if line.what == "personal_data.shown"]
    assert [line.clerk for line in lines] == [CLERK]
    assert "990501196809152114" not in lines[0].subject
    front.press(Qt.Key.Key_1, CONTROL)
    front.press(Qt.Key.Key_8, CONTROL)
    until(lambda: page._facts is not None and not page._facts.full, "the mask again")


def test_another_person_signs_in_at_the_lock_and_sees_their_own_pages(front: Hands) -> None:
    front.app.shell.lock()
    front.rest()
    front.press(Qt.Key.Key_F3)
    front.sign_in(REVIEWER)
    names = set(front.work.navigation.waiting())
    assert "approval" in names
    assert "overdue" not in names


def test_numbers_of_papers_and_cases_are_right_numbers(front: Hands) -> None:
    front.press(Qt.Key.Key_7, CONTROL)
    front.rest()
    rows = front.page._loaded  # type: ignore[attr-defined]
    assert rows
    for row in rows:
        assert check_number(Series.PAPER, row.paper_no) == row.paper_no
        assert check_number(Series.CASE, row.case_no) == row.case_no
