"""Penalty, arrears, tiers, quota and term of a loan."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from gjj_desktop.domain.codes import RepaymentMethod, Sex
from gjj_desktop.domain.months import Month
from gjj_desktop.rules.overdue import arrears, overdue_tier
from gjj_desktop.rules.penalty import DueAmount, penalties, penalty
from gjj_desktop.rules.policy import NoRuleInForce, Policy
from gjj_desktop.rules.quota import QuotaCase, affordable_fen, quota
from gjj_desktop.rules.schedule import first_due_day, schedule
from gjj_desktop.rules.term import longest_term, retirement_group, retirement_month, term_limits

TODAY = date(2026, 11, 22)
RATE = Decimal("2.6")
APRIL = DueAmount(date(2026, 4, 16), 91_837, 108_333)
MAY = DueAmount(date(2026, 5, 16), 92_036, 108_134)
PAID = date(2026, 6, 5)


def test_v14_penalty_on_principal_and_interest(policy: Policy) -> None:
    items, total = penalties((APRIL, MAY), RATE, PAID, policy.on("penalty", PAID))
    assert [(item.days, item.penalty_fen) for item in items] == [(50, 1084), (20, 434)]
    assert total == 1518


def test_v14_penalty_on_principal_only(policy: Policy) -> None:
    row = policy.on("penalty", PAID)
    principal_only = msgspec.structs.replace(row, values={**row.values, "base": "principal"})
    items, total = penalties((APRIL, MAY), RATE, PAID, principal_only)
    assert [item.penalty_fen for item in items] == [497, 199]
    assert total == 696


def test_who_pays_on_the_due_day_pays_no_penalty(policy: Policy) -> None:
    assert penalty(APRIL, RATE, APRIL.due, policy.on("penalty", PAID)).penalty_fen == 0
    assert penalty(APRIL, RATE, date(2026, 4, 1), policy.on("penalty", PAID)).days == 0


class PaidInstalment(msgspec.Struct, frozen=True):
    """An instalment row as a loan keeps it."""

    period_no: int
    due_on: date
    principal_fen: int
    interest_fen: int
    paid_principal_fen: int = 0
    paid_interest_fen: int = 0
    penalty_paid_to: date | None = None


def v1_loan() -> list[PaidInstalment]:
    paid_out_on = date(2026, 3, 16)
    periods = schedule(50_000_000, RATE, 360, RepaymentMethod.EQUAL_INSTALMENT, first_due_day(paid_out_on))
    return [
        PaidInstalment(each.no, each.due, each.principal_fen, each.interest_fen)
        for each in periods
        if each.due is not None
    ]


def test_v14_arrears_of_the_loan_itself(policy: Policy) -> None:
    behind = arrears(v1_loan(), PAID, RATE, policy)
    assert behind.overdue_periods == 2
    assert [(each.period_no, each.days, each.penalty_fen) for each in behind.periods] == [(1, 50, 1084), (2, 20, 434)]
    assert (behind.principal_fen, behind.interest_fen, behind.penalty_fen) == (183_873, 216_467, 1518)
    assert behind.total_fen == sum(each.total_fen for each in behind.periods) == 401_858


def test_an_instalment_is_overdue_from_the_day_after_its_due_day(policy: Policy) -> None:
    assert arrears(v1_loan(), date(2026, 4, 16), RATE, policy).overdue_periods == 0
    assert arrears(v1_loan(), date(2026, 4, 17), RATE, policy).overdue_periods == 1


def test_what_was_paid_in_part_is_taken_off(policy: Policy) -> None:
    first, *rest = v1_loan()
    partly = msgspec.structs.replace(first, paid_interest_fen=first.interest_fen, paid_principal_fen=1_837)
    behind = arrears([partly, *rest], PAID, RATE, policy)
    assert (behind.periods[0].principal_fen, behind.periods[0].interest_fen) == (90_000, 0)
    paid = msgspec.structs.replace(partly, paid_principal_fen=first.principal_fen)
    assert arrears([paid, *rest], PAID, RATE, policy).overdue_periods == 1


@pytest.mark.parametrize(
    ("periods", "tier"),
    [(0, None), (1, "phone"), (2, "phone"), (3, "letter"), (5, "letter"), (6, "lawyer"), (40, "lawyer")],
)
def test_the_tier_follows_the_overdue_periods(policy: Policy, periods: int, tier: str | None) -> None:
    found = overdue_tier(policy, TODAY, periods)
    assert (found.tier if found else None) == tier


V15 = QuotaCase(
    balances_fen=(3_650_000, 2_830_000),
    price_fen=95_000_000,
    income_fen=1_510_000,
    debt_fen=150_000,
    months=300,
    contributors=1,
)


def test_v15_every_limit_and_the_lowest(policy: Policy) -> None:
    found = quota(V15, policy, TODAY)
    assert [limit.amount_fen for limit in found.limits] == [116_640_000, 76_000_000, 166_641_131, 70_000_000]
    assert (found.quota_fen, found.instalment_fen, found.rate_percent) == (70_000_000, 317_569, RATE)
    assert found.decided_by == "最高额度（一人缴存）"


def test_two_contributors_reach_the_higher_ceiling(policy: Policy) -> None:
    found = quota(msgspec.structs.replace(V15, contributors=2), policy, TODAY)
    assert (found.quota_fen, found.decided_by) == (76_000_000, "房价 950,000.00 × 80%")


def test_the_quota_is_cut_down_to_the_step_and_to_what_is_wanted(policy: Policy) -> None:
    assert quota(msgspec.structs.replace(V15, wanted_fen=31_299_999), policy, TODAY).quota_fen == 31_200_000
    assert quota(msgspec.structs.replace(V15, price_fen=12_345_678), policy, TODAY).quota_fen == 9_800_000


def test_a_small_balance_still_reaches_the_minimum_on_a_second_home(policy: Policy) -> None:
    small = msgspec.structs.replace(V15, balances_fen=(100_000,), home_order=2)
    assert quota(small, policy, TODAY).quota_fen == 20_000_000
    first_home = msgspec.structs.replace(small, home_order=1)
    assert quota(first_home, policy, TODAY).quota_fen == 1_800_000


def test_an_appraisal_below_the_price_counts(policy: Policy) -> None:
    appraised = msgspec.structs.replace(V15, appraised_fen=50_000_000)
    assert quota(appraised, policy, TODAY).quota_fen == 40_000_000


def test_a_household_that_can_not_repay_gets_nothing(policy: Policy) -> None:
    found = quota(msgspec.structs.replace(V15, debt_fen=906_000), policy, TODAY)
    assert (found.quota_fen, found.instalment_fen) == (0, 0)
    assert found.decided_by.startswith("还款能力")


def test_a_third_home_has_no_quota(policy: Policy) -> None:
    with pytest.raises(NoRuleInForce):
        quota(msgspec.structs.replace(V15, home_order=3), policy, TODAY)


@pytest.mark.parametrize("method", [RepaymentMethod.EQUAL_INSTALMENT, RepaymentMethod.EQUAL_PRINCIPAL])
@pytest.mark.parametrize("rate", [Decimal("2.6"), Decimal(0)])
def test_what_is_affordable_costs_what_can_be_paid(method: RepaymentMethod, rate: Decimal) -> None:
    loan = affordable_fen(756_000, rate, 300, method)
    assert abs(schedule(loan, rate, 300, method)[0].amount_fen - 756_000) <= 1
    assert affordable_fen(0, rate, 300, method) == 0


@pytest.mark.parametrize(
    ("born", "group", "retires"),
    [
        (Month(1970, 5), "male", Month(2031, 10)),  # the example of domain.md 5.9
        (Month(1964, 12), "male", Month(2024, 12)),
        (Month(1965, 1), "male", Month(2025, 2)),
        (Month(1965, 4), "male", Month(2025, 5)),
        (Month(1965, 5), "male", Month(2025, 7)),
        (Month(1976, 9), "male", Month(2039, 9)),
        (Month(1990, 1), "male", Month(2053, 1)),
        (Month(1970, 1), "female_55", Month(2025, 2)),
        (Month(1981, 9), "female_55", Month(2039, 9)),
        (Month(1975, 1), "female_50", Month(2025, 2)),
        (Month(1975, 3), "female_50", Month(2025, 5)),
        (Month(1984, 11), "female_50", Month(2039, 11)),
    ],
)
def test_retirement_moves_later_step_by_step(policy: Policy, born: Month, group: str, retires: Month) -> None:
    assert retirement_month(born, group, policy, TODAY) == retires


def test_before_the_reform_the_old_age_counted(policy: Policy) -> None:
    assert retirement_month(Month(1970, 5), "male", policy, date(2024, 12, 31)) == Month(2030, 5)
    assert retirement_month(Month(1970, 5), "male", policy, date(2025, 1, 1)) == Month(2031, 10)


def test_a_loan_ends_five_years_after_retirement_at_the_latest(policy: Policy) -> None:
    limits = term_limits(date(1970, 5, 3), Sex.MALE, policy, TODAY)
    assert [limit.months for limit in limits] == [
        360,
        Month(2036, 10) - Month(2026, 11),
        Month(2038, 5) - Month(2026, 11),
    ]
    assert longest_term(limits).label == "法定退休（2031-10）后 5 年"


def test_the_young_are_limited_to_thirty_years_and_old_houses_shorten_the_term(policy: Policy) -> None:
    limits = term_limits(date(2000, 1, 1), Sex.FEMALE, policy, TODAY)
    assert longest_term(limits).months == 360
    old_house = term_limits(date(2000, 1, 1), Sex.FEMALE, policy, TODAY, house_built=1990)
    assert longest_term(old_house).months == 14 * 12
    assert longest_term(term_limits(date(1950, 1, 1), Sex.FEMALE, policy, TODAY)).months == 0


def test_women_have_two_groups() -> None:
    assert [retirement_group(Sex.MALE), retirement_group(Sex.FEMALE), retirement_group(Sex.FEMALE, officer=False)] == [
        "male",
        "female_55",
        "female_50",
    ]
