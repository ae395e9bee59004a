"""Every reason of withdrawal: how much, how often, on which evidence, and by which law, from its row alone."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.heirs import Heir
from gjj_desktop.cases.rows import Account, Case, Evidence, Hold, Loan, Outlet, Payment, Person, Row, changed
from gjj_desktop.cases.withdrawal_form import KIND, SubmitWithdrawal
from gjj_desktop.domain.dates import add_months
from gjj_desktop.domain.numbers import Series, group_number
from tests.cases.builders import (
    CARD,
    CLERK,
    OTHER_DEVICE,
    OTHER_UNIT_NO,
    OUTLET,
    POLICY,
    REVIEWER,
    SUPERVISOR,
    TODAY,
    UNIT_NO,
    Office,
    a_person,
    an_account,
    identity_no,
    said,
)
from tests.cases.claims import (
    CLOSING,
    EVERY_REASON,
    FIRST_DAY_OF_NEW_LAW,
    HEIRS,
    LAST_DAY_OF_OLD_LAW,
    LOAN_NO,
    OF_BOTH_LAWS,
    a_claim,
    a_loan,
)

HUSBAND = a_person(3, "沈国华", spouse_id=a_person(2).person_id)
WIFE = a_person(2, "陆婉清", spouse_id=HUSBAND.person_id)
HIS, HERS = an_account(HUSBAND, 3), an_account(WIFE, 2)
STRANGER = a_person(4, "马文杰")
STRANGERS = an_account(STRANGER, 4)
LOAN, SCHEDULE = a_loan(HIS)
SEALED: dict[str, Any] = {"state": "02", "sealed_on": date(2026, 3, 1)}
OF_THE_FUND_LOAN = ("repay_fund_loan", "loan_offset")
RICH: dict[str, Any] = {"carried_forward_fen": 60_000_000}


def office(*more: Row, day: date = TODAY, **changes: Any) -> Office:
    """The husband's account with `changes`, his wife's and a stranger's."""
    his = msgspec.structs.replace(HIS, **changes)
    return Office(HUSBAND, WIFE, STRANGER, his, HERS, STRANGERS, *more, day=day)


def world_of(reason: str, day: date = TODAY, **changes: Any) -> Office:
    """An office in which the reason's claim is in order."""
    loan, schedule = a_loan(HIS, day)
    more: tuple[Row, ...] = (loan, *schedule) if reason in OF_THE_FUND_LOAN else ()
    account = SEALED if reason == "left_without_job" else {}
    return office(*more, day=day, **(account | changes))


def refused(here: Office, asked: SubmitWithdrawal, field: str, code: str) -> str:
    return said(here.ask(KIND, asked, CLERK, here.next_number(Series.CASE)), field, code)


def agree(here: Office, case_no: str) -> None:
    """Every step that the case waits for is agreed."""
    if here.case(case_no).steps[:1] == ("review",):
        here.agree(case_no, REVIEWER)
    if here.case(case_no).state != "posted":
        here.agree(case_no, SUPERVISOR)


@pytest.mark.parametrize("reason", EVERY_REASON)
def test_every_reason_goes_from_the_form_to_posting(reason: str) -> None:
    here = world_of(reason)
    case_no = here.take_in(a_claim(reason, HIS))
    row = POLICY.on("withdrawal_reason", TODAY, reason=reason)
    case = here.case(case_no)
    assert (case.title, case.reason) == (row.title, reason)
    assert here.held_fen(HIS) == case.amount_fen > 0
    agree(here, case_no)
    case = here.case(case_no)
    assert case.state == "posted"
    assert case.posted_fen == case.amount_fen
    assert here.balance_fen(HIS) == HIS.balance_fen - case.posted_fen
    assert here.held_fen(HIS) == 0
    assert here.get(Account, HIS.personal_account_no).state == ("05" if row.closes else HIS.state)
    paid = sum(each.amount_fen for each in here.world.where(Payment, "case_no", case_no))
    assert paid == (0 if row.pays == "loan" else case.posted_fen + case.interest_fen)


def test_every_reason_of_the_table_is_claimed_here() -> None:
    assert {row.reason for row in POLICY.rows("withdrawal_reason", TODAY)} == set(EVERY_REASON)


AMOUNTS = [
    ("rent", {}, 900_000),
    ("rent", {"first_month": "2026-10"}, 150_000),
    ("rent", {"first_month": "2025-11"}, 1_800_000),
    ("rent_registered", {}, 1_680_000),
    ("rent_registered", {"rent_fen": 350_000}, 1_800_000),
    ("rent_public", {}, 720_000),
    ("rent_public", {"rent_fen": 900_000}, 5_400_000),
    ("purchase", {}, 5_000_000),
    ("down_payment", {"price_fen": 30_000_001}, 30_000_001),
    ("self_build", {}, 6_000_000),
    ("overhaul", {}, 2_000_000),
    ("repay_fund_loan", {}, 900_000),
    ("repay_fund_loan", {"first_month": "2026-10"}, 150_000),
    ("loan_offset", {}, 150_000),
    ("repay_commercial_loan", {}, 2_400_000),
    ("renovation", {}, 2_000_000),
    ("renovation", {"cost_fen": 50_000_001}, 25_000_000),
    ("renovation", {"cost_fen": 49_999_999}, 25_000_000),
    ("renovation", {"cost_fen": 4_000_001}, 2_000_001),
    ("property_fee", {}, 180_000),
    ("property_fee", {"cost_fen": 300_001}, 300_000),
    ("elevator", {}, 4_000_000),
    ("elevator", {"subsidy_fen": 0}, 5_000_000),
    ("serious_illness", {}, 4_000_000),
    ("low_income", {}, 600_000),
    ("court_deduction", {}, 60_821_637),
    ("other_approved", {}, 60_820_637),
]


@pytest.mark.parametrize(("reason", "changes", "limit_fen"), AMOUNTS)
def test_up_to_its_limit_an_amount_may_be_asked_and_no_fen_more(
    reason: str, changes: dict[str, Any], limit_fen: int
) -> None:
    here = world_of(reason, **RICH)
    for amount_fen in (limit_fen - 1, limit_fen):
        outcome = here.ask(
            KIND,
            a_claim(reason, HIS, **(changes | {"amount_fen": amount_fen})),
            CLERK,
            here.next_number(Series.CASE),
        )
        assert isinstance(outcome, tuple), outcome
    over = a_claim(reason, HIS, **(changes | {"amount_fen": limit_fen + 1}))
    refused(here, over, "amount_fen", "withdrawal.over_limit")


@pytest.mark.parametrize("reason", sorted(set(EVERY_REASON) - set(CLOSING)))
def test_no_more_is_withdrawn_than_the_account_holds_beside_what_must_stay(reason: str) -> None:
    minimum_fen = POLICY.on("withdrawal_reason", TODAY, reason=reason).minimum_balance_fen
    here = world_of(reason, carried_forward_fen=0, current_year_fen=minimum_fen + 100)
    asked = msgspec.structs.replace(a_claim(reason, HIS), amount_fen=101)
    refused(here, asked, "amount_fen", "withdrawal.over_limit")
    agree(here, here.take_in(msgspec.structs.replace(asked, amount_fen=100)))
    assert here.balance_fen(HIS) == minimum_fen


@pytest.mark.parametrize("reason", CLOSING)
def test_a_closing_pays_the_whole_balance_with_its_interest_and_closes(reason: str) -> None:
    here = world_of(reason)
    case_no = here.take_in(a_claim(reason, HIS))
    assert here.case(case_no).amount_fen == HIS.balance_fen
    assert here.case(case_no).lines[-1].label == "本息合计"
    agree(here, case_no)
    case, account = here.case(case_no), here.get(Account, HIS.personal_account_no)
    assert (case.posted_fen, account.balance_fen, account.closed_for) == (HIS.balance_fen, 0, reason)
    assert case.interest_fen == here.case(case_no).lines[-1].amount_fen - HIS.balance_fen > 0
    refused(here, a_claim("rent", HIS), "", "withdrawal.account_state")


@pytest.mark.parametrize("reason", CLOSING)
def test_an_amount_smuggled_into_a_closing_is_no_form_s(reason: str) -> None:
    refused(world_of(reason), a_claim(reason, HIS, amount_fen=1), "amount_fen", "field.not_as_typed")


@pytest.mark.parametrize("reason", CLOSING)
def test_an_account_with_another_case_under_way_is_not_closed(reason: str) -> None:
    here = world_of(reason)
    first = here.take_in(a_claim("rent", HIS))
    asked = a_claim(reason, HIS)
    assert group_number(Series.CASE, first) in refused(here, asked, "", "withdrawal.other_case")
    here.withdraw(first)
    here.take_in(asked)
    refused(here, a_claim("rent", HIS), "amount_fen", "withdrawal.nothing")


@pytest.mark.parametrize("reason", ["retirement", "left_without_job", "disability", "emigration"])
def test_who_has_an_unsettled_fund_loan_does_not_close_the_account(reason: str) -> None:
    here = world_of(reason)
    here.world.put(LOAN)
    assert group_number(Series.LOAN, LOAN_NO) in refused(here, a_claim(reason, HIS), "", "withdrawal.unsettled_loan")
    here.world.put(changed(LOAN, state="settled"))
    here.take_in(a_claim(reason, HIS))


# When again: the reason, what the second claim changes, and the first day on which it is possible.
AGAIN = [
    ("rent", {"first_month": "2026-11", "last_month": "2026-11", "amount_fen": 1}, date(2026, 12, 22)),
    (
        "rent_registered",
        {"first_month": "2026-11", "last_month": "2026-11", "amount_fen": 1, "invoice_no": "2"},
        date(2026, 12, 22),
    ),
    ("rent_public", {"first_month": "2026-11", "last_month": "2026-11", "amount_fen": 1}, date(2026, 12, 22)),
    ("purchase", {"amount_fen": 1}, date(2027, 11, 22)),
    ("overhaul", {"amount_fen": 1, "permit_no": "危鉴 2031-1", "invoice_no": "2"}, date(2031, 11, 22)),
    ("repay_fund_loan", {"first_month": "2026-11", "last_month": "2026-11", "amount_fen": 1}, date(2027, 11, 22)),
    (
        "repay_commercial_loan",
        {"first_month": "2026-11", "last_month": "2027-10", "amount_fen": 1},
        date(2027, 11, 22),
    ),
    ("renovation", {"amount_fen": 1, "invoice_no": "2"}, date(2036, 11, 22)),
    (
        "property_fee",
        {"amount_fen": 1, "invoice_no": "2", "first_month": "2026-11", "last_month": "2026-11"},
        date(2027, 11, 22),
    ),
    ("serious_illness", {"amount_fen": 1, "invoice_no": "2", "happened_on": date(2027, 1, 5)}, date(2027, 11, 22)),
    ("low_income", {"amount_fen": 1}, date(2027, 11, 22)),
]


@pytest.mark.parametrize(("reason", "changes", "free_on"), AGAIN)
def test_a_second_claim_comes_too_early_until_its_day(reason: str, changes: dict[str, Any], free_on: date) -> None:
    here = world_of(reason, **RICH)
    agree(here, here.take_in(a_claim(reason, HIS)))
    second = a_claim(reason, HIS, **changes)
    here.day = free_on - timedelta(days=1)
    assert f"{free_on} 起可再提取" in refused(here, second, "", "withdrawal.too_soon")
    here.day = free_on
    here.take_in(second)


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("down_payment", {}),
        ("self_build", {}),
        ("elevator", {}),
        ("other_approved", {}),
    ],
)
def test_what_is_possible_once_is_refused_a_second_time_ever_after(reason: str, changes: dict[str, Any]) -> None:
    here = world_of(reason, **RICH)
    agree(here, here.take_in(a_claim(reason, HIS, amount_fen=1)))
    here.day = date(2030, 11, 22)
    again = a_claim(reason, HIS, amount_fen=1, **changes)
    assert "只能提取一次" in refused(here, again, "", "withdrawal.too_often")


def test_a_home_is_withdrawn_for_in_five_years_and_not_in_a_sixth() -> None:
    here = office(**RICH)
    for year in range(5):
        here.day = add_months(TODAY, 12 * year)
        agree(here, here.take_in(a_claim("purchase", HIS, amount_fen=1)))
    here.day = add_months(TODAY, 60)
    message = refused(here, a_claim("purchase", HIS, amount_fen=1), "", "withdrawal.too_often")
    assert "最多提取 5 次" in message


@pytest.mark.parametrize(
    ("reason", "happened_on", "code"),
    [
        ("repay_commercial_loan", date(2025, 11, 22), ""),
        ("repay_commercial_loan", date(2025, 11, 23), "withdrawal.too_early"),
        ("elevator", date(2021, 11, 22), ""),
        ("elevator", date(2021, 11, 21), "withdrawal.too_late"),
        ("serious_illness", date(2024, 11, 22), ""),
        ("serious_illness", date(2024, 11, 21), "withdrawal.too_late"),
        ("retirement", TODAY, ""),
        ("retirement", TODAY + timedelta(days=1), "withdrawal.future_day"),
    ],
)
def test_the_law_s_times_run_from_what_happened(reason: str, happened_on: date, code: str) -> None:
    here = world_of(reason)
    asked = a_claim(reason, HIS, happened_on=happened_on)
    if code:
        refused(here, asked, "happened_on", code)
    else:
        here.take_in(asked)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"state": "01"}, "withdrawal.not_sealed"),
        ({"state": "02", "sealed_on": date(2026, 5, 23)}, "withdrawal.not_sealed"),
        ({"state": "02", "sealed_on": date(2026, 5, 22)}, ""),
        ({"state": "02", "sealed_on": None, "paid_through_month": "2026-05"}, "withdrawal.not_sealed"),
        ({"state": "02", "sealed_on": None, "paid_through_month": "2026-04"}, ""),
    ],
)
def test_who_left_a_job_waits_until_the_account_was_sealed_for_six_months(changes: dict[str, Any], code: str) -> None:
    here = office(**changes)
    asked = a_claim("left_without_job", HIS)
    if code:
        refused(here, asked, "", code)
    else:
        agree(here, here.take_in(asked))


@pytest.mark.parametrize("reason", ["renovation", "property_fee", "other_approved"])
def test_what_the_new_law_brought_is_open_from_its_first_day(reason: str) -> None:
    changes = {"first_month": "2026-05", "last_month": "2026-08"} if reason == "property_fee" else {}
    here = office(day=LAST_DAY_OF_OLD_LAW)
    materials = a_claim(reason, HIS).materials
    refused(here, a_claim(reason, HIS, materials=materials, **changes), "reason", "withdrawal.reason")
    here.day = FIRST_DAY_OF_NEW_LAW
    case = here.case(here.take_in(a_claim(reason, HIS, here.day, **changes)))
    assert case.received_on == FIRST_DAY_OF_NEW_LAW


STATUTORY = {
    "rent": ("六", "一"),
    "rent_registered": ("六", "一"),
    "rent_public": ("六", "一"),
    "purchase": ("一", "二"),
    "down_payment": ("一", "二"),
    "self_build": ("一", "二"),
    "overhaul": ("一", "二"),
    "repay_fund_loan": ("五", "三"),
    "loan_offset": ("五", "三"),
    "repay_commercial_loan": ("五", "三"),
    "retirement": ("二", "六"),
    "disability": ("三", "七"),
    "emigration": ("四", "八"),
}
"""Items of article 24 before and after 2026-09-20 (domain reference 2.2)."""


@pytest.mark.parametrize("reason", OF_BOTH_LAWS)
def test_the_day_of_acceptance_decides_by_which_words_and_papers(reason: str) -> None:
    old = POLICY.on("withdrawal_reason", LAST_DAY_OF_OLD_LAW, reason=reason)
    new = POLICY.on("withdrawal_reason", FIRST_DAY_OF_NEW_LAW, reason=reason)
    if reason in STATUTORY:
        before, after = STATUTORY[reason]
        assert (old.legal, new.legal) == (f"条例第二十四条第（{before}）项", f"条例第二十四条第（{after}）项")
    asks_employer = reason in STATUTORY or reason == "death"
    assert ("employer_certificate" in old.materials) is asks_employer
    assert "employer_certificate" not in new.materials
    changes: dict[str, Any] = {}
    if "first_month" in old.fields:
        changes = {"first_month": "2026-05", "last_month": "2026-08", "amount_fen": 100_000}
    asked = a_claim(reason, HIS, LAST_DAY_OF_OLD_LAW, **changes)
    here = world_of(reason, LAST_DAY_OF_OLD_LAW)
    without = msgspec.structs.replace(asked, materials=tuple(new.materials))
    if asks_employer:
        assert refused(here, without, "materials", "materials.missing") == "还缺：单位提取证明"
    agree(here, here.take_in(asked))
    here = world_of(reason, FIRST_DAY_OF_NEW_LAW)
    agree(here, here.take_in(without))


@pytest.mark.parametrize(
    ("reason", "field"),
    [
        ("rent_registered", "invoice_no"),
        ("overhaul", "invoice_no"),
        ("renovation", "invoice_no"),
        ("property_fee", "invoice_no"),
        ("serious_illness", "invoice_no"),
        ("disability", "certificate_no"),
        ("emigration", "certificate_no"),
        ("death", "certificate_no"),
        ("court_deduction", "certificate_no"),
    ],
)
def test_a_paper_that_served_once_serves_nobody_again_however_it_is_written(reason: str, field: str) -> None:
    here = world_of(reason)
    here.world.put(changed(STRANGERS, carried_forward_fen=60_000_000))
    first = here.take_in(a_claim(reason, HIS))
    used = getattr(a_claim(reason, HIS), field)
    elsewhere = {"unit_no": OTHER_UNIT_NO, "lease_no": "YXZL-9", "permit_no": "危鉴 2026-018"}
    row = POLICY.on("withdrawal_reason", TODAY, reason=reason)
    changes = {name: value for name, value in elsewhere.items() if name in row.fields}
    again = a_claim(reason, STRANGERS, **changes, **{field: used.lower().replace(" ", "")})
    message = refused(here, again, field, "withdrawal.document_used")
    assert f"已用于{row.title}：2026-11-22，网点 9905，受理号" in message
    assert here.case(first).case_no[-6:-1] in message.replace(" ", "")
    here.withdraw(first)
    here.take_in(again)


def test_what_another_outlet_s_claim_was_is_told_without_its_amount() -> None:
    here = office(Outlet(number="9906", name="湖滨网点", centre_name="云溪市住房公积金管理中心"))
    first = here.case(here.take_in(a_claim("renovation", STRANGERS)))
    for each in here.world.where(Evidence, "case_no", first.case_no):
        here.world.put(changed(each, outlet="9906"))
    message = refused(here, a_claim("renovation", HIS, unit_no=OTHER_UNIT_NO), "invoice_no", "withdrawal.document_used")
    assert "湖滨网点" in message
    assert "元" not in message
    refused(here, a_claim("property_fee", HIS, invoice_no="26330003"), "invoice_no", "withdrawal.document_used")


@pytest.mark.parametrize("reason", ["purchase", "down_payment", "self_build", "overhaul", "repay_commercial_loan"])
def test_a_contract_or_permit_serves_one_family(reason: str) -> None:
    here = office(**RICH)
    here.take_in(a_claim(reason, HIS, amount_fen=1))
    row = POLICY.on("withdrawal_reason", TODAY, reason=reason)
    strangers = a_claim(reason, STRANGERS, amount_fen=1)
    field = row.of_one_family[0]
    assert "已由他人用于" in refused(here, strangers, field, "withdrawal.others_document")
    once = {"invoice_no": "26339999"} if row.get("once") else {}
    here.take_in(a_claim(reason, HERS, amount_fen=1, **once))


FAMILY_LIMIT = [
    ("purchase", {}, 5_000_000),
    ("self_build", {}, 6_000_000),
    ("overhaul", {}, 2_000_000),
    ("renovation", {"cost_fen": 60_000_000}, 25_000_000),
    ("property_fee", {"cost_fen": 400_000}, 300_000),
    ("elevator", {}, 4_000_000),
    ("repay_commercial_loan", {}, 2_400_000),
    ("rent_registered", {}, 1_680_000),
    ("rent_public", {}, 720_000),
    ("repay_fund_loan", {}, 900_000),
]


@pytest.mark.parametrize("known", ["to the centre", "by what is typed", "by what the other typed"])
@pytest.mark.parametrize(("reason", "changes", "limit_fen"), FAMILY_LIMIT)
def test_spouses_share_one_limit(reason: str, changes: dict[str, Any], limit_fen: int, known: str) -> None:
    """Known as a couple by the rows of both, or only because one of them named the other on one of the claims."""
    strangers = known != "to the centre"
    his_row, her_row = (
        msgspec.structs.replace(each, spouse_id="" if strangers else each.spouse_id) for each in (HUSBAND, WIFE)
    )
    more = (LOAN, *SCHEDULE) if "fund" in reason else ()
    rich = (changed(HIS, **RICH), changed(HERS, **RICH))
    here = Office(his_row, her_row, *rich, *more)
    first, second = (changes | {"amount_fen": limit_fen - 100}), (changes | {"amount_fen": 101})
    if known == "by what is typed":
        second |= {"spouse_identity_no": HUSBAND.identity_no}
    if known == "by what the other typed":
        first |= {"spouse_identity_no": WIFE.identity_no}
        if reason == "repay_fund_loan":
            second |= {"spouse_identity_no": HUSBAND.identity_no}  # or the loan would not be hers to claim on
    if POLICY.on("withdrawal_reason", TODAY, reason=reason).get("once"):
        second |= {"invoice_no": "26339999"}
    here.take_in(a_claim(reason, HIS, **first))
    refused(here, a_claim(reason, HERS, **second), "amount_fen", "withdrawal.over_limit")
    here.take_in(a_claim(reason, HERS, **(second | {"amount_fen": 100})))


def test_spouses_who_rent_by_the_flat_limit_have_one_each() -> None:
    here = office()
    here.take_in(a_claim("rent", HIS))
    here.take_in(a_claim("rent", HERS))


def test_months_for_which_the_spouse_claimed_the_rent_of_a_lease_lower_the_flat_limit() -> None:
    here = office()
    here.take_in(a_claim("rent_registered", HIS, first_month="2026-07", amount_fen=200_000))
    # 2,000.00 for four months are 500.00 a month; hers are two of them
    asked = a_claim("rent", HERS, first_month="2026-09", amount_fen=200_001)
    refused(here, asked, "amount_fen", "withdrawal.over_limit")
    here.take_in(msgspec.structs.replace(asked, amount_fen=200_000))


def test_a_month_of_rent_is_claimed_once_whichever_rule_it_is_reckoned_by() -> None:
    here = office()
    agree(here, here.take_in(a_claim("rent", HIS)))
    here.day = add_months(TODAY, 1)
    asked = a_claim("rent_public", HIS, first_month="2026-10", last_month="2026-11")
    assert "请从 2026-11 起填写" in refused(here, asked, "first_month", "withdrawal.month_taken")


def test_a_month_left_out_may_be_claimed_later() -> None:
    here = office()
    agree(here, here.take_in(a_claim("rent", HIS, first_month="2026-10", amount_fen=150_000)))
    here.day = add_months(TODAY, 1)
    here.take_in(a_claim("rent", HIS, first_month="2026-08", last_month="2026-09", amount_fen=300_000))


def test_a_home_that_others_bought_and_renovated_before_may_be_bought_and_renovated_again() -> None:
    here = office(**RICH)
    for reason in ("purchase", "renovation"):
        here.take_in(a_claim(reason, STRANGERS, amount_fen=1))
        papers = {"contract_no": "YX-2026-0999"} if reason == "purchase" else {"invoice_no": "26337777"}
        here.take_in(a_claim(reason, HIS, **papers))


def test_a_second_contract_for_the_same_home_does_not_open_its_price_again() -> None:
    here = office(**RICH)
    here.take_in(a_claim("purchase", HIS, amount_fen=4_000_000))
    again = a_claim("purchase", HERS, contract_no="YX-2026-0999", amount_fen=1_000_001)
    refused(here, again, "amount_fen", "withdrawal.over_limit")


def test_who_is_married_names_the_spouse_where_the_limit_is_shared() -> None:
    alone = changed(STRANGER, marital_status="20")
    here = Office(alone, WIFE, STRANGERS, HERS)
    refused(here, a_claim("purchase", STRANGERS), "spouse_identity_no", "withdrawal.spouse")
    own = a_claim("purchase", STRANGERS, spouse_identity_no=STRANGER.identity_no)
    refused(here, own, "spouse_identity_no", "withdrawal.own_number")
    here.take_in(a_claim("purchase", STRANGERS, spouse_identity_no=WIFE.identity_no))
    here.take_in(a_claim("rent", STRANGERS))


@pytest.mark.parametrize("reason", EVERY_REASON)
@pytest.mark.parametrize("freeze", ["1", "2"])
def test_a_frozen_account_pays_the_court_alone(reason: str, freeze: str) -> None:
    here = world_of(reason, freeze=freeze)
    if reason == "court_deduction":
        agree(here, here.take_in(a_claim(reason, HIS)))
    else:
        refused(here, a_claim(reason, HIS), "", "withdrawal.frozen")


def test_a_court_takes_what_is_frozen_for_it_and_others_what_is_left() -> None:
    here = office(freeze="3", frozen_fen=4_000_000)
    refused(here, a_claim("retirement", HIS), "", "withdrawal.frozen")
    refused(here, a_claim("purchase", HIS, amount_fen=820_638), "amount_fen", "withdrawal.over_limit")
    agree(here, here.take_in(a_claim("court_deduction", HIS, amount_fen=HIS.balance_fen)))
    assert here.balance_fen(HIS) == 0


@pytest.mark.parametrize("reason", EVERY_REASON)
def test_a_ban_stops_everything_but_the_court_and_the_heirs(reason: str) -> None:
    here = world_of(reason)
    here.world.put(changed(HUSBAND, withdrawals_banned_until=TODAY))
    if reason in {"court_deduction", "death"}:
        here.take_in(a_claim(reason, HIS))
    else:
        refused(here, a_claim(reason, HIS), "", "withdrawal.banned")
        here.day = TODAY + timedelta(days=1)
        here.take_in(a_claim(reason, HIS))


def test_a_case_of_the_old_law_whose_person_is_banned_meanwhile_is_not_posted() -> None:
    here = office(day=LAST_DAY_OF_OLD_LAW)
    case_no = here.take_in(a_claim("rent", HIS, here.day, first_month="2026-04", last_month="2026-09"))
    here.world.put(changed(HUSBAND, withdrawals_banned_until=date(2029, 9, 30)))
    here.day = date(2026, 10, 8)
    said(here.ask("case.decide", here.decision(case_no), SUPERVISOR, case_no), "", "withdrawal.banned")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"unit_no": "12345"}, "unit_no", "unit_no.length"),
        ({"unit_no": UNIT_NO[:-1] + "A"}, "unit_no", "unit_no.form"),
        ({"cost_fen": 0}, "cost_fen", "withdrawal.cost"),
        ({"reason": "elevator", "subsidy_fen": 5_000_000, "happened_on": TODAY}, "subsidy_fen", "withdrawal.subsidy"),
        ({"reason": "rent_public", "rent_fen": 0}, "rent_fen", "withdrawal.rent"),
        ({"reason": "court_deduction", "payee_account": "账号"}, "payee_account", "bank_account.form"),
        ({"reason": "loan_offset", "loan_account_no": "1"}, "loan_account_no", "withdrawal.loan"),
        ({"reason": "repay_fund_loan", "loan_account_no": "1"}, "loan_account_no", "withdrawal.loan"),
    ],
)
def test_what_is_typed_wrong_is_said_at_its_field(changes: dict[str, Any], field: str, code: str) -> None:
    reason = changes.pop("reason", "renovation")
    refused(world_of(reason), a_claim(reason, HIS, **changes), field, code)


def test_a_stranger_s_loan_is_not_claimed_on() -> None:
    here = office(LOAN, *SCHEDULE)
    for reason in ("loan_offset", "repay_fund_loan"):
        refused(here, a_claim(reason, STRANGERS), "loan_account_no", "withdrawal.loan")


def test_instalments_that_a_fund_account_paid_are_not_paid_back_to_the_borrower() -> None:
    offset = [msgspec.structs.replace(each, offset_fen=150_000) if each.period_no >= 20 else each for each in SCHEDULE]
    here = office(LOAN, *offset)
    # periods 17 to 22 are due from May to October; the last three were taken from the account
    refused(here, a_claim("repay_fund_loan", HIS, amount_fen=450_001), "amount_fen", "withdrawal.over_limit")
    here.take_in(a_claim("repay_fund_loan", HIS, amount_fen=450_000))


def test_an_offset_and_a_claim_for_what_was_paid_by_oneself_keep_out_of_each_other_s_way() -> None:
    here = office(LOAN, *SCHEDULE)
    agree(here, here.take_in(a_claim("loan_offset", HIS)))
    assert here.get(Loan, LOAN_NO).balance_fen == LOAN.balance_fen - 100_000
    here.take_in(a_claim("repay_fund_loan", HIS))


def test_the_heirs_get_their_shares_and_the_last_one_the_rest() -> None:
    thirds = tuple(
        Heir(
            name="沈一诺",
            identity_no=identity_no(80 + place),
            relation="子女",
            share="1/3",
            bank_card=CARD,
            bank="云溪银行",
        )
        for place in range(3)
    )
    here = office()
    case_no = here.take_in(a_claim("death", HIS, heirs=thirds))
    agree(here, case_no)
    case = here.case(case_no)
    parts = [each.amount_fen for each in here.world.where(Payment, "case_no", case_no)]
    assert len(parts) == 3
    assert sum(parts) == case.posted_fen + case.interest_fen
    assert max(parts) - min(parts) <= 1
    assert set(case.person_ids) == {HUSBAND.person_id, *(f"01:{heir.identity_no}" for heir in thirds)}


@pytest.mark.parametrize(
    ("heirs", "code"),
    [
        ((), "field.required"),
        ((msgspec.structs.replace(HEIRS[0], share="1/2"),), "heirs.shares"),
        ((HEIRS[0], msgspec.structs.replace(HEIRS[1], share="1/3")), "heirs.shares"),
        ((HEIRS[0], msgspec.structs.replace(HEIRS[1], share="2/3")), "heirs.shares"),
        ((HEIRS[0], HEIRS[0]), "heirs.twice"),
        ((HEIRS[0], msgspec.structs.replace(HEIRS[1], identity_no="990501199003071230")), "identity.check_character"),
        ((HEIRS[0], msgspec.structs.replace(HEIRS[1], bank_card="6217000010001234567")), "bank_card.check_digit"),
        ((HEIRS[0], msgspec.structs.replace(HEIRS[1], identity_no=HUSBAND.identity_no)), "heirs.deceased"),
    ],
)
def test_heirs_that_can_not_be_are_refused_at_their_field(heirs: tuple[Heir, ...], code: str) -> None:
    refused(office(), a_claim("death", HIS, heirs=heirs), "heirs", code)


def test_no_clerk_takes_in_the_inheritance_of_their_own() -> None:
    heir = msgspec.structs.replace(HEIRS[0], share="1")
    here = office()
    here.world.put(changed(CLERK, person_ids=(f"01:{heir.identity_no}",)))
    refused(here, a_claim("death", HIS, heirs=(heir,)), "", "case.own_matter")


@pytest.mark.parametrize("reason", ["court_deduction", "down_payment"])
def test_a_payee_gets_the_money_that_is_not_the_owner_s_to_take(reason: str) -> None:
    here = office()
    case_no = here.take_in(a_claim(reason, HIS))
    agree(here, case_no)
    (payment,) = here.world.where(Payment, "case_no", case_no)
    assert (payment.payee, payment.account_no) == ("云溪市人民法院", "3301040160000123456")


def test_two_windows_with_one_invoice_pay_it_once() -> None:
    """Each took it in offline; the second comes back with what the first one was."""
    here = office(**RICH)
    first = here.command(KIND, a_claim("renovation", HIS), CLERK, here.next_number(Series.CASE))
    case_no = here.next_number(Series.CASE, OTHER_DEVICE)
    theirs = a_claim("renovation", STRANGERS, unit_no=OTHER_UNIT_NO)
    second = here.command(KIND, theirs, CLERK, case_no, OTHER_DEVICE)
    assert isinstance(here.decide(first), tuple)
    assert isinstance(here.decide(second), tuple)
    assert isinstance(here.post(first), tuple)
    said(here.post(second), "invoice_no", "withdrawal.document_used")
    assert len([each for each in here.world.rows[Hold].values() if isinstance(each, Hold)]) == 1


def test_a_correction_to_another_reason_leaves_nothing_of_the_first_behind() -> None:
    here = office(**RICH)
    case_no = here.take_in(a_claim("renovation", HIS))
    here.send_back(case_no)
    here.do(KIND, a_claim("rent_registered", HIS), CLERK, case_no)
    documents = {each.document for each in here.world.where(Evidence, "case_no", case_no)}
    assert all(each.startswith(("rent:", "once:invoice_no:26330001")) for each in documents)
    here.take_in(a_claim("renovation", HERS))


def test_every_case_says_whose_it_is_and_which_law() -> None:
    here = office()
    case = here.case(here.take_in(a_claim("purchase", HIS)))
    assert isinstance(case, Case)
    assert case.person_ids == (HUSBAND.person_id, WIFE.person_id)
    assert here.get(Person, HUSBAND.person_id).outlet == OUTLET
