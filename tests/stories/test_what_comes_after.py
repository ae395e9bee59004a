"""What comes after a withdrawal, or between two: a second time, two windows at once, a bank that sends money back, a
paper that is missing, a ban, and the days on which the law changes and agreed months come. Through the widgets."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from gjj_desktop.cases.fraud_ban import CASE_KIND as FRAUD
from gjj_desktop.cases.instruction_form import CASE_KIND as AGREEMENT
from gjj_desktop.cases.rows import Account, Case, Evidence, OpenNotice, Payment, StandingInstruction
from gjj_desktop.cases.state import Need, need
from gjj_desktop.central.bank_answers import COLUMNS, take_answers
from gjj_desktop.central.day_end import advance_to
from gjj_desktop.central.paying_out import pay_out
from gjj_desktop.central.posting import post_all
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.store import view
from tests.stories.hands_at_work import (
    choose_reason,
    data_answered,
    decide,
    empty_form,
    hand_in,
    materials_of,
    newest_case,
    option,
    options_of,
    paper_in_sight,
    pick_person,
    sent,
    squeezed,
    state_is,
    tick,
    told,
    type_claim,
    type_fields,
    voucher_of,
)
from tests.stories.reasons import BANK, MOBILE, OWN_CARD, SINGLE
from tests.stories.story_office import TODAY, Seats, StoryOffice, an_office, seats_at
from tests.support.office import Hands, until
from tests.ui.pages.typing_in import CONTROL, ENTER
from ui.pages.case_form import CaseForm
from ui.pages.home import TO_CORRECT, HomePage
from ui.pages.instructions import InstructionsPage
from ui.pages.notices import NoticesPage
from ui.pages.search import SearchPage
from ui.preview import PreviewPage

LAST_DAY_OF_OLD_LAW, FIRST_DAY_OF_NEW_LAW = date(2026, 9, 19), date(2026, 9, 20)
ONE_MONTH = OWN_CARD | {"first_month": "2026-11", "last_month": "2026-11", "amount_fen": "1,500"}
OTHER_CARD = "6222021234567890136"
INVOICE, NEXT_INVOICE = "26330000801", "26330000802"
RENOVATION = (
    SINGLE
    | OWN_CARD
    | {
        "invoice_no": INVOICE,
        "cost_fen": "8,000",
        "home": "青禾镇湖滨路 6 号 2 幢 801",
        "amount_fen": "4,000",
    }
)


def home(hands: Hands) -> HomePage:
    hands.take()
    while isinstance(hands.page, PreviewPage):
        hands.press(Qt.Key.Key_Escape)
        hands.rest()
    hands.press(Qt.Key.Key_1, CONTROL)
    page = hands.page
    assert isinstance(page, HomePage), page
    hands.rest()
    return page


def tasks(hands: Hands) -> int:
    """How many lines wait in 需处理."""
    assert hands.app.machine is not None
    return hands.app.machine.engine.state().tasks


def test_who_comes_again_too_early_is_told_when_and_can_not_hand_in(seats: Seats) -> None:
    front = seats.front
    page = empty_form(front)
    type_claim(front, page, "焦广义", "rent", ONE_MONTH)
    hand_in(front, page)
    sent(front)
    assert state_is(front, newest_case(front, "焦广义").case_no, "posted").steps == ()

    page = empty_form(front)
    pick_person(front, page, "焦广义")
    front.type_on(*MOBILE.values())
    rent = option(front, page, "rent")
    assert told(rent) == ("2026-12-24 起", "同一原因每月可提取一次，2026-12-24 起可再提取")
    choose_reason(front, page, "rent")
    type_fields(front, page, ONE_MONTH)
    data_answered(front, page)
    front.press(Qt.Key.Key_F9)
    front.rest()
    assert front.page is page
    assert "2026-12-24 起可再提取" in page.panel.obstacle_text.text()
    assert page.cards.editors["first_month"].finding == "2026-11 已提取过，请从 2026-12 起填写"
    assert newest_case(front, "焦广义").posted_fen == 150_000


def test_one_invoice_at_two_windows_without_a_line_is_paid_once(seats: Seats) -> None:
    office = seats.office
    office.centre.cut()
    who = {"聂小雨": seats.front, "聂大勇": seats.middle}
    for place, (name, hands) in enumerate(who.items()):
        page = empty_form(hands)
        claim = RENOVATION | {"unit_no": f"990501001001GB00021F0002080{place}"}
        type_claim(hands, page, name, "renovation", claim, "title", "invoice", "marriage", "identity_copy")
        assert "4,000.00" in hand_in(hands, page)
    office.centre.restore()
    for hands in who.values():
        assert hands.app.machine is not None
        hands.app.machine.engine.nudge(now=True)
    for hands in who.values():
        sent(hands)
    [used] = office.rows(need(Evidence, f"once:invoice_no:{INVOICE}"))
    assert isinstance(used, Evidence)
    first_name = next(name for name in who if office.people[name].person_id == used.person_id)
    second_name = next(name for name in who if name != first_name)
    first, second, hands = newest_case(who[first_name], first_name), second_name, who[second_name]
    assert (tasks(who[first_name]), tasks(hands)) == (0, 1)

    number = group_number(Series.CASE, first.case_no)
    said = f"该发票号码已用于装修提取：2026-11-24，青禾镇便民中心，受理号 {number}，4,000.00 元"
    page = home(hands)
    page.turn_to(TO_CORRECT)
    until(lambda: page.current is not None and page.current.line.subject == second, "the task")
    assert page.current is not None
    assert said in page.current.line.detail
    hands.press(Qt.Key.Key_F6)
    slip = paper_in_sight(hands)
    for words in ("更正告知单", second, said, "4,000.00"):
        assert squeezed(words) in slip, words
    page = home(hands)
    page.turn_to(TO_CORRECT)
    until(lambda: page.current is not None and page.current.line.subject == second, "the task")
    hands.press(ENTER)
    until(lambda: isinstance(hands.page, CaseForm), "the form")
    form = hands.page
    assert isinstance(form, CaseForm)
    hands.rest()
    raw = form.cards.raw()
    assert (raw["invoice_no"], raw["reason"], raw["home"]) == (INVOICE, "renovation", RENOVATION["home"])
    form.cards.lead_to("invoice_no")
    hands.type_on(NEXT_INVOICE)
    hands.rest()
    hand_in(hands, form)
    sent(hands)
    assert tasks(hands) == 0
    for name in (first_name, second_name):
        case = newest_case(who[name], name)
        decide(seats.back, case)
        assert state_is(who[name], case.case_no, "posted").posted_fen == 400_000
    assert office.centre.faults() == []


def answered(office: StoryOffice, payment_no: str, folder: Path, result: str, amount: str, reason: str) -> None:
    """What is ordered goes to the bank, and the bank answers for this payment."""
    with office.centre.administration() as connection:
        batch = pay_out(connection, office.centre.key, folder / f"{result}.csv").batch
        [payment] = [row for row in office.rows(need(Payment, payment_no)) if isinstance(row, Payment)]
        assert f"{payment_no}" in (folder / f"{result}.csv").read_text(encoding="utf-8-sig")
        assert payment.account_no in (folder / f"{result}.csv").read_text(encoding="utf-8-sig")
        answers = folder / f"answers-{result}.csv"
        with answers.open("w", encoding="utf-8-sig", newline="") as file:
            line = (batch, payment_no, result, amount, TODAY.isoformat(), f"YH-{result}", reason)
            csv.writer(file).writerows((COLUMNS, line, ("total", "1", "", amount or "0", "", "", "")))
        assert take_answers(connection, office.centre.key, answers).new == 1


def test_money_that_the_bank_sends_back_is_paid_to_the_right_card(seats: Seats, tmp_path: Path) -> None:
    front, office = seats.front, seats.office
    page = empty_form(front)
    type_claim(front, page, "晏清", "rent", ONE_MONTH)
    hand_in(front, page)
    sent(front)
    paid_for = state_is(front, newest_case(front, "晏清").case_no, "posted")
    answered(office, paid_for.case_no, tmp_path, "returned", "", "账号户名不符")

    page_of_home = home(front)
    until(lambda: any(row.line.key == paid_for.case_no for row in page_of_home._loaded), "the task")
    page_of_home.turn_to(TO_CORRECT)
    front.type("晏清")
    until(lambda: page_of_home.current is not None and page_of_home.current.line.key == paid_for.case_no, "the row")
    assert page_of_home.current is not None
    assert "账号户名不符" in page_of_home.current.line.detail
    front.press(ENTER)
    until(lambda: isinstance(front.page, CaseForm), "the form")
    form = front.page
    assert isinstance(form, CaseForm)
    front.rest()
    assert form.cards.raw()["payment_no"] == paid_for.case_no
    form.cards.lead_to("payee")
    front.type_on("晏清")
    front.press(ENTER)
    front.type_on(OTHER_CARD, "云溪农商银行")
    slip = hand_in(front, form)
    assert "账号户名不符" in slip
    sent(front)
    correction = newest_case(front, "晏清")
    assert correction.kind == "payment_correction"
    decide(seats.back, correction)
    until(lambda: payment_of(office, paid_for.case_no).attempt == 2, "the money ordered again")
    answered(office, paid_for.case_no, tmp_path, "paid", "1500.00", "")
    now = payment_of(office, paid_for.case_no)
    assert (now.state, now.account_no, now.paid_fen, now.open_fen) == ("paid", OTHER_CARD, 150_000, 0)
    assert [order.answer for order in now.orders] == ["returned", "paid"]
    assert sorted(office.books(paid_for.case_no)) == sorted(
        [
            ("201", "debit", 150_000),
            ("101", "credit", 150_000),
            ("101", "debit", 150_000),
            ("219", "credit", 150_000),
        ]
    )
    assert sorted(office.books(correction.case_no)) == [("101", "credit", 150_000), ("219", "debit", 150_000)]
    assert office.centre.faults() == []


def payment_of(office: StoryOffice, payment_no: str) -> Payment:
    [payment] = office.rows(need(Payment, payment_no))
    assert isinstance(payment, Payment)
    return payment


def test_a_notice_of_one_window_opens_the_sheet_at_another(seats: Seats) -> None:
    front, middle, office = seats.front, seats.middle, seats.office
    page = empty_form(front)
    claim = RENOVATION | {"invoice_no": "26330000803", "unit_no": "990501001001GB00021F00020803"}
    type_claim(front, page, "卞文昊", "renovation", claim, "invoice")
    front.press(Qt.Key.Key_F10)
    notice = paper_in_sight(front)
    for words in ("一次性告知", "卞文昊", "不动产权证"):
        assert words in notice
    sent(front)
    [told_of] = [row for row in office.rows(Need(OpenNotice, "state", "open")) if isinstance(row, OpenNotice)]
    assert told_of.missing == ("不动产权证",)

    empty_form(middle)
    middle.press(Qt.Key.Key_F5)
    until(lambda: isinstance(middle.page, NoticesPage), "the notices")
    waiting = middle.page
    assert isinstance(waiting, NoticesPage)
    until(lambda: [line.subject for line in waiting._loaded] == ["卞文昊"], "the notice of the other window")
    middle.rest()
    middle.type(f"GJJN1.{told_of.notice_no}")
    middle.press(ENTER)
    until(lambda: isinstance(middle.page, CaseForm) and middle.page is not waiting, "the sheet")
    form = middle.page
    assert isinstance(form, CaseForm)
    middle.rest()
    assert {name: form.cards.raw()[name] for name in ("invoice_no", "cost_fen")} == {
        "invoice_no": "26330000803",
        "cost_fen": "8,000",
    }
    assert materials_of(form).boxes["invoice"].isChecked()
    data_answered(middle, form)
    tick(middle, form, "title")
    hand_in(middle, form)
    sent(middle)
    case = newest_case(middle, "卞文昊")
    [used] = office.rows(need(OpenNotice, told_of.notice_no))
    assert isinstance(used, OpenNotice)
    assert (used.state, used.used_by_case) == ("used", case.case_no)
    decide(seats.back, case)
    assert state_is(front, case.case_no, "posted").posted_fen == 400_000
    assert office.centre.faults() == []


def test_a_ban_that_a_supervisor_agreed_to_is_met_at_the_form(seats: Seats) -> None:
    front = seats.front
    home(front)
    front.press(Qt.Key.Key_8, CONTROL)
    search = front.page
    assert isinstance(search, SearchPage)
    search.table.filter_line.setFocus()
    front.type("阮梦洁")
    until(lambda: search._facts is not None and search._facts.title == "阮梦洁", "the facts")
    front.press(Qt.Key.Key_F4)
    until(lambda: isinstance(front.page, CaseForm), "the registration")
    form = front.page
    assert isinstance(form, CaseForm)
    front.rest()
    form.cards.editors["fraud_kind"].setFocus()
    front.type("1")
    front.rest()
    front.press(ENTER)
    front.type_on("云金稽〔2026〕131 号", "2026-10-08", "2026-11-20", "4000")
    front.type("发票查无此号")
    front.rest()
    front.press(Qt.Key.Key_F9)
    until(lambda: registered(front), "the registration kept")
    sent(front)
    [case] = registered(front)
    decide(seats.back, case)
    state_is(front, case.case_no, "posted")

    page = empty_form(front)
    pick_person(front, page, "阮梦洁")
    front.type_on(*MOBILE.values())
    banned = ("2029-11-21 起", "因骗提记录，2029-11-20 及以前不能提取")
    known = {each.value: told(each) for each in options_of(front, page)}
    assert {reason for reason, said in known.items() if said != banned} >= {"death", "court_deduction"}
    assert known["rent"] == known["renovation"] == known["emigration"] == banned
    choose_reason(front, page, "rent")
    type_fields(front, page, ONE_MONTH)
    data_answered(front, page)
    front.press(Qt.Key.Key_F9)
    front.rest()
    assert front.page is page
    assert banned[1] in page.panel.obstacle_text.text()


def registered(hands: Hands) -> list[Case]:
    window = hands.app.window
    assert window is not None
    with window.reading() as connection:
        return [case for case in view.rows_of(connection, Case) if case.kind == FRAUD and case.subject == "阮梦洁"]


@pytest.fixture
def calendar(qapp: object, secret_service: dict[str, str]) -> Iterator[Seats]:
    """An office of its own, on the last day of the old law."""
    with (
        an_office(secret_service, LAST_DAY_OF_OLD_LAW) as office,
        seats_at(office, secret_service, LAST_DAY_OF_OLD_LAW) as seats,
    ):
        yield seats


def day_comes(seats: Seats, day: date) -> int:
    """The centre's day-end; answers how many agreed months came with it. Everybody hears of the day."""
    centre = seats.office.centre
    with centre.administration() as connection:
        agreed = advance_to(connection, centre.key, day).agreed_months
        post_all(connection, centre.key)
    for hands in (seats.front, seats.middle, seats.back):
        machine, window = hands.app.machine, hands.app.window
        assert machine is not None
        assert window is not None
        machine.engine.nudge(now=True)

        def heard(window: object = window) -> bool:
            with window.reading() as connection:  # type: ignore[attr-defined]
                return bool(window.business_date(connection) == day)  # type: ignore[attr-defined]

        until(heard, f"the {day}")
        hands.rest()
    return agreed


def test_the_law_changes_overnight_and_agreed_months_come_once(calendar: Seats) -> None:
    front, office = calendar.front, calendar.office
    old = a_month_of_rent_by_old_law(front)
    assert day_comes(calendar, FIRST_DAY_OF_NEW_LAW) == 0
    page = empty_form(front)
    pick_person(front, page, "聂小雨")
    front.type_on(*MOBILE.values())
    assert told(option(front, page, "renovation"))[0] == "可办"
    assert option(front, page, "property_fee").possible
    choose_reason(front, page, "rent")
    front.rest()
    assert set(materials_of(page).boxes) == {"no_home", "marriage", "identity_copy"}
    decide(calendar.back, old)
    posted = state_is(front, old.case_no, "posted")
    voucher = voucher_of(front, posted)
    assert "2026-09-20" in voucher

    agreement = signed(calendar, "晏清")
    assert day_comes(calendar, date(2026, 10, 14)) == 0
    assert day_comes(calendar, date(2026, 10, 15)) == 1
    assert day_comes(calendar, date(2026, 10, 15)) == 0, "the same day again brings nothing"
    months = runs(office, "晏清")
    assert [(case.amount_fen, case.posted_fen, case.received_on) for case in months] == [
        (150_000, 150_000, date(2026, 10, 15))
    ]
    assert payment_of(office, months[0].case_no).amount_fen == 150_000
    assert day_comes(calendar, date(2026, 11, 15)) == 1
    assert [case.posted_fen for case in runs(office, "晏清")] == [150_000, 150_000]
    [held] = office.rows(need(StandingInstruction, agreement))
    assert isinstance(held, StandingInstruction)
    assert (held.next_month, held.state) == ("2026-12", "active")
    [account] = office.rows(need(Account, office.accounts["晏清"].personal_account_no))
    assert isinstance(account, Account)
    assert account.balance_fen == 4_000_000 - 300_000
    assert office.centre.faults() == []


def a_month_of_rent_by_old_law(front: Hands) -> Case:
    """On the last day of the old law: no 装修, no 物业费, and the employer's certificate is asked for."""
    page = empty_form(front)
    pick_person(front, page, "焦广义")
    front.type_on(*MOBILE.values())
    offered = {each.value for each in options_of(front, page)}
    assert {"rent", "retirement", "purchase"} <= offered
    assert not offered & {"renovation", "property_fee", "other_approved"}
    choose_reason(front, page, "rent")
    september = OWN_CARD | {"first_month": "2026-09", "last_month": "2026-09", "amount_fen": "1,500"}
    type_fields(front, page, september)
    data_answered(front, page)
    boxes = materials_of(page).boxes
    assert {code for code, box in boxes.items() if not box.replaced} == {"employer_certificate"}
    front.press(Qt.Key.Key_F9)
    front.rest()
    assert front.page is page, "not without the certificate"
    tick(front, page, "employer_certificate")
    slip = hand_in(front, page)
    for words in ("（2019 年修订）第二十四条第（六）项", "单位", "2026-09"):
        assert squeezed(words) in slip, words
    sent(front)
    case = newest_case(front, "焦广义")
    assert case.received_on == LAST_DAY_OF_OLD_LAW
    return case


def signed(seats: Seats, name: str) -> str:
    """An agreement on three months of rent is signed at the form and approved; its number."""
    front = seats.front
    home(front)
    front.press(Qt.Key.Key_M, CONTROL)
    assert isinstance(front.page, InstructionsPage)
    front.rest()
    front.press(Qt.Key.Key_F3)
    until(lambda: isinstance(front.page, CaseForm), "the form")
    form = front.page
    assert isinstance(form, CaseForm)
    front.rest()
    pick_person(front, form, name)
    front.type_on(*MOBILE.values())
    asked = {
        "reason": "rent",
        "first_month": "2026-10",
        "last_month": "2026-12",
        "bank_card": OWN_CARD["bank_card"],
        "bank": BANK,
        "amount_fen": "",
        "spouse_identity_no": "",
    }
    until(lambda: form.cards.editors["reason"].control.count(), "the reasons")  # type: ignore[attr-defined]
    form.cards.lead_to("reason")
    type_fields(front, form, asked)
    data_answered(front, form)
    tick(front, form, *materials_of(form).boxes)
    slip = hand_in(front, form)
    assert "委托" in slip
    sent(front)
    case = newest_case(front, name)
    assert case.kind == AGREEMENT
    decide(seats.back, case)
    state_is(front, case.case_no, "posted")
    return case.case_no


def runs(office: StoryOffice, name: str) -> list[Case]:
    """The months of somebody's agreement that were withdrawn, in their order."""
    number = office.accounts[name].personal_account_no
    cases = [row for row in office.rows(Need(Case, "personal_account_no", number)) if isinstance(row, Case)]
    return sorted((case for case in cases if case.kind == "withdrawal"), key=lambda case: case.case_no)
