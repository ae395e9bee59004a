"""What may be withdrawn on a day for a reason, worked out line by line."""

from datetime import date

from gjj_desktop.domain.dates import add_months
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import Fen, format_yuan
from gjj_desktop.rules.limits import Limit
from gjj_desktop.rules.policy import Policy, Row
from gjj_desktop.rules.withdrawal.conditions import FREEZE, stops_of_account, stops_of_time
from gjj_desktop.rules.withdrawal.formulas import FORMULAS, asks_months
from gjj_desktop.rules.withdrawal.values import AccountFacts, Claim, Reached, Stop, Worked

WITH_INTEREST = "本息合计"
"""The line under a closing: what is paid out, the interest of the day among it."""


def work_out(reason: str, account: AccountFacts, claim: Claim, policy: Policy, day: date) -> Worked:
    """What may be withdrawn on `day` for `reason`, a row of the policy table withdrawal_reason.

    The amount is the lowest of what is available (balance less holds, freeze and what must stay) and the reason's own
    limits; a closing takes the whole balance, with its interest beside it. Findings name what refuses the claim; the
    amount is worked out all the same, so that the screen can show it.

    Raises:
        NoRuleInForce: the reason is not open on `day`.
    """
    return work_out_row(policy.on("withdrawal_reason", day, reason=reason), account, claim, policy, day)


def work_out_row(row: Row, account: AccountFacts, claim: Claim, policy: Policy, day: date) -> Worked:
    """`work_out` for a row of withdrawal_reason that is in force on the day."""
    reached = FORMULAS[row.rule](row, claim, day)
    stops = all_stops(row, account, claim, reached, policy, day)
    available, amount = available_lines(account, row), amount_of(row, account, reached)
    findings = (*(stop.finding for stop in stops), *_amount_findings(row, claim, amount, reached))
    return Worked(
        lines=_closing_lines(available, account, amount) if row.closes else _lines(available, reached, amount),
        amount_fen=amount,
        findings=findings,
        next_possible=_next(row, claim, day) if reached.clear else None,
        source=row.source,
        interest_fen=account.interest_fen if row.closes else 0,
        clear=reached.clear,
    )


def next_possible(reason: str, claim: Claim, policy: Policy, day: date) -> date | None:
    """The first day on which the next withdrawal for `reason` is possible after one of `day`; None where that depends
    on something else, or there is none."""
    return _next(policy.on("withdrawal_reason", day, reason=reason), claim, day)


def all_stops(
    row: Row, account: AccountFacts, claim: Claim, reached: Reached, policy: Policy, day: date
) -> tuple[Stop, ...]:
    """Everything that stands against the claim beside its amount."""
    return (*stops_of_account(account, row, policy, day), *stops_of_time(row, claim, day), *reached.stops)


def available_lines(account: AccountFacts, row: Row) -> tuple[Limit, ...]:
    """What the account could pay at all: the balance, and what is taken off it."""
    frozen_fen = 0 if FREEZE in row.get("despite", ()) else account.frozen_fen
    return (
        Limit("账户余额", account.balance_fen),
        Limit("冻结与在途", -(account.held_fen + frozen_fen)),
        *((Limit("须留存", -row.minimum_balance_fen, row.source),) if row.minimum_balance_fen else ()),
    )


def amount_of(row: Row, account: AccountFacts, reached: Reached) -> Fen:
    """What may be withdrawn at most by balance and limits, 0 or more."""
    available = sum(line.amount_fen for line in available_lines(account, row))
    return max(0, min((available, *(limit.amount_fen for limit in reached.limits))))


def _lines(available: tuple[Limit, ...], reached: Reached, amount: Fen) -> tuple[Limit, ...]:
    return (*available, *reached.limits, Limit("取其低者" if reached.limits else "可提取", amount))


def _closing_lines(available: tuple[Limit, ...], account: AccountFacts, amount: Fen) -> tuple[Limit, ...]:
    total = Limit(WITH_INTEREST, amount + account.interest_fen)
    return (*available, *account.interest_lines, total)


def _amount_findings(row: Row, claim: Claim, amount: Fen, reached: Reached) -> tuple[Finding, ...]:
    asked = claim.amount_fen
    if not reached.clear:
        return ()
    if amount == 0:
        return (
            Finding(_amount_field(row), "withdrawal.nothing", "按现有余额和限额，本次没有可提取的金额", row.source),
        )
    if row.closes or asked is None:
        return ()
    if asked <= 0:
        return (Finding("amount_fen", "withdrawal.not_positive", "提取金额应大于零", row.source),)
    if asked > amount:
        message = f"最多可提取 {format_yuan(amount)} 元，请改小金额"
        return (Finding("amount_fen", "withdrawal.over_limit", message, row.source),)
    return ()


def _amount_field(row: Row) -> str:
    return "amount_fen" if "amount_fen" in row["fields"] else ""


def _next(row: Row, claim: Claim, day: date) -> date | None:
    """After the interval, and for months not before the month after the last one claimed."""
    if row.closes or not row.interval_months:
        return None
    after = add_months(day, row.interval_months)
    if not asks_months(row) or claim.last_month is None:
        return after
    return max(after, claim.last_month.plus(1).first_day)
