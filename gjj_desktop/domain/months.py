"""Calendar months (年月), as contributions and periods are counted."""

import calendar
import re
from collections.abc import Iterator
from datetime import date
from typing import Self

from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import without_spaces

_WRITTEN = re.compile(r"([0-9]{4})(?:[-/.]?([0-9]{2})|[-/.]([0-9])|年([0-9]{1,2})月)")


class Month(str):
    """One calendar month, written "2026-11".

    It is its own written form, so it orders, hashes and travels as that string; typed data that arrives as a plain
    string becomes a month again with `Month(text)`.

    >>> Month("2026-11").plus(2)
    Month('2027-01')
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """The month written as "2026-11" exactly; anything else raises ValueError."""
        if not re.fullmatch("[0-9]{4}-(0[1-9]|1[0-2])", text):
            raise ValueError(f"not a month: {text!r}")
        return super().__new__(cls, text)

    def __repr__(self) -> str:
        return f"Month({str(self)!r})"

    def __str__(self) -> str:
        return str.__str__(self)

    @classmethod
    def at(cls, year: int, month: int) -> Self:
        """The month by its numbers, month 1 to 12."""
        return cls(f"{year:04}-{month:02}")

    @classmethod
    def of(cls, day: date) -> Self:
        """The month in which `day` lies."""
        return cls.at(day.year, day.month)

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
        if not (year >= 1900 and 1 <= month <= 12):
            return Finding(field, "month.not_a_month", "年月不对，请按 2026-11 的样子填写")
        return cls.at(year, month)

    @property
    def year(self) -> int:
        """The year, four digits."""
        return int(self[:4])

    @property
    def month(self) -> int:
        """The number of the month, 1 to 12."""
        return int(self[5:])

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
        return self[:4] + self[5:]

    def plus(self, months: int) -> "Month":
        """The month that lies `months` later, earlier when negative."""
        year, month = divmod(self.ordinal + months, 12)
        return Month.at(year, month + 1)

    def since(self, other: "Month") -> int:
        """How many months this one lies after `other`; negative when before."""
        return self.ordinal - other.ordinal

    def __sub__(self, other: "Month") -> int:
        return self.since(other)


def month_range(first: Month, last: Month) -> Iterator[Month]:
    """The months from `first` to `last`, both included, oldest first; empty when `last` is before `first`."""
    return (first.plus(step) for step in range(last.since(first) + 1))
