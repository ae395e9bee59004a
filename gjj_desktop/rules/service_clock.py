"""By when a case must be decided (办理时限)."""

from collections.abc import Callable
from datetime import date, timedelta

import chinese_calendar

from gjj_desktop.rules.policy import Policy

IsWorkday = Callable[[date], bool]

_FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""Statutory days off that never move, for years whose notice is not out yet."""


def is_workday(day: date) -> bool:
    """Whether offices work on `day` by the State Council's holiday notice.

    For a year without a notice in the calendar package: Monday to Friday, the fixed statutory days off.
    """
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5 and (day.month, day.day) not in _FIXED_HOLIDAYS


def decision_due(policy: Policy, item: str, accepted_on: date, workday: IsWorkday = is_workday) -> date:
    """The last day on which a case accepted on `accepted_on` may be decided.

    Calendar days; the day of acceptance is not counted, and a last day that nobody works on moves to the next
    working day. The limit is the one in force on the day of acceptance, so loans accepted before 2026-09-20 keep
    15 days.

    Args:
        policy: Gives the table service_time.
        item: "withdrawal", "loan", "balance_review" or "remittance".
        accepted_on: Day of acceptance (of payday for "remittance").
        workday: Tells working days.

    Source:
        住房公积金管理条例 arts. 19, 25, 26, 37; civil procedure law art. 85 by analogy.
    """
    due = accepted_on + timedelta(days=policy.on("service_time", accepted_on, item=item).limit_days)
    while not workday(due):
        due += timedelta(days=1)
    return due


def resumed(due_on: date, sent_back_on: date, back_on: date, workday: IsWorkday = is_workday) -> date:
    """The last day once the clock stood still while the applicant had the case to correct it (退回补正).

    The days between are added; a last day that nobody works on moves to the next working day.

    Source:
        domain reference 7.3: the clock pauses only by a written 补正 notice.
    """
    due = due_on + timedelta(days=max(0, (back_on - sent_back_on).days))
    while not workday(due):
        due += timedelta(days=1)
    return due


def promised(policy: Policy, accepted_on: date) -> timedelta:
    """Within what time an item taken in at the counter on that day is promised to be done (一小时内办结)."""
    return timedelta(minutes=policy.on("service_time", accepted_on, item="window").limit_minutes)
