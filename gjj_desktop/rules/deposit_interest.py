"""Interest on a personal account by day product (积数)."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from gjj_desktop.domain.money import Fen, round_half_up
from gjj_desktop.rules.policy import Policy


class Move(msgspec.Struct, frozen=True):
    """Money in (positive) or out (negative) on a day, fen."""

    day: date
    amount_fen: Fen


class RateFrom(msgspec.Struct, frozen=True):
    """A yearly rate in percent and the first day it counts."""

    first_day: date
    percent: Decimal


class DepositInterest(msgspec.Struct, frozen=True):
    """Sum of end-of-day balances (fen times days), the interest on it, and the last day's balance before interest."""

    day_product: int
    interest_fen: Fen
    balance_fen: Fen


def deposit_interest(
    opening_fen: Fen, moves: Sequence[Move], first: date, last: date, rates: Sequence[RateFrom], year_days: int
) -> DepositInterest:
    """Interest from `first` to `last`, both days counted.

    Money in earns from its own day, money out earns nothing on its day. A change of rate starts a new segment; the
    segments are added exactly and the sum is rounded once, half up to the fen.

    Args:
        opening_fen: Balance at the beginning of `first`.
        moves: In any order, all within the period.
        first: First day that counts.
        last: Last day that counts, not before `first`.
        rates: In order of their days; the first of them not after `first`.
        year_days: Days of the year in the daily rate, 360 or 365.

    Raises:
        ValueError: a move lies outside the period, or no rate covers its first day.
    """
    _check_period(moves, first, last, rates)
    exact = Decimal(0)
    product = 0
    balance = opening_fen
    for start, days in _stretches(moves, first, last, rates):
        balance += sum(move.amount_fen for move in moves if move.day == start)
        product += balance * days
        exact += balance * days * _rate_on(start, rates)
    return DepositInterest(product, round_half_up(exact / 100 / year_days), balance)


def _check_period(moves: Sequence[Move], first: date, last: date, rates: Sequence[RateFrom]) -> None:
    if last < first:
        raise ValueError(f"the period ends on {last}, before it begins on {first}")
    outside = [move.day for move in moves if not first <= move.day <= last]
    if outside:
        raise ValueError(f"the move on {outside[0]} lies outside {first} to {last}")
    if not rates or rates[0].first_day > first:
        raise ValueError(f"no deposit rate is known for {first}")


def _stretches(moves: Sequence[Move], first: date, last: date, rates: Sequence[RateFrom]) -> list[tuple[date, int]]:
    """First days and lengths of the stretches in which neither balance nor rate changes."""
    days = {first, *(move.day for move in moves), *(rate.first_day for rate in rates)}
    starts = sorted(day for day in days if first <= day <= last)
    ends = [*starts[1:], last + timedelta(days=1)]
    return [(start, (end - start).days) for start, end in zip(starts, ends, strict=True)]


def _rate_on(day: date, rates: Sequence[RateFrom]) -> Decimal:
    return [rate.percent for rate in rates if rate.first_day <= day][-1]


def deposit_rates(policy: Policy, first: date, last: date) -> tuple[RateFrom, ...]:
    """The rates for money paid in during the year that count from `first` to `last`, in order."""
    changes = policy.changes("deposit_rate", first, last)
    return tuple(RateFrom(day, row.current_year_percent) for day, row in changes)


def fund_year(day: date, policy: Policy) -> tuple[date, date]:
    """First and last day of the interest year in which `day` lies, 1 July to 30 June by the settlement day in force."""
    basis = policy.on("interest_basis", day)
    settlement = date(day.year, basis.settlement_month, basis.settlement_day)
    last = settlement if day <= settlement else settlement.replace(year=day.year + 1)
    return last.replace(year=last.year - 1) + timedelta(days=1), last


def closing_interest(opening_fen: Fen, moves: Sequence[Move], closed_on: date, policy: Policy) -> DepositInterest:
    """Interest on an account closed on a day: from the beginning of its interest year to the day before.

    `opening_fen` is the balance at the beginning of the interest year, `moves` those since, before `closed_on`. An
    account closed on the first day of the year has earned nothing.
    """
    first, _ = fund_year(closed_on, policy)
    last = closed_on - timedelta(days=1)
    if last < first:
        return DepositInterest(0, 0, opening_fen)
    return _by_policy(opening_fen, moves, first, last, policy)


def yearly_settlement(opening_fen: Fen, moves: Sequence[Move], settled_on: date, policy: Policy) -> DepositInterest:
    """Interest of the whole interest year in which `settled_on` lies, credited with value of the day after it ends."""
    first, last = fund_year(settled_on, policy)
    return _by_policy(opening_fen, moves, first, last, policy)


def _by_policy(opening_fen: Fen, moves: Sequence[Move], first: date, last: date, policy: Policy) -> DepositInterest:
    year_days = policy.on("interest_basis", last).year_days
    return deposit_interest(opening_fen, moves, first, last, deposit_rates(policy, first, last), year_days)
