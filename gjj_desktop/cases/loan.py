"""贷款: an application is taken in, the contract signed, and the money paid out."""

from decimal import Decimal
from hashlib import sha256

import msgspec

from gjj_desktop.cases import rows
from gjj_desktop.cases.fields import Card, Choice, Field, Form, Kind
from gjj_desktop.cases.kind import Advice, CommandKind, Context
from gjj_desktop.cases.materials import material_choices, missing_materials
from gjj_desktop.cases.numbers import number_problem
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.rows import Account, Case, Employer, Evidence, Instalment, Loan, Payment, Person, changed
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.withdrawal import account_facts
from gjj_desktop.cases.workflow import (
    APPROVED,
    CONTRACTED,
    DISBURSER,
    MAKER,
    accepted_on,
    action,
    given_up,
    may_act,
    next_versions,
    posted,
    receive,
    with_actor,
)
from gjj_desktop.domain.codes import IdentityType, RepaymentMethod
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.identity import Identity, check_identity
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.numbers import Series
from gjj_desktop.ledger.recipes import entry_for
from gjj_desktop.rules.approval import approval_steps
from gjj_desktop.rules.limits import Limit
from gjj_desktop.rules.loan_rate import loan_rate
from gjj_desktop.rules.policy import NoRuleInForce, Row
from gjj_desktop.rules.quota import Quota, QuotaCase, quota
from gjj_desktop.rules.schedule import first_due_day, schedule
from gjj_desktop.rules.service_clock import decision_due
from gjj_desktop.rules.term import TermLimit, longest_term, term_limits

KIND = "loan.submit"
CASE_KIND = "loan"
APPLICATION = "loan.application"
SETTLED = "settled"
COMPLETED, SECOND_HAND = "completed", "second_hand"
HOME_ORDERS = {"1": "首套", "2": "二套"}
METHODS = {each.value: each.label for each in (RepaymentMethod.EQUAL_INSTALMENT, RepaymentMethod.EQUAL_PRINCIPAL)}
HOUSE_BUILT_MIN = 1900
INCOME_FEN_MAX = 10**11
"""Beyond 1 000 000 000.00 a month a figure is mistyped."""


class SubmitLoan(msgspec.Struct, frozen=True, kw_only=True):
    """What is typed for a loan application; `home_order` "1" or "2", `method` a code of A.11."""

    personal_account_no: str
    co_borrower_account_no: str = ""
    mobile: str = ""
    home_kind: str
    home_order: str
    address: str
    contract_no: str
    seller_name: str
    seller_account: str
    price_fen: int
    house_built: int = 0
    amount_fen: int
    months: int
    method: str
    income_fen: int
    debt_fen: int = 0
    materials: tuple[str, ...] = ()


class SignContract(msgspec.Struct, frozen=True, kw_only=True):
    """The contract of an approved application was signed."""

    loan_account_no: str = ""
    loan_contract_no: str


class Disburse(msgspec.Struct, frozen=True, kw_only=True):
    """The second person lets the money go; `seen` is the digest of what the screen showed."""

    seen: str


FORM = Form(
    command=KIND,
    title="公积金贷款申请",
    cards=(
        Card(
            "借款人",
            (
                Field("personal_account_no", "借款人", Kind.PERSON, help="姓名、证件号码或个人账号", width=5),
                Field("co_borrower_account_no", "共同借款人", Kind.PERSON, required=False, width=4),
                Field("mobile", "手机号码", Kind.MOBILE, width=3),
                Field("income_fen", "家庭月收入（元）", Kind.MONEY, width=5),
                Field("debt_fen", "其他贷款月还款（元）", Kind.MONEY, required=False, width=7),
            ),
        ),
        Card(
            "房屋",
            (
                Field(
                    "home_kind",
                    "房屋类型",
                    Kind.CHOICE,
                    width=4,
                    choices=(Choice(COMPLETED, "新建商品房"), Choice(SECOND_HAND, "二手房")),
                    default=COMPLETED,
                ),
                Field(
                    "home_order",
                    "住房套数",
                    Kind.CHOICE,
                    width=4,
                    choices=tuple(Choice(value, label) for value, label in HOME_ORDERS.items()),
                    default="1",
                ),
                Field("price_fen", "房屋总价（元）", Kind.MONEY, width=4),
                Field("address", "房屋坐落", Kind.TEXT, width=8),
                Field("contract_no", "购房合同编号", Kind.TEXT, width=4),
                Field("seller_name", "售房人", Kind.TEXT, width=5),
                Field("seller_account", "售房人账户", Kind.TEXT, help="放款至此账户", width=7),
                Field("house_built", "建成年份", Kind.INTEGER, width=4, shown_for=("home_kind", (SECOND_HAND,))),
            ),
        ),
        Card(
            "贷款",
            (
                Field("amount_fen", "申请金额（元）", Kind.MONEY, width=4),
                Field("months", "期限（月）", Kind.INTEGER, width=4, default="360"),
                Field(
                    "method",
                    "还款方式",
                    Kind.CHOICE,
                    width=4,
                    choices=tuple(Choice(value, label) for value, label in METHODS.items()),
                    default="01",
                ),
            ),
            source="条例第二十六条",
        ),
        Card("材料", (Field("materials", "材料", Kind.MATERIALS, required=False, width=12),)),
    ),
)


def _accounts(context: Context, asked: SubmitLoan) -> list[Account]:
    numbers = dict.fromkeys((asked.personal_account_no, asked.co_borrower_account_no))
    found = (context.state.get(Account, number) for number in numbers if number)
    return [account for account in found if account is not None]


def needs(context: Context, asked: SubmitLoan) -> list[Need]:
    """The borrowers' accounts, who they are, where they work, and the loans they have."""
    wanted = [need(Account, number) for number in (asked.personal_account_no, asked.co_borrower_account_no) if number]
    wanted.append(Need(Evidence, "case_no", context.command.case_no))
    for account in _accounts(context, asked):
        wanted += [need(Person, account.person_id), need(Employer, account.employer_account_no)]
        wanted += [Need(Loan, "person_id", account.person_id), Need(Evidence, "document", _document(account.person_id))]
        wanted += [Need(Loan, "case_no", each.case_no) for each in _applications(context, account)]
    return wanted


def _document(person: str) -> str:
    """A person is in one unsettled loan at most, as borrower or co-borrower."""
    return f"loan:{person}"


def _applications(context: Context, account: Account) -> list[Evidence]:
    """The other cases in which the person asks, or asked, for a loan."""
    found = context.state.where(Evidence, "document", _document(account.person_id))
    return [each for each in found if each.case_no != context.command.case_no]


def _unsettled(context: Context, account: Account) -> str:
    """The loan account, or the case still without one, that keeps the person from a new loan; "" when none does."""
    running = [loan for loan in context.state.where(Loan, "person_id", account.person_id) if loan.state != SETTLED]
    if running and running[0].case_no != context.command.case_no:
        return f"贷款账号 {running[0].loan_account_no}"
    for each in _applications(context, account):
        loans = context.state.where(Loan, "case_no", each.case_no)
        if not loans or any(loan.state != SETTLED for loan in loans):
            return f"受理号 {each.case_no}"
    return ""


def quota_of(context: Context, asked: SubmitLoan) -> Quota | None:
    """The quota of this application by the terms in force, or None while the term or the home is not sensible."""
    if asked.months <= 0 or asked.home_order not in HOME_ORDERS or asked.method not in METHODS:
        return None
    accounts = _accounts(context, asked)
    case = QuotaCase(
        balances_fen=tuple(account.balance_fen for account in accounts),
        contributors=len(accounts),
        price_fen=asked.price_fen,
        income_fen=asked.income_fen,
        debt_fen=asked.debt_fen,
        months=asked.months,
        home_order=int(asked.home_order),
        method=RepaymentMethod(asked.method),
    )
    try:
        return quota(case, context.policy, accepted_on(context))
    except NoRuleInForce:
        return None


def term_limit(context: Context, asked: SubmitLoan, person: Person) -> TermLimit | None:
    """What limits the term by the borrower's age and the home's; None for documents that carry no birth date."""
    identity = check_identity(person.identity_no, IdentityType(person.identity_type), context.business_date)
    if not isinstance(identity, Identity) or identity.birth_date is None or identity.sex is None:
        return None
    built = asked.house_built if asked.home_kind == SECOND_HAND and asked.house_built else None
    return longest_term(
        term_limits(identity.birth_date, identity.sex, context.policy, context.business_date, house_built=built)
    )


def problems(context: Context, asked: SubmitLoan) -> tuple[Finding, ...]:
    """Everything that stands against taking this application in."""
    borrower = context.state.get(Account, asked.personal_account_no)
    if borrower is None:
        return (Finding("personal_account_no", "account.unknown", "没有这个账户，请核对姓名或账号"),)
    found = [*_household_problems(context, asked), *_term_problems(context, asked, borrower)]
    if not 0 < asked.income_fen <= INCOME_FEN_MAX:
        found.append(Finding("income_fen", "loan.income", "请核对家庭月收入"))
    worked = quota_of(context, asked)
    if worked is not None and not 0 < asked.amount_fen <= worked.quota_fen:
        message = f"最多可贷 {format_yuan(worked.quota_fen)} 元（{worked.decided_by}），请改小金额"
        found.append(Finding("amount_fen", "loan.over_quota", message, worked.source))
    day = accepted_on(context)
    codes = context.policy.on("case_materials", day, kind=APPLICATION)["materials"]
    return (*found, *missing_materials(context.policy, day, codes, asked.materials))


def _household_problems(context: Context, asked: SubmitLoan) -> list[Finding]:
    found: list[Finding] = []
    if asked.co_borrower_account_no and context.state.get(Account, asked.co_borrower_account_no) is None:
        found.append(Finding("co_borrower_account_no", "account.unknown", "没有共同借款人的账户，请核对"))
    accounts = _accounts(context, asked)
    same_account = asked.co_borrower_account_no == asked.personal_account_no
    if same_account or len({account.person_id for account in accounts}) < len(accounts):
        found.append(Finding("co_borrower_account_no", "loan.same_person", "共同借款人不能是借款人本人"))
    for account in accounts:
        borrower = account.personal_account_no == asked.personal_account_no
        field = "personal_account_no" if borrower else "co_borrower_account_no"
        found += _borrower_problems(context, asked, account, field)
    return found


def _borrower_problems(context: Context, asked: SubmitLoan, account: Account, field: str) -> list[Finding]:
    found: list[Finding] = []
    if account.state != "01":
        found.append(Finding(field, "loan.account_state", f"{account.name}的账户不是正常缴存状态，不能贷款"))
    row = _terms(context, asked)
    months = (row["paid_flexible_months"] if account.flexible else row["paid_months"]) if row else 0
    if field == "personal_account_no" and account.months_paid < months:
        message = f"{account.name}已连续缴存 {account.months_paid} 个月，须满 {months} 个月"
        found.append(Finding(field, "loan.months_paid", message, row.source if row else ""))
    unsettled = _unsettled(context, account)
    if unsettled:
        message = f"{account.name}有未结清或在办的公积金贷款（{unsettled}），结清后方可申请"
        found.append(Finding(field, "loan.unsettled", message))
    return [*found, *_ban_problems(context, account, field)]


def _ban_problems(context: Context, account: Account, field: str) -> list[Finding]:
    person = context.state.get(Person, account.person_id)
    until = None if person is None else person.loans_banned_until
    if until is None or until < context.business_date:
        return []
    source = context.policy.on("fraud_ban", context.business_date, kind="loan").source
    return [Finding(field, "loan.banned", f"{account.name}因骗贷记录，{until} 及以前不能申请贷款", source)]


def _terms(context: Context, asked: SubmitLoan) -> Row | None:
    if asked.home_order not in HOME_ORDERS:
        return None
    try:
        return context.policy.on("loan_quota", accepted_on(context), home_order=int(asked.home_order))
    except NoRuleInForce:
        return None


def _term_problems(context: Context, asked: SubmitLoan, borrower: Account) -> list[Finding]:
    person = context.state.get(Person, borrower.person_id)
    if asked.months <= 0:
        return [Finding("months", "loan.months", "期限应大于零")]
    if asked.home_kind == SECOND_HAND and not HOUSE_BUILT_MIN <= asked.house_built <= context.business_date.year:
        return [Finding("house_built", "loan.house_built", "请填写房屋建成年份，例如 2008")]
    limit = term_limit(context, asked, person) if person is not None else None
    if limit is not None and asked.months > limit.months:
        message = f"最长 {limit.months} 个月（{limit.label}），请缩短期限"
        return [Finding("months", "loan.term", message, limit.source)]
    return []


def decide(context: Context, asked: SubmitLoan) -> Outcome:
    """The application is taken in; review and approval follow by policy."""
    found = problems(context, asked)
    accounts, worked = _accounts(context, asked), quota_of(context, asked)
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
        evidence=f"{_document(account.person_id)}:{case.case_no}",
        document=_document(account.person_id),
        case_no=case.case_no,
        outlet=case.outlet,
        used_on=accepted_on(context),
        person_id=account.person_id,
        amount_fen=case.amount_fen,
    )


def needs_of_approval(context: Context, case: Case) -> list[Need]:
    """What approving the application looks at."""
    return needs(context, _asked(case))


def _asked(case: Case) -> SubmitLoan:
    return msgspec.msgpack.decode(case.payload, type=SubmitLoan)


def follow_approval(context: Context, case: Case) -> tuple[Event, ...] | Refusal:
    """Nothing is booked yet: the contract comes next, if the household still may have the loan."""
    found = problems(context, _asked(case))
    return Refusal(found) if found else ()


def needs_contract(context: Context, asked: SignContract) -> list[Need]:
    """The application's people, and the loan account if it is taken."""
    case = context.state.get(Case, context.command.case_no)
    wanted = [need(Loan, asked.loan_account_no)]
    return wanted if case is None or case.kind != CASE_KIND else [*wanted, *needs(context, _asked(case))]


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
    application = _asked(case)
    rate = loan_rate(
        context.policy, context.business_date, application.months, int(application.home_order)
    ).rate_percent
    accounts = _accounts(context, application)
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
    ),
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
