"""Deposit interest, loan rates over the years, contributions."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.domain.findings import Finding
from gjj_desktop.rules.contribution import ROUNDING_MODES, check_base, check_ratio, monthly_contribution, one_side
from gjj_desktop.rules.deposit_interest import (
    Move,
    RateFrom,
    closing_interest,
    deposit_interest,
    deposit_rates,
    fund_year,
    yearly_settlement,
)
from gjj_desktop.rules.loan_rate import loan_rate, running_loan_rate
from gjj_desktop.rules.policy import NoRuleInForce, Policy

FIRST, LAST = date(2025, 7, 1), date(2026, 6, 30)
RATE = (RateFrom(FIRST, Decimal("1.5")),)
MONTHLY = tuple(Move(date(2025 + (month < 7), month, 15), 120_000) for month in (7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6))


@pytest.mark.parametrize(
    ("moves", "year_days", "product", "interest", "balance"),
    [
        ((), 360, 365_000_000, 15_208, 1_000_000),  # V10
        ((), 365, 365_000_000, 15_000, 1_000_000),  # V10
        (MONTHLY, 360, 628_520_000, 26_188, 2_440_000),  # V11
        ((*MONTHLY, Move(date(2026, 3, 10), -500_000)), 360, 572_020_000, 23_834, 1_940_000),  # V12
    ],
)
def test_a_year_earns_interest_by_day_product(
    moves: tuple[Move, ...], year_days: int, product: int, interest: int, balance: int
) -> None:
    found = deposit_interest(1_000_000, moves, FIRST, LAST, RATE, year_days)
    assert (found.day_product, found.interest_fen, found.balance_fen) == (product, interest, balance)


def test_the_yearly_settlement_uses_the_policy(policy: Policy) -> None:
    assert yearly_settlement(1_000_000, MONTHLY, LAST, policy).interest_fen == 26_188


def test_v13_a_closed_account_earns_to_the_day_before(policy: Policy) -> None:
    found = closing_interest(1_000_000, MONTHLY[:8], date(2026, 3, 10), policy)
    assert (found.day_product, found.interest_fen, found.balance_fen) == (377_280_000, 15_720, 1_960_000)


def test_an_account_closed_on_the_first_day_of_the_year_has_earned_nothing(policy: Policy) -> None:
    assert closing_interest(1_000_000, (), FIRST, policy).interest_fen == 0
    assert closing_interest(36_000_000, (), FIRST + timedelta(days=1), policy).interest_fen == 1_500


def test_the_interest_year_turns_on_the_first_of_july(policy: Policy) -> None:
    assert fund_year(LAST, policy) == (FIRST, LAST)
    assert fund_year(date(2026, 7, 1), policy) == (date(2026, 7, 1), date(2027, 6, 30))


def test_a_change_of_rate_inside_the_period_is_computed_in_segments(policy: Policy) -> None:
    first, last = date(2016, 2, 20), date(2016, 2, 21)
    rates = deposit_rates(policy, first, last)
    assert [(rate.first_day, rate.percent) for rate in rates] == [(first, Decimal("0.35")), (last, Decimal("1.50"))]
    one_day_each = deposit_interest(36_000_000, (), first, last, rates, 360)
    assert one_day_each.interest_fen == 350 + 1_500


def test_a_move_outside_the_period_is_refused() -> None:
    with pytest.raises(ValueError, match="lies outside"):
        deposit_interest(0, (Move(date(2026, 7, 1), 1),), FIRST, LAST, RATE, 360)
    with pytest.raises(ValueError, match="before it begins"):
        deposit_interest(0, (), LAST, FIRST, RATE, 360)
    with pytest.raises(ValueError, match="no deposit rate"):
        deposit_interest(0, (), FIRST - timedelta(days=1), LAST, RATE, 360)


@given(
    st.integers(0, 10**9),
    st.lists(st.tuples(st.integers(0, 364), st.integers(-(10**6), 10**6)), max_size=20),
    st.integers(1, 364),
)
def test_day_products_of_two_halves_add_up(opening: int, days: list[tuple[int, int]], cut: int) -> None:
    moves = [Move(FIRST + timedelta(days=day), amount) for day, amount in days]
    middle = FIRST + timedelta(days=cut)
    early = [move for move in moves if move.day < middle]
    late = [move for move in moves if move.day >= middle]
    whole = deposit_interest(opening, moves, FIRST, LAST, RATE, 360)
    first = deposit_interest(opening, early, FIRST, middle - timedelta(days=1), RATE, 360)
    second = deposit_interest(first.balance_fen, late, middle, LAST, RATE, 360)
    assert whole.day_product == first.day_product + second.day_product
    assert whole.balance_fen == second.balance_fen
    assert abs(whole.interest_fen - first.interest_fen - second.interest_fen) <= 1


@pytest.mark.parametrize(
    ("day", "months", "home", "rate"),
    [
        (date(2025, 5, 7), 360, 1, "2.85"),
        (date(2025, 5, 8), 360, 1, "2.60"),
        (date(2025, 5, 8), 60, 1, "2.10"),
        (date(2025, 5, 8), 61, 1, "2.60"),
        (date(2026, 11, 22), 180, 2, "3.075"),
        (date(2022, 9, 30), 360, 1, "3.25"),
        (date(2022, 10, 1), 360, 1, "3.10"),
        (date(2022, 10, 1), 360, 2, "3.575"),
    ],
)
def test_a_new_loan_takes_the_rate_of_its_band(policy: Policy, day: date, months: int, home: int, rate: str) -> None:
    assert loan_rate(policy, day, months, home).rate_percent == Decimal(rate)


def test_terms_and_homes_without_a_rate_are_refused(policy: Policy) -> None:
    with pytest.raises(NoRuleInForce):
        loan_rate(policy, date(2026, 1, 1), 361, 1)
    with pytest.raises(NoRuleInForce):
        loan_rate(policy, date(2026, 1, 1), 360, 3)


@pytest.mark.parametrize(
    ("paid_out_on", "months", "day", "rate"),
    [
        (date(2024, 5, 17), 360, date(2024, 12, 31), "3.10"),
        (date(2024, 5, 17), 360, date(2025, 1, 1), "2.85"),
        (date(2024, 6, 20), 360, date(2025, 12, 31), "2.85"),
        (date(2024, 6, 20), 360, date(2026, 1, 1), "2.60"),
        (date(2025, 5, 8), 360, date(2025, 12, 31), "2.60"),
        (date(2025, 3, 1), 12, date(2026, 1, 15), "2.35"),
        (date(2025, 3, 1), 13, date(2026, 1, 15), "2.10"),
    ],
)
def test_running_loans_are_repriced_on_the_first_of_january(
    policy: Policy, paid_out_on: date, months: int, day: date, rate: str
) -> None:
    assert running_loan_rate(policy, paid_out_on, months, 1, day).rate_percent == Decimal(rate)


def test_the_nine_rounding_modes_give_the_nine_published_results() -> None:
    results = {
        0: 105_185,
        2: 105_180,
        4: 105_100,
        1: 105_190,
        3: 105_200,
        5: 105_186,
        6: 105_185,
        7: 105_190,
        8: 105_200,
    }
    assert {mode: one_side(876_543, 1200, mode) for mode in ROUNDING_MODES} == results


def test_the_published_ceilings_of_beijing_are_met(policy: Policy) -> None:
    ratios = range(1200, 400, -100)
    sides = [monthly_contribution(3_634_800, ratio, ratio, policy, date(2026, 7, 1)).personal_fen for ratio in ratios]
    assert [side // 100 for side in sides] == [4362, 3998, 3635, 3271, 2908, 2544, 2181, 1817]


def test_each_side_is_rounded_by_itself(policy: Policy) -> None:
    found = monthly_contribution(876_543, 1200, 500, policy, date(2026, 7, 1))
    assert (found.employer_fen, found.personal_fen, found.total_fen) == (105_200, 43_800, 149_000)


@pytest.mark.parametrize(
    ("base", "day", "code"),
    [
        (225_999, date(2026, 7, 1), "base.under_floor"),
        (226_000, date(2026, 7, 1), None),
        (3_117_300, date(2026, 7, 1), None),
        (3_117_300, date(2026, 6, 30), "base.over_ceiling"),
        (3_117_301, date(2026, 7, 1), "base.over_ceiling"),
    ],
)
def test_a_base_lies_between_floor_and_ceiling_of_the_fund_year(
    policy: Policy, base: int, day: date, code: str | None
) -> None:
    found = check_base(base, policy, day)
    assert (found.code if isinstance(found, Finding) else None) == code


@pytest.mark.parametrize(
    ("ratio", "member", "code"),
    [
        (500, "employed", None),
        (1200, "employed", None),
        (499, "employed", "ratio.out_of_bounds"),
        (1300, "employed", "ratio.out_of_bounds"),
        (550, "employed", "ratio.not_whole"),
        (2400, "flexible", None),
        (900, "flexible", "ratio.out_of_bounds"),
    ],
)
def test_a_ratio_is_a_whole_percent_within_its_bounds(
    policy: Policy, ratio: int, member: str, code: str | None
) -> None:
    found = check_ratio(ratio, policy, date(2026, 11, 22), member)
    assert (found.code if found else None) == code
