"""Withdrawals worked out line by line, approval steps, and the clocks of the law."""

from datetime import date, timedelta

import msgspec
import pytest

from gjj_desktop.domain.codes import AccountState, FreezeFlag
from gjj_desktop.domain.months import Month
from gjj_desktop.rules.approval import approval_steps
from gjj_desktop.rules.policy import NoRuleInForce, Policy
from gjj_desktop.rules.service_clock import decision_due, is_workday, promised
from gjj_desktop.rules.withdrawal import AccountFacts, Claim, Taken, Worked, next_possible, work_out

TODAY = date(2026, 11, 22)
ACCOUNT = AccountFacts(balance_fen=4_821_637)
APRIL = Taken(used_on=date(2026, 5, 6), amount_fen=150_000, month=Month(2026, 4))
RENT = Claim(
    amount_fen=900_000, first_month=Month(2026, 5), last_month=Month(2026, 10), taken=(APRIL,), taken_months=(APRIL,)
)
SPOUSES = Taken(used_on=TODAY, amount_fen=2_000_000, own=False)
PURCHASE = Claim(amount_fen=4_000_000, price_fen=95_000_000)


def codes(found: Worked) -> list[str]:
    return [finding.code for finding in found.findings]


def test_rent_is_worked_out_line_by_line(policy: Policy) -> None:
    found = work_out("rent", ACCOUNT, RENT, policy, TODAY)
    assert [(line.label, line.amount_fen) for line in found.lines] == [
        ("账户余额", 4_821_637),
        ("冻结与在途", 0),
        ("须留存", -1_000),
        ("租房限额 1,500 × 6 月", 900_000),
        ("取其低者", 900_000),
    ]
    assert (found.amount_fen, found.findings) == (900_000, ())
    assert found.next_possible == date(2026, 12, 22)
    assert "（2026）第二十四条第一项" in found.source


def test_what_is_held_and_must_stay_lowers_what_is_available(policy: Policy) -> None:
    account = msgspec.structs.replace(ACCOUNT, balance_fen=900_000, held_fen=100_000, frozen_fen=50_000)
    found = work_out("rent", account, RENT, policy, TODAY)
    assert found.amount_fen == 749_000
    assert codes(found) == ["withdrawal.over_limit"]
    assert found.findings[0].message == "最多可提取 7,490.00 元，请改小金额"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"last_month": Month(2026, 12)}, "withdrawal.future_month"),
        ({"first_month": Month(2026, 4)}, "withdrawal.month_taken"),
        ({"first_month": Month(2025, 10), "taken_months": ()}, "withdrawal.too_many_months"),
        ({"first_month": Month(2026, 11)}, "withdrawal.period"),
        ({"last_month": None}, "withdrawal.period"),
        ({"amount_fen": 900_001}, "withdrawal.over_limit"),
        ({"amount_fen": 0}, "withdrawal.not_positive"),
    ],
)
def test_a_rent_claim_that_breaks_a_rule_is_told_which(policy: Policy, changes: dict[str, object], code: str) -> None:
    assert code in codes(work_out("rent", ACCOUNT, msgspec.structs.replace(RENT, **changes), policy, TODAY))


def test_rent_of_this_month_and_of_a_whole_year_may_be_claimed(policy: Policy) -> None:
    year = Claim(first_month=Month(2025, 12), last_month=Month(2026, 11))
    found = work_out("rent", ACCOUNT, year, policy, TODAY)
    assert (found.amount_fen, found.findings) == (1_800_000, ())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"state": AccountState.CLOSED_WITHDRAWN}, "withdrawal.account_state"),
        ({"state": AccountState.FROZEN}, "withdrawal.account_state"),
        ({"freeze": FreezeFlag.BLOCKED}, "withdrawal.frozen"),
        ({"freeze": FreezeFlag.IN_ONLY}, "withdrawal.frozen"),
        ({"banned_until": TODAY}, "withdrawal.banned"),
        ({"balance_fen": 1_000}, "withdrawal.nothing"),
        ({"balance_fen": 500_000, "held_fen": 600_000}, "withdrawal.nothing"),
    ],
)
def test_an_account_that_may_not_pay_is_told_why(policy: Policy, changes: dict[str, object], code: str) -> None:
    found = work_out("rent", msgspec.structs.replace(ACCOUNT, **changes), RENT, policy, TODAY)
    assert codes(found) == [code]
    assert found.amount_fen >= 0


def test_rent_may_be_claimed_again_a_month_later(policy: Policy) -> None:
    month_before = Taken(used_on=date(2026, 10, 22), amount_fen=150_000, month=Month(2026, 4))
    again = msgspec.structs.replace(RENT, taken=(month_before,))
    assert work_out("rent", ACCOUNT, again, policy, TODAY).findings == ()
    (finding,) = work_out("rent", ACCOUNT, again, policy, date(2026, 11, 21)).findings
    assert finding.code == "withdrawal.too_soon"
    assert "2026-11-22 起可再提取" in finding.message


def test_a_sealed_account_a_partial_freeze_and_an_ended_ban_do_not_stop_a_withdrawal(policy: Policy) -> None:
    account = AccountFacts(
        balance_fen=4_821_637,
        state=AccountState.SEALED,
        freeze=FreezeFlag.PARTIAL,
        frozen_fen=1_000_000,
        banned_until=date(2026, 11, 21),
    )
    assert work_out("rent", account, RENT, policy, TODAY).findings == ()


def test_a_purchase_reaches_the_price_less_what_the_spouses_took(policy: Policy) -> None:
    claim = msgspec.structs.replace(PURCHASE, price_fen=5_000_000, taken=(SPOUSES,), amount_fen=3_000_001)
    found = work_out("purchase", ACCOUNT, claim, policy, TODAY)
    assert found.lines[-2].label == "已付房款 50,000.00 − 夫妻已提 20,000.00"
    assert (found.amount_fen, codes(found)) == (3_000_000, ["withdrawal.over_limit"])
    assert found.next_possible == date(2027, 11, 22)


def test_a_purchase_is_possible_once_a_year(policy: Policy) -> None:
    again = msgspec.structs.replace(PURCHASE, taken=(Taken(used_on=date(2025, 11, 22), amount_fen=1),))
    assert work_out("purchase", ACCOUNT, again, policy, TODAY).findings == ()
    found = work_out("purchase", ACCOUNT, again, policy, date(2026, 11, 21))
    assert codes(found) == ["withdrawal.too_soon"]


def test_a_purchase_needs_a_price_and_is_used_up_by_what_was_taken(policy: Policy) -> None:
    assert codes(work_out("purchase", ACCOUNT, Claim(), policy, TODAY)) == ["withdrawal.price"]
    assert codes(work_out("rent", ACCOUNT, Claim(amount_fen=1), policy, TODAY)) == ["withdrawal.period"]
    spent = msgspec.structs.replace(PURCHASE, price_fen=100, taken=(SPOUSES,))
    assert work_out("purchase", ACCOUNT, spent, policy, TODAY).amount_fen == 0


def test_a_reason_that_is_not_open_is_no_rule(policy: Policy) -> None:
    with pytest.raises(NoRuleInForce):
        work_out("lottery", ACCOUNT, RENT, policy, TODAY)


@pytest.mark.parametrize(
    ("kind", "amount", "steps"),
    [
        ("withdrawal.rent", 2_000_000, ("approve",)),
        ("withdrawal.rent", 2_000_001, ("review", "approve")),
        ("withdrawal.purchase", 90_000_000, ("approve",)),
        ("withdrawal.renovation", 2_000_000, ("approve",)),
        ("withdrawal.renovation", 20_000_001, ("review", "approve")),
        ("loan.application", 70_000_000, ("review", "approve")),
        ("remittance", 90_000_000, ()),
        ("employer.registration", 0, ()),
    ],
)
def test_the_steps_follow_kind_and_amount(policy: Policy, kind: str, amount: int, steps: tuple[str, ...]) -> None:
    assert approval_steps(policy, TODAY, kind, amount) == steps


def test_a_kind_without_a_row_never_passes_by_itself(policy: Policy) -> None:
    with pytest.raises(NoRuleInForce):
        approval_steps(policy, TODAY, "lottery.ticket", 1)


@pytest.mark.parametrize(
    ("item", "accepted", "due"),
    [
        ("loan", date(2026, 9, 9), date(2026, 9, 24)),
        ("loan", date(2026, 9, 19), date(2026, 10, 8)),  # 15 days, then past the National Day holiday
        ("loan", date(2026, 9, 20), date(2026, 9, 30)),  # 10 days
        ("loan", date(2026, 11, 12), date(2026, 11, 23)),  # a Sunday moves to Monday
        ("withdrawal", date(2026, 11, 16), date(2026, 11, 19)),
        ("withdrawal", date(2026, 11, 18), date(2026, 11, 23)),
    ],
)
def test_a_decision_is_due_on_a_day_that_offices_work(policy: Policy, item: str, accepted: date, due: date) -> None:
    assert decision_due(policy, item, accepted) == due


def test_working_days_can_be_told_by_somebody_else(policy: Policy) -> None:
    assert decision_due(policy, "withdrawal", date(2026, 11, 18), workday=lambda _: True) == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 10, 7), False),
        (date(2026, 10, 10), True),  # a Saturday worked instead
        (date(2035, 1, 1), False),
        (date(2035, 1, 2), True),
        (date(2035, 1, 6), False),
        (date(2003, 5, 1), False),
    ],
)
def test_years_without_a_holiday_notice_count_weekends_and_fixed_days(day: date, works: bool) -> None:
    assert is_workday(day) is works


def test_the_promised_hour(policy: Policy) -> None:
    assert promised(policy, date(2026, 11, 22)) == timedelta(hours=1)


def test_the_next_claim_on_rent_waits_for_the_month_after_the_last_one_claimed(policy: Policy) -> None:
    claim = Claim(first_month=Month.stored("2026-06"), last_month=Month.stored("2026-11"))
    assert next_possible("rent", claim, policy, date(2026, 11, 22)) == date(2026, 12, 22)
    assert next_possible("purchase", Claim(price_fen=62_000_000), policy, date(2026, 11, 22)) == date(2027, 11, 22)
