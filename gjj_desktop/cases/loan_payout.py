"""签合同、放款: the contract of an approved application is signed, and the money paid out."""

from decimal import Decimal
from hashlib import sha256

import msgspec

from gjj_desktop.cases import rows
from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.loan_application import application_of, needs
from gjj_desktop.cases.loan_form import CASE_KIND
from gjj_desktop.cases.loan_problems import borrowing_accounts
from gjj_desktop.cases.numbers import number_problem
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.rows import Case, Instalment, Loan, Payment, changed
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import (
    APPROVED,
    CONTRACTED,
    DISBURSER,
    MAKER,
    action,
    may_act,
    posted,
    with_actor,
)
from gjj_desktop.domain.codes import RepaymentMethod
from gjj_desktop.domain.numbers import Series
from gjj_desktop.ledger.recipes import entry_for
from gjj_desktop.rules.loan_rate import loan_rate
from gjj_desktop.rules.schedule import first_due_day, schedule


class SignContract(msgspec.Struct, frozen=True, kw_only=True):
    """The contract of an approved application was signed."""

    loan_account_no: str = ""
    loan_contract_no: str


class Disburse(msgspec.Struct, frozen=True, kw_only=True):
    """The second person lets the money go; `seen` is the digest of what the screen showed."""

    seen: str


def needs_contract(context: Context, asked: SignContract) -> list[Need]:
    """The application's people, and the loan account if it is taken."""
    case = context.state.get(Case, context.command.case_no)
    wanted = [need(Loan, asked.loan_account_no)]
    return wanted if case is None or case.kind != CASE_KIND else [*wanted, *needs(context, application_of(case))]


def decide_contract(context: Context, asked: SignContract) -> Outcome:
    """The loan account opens under the contract; the rate is the one in force today, fixed at payout."""
    case = context.state.get(Case, context.command.case_no)
    if case is None or case.kind != CASE_KIND or case.state != APPROVED:
        return refuse("", "loan.not_approved", "这笔贷款不在待签合同状态")
    if context.state.get(Loan, asked.loan_account_no) is not None:
        return refuse("loan_account_no", "number.taken", "贷款账号已被使用")
    number = number_problem(Series.LOAN, asked.loan_account_no, context.command.device, "loan_account_no")
    if number is not None:
        return Refusal((number,))
    if not asked.loan_contract_no.strip():
        return refuse("loan_contract_no", "field.required", "请填写借款合同编号")
    blocked = may_act(context, case, MAKER)
    if blocked is not None:
        return blocked
    loan = _loan(context, case, asked)
    signed = changed(
        case,
        state=CONTRACTED,
        actors=with_actor(case.actors, context.command.author, MAKER),
        history=(*case.history, action(context, CONTRACTED, f"借款合同 {asked.loan_contract_no}")),
    )
    return (Event(kind="loan.contracted", case_no=case.case_no, rows=(signed, loan)),)


def _loan(context: Context, case: Case, asked: SignContract) -> Loan:
    application = application_of(case)
    rate = loan_rate(
        context.policy, context.business_date, application.months, int(application.home_order)
    ).rate_percent
    accounts = borrowing_accounts(context, application)
    return Loan(
        loan_account_no=asked.loan_account_no,
        outlet=case.outlet,
        case_no=case.case_no,
        person_id=case.person_ids[0],
        personal_account_no=case.personal_account_no,
        borrower=accounts[0].name if accounts else case.subject,
        co_borrowers=tuple(account.name for account in accounts[1:]),
        address=application.address,
        mobile=application.mobile,
        contract_no=asked.loan_contract_no,
        principal_fen=application.amount_fen,
        balance_fen=0,
        rate_percent=str(rate),
        months=application.months,
        method=application.method,
        state="awaiting_disbursement",
        seller_account=application.seller_account,
        seller_name=application.seller_name,
        home_order=int(application.home_order),
    )


def needs_disburse(context: Context, asked: Disburse) -> list[Need]:
    """The loan of the case."""
    return [Need(Loan, "case_no", context.command.case_no)]


def loan_digest(loan: Loan) -> str:
    """The digest (hex) of what a payout is about."""
    return sha256(msgspec.msgpack.encode(loan)).hexdigest()


def decide_disburse(context: Context, asked: Disburse) -> Outcome:
    """A supervisor who had no other hand in it pays out: the schedule starts, the money is booked, the case is posted.

    Source: payout needs a second approver (domain reference 7.3).
    """
    case = context.state.get(Case, context.command.case_no)
    loan = next(iter(context.state.where(Loan, "case_no", context.command.case_no)), None)
    if case is None or loan is None or case.state != CONTRACTED:
        return refuse("", "loan.not_contracted", "这笔贷款不在待放款状态")
    blocked = may_act(context, case, DISBURSER)
    if blocked is not None:
        return blocked
    if asked.seen != loan_digest(loan):
        return refuse("", "case.changed_since_seen", "贷款内容在您查看后有变动，请重新查看再决定")
    let_go = changed(
        case,
        actors=with_actor(case.actors, context.command.author, DISBURSER),
        history=(*case.history, action(context, "disbursed", seen=asked.seen)),
    )
    return (
        Event(kind="loan.released", case_no=case.case_no, rows=(let_go,)),
        _disbursed(context, let_go, loan),
    )


def _disbursed(context: Context, case: Case, loan: Loan) -> Event:
    day = context.business_date
    rate: Decimal = loan_rate(context.policy, day, loan.months, loan.home_order).rate_percent
    periods = schedule(
        loan.principal_fen, rate, loan.months, RepaymentMethod(loan.method), first_due_day(day), due_day=day.day
    )
    instalments: tuple[rows.Row, ...] = tuple(
        Instalment(
            instalment=f"{loan.loan_account_no}:{period.no:03}",
            outlet=loan.outlet,
            loan_account_no=loan.loan_account_no,
            period_no=period.no,
            due_on=period.due or day,
            principal_fen=period.principal_fen,
            interest_fen=period.interest_fen,
            balance_fen=period.balance_fen,
        )
        for period in periods
    )
    running = changed(loan, state="normal", balance_fen=loan.principal_fen, paid_out_on=day, rate_percent=str(rate))
    payment = Payment(
        payment_no=case.case_no,
        case_no=case.case_no,
        outlet=case.outlet,
        payee=loan.seller_name,
        account_no=loan.seller_account,
        bank="",
        amount_fen=loan.principal_fen,
        ordered_on=day,
    )
    entry = entry_for(
        "loan.disbursed",
        case.case_no,
        {
            "principal": ((loan.loan_account_no, loan.principal_fen),),
            "paid": ((case.case_no, loan.principal_fen),),
        },
        summary=f"放款 {loan.borrower}",
    )
    return posted(context, case, "loan.disbursed", rows=(running, *instalments, payment), entry=entry)


KINDS = (
    CommandKind(
        name="loan.sign_contract",
        title="签订借款合同",
        payload=SignContract,
        needs=needs_contract,
        decide=decide_contract,
        role="clerk",
        opens_case=False,
        assigns=(("loan_account_no", Series.LOAN),),
    ),
    CommandKind(
        name="loan.disburse",
        title="放款",
        payload=Disburse,
        needs=needs_disburse,
        decide=decide_disburse,
        role="supervisor",
        opens_case=False,
    ),
)
