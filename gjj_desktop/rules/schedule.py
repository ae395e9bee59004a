"""Repayment schedules (还款计划): equal instalments and equal principal."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import msgspec

from gjj_desktop.domain.codes import RepaymentMethod
from gjj_desktop.domain.dates import day_in_month
from gjj_desktop.domain.money import Fen, round_half_up
from gjj_desktop.domain.months import Month


class Instalment(msgspec.Struct, frozen=True):
    """One period: its number from 1, due day (None when none was asked for), and amounts in fen.

    `amount_fen` is principal and interest together, `balance_fen` what is owed after it is paid.
    """

    no: int
    due: date | None
    amount_fen: Fen
    principal_fen: Fen
    interest_fen: Fen
    balance_fen: Fen


Schedule = tuple[Instalment, ...]


def monthly_rate(rate_percent: Decimal) -> Decimal:
    """A yearly rate in percent as a monthly fraction."""
    return rate_percent / 1200


def daily_rate(rate_percent: Decimal, year_days: int = 360) -> Decimal:
    """A yearly rate in percent as a daily fraction."""
    return rate_percent / 100 / year_days


def equal_instalment_fen(principal_fen: Fen, rate_percent: Decimal, months: int) -> Fen:
    """The equal instalment A = P i (1+i)^n / ((1+i)^n - 1), half up to the fen; P / n when the rate is 0.

    >>> equal_instalment_fen(50_000_000, Decimal("2.6"), 360)
    200170
    """
    rate = monthly_rate(rate_percent)
    if not rate:
        return round_half_up(Decimal(principal_fen) / months)
    growth = (1 + rate) ** months
    return round_half_up(principal_fen * rate * growth / (growth - 1))


def schedule(
    principal_fen: Fen,
    rate_percent: Decimal,
    months: int,
    method: RepaymentMethod,
    first_due: date | None = None,
    due_day: int | None = None,
    first_no: int = 1,
    instalment_fen: Fen | None = None,
) -> Schedule:
    """Every period of a loan, in order; principals sum to the loan, the last balance is 0.

    Interest of a period is balance times monthly rate, half up to the fen. The last period takes what is left.

    Args:
        principal_fen: What is lent, at least 1.
        rate_percent: Yearly rate in percent, 0 or more.
        months: Number of periods, at least 1.
        method: EQUAL_INSTALMENT or EQUAL_PRINCIPAL.
        first_due: Due day of the first period; None leaves all due days open.
        due_day: Day of the month that periods fall due on, moved to the end of short months; by default the day
            number of `first_due`. Give it where `first_due` itself lies in a short month.
        first_no: Number of the first period.
        instalment_fen: A fixed instalment (equal principal: share of principal) instead of the computed one.

    Raises:
        ValueError: an argument is out of range or the method is another one.
    """
    if principal_fen < 1 or months < 1 or rate_percent < 0:
        raise ValueError("a schedule needs a principal, at least one month and a rate that is not negative")
    if method is RepaymentMethod.EQUAL_INSTALMENT:
        amount = instalment_fen or equal_instalment_fen(principal_fen, rate_percent, months)
        periods = _periods(principal_fen, rate_percent, months, lambda interest: amount - interest)
    elif method is RepaymentMethod.EQUAL_PRINCIPAL:
        share = instalment_fen or round_half_up(Decimal(principal_fen) / months)
        periods = _periods(principal_fen, rate_percent, months, lambda _: share)
    else:
        raise ValueError(f"no schedule is made for repayment method {method.value}")
    return _numbered(periods, first_due, due_day, first_no)


def _periods(
    balance: Fen, rate_percent: Decimal, months: int, principal_of: Callable[[Fen], Fen]
) -> list[tuple[Fen, Fen, Fen]]:
    """(principal, interest, balance after) of each period; `principal_of` is asked with the period's interest."""
    rate = monthly_rate(rate_percent)
    periods = []
    for left in range(months, 0, -1):
        interest = round_half_up(balance * rate)
        principal = balance if left == 1 else min(principal_of(interest), balance)
        balance -= principal
        periods.append((principal, interest, balance))
    return periods


def _numbered(
    periods: list[tuple[Fen, Fen, Fen]], first_due: date | None, due_day: int | None, first_no: int
) -> Schedule:
    return tuple(
        Instalment(first_no + step, _due(first_due, due_day, step), principal + interest, principal, interest, balance)
        for step, (principal, interest, balance) in enumerate(periods)
    )


def _due(first_due: date | None, due_day: int | None, step: int) -> date | None:
    if first_due is None:
        return None
    return first_due if step == 0 else day_in_month(Month.of(first_due).plus(step), due_day or first_due.day)


def first_due_day(paid_out_on: date) -> date:
    """The first due day of a loan: same day number a month after payout, moved to the end of a short month.

    Give the day number of `paid_out_on` as `due_day` to `schedule`, so that later periods return to it.
    """
    return day_in_month(Month.of(paid_out_on).plus(1), paid_out_on.day)


def interest_total_fen(periods: Schedule) -> Fen:
    """All interest of the periods together, fen."""
    return sum(period.interest_fen for period in periods)
