"""What a schedule becomes after a prepayment (提前还款) or a change of rate."""

from datetime import date
from decimal import ROUND_CEILING, Decimal

import msgspec

from gjj_desktop.domain.codes import RepaymentMethod
from gjj_desktop.domain.money import Fen, round_half_up
from gjj_desktop.rules.schedule import (
    Instalment,
    Schedule,
    daily_rate,
    monthly_rate,
    schedule,
)


class LoanState(msgspec.Struct, frozen=True, kw_only=True):
    """Where a loan stands right after an instalment: what is owed, its rate, and what is still to come.

    `instalment_fen` is the running equal instalment, or the running share of principal for equal principal.
    """

    balance_fen: Fen
    rate_percent: Decimal
    months_left: int
    method: RepaymentMethod
    instalment_fen: Fen
    next_no: int = 1
    next_due: date | None = None
    due_day: int | None = None


def state_after(periods: Schedule, no: int, rate_percent: Decimal, method: RepaymentMethod) -> LoanState:
    """Where a loan with these periods stands after number `no` of them is paid; at least one must still come.

    Raises:
        ValueError: there is no such period, or it is the last one.
    """
    if not periods[0].no <= no < periods[-1].no:
        raise ValueError(f"period {no} is not one of {periods[0].no} to {periods[-1].no - 1}")
    paid, *rest = periods[no - periods[0].no :]
    running = paid.amount_fen if method is RepaymentMethod.EQUAL_INSTALMENT else paid.principal_fen
    due_days = [each.due.day for each in periods if each.due is not None]
    return LoanState(
        balance_fen=paid.balance_fen,
        rate_percent=rate_percent,
        months_left=len(rest),
        method=method,
        instalment_fen=running,
        next_no=rest[0].no,
        next_due=rest[0].due,
        due_day=max(due_days, default=None),
    )


def after_prepayment_keeping_term(loan: LoanState, prepaid_fen: Fen) -> Schedule:
    """The rest of the loan with its last period where it was and lower instalments; empty when all is prepaid.

    Raises:
        ValueError: the prepayment is not positive or is more than what is owed.
    """
    balance = _balance_after(loan, prepaid_fen)
    return _rest(loan, balance, loan.months_left) if balance else ()


def after_prepayment_keeping_instalment(loan: LoanState, prepaid_fen: Fen) -> Schedule:
    """The rest of the loan with the instalment it had and fewer periods; empty when all is prepaid.

    Raises:
        ValueError: the prepayment is not positive or is more than what is owed.
    """
    balance = _balance_after(loan, prepaid_fen)
    if not balance:
        return ()
    if loan.method is RepaymentMethod.EQUAL_PRINCIPAL:
        periods_left = (Decimal(balance) / loan.instalment_fen).to_integral_value(ROUND_CEILING)
        return _rest(loan, balance, int(periods_left), loan.instalment_fen)
    return _rest(loan, balance, _periods_needed(loan, balance), loan.instalment_fen)


def _balance_after(loan: LoanState, prepaid_fen: Fen) -> Fen:
    if not 0 < prepaid_fen <= loan.balance_fen:
        raise ValueError(f"a prepayment of {prepaid_fen} fen does not fit a balance of {loan.balance_fen} fen")
    return loan.balance_fen - prepaid_fen


def _periods_needed(loan: LoanState, balance: Fen) -> int:
    """How many periods an equal instalment needs for `balance`; the last one is the first that covers the rest."""
    rate = monthly_rate(loan.rate_percent)
    for period in range(1, loan.months_left):
        interest = round_half_up(balance * rate)
        if balance + interest <= loan.instalment_fen:
            return period
        balance -= loan.instalment_fen - interest
    return loan.months_left


def _rest(loan: LoanState, balance: Fen, months: int, instalment_fen: Fen | None = None) -> Schedule:
    return schedule(
        balance,
        loan.rate_percent,
        months,
        loan.method,
        first_due=loan.next_due,
        due_day=loan.due_day,
        first_no=loan.next_no,
        instalment_fen=instalment_fen,
    )


def after_repricing(loan: LoanState, new_rate_percent: Decimal, previous_due: date, changes_on: date) -> Schedule:
    """The rest of the loan at a new rate, the interest of its first period split by days at `changes_on`.

    The days from `previous_due` to `changes_on` carry the old rate, those to the next due day the new one, each by
    the daily rate of 360 days. A change on or before `previous_due` splits nothing: whole months at the new rate.

    Raises:
        ValueError: the loan has no next due day, or the change lies after it.
    """
    rest = _rest(msgspec.structs.replace(loan, rate_percent=new_rate_percent), loan.balance_fen, loan.months_left)
    if changes_on <= previous_due:
        return rest
    if loan.next_due is None or changes_on > loan.next_due:
        raise ValueError("the change of rate must lie within the next period")
    interest = split_interest_fen(loan, new_rate_percent, previous_due, changes_on, loan.next_due)
    return (_with_interest(rest[0], interest), *rest[1:])


def split_interest_fen(loan: LoanState, new_rate_percent: Decimal, start: date, changes_on: date, end: date) -> Fen:
    """Interest on the balance from `start` to `end` with the new rate from `changes_on`, half up to the fen."""
    old_days, new_days = (changes_on - start).days, (end - changes_on).days
    exact = daily_rate(loan.rate_percent) * old_days + daily_rate(new_rate_percent) * new_days
    return round_half_up(loan.balance_fen * exact)


def _with_interest(period: Instalment, interest_fen: Fen) -> Instalment:
    amount = period.principal_fen + interest_fen
    return msgspec.structs.replace(period, interest_fen=interest_fen, amount_fen=amount)
