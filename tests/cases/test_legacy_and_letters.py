"""What comes from the old system, and the letters to borrowers who are behind."""

from datetime import date
from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.overdue_letter import IssueLetter
from gjj_desktop.cases.rows import Account, Instalment, Letter, Loan
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.numbers import Series
from tests.cases.builders import CLERK, OUTLET, SECOND_CLERK, TODAY, Office, a_person, an_account, number, said

PERSON = a_person(1)
ACCOUNT = an_account(PERSON, 1)
LOAN = Loan(
    loan_account_no=number(Series.LOAN, 1, "990500"),
    outlet=OUTLET,
    case_no="",
    person_id=PERSON.person_id,
    personal_account_no=ACCOUNT.personal_account_no,
    borrower=PERSON.name,
    principal_fen=50_000_000,
    balance_fen=48_000_000,
    rate_percent="2.6",
    months=360,
    method="01",
    state="normal",
)


def test_balances_and_loans_are_booked_as_opening_entries() -> None:
    here = Office()
    outcome = here.centre("legacy.import", ImportLegacy(people=(PERSON,), accounts=(ACCOUNT,), loans=(LOAN,)))
    assert isinstance(outcome, tuple)
    assert all(event.central for event in outcome)
    assert here.get(Account, ACCOUNT.personal_account_no) == msgspec.structs.replace(ACCOUNT, entries=2)
    balances, loans = here.journal
    assert [(line.account, line.side, line.amount_fen) for line in balances.lines] == [
        ("101", "debit", ACCOUNT.balance_fen),
        ("201", "credit", ACCOUNT.balance_fen),
    ]
    assert [(line.account, line.side, line.amount_fen) for line in loans.lines] == [
        ("121", "debit", 48_000_000),
        ("101", "credit", 48_000_000),
    ]


def test_nothing_to_bring_along_books_nothing() -> None:
    here = Office()
    here.centre("legacy.import", ImportLegacy())
    empty = msgspec.structs.replace(ACCOUNT, carried_forward_fen=0, current_year_fen=0)
    here.centre("legacy.import", ImportLegacy(accounts=(empty,)))
    assert here.journal == []


def test_what_is_there_already_is_not_overwritten() -> None:
    here = Office(ACCOUNT)
    outcome = here.centre("legacy.import", ImportLegacy(people=(PERSON,), accounts=(ACCOUNT,)))
    assert ACCOUNT.personal_account_no in said(outcome, "", "legacy.known")


def test_a_row_that_comes_twice_would_be_booked_twice_and_is_refused() -> None:
    outcome = Office().centre("legacy.import", ImportLegacy(accounts=(ACCOUNT, ACCOUNT)))
    assert "2 次" in said(outcome, "", "legacy.twice")


@pytest.mark.parametrize("part", ["carried_forward_fen", "current_year_fen"])
def test_a_negative_balance_is_not_taken_over(part: str) -> None:
    wrong = msgspec.structs.replace(ACCOUNT, **{part: -1})
    said(Office().centre("legacy.import", ImportLegacy(accounts=(wrong,))), "", "legacy.negative")


def behind(periods: int) -> tuple[Instalment, ...]:
    """So many instalments due up to 2026-11-16 and not paid, one paid before and one to come."""
    months = [Month(2026, 11).plus(step) for step in range(1 - periods - 1, 2)]
    return tuple(
        Instalment(
            instalment=f"{LOAN.loan_account_no}:{period_no:03}",
            outlet=OUTLET,
            loan_account_no=LOAN.loan_account_no,
            period_no=period_no,
            due_on=date(month.year, month.month, 16),
            principal_fen=91_837,
            interest_fen=108_333,
            balance_fen=0,
            paid_principal_fen=91_837 if period_no == 1 else 0,
            paid_interest_fen=108_333 if period_no == 1 else 0,
        )
        for period_no, month in enumerate(months, start=1)
    )


def letter(here: Office, **changes: Any) -> Any:
    asked = IssueLetter(loan_account_no=LOAN.loan_account_no, letter_no="催字〔2026〕第0001号", computed_on=TODAY)
    author = changes.pop("author", CLERK)
    asked = msgspec.structs.replace(asked, **changes)
    return here.post(here.command("loan.overdue_letter", asked, author, here.next_number(Series.CASE)))


@pytest.mark.parametrize("periods", [3, 4, 5])
def test_a_loan_three_to_five_periods_behind_gets_a_letter(periods: int) -> None:
    here = Office(LOAN, *behind(periods))
    letter(here)
    (written,) = here.world.where(Letter, "loan_account_no", LOAN.loan_account_no)
    assert (written.overdue_periods, written.tier) == (periods, "letter")
    assert (written.principal_fen, written.interest_fen) == (91_837 * periods, 108_333 * periods)
    assert written.penalty_fen > 0
    case = here.case(written.case_no)
    assert (case.state, case.amount_fen) == (
        "posted",
        written.principal_fen + written.interest_fen + written.penalty_fen,
    )


@pytest.mark.parametrize(
    ("periods", "words"), [(0, "没有逾期"), (1, "应电话催收"), (2, "应电话催收"), (6, "应移交律师")]
)
def test_others_are_called_or_handed_to_the_lawyer(periods: int, words: str) -> None:
    assert words in said(letter(Office(LOAN, *behind(periods))), "", "letter.tier")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"loan_account_no": "1"}, "loan_account_no", "loan.unknown"),
        ({"letter_no": " "}, "letter_no", "field.required"),
        ({"computed_on": date(2026, 11, 23)}, "computed_on", "letter.future_day"),
        ({"author": SECOND_CLERK}, "", "clerk.role"),
    ],
)
def test_a_letter_that_can_not_be_is_refused(changes: dict[str, Any], field: str, code: str) -> None:
    said(letter(Office(LOAN, *behind(3)), **changes), field, code)


def test_a_loans_letters_have_a_number_each() -> None:
    here = Office(LOAN, *behind(3))
    letter(here)
    said(letter(here), "letter_no", "letter.number_taken")
    letter(here, letter_no="催字〔2026〕第0002号")
    assert len(here.world.where(Letter, "loan_account_no", LOAN.loan_account_no)) == 2


def test_nobody_writes_to_their_own_family() -> None:
    here = Office(LOAN, *behind(3), msgspec.structs.replace(CLERK, person_ids=(PERSON.person_id,)))
    here.world.put(msgspec.structs.replace(CLERK, person_ids=(PERSON.person_id,)))
    said(letter(here), "", "case.own_matter")
