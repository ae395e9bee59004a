"""Dates as people type them, and the arithmetic of due days."""

import calendar
import re
from datetime import date

from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import without_spaces
from gjj_desktop.domain.months import FIRST_YEAR, LAST_YEAR, Month

_WRITTEN = re.compile(
    r"([0-9]{4})(?:([0-9]{2})([0-9]{2})|[-]([0-9]{1,2})[-]([0-9]{1,2})|[/]([0-9]{1,2})[/]([0-9]{1,2})"
    r"|[.]([0-9]{1,2})[.]([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)"
)


def parse_date(text: str, field: str = "") -> date | Finding:
    """The day a person typed: 2026-11-22, 20261122, 2026/11/22, 2026.11.22, 2026年11月22日, also full-width.

    Returns:
        The day, or a finding with the code date.empty, date.not_a_date (the form), date.year or date.no_such_day.
    """
    plain = without_spaces(text)
    if not plain:
        return Finding(field, "date.empty", "请填写日期")
    found = _WRITTEN.fullmatch(plain)
    if found is None:
        return Finding(field, "date.not_a_date", "日期请按 2026-11-22 的样子填写")
    year, month, day = (int(group) for group in found.groups() if group)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return Finding(field, "date.year", f"年份应在 {FIRST_YEAR} 至 {LAST_YEAR} 之间，请核对日期")
    try:
        return date(year, month, day)
    except ValueError:
        return Finding(field, "date.no_such_day", f"{year} 年没有 {month} 月 {day} 日，请核对日期")


def day_in_month(month: Month, day: int) -> date:
    """Day number `day` of `month`, or its last day when the month is shorter (due-day clamp)."""
    return date(month.year, month.month, min(day, calendar.monthrange(month.year, month.month)[1]))


def add_months(day: date, months: int) -> date:
    """The same day number `months` later, moved to the month's end where the month is shorter.

    >>> add_months(date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)
    """
    return day_in_month(Month.of(day).plus(months), day.day)
