"""查询: what is known of one account, employer, loan or case; personal data masked until it is asked for."""

from collections.abc import Callable
from decimal import Decimal

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.notice import OPEN
from gjj_desktop.cases.rows import Account, AccountEntry, Case, Employer, Hold, Instalment, Loan, OpenNotice, Person, R
from gjj_desktop.cases.workflow import STATE_LABELS
from gjj_desktop.counter.account_history import entries_of, kind_words
from gjj_desktop.counter.clocks import clocks_of
from gjj_desktop.counter.frauds import ban_words
from gjj_desktop.counter.instructions import agreed_monthly
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.codes import AccountState, RepaymentMethod
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.rules.overdue import arrears
from gjj_desktop.security.masking import mask_identity, mask_mobile
from gjj_desktop.store import audit, view

Pairs = tuple[tuple[str, str], ...]
MOVEMENTS_SHOWN = 24
"""How many of an account's last movements the screen shows; the printed list has them all."""
LOAN_STATES = {
    "awaiting_contract": "待签合同",
    "awaiting_disbursement": "待放款",
    "normal": "正常",
    "overdue": "逾期",
    "settled": "结清",
}
PERSONAL = frozenset({"Account", "Employer", "Loan"})
"""Row types whose facts hold personal data."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """A title, what is known as label and text, and the cases about it, newest first; `full` when nothing is masked.

    `movements` are the last ones of an account, newest first, out of `movement_count`.
    """

    title: str
    pairs: Pairs
    cases: Pairs = ()
    movements: Pairs = ()
    movement_count: int = 0
    full: bool = False


class _Looking(msgspec.Struct, frozen=True):
    """Where one fact is looked up, and whether personal data is shown in full."""

    window: Window
    connection: Connection
    full: bool

    def row(self, row_type: type[R], key: str) -> R | None:
        return view.one(self.connection, row_type, key)

    def identity(self, number: str) -> str:
        return number if self.full else mask_identity(number)

    def mobile(self, number: str) -> str:
        return number if self.full else mask_mobile(number)


def facts_of(window: Window, row_type: str, key: str, *, full: bool = False) -> Facts | None:
    """What this window knows of the row; None when it is no longer there. Asking for all of it is recorded.

    Raises:
        OperatingError: personal data is asked for and nobody is signed in.
    """
    if full:
        clerk = window.signed_in().clerk
        with window.store.work() as connection:
            audit.append(connection, clerk, "personal_data.shown", f"{row_type} {key}")
    with window.reading() as connection:
        return FACTS[row_type](_Looking(window, connection, full), key)


def _account(looking: _Looking, key: str) -> Facts | None:
    account = looking.row(Account, key)
    if account is None:
        return None
    person = looking.row(Person, account.person_id)
    employer = looking.row(Employer, account.employer_account_no)
    held = view.rows_of(looking.connection, Hold, "personal_account_no", key)
    loans = view.rows_of(looking.connection, Loan, "person_id", account.person_id)
    cases = view.rows_of(looking.connection, Case, "personal_account_no", key)
    entries = entries_of(looking.connection, key)
    return Facts(
        title=account.name,
        pairs=(
            ("个人账号", group_number(Series.ACCOUNT, key)),
            ("证件号码", looking.identity(account.person_id.partition(":")[2])),
            ("手机号码", looking.mobile(person.mobile) if person and person.mobile else "—"),
            ("单位", employer.name if employer else "灵活就业"),
            ("状态", AccountState(account.state).label),
            ("缴至年月", account.paid_through_month or "尚未缴存"),
            ("缴存基数", format_yuan(account.base_fen)),
            ("缴存比例", f"单位 {account.employer_ratio_bp / 100:g}%，个人 {account.personal_ratio_bp / 100:g}%"),
            ("月缴存额", format_yuan(account.monthly_fen)),
            ("账户余额", format_yuan(account.balance_fen)),
            ("冻结与在途", format_yuan(account.frozen_fen + sum(each.amount_fen for each in held))),
            ("贷款", "、".join(f"{LOAN_STATES[loan.state]} {format_yuan(loan.balance_fen)}" for loan in loans) or "无"),
            *agreed_monthly(looking.connection, key),
            ("骗提骗贷限制", ban_words(person, looking.window.business_date(looking.connection))),
        ),
        cases=_case_lines(cases),
        movements=tuple(_movement(entry) for entry in reversed(entries[-MOVEMENTS_SHOWN:])),
        movement_count=len(entries),
        full=looking.full,
    )


def _movement(entry: AccountEntry) -> tuple[str, str]:
    """A movement in one line: its day, what it was, how much, and what stood after it."""
    month = f" {entry.month}" if entry.month else ""
    interest = f"，利息 {format_yuan(entry.interest_fen)}" if entry.interest_fen else ""
    amount = f"{'+' if entry.amount_fen > 0 else ''}{format_yuan(entry.amount_fen)}"
    words = f"{kind_words(entry)}{month} {amount}{interest}，余额 {format_yuan(entry.balance_fen)}"
    return entry.day.isoformat(), words


def _employer(looking: _Looking, key: str) -> Facts | None:
    employer = looking.row(Employer, key)
    if employer is None:
        return None
    accounts = view.rows_of(looking.connection, Account, "employer_account_no", key)
    return Facts(
        title=employer.name,
        pairs=(
            ("单位账号", group_number(Series.EMPLOYER, key)),
            ("信用代码", employer.credit_code),
            ("地址", employer.address),
            ("法定代表人", employer.legal_representative),
            ("经办人", f"{employer.agent_name} {looking.mobile(employer.agent_mobile)}"),
            ("缴存比例", f"单位 {employer.employer_ratio_bp / 100:g}%，个人 {employer.personal_ratio_bp / 100:g}%"),
            ("缴存日", f"每月 {employer.payday} 日"),
            ("缴至年月", employer.paid_through_month or "尚未缴存"),
            ("在册人数", f"{len(accounts)} 人"),
            ("月汇缴额", format_yuan(sum(each.monthly_fen for each in accounts if each.state == AccountState.ACTIVE))),
            ("未分摊余额", format_yuan(employer.unallocated_fen)),
        ),
        full=looking.full,
    )


def _loan(looking: _Looking, key: str) -> Facts | None:
    loan = looking.row(Loan, key)
    if loan is None:
        return None
    person = looking.row(Person, loan.person_id)
    instalments = view.rows_of(looking.connection, Instalment, "loan_account_no", key)
    day = looking.window.business_date(looking.connection)
    behind = arrears(instalments, day, Decimal(loan.rate_percent), looking.window.policy(looking.connection))
    due = next((each for each in sorted(instalments, key=lambda each: each.period_no) if each.due_on >= day), None)
    return Facts(
        title=f"{loan.borrower}　贷款",
        pairs=(
            ("贷款账号", group_number(Series.LOAN, key)),
            ("借款合同", loan.contract_no or "—"),
            ("证件号码", looking.identity(loan.person_id.partition(":")[2])),
            ("手机号码", looking.mobile(loan.mobile or (person.mobile if person else "")) or "—"),
            ("房屋坐落", loan.address),
            ("状态", LOAN_STATES[loan.state]),
            ("贷款金额", format_yuan(loan.principal_fen)),
            ("贷款余额", format_yuan(loan.balance_fen)),
            ("年利率", f"{loan.rate_percent}%"),
            ("期限与方式", f"{loan.months} 个月，{RepaymentMethod(loan.method).label}"),
            ("下次还款", f"{due.due_on}，{format_yuan(due.principal_fen + due.interest_fen)}" if due else "—"),
            (
                "逾期",
                f"{behind.overdue_periods} 期，{format_yuan(behind.total_fen)}" if behind.overdue_periods else "无",
            ),
        ),
        full=looking.full,
    )


def _case(looking: _Looking, key: str) -> Facts | None:
    case = looking.row(Case, key)
    if case is None:
        return None
    amount = (("金额", format_yuan(case.amount_fen)),) if case.amount_fen else ()
    clock = clocks_of(looking.window, looking.connection)(case)
    return Facts(
        title=f"{case.subject}　{case.title}",
        pairs=(
            ("受理号", group_number(Series.CASE, key)),
            ("状态", STATE_LABELS[case.state]),
            *amount,
            ("受理", f"{case.received_on} {case.maker_name}"),
            ("法定期限", case.due_on.isoformat() if case.due_on else "—"),
            *((("时限", clock.words),) if clock.words else ()),
        ),
        full=looking.full,
    )


def _case_lines(cases: list[Case]) -> Pairs:
    newest = sorted(cases, key=lambda each: each.received_at, reverse=True)
    return tuple(
        (case.received_on.isoformat(), f"{case.title} {format_yuan(case.amount_fen)} {STATE_LABELS[case.state]}")
        for case in newest
    )


def _notice(looking: _Looking, key: str) -> Facts | None:
    notice = looking.row(OpenNotice, key)
    if notice is None:
        return None
    missing = tuple((f"待补 {number}", words) for number, words in enumerate(notice.missing, 1))
    return Facts(
        title=f"{notice.subject}　{notice.title}",
        pairs=(
            ("告知编号", group_number(Series.CASE, key)),
            ("状态", "待补材料" if notice.state == OPEN else "已用"),
            ("开出", notice.made_on.isoformat()),
            *missing,
        ),
        full=looking.full,
    )


FACTS: dict[str, Callable[[_Looking, str], Facts | None]] = {
    "Account": _account,
    "Employer": _employer,
    "Loan": _loan,
    "Case": _case,
    "OpenNotice": _notice,
}
