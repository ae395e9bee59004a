"""另一网点: what is another outlet's can not be touched from here, whatever number a clerk knows."""

from datetime import date

import msgspec

from gjj_desktop.cases.overdue_letter import IssueLetter
from gjj_desktop.cases.rows import Loan
from gjj_desktop.domain.numbers import Series
from tests.cases.builders import (
    FAR_CLERK,
    FAR_DEVICE,
    OUTLET,
    TODAY,
    Office,
    a_person,
    an_account,
    application,
    number,
    rent,
    said,
)

PERSON, SPOUSE = a_person(1), a_person(2, "陆婉清")
ACCOUNT, SPOUSES = an_account(PERSON, 1), an_account(SPOUSE, 2)
FAR_LENDER = msgspec.structs.replace(FAR_CLERK, clerk="990603", roles=("clerk", "loan_officer"))
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
    months=240,
    method="01",
    state="normal",
    paid_out_on=date(2025, 3, 16),
)


def refusal(kind: str, payload: msgspec.Struct, field: str, code: str) -> str:
    here = Office(PERSON, SPOUSE, ACCOUNT, SPOUSES, LOAN, FAR_LENDER)
    case_no = here.next_number(Series.CASE, FAR_DEVICE)
    return said(here.ask(kind, payload, FAR_LENDER, case_no, FAR_DEVICE), field, code)


def test_no_money_is_taken_out_of_an_account_of_another_outlet() -> None:
    assert "原网点" in refusal("withdrawal.submit", rent(ACCOUNT), "personal_account_no", "account.other_outlet")


def test_nobody_borrows_on_an_account_of_another_outlet() -> None:
    assert "原网点" in refusal("loan.submit", application(ACCOUNT), "personal_account_no", "account.other_outlet")


def test_nor_with_a_co_borrower_of_another_outlet() -> None:
    far_account = msgspec.structs.replace(SPOUSES, outlet="9906")
    here = Office(PERSON, SPOUSE, ACCOUNT, far_account)
    asked = application(ACCOUNT, far_account)
    outcome = here.ask("loan.submit", asked, case_no=here.next_number(Series.CASE))
    assert "陆婉清" in said(outcome, "co_borrower_account_no", "account.other_outlet")


def test_no_letter_goes_out_about_a_loan_of_another_outlet() -> None:
    asked = IssueLetter(loan_account_no=LOAN.loan_account_no, letter_no="催字 1 号", computed_on=TODAY)
    assert "原网点" in refusal("loan.overdue_letter", asked, "loan_account_no", "loan.other_outlet")
