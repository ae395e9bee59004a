"""What is owed on a loan on a day, and how a payment is put against it."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.domain.codes import RepaymentMethod
from gjj_desktop.rules.policy import Policy
from gjj_desktop.rules.repayment import RepaidPeriod, Repayment, owed, repaid, repaid_by_oneself
from gjj_desktop.rules.schedule import first_due_day, schedule
from tests.cases.builders import UNHURRIED

RATE = Decimal("2.6")


class Row(msgspec.Struct, frozen=True):
    """An instalment as a loan keeps it."""

    period_no: int
    due_on: date
    principal_fen: int
    interest_fen: int
    paid_principal_fen: int = 0
    paid_interest_fen: int = 0
    penalty_paid_to: date | None = None
    paid_on: date | None = None
    offset_fen: int = 0


def v1_loan(**first: Any) -> list[Row]:
    """V1's loan paid out on 2026-03-16; `first` is changed in its first instalment."""
    periods = schedule(50_000_000, RATE, 360, RepaymentMethod.EQUAL_INSTALMENT, first_due_day(date(2026, 3, 16)))
    rows = [Row(each.no, each.due or date.max, each.principal_fen, each.interest_fen) for each in periods]
    return [msgspec.structs.replace(rows[0], **first), *rows[1:]]


@pytest.mark.parametrize(
    ("day", "periods"),
    [
        (date(2026, 3, 20), [(1, False, 0)]),
        (date(2026, 4, 16), [(1, False, 0)]),
        (date(2026, 4, 17), [(1, True, 22), (2, False, 0)]),
        (date(2026, 5, 16), [(1, True, 651), (2, False, 0)]),
        (date(2026, 6, 5), [(1, True, 1_084), (2, True, 434), (3, False, 0)]),  # V14
        (date(2056, 3, 16), "all"),
    ],
)
def test_what_is_owed_are_the_arrears_and_the_instalment_of_the_month(policy: Policy, day: date, periods: Any) -> None:
    found = owed(v1_loan(), day, RATE, policy).periods
    if periods == "all":
        assert [each.overdue for each in found] == [True] * 359 + [False]
    else:
        assert [(each.period_no, each.overdue, each.penalty_fen) for each in found] == periods


def test_after_the_last_day_everything_is_overdue(policy: Policy) -> None:
    found = owed(v1_loan()[-1:], date(2056, 3, 17), RATE, policy)
    assert [(each.period_no, each.overdue) for each in found.periods] == [(360, True)]


def test_an_instalment_that_is_paid_is_not_owed_though_the_next_one_is_to_come(policy: Policy) -> None:
    paid = {"paid_principal_fen": 91_837, "paid_interest_fen": 108_333}
    assert owed(v1_loan(**paid), date(2026, 4, 2), RATE, policy) == Repayment(())
    assert [each.period_no for each in owed(v1_loan(**paid), date(2026, 4, 17), RATE, policy).periods] == [2]


def test_a_penalty_runs_from_the_day_to_which_it_was_paid(policy: Policy) -> None:
    (april, *_) = owed(v1_loan(penalty_paid_to=date(2026, 6, 4)), date(2026, 6, 5), RATE, policy).periods
    assert april.penalty_fen == 22
    (april, *_) = owed(v1_loan(penalty_paid_to=date(2026, 6, 5)), date(2026, 6, 5), RATE, policy).periods
    assert (april.penalty_fen, april.total_fen) == (0, 200_170)


@UNHURRIED
@given(amount_fen=st.integers(0, 900_000), behind=st.integers(0, 2))
def test_a_payment_is_used_whole_up_to_what_is_owed(amount_fen: int, behind: int) -> None:
    due = Repayment(
        tuple(
            RepaidPeriod(
                period_no=number,
                overdue=number <= behind,
                penalty_fen=500 if number <= behind else 0,
                interest_fen=108_333,
                principal_fen=91_837,
            )
            for number in range(1, behind + 2)
        )
    )
    found = repaid(due, amount_fen)
    assert found.total_fen <= min(amount_fen, due.total_fen)
    if amount_fen >= due.penalty_fen:
        assert found.total_fen == min(amount_fen, due.total_fen)
    assert found.total_fen == (
        found.penalty_fen + found.interest_fen + found.overdue_principal_fen + found.current_principal_fen
    )
    full = [each for each in found.periods if each in due.periods]
    assert full == list(due.periods[: len(full)]), "oldest first"


def test_what_one_repaid_oneself_is_what_no_fund_account_paid() -> None:
    paid = {"paid_principal_fen": 91_837, "paid_interest_fen": 108_333}
    rows = [
        *v1_loan(paid_on=date(2026, 4, 16), **paid)[:1],
        Row(2, date(2026, 5, 16), 92_036, 108_134, 92_036, 108_134, paid_on=date(2026, 5, 20), offset_fen=200_170),
        Row(3, date(2026, 6, 16), 92_235, 107_935, 92_235, 107_935, paid_on=date(2026, 6, 30), offset_fen=100_000),
        Row(4, date(2026, 7, 16), 92_435, 107_735),
    ]
    assert repaid_by_oneself(rows, date(2026, 4, 1), date(2026, 6, 30)) == 200_170 + 100_170
    assert repaid_by_oneself(rows, date(2026, 4, 16), date(2026, 4, 16)) == 200_170
    assert repaid_by_oneself(rows, date(2026, 4, 17), date(2026, 6, 29)) == 0
    assert repaid_by_oneself([], date(2026, 4, 17), date(2026, 6, 29)) == 0
