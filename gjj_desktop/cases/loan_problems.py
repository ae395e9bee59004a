"""What stands against a housing loan: its household, its quota, its term."""

from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.loan_form import HOME_ORDERS, METHODS, SECOND_HAND, SubmitLoan
from gjj_desktop.cases.materials import material_problems
from gjj_desktop.cases.rows import Account, Evidence, Loan, Person
from gjj_desktop.cases.workflow import accepted_on
from gjj_desktop.domain.codes import AccountState, IdentityType, RepaymentMethod
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.identity import Identity, check_identity
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.rules.policy import NoRuleInForce, Row
from gjj_desktop.rules.quota import Quota, QuotaCase, quota
from gjj_desktop.rules.term import TermLimit, longest_term, term_limits

APPLICATION = "loan.application"
SETTLED = "settled"
HOUSE_BUILT_MIN = 1900
INCOME_FEN_MAX = 10**11
"""Beyond 1 000 000 000.00 a month a figure is mistyped."""


def borrowing_accounts(context: Context, asked: SubmitLoan) -> list[Account]:
    """The accounts of the borrower and the co-borrower that are known, the borrower's first."""
    numbers = dict.fromkeys((asked.personal_account_no, asked.co_borrower_account_no))
    found = (context.state.get(Account, number) for number in numbers if number)
    return [account for account in found if account is not None]


def loan_document(person: str) -> str:
    """A person is in one unsettled loan at most, as borrower or co-borrower."""
    return f"loan:{person}"


def other_applications(context: Context, account: Account) -> list[Evidence]:
    """The other cases in which the person asks, or asked, for a loan."""
    found = context.state.where(Evidence, "document", loan_document(account.person_id))
    return [each for each in found if each.case_no != context.command.case_no]


def _unsettled(context: Context, account: Account) -> str:
    """The loan account, or the case still without one, that keeps the person from a new loan; "" when none does."""
    running = [loan for loan in context.state.where(Loan, "person_id", account.person_id) if loan.state != SETTLED]
    if running and running[0].case_no != context.command.case_no:
        return f"贷款账号 {running[0].loan_account_no}"
    for each in other_applications(context, account):
        loans = context.state.where(Loan, "case_no", each.case_no)
        if not loans or any(loan.state != SETTLED for loan in loans):
            return f"受理号 {each.case_no}"
    return ""


def quota_of(context: Context, asked: SubmitLoan) -> Quota | None:
    """The quota of this application by the terms in force, or None while the term or the home is not sensible."""
    if asked.months <= 0 or asked.home_order not in HOME_ORDERS or asked.method not in METHODS:
        return None
    accounts = borrowing_accounts(context, asked)
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
    return (*found, *material_problems(context.policy, day, codes, asked.materials))


def _household_problems(context: Context, asked: SubmitLoan) -> list[Finding]:
    found: list[Finding] = []
    if asked.co_borrower_account_no and context.state.get(Account, asked.co_borrower_account_no) is None:
        found.append(Finding("co_borrower_account_no", "account.unknown", "没有共同借款人的账户，请核对"))
    accounts = borrowing_accounts(context, asked)
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
    if account.outlet != context.command.device[:4]:
        found.append(Finding(field, "account.other_outlet", f"{account.name}的账户在其他网点开立，请到原网点办理"))
    if account.state != AccountState.ACTIVE:
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
