"""个人明细: every fen on an account has its line, and the running year's interest comes from the lines."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.cases.account_entries import (
    InterestSoFar,
    Movement,
    entered,
    interest_needs,
    interest_so_far,
    interest_year,
)
from gjj_desktop.cases.bank_credit import BankCreditArrived
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.remittance import SubmitRemittance
from gjj_desktop.cases.rows import Account, AccountEntry
from gjj_desktop.cases.state import State
from gjj_desktop.domain.codes import EntryKind
from gjj_desktop.domain.numbers import Series
from tests.cases.builders import (
    CLERK,
    OUTLET,
    POLICY,
    TODAY,
    UNHURRIED,
    Office,
    a_person,
    an_account,
    an_employer,
    answer,
    said,
)

PERSON = a_person(1)
ACCOUNT = an_account(PERSON, 1)
EMPTY = an_account(PERSON, 1, carried_forward_fen=0, current_year_fen=0)


def moved(account: Account, *movements: tuple[date, int]) -> tuple[Account, list[AccountEntry]]:
    entries = []
    for day, amount_fen in movements:
        movement = Movement(
            kind=EntryKind.OTHER if amount_fen > 0 else EntryKind.PARTIAL_WITHDRAWAL, amount_fen=amount_fen
        )
        account, entry = entered(account, interest_year(POLICY, day), day, movement)
        entries.append(entry)
    return account, entries


def interest(account: Account, entries: list[AccountEntry], day: date) -> InterestSoFar:
    """What is earned, knowing the entries that are asked for and nothing else."""
    here = Office(account, *entries, day=day)
    wanted = [row for need in interest_needs(account, POLICY, day) for row in answer(here.world, need)]
    return interest_so_far(Context(State(wanted), here.command("x", EMPTY), POLICY, day), account, day)


def test_an_entry_says_what_moved_and_what_is_left() -> None:
    movement = Movement(
        kind=EntryKind.REMITTANCE,
        amount_fen=105_200,
        employer_part_fen=52_600,
        personal_part_fen=52_600,
        month="2026-11",
        case_no="9",
        employer_account_no="8",
    )
    after, entry = entered(ACCOUNT, 2027, TODAY, movement, paid_through_month="2026-11")
    assert (after.current_year_fen, after.carried_forward_fen) == (821_637 + 105_200, 4_000_000)
    assert (after.entries, after.version, after.paid_through_month) == (1, 2, "2026-11")
    assert (entry.key, entry.kind, entry.balance_fen) == (f"{ACCOUNT.key}:1", "01", after.balance_fen)
    assert (entry.account_year, entry.scope) == (f"{ACCOUNT.key}:2027", OUTLET)


@pytest.mark.parametrize(
    ("day", "year"), [(date(2026, 6, 30), 2026), (date(2026, 7, 1), 2027), (date(2026, 12, 31), 2027)]
)
def test_an_interest_year_is_named_by_the_june_in_which_it_ends(day: date, year: int) -> None:
    assert interest_year(POLICY, day) == year


def test_more_than_there_is_can_not_leave() -> None:
    with pytest.raises(ValueError, match="would leave"):
        moved(ACCOUNT, (TODAY, -4_821_638))


@UNHURRIED
@given(
    carried=st.integers(0, 10**7),
    current=st.integers(0, 10**7),
    amounts=st.lists(st.integers(-(10**6), 10**6), max_size=30),
)
def test_entries_are_numbered_and_come_to_the_balance(carried: int, current: int, amounts: list[int]) -> None:
    account = an_account(PERSON, 1, carried_forward_fen=carried, current_year_fen=current)
    opening, sum_fen, entries = account.balance_fen, 0, []
    for amount_fen in amounts:
        if account.balance_fen + amount_fen < 0:
            continue
        account, (entry,) = moved(account, (TODAY, amount_fen))
        entries.append(entry)
        sum_fen += amount_fen
        assert entry.balance_fen == account.balance_fen == opening + sum_fen
        assert account.carried_forward_fen >= 0
        assert account.current_year_fen >= 0
    assert [entry.key for entry in entries] == [f"{account.key}:{place}" for place in range(1, len(entries) + 1)]
    assert account.entries == len(entries)


# Interest. 36 000.00 at 1.5 % earn 1.50 a day.


@pytest.mark.parametrize(
    ("movements", "day", "interest_fen"),
    [
        (((date(2026, 7, 1), 3_600_000),), date(2026, 7, 2), 150),
        (((date(2026, 7, 1), 3_600_000),), date(2026, 7, 31), 4_500),
        (((date(2026, 7, 30), 3_600_000),), date(2026, 7, 31), 150),  # earns from its own day
        (((date(2026, 7, 31), 3_600_000),), date(2026, 7, 31), 0),  # today is not over
        (((date(2026, 7, 1), 3_600_000), (date(2026, 7, 30), -3_600_000)), date(2026, 7, 31), 4_350),  # not on its day
        (((date(2026, 7, 1), 3_600_000), (date(2026, 7, 31), -3_600_000)), date(2026, 7, 31), 4_500),
        (((date(2026, 6, 30), 3_600_000),), date(2026, 7, 1), 150),  # last year is not settled yet
        (((date(2025, 7, 1), 3_600_000),), date(2026, 7, 1), 54_750),
        (((date(2025, 7, 1), 3_600_000),), date(2026, 7, 25), 54_750 + 24 * 150 + 55),  # and earns in its turn
        (((date(2024, 8, 1), 3_600_000), (date(2025, 9, 1), -3_600_000)), date(2026, 1, 1), 50_100 + 9_300 + 384),
    ],
)
def test_money_earns_from_its_day_and_not_on_the_day_it_leaves(
    movements: tuple[tuple[date, int], ...], day: date, interest_fen: int
) -> None:
    found = interest(*moved(EMPTY, *movements), day)
    assert (found.interest_fen, found.unexplained_fen) == (interest_fen, 0)
    assert sum(line.amount_fen for line in found.lines) == interest_fen


def test_what_was_carried_forward_earns_all_year_and_this_years_unexplained_money_nothing() -> None:
    account = an_account(PERSON, 1, carried_forward_fen=3_600_000, current_year_fen=821_637)
    found = interest(account, [], date(2026, 7, 31))
    assert (found.interest_fen, found.unexplained_fen) == (4_500, 821_637)
    assert "8,216.37" in found.lines[1].label
    account, entries = moved(account, (date(2026, 7, 30), 3_600_000))
    found = interest(account, entries, date(2026, 7, 31))
    assert (found.interest_fen, found.unexplained_fen) == (4_650, 821_637)
    account, (more,) = moved(account, (date(2026, 7, 31), -3_500_000))
    found = interest(account, [*entries, more], date(2026, 8, 1))
    assert (found.day_product, found.unexplained_fen) == (3_600_000 * 31 + 3_600_000 * 2 - 3_500_000, 821_637)


def test_a_year_that_was_settled_is_not_paid_again() -> None:
    account, entries = moved(EMPTY, (date(2025, 7, 1), 3_600_000))
    credit = Movement(kind=EntryKind.YEARLY_INTEREST, amount_fen=54_750)
    account, settled = entered(account, 2027, date(2026, 7, 1), credit)
    found = interest(account, [*entries, settled], date(2026, 7, 25))
    assert (found.interest_fen, len(found.lines)) == (24 * 150 + 55, 1)
    account, (later,) = moved(account, (date(2026, 7, 24), -3_654_750))
    assert interest(account, [*entries, settled, later], date(2026, 7, 25)).interest_fen == 23 * 150 + 52


def test_a_year_without_a_movement_is_not_settled_by_itself() -> None:
    account, entries = moved(EMPTY, (date(2024, 9, 1), 3_600_000))
    found = interest(account, entries, date(2026, 7, 1))
    assert (found.interest_fen, found.lines[0].amount_fen) == (54_750, 54_750)


def test_unexplained_money_of_last_year_is_carried_forward_like_any_other() -> None:
    account, entries = moved(ACCOUNT, (date(2026, 5, 3), 100))
    found = interest(account, entries, date(2026, 7, 31))
    last_year = found.lines[0].amount_fen
    assert (found.unexplained_fen, found.day_product) == (0, (4_821_737 + last_year) * 30)


@UNHURRIED
@given(
    moves=st.lists(st.tuples(st.integers(0, 364), st.integers(-(10**6), 10**6)), max_size=20),
    carried=st.integers(0, 10**7),
    elapsed=st.integers(0, 364),
)
def test_interest_is_the_sum_of_end_of_day_balances(moves: list[tuple[int, int]], carried: int, elapsed: int) -> None:
    first = date(2026, 7, 1)
    account, entries = moved(EMPTY, (first, carried)) if carried else (EMPTY, [])
    today = first + timedelta(days=elapsed)
    balances = [0] * 365
    for step, amount_fen in sorted(moves):
        day = first + timedelta(days=step)
        if amount_fen and day <= today and account.balance_fen + amount_fen >= 0:
            account, more = moved(account, (day, amount_fen))
            entries += more
    for entry in entries:
        for step in range((entry.day - first).days, 365):
            balances[step] += entry.amount_fen
    product = sum(balances[:elapsed])
    found = interest(account, entries, today)
    assert found.day_product == product
    assert abs(found.interest_fen - product * 15 / 360_000) <= 0.5


# Remittances.

EMPLOYER = an_employer()


def test_a_remittance_writes_each_persons_month_down() -> None:
    people = [a_person(counter) for counter in range(1, 4)]
    staff = [
        an_account(person, counter, employer_account_no=EMPLOYER.employer_account_no)
        for counter, person in enumerate(people, start=1)
    ]
    here = Office(EMPLOYER, *people, *staff)
    case_no = here.next_number(Series.CASE)
    month = SubmitRemittance(employer_account_no=EMPLOYER.employer_account_no, month="2026-11", amount_fen=315_600)
    here.do("remittance.submit", month, CLERK, case_no)
    here.centre(
        "bank.credit",
        BankCreditArrived(
            bank_reference="YX1",
            outlet=OUTLET,
            payer=EMPLOYER.name,
            amount_fen=315_600,
            arrived_on=TODAY,
            quoted_case_no=case_no,
        ),
    )
    for before in staff:
        (entry,) = here.world.where(AccountEntry, "personal_account_no", before.key)
        assert (entry.kind, entry.month, entry.amount_fen, entry.day) == ("01", "2026-11", 105_200, TODAY)
        assert (entry.employer_part_fen, entry.personal_part_fen) == (52_600, 52_600)
        assert (entry.case_no, entry.employer_account_no) == (case_no, EMPLOYER.employer_account_no)
        assert entry.balance_fen == here.balance_fen(before) == before.balance_fen + 105_200


# What comes from the old system.


def taken_over(*entries: AccountEntry, **changes: Any) -> Any:
    here = Office()
    account = msgspec.structs.replace(ACCOUNT, **changes)
    return here, here.centre("legacy.import", ImportLegacy(accounts=(account,), entries=entries))


def whole_history() -> tuple[Account, list[AccountEntry]]:
    return moved(EMPTY, (date(2025, 9, 1), 4_000_000), (date(2026, 8, 15), 821_637))


def test_an_account_that_brings_no_history_begins_it_with_its_balance() -> None:
    here, _ = taken_over()
    entries = here.world.where(AccountEntry, "personal_account_no", ACCOUNT.key)
    assert [(each.day, each.amount_fen, each.balance_fen, each.summary) for each in entries] == [
        (date(2026, 7, 1), 4_000_000, 4_000_000, "期初上年结转"),
        (TODAY, 821_637, 4_821_637, "期初本年归集"),
    ]
    account = here.get(Account, ACCOUNT.key)
    assert (account.entries, account.carried_forward_fen, account.current_year_fen) == (2, 4_000_000, 821_637)
    found = interest(account, entries, date(2026, 11, 23))
    assert found.day_product == 4_000_000 * 145 + 821_637
    assert "自 2026-11-22 起计息" in found.lines[1].label


def test_a_history_is_taken_over_as_it_is() -> None:
    _, entries = whole_history()
    here, outcome = taken_over(*entries)
    assert isinstance(outcome, tuple)
    assert here.world.where(AccountEntry, "personal_account_no", ACCOUNT.key) == entries
    assert here.get(Account, ACCOUNT.key).entries == 2


@pytest.mark.parametrize(
    "change",
    [
        {"account_entry": f"{ACCOUNT.key}:3"},
        {"account_entry": f"{ACCOUNT.key}:last"},
        {"balance_fen": 4_821_638},
        {"amount_fen": 821_638, "balance_fen": 4_821_638},
        {"day": date(2025, 8, 31), "year": 2026},
        {"day": TODAY + timedelta(days=1)},
        {"year": 2026},
        {"outlet": "9906"},
    ],
)
def test_a_history_that_does_not_lead_to_the_balance_is_refused(change: dict[str, Any]) -> None:
    _, (first, second) = whole_history()
    _, outcome = taken_over(first, msgspec.structs.replace(second, **change))
    assert ACCOUNT.key in said(outcome, "", "legacy.entries")


def test_a_history_of_nobody_is_refused() -> None:
    _, entries = whole_history()
    outcome = Office().centre("legacy.import", ImportLegacy(entries=tuple(entries)))
    assert ACCOUNT.key in said(outcome, "", "legacy.entries")
