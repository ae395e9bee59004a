"""What is owed on a running loan on a day, and how a payment is put against it (domain reference 5.10)."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Protocol

import msgspec

from gjj_desktop.domain.money import Fen
from gjj_desktop.rules.overdue import DueInstalment, arrears
from gjj_desktop.rules.policy import Policy


class PaidInstalment(Protocol):
    """An instalment with what was paid on it, when, and how much of it a fund account paid, fen."""

    @property
    def paid_on(self) -> date | None:
        """Day of the borrower's last payment on it, or of an offset where they paid nothing; None for no payment."""

    @property
    def paid_principal_fen(self) -> int:
        """Principal paid so far."""

    @property
    def paid_interest_fen(self) -> int:
        """Interest paid so far."""

    @property
    def offset_fen(self) -> int:
        """How much of it was taken from a fund account (冲还贷)."""


class RepaidPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """What of a payment goes to one instalment, fen; `overdue` says that it was due before the day."""

    period_no: int
    overdue: bool
    penalty_fen: Fen = 0
    interest_fen: Fen = 0
    principal_fen: Fen = 0

    @property
    def total_fen(self) -> Fen:
        """All of it."""
        return self.penalty_fen + self.interest_fen + self.principal_fen


class Repayment(msgspec.Struct, frozen=True):
    """A payment by instalments in order of their due days; empty when nothing is owed."""

    periods: tuple[RepaidPeriod, ...]

    @property
    def penalty_fen(self) -> Fen:
        """Penalty interest paid."""
        return sum(period.penalty_fen for period in self.periods)

    @property
    def interest_fen(self) -> Fen:
        """Interest paid, without penalty."""
        return sum(period.interest_fen for period in self.periods)

    @property
    def overdue_principal_fen(self) -> Fen:
        """Principal paid that was overdue (逾期贷款)."""
        return sum(period.principal_fen for period in self.periods if period.overdue)

    @property
    def current_principal_fen(self) -> Fen:
        """Principal paid of the current instalment."""
        return sum(period.principal_fen for period in self.periods if not period.overdue)

    @property
    def total_fen(self) -> Fen:
        """All that is paid."""
        return sum(period.total_fen for period in self.periods)


def owed(instalments: Iterable[DueInstalment], day: date, rate_percent: Decimal, policy: Policy) -> Repayment:
    """Arrears with their penalty to `day`, and the current instalment: the first that is due on `day` or later.

    Args:
        instalments: In any order; all of the loan's schedule, or all that is unpaid and the next one due.
        day: The day of payment.
        rate_percent: The loan's yearly rate in percent.
        policy: Gives the terms of the penalty.
    """
    known = tuple(instalments)
    behind = [
        RepaidPeriod(
            period_no=each.period_no,
            overdue=True,
            penalty_fen=each.penalty_fen,
            interest_fen=each.interest_fen,
            principal_fen=each.principal_fen,
        )
        for each in arrears(known, day, rate_percent, policy).periods
    ]
    coming = min((each for each in known if each.due_on >= day), key=lambda each: each.due_on, default=None)
    if coming is None:
        return Repayment(tuple(behind))
    current = RepaidPeriod(
        period_no=coming.period_no,
        overdue=False,
        interest_fen=coming.interest_fen - coming.paid_interest_fen,
        principal_fen=coming.principal_fen - coming.paid_principal_fen,
    )
    return Repayment((*behind, current) if current.total_fen else tuple(behind))


def repaid(due: Repayment, amount_fen: Fen) -> Repayment:
    """How `amount_fen` is put against what is owed; what is more than owed is not taken.

    First the penalties, oldest first, each whole or not at all, because a penalty that is paid begins anew on that
    day; then the instalments, oldest first, interest before principal, the last one in part. An instalment whose
    penalty could not be paid is not touched, nor any later one.

    >>> repaid(Repayment((RepaidPeriod(period_no=3, overdue=True, penalty_fen=5, interest_fen=9),)), 10).total_fen
    10
    """
    left, fined = amount_fen, []
    for period in due.periods:
        if period.penalty_fen > left:
            break
        left -= period.penalty_fen
        fined.append(period)
    taken = []
    for period in fined:
        interest_fen = min(left, period.interest_fen)
        principal_fen = min(left - interest_fen, period.principal_fen)
        left -= interest_fen + principal_fen
        taken.append(msgspec.structs.replace(period, interest_fen=interest_fen, principal_fen=principal_fen))
    return Repayment(tuple(period for period in taken if period.total_fen))


def repaid_by_oneself(instalments: Iterable[PaidInstalment], first: date, last: date) -> Fen:
    """Principal and interest that the borrower paid from `first` to `last`, both days included, fen.

    What was taken from a fund account (冲还贷) is not counted: nobody withdraws for it again. Penalty is not counted.
    """
    return sum(
        each.paid_principal_fen + each.paid_interest_fen - each.offset_fen
        for each in instalments
        if each.paid_on is not None and first <= each.paid_on <= last
    )
