"""What a person may withdraw now and what not, for every reason that is open, before anything is typed."""

from collections.abc import Callable
from datetime import date

import msgspec

from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import Fen, format_yuan
from gjj_desktop.domain.months import Month
from gjj_desktop.rules.policy import Policy, Row
from gjj_desktop.rules.withdrawal.formulas import FORMULAS, asks_months
from gjj_desktop.rules.withdrawal.values import AccountFacts, Claim, Reached, Stop
from gjj_desktop.rules.withdrawal.working import all_stops, amount_of


class Surveyed(msgspec.Struct, frozen=True, kw_only=True):
    """One reason: whether nothing known stands against it, and in one sentence what it gives or why not.

    `amount_fen` is what may be had at most (a closing with its interest), None while that depends on what is typed
    later. `next_possible` is the first day on which it is possible where it is not today, None where none is known.
    """

    reason: str
    label: str
    possible: bool
    sentence: str
    amount_fen: Fen | None = None
    next_possible: date | None = None


ClaimFor = Callable[[Row, Month | None, Month | None], Claim]
"""What is known of a claim for a reason and months before anything is typed: what was taken, what the books say."""


def survey(account: AccountFacts, claim_for: ClaimFor, policy: Policy, day: date) -> tuple[Surveyed, ...]:
    """Every reason open on `day`, in the order of policy.

    A reason that is claimed for months is surveyed for the months up to this one that were not claimed yet.
    """
    rows = policy.rows("withdrawal_reason", day)
    return tuple(_surveyed(row, account, claim_for, policy, day) for row in rows)


def _surveyed(row: Row, account: AccountFacts, claim_for: ClaimFor, policy: Policy, day: date) -> Surveyed:
    claim = claim_for(row, None, None)
    if asks_months(row):
        free = free_months(row, claim, day)
        if free is None:
            return _stopped(row, all_stops(row, account, claim, _all_claimed(row, day), policy, day))
        claim = claim_for(row, *free)
    reached = FORMULAS[row.rule](row, claim, day)
    known = reached if reached.clear else reached._replace(stops=())
    stops = all_stops(row, account, claim, known, policy, day)
    if stops:
        return _stopped(row, stops)
    amount_fen = amount_of(row, account, known if reached.clear else reached._replace(limits=()))
    if reached.barred or amount_fen == 0:
        return _not_now(row, reached.hint if reached.barred else "按现有余额和限额，没有可提取的金额")
    interest_fen = account.interest_fen if row.closes else 0
    return Surveyed(
        reason=row.reason,
        label=row.label,
        possible=True,
        sentence=_closing(row, account, amount_fen + interest_fen, policy, day)
        if row.closes
        else _sentence(claim, reached, amount_fen),
        amount_fen=amount_fen + interest_fen if reached.clear else None,
    )


def free_months(row: Row, claim: Claim, day: date) -> tuple[Month, Month] | None:
    """The latest months up to the day's that may be claimed at once; None when this month was claimed already."""
    last = Month.of(day)
    own = [each.month for each in claim.taken_months if each.own and each.month is not None and each.month <= last]
    earliest = last.plus(1 - row.claim_months)
    first = max(earliest, max(own).plus(1)) if own else earliest
    return None if first > last else (first, last)


def _all_claimed(row: Row, day: date) -> Reached:
    free_on = Month.of(day).plus(1).first_day
    message = f"本月及以前已提取，{free_on} 起可再提取"
    return Reached((), (Stop(Finding("first_month", "withdrawal.month_taken", message, row.source), free_on),))


def _stopped(row: Row, stops: tuple[Stop, ...]) -> Surveyed:
    """Told by the first stop; free when the last of them is, if all have a day."""
    days = [stop.free_on for stop in stops if stop.free_on is not None]
    return _not_now(row, stops[0].finding.message, max(days) if len(days) == len(stops) else None)


def _not_now(row: Row, sentence: str, free_on: date | None = None) -> Surveyed:
    return Surveyed(reason=row.reason, label=row.label, possible=False, sentence=sentence, next_possible=free_on)


def _sentence(claim: Claim, reached: Reached, amount_fen: Fen) -> str:
    money = f"最多 {format_yuan(amount_fen)} 元"
    if not reached.clear:
        return f"{reached.hint}，{money}" if reached.hint else money
    first, last = claim.first_month, claim.last_month
    months = "" if last is None else f"{last}，" if first == last else f"{first} 至 {last}，"
    return months + money


def _closing(row: Row, account: AccountFacts, total_fen: Fen, policy: Policy, day: date) -> str:
    """What proves that it has happened and what is then paid; where it is retirement, also when that is due."""
    proof = policy.on("material", day, material=row.materials[0]).label if row.materials else "证明"
    early = row.get("at_retirement") and account.retires is not None and day < account.retires.first_day
    age = f"{account.retires} 到法定退休年龄；" if early else ""
    return f"{age}凭{proof}，本息 {format_yuan(total_fen)} 元，提取后销户"
