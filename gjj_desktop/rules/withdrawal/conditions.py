"""What stands against a withdrawal whatever its amount: the account, bans, loans, sealing, and the law's times."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from gjj_desktop.domain.codes import AccountState, FreezeFlag
from gjj_desktop.domain.dates import add_months
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.rules.policy import NoRuleInForce, Policy, Row
from gjj_desktop.rules.withdrawal.values import AccountFacts, Claim, Stop

FORBID = "forbid"
FREEZE, BAN = "freeze", "ban"
"""What the column `despite` may name."""


def stops_of_account(account: AccountFacts, row: Row, policy: Policy, day: date) -> tuple[Stop, ...]:
    """What stands against any withdrawal for this reason from this account on the day."""
    checks: tuple[Callable[[AccountFacts, Row, date], Sequence[Stop]], ...] = (
        _state,
        _freeze,
        _sealed,
        _loan,
        _closing,
    )
    found = [stop for check in checks for stop in check(account, row, day)]
    return (*found, *_ban(account, row, policy, day))


def stops_of_time(row: Row, claim: Claim, day: date) -> tuple[Stop, ...]:
    """What stands against claiming now what is counted together: too soon, too often, too early, too late."""
    return (*_interval(row, claim, day), *_times(row, claim), *_event(row, claim, day))


def _state(account: AccountFacts, row: Row, day: date) -> Sequence[Stop]:
    """A freeze as a state (06) is a freeze; closed accounts pay nothing."""
    paying = {AccountState.ACTIVE, AccountState.SEALED}
    if FREEZE in row.get("despite", ()):
        paying.add(AccountState.FROZEN)
    if account.state in paying:
        return ()
    message = f"账户状态为{account.state.label}，不能提取"
    return (Stop(Finding("", "withdrawal.account_state", message, row.source)),)


def _freeze(account: AccountFacts, row: Row, day: date) -> Sequence[Stop]:
    if FREEZE in row.get("despite", ()):
        return ()
    if account.freeze in (FreezeFlag.IN_ONLY, FreezeFlag.BLOCKED):
        return (Stop(Finding("", "withdrawal.frozen", "账户已冻结，解冻后方可提取", row.source)),)
    if row.closes and account.frozen_fen:
        message = f"账户有 {format_yuan(account.frozen_fen)} 元被冻结，解冻后方可销户提取"
        return (Stop(Finding("", "withdrawal.frozen", message, row.source)),)
    return ()


def _sealed(account: AccountFacts, row: Row, day: date) -> Sequence[Stop]:
    """Sealed at least so many months ago."""
    months = row.get("sealed_months", 0)
    if not months:
        return ()
    if account.state is not AccountState.SEALED or account.sealed_on is None:
        message = f"账户未封存，封存满 {months} 个月后方可提取"
        return (Stop(Finding("", "withdrawal.not_sealed", message, row.source)),)
    free_on = add_months(account.sealed_on, months)
    if day >= free_on:
        return ()
    message = f"账户 {account.sealed_on} 封存，满 {months} 个月即 {free_on} 起可提取"
    return (Stop(Finding("", "withdrawal.not_sealed", message, row.source), free_on),)


def _loan(account: AccountFacts, row: Row, day: date) -> Sequence[Stop]:
    if row.get("unsettled_loan") != FORBID or not account.unsettled_loan:
        return ()
    loan = group_number(Series.LOAN, account.unsettled_loan)
    message = f"有未结清的公积金贷款（{loan}），结清后方可提取"
    return (Stop(Finding("", "withdrawal.unsettled_loan", message, row.source)),)


def _closing(account: AccountFacts, row: Row, day: date) -> Sequence[Stop]:
    if not row.closes or not account.other_cases:
        return ()
    numbers = "、".join(group_number(Series.CASE, each) for each in account.other_cases)
    message = f"账户有在办的提取（受理号 {numbers}），办结或撤回后方可销户"
    return (Stop(Finding("", "withdrawal.other_case", message, row.source)),)


def _ban(account: AccountFacts, row: Row, policy: Policy, day: date) -> Sequence[Stop]:
    if account.banned_until is None or day > account.banned_until or BAN in row.get("despite", ()):
        return ()
    try:
        source = policy.on("fraud_ban", day, kind="withdrawal").source
    except NoRuleInForce:  # a case taken in before there were bans, decided after one was imposed
        source = row.source
    message = f"因骗提记录，{account.banned_until} 及以前不能提取"
    return (Stop(Finding("", "withdrawal.banned", message, source), account.banned_until + timedelta(days=1)),)


def _interval(row: Row, claim: Claim, day: date) -> Sequence[Stop]:
    """Since the last claim on the same, or of months for the same purpose whatever they were counted on."""
    own = [each.used_on for each in (*claim.taken, *claim.taken_months) if each.own]
    free_on = add_months(max(own), row.interval_months) if own else day
    if day >= free_on:
        return ()
    message = f"同一原因{_every(row.interval_months)}可提取一次，{free_on} 起可再提取"
    return (Stop(Finding("", "withdrawal.too_soon", message, row.source), free_on),)


def _every(months: int) -> str:
    """An interval in words: 每月, 每年, 每 5 年, 每 6 个月."""
    years, rest = divmod(months, 12)
    count, unit = (years, "年") if years and not rest else (months, "月" if months == 1 else "个月")
    return f"每{unit}" if count == 1 else f"每 {count} {unit}"


def _times(row: Row, claim: Claim) -> Sequence[Stop]:
    times_max, times = row.get("times_max", 0), len({each.case for each in claim.taken if each.own})
    if not times_max or times < times_max:
        return ()
    message = (
        "同一事项只能提取一次，已提取过" if times_max == 1 else f"同一事项最多提取 {times_max} 次，已提取 {times} 次"
    )
    return (Stop(Finding("", "withdrawal.too_often", message, row.source)),)


def _event(row: Row, claim: Claim, day: date) -> Sequence[Stop]:
    happened_on = claim.happened_on
    if happened_on is None:
        return ()
    if happened_on > day:
        return (Stop(Finding("happened_on", "withdrawal.future_day", "发生日期不能晚于受理当天，请核对", row.source)),)
    first_after, within = row.get("first_after_months", 0), row.get("within_months", 0)
    if first_after and day < (free_on := add_months(happened_on, first_after)):
        message = f"{happened_on} 起满 {first_after} 个月，即 {free_on} 起可提取"
        return (Stop(Finding("happened_on", "withdrawal.too_early", message, row.source), free_on),)
    if within and day > (last := add_months(happened_on, within)):
        message = f"应在发生后 {within} 个月内提取，已于 {last} 到期"
        return (Stop(Finding("happened_on", "withdrawal.too_late", message, row.source)),)
    return ()
