"""Penalty interest on overdue instalments (罚息)."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import msgspec

from gjj_desktop.domain.money import Fen, round_half_up
from gjj_desktop.rules.policy import Row


class DueAmount(msgspec.Struct, frozen=True):
    """What was due on a day and is not paid, fen."""

    due: date
    principal_fen: Fen
    interest_fen: Fen


class Penalty(msgspec.Struct, frozen=True):
    """Penalty interest of one due amount: actual days from the due day to the day of payment, and fen."""

    due: date
    days: int
    penalty_fen: Fen


def penalty(overdue: DueAmount, rate_percent: Decimal, paid_on: date, terms: Row) -> Penalty:
    """Penalty interest on one due amount paid on a day: base x contract rate x multiplier / year days x days.

    Rounded once, half up to the fen; 0 when paid on the due day or before.

    Args:
        overdue: What was due.
        rate_percent: The contract's yearly rate in percent.
        paid_on: Day of payment; it is not counted itself.
        terms: The row of the policy table `penalty` in force on `paid_on`.

    Source:
        银发〔2003〕251号; resources/policy/penalty.toml.
    """
    days = max(0, (paid_on - overdue.due).days)
    with_interest = terms.base == "principal_and_interest"
    base = overdue.principal_fen + (overdue.interest_fen if with_interest else 0)
    exact = base * rate_percent / 100 * terms.multiplier * days / terms.year_days
    return Penalty(overdue.due, days, round_half_up(exact))


def penalties(
    overdue: Iterable[DueAmount], rate_percent: Decimal, paid_on: date, terms: Row
) -> tuple[tuple[Penalty, ...], Fen]:
    """The penalty of each due amount in the order given, and their sum."""
    items = tuple(penalty(each, rate_percent, paid_on, terms) for each in overdue)
    return items, sum(item.penalty_fen for item in items)
