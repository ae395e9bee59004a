"""汇缴: an employer's regular payment for a month, matched to the bank's money and allocated to its people."""

import msgspec

from gjj_desktop.cases.account_entries import Movement, entered, interest_year
from gjj_desktop.cases.fields import Card, Field, Form, Kind
from gjj_desktop.cases.kind import Advice, CommandKind, Context
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.rows import Account, AccountEntry, BankCredit, Case, Employer, Evidence, changed
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import RECEIVED, posted, receive
from gjj_desktop.domain.codes import AccountState, EntryKind
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.months import Month
from gjj_desktop.ledger.recipes import entry_for
from gjj_desktop.rules.limits import Limit

KIND = "remittance.submit"
CASE_KIND = "remittance"


class SubmitRemittance(msgspec.Struct, frozen=True, kw_only=True):
    """One month of one employer; `amount_fen` is the roster's total as the employer states it."""

    employer_account_no: str
    month: str
    amount_fen: int
    bank_reference: str = ""


class MatchRemittance(msgspec.Struct, frozen=True, kw_only=True):
    """The clerk says which of the bank's credits pays for the remittance."""

    bank_reference: str


FORM = Form(
    command=KIND,
    title="单位汇缴",
    cards=(
        Card(
            "汇缴",
            (
                Field("employer_account_no", "缴存单位", Kind.EMPLOYER, help="输入单位名称或账号", width=12),
                Field("month", "汇缴年月", Kind.MONTH, width=4),
                Field("amount_fen", "汇缴金额（元）", Kind.MONEY, help="与清册合计一致", width=4),
                Field("bank_reference", "银行流水号", Kind.TEXT, help="已到账时填写", required=False, width=4),
            ),
            source="条例第十九条：发薪日起 5 日内缴存",
        ),
    ),
)


def due_accounts(context: Context, employer_account_no: str, month: str) -> list[Account]:
    """The active accounts of the employer that are to be paid for `month`, in order of account number."""
    accounts = context.state.where(Account, "employer_account_no", employer_account_no)
    return [
        account
        for account in accounts
        if account.state == AccountState.ACTIVE and account.first_month <= month and account.paid_through_month < month
    ]


def evidence_key(employer_account_no: str, month: str) -> str:
    """A month of an employer is remitted once."""
    return f"remittance:{employer_account_no}:{month}"


def needs(context: Context, asked: SubmitRemittance) -> list[Need]:
    """The employer, its accounts, and the bank's money."""
    return [
        need(Employer, asked.employer_account_no),
        Need(Account, "employer_account_no", asked.employer_account_no),
        need(Evidence, evidence_key(asked.employer_account_no, asked.month)),
        need(BankCredit, asked.bank_reference),
        Need(BankCredit, "quoted_case_no", context.command.case_no),
    ]


def problems(context: Context, asked: SubmitRemittance) -> tuple[Finding, ...]:
    """Everything that stands against taking this remittance in."""
    employer = context.state.get(Employer, asked.employer_account_no)
    if employer is None:
        return (Finding("employer_account_no", "employer.unknown", "没有这个单位账号，请先办理单位缴存登记"),)
    if employer.outlet != context.command.device[:4]:
        return (Finding("employer_account_no", "employer.other_outlet", "该单位在其他网点登记，请到原网点办理"),)
    used = context.state.get(Evidence, evidence_key(asked.employer_account_no, asked.month))
    if used is not None and used.case_no != context.command.case_no:
        return (Finding("month", "remittance.month_taken", f"{asked.month} 已汇缴，受理号 {used.case_no}"),)
    accounts = due_accounts(context, asked.employer_account_no, asked.month)
    if not accounts:
        return (Finding("month", "remittance.nobody_due", f"{asked.month} 没有应缴的职工，请核对年月"),)
    earliest = min(_next_month(account, employer) for account in accounts)
    if earliest < asked.month:
        return (Finding("month", "remittance.earlier_month", f"请先汇缴 {earliest}，入账后再汇缴 {asked.month}"),)
    expected = sum(account.monthly_fen for account in accounts)
    if asked.amount_fen != expected:
        message = f"清册 {len(accounts)} 人合计 {format_yuan(expected)} 元，与所填金额不符，请核对"
        return (Finding("amount_fen", "remittance.amount", message),)
    return ()


def _next_month(account: Account, employer: Employer) -> str:
    """The first month that is not paid yet; before the employer's last paid month nothing is asked for any more."""
    paid_through = max(account.paid_through_month, employer.paid_through_month)
    following = str(Month.stored(paid_through).plus(1)) if paid_through else ""
    return max(account.first_month, following)


def decide(context: Context, asked: SubmitRemittance) -> Outcome:
    """Taken in at once; allocated as soon as the bank's money that quotes it is there."""
    found = problems(context, asked)
    if found:
        return Refusal(found)
    employer = context.state.get(Employer, asked.employer_account_no)
    accounts = due_accounts(context, asked.employer_account_no, asked.month)
    case = receive(
        context,
        kind=CASE_KIND,
        title=FORM.title,
        subject=f"{employer.name if employer else ''} {asked.month}",
        employer_account_no=asked.employer_account_no,
        amount_fen=asked.amount_fen,
        lines=(Limit(f"清册 {len(accounts)} 人", asked.amount_fen),),
    )
    if isinstance(case, Refusal):
        return case
    evidence = Evidence(
        evidence=evidence_key(asked.employer_account_no, asked.month),
        document=f"remittance:{asked.employer_account_no}",
        case_no=case.case_no,
        outlet=case.outlet,
        used_on=context.business_date,
    )
    received = Event(kind="remittance.received", case_no=case.case_no, rows=(case, evidence))
    credit = _credit_for(context, case, asked.bank_reference)
    return (received,) if credit is None else (received, allocate(context, case, credit))


def _credit_for(context: Context, case: Case, bank_reference: str) -> BankCredit | None:
    quoting = context.state.where(BankCredit, "quoted_case_no", case.case_no)
    named = context.state.get(BankCredit, bank_reference) if bank_reference else None
    return next((each for each in (named, *quoting) if each is not None and pays(each, case)), None)


def pays(credit: BankCredit, case: Case) -> bool:
    """Whether this money is free and exactly what the case asks."""
    return credit.state == "open" and credit.amount_fen == case.amount_fen and credit.outlet == case.outlet


def needs_of_allocation(context: Context, case: Case | None) -> list[Need]:
    """What allocating a waiting remittance looks at."""
    if case is None or case.kind != CASE_KIND:
        return []
    return [need(Employer, case.employer_account_no), Need(Account, "employer_account_no", case.employer_account_no)]


def allocate(context: Context, case: Case, credit: BankCredit) -> Event:
    """The money goes to the people of the roster, each their month; the case is posted."""
    asked = msgspec.msgpack.decode(case.payload, type=SubmitRemittance)
    accounts = due_accounts(context, asked.employer_account_no, asked.month)
    credited = tuple((account.personal_account_no, account.monthly_fen) for account in accounts)
    year = interest_year(context.policy, context.business_date)
    paid = tuple(row for account in accounts for row in _paid(context, case, account, asked.month, year))
    employer = context.state.get(Employer, asked.employer_account_no)
    paid_through = "" if employer is None else max(asked.month, employer.paid_through_month)
    employers = () if employer is None else (changed(employer, paid_through_month=paid_through),)
    entry = entry_for(
        "remittance.allocated",
        case.case_no,
        {"received": ((credit.bank_reference, credit.amount_fen),), "credited": credited},
        summary=f"{case.subject} 汇缴",
    )
    return posted(
        context,
        case,
        "remittance.allocated",
        rows=(*paid, *employers, changed(credit, state="matched", case_no=case.case_no)),
        entry=entry,
    )


def _paid(context: Context, case: Case, account: Account, month: str, year: int) -> tuple[Account, AccountEntry]:
    """The account with its month, and the entry of it."""
    movement = Movement(
        kind=EntryKind.REMITTANCE,
        amount_fen=account.monthly_fen,
        employer_part_fen=account.employer_part_fen,
        personal_part_fen=account.personal_part_fen,
        month=month,
        case_no=case.case_no,
        employer_account_no=account.employer_account_no,
    )
    paid_up = {"paid_through_month": month, "months_paid": account.months_paid + 1}
    return entered(account, year, context.business_date, movement, **paid_up)


def needs_match(context: Context, asked: MatchRemittance) -> list[Need]:
    """The waiting case, its people, and the money named."""
    case = context.state.get(Case, context.command.case_no)
    return [need(BankCredit, asked.bank_reference), *needs_of_allocation(context, case)]


def decide_match(context: Context, asked: MatchRemittance) -> Outcome:
    """The named money is allocated to the waiting remittance if it is exactly its amount."""
    case, credit = (
        context.state.get(Case, context.command.case_no),
        context.state.get(BankCredit, asked.bank_reference),
    )
    if case is None or case.kind != CASE_KIND or case.state != RECEIVED:
        return refuse("", "remittance.not_waiting", "这笔汇缴不在待到账状态")
    if case.outlet != context.command.device[:4]:
        return refuse("", "case.other_outlet", "这笔业务由其他网点受理，请在原网点办理")
    if credit is None or not pays(credit, case):
        return refuse("bank_reference", "remittance.no_such_money", "没有这笔金额相符的到账，请核对银行流水")
    return _allocated_if_due(context, case, credit)


def _allocated_if_due(context: Context, case: Case, credit: BankCredit) -> Outcome:
    asked = msgspec.msgpack.decode(case.payload, type=SubmitRemittance)
    due = sum(account.monthly_fen for account in due_accounts(context, asked.employer_account_no, asked.month))
    if due != credit.amount_fen:
        return refuse("", "remittance.roster_changed", "清册已变动，合计与到账金额不符，请撤回后重新汇缴")
    return (allocate(context, case, credit),)


def waiting_allocation(context: Context, case: Case, credit: BankCredit) -> tuple[Event, ...]:
    """The allocation that arriving money sets off; empty when the roster no longer sums to it."""
    outcome = _allocated_if_due(context, case, credit)
    return () if isinstance(outcome, Refusal) else outcome


def advise(context: Context, asked: SubmitRemittance) -> Advice:
    """The roster's sum, and whether the money is there."""
    employer = context.state.get(Employer, asked.employer_account_no)
    accounts = due_accounts(context, asked.employer_account_no, asked.month)
    total = sum(account.monthly_fen for account in accounts)
    facts = () if employer is None else (("单位", employer.name), ("缴至年月", employer.paid_through_month or "—"))
    return Advice(
        title="应汇缴",
        amount_fen=total,
        lines=(
            Limit("单位部分", sum(account.employer_part_fen for account in accounts)),
            Limit("个人部分", sum(account.personal_part_fen for account in accounts)),
        ),
        facts=(*facts, ("清册人数", f"{len(accounts)} 人")),
        next_step="受理后请单位转账并注明受理号；到账相符即分摊入账。",
        source="条例第十九条",
        findings=problems(context, asked),
    )


KINDS = (
    CommandKind(
        name=KIND,
        title=FORM.title,
        payload=SubmitRemittance,
        needs=needs,
        decide=decide,
        role="clerk",
        form=FORM,
        advise=advise,
        papers=("remittance_receipt",),
    ),
    CommandKind(
        name="remittance.match",
        title="汇缴到账匹配",
        payload=MatchRemittance,
        needs=needs_match,
        decide=decide_match,
        role="clerk",
        opens_case=False,
    ),
)
