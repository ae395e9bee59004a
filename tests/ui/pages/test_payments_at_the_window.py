"""付款 at the window: what the bank sent back is put right by keys alone, and a second person lets it go out again."""

import csv
from itertools import count
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt

from gjj_desktop.cases.rows import Case, Payment
from gjj_desktop.cases.state import need
from gjj_desktop.cases.withdrawal_form import SubmitWithdrawal
from gjj_desktop.central.bank_answers import COLUMNS, take_answers
from gjj_desktop.central.city import read_city
from gjj_desktop.central.journal import Booking, append
from gjj_desktop.central.paying_out import pay_out
from gjj_desktop.central.row_tables import load_rows, lock_state, publish
from gjj_desktop.counter.case_view import case_view
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.ledger.entry import Entry, JournalLine
from gjj_desktop.store import view
from tests.support.office import PASSWORD, Hands, Office, until
from tests.ui.pages.typing_in import CONTROL, ENTER, GOOD_CARD, wait_synced
from ui.desk import DeskPage
from ui.pages.case import CasePage
from ui.pages.case_form import CaseForm
from ui.pages.home import TO_CORRECT, HomePage
from ui.pages.instructions import InstructionsPage
from ui.pages.payments import PaymentsPage
from ui.preview import PreviewPage

OLD_CARD = "6222021234567890128"
PAYEE, AMOUNT_FEN = "陆婉清", 321_000
NUMBERS = count(700)


@pytest.fixture
def came_back(town_office: Office, tmp_path: Path) -> str:
    """A payment of 3,210.00 to 陆婉清 that went to the bank and came back; its number."""
    number = make_number(Series.CASE, "9905", "99", next(NUMBERS))
    with town_office.centre.administration() as connection:
        day = read_city(connection).business_date
        publish(connection, [_paid_for(number, day), _ordered(number, day)])
        lines = (JournalLine("211", "debit", AMOUNT_FEN), JournalLine("101", "credit", AMOUNT_FEN, number))
        booked = Entry(event="withdrawal.posted", case_no=number, lines=lines)
        with connection.transaction():
            lock_state(connection)
            append(connection, [Booking("test", booked)], day)
        batch = pay_out(connection, town_office.centre.key, tmp_path / "out.csv").batch
        answers = tmp_path / "answers.csv"
        with answers.open("w", encoding="utf-8-sig", newline="") as file:
            line = (batch, number, "returned", "", day.isoformat(), "YH1", "账号户名不符")
            csv.writer(file).writerows((COLUMNS, line, ("total", "1", "", "0", "", "", "")))
        assert take_answers(connection, town_office.centre.key, answers).new == 1
    return number


def _paid_for(number: str, day: object) -> Case:
    return Case(
        case_no=number,
        outlet="9905",
        device="990599",
        kind="withdrawal",
        reason="rent",
        title="租房提取",
        state="posted",
        subject=PAYEE,
        person_ids=(),
        amount_fen=AMOUNT_FEN,
        maker="990501",
        maker_name="李秀英",
        received_at="2026-11-20T02:31:00Z",
        received_on=day,  # type: ignore[arg-type]
        payload=msgspec.msgpack.encode(SubmitWithdrawal(personal_account_no="", reason="rent")),
    )


def _ordered(number: str, day: object) -> Payment:
    return Payment(
        payment_no=number,
        case_no=number,
        outlet="9905",
        payee=PAYEE,
        account_no=OLD_CARD,
        bank="云溪银行",
        amount_fen=AMOUNT_FEN,
        ordered_on=day,  # type: ignore[arg-type]
    )


def payments_page(hands: Hands) -> PaymentsPage:
    hands.press(Qt.Key.Key_B, CONTROL)
    page = hands.page
    assert isinstance(page, PaymentsPage), page
    hands.rest()
    return page


def line_of(page: PaymentsPage, number: str) -> object:
    return next((row for row in page._loaded if row.payment_no == number), None)


def words_of(page: PaymentsPage, number: str) -> str:
    return str(getattr(line_of(page, number), "state_words", ""))


def stored(office: Office, number: str) -> Payment:
    with office.centre.administration() as connection:
        [row] = load_rows(connection, [need(Payment, number)])
    assert isinstance(row, Payment)
    return row


def type_correction(hands: Hands, form: CaseForm, payee: str) -> None:
    """The new card by keys alone, from the payment's number that stands there already."""
    form.cards.editors["payee"].control.setFocus()
    hands.type_on(payee)
    hands.press(ENTER)
    hands.type_on(GOOD_CARD, "云溪农商银行")
    hands.rest()


def test_what_the_bank_sent_back_is_put_right_from_the_home_page_and_goes_out_once_approved(
    front: Hands, back: Hands, town_office: Office, came_back: str
) -> None:
    front.press(Qt.Key.Key_1, CONTROL)
    home = front.page
    assert isinstance(home, HomePage)
    until(lambda: any(row.line.key == came_back for row in home._loaded), "the task")
    home.turn_to(TO_CORRECT)
    front.type("付款退回")
    until(lambda: home.current is not None and home.current.line.key == came_back, "the row")
    assert "账号户名不符" in home.current.line.detail  # type: ignore[union-attr]
    front.press(ENTER)
    until(lambda: isinstance(front.page, CaseForm), "the form")
    form = front.page
    assert isinstance(form, CaseForm)
    front.rest()
    assert form.cards.raw()["payment_no"] == came_back
    type_correction(front, form, "高雅琴")
    front.press(Qt.Key.Key_F9)
    front.rest()
    assert "原收款人" in form.cards.editors["payee"].finding
    form.cards.editors["payee"].set_raw(PAYEE)
    front.press(Qt.Key.Key_F9)
    until(lambda: isinstance(front.page, PreviewPage | HomePage), "the receipt")
    if isinstance(front.page, PreviewPage):
        front.press(Qt.Key.Key_Escape)
    wait_synced(front)
    page = payments_page(front)
    until(lambda: words_of(page, came_back) == "更正待批", "the correction")

    back.press(Qt.Key.Key_5, CONTROL)
    desk = back.page
    assert isinstance(desk, DeskPage)
    until(lambda: any(row.title == "更正收款账户" for row in desk.table.rows), "the case on the desk")
    back.type(PAYEE)
    until(lambda: desk.case is not None and desk.case.heading.endswith("更正收款账户"), "the case beside the list")
    facts = dict(desk.case.facts)  # type: ignore[union-attr]
    assert facts["银行退回原因"] == "账号户名不符"
    assert facts["原收款账户"].replace(" ", "") == f"云溪银行{OLD_CARD}"
    back.press(Qt.Key.Key_F9)
    until(
        lambda: desk.strip.password.isVisible() or stored(town_office, came_back).attempt == 2,
        "the password asked for, or the decision",
    )
    if desk.strip.password.isVisible():
        back.type(PASSWORD)
        back.press(ENTER)
    until(lambda: stored(town_office, came_back).attempt == 2, "the money ordered again")
    now = stored(town_office, came_back)
    assert (now.state, now.account_no, now.bank) == ("ordered", GOOD_CARD, "云溪农商银行")
    wait_synced(back)
    until(lambda: words_of(page, came_back) == "待付款", "the payment on the page")
    front.rest()


def test_the_page_of_payments_counts_what_came_back_and_tells_why(front: Hands, came_back: str) -> None:
    page = payments_page(front)
    until(lambda: words_of(page, came_back) == "银行退回", "the payment")
    assert "退回" in page.about.text()
    front.type("陆婉清")
    until(lambda: page.current is not None and page.current.payment_no == came_back, "the row")
    pairs = dict(page.about_row(page.current).pairs)
    assert pairs["银行退回原因"] == "账号户名不符"
    assert "payments.correct" in [action.name for action in page.action_rows()]
    front.press(Qt.Key.Key_F4)
    until(lambda: isinstance(front.page, CasePage), "the case")
    front.rest()
    window = front.app.window
    assert window is not None
    with window.reading() as connection:
        paid_for = view.one(connection, Case, came_back)
        assert paid_for is not None
        facts = dict(case_view(window, connection, paid_for, None).facts)
    assert facts["付款"] == "银行退回 · 账号户名不符"


def test_an_empty_list_of_agreements_says_what_to_do_and_opens_the_form(front: Hands) -> None:
    front.press(Qt.Key.Key_M, CONTROL)
    page = front.page
    assert isinstance(page, InstructionsPage)
    front.rest()
    front.press(Qt.Key.Key_F3)
    until(lambda: isinstance(front.page, CaseForm), "the form")
    form = front.page
    assert isinstance(form, CaseForm)
    assert form.desk.kind.name == "instruction.sign"
    front.rest()
    front.press(Qt.Key.Key_Escape)
    front.rest()
