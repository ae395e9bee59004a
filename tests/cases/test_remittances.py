"""汇缴: a month of an employer, the bank's money, and whose it becomes, whichever comes first."""

from datetime import date
from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.bank_credit import BankCreditArrived
from gjj_desktop.cases.decision import WithdrawCase
from gjj_desktop.cases.remittance import KIND, MatchRemittance, SubmitRemittance
from gjj_desktop.cases.rows import Account, BankCredit, Employer, Evidence, changed
from gjj_desktop.domain.numbers import Series
from tests.cases.builders import (
    CLERK,
    FAR_CLERK,
    FAR_DEVICE,
    FAR_OUTLET,
    OUTLET,
    TODAY,
    Office,
    a_person,
    an_account,
    an_employer,
    said,
)

EMPLOYER = an_employer()
PEOPLE = tuple(a_person(counter, name) for counter, name in enumerate(("王𬭩", "沈国华", "陆婉清"), start=1))
STAFF = tuple(
    an_account(person, counter, employer_account_no=EMPLOYER.employer_account_no)
    for counter, person in enumerate(PEOPLE, start=1)
)
MONTHLY_FEN = 3 * 105_200


def office(*more: Any) -> Office:
    return Office(EMPLOYER, *PEOPLE, *STAFF, *more)


def remittance(**changes: Any) -> SubmitRemittance:
    asked = SubmitRemittance(employer_account_no=EMPLOYER.employer_account_no, month="2026-11", amount_fen=MONTHLY_FEN)
    return msgspec.structs.replace(asked, **changes)


def submit(here: Office, **changes: Any) -> str:
    case_no = here.next_number(Series.CASE)
    here.do(KIND, remittance(**changes), CLERK, case_no)
    return case_no


def refusal(here: Office, field: str, code: str, **changes: Any) -> str:
    return said(here.ask(KIND, remittance(**changes), CLERK, here.next_number(Series.CASE)), field, code)


def money(reference: str = "YX20261122001", quoting: str = "", **changes: Any) -> BankCreditArrived:
    arrived = BankCreditArrived(
        bank_reference=reference,
        outlet=OUTLET,
        payer=EMPLOYER.name,
        amount_fen=MONTHLY_FEN,
        arrived_on=TODAY,
        quoted_case_no=quoting,
    )
    return msgspec.structs.replace(arrived, **changes)


def is_allocated(here: Office, case_no: str) -> bool:
    accounts = [here.get(Account, each.personal_account_no) for each in STAFF]
    paid = [account.paid_through_month == "2026-11" for account in accounts]
    assert len(set(paid)) == 1, "all of the roster or nobody"
    assert paid[0] == (here.case(case_no).state == "posted")
    return paid[0]


def test_a_remittance_waits_for_the_banks_money() -> None:
    here = office()
    case_no = submit(here)
    case = here.case(case_no)
    assert (case.state, case.amount_fen, case.subject) == ("received", MONTHLY_FEN, f"{EMPLOYER.name} 2026-11")
    assert not is_allocated(here, case_no)
    assert here.journal == []


def test_money_that_quotes_a_waiting_remittance_is_allocated_with_its_arrival() -> None:
    here = office()
    case_no = submit(here)
    here.centre("bank.credit", money(quoting=case_no))
    assert is_allocated(here, case_no)
    for before in STAFF:
        account = here.get(Account, before.personal_account_no)
        assert account.current_year_fen == before.current_year_fen + 105_200
        assert account.months_paid == before.months_paid + 1
    assert here.get(Employer, EMPLOYER.employer_account_no).paid_through_month == "2026-11"
    assert here.get(BankCredit, "YX20261122001").case_no == case_no
    arrived, allocated = here.journal
    assert [(line.account, line.side, line.amount_fen) for line in arrived.lines] == [
        ("101", "debit", MONTHLY_FEN),
        ("219", "credit", MONTHLY_FEN),
    ]
    assert [(line.account, line.side, line.amount_fen) for line in allocated.lines] == [
        ("219", "debit", MONTHLY_FEN),
        ("201", "credit", 105_200),
        ("201", "credit", 105_200),
        ("201", "credit", 105_200),
    ]


def test_money_that_came_before_and_quotes_the_number_is_allocated_with_the_remittance() -> None:
    here = office()
    case_no = here.next_number(Series.CASE)
    here.centre("bank.credit", money(quoting=case_no))
    here.do(KIND, remittance(), CLERK, case_no)
    assert is_allocated(here, case_no)


def test_money_whose_reference_the_clerk_types_is_allocated_with_the_remittance() -> None:
    here = office()
    here.centre("bank.credit", money())
    assert is_allocated(here, submit(here, bank_reference="YX20261122001"))


def test_a_clerk_matches_money_that_quotes_nothing() -> None:
    here = office()
    case_no = submit(here)
    here.centre("bank.credit", money())
    assert not is_allocated(here, case_no)
    here.do("remittance.match", MatchRemittance(bank_reference="YX20261122001"), CLERK, case_no)
    assert is_allocated(here, case_no)


@pytest.mark.parametrize("amount_fen", [1, MONTHLY_FEN - 1, MONTHLY_FEN + 1])
def test_money_of_another_amount_is_not_matched_and_stays_open(amount_fen: int) -> None:
    here = office()
    case_no = submit(here)
    here.centre("bank.credit", money(quoting=case_no, amount_fen=amount_fen))
    assert not is_allocated(here, case_no)
    matched = here.ask("remittance.match", MatchRemittance(bank_reference="YX20261122001"), CLERK, case_no)
    said(matched, "bank_reference", "remittance.no_such_money")
    assert here.get(BankCredit, "YX20261122001").state == "open"


def test_money_pays_one_remittance_only() -> None:
    other = an_employer(2, credit_code="12330500471234567N", name="云溪市第二人民医院")
    patient = a_person(7, "马文杰")
    account = an_account(patient, 7, employer_account_no=other.employer_account_no, employer_part_fen=3 * 52_600)
    three = msgspec.structs.replace(account, personal_part_fen=3 * 52_600)
    here = office(other, patient, three)
    first = submit(here)
    here.centre("bank.credit", money(quoting=first))
    second = submit(here, employer_account_no=other.employer_account_no)
    matched = here.ask("remittance.match", MatchRemittance(bank_reference="YX20261122001"), CLERK, second)
    said(matched, "bank_reference", "remittance.no_such_money")


def test_the_same_bank_reference_twice_is_booked_once() -> None:
    here = office()
    case_no = submit(here)
    here.centre("bank.credit", money(quoting=case_no))
    said(here.centre("bank.credit", money(quoting=case_no)), "bank_reference", "bank.known_reference")
    assert len(here.journal) == 2


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"amount_fen": 0}, "amount_fen", "bank.amount"),
        ({"amount_fen": -5}, "amount_fen", "bank.amount"),
        ({"bank_reference": " "}, "bank_reference", "field.required"),
    ],
)
def test_a_credit_without_amount_or_reference_is_refused(changes: dict[str, Any], field: str, code: str) -> None:
    said(office().centre("bank.credit", money(**changes)), field, code)


def test_a_remittance_that_names_no_money_takes_none() -> None:
    """A credit without a number and a form without one must not meet."""
    here = office(BankCredit(bank_reference="", outlet=OUTLET, payer="", amount_fen=MONTHLY_FEN, arrived_on=TODAY))
    assert not is_allocated(here, submit(here))


def test_a_quoted_case_of_another_outlet_gets_nothing() -> None:
    here = office()
    case_no = submit(here)
    here.centre("bank.credit", money(quoting=case_no, outlet=FAR_OUTLET))
    assert not is_allocated(here, case_no)
    assert here.get(BankCredit, "YX20261122001").state == "open"


def test_money_that_quotes_something_else_than_a_remittance_stays_open() -> None:
    here = office()
    case_no = here.next_number(Series.CASE)
    here.world.put(changed(here.case(submit(here)), kind="withdrawal", case_no=case_no))
    here.centre("bank.credit", money(quoting=case_no))
    assert here.get(BankCredit, "YX20261122001").state == "open"
    here.centre("bank.credit", money("YX2", quoting="发票 17 号"))
    assert here.get(BankCredit, "YX2").state == "open"


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"employer_account_no": "990500000018"}, "employer_account_no", "employer.unknown"),
        ({"month": "2026-10"}, "month", "remittance.nobody_due"),
        ({"month": "2026-12"}, "month", "remittance.earlier_month"),
        ({"amount_fen": MONTHLY_FEN - 1}, "amount_fen", "remittance.amount"),
        ({"amount_fen": MONTHLY_FEN + 1}, "amount_fen", "remittance.amount"),
        ({"amount_fen": 0}, "amount_fen", "remittance.amount"),
    ],
)
def test_a_remittance_that_can_not_be_is_refused(changes: dict[str, Any], field: str, code: str) -> None:
    refusal(office(), field, code, **changes)


def test_the_sum_of_the_roster_is_told() -> None:
    assert "3 人合计 3,156.00 元" in refusal(office(), "amount_fen", "remittance.amount", amount_fen=1)


def test_a_month_is_remitted_once() -> None:
    here = office()
    case_no = submit(here)
    assert case_no in refusal(here, "month", "remittance.month_taken")


def test_sealed_people_and_those_who_start_later_are_not_on_the_roster() -> None:
    sealed, late = changed(STAFF[0], state="02"), changed(STAFF[1], first_month="2026-12", paid_through_month="")
    here = Office(EMPLOYER, *PEOPLE, sealed, late, STAFF[2])
    assert here.case(submit(here, amount_fen=105_200)).lines[0].label == "清册 1 人"


def test_the_people_of_another_outlets_employer_are_not_remitted_here() -> None:
    here = Office(msgspec.structs.replace(EMPLOYER, outlet=FAR_OUTLET), *PEOPLE, *STAFF)
    refusal(here, "employer_account_no", "employer.other_outlet")


def test_months_follow_each_other() -> None:
    here = Office(
        msgspec.structs.replace(EMPLOYER, paid_through_month="2026-09"),
        *PEOPLE,
        *[msgspec.structs.replace(each, paid_through_month="2026-09") for each in STAFF],
    )
    assert "2026-10" in refusal(here, "month", "remittance.earlier_month")
    case_no = submit(here, month="2026-10")
    here.centre("bank.credit", money(quoting=case_no))
    here.centre("bank.credit", money("YX2", quoting=submit(here)))
    assert here.get(Employer, EMPLOYER.employer_account_no).paid_through_month == "2026-11"


def test_someone_enrolled_late_does_not_keep_the_employer_from_remitting() -> None:
    late = an_account(PEOPLE[0], 8, employer_account_no=EMPLOYER.employer_account_no)
    late = msgspec.structs.replace(late, first_month="2026-08", paid_through_month="", months_paid=0)
    here = Office(EMPLOYER, *PEOPLE, late)
    case_no = submit(here, amount_fen=105_200)
    here.centre("bank.credit", money(quoting=case_no, amount_fen=105_200))
    assert here.get(Account, late.personal_account_no).paid_through_month == "2026-11"


def test_an_earlier_month_paid_late_does_not_set_the_employer_back() -> None:
    late = an_account(PEOPLE[0], 8, employer_account_no=EMPLOYER.employer_account_no)
    late = msgspec.structs.replace(late, first_month="2026-08", paid_through_month="", months_paid=0)
    here = Office(EMPLOYER, *PEOPLE, late)
    case_no = submit(here, month="2026-08", amount_fen=105_200)
    here.centre("bank.credit", money(quoting=case_no, amount_fen=105_200))
    assert here.get(Employer, EMPLOYER.employer_account_no).paid_through_month == "2026-10"


def test_a_roster_that_changed_before_the_money_came_is_not_allocated() -> None:
    here = office()
    case_no = submit(here)
    here.world.put(changed(STAFF[0], state="02"))
    here.centre("bank.credit", money(quoting=case_no))
    assert here.case(case_no).state == "received"
    assert here.get(BankCredit, "YX20261122001").state == "open"
    matched = here.ask("remittance.match", MatchRemittance(bank_reference="YX20261122001"), CLERK, case_no)
    said(matched, "", "remittance.roster_changed")


def test_a_remittance_taken_back_frees_its_month_and_leaves_the_money_open() -> None:
    here = office()
    case_no = submit(here)
    here.withdraw(case_no)
    assert here.world.where(Evidence, "case_no", case_no) == []
    here.centre("bank.credit", money(quoting=case_no))
    assert here.get(BankCredit, "YX20261122001").state == "open"
    matched = here.ask("remittance.match", MatchRemittance(bank_reference="YX20261122001"), CLERK, case_no)
    said(matched, "", "remittance.not_waiting")
    again = submit(here)
    here.do("remittance.match", MatchRemittance(bank_reference="YX20261122001"), CLERK, again)
    assert is_allocated(here, again)


def test_a_posted_remittance_is_neither_taken_back_nor_matched_again() -> None:
    here = office()
    case_no = submit(here)
    here.centre("bank.credit", money(quoting=case_no))
    here.centre("bank.credit", money("YX2"))
    said(here.ask("case.withdraw", WithdrawCase(reason="撤回"), CLERK, case_no), "", "case.not_open")
    matched = here.ask("remittance.match", MatchRemittance(bank_reference="YX2"), CLERK, case_no)
    said(matched, "", "remittance.not_waiting")


def test_another_outlet_does_not_match() -> None:
    here = office()
    case_no = submit(here)
    here.centre("bank.credit", money())
    asked = MatchRemittance(bank_reference="YX20261122001")
    said(here.ask("remittance.match", asked, FAR_CLERK, case_no, FAR_DEVICE), "", "case.other_outlet")


def test_a_new_employers_first_month_is_where_its_people_start() -> None:
    newcomers = [
        msgspec.structs.replace(each, first_month="2026-11", paid_through_month="", months_paid=0) for each in STAFF
    ]
    here = Office(msgspec.structs.replace(EMPLOYER, paid_through_month=""), *PEOPLE, *newcomers)
    assert "请先汇缴 2026-11" in refusal(here, "month", "remittance.earlier_month", month="2026-12")
    case_no = submit(here)
    here.day = date(2026, 11, 25)
    here.centre("bank.credit", money(quoting=case_no))
    assert is_allocated(here, case_no)
