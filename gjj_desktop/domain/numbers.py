"""Business numbers that are handed out at windows, also offline: outlet, window, counter and a check digit."""

import re
from enum import Enum
from typing import Self

import msgspec
from stdnum.iso7064 import mod_11_10

from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import in_groups, without_spaces

OUTLET_DIGITS = 4
WINDOW_DIGITS = 2


class Series(Enum):
    """What a number names: its Chinese word, how many digits its counter has and how it is grouped for reading."""

    label: str
    counter_digits: int
    group_sizes: tuple[int, ...]

    EMPLOYER = ("单位账号", 5, (4,))
    CASE = ("受理号", 6, (4, 2, 6, 1))
    ACCOUNT = ("个人账号", 7, (4,))
    PAPER = ("单据号", 8, (4,))
    LOAN = ("贷款账号", 9, (4,))

    def __new__(cls, label: str, counter_digits: int, group_sizes: tuple[int, ...]) -> Self:
        """A series; its value is its label."""
        series = object.__new__(cls)
        series._value_ = label
        series.label, series.counter_digits, series.group_sizes = label, counter_digits, group_sizes
        return series

    @property
    def length(self) -> int:
        """How many digits the whole number has, the check digit included; no two series share a length."""
        return OUTLET_DIGITS + WINDOW_DIGITS + self.counter_digits + 1


class NumberParts(msgspec.Struct, frozen=True):
    """Where a number comes from: the outlet, the window there, and the how-manieth it is."""

    outlet: str
    window: str
    counter: int


def make_number(series: Series, outlet: str, window: str, counter: int) -> str:
    """The number with its ISO 7064 MOD 11,10 check digit, digits only.

    Raises:
        ValueError: outlet is not 4 digits, window not 2, or the counter does not fit the series.

    >>> make_number(Series.CASE, "9905", "03", 417)
    '9905030004174'
    """
    if not (re.fullmatch("[0-9]{4}", outlet) and re.fullmatch("[0-9]{2}", window)):
        raise ValueError(f"outlet {outlet!r} must be 4 digits and window {window!r} 2")
    if not 0 <= counter < 10**series.counter_digits:
        raise ValueError(f"counter {counter} does not fit {series.counter_digits} digits")
    body = f"{outlet}{window}{counter:0{series.counter_digits}}"
    return body + mod_11_10.calc_check_digit(body)


def check_number(series: Series, text: str, field: str = "") -> str | Finding:
    """The number without spaces, or why it can not be one of this series; any one wrong digit is noticed."""
    plain = without_spaces(text)
    if not plain:
        return Finding(field, "number.empty", f"请填写{series.label}")
    if not re.fullmatch("[0-9]+", plain):
        return Finding(field, "number.characters", f"{series.label}只能是数字，请核对")
    if len(plain) != series.length:
        return Finding(field, "number.length", f"{series.label}应为 {series.length} 位，现为 {len(plain)} 位")
    if not mod_11_10.is_valid(plain):
        return Finding(field, "number.check_digit", f"{series.label}校验位不对，请逐位核对")
    return plain


def parse_number(series: Series, number: str) -> NumberParts:
    """Outlet, window and counter of a right number; ValueError for a wrong one."""
    if isinstance(check_number(series, number), Finding):
        raise ValueError(f"not a number of series {series.name}: {number!r}")
    window_end = OUTLET_DIGITS + WINDOW_DIGITS
    return NumberParts(number[:OUTLET_DIGITS], number[OUTLET_DIGITS:window_end], int(number[window_end:-1]))


def series_of(text: str) -> Series | None:
    """The series of what was typed or scanned, by its length and check digit; None when it is no such number."""
    plain = without_spaces(text)
    return next((each for each in Series if not isinstance(check_number(each, plain), Finding)), None)


def group_number(series: Series, number: str) -> str:
    """The number as people read it, "9905 03 000417 4"."""
    return in_groups(number, series.group_sizes)
