"""Every withdrawal from the window to the books: entries, payments, loans and journal agree at the real centre."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.bank_credit import BankCreditArrived
from gjj_desktop.cases.decision import AGREE, DecideCase, next_step
from gjj_desktop.cases.fraud_ban import KIND as REGISTER
from gjj_desktop.cases.fraud_ban import RegisterFraud
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.payment_correction import KIND as CORRECT
from gjj_desktop.cases.payment_correction import CorrectPayment
from gjj_desktop.cases.remittance import SubmitRemittance
from gjj_desktop.cases.rows import Account, AccountEntry, Case, Instalment, Loan, Payment, Row
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.withdrawal_form import KIND
from gjj_desktop.cases.workflow import content_digest
from gjj_desktop.central.day_end import advance_to
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.paying_out import pay_out
from gjj_desktop.central.posting import Posted, post_all
from gjj_desktop.central.row_tables import load_rows
from gjj_desktop.central.verify import verify
from gjj_desktop.domain.numbers import Series
from gjj_desktop.policy_files import read_policy
from gjj_desktop.rules.repayment import owed
from tests.cases.builders import CARD, a_person, an_account, an_employer, number
from tests.cases.claims import a_claim, a_loan
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre, TestClerk

PERSON, OTHER, THIRD = a_person(1), a_person(2, "沈国华"), a_person(3, "陆婉清")
ACCOUNTS = tuple(an_account(person, place) for place, person in enumerate((PERSON, OTHER, THIRD), start=1))


class Town:
    """A centre with three accounts, a loan two periods behind, a window and the people who work there."""

    def __init__(self, centre: TestCentre) -> None:
        self.centre = centre
        centre.add_outlet()
        self.device = centre.add_device()
        self.clerk = centre.add_clerk(self.device, "990501")
        self.reviewer = centre.add_clerk(self.device, "990503", roles=("reviewer",))
        self.supervisor = centre.add_clerk(self.device, "990509", roles=("supervisor",))
        self.cases = 0
        two_months_ago = BUSINESS_DATE - timedelta(days=45)
        loan, schedule = a_loan(ACCOUNTS[2], two_months_ago, state="overdue")
        unpaid = sum(each.principal_fen - each.paid_principal_fen for each in schedule)
        self.take_over(
            people=(PERSON, OTHER, THIRD),
            accounts=ACCOUNTS,
            loans=(Loan(**{**as_dict(loan), "balance_fen": unpaid}),),
            instalments=tuple(schedule),
        )

    def take_over(self, **rows: Any) -> None:
        hand_in_own(self.centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", ImportLegacy(**rows))])
        assert post_all(self.centre.admin, CENTRE_KEY).refused == 0

    def do(self, clerk: TestClerk, kind: str, payload: Any, case_no: str) -> Posted:
        self.device.hand_in(self.device.command(clerk, kind, payload, case_no))
        return post_all(self.centre.admin, CENTRE_KEY)

    def withdraw(self, reason: str, account: Account, **changes: Any) -> Case:
        """A withdrawal taken in and agreed by everybody whom policy asks."""
        return self.agreed(KIND, a_claim(reason, account, BUSINESS_DATE, **changes))

    def agreed(self, kind: str, asked: msgspec.Struct) -> Case:
        """A case taken in and agreed by everybody whom policy asks."""
        self.cases += 1
        case_no = number(Series.CASE, self.cases)
        done = self.do(self.clerk, kind, asked, case_no)
        assert done == Posted(taken=1, accepted=1), self.refusals()
        while (step := next_step(self.get(Case, case_no))) is not None:
            by = {"review": self.reviewer, "approve": self.supervisor}[step]
            decision = DecideCase(step=step, decision=AGREE, seen=content_digest(self.get(Case, case_no)))
            assert self.do(by, "case.decide", decision, case_no) == Posted(taken=1, accepted=1), self.refusals()
        case = self.get(Case, case_no)
        assert case.state == "posted"
        return case

    def refusals(self) -> list[Any]:
        return self.centre.admin.execute("select * from core.answer where verdict <> 'accepted'").fetchall()

    def get(self, row_type: type[Any], key: str) -> Any:
        (row,) = load_rows(self.centre.admin, [need(row_type, key)])
        return row

    def where(self, row_type: type[Row], field: str, value: str) -> list[Any]:
        return load_rows(self.centre.admin, [Need(row_type, field, value)])

    def on(self, subject: str, owner: str) -> int:
        found = self.centre.admin.execute(
            "select coalesce(sum(case side when 'debit' then amount_fen else -amount_fen end), 0)::bigint"
            " from core.journal_line where account = %s and owner = %s",
            (subject, owner),
        ).fetchone()
        assert found is not None
        return int(found[0])


def as_dict(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


@pytest.fixture
def town(centre: TestCentre) -> Town:
    return Town(centre)


def test_a_partial_withdrawal_a_closing_and_an_inheritance_agree_with_the_journal(town: Town) -> None:
    partial = town.withdraw("rent", ACCOUNTS[0], amount_fen=100_000)
    assert (partial.posted_fen, partial.interest_fen) == (100_000, 0)
    closing = town.withdraw("retirement", ACCOUNTS[0])
    assert closing.posted_fen == ACCOUNTS[0].balance_fen - 100_000
    assert closing.interest_fen > 0
    assert town.get(Account, ACCOUNTS[0].key).state == "05"
    died = town.withdraw("death", ACCOUNTS[1])
    paid = town.where(Payment, "case_no", died.case_no)
    assert sum(each.amount_fen for each in paid) == died.posted_fen + died.interest_fen
    assert {each.key for each in paid} == {died.case_no, f"{died.case_no}-2"}
    assert verify(town.centre.admin) == []


def test_a_closed_account_takes_and_gives_nothing_more(town: Town) -> None:
    town.withdraw("retirement", ACCOUNTS[0])
    town.cases += 1
    asked = a_claim("rent", ACCOUNTS[0], BUSINESS_DATE, amount_fen=1)
    assert town.do(town.clerk, KIND, asked, number(Series.CASE, town.cases)).refused == 1
    assert verify(town.centre.admin) == []


def test_the_own_loan_is_repaid_from_the_account_on_both_sides(town: Town) -> None:
    (loan,) = town.where(Loan, "person_id", THIRD.person_id)
    schedule = town.where(Instalment, "loan_account_no", loan.key)
    due = owed(schedule, BUSINESS_DATE, Decimal(loan.rate_percent), read_policy())
    assert town.on("122", loan.key) == due.overdue_principal_fen > 0
    case = town.withdraw("loan_offset", ACCOUNTS[2], amount_fen=due.total_fen)
    after = town.get(Loan, loan.key)
    assert (case.posted_fen, after.state, town.on("122", loan.key)) == (due.total_fen, "normal", 0)
    assert town.on("121", loan.key) == after.balance_fen == loan.balance_fen - 100_000 * len(due.periods)
    assert town.get(Account, ACCOUNTS[2].key).balance_fen == ACCOUNTS[2].balance_fen - due.total_fen
    assert verify(town.centre.admin) == []
    advance_to(town.centre.admin, CENTRE_KEY, BUSINESS_DATE + timedelta(days=70))
    assert town.get(Loan, loan.key).state == "overdue"
    assert verify(town.centre.admin) == []


def test_a_part_of_the_arrears_leaves_the_rest_overdue(town: Town) -> None:
    (loan,) = town.where(Loan, "person_id", THIRD.person_id)
    before = town.on("122", loan.key)
    town.withdraw("loan_offset", ACCOUNTS[2], amount_fen=120_000)
    assert 0 < town.on("122", loan.key) < before
    assert town.get(Loan, loan.key).state == "overdue"
    assert verify(town.centre.admin) == []
    advance_to(town.centre.admin, CENTRE_KEY, BUSINESS_DATE + timedelta(days=1))
    assert verify(town.centre.admin) == []


def test_a_remittance_of_two_thousand_people_writes_two_thousand_entries(town: Town) -> None:
    employer = an_employer()
    people = [a_person(100 + place % 800, born=f"19{70 + place // 800:02}0307") for place in range(2_000)]
    staff = [
        an_account(person, 100 + place, employer_account_no=employer.employer_account_no)
        for place, person in enumerate(people)
    ]
    town.take_over(employers=(employer,), people=tuple(people), accounts=tuple(staff))
    month = SubmitRemittance(
        employer_account_no=employer.employer_account_no, month="2026-11", amount_fen=2_000 * 105_200
    )
    case_no = number(Series.CASE, 77)
    assert town.do(town.clerk, "remittance.submit", month, case_no) == Posted(taken=1, accepted=1), town.refusals()
    credit = BankCreditArrived(
        bank_reference="YX1",
        outlet="9905",
        payer=employer.name,
        amount_fen=2_000 * 105_200,
        arrived_on=BUSINESS_DATE,
        quoted_case_no=case_no,
    )
    hand_in_own(town.centre.admin, CENTRE_KEY, [OwnCommand("bank.credit", credit)])
    assert post_all(town.centre.admin, CENTRE_KEY) == Posted(taken=1, accepted=1)
    found = town.centre.admin.execute(
        "select count(*), sum(amount_fen)::bigint from core.account_entries where case_no = %s", (case_no,)
    ).fetchone()
    assert found == (2_000, 2_000 * 105_200)
    assert len(town.where(AccountEntry, "personal_account_no", staff[0].key)) == 3
    assert verify(town.centre.admin) == []


def test_what_is_ordered_for_who_is_banned_goes_into_no_file_until_two_agree(town: Town, tmp_path: Path) -> None:
    kept, other = town.withdraw("rent", ACCOUNTS[0], amount_fen=100_000), town.withdraw("rent", ACCOUNTS[1])
    fraud = RegisterFraud(
        personal_account_no=ACCOUNTS[0].key,
        fraud_kind="withdrawal",
        document_no="云金稽〔2026〕7 号",
        happened_on=BUSINESS_DATE,
        decided_on=BUSINESS_DATE,
        facts="租赁合同查无备案",
    )
    town.agreed(REGISTER, fraud)
    assert (town.get(Payment, kept.case_no).state, town.on("219", kept.case_no)) == ("returned", -100_000)
    assert pay_out(town.centre.admin, CENTRE_KEY, tmp_path / "first.csv").payments == 1
    assert town.get(Payment, other.case_no).state == "sent"
    assert verify(town.centre.admin) == []
    again = CorrectPayment(payment_no=kept.case_no, payee=PERSON.name, bank_card=CARD, bank="云溪银行")
    assert town.agreed(CORRECT, again).steps == ("review", "approve")
    assert pay_out(town.centre.admin, CENTRE_KEY, tmp_path / "second.csv").total_fen == 100_000
    assert verify(town.centre.admin) == []
