"""提取: what is taken in, by which law, up to which amount, and what becomes of the money held."""

from datetime import date
from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.rows import Account, Evidence, Hold, Payment, changed
from gjj_desktop.cases.withdrawal_form import KIND
from gjj_desktop.domain.numbers import Series, group_number
from tests.cases.builders import (
    CARD,
    CLERK,
    EVERY_ROLE,
    OTHER_DEVICE,
    REVIEWER,
    SUPERVISOR,
    TODAY,
    UNIT_NO,
    Office,
    a_person,
    an_account,
    an_employer,
    purchase,
    rent,
    said,
    with_column,
)

WIFE_NO, HUSBAND_NO = 2, 3
PERSON = a_person(1)
ACCOUNT = an_account(PERSON, 1)
HUSBAND = a_person(HUSBAND_NO, "沈国华", spouse_id=a_person(WIFE_NO).person_id)
WIFE = a_person(WIFE_NO, "陆婉清", spouse_id=HUSBAND.person_id)
HUSBANDS, WIFES = an_account(HUSBAND, 3), an_account(WIFE, 2)
STRANGER = a_person(4, "马文杰")
STRANGERS = an_account(STRANGER, 4)
RENT_MATERIALS = {
    date(2026, 9, 19): ("no_home", "marriage", "identity_copy", "employer_certificate"),
    date(2026, 9, 20): ("no_home", "marriage", "identity_copy"),
}
"""Until 2026-09-19 the employer's certificate was one of them."""


def office(**changes: Any) -> Office:
    return Office(PERSON, msgspec.structs.replace(ACCOUNT, **changes))


def refusal(here: Office, payload: msgspec.Struct, field: str, code: str) -> str:
    return said(here.ask(KIND, payload, CLERK, here.next_number(Series.CASE)), field, code)


def test_a_withdrawal_is_taken_in_with_its_money_held_and_its_months_used() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    case = here.case(case_no)
    assert (case.state, case.title, case.subject, case.amount_fen) == ("received", "租房提取", "王𬭩", 900_000)
    assert (case.maker, case.maker_name, case.person_ids) == (CLERK.clerk, "李秀英", (PERSON.person_id,))
    assert (case.round_no, case.steps, case.due_on) == (1, ("approve",), date(2026, 11, 25))
    assert here.held_fen(ACCOUNT) == 900_000
    months = [each.evidence[-7:] for each in here.world.where(Evidence, "case_no", case_no)]
    assert months == ["2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10"]
    assert here.balance_fen(ACCOUNT) == 4_821_637


def test_an_agreed_withdrawal_is_posted_paid_and_no_longer_held() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    events = here.agree(case_no)
    assert [(event.kind, event.central) for event in events] == [("case.approved", False), ("withdrawal.posted", True)]
    assert here.case(case_no).state == "posted"
    assert here.balance_fen(ACCOUNT) == 4_821_637 - 900_000
    assert here.world.get(Hold, case_no) is None
    payment = here.get(Payment, case_no)
    assert (payment.payee, payment.account_no, payment.amount_fen) == ("王𬭩", CARD, 900_000)
    (entry,) = here.journal
    assert [(line.account, line.side, line.amount_fen, line.owner) for line in entry.lines] == [
        ("201", "debit", 900_000, ACCOUNT.personal_account_no),
        ("101", "credit", 900_000, case_no),
    ]


@pytest.mark.parametrize(
    ("carried_forward_fen", "current_year_fen", "left"),
    [(900_000, 300_000, (0, 300_000)), (100_000, 1_000_000, (0, 200_000)), (0, 901_000, (0, 1_000))],
)
def test_what_was_carried_forward_is_paid_out_first(
    carried_forward_fen: int, current_year_fen: int, left: tuple[int, int]
) -> None:
    here = office(carried_forward_fen=carried_forward_fen, current_year_fen=current_year_fen)
    here.agree(here.take_in(rent(ACCOUNT)))
    account = here.get(Account, ACCOUNT.personal_account_no)
    assert (account.carried_forward_fen, account.current_year_fen) == left


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"amount_fen": 0}, "amount_fen", "withdrawal.not_positive"),
        ({"amount_fen": 900_001}, "amount_fen", "withdrawal.over_limit"),
        ({"personal_account_no": "99050000000019"}, "personal_account_no", "account.unknown"),
        ({"reason": "holiday"}, "reason", "withdrawal.reason"),
        ({"first_month": "2026-10", "last_month": "2026-05"}, "last_month", "withdrawal.period"),
        ({"first_month": "2025-10", "last_month": "2026-10"}, "last_month", "withdrawal.too_many_months"),
        ({"last_month": "2026-12"}, "last_month", "withdrawal.future_month"),
        ({"materials": ("no_home", "identity_copy")}, "materials", "materials.missing"),
    ],
)
def test_a_rent_withdrawal_that_can_not_be_is_refused(changes: dict[str, Any], field: str, code: str) -> None:
    refusal(office(), rent(ACCOUNT, **changes), field, code)


def test_the_materials_still_missing_are_all_named_at_once() -> None:
    assert refusal(office(), rent(ACCOUNT, materials=()), "materials", "materials.missing") == (
        "还缺：无房证明、婚姻信息、身份证影印件"
    )


@pytest.mark.parametrize("amount_fen", [1, 899_999, 900_000])
def test_up_to_the_months_limit_everything_may_be_asked(amount_fen: int) -> None:
    office().take_in(rent(ACCOUNT, amount_fen=amount_fen))


def test_what_must_stay_in_the_account_and_what_is_held_can_not_be_taken() -> None:
    here = office(carried_forward_fen=0, current_year_fen=1_001_000)
    here.take_in(rent(ACCOUNT))
    message = refusal(here, purchase(ACCOUNT, amount_fen=100_001), "amount_fen", "withdrawal.over_limit")
    assert "1,000.00" in message
    here.take_in(purchase(ACCOUNT, amount_fen=100_000))
    refusal(here, purchase(ACCOUNT, contract_no="YX-9"), "amount_fen", "withdrawal.nothing")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"state": "05"}, "withdrawal.account_state"),
        ({"state": "06"}, "withdrawal.account_state"),
        ({"freeze": "1"}, "withdrawal.frozen"),
        ({"freeze": "2"}, "withdrawal.frozen"),
    ],
)
def test_a_closed_or_frozen_account_pays_nothing(changes: dict[str, Any], code: str) -> None:
    refusal(office(**changes), rent(ACCOUNT), "", code)


def test_a_sealed_account_may_still_be_withdrawn_from() -> None:
    office(state="02").take_in(rent(ACCOUNT))


def test_a_partial_freeze_keeps_its_amount_in_the_account() -> None:
    here = office(freeze="3", frozen_fen=4_000_000)
    refusal(here, rent(ACCOUNT), "amount_fen", "withdrawal.over_limit")
    here.take_in(rent(ACCOUNT, amount_fen=820_637))


def test_whoever_is_banned_for_a_fraud_withdraws_nothing_until_the_ban_is_over() -> None:
    until = {"withdrawals_banned_until": TODAY}
    here = Office(a_person(1, **until), ACCOUNT)
    refusal(here, rent(ACCOUNT), "", "withdrawal.banned")
    here.day = date(2026, 11, 23)
    here.take_in(rent(ACCOUNT))


@pytest.mark.parametrize(("day", "item"), [(date(2026, 9, 19), "六"), (date(2026, 9, 20), "一")])
def test_the_law_of_the_day_of_acceptance_is_quoted(day: date, item: str) -> None:
    here = Office(PERSON, ACCOUNT, day=day)
    asked = rent(ACCOUNT, first_month="2026-04", last_month="2026-09", materials=RENT_MATERIALS[day])
    case = here.case(here.take_in(asked))
    assert f"第二十四条第{item}项" in case.lines[-2].source


def test_a_case_taken_in_under_the_old_law_is_corrected_and_decided_under_it() -> None:
    here = Office(PERSON, ACCOUNT, day=date(2026, 9, 19))
    asked = rent(ACCOUNT, first_month="2026-04", last_month="2026-09", materials=RENT_MATERIALS[here.day])
    case_no = here.take_in(asked)
    here.send_back(case_no)
    here.day = date(2026, 9, 21)
    here.do(KIND, asked, CLERK, case_no)
    assert "（2019）" in here.case(case_no).lines[-2].source
    assert {each.used_on for each in here.world.where(Evidence, "case_no", case_no)} == {date(2026, 9, 19)}
    here.agree(case_no)


def test_a_corrected_case_claims_no_month_after_the_day_it_was_taken_in() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    here.send_back(case_no)
    here.day = date(2026, 12, 1)
    again = rent(ACCOUNT, first_month="2026-07", last_month="2026-12")
    said(here.ask(KIND, again, CLERK, case_no), "last_month", "withdrawal.future_month")


def test_a_rented_month_is_claimed_once() -> None:
    here = office()
    here.take_in(rent(ACCOUNT))
    here.day = date(2026, 12, 22)
    message = refusal(
        here, rent(ACCOUNT, first_month="2026-10", last_month="2026-11"), "first_month", "withdrawal.month_taken"
    )
    assert "请从 2026-11 起填写" in message
    here.take_in(rent(ACCOUNT, first_month="2026-11", last_month="2026-12", amount_fen=300_000))


def test_rent_is_claimed_once_in_a_month() -> None:
    here = office()
    here.take_in(rent(ACCOUNT))
    refusal(here, rent(ACCOUNT, first_month="2026-11", last_month="2026-11"), "", "withdrawal.too_soon")


def test_another_persons_rent_is_counted_by_itself() -> None:
    here = Office(HUSBAND, HUSBANDS, WIFE, WIFES)
    here.take_in(rent(HUSBANDS))
    here.take_in(rent(WIFES))


@pytest.mark.parametrize("amount_fen", [3_000_000, 3_000_001])
def test_the_price_of_a_home_limits_what_is_withdrawn_for_it(amount_fen: int) -> None:
    here = office()
    asked = purchase(ACCOUNT, amount_fen=amount_fen, price_fen=3_000_000)
    if amount_fen == 3_000_000:
        here.take_in(asked)
    else:
        refusal(here, asked, "amount_fen", "withdrawal.over_limit")


def test_a_purchase_without_a_price_is_refused() -> None:
    refusal(office(), purchase(ACCOUNT, price_fen=0), "price_fen", "withdrawal.price")


def test_a_purchase_without_a_contract_is_refused() -> None:
    refusal(office(), purchase(ACCOUNT, contract_no=""), "contract_no", "field.required")


def test_spouses_share_the_price_of_one_home() -> None:
    here = Office(HUSBAND, HUSBANDS, WIFE, WIFES)
    here.take_in(purchase(HUSBANDS, amount_fen=3_000_000))
    refusal(here, purchase(WIFES, amount_fen=2_000_001), "amount_fen", "withdrawal.over_limit")
    here.take_in(purchase(WIFES, amount_fen=2_000_000))


@pytest.mark.parametrize("contract_no", ["YX-2026-0417", "yx-2026-0417", "YX-2026 -0417", "ＹＸ－２０２６－０４１７"])
def test_a_strangers_use_of_the_same_contract_is_refused_however_it_is_written(contract_no: str) -> None:
    here = Office(HUSBAND, HUSBANDS, STRANGER, STRANGERS)
    first = here.take_in(purchase(HUSBANDS))
    asked = purchase(STRANGERS, contract_no=contract_no)
    message = refusal(here, asked, "contract_no", "withdrawal.others_document")
    assert "已由他人用于购房提取：2026-11-22" in message
    assert group_number(Series.CASE, first) in message


def test_for_one_home_a_person_withdraws_once_a_year() -> None:
    here = office()
    here.agree(here.take_in(purchase(ACCOUNT, amount_fen=1_000_000)))
    refusal(here, purchase(ACCOUNT, amount_fen=1_000_000), "", "withdrawal.too_soon")
    here.day = date(2027, 11, 22)
    here.take_in(purchase(ACCOUNT, amount_fen=1_000_000))


@pytest.mark.parametrize(
    ("amount_fen", "steps"), [(499_999, ("approve",)), (500_000, ("approve",)), (500_001, ("review", "approve"))]
)
def test_beyond_policys_amount_a_review_comes_before_the_approval(amount_fen: int, steps: tuple[str, ...]) -> None:
    lower = with_column("approval", "up_to_fen", {2_000_000: 500_000})
    here = Office(PERSON, ACCOUNT, policy=lower)
    case_no = here.take_in(rent(ACCOUNT, amount_fen=amount_fen))
    assert here.case(case_no).steps == steps
    if len(steps) == 2:
        here.agree(case_no, REVIEWER)
        assert here.case(case_no).state == "reviewed"
    here.agree(case_no)
    assert here.case(case_no).state == "posted"


def test_a_withdrawal_that_policy_lets_pass_is_posted_at_once() -> None:
    here = Office(PERSON, ACCOUNT, policy=with_column("approval", "steps", {("approve",): ()}))
    case_no = here.next_number(Series.CASE)
    events = here.do(KIND, rent(ACCOUNT), CLERK, case_no)
    assert [event.kind for event in events] == ["withdrawal.received", "withdrawal.posted"]
    assert here.case(case_no).state == "posted"
    assert (here.balance_fen(ACCOUNT), here.held_fen(ACCOUNT)) == (4_821_637 - 900_000, 0)
    assert len(here.world.where(Evidence, "case_no", case_no)) == 6


def test_posting_is_refused_when_the_balance_has_meanwhile_shrunk() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    shrunk = changed(ACCOUNT, carried_forward_fen=0, current_year_fen=900_999)
    here.world.put(shrunk)
    outcome = here.ask("case.decide", here.decision(case_no), SUPERVISOR, case_no)
    assert "8,999.99" in said(outcome, "amount_fen", "withdrawal.over_limit")
    assert here.case(case_no).state == "received"
    here.turn_down(case_no)


def test_posting_is_refused_when_the_account_was_frozen_meanwhile() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    here.world.put(changed(ACCOUNT, freeze="2"))
    said(here.ask("case.decide", here.decision(case_no), SUPERVISOR, case_no), "", "withdrawal.frozen")


@pytest.mark.parametrize("end", ["turn_down", "withdraw"])
def test_a_case_that_ends_without_money_frees_what_it_held(end: str) -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    getattr(here, end)(case_no)
    assert here.held_fen(ACCOUNT) == 0
    assert here.world.where(Evidence, "case_no", case_no) == []
    assert here.journal == []
    here.take_in(rent(ACCOUNT))


def test_a_corrected_case_keeps_its_number_and_holds_what_it_asks_now() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    here.send_back(case_no)
    assert here.held_fen(ACCOUNT) == 900_000
    before = here.case(case_no).version, here.get(Hold, case_no).version
    here.do(KIND, rent(ACCOUNT, first_month="2026-09", amount_fen=300_000), CLERK, case_no)
    case, hold = here.case(case_no), here.get(Hold, case_no)
    assert (case.state, case.round_no, case.steps_done, case.amount_fen) == ("received", 2, 0, 300_000)
    assert (case.version, hold.version) == (before[0] + 1, before[1] + 1)
    assert [action.what for action in case.history] == ["received", "approve.return", "received"]
    assert here.held_fen(ACCOUNT) == 300_000
    months = [each.evidence[-7:] for each in here.world.where(Evidence, "case_no", case_no)]
    assert months == ["2026-09", "2026-10"]
    here.agree(case_no)
    assert here.balance_fen(ACCOUNT) == 4_821_637 - 300_000


def test_a_case_corrected_to_another_reason_gives_up_its_months() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    here.send_back(case_no)
    here.do(KIND, purchase(ACCOUNT), CLERK, case_no)
    documents = {each.document for each in here.world.where(Evidence, "case_no", case_no)}
    assert documents == {
        f"home.purchase:{PERSON.person_id}",
        "home.purchase:contract_no:YX20260417",
        f"home.purchase:unit_no:{UNIT_NO}",
    }
    assert (here.case(case_no).title, here.case(case_no).reason) == ("购房提取", "purchase")


def test_a_case_is_not_corrected_to_another_account() -> None:
    """A number would keep the law and the clock of somebody else's application."""
    here = Office(PERSON, ACCOUNT, STRANGER, STRANGERS)
    case_no = here.take_in(rent(STRANGERS))
    here.send_back(case_no)
    said(here.ask(KIND, rent(ACCOUNT), CLERK, case_no), "personal_account_no", "case.other_person")
    assert (here.held_fen(STRANGERS), here.held_fen(ACCOUNT)) == (900_000, 0)


def test_a_correction_may_come_from_another_window_of_the_outlet_only() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    here.send_back(case_no)
    here.do(KIND, rent(ACCOUNT), EVERY_ROLE, case_no, OTHER_DEVICE)
    assert here.case(case_no).round_no == 2


@pytest.mark.parametrize("state", ["received", "reviewed", "refused", "withdrawn", "posted"])
def test_only_a_returned_case_is_taken_in_again(state: str) -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    here.world.put(changed(here.case(case_no), state=state))
    said(here.ask(KIND, rent(ACCOUNT), CLERK, case_no), "", "case.number_taken")


def test_the_employer_is_named_beside_the_account() -> None:
    employer = an_employer()
    account = an_account(PERSON, 1, employer_account_no=employer.employer_account_no)
    here = Office(PERSON, account, employer)
    case = here.case(here.take_in(rent(account)))
    assert case.employer_account_no == employer.employer_account_no
