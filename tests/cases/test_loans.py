"""贷款: application, contract and payout; who may borrow, how much, how long, and who lets the money go."""

from datetime import date
from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.decision import WithdrawCase
from gjj_desktop.cases.loan_payout import Disburse, SignContract, loan_digest
from gjj_desktop.cases.rows import Clerk, Evidence, Instalment, Loan, Payment, Person, changed
from gjj_desktop.domain.numbers import Series
from tests.cases.builders import (
    CLERK,
    EVERY_ROLE,
    FAR_CLERK,
    FAR_DEVICE,
    OTHER_DEVICE,
    OUTLET,
    REVIEWER,
    SECOND_CLERK,
    SECOND_SUPERVISOR,
    SUPERVISOR,
    TODAY,
    Office,
    a_person,
    an_account,
    application,
    number,
    said,
)

BORROWER, SPOUSE = a_person(1), a_person(2, "陆婉清")
ACCOUNT, SPOUSES = an_account(BORROWER, 1), an_account(SPOUSE, 2)
KIND = "loan.submit"


def office(day: date = TODAY, **changes: Any) -> Office:
    return Office(BORROWER, SPOUSE, msgspec.structs.replace(ACCOUNT, **changes), SPOUSES, day=day)


def refusal(here: Office, payload: msgspec.Struct, field: str, code: str) -> str:
    return said(here.ask(KIND, payload, CLERK, here.next_number(Series.CASE)), field, code)


def approved(here: Office, **changes: Any) -> str:
    case_no = here.take_in(application(ACCOUNT, SPOUSES, **changes))
    here.agree(case_no, REVIEWER)
    here.agree(case_no, SUPERVISOR)
    return case_no


def test_an_application_is_taken_in_and_goes_by_review_and_approval() -> None:
    here = office()
    case = here.case(here.take_in(application(ACCOUNT, SPOUSES)))
    assert (case.subject, case.person_ids) == ("王𬭩、陆婉清", (BORROWER.person_id, SPOUSE.person_id))
    assert (case.steps, case.amount_fen, case.reason) == (("review", "approve"), 50_000_000, "completed")
    assert case.lines[-1].label == "可贷额度"


@pytest.mark.parametrize(
    ("accepted", "due"),
    [(date(2026, 9, 19), date(2026, 10, 8)), (date(2026, 9, 20), date(2026, 9, 30))],
)
def test_the_day_by_which_a_loan_is_decided_follows_the_law_of_its_acceptance(accepted: date, due: date) -> None:
    """15 days before 2026-09-20, 10 since; the first ends in the holidays of October."""
    here = office(accepted)
    case_no = here.take_in(application(ACCOUNT))
    assert here.case(case_no).due_on == due
    here.send_back(case_no, REVIEWER)
    here.day = date(2026, 9, 21)
    here.do(KIND, application(ACCOUNT), CLERK, case_no)
    assert here.case(case_no).due_on == due


def test_from_application_to_payout() -> None:
    here = office()
    case_no = approved(here)
    assert here.case(case_no).state == "approved"
    assert here.journal == []
    loan = here.contract(case_no)
    assert (loan.state, loan.balance_fen, loan.rate_percent) == ("awaiting_disbursement", 0, "2.60")
    assert (loan.borrower, loan.co_borrowers) == ("王𬭩", ("陆婉清",))
    here.day = date(2026, 12, 1)
    here.disburse(loan)
    running = here.get(Loan, loan.loan_account_no)
    assert (running.state, running.balance_fen, running.paid_out_on) == ("normal", 50_000_000, here.day)
    periods = here.world.where(Instalment, "loan_account_no", loan.loan_account_no)
    assert (len(periods), periods[0].due_on, periods[-1].balance_fen) == (240, date(2027, 1, 1), 0)
    assert sum(period.principal_fen for period in periods) == 50_000_000
    payment = here.get(Payment, case_no)
    assert (payment.account_no, payment.amount_fen) == ("33010020260001", 50_000_000)
    (entry,) = here.journal
    assert [(line.account, line.side, line.amount_fen) for line in entry.lines] == [
        ("121", "debit", 50_000_000),
        ("101", "credit", 50_000_000),
    ]
    assert here.case(case_no).state == "posted"


def test_the_rate_is_the_one_of_the_day_of_payout() -> None:
    here = office(date(2025, 5, 1))
    case_no = approved(here)
    loan = here.contract(case_no)
    assert loan.rate_percent == "2.85"
    here.day = date(2025, 5, 8)
    here.disburse(loan)
    assert here.get(Loan, loan.loan_account_no).rate_percent == "2.60"


@pytest.mark.parametrize(("amount_fen", "fits"), [(70_000_000, True), (69_999_999, True), (70_000_001, False)])
def test_one_contributor_borrows_up_to_the_ceiling(amount_fen: int, fits: bool) -> None:
    here = office()
    asked = application(ACCOUNT, amount_fen=amount_fen)
    if fits:
        here.take_in(asked)
    else:
        assert "700,000.00" in refusal(here, asked, "amount_fen", "loan.over_quota")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"personal_account_no": "1"}, "personal_account_no", "account.unknown"),
        ({"co_borrower_account_no": "1"}, "co_borrower_account_no", "account.unknown"),
        ({"co_borrower_account_no": ACCOUNT.personal_account_no}, "co_borrower_account_no", "loan.same_person"),
        ({"amount_fen": 0}, "amount_fen", "loan.over_quota"),
        ({"price_fen": 62_000_000}, "amount_fen", "loan.over_quota"),
        ({"income_fen": 0}, "income_fen", "loan.income"),
        ({"income_fen": 10**17}, "income_fen", "loan.income"),
        ({"debt_fen": 906_000}, "amount_fen", "loan.over_quota"),
        ({"months": 361}, "months", "loan.term"),
        ({"months": 0}, "months", "loan.months"),
        ({"home_kind": "second_hand"}, "house_built", "loan.house_built"),
        ({"home_kind": "second_hand", "house_built": 202}, "house_built", "loan.house_built"),
        ({"home_kind": "second_hand", "house_built": 2027}, "house_built", "loan.house_built"),
        ({"home_kind": "second_hand", "house_built": 1990}, "months", "loan.term"),
        ({"home_kind": "castle"}, "home_kind", "choice.unknown"),
        ({"home_order": "3"}, "home_order", "choice.unknown"),
        ({"home_order": "²"}, "home_order", "choice.unknown"),
        ({"method": "03"}, "method", "choice.unknown"),
        ({"materials": ("marriage",)}, "materials", "materials.missing"),
    ],
)
def test_an_application_that_can_not_be_is_refused(changes: dict[str, Any], field: str, code: str) -> None:
    asked = msgspec.structs.replace(application(ACCOUNT, amount_fen=49_700_000), **changes)
    refusal(office(), asked, field, code)


def test_the_price_less_the_down_payment_limits_the_loan_to_the_fen() -> None:
    here = office()
    here.take_in(application(ACCOUNT, price_fen=62_500_000, amount_fen=50_000_000))
    refusal(office(), application(ACCOUNT, price_fen=62_499_999), "amount_fen", "loan.over_quota")


@pytest.mark.parametrize(
    ("months_paid", "flexible", "fits"), [(6, False, True), (5, False, False), (11, True, False), (12, True, True)]
)
def test_the_borrower_must_have_paid_in_for_some_months(months_paid: int, flexible: bool, fits: bool) -> None:
    here = office(months_paid=months_paid, flexible=flexible)
    if fits:
        here.take_in(application(ACCOUNT))
    else:
        refusal(here, application(ACCOUNT), "personal_account_no", "loan.months_paid")


def test_a_co_borrower_may_have_paid_in_for_less() -> None:
    here = Office(BORROWER, SPOUSE, ACCOUNT, changed(SPOUSES, months_paid=1))
    here.take_in(application(ACCOUNT, SPOUSES))


@pytest.mark.parametrize("state", ["02", "05", "06"])
def test_only_an_account_that_is_paid_into_carries_a_loan(state: str) -> None:
    here = office(state=state)
    refusal(here, application(ACCOUNT), "personal_account_no", "loan.account_state")
    refusal(here, application(SPOUSES, ACCOUNT), "co_borrower_account_no", "loan.account_state")


@pytest.mark.parametrize(("born", "months"), [("19660301", 184), ("19630301", 148)])
def test_the_term_ends_five_years_after_retirement_or_at_an_age(born: str, months: int) -> None:
    elder = a_person(5, "赵根娣", born=born)
    account = an_account(elder, 5)
    here = Office(elder, account)
    asked = application(account, months=360, amount_fen=10_000_000)
    message = refusal(here, asked, "months", "loan.term")
    longest = int(message.removeprefix("最长 ").split(" ")[0])
    here.take_in(msgspec.structs.replace(asked, months=longest))
    refusal(here, msgspec.structs.replace(asked, months=longest + 1), "months", "loan.term")


def test_a_person_with_two_accounts_is_not_their_own_co_borrower() -> None:
    second = an_account(BORROWER, 9)
    here = Office(BORROWER, ACCOUNT, second)
    refusal(here, application(ACCOUNT, second), "co_borrower_account_no", "loan.same_person")


def test_whoever_is_banned_for_a_fraud_borrows_nothing() -> None:
    here = Office(a_person(1, loans_banned_until=TODAY), ACCOUNT)
    refusal(here, application(ACCOUNT), "personal_account_no", "loan.banned")
    here.day = date(2026, 11, 23)
    here.take_in(application(ACCOUNT))


@pytest.mark.parametrize("stage", ["received", "approved", "contracted", "paid_out"])
def test_a_person_is_in_one_loan_at_a_time_as_borrower_or_co_borrower(stage: str) -> None:
    here = office()
    case_no = here.take_in(application(ACCOUNT, SPOUSES)) if stage == "received" else approved(here)
    loan = here.contract(case_no) if stage in {"contracted", "paid_out"} else None
    if stage == "paid_out" and loan is not None:
        here.disburse(loan)
    refusal(here, application(ACCOUNT), "personal_account_no", "loan.unsettled")
    refusal(here, application(SPOUSES), "personal_account_no", "loan.unsettled")


def test_a_settled_loan_stands_in_nobodys_way() -> None:
    here = office()
    loan = here.contract(approved(here))
    here.disburse(loan)
    here.world.put(changed(here.get(Loan, loan.loan_account_no), state="settled", balance_fen=0))
    here.take_in(application(ACCOUNT, SPOUSES))


@pytest.mark.parametrize("end", ["turn_down", "withdraw"])
def test_an_application_that_came_to_nothing_stands_in_nobodys_way(end: str) -> None:
    here = office()
    case_no = here.take_in(application(ACCOUNT, SPOUSES))
    getattr(here, end)(case_no, REVIEWER if end == "turn_down" else CLERK)
    assert here.world.where(Evidence, "case_no", case_no) == []
    here.take_in(application(SPOUSES))


def test_a_running_loan_of_the_old_system_is_known() -> None:
    old = Loan(
        loan_account_no=number(Series.LOAN, 1, "990500"),
        outlet=OUTLET,
        case_no="",
        person_id=BORROWER.person_id,
        personal_account_no=ACCOUNT.personal_account_no,
        borrower="王𬭩",
        principal_fen=1,
        balance_fen=1,
        rate_percent="2.6",
        months=240,
        method="01",
        state="normal",
    )
    here = Office(BORROWER, SPOUSE, ACCOUNT, SPOUSES, old)
    assert old.loan_account_no in refusal(
        here, application(SPOUSES, ACCOUNT), "co_borrower_account_no", "loan.unsettled"
    )


def test_a_corrected_application_lets_its_former_co_borrower_go() -> None:
    here = office()
    case_no = here.take_in(application(ACCOUNT, SPOUSES))
    here.send_back(case_no, REVIEWER)
    here.do(KIND, application(ACCOUNT), CLERK, case_no)
    assert here.case(case_no).subject == "王𬭩"
    here.take_in(application(SPOUSES))


def test_approval_is_refused_when_the_household_may_no_longer_borrow() -> None:
    here = office()
    case_no = here.take_in(application(ACCOUNT, amount_fen=70_000_000))
    here.agree(case_no, REVIEWER)
    here.world.put(changed(ACCOUNT, carried_forward_fen=0, current_year_fen=100_000))
    outcome = here.ask("case.decide", here.decision(case_no), SUPERVISOR, case_no)
    said(outcome, "amount_fen", "loan.over_quota")


def sign(here: Office, case_no: str, author: Clerk = CLERK, **changes: Any) -> Any:
    device = changes.pop("device", "990503")
    payload = SignContract(loan_account_no=changes.pop("no", number(Series.LOAN, 7, device)), loan_contract_no="借 1")
    return here.ask("loan.sign_contract", msgspec.structs.replace(payload, **changes), author, case_no, device)


def test_a_contract_follows_an_approval_and_nothing_else() -> None:
    here = office()
    case_no = here.take_in(application(ACCOUNT))
    said(sign(here, case_no), "", "loan.not_approved")
    said(sign(here, here.next_number(Series.CASE)), "", "loan.not_approved")
    here.agree(case_no, REVIEWER)
    here.agree(case_no, SUPERVISOR)
    said(sign(here, case_no, loan_contract_no=" "), "loan_contract_no", "field.required")
    said(sign(here, case_no, no=""), "loan_account_no", "number.other_block")
    said(sign(here, case_no, no=number(Series.LOAN, 7, OTHER_DEVICE)), "loan_account_no", "number.other_block")
    said(sign(here, case_no, FAR_CLERK, device=FAR_DEVICE), "", "case.other_outlet")
    loan = here.contract(case_no)
    said(sign(here, case_no, no=loan.loan_account_no), "", "loan.not_approved")
    said(here.ask("case.withdraw", WithdrawCase(reason="撤回"), CLERK, case_no), "", "case.not_open")


def test_two_loans_have_two_numbers() -> None:
    here = office()
    loan = here.contract(approved(here))
    here.world.put(changed(here.case(loan.case_no), state="approved"))
    said(sign(here, loan.case_no, no=loan.loan_account_no), "loan_account_no", "number.taken")


def test_who_reviewed_or_approved_signs_no_contract() -> None:
    here = office()
    here.world.put(msgspec.structs.replace(REVIEWER, roles=("clerk", "reviewer")))
    said(sign(here, approved(here), REVIEWER), "", "case.acted_before")
    here = office()
    case_no = here.take_in(application(ACCOUNT))
    here.agree(case_no, REVIEWER)
    here.agree(case_no, EVERY_ROLE)
    said(sign(here, case_no, EVERY_ROLE), "", "case.acted_before")


def pay_out(here: Office, loan: Loan, author: Clerk, **changes: Any) -> Any:
    asked = msgspec.structs.replace(Disburse(seen=loan_digest(loan)), **changes)
    return here.ask("loan.disburse", asked, author, loan.case_no)


def test_money_goes_only_by_a_supervisor_who_had_no_hand_in_it_before() -> None:
    here = office()
    loan = here.contract(approved(here), SECOND_CLERK)
    said(pay_out(here, loan, CLERK), "", "clerk.role")
    said(pay_out(here, loan, SUPERVISOR), "", "case.acted_before")
    here.disburse(loan, SECOND_SUPERVISOR)


def test_a_maker_with_a_supervisors_role_does_not_pay_out() -> None:
    here = office()
    case_no = here.take_in(application(ACCOUNT), EVERY_ROLE)
    here.agree(case_no, REVIEWER)
    here.agree(case_no, SUPERVISOR)
    loan = here.contract(case_no)
    said(pay_out(here, loan, EVERY_ROLE), "", "case.acted_before")


def test_a_supervisor_does_not_pay_out_to_their_family() -> None:
    here = office()
    relative = msgspec.structs.replace(SECOND_SUPERVISOR, clerk="990597", person_ids=(SPOUSE.person_id,))
    here.world.put(relative)
    loan = here.contract(approved(here))
    said(pay_out(here, loan, relative), "", "case.own_matter")


def test_payout_is_over_what_was_seen_and_happens_once() -> None:
    here = office()
    loan = here.contract(approved(here))
    said(pay_out(here, loan, SECOND_SUPERVISOR, seen="0" * 64), "", "case.changed_since_seen")
    here.disburse(loan)
    said(pay_out(here, here.get(Loan, loan.loan_account_no), SECOND_SUPERVISOR), "", "loan.not_contracted")
    assert len(here.journal) == 1


def test_nothing_is_paid_out_without_a_contract() -> None:
    here = office()
    case_no = approved(here)
    outcome = here.ask("loan.disburse", Disburse(seen=""), SECOND_SUPERVISOR, case_no)
    said(outcome, "", "loan.not_contracted")


def test_a_borrower_with_a_passport_has_no_limit_by_age() -> None:
    guest = Person(person_id="03:E12345678", outlet=OUTLET, name="安娜", identity_type="03", identity_no="E12345678")
    account = an_account(guest, 6)
    here = Office(guest, account)
    refusal(here, application(account, months=361), "months", "loan.no_terms")
    assert here.case(here.take_in(application(account, months=360))).amount_fen == 50_000_000
