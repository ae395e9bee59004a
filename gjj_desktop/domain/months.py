"""Calendar months (年月), as contributions and periods are counted."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date
from typing import Self

import msgspec

from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import without_spaces

_WRITTEN = re.compile(r"([0-9]{4})(?:[-/.]?([0-9]{2})|[-/.]([0-9])|年([0-9]{1,2})月)")


FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Years that a person can mean."""


class Month(msgspec.Struct, frozen=True, order=True):
    """One calendar month, `month` 1 to 12; rows and commands carry it as the string "2026-11", `str(month)`.

    >>> str(Month(2026, 11).plus(2))
    '2027-01'
    """

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.year <= 9999 and 1 <= self.month <= 12):
            raise ValueError(f"not a month: {self.year}-{self.month}")

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @classmethod
    def stored(cls, text: str) -> Self:
        """The month of a stored "2026-11"; anything else is a mistake of ours and raises ValueError."""
        if not re.fullmatch("[0-9]{4}-[0-9]{2}", text):
            raise ValueError(f"not a month: {text!r}")
        return cls(int(text[:4]), int(text[5:]))

    @classmethod
    def of(cls, day: date) -> Self:
        """The month in which `day` lies."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str, field: str = "") -> Self | Finding:
        """The month a person typed: 2026-11, 202611, 2026/11, 2026.11, 2026年11月, also full-width.

        Returns:
            The month, or a finding with the code month.empty or month.not_a_month.
        """
        plain = without_spaces(text)
        if not plain:
            return Finding(field, "month.empty", "请填写年月")
        found = _WRITTEN.fullmatch(plain)
        year, month = (int(found[1]), int(found[2] or found[3] or found[4])) if found else (0, 0)
        if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12):
            return Finding(field, "month.not_a_month", "年月不对，请按 2026-11 的样子填写")
        return cls(year, month)

    @property
    def ordinal(self) -> int:
        """Months since January of year 0; differences of ordinals count months."""
        return self.year * 12 + self.month - 1

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The last day of the month."""
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    @property
    def compact(self) -> str:
        """The form of the national standard, "202611"."""
        return f"{self.year:04}{self.month:02}"

    def plus(self, months: int) -> Month:
        """The month that lies `months` later, earlier when negative."""
        year, month = divmod(self.ordinal + months, 12)
        return Month(year, month + 1)

    def __sub__(self, other: Month) -> int:
        """How many months this one lies after `other`; negative when before."""
        return self.ordinal - other.ordinal


def month_range(first: Month, last: Month) -> Iterator[Month]:
    """The months from `first` to `last`, both included, oldest first; empty when `last` is before `first`."""
    return (first.plus(step) for step in range(last - first + 1))
