"""Which withdrawals may be agreed monthly (委托按月提取), on which day of the month they run, and by which interval."""

from collections.abc import Iterator
from datetime import date

import msgspec

from gjj_desktop.domain.months import Month, month_range
from gjj_desktop.rules.policy import Policy, Row

LESS = "less"
"""In `when_short`: what there is is taken; anything else takes nothing."""


def instruction_row(policy: Policy, day: date, reason: str) -> Row | None:
    """What policy says on agreeing this reason monthly; None where it may not be agreed."""
    rows = policy.rows("standing_instruction", day, reason=reason)
    return rows[0] if rows else None


def run_day(row: Row, month: Month) -> date:
    """The day on which the month's withdrawal runs, by a row of standing_instruction: the last day in short months."""
    return date(month.year, month.month, min(row.run_day, month.last_day.day))


def due_months(policy: Policy, day: date, reason: str, next_month: Month, last_month: Month) -> Iterator[Month]:
    """The months from `next_month` to `last_month` whose run day has come by `day`, oldest first.

    A reason that may be agreed no more runs on the first day of each month, so that its end is noted.
    """
    row = instruction_row(policy, day, reason)
    for month in month_range(next_month, min(last_month, Month.of(day))):
        if day >= (month.first_day if row is None else run_day(row, month)):
            yield month


def monthly(policy: Policy, day: date, reason: str) -> Policy:
    """The policy by which an agreed withdrawal is decided: the agreement's interval in place of the reason's.

    Made once for a policy and remembered with it.
    """
    row = instruction_row(policy, day, reason)
    if row is None:
        return policy
    remembered: dict[tuple[str, int], Policy] = policy.__dict__.setdefault("monthly", {})
    key = (reason, int(row.interval_months))
    if key not in remembered:
        remembered[key] = _with_interval(policy, *key)
    return remembered[key]


def _with_interval(policy: Policy, reason: str, months: int) -> Policy:
    table = policy.tables["withdrawal_reason"]
    rows = tuple(
        msgspec.structs.replace(row, values={**row.values, "interval_months": months})
        if row["reason"] == reason
        else row
        for row in table.rows
    )
    tables = {**policy.tables, "withdrawal_reason": msgspec.structs.replace(table, rows=rows)}
    return Policy(policy.version, tables)
