"""What the formulas of a withdrawal are given: the account as it stands, the loan, and what was taken before."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from gjj_desktop.cases.account_entries import interest_needs, interest_so_far
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.loan_problems import SETTLED, loan_document
from gjj_desktop.cases.rows import Account, Evidence, Hold, Instalment, Loan, Person
from gjj_desktop.cases.state import Need
from gjj_desktop.cases.withdrawal_evidence import month_typed, spouses_of, taken, taken_months
from gjj_desktop.cases.withdrawal_form import SubmitWithdrawal
from gjj_desktop.cases.workflow import accepted_on
from gjj_desktop.domain.codes import AccountState, FreezeFlag, IdentityType
from gjj_desktop.domain.identity import Identity, check_identity
from gjj_desktop.domain.money import Fen
from gjj_desktop.domain.months import Month
from gjj_desktop.rules.policy import Row as PolicyRow
from gjj_desktop.rules.repayment import owed, repaid_by_oneself
from gjj_desktop.rules.term import retirement_group, retirement_month
from gjj_desktop.rules.withdrawal import AccountFacts, Claim

RUNNING = frozenset({"normal", "overdue"})
"""States of a loan that is being repaid."""
REPAID = RUNNING | {SETTLED}
"""States of a loan on which something may have been repaid."""


def asks_loan(row: PolicyRow) -> bool:
    """Whether the reason is about the own fund loan."""
    return "loan_account_no" in row["fields"]


def needs_of_facts(context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account) -> list[Need]:
    """The loans of person and spouse where the reason asks for them, and the year's entries where it closes."""
    wanted = interest_needs(account, context.policy, context.business_date) if row["closes"] else []
    if asks_loan(row):
        return [*wanted, *needs_of_loans(context, (account.person_id, *spouses_of(context, asked, account)))]
    return [*wanted, *(needs_of_loans(context, (account.person_id,)) if "unsettled_loan" in row.values else ())]


def needs_of_loans(context: Context, people: tuple[str, ...]) -> list[Need]:
    """The loans in which these people are borrowers or co-borrowers."""
    wanted = [Need(Loan, "person_id", person) for person in people]
    wanted += [Need(Evidence, "document", loan_document(person)) for person in people]
    borrowed = (each for person in people for each in context.state.where(Evidence, "document", loan_document(person)))
    return [*wanted, *(Need(Loan, "case_no", each.case_no) for each in borrowed)]


def needs_of_schedules(context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account) -> list[Need]:
    """The schedules of the loans that may be claimed on."""
    if not asks_loan(row):
        return []
    loans = loans_of(context, asked, account, REPAID)
    return [Need(Instalment, "loan_account_no", each.loan_account_no) for each in loans]


def _borrowed(context: Context, people: tuple[str, ...]) -> list[Loan]:
    """Loans of these people by number, each once."""
    found = [loan for person in people for loan in context.state.where(Loan, "person_id", person)]
    for person in people:
        for each in context.state.where(Evidence, "document", loan_document(person)):
            found += context.state.where(Loan, "case_no", each.case_no)
    return sorted({loan.loan_account_no: loan for loan in found}.values(), key=lambda loan: loan.loan_account_no)


def loans_of(
    context: Context, asked: SubmitWithdrawal, account: Account, states: Collection[str] = RUNNING
) -> list[Loan]:
    """The loans in these states that the person may claim on, as borrower, co-borrower or spouse of one; running first.

    Those of the account's outlet: another outlet's books are not at this window.
    """
    people = (account.person_id, *spouses_of(context, asked, account))
    found = [each for each in _borrowed(context, people) if each.state in states and each.outlet == account.outlet]
    return sorted(found, key=lambda loan: loan.state not in RUNNING)


def states_claimed_on(row: PolicyRow) -> frozenset[str]:
    """An offset pays a running loan; what was repaid may be claimed after the loan is settled, too."""
    return RUNNING if row["pays"] == "loan" else REPAID


def loan_chosen(
    context: Context, asked: SubmitWithdrawal, account: Account, states: Collection[str] = RUNNING
) -> Loan | None:
    """The loan that is typed, if it is one of theirs."""
    loans = loans_of(context, asked, account, states)
    return next((loan for loan in loans if loan.loan_account_no == asked.loan_account_no), None)


def facts_of(context: Context, account: Account, closes: bool = False) -> AccountFacts:
    """The account as it stands, beside the command's own case; with the interest so far where it `closes`.

    An account that came sealed from an older system counts as sealed since the end of the last month paid.
    """
    holds = context.state.where(Hold, "personal_account_no", account.personal_account_no)
    others = [hold for hold in holds if hold.case_no != context.command.case_no]
    person = context.state.get(Person, account.person_id)
    unsettled = [loan for loan in _borrowed(context, (account.person_id,)) if loan.state != SETTLED]
    interest = interest_so_far(context, account, context.business_date) if closes else None
    return AccountFacts(
        balance_fen=account.balance_fen,
        held_fen=sum(hold.amount_fen for hold in others),
        state=AccountState(account.state),
        freeze=FreezeFlag(account.freeze),
        frozen_fen=account.frozen_fen,
        banned_until=person.withdrawals_banned_until if person is not None else None,
        sealed_on=sealed_since(account),
        other_cases=tuple(hold.case_no for hold in others),
        unsettled_loan=unsettled[0].loan_account_no if unsettled else "",
        interest_fen=interest.interest_fen if interest else 0,
        interest_lines=interest.lines if interest else (),
        retires=_retires(context, person) if person is not None else None,
    )


def _retires(context: Context, person: Person) -> Month | None:
    """When the person reaches the statutory age; of women the earlier of the two, as posts are not known here."""
    day = context.business_date
    identity = check_identity(person.identity_no, IdentityType(person.identity_type), day)
    if not isinstance(identity, Identity) or identity.birth_date is None or identity.sex is None:
        return None
    group = retirement_group(identity.sex, officer=False)
    return retirement_month(Month.of(identity.birth_date), group, context.policy, day)


def sealed_since(account: Account) -> date | None:
    """The day since which the account is sealed; of one that came sealed, the end of its last paid month.

    None for an account that is not sealed, or of which neither is known.
    """
    if account.state != AccountState.SEALED:
        return None
    paid_through = month_typed(account.paid_through_month)
    return account.sealed_on or (paid_through.last_day if paid_through is not None else None)


def claim_of(asked: SubmitWithdrawal) -> Claim:
    """What is asked for, as it is typed."""
    return Claim(
        amount_fen=asked.amount_fen,
        first_month=month_typed(asked.first_month),
        last_month=month_typed(asked.last_month),
        rent_fen=asked.rent_fen,
        price_fen=asked.price_fen,
        cost_fen=asked.cost_fen,
        subsidy_fen=asked.subsidy_fen,
        happened_on=asked.happened_on,
    )


def whole_claim(context: Context, row: PolicyRow, asked: SubmitWithdrawal, account: Account) -> Claim:
    """What is asked for, beside what was taken of the same before and what the books say of the loan."""
    typed = claim_of(asked)
    loan = loan_chosen(context, asked, account, states_claimed_on(row)) if asks_loan(row) else None
    return Claim(
        amount_fen=typed.amount_fen,
        first_month=typed.first_month,
        last_month=typed.last_month,
        rent_fen=typed.rent_fen,
        price_fen=typed.price_fen,
        cost_fen=typed.cost_fen,
        subsidy_fen=typed.subsidy_fen,
        happened_on=typed.happened_on or (loan.paid_out_on if loan is not None else None),
        repaid_fen=None if loan is None else _repaid(context, loan, typed.first_month, typed.last_month),
        owed_fen=None if loan is None else _owed(context, loan),
        taken=taken(context, row, asked, account),
        taken_months=taken_months(context, row, asked, account),
    )


def _repaid(context: Context, loan: Loan, first: Month | None, last: Month | None) -> Fen:
    """What the borrower paid in the months, without what fund accounts paid; never of days after the acceptance."""
    if first is None or last is None or last < first:
        return 0
    until = min(last.last_day, accepted_on(context))
    schedule = context.state.where(Instalment, "loan_account_no", loan.loan_account_no)
    return repaid_by_oneself(schedule, first.first_day, until) if first.first_day <= until else 0


def _owed(context: Context, loan: Loan) -> Fen:
    """Arrears with their penalty, and the current instalment, as the books stand today."""
    schedule = context.state.where(Instalment, "loan_account_no", loan.loan_account_no)
    return owed(schedule, context.business_date, Decimal(loan.rate_percent), context.policy).total_fen
