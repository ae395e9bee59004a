"""How much of a balance may be withdrawn for a reason (提取), worked out line by line, and when next."""

from collections.abc import Callable
from datetime import date

import msgspec

from gjj_desktop.domain.codes import AccountState, FreezeFlag
from gjj_desktop.domain.dates import add_months
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import Fen, format_yuan
from gjj_desktop.domain.months import Month
from gjj_desktop.rules.limits import Limit
from gjj_desktop.rules.policy import Policy, Row


class AccountFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about the account that pays; amounts in fen.

    `held_fen` is claimed by cases under way, `frozen_fen` by a partial freeze, `banned_until` the last day of a ban
    after a fraud, `last_same_reason_on` the day of the last withdrawal for the same reason.
    """

    balance_fen: Fen
    held_fen: Fen = 0
    state: AccountState = AccountState.ACTIVE
    freeze: FreezeFlag = FreezeFlag.NONE
    frozen_fen: Fen = 0
    banned_until: date | None = None
    last_same_reason_on: date | None = None


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; each reason reads its own part.

    Rent: `first_month` to `last_month`, both included, and `rented_through`, the last month already claimed.
    Purchase: `price_fen` paid for the home and `taken_fen`, what both spouses already withdrew for it.
    """

    amount_fen: Fen | None = None
    first_month: Month | None = None
    last_month: Month | None = None
    rented_through: Month | None = None
    price_fen: Fen = 0
    taken_fen: Fen = 0


class Worked(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: the lines in the order people read them, what may be withdrawn (0 or more), what stands in the
    way, and the first day on which the next withdrawal for this reason is possible after this one."""

    lines: tuple[Limit, ...]
    amount_fen: Fen
    findings: tuple[Finding, ...]
    next_possible: date | None
    source: str


def work_out(reason: str, account: AccountFacts, claim: Claim, policy: Policy, day: date) -> Worked:
    """What may be withdrawn on `day` for `reason`, a row of the policy table withdrawal_reason.

    The amount is the lower of what is available (balance less holds, freeze and what must stay) and the reason's own
    limit. Findings name what refuses the claim; the amount is worked out all the same, so that the screen can show it.

    Raises:
        NoRuleInForce: the reason is not open on `day`.
    """
    row = policy.on("withdrawal_reason", day, reason=reason)
    limit, findings, next_possible = _FORMULAS[row.rule](row, claim, day)
    lines = (*_available_lines(account, row), limit)
    available = sum(line.amount_fen for line in lines[:-1])
    amount = max(0, min(available, limit.amount_fen))
    unclear = next_possible is None
    stops = (
        *_account_findings(account, row, day),
        *_ban_findings(account, policy, day),
        *findings,
        *(() if unclear else _amount_findings(claim.amount_fen, amount, row)),
    )
    return Worked(
        lines=(*lines, Limit("取其低者", amount)),
        amount_fen=amount,
        findings=stops,
        next_possible=next_possible,
        source=row.source,
    )


def next_possible(reason: str, claim: Claim, policy: Policy, day: date) -> date | None:
    """The first day on which the next withdrawal for `reason` is possible after one of `day`; None where it is open."""
    row = policy.on("withdrawal_reason", day, reason=reason)
    return _FORMULAS[row.rule](row, claim, day)[2]


def _available_lines(account: AccountFacts, row: Row) -> tuple[Limit, ...]:
    return (
        Limit("账户余额", account.balance_fen),
        Limit("冻结与在途", -(account.held_fen + account.frozen_fen)),
        Limit("须留存", -row.minimum_balance_fen, row.source),
    )


def _account_findings(account: AccountFacts, row: Row, day: date) -> tuple[Finding, ...]:
    findings = []
    if account.state not in (AccountState.ACTIVE, AccountState.SEALED):
        message = f"账户状态为{account.state.label}，不能提取"
        findings.append(Finding("", "withdrawal.account_state", message, row.source))
    if account.freeze in (FreezeFlag.IN_ONLY, FreezeFlag.BLOCKED):
        findings.append(Finding("", "withdrawal.frozen", "账户已冻结，解冻后方可提取", row.source))
    return (*findings, *_interval_findings(account.last_same_reason_on, row, day))


def _ban_findings(account: AccountFacts, policy: Policy, day: date) -> tuple[Finding, ...]:
    if account.banned_until is None or day > account.banned_until:
        return ()
    source = policy.on("fraud_ban", day, kind="withdrawal").source
    return (Finding("", "withdrawal.banned", f"因骗提记录，{account.banned_until} 及以前不能提取", source),)


def _interval_findings(last: date | None, row: Row, day: date) -> tuple[Finding, ...]:
    if last is None or day >= add_months(last, row.interval_months):
        return ()
    message = f"同一原因每 {row.interval_months} 个月可提取一次，{add_months(last, row.interval_months)} 起可再提取"
    return (Finding("", "withdrawal.too_soon", message, row.source),)


def _amount_findings(asked: Fen | None, amount: Fen, row: Row) -> tuple[Finding, ...]:
    if amount == 0:
        return (Finding("amount_fen", "withdrawal.nothing", "按现有余额和限额，本次没有可提取的金额", row.source),)
    if asked is not None and asked <= 0:
        return (Finding("amount_fen", "withdrawal.not_positive", "提取金额应大于零", row.source),)
    if asked is not None and asked > amount:
        message = f"最多可提取 {format_yuan(amount)} 元，请改小金额"
        return (Finding("amount_fen", "withdrawal.over_limit", message, row.source),)
    return ()


Formula = Callable[[Row, Claim, date], tuple[Limit, tuple[Finding, ...], date | None]]
"""Row, claim and day to the reason's own limit, what is wrong with the claim, and the next possible day.

The day is None while the claim is too incomplete to say anything about its amount.
"""


def _monthly_limit(row: Row, claim: Claim, day: date) -> tuple[Limit, tuple[Finding, ...], date | None]:
    """A flat limit for each month claimed (租房)."""
    label = f"租房限额 {format_yuan(row.monthly_limit_fen).removesuffix('.00')}"
    if claim.first_month is None or claim.last_month is None or claim.last_month < claim.first_month:
        finding = Finding("last_month", "withdrawal.period", "请填写提取期间，止月不早于起月", row.source)
        return Limit(label, 0, row.source), (finding,), None
    months = claim.last_month - claim.first_month + 1
    limit = Limit(f"{label} × {months} 月", row.monthly_limit_fen * months, row.source)
    next_possible = max(add_months(day, row.interval_months), claim.last_month.plus(1).first_day)
    return limit, _period_findings(row, claim.first_month, claim.last_month, claim.rented_through, day), next_possible


def _period_findings(
    row: Row, first: Month, last: Month, rented_through: Month | None, day: date
) -> tuple[Finding, ...]:
    findings = []
    if last - first + 1 > row.claim_months:
        message = f"一次最多提取 {row.claim_months} 个月，请缩短提取期间"
        findings.append(Finding("last_month", "withdrawal.too_many_months", message, row.source))
    if last > Month.of(day):
        message = f"提取期间不能晚于本月（{Month.of(day)}）"
        findings.append(Finding("last_month", "withdrawal.future_month", message, row.source))
    if rented_through is not None and first <= rented_through:
        message = f"已提取至 {rented_through}，请从 {rented_through.plus(1)} 起填写"
        findings.append(Finding("first_month", "withdrawal.month_taken", message, row.source))
    return tuple(findings)


def _price_cap(row: Row, claim: Claim, day: date) -> tuple[Limit, tuple[Finding, ...], date | None]:
    """The price paid less what both spouses already withdrew for the home (购房)."""
    label = f"已付房款 {format_yuan(claim.price_fen)} − 夫妻已提 {format_yuan(claim.taken_fen)}"
    limit = Limit(label, max(0, claim.price_fen - claim.taken_fen), row.source)
    if claim.price_fen <= 0:
        return limit, (Finding("price_fen", "withdrawal.price", "请填写已付房款", row.source),), None
    return limit, (), add_months(day, row.interval_months)


_FORMULAS: dict[str, Formula] = {"monthly": _monthly_limit, "price_cap": _price_cap}
