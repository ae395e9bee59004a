"""可提取事项: what the person before the clerk may withdraw now, and what not and why, as soon as they are picked."""

from collections.abc import Iterable

from gjj_desktop.cases.account_entries import interest_needs
from gjj_desktop.cases.kind import Context, Option
from gjj_desktop.cases.rows import Account, Evidence, Instalment, Person
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.withdrawal_evidence import documents, spouses_of
from gjj_desktop.cases.withdrawal_facts import (
    REPAID,
    asks_loan,
    facts_of,
    loans_of,
    needs_of_loans,
    states_claimed_on,
    whole_claim,
)
from gjj_desktop.cases.withdrawal_form import SubmitWithdrawal
from gjj_desktop.cases.workflow import accepted_on
from gjj_desktop.domain.months import Month
from gjj_desktop.rules.policy import Row as PolicyRow
from gjj_desktop.rules.withdrawal import Claim, survey

LOAN = "loan_account_no"


def needs_of_options(context: Context, asked: SubmitWithdrawal) -> list[Need]:
    """What person and spouse claimed for every reason, their loans with the schedules, the year's entries."""
    account = context.state.get(Account, asked.personal_account_no)
    if account is None:
        return []
    family = (account.person_id, *spouses_of(context, asked, account))
    wanted = [need(Person, account.person_id), *needs_of_loans(context, family)]
    wanted += interest_needs(account, context.policy, context.business_date)
    for row in _rows(context):
        loan_no = _first_loan(context, row, asked, account)
        wanted += [Need(Evidence, "document", document) for document in _documents(row, family, loan_no)]
    loans = loans_of(context, asked, account, REPAID)
    return [*wanted, *(Need(Instalment, "loan_account_no", loan.loan_account_no) for loan in loans)]


def _rows(context: Context) -> tuple[PolicyRow, ...]:
    return context.policy.rows("withdrawal_reason", accepted_on(context))


def _first_loan(context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account) -> str:
    """The loan that a reason is surveyed for; "" where it asks for none, or there is none."""
    loans = loans_of(context, asked, account, states_claimed_on(row)) if asks_loan(row) else ()
    return loans[0].loan_account_no if loans else ""


def _documents(row: PolicyRow, family: tuple[str, ...], loan_no: str) -> Iterable[str]:
    """Where a claim that is not typed yet may stand already."""
    blank = SubmitWithdrawal(personal_account_no="", reason="", loan_account_no=loan_no)
    return documents(row, blank, family[0], family[1:]).all


def options_of(context: Context, asked: SubmitWithdrawal, account: Account) -> tuple[Option, ...]:
    """Every reason that is open by the law of the day, in the order of policy.

    That something can not be is firm; that it can is so where this window sees all that counts.
    """

    def claim_for(row: PolicyRow, first: Month | None, last: Month | None) -> Claim:
        blank = SubmitWithdrawal(
            personal_account_no=account.personal_account_no,
            reason=row["reason"],
            spouse_identity_no=asked.spouse_identity_no,
            first_month="" if first is None else str(first),
            last_month="" if last is None else str(last),
            loan_account_no=_first_loan(context, row, asked, account),
        )
        return whole_claim(context, row, blank, account)

    day = accepted_on(context)
    facts = facts_of(context, account, closes=True)
    found = survey(facts, claim_for, context.policy, day)
    return tuple(
        Option(
            value=each.reason,
            label=each.label,
            possible=each.possible,
            sentence=each.sentence,
            amount_fen=each.amount_fen,
            next_possible=each.next_possible,
            firm=not each.possible or is_firm(context, row, asked, account),
        )
        for row, each in zip(_rows(context), found, strict=True)
    )


def is_firm(context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account) -> bool:
    """Whether this window sees all that counts: a paper may have served elsewhere, a spouse may have an account there.

    A person's own claims, and all those on a loan, are at the outlet of the account.
    """
    if any(field != LOAN for column in ("once", "of_one_family", "counted_on") for field in row.get(column, ())):
        return False
    spouses = spouses_of(context, asked, account) if row.get("family") and not asks_loan(row) else ()
    return all(context.state.where(Account, "person_id", spouse) for spouse in spouses)


def needs_of_firmness(context: Context, asked: SubmitWithdrawal) -> list[Need]:
    """The spouse's account, where this window has it."""
    account = context.state.get(Account, asked.personal_account_no)
    spouses = () if account is None else spouses_of(context, asked, account)
    return [Need(Account, "person_id", spouse) for spouse in spouses]
