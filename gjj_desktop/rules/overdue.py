"""How far behind a loan is on a day, and what follows from it (逾期)."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Protocol

import msgspec

from gjj_desktop.domain.money import Fen
from gjj_desktop.rules.penalty import DueAmount, penalty
from gjj_desktop.rules.policy import Policy, Row


class DueInstalment(Protocol):
    """An instalment of a running loan with what was paid on it so far, fen."""

    @property
    def period_no(self) -> int:
        """Number of the period, from 1."""

    @property
    def due_on(self) -> date:
        """Due day."""

    @property
    def principal_fen(self) -> int:
        """Principal due."""

    @property
    def interest_fen(self) -> int:
        """Interest due."""

    @property
    def paid_principal_fen(self) -> int:
        """Principal paid so far."""

    @property
    def paid_interest_fen(self) -> int:
        """Interest paid so far."""

    @property
    def penalty_paid_to(self) -> date | None:
        """The day up to which penalty on it is paid; None for the due day."""


class OverduePeriod(msgspec.Struct, frozen=True):
    """One unpaid due instalment: what is missing, and the penalty on it that is not paid yet, fen.

    `days` are those that the penalty is for: since its due day, or since penalty on it was last paid.
    """

    period_no: int
    due_on: date
    days: int
    principal_fen: Fen
    interest_fen: Fen
    penalty_fen: Fen

    @property
    def total_fen(self) -> Fen:
        """Principal, interest and penalty together."""
        return self.principal_fen + self.interest_fen + self.penalty_fen


class Arrears(msgspec.Struct, frozen=True):
    """Everything a loan is behind with on a day, oldest period first; empty when it is not behind."""

    computed_on: date
    periods: tuple[OverduePeriod, ...]

    @property
    def overdue_periods(self) -> int:
        """How many due instalments are not fully paid (逾期期次)."""
        return len(self.periods)

    @property
    def principal_fen(self) -> Fen:
        """Overdue principal."""
        return sum(period.principal_fen for period in self.periods)

    @property
    def interest_fen(self) -> Fen:
        """Overdue interest."""
        return sum(period.interest_fen for period in self.periods)

    @property
    def penalty_fen(self) -> Fen:
        """Penalty interest up to the day."""
        return sum(period.penalty_fen for period in self.periods)

    @property
    def total_fen(self) -> Fen:
        """All that must be paid on the day to be up to date."""
        return self.principal_fen + self.interest_fen + self.penalty_fen


def arrears(instalments: Iterable[DueInstalment], day: date, rate_percent: Decimal, policy: Policy) -> Arrears:
    """What a loan is behind with on `day`, penalty computed to that day.

    An instalment is overdue from the day after its due day. What was paid on it in part is taken off before the
    penalty is computed.

    Args:
        instalments: In any order; rows of the loan's schedule.
        day: The day of payment that the sums are right for.
        rate_percent: The loan's yearly rate in percent.
        policy: Gives multiplier and base of the penalty on `day`.
    """
    terms = policy.on("penalty", day)
    behind = sorted((each for each in instalments if _is_overdue(each, day)), key=lambda each: each.due_on)
    return Arrears(day, tuple(_overdue_period(each, day, rate_percent, terms) for each in behind))


def _is_overdue(instalment: DueInstalment, day: date) -> bool:
    return instalment.due_on < day and any(_missing(instalment))


def _missing(instalment: DueInstalment) -> tuple[Fen, Fen]:
    principal = instalment.principal_fen - instalment.paid_principal_fen
    return principal, instalment.interest_fen - instalment.paid_interest_fen


def _overdue_period(instalment: DueInstalment, day: date, rate_percent: Decimal, terms: Row) -> OverduePeriod:
    principal, interest = _missing(instalment)
    since = max(instalment.due_on, instalment.penalty_paid_to or instalment.due_on)
    fine = penalty(DueAmount(since, principal, interest), rate_percent, day, terms)
    return OverduePeriod(instalment.period_no, instalment.due_on, fine.days, principal, interest, fine.penalty_fen)


def overdue_tier(policy: Policy, day: date, overdue_periods: int) -> Row | None:
    """The tier of collection on `day` for so many overdue periods; None when there is nothing to collect.

    Its columns: `tier` ("phone", "letter", "lawyer"), `periods_min`, `label`, `paper`.
    """
    reached = [row for row in policy.rows("overdue_tier", day) if row.periods_min <= overdue_periods]
    return max(reached, key=lambda row: int(row.periods_min)) if reached else None
