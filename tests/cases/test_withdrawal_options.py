"""What a person may withdraw now and what not, as soon as they are picked, and the answer while the form is typed."""

from datetime import date
from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.kind import Advice, Context, Option, form_of
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import changed
from gjj_desktop.cases.state import Need
from gjj_desktop.cases.withdrawal_form import KIND, SubmitWithdrawal
from gjj_desktop.domain.numbers import Series, group_number
from tests.cases.builders import (
    CLERK,
    POLICY,
    REVIEWER,
    SUPERVISOR,
    TODAY,
    Office,
    a_person,
    an_account,
    answer,
)
from tests.cases.claims import CLOSING, EVERY_REASON, LAST_DAY_OF_OLD_LAW, LOAN_NO, a_claim, a_loan

HUSBAND = a_person(3, "沈国华", spouse_id=a_person(2).person_id)
WIFE = a_person(2, "陆婉清", spouse_id=HUSBAND.person_id)
HIS, HERS = an_account(HUSBAND, 3), an_account(WIFE, 2)
LOAN, SCHEDULE = a_loan(HIS)


def office(day: date = TODAY, **changes: Any) -> Office:
    return Office(HUSBAND, WIFE, msgspec.structs.replace(HIS, **changes), HERS, day=day)


def advice(here: Office, payload: SubmitWithdrawal) -> Advice:
    """What the form's right side says on the rows that the advice asks for; all the world must give the same."""
    kind = KINDS[KIND]
    assert kind.advise is not None
    assert kind.needs_of_advice is not None
    command = here.command(KIND, payload, CLERK, "")
    context = here.context(command)
    asked: set[Need] = set()
    while fresh := set(kind.needs_of_advice(context, payload)) - asked:
        for need in fresh:
            context.state.load(answer(here.world, need))
        asked |= fresh
    said: Advice = kind.advise(context, payload)
    assert said == kind.advise(Context(here.world, command, here.policy, here.day), payload), "needs are not complete"
    return said


def options(here: Office) -> dict[str, Option]:
    picked = SubmitWithdrawal(personal_account_no=HIS.personal_account_no, reason="")
    return {each.value: each for each in advice(here, picked).options}


def test_nobody_is_told_anything_before_a_person_is_picked() -> None:
    assert advice(office(), SubmitWithdrawal(personal_account_no="", reason="")).options == ()


@pytest.mark.parametrize("day", [LAST_DAY_OF_OLD_LAW, TODAY])
def test_every_open_reason_is_told_of_in_the_order_of_policy(day: date) -> None:
    found = options(office(day))
    assert list(found) == [row.reason for row in POLICY.rows("withdrawal_reason", day)]
    for each in found.values():
        assert each.sentence
        assert each.label
        assert each.possible or each.amount_fen is None
    assert ("renovation" in found) is (day == TODAY)


def test_what_is_known_without_typing_is_said_in_fen() -> None:
    found = options(office())
    assert (found["rent"].amount_fen, found["rent"].firm) == (1_800_000, True)
    assert found["rent"].sentence == "2025-12 至 2026-11，最多 18,000.00 元"
    assert (found["low_income"].amount_fen, found["low_income"].firm) == (600_000, True)
    assert found["purchase"].amount_fen is None
    assert found["purchase"].sentence == "不超过已付房款，最多 48,206.37 元"
    assert not found["purchase"].firm
    assert found["renovation"].sentence == "不超过发票金额的 50%，限额 250,000 元，最多 48,206.37 元"


def test_a_closing_is_told_with_its_interest() -> None:
    here = office()
    told = options(here)["retirement"].amount_fen
    case_no = here.take_in(a_claim("retirement", HIS))
    here.agree(case_no, SUPERVISOR)
    case = here.case(case_no)
    assert told == case.posted_fen + case.interest_fen


def test_who_has_no_loan_is_told_so_and_who_has_one_how_much() -> None:
    here = office()
    for reason in ("repay_fund_loan", "loan_offset"):
        told = options(here)[reason]
        assert (told.possible, told.sentence) == (False, "本人或配偶没有公积金贷款")
    for row in (LOAN, *SCHEDULE):
        here.world.put(row)
    found = options(here)
    assert found["loan_offset"].amount_fen == 150_000
    assert found["repay_fund_loan"].amount_fen == 12 * 150_000
    assert group_number(Series.LOAN, LOAN_NO) in found["retirement"].sentence
    assert found["retirement"].next_possible is None


def test_what_was_claimed_says_when_again() -> None:
    here = office()
    case_no = here.take_in(a_claim("rent", HIS))
    rent = options(here)["rent"]
    assert (rent.possible, rent.next_possible) == (False, date(2026, 12, 22))
    assert "2026-12-22 起可再提取" in rent.sentence
    assert options(here)["death"].sentence == (
        f"账户有在办的提取（受理号 {group_number(Series.CASE, case_no)}），办结或撤回后方可销户"
    )


def test_what_was_offset_on_a_loan_is_known_before_the_loan_is_picked() -> None:
    here = Office(HUSBAND, WIFE, HIS, HERS, LOAN, *SCHEDULE)
    here.agree(here.take_in(a_claim("loan_offset", HIS)))
    here.day = date(2026, 12, 20)  # after the instalment of the 16th, and before the month is over
    found = options(here)["loan_offset"]
    assert (found.possible, found.next_possible) == (False, date(2026, 12, 22))
    assert found.sentence == "同一原因每月可提取一次，2026-12-22 起可再提取"


def test_who_has_claimed_this_month_waits_for_the_next() -> None:
    here = office(day=date(2026, 10, 20))
    agreed = here.take_in(a_claim("rent", HIS, first_month="2026-06", last_month="2026-10", amount_fen=1))
    here.agree(agreed, SUPERVISOR)
    rent = options(here)["rent"]
    assert (rent.possible, rent.next_possible) == (False, date(2026, 11, 20))
    here.day = date(2026, 11, 20)
    assert options(here)["rent"].sentence == "2026-11，最多 1,500.00 元"


def test_months_claimed_ahead_of_their_interval_keep_this_month_closed() -> None:
    here = office(day=date(2026, 10, 1))
    here.take_in(a_claim("rent", HIS, first_month="2026-10", last_month="2026-10", amount_fen=1))
    here.day = date(2026, 10, 31)
    rent = options(here)["rent"]
    assert (rent.possible, rent.next_possible) == (False, date(2026, 11, 1))


def test_a_ban_and_a_seal_tell_their_last_day() -> None:
    here = office(state="02", sealed_on=date(2026, 8, 1))
    assert options(here)["left_without_job"].next_possible == date(2027, 2, 1)
    here.world.put(changed(HUSBAND, withdrawals_banned_until=date(2028, 5, 31)))
    found = options(here)
    assert found["rent"].next_possible == date(2028, 6, 1)
    assert found["left_without_job"].next_possible == date(2028, 6, 1)
    assert found["court_deduction"].possible


def test_an_empty_account_has_nothing_to_withdraw() -> None:
    found = options(office(carried_forward_fen=0, current_year_fen=0))
    assert not any(each.possible for each in found.values())


@pytest.mark.parametrize("reason", EVERY_REASON)
def test_what_is_told_is_what_may_be_handed_in(reason: str) -> None:
    """Told before anything was typed, and by the form in order: the same answer, and the decision agrees."""
    changes = {"state": "02", "sealed_on": date(2026, 1, 1)} if reason == "left_without_job" else {}
    here = office(**changes)
    if reason in {"repay_fund_loan", "loan_offset"}:
        for row in (LOAN, *SCHEDULE):
            here.world.put(row)
    asked = a_claim(reason, HIS)
    told, typed = options(here)[reason], advice(here, asked)
    assert told.possible
    assert typed.findings == ()
    assert typed.amount_fen is not None
    assert typed.lines[-1].amount_fen == typed.amount_fen
    assert typed.source == POLICY.on("withdrawal_reason", TODAY, reason=reason).legal
    if told.amount_fen is not None and not asked.first_month:
        assert told.amount_fen == typed.amount_fen
    case_no = here.take_in(asked)
    if here.case(case_no).steps[0] == "review":
        here.agree(case_no, REVIEWER)
    here.agree(case_no, SUPERVISOR)
    if reason in CLOSING:
        assert not any(each.possible for each in options(here).values())


def test_the_form_offers_the_loans_of_both_spouses_and_no_others() -> None:
    stranger = an_account(a_person(9, "马文杰"), 9)
    other, _ = a_loan(stranger, loan_account_no="9905030000000027")
    here = office()
    here.world.put(LOAN)
    here.world.put(other)
    for account in (HIS, HERS):
        said = advice(here, a_claim("loan_offset", account))
        assert [each.value for each in said.choices["loan_account_no"]] == [LOAN_NO]


def test_where_the_money_goes_is_said_beside_the_form() -> None:
    here = office()
    for row in (LOAN, *SCHEDULE):
        here.world.put(row)
    said = {reason: advice(here, a_claim(reason, HIS)).next_step for reason in EVERY_REASON}
    assert "直接冲还贷款" in said["loan_offset"]
    assert "按份额付给 2 位继承人" in said["death"]
    assert "付款至云溪市人民法院" in said["court_deduction"]
    assert "6222 **** **** 0128" in said["rent"]


def test_who_is_far_from_retirement_is_told_when_that_is() -> None:
    young, old = a_person(5, "何小满", born="19900307"), a_person(7, "田老伯", born="19601001")
    here = Office(young, old, an_account(young, 5), an_account(old, 7))
    told = {}
    for account in (an_account(young, 5), an_account(old, 7)):
        picked = SubmitWithdrawal(personal_account_no=account.personal_account_no, reason="")
        told[account.name] = {each.value: each.sentence for each in advice(here, picked).options}["retirement"]
    assert told["何小满"].startswith("2053-03 到法定退休年龄；凭退休证或退休审批表，本息 ")
    assert told["田老伯"].startswith("凭退休证或退休审批表，本息 ")


def test_what_was_repaid_may_be_claimed_after_the_loan_is_settled_and_nothing_is_offset() -> None:
    here = office()
    for row in (changed(LOAN, state="settled"), *SCHEDULE):
        here.world.put(row)
    found = options(here)
    assert found["repay_fund_loan"].amount_fen == 12 * 150_000
    assert not found["loan_offset"].possible
    assert found["emigration"].possible
    assert advice(here, a_claim("loan_offset", HIS)).choices["loan_account_no"] == ()
    here.take_in(a_claim("repay_fund_loan", HIS))


def test_a_field_is_called_what_it_is_for_the_reason_picked() -> None:
    def called(reason: str, field: str) -> str:
        form = form_of(KINDS[KIND], POLICY, TODAY, {"reason": reason})
        assert form is not None
        return next(each.label for each in form.fields if each.name == field)

    assert called("", "happened_on") == "发生日期"
    assert called("repay_commercial_loan", "happened_on") == "放款日期"
    assert called("death", "happened_on") == "死亡日期"
    assert called("serious_illness", "subsidy_fen") == "其中报销（元）"
    said = advice(office(), a_claim("serious_illness", HIS))
    assert said.lines[-2].label == "医疗总费用 60,000.00 − 报销 20,000.00"
