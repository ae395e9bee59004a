"""贷款受理: a loan application is taken in, and what its approval looks at."""

from decimal import Decimal

import msgspec

from gjj_desktop.cases.account_facts import account_facts
from gjj_desktop.cases.kind import Advice, CommandKind, Context, Following
from gjj_desktop.cases.loan_form import CASE_KIND, FORM, KIND, METHODS, SubmitLoan
from gjj_desktop.cases.loan_problems import (
    APPLICATION,
    borrowing_accounts,
    loan_document,
    other_applications,
    problems,
    quota_of,
)
from gjj_desktop.cases.materials import material_choices
from gjj_desktop.cases.outcome import Event, Outcome, Refusal
from gjj_desktop.cases.rows import Account, Case, Employer, Evidence, Loan, Person
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import accepted_on, given_up, next_versions, receive
from gjj_desktop.domain.codes import RepaymentMethod
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.rules.approval import approval_steps
from gjj_desktop.rules.limits import Limit
from gjj_desktop.rules.quota import Quota
from gjj_desktop.rules.schedule import schedule
from gjj_desktop.rules.service_clock import decision_due


def needs(context: Context, asked: SubmitLoan) -> list[Need]:
    """The borrowers' accounts, who they are, where they work, and the loans they have."""
    wanted = [need(Account, number) for number in (asked.personal_account_no, asked.co_borrower_account_no) if number]
    wanted.append(Need(Evidence, "case_no", context.command.case_no))
    for account in borrowing_accounts(context, asked):
        wanted += [need(Person, account.person_id), need(Employer, account.employer_account_no)]
        wanted += [
            Need(Loan, "person_id", account.person_id),
            Need(Evidence, "document", loan_document(account.person_id)),
        ]
        wanted += [Need(Loan, "case_no", each.case_no) for each in other_applications(context, account)]
    return wanted


def decide(context: Context, asked: SubmitLoan) -> Outcome:
    """The application is taken in; review and approval follow by policy."""
    found = problems(context, asked)
    accounts, worked = borrowing_accounts(context, asked), quota_of(context, asked)
    if found or worked is None:
        return Refusal(found or (Finding("months", "loan.no_terms", "没有适用的贷款利率，请核对期限和套数"),))
    day = accepted_on(context)
    case = receive(
        context,
        kind=CASE_KIND,
        title="公积金贷款",
        reason=asked.home_kind,
        subject="、".join(account.name for account in accounts),
        person_ids=tuple(account.person_id for account in accounts),
        amount_fen=asked.amount_fen,
        lines=(*worked.limits, Limit("可贷额度", worked.quota_fen, worked.source)),
        steps=approval_steps(context.policy, day, APPLICATION, asked.amount_fen),
        due_on=decision_due(context.policy, CASE_KIND, day),
        personal_account_no=asked.personal_account_no,
        employer_account_no=accounts[0].employer_account_no,
    )
    if isinstance(case, Refusal):
        return case
    evidence = tuple(_asked_by(context, case, account) for account in accounts)
    changes, gone = (case, *next_versions(context, evidence)), given_up(context, evidence)
    return (Event(kind="loan.received", case_no=case.case_no, rows=changes, removed=gone),)


def _asked_by(context: Context, case: Case, account: Account) -> Evidence:
    return Evidence(
        evidence=f"{loan_document(account.person_id)}:{case.case_no}",
        document=loan_document(account.person_id),
        case_no=case.case_no,
        outlet=case.outlet,
        used_on=accepted_on(context),
        person_id=account.person_id,
        amount_fen=case.amount_fen,
    )


def needs_of_approval(context: Context, case: Case) -> list[Need]:
    """What approving the application looks at."""
    return needs(context, application_of(case))


def application_of(case: Case) -> SubmitLoan:
    """What was handed in last for the case."""
    return msgspec.msgpack.decode(case.payload, type=SubmitLoan)


def follow_approval(context: Context, case: Case) -> tuple[Event, ...] | Refusal:
    """Nothing is booked yet: the contract comes next, if the household still may have the loan."""
    found = problems(context, application_of(case))
    return Refusal(found) if found else ()


def advise(context: Context, asked: SubmitLoan) -> Advice:
    """How much may be lent and why, the instalment, and what happens next."""
    day = accepted_on(context)
    codes = context.policy.on("case_materials", day, kind=APPLICATION)["materials"]
    choices = {"materials": material_choices(context.policy, day, codes)}
    borrower = context.state.get(Account, asked.personal_account_no)
    if borrower is None:
        return Advice(title="可贷额度", choices=choices, next_step="请先选择借款人。")
    worked = quota_of(context, asked)
    facts = account_facts(context, borrower)
    if worked is None:
        return Advice(title="可贷额度", facts=facts, choices=choices, findings=problems(context, asked))
    return Advice(
        title="可贷额度",
        amount_fen=worked.quota_fen,
        lines=worked.limits,
        facts=(*facts, ("利率", f"{worked.rate_percent}%"), *_instalment_fact(asked, worked)),
        next_step=f"受理后复核、审批，{decision_due(context.policy, CASE_KIND, day)} 前决定；批准后签合同、放款。",
        source=worked.source,
        findings=problems(context, asked),
        choices=choices,
    )


def first_instalment_fen(asked: SubmitLoan, rate_percent: Decimal) -> int:
    """The first instalment of the amount asked, fen."""
    return schedule(asked.amount_fen, rate_percent, asked.months, RepaymentMethod(asked.method))[0].amount_fen


def _instalment_fact(asked: SubmitLoan, worked: Quota) -> tuple[tuple[str, str], ...]:
    if asked.amount_fen <= 0 or asked.months <= 0 or asked.method not in METHODS:
        return ()
    return (("首期月还款", format_yuan(first_instalment_fen(asked, worked.rate_percent))),)


KINDS = (
    CommandKind(
        name=KIND,
        title=FORM.title,
        payload=SubmitLoan,
        needs=needs,
        decide=decide,
        role="clerk",
        form=FORM,
        advise=advise,
        papers=("loan_acceptance",),
        following=Following(CASE_KIND, needs_of_approval, follow_approval),
    ),
)
