"""What do all papers have in common, and how are figures, dates and ratios written on them?"""

from datetime import date
from decimal import Decimal

import msgspec

from gjj_desktop.domain.numbers import group_number, series_of


class PaperHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What stands at the top of every paper. `issued_at` is local time, "2026-11-22 10:31"."""

    centre: str
    outlet: str
    window: str
    paper_no: str
    issued_at: str
    operator: str
    case_no: str = ""
    copies: tuple[str, ...] = ("客户联", "留存联")
    practice: bool = False


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The base of every paper: a frozen value with everything that is printed.

    A field added later needs a default, which isn't encoded: so the digest of an older paper stays what it was.
    """

    head: PaperHead


class Reprint(msgspec.Struct, frozen=True, kw_only=True):
    """A paper printed once more: which time, when ("2026-11-22 15:02"), by whom, why, and who agreed ("" nobody)."""

    count: int
    printed_at: str
    officer: str
    reason: str
    agreed_by: str = ""


class Stamp(msgspec.Struct, frozen=True):
    """What is printed over a paper that no longer holds: "作废" or "已冲正", and why."""

    word: str
    reason: str = ""


def percent(ratio_bp: int) -> str:
    """A ratio as on paper: 800 → 8%, 550 → 5.5%."""
    return f"{Decimal(ratio_bp) / 100:f}".rstrip("0").rstrip(".") + "%" if ratio_bp % 100 else f"{ratio_bp // 100}%"


def rate(rate_percent: Decimal) -> str:
    """A yearly rate as in the tables: 2.6 → 2.6%, 3.075 → 3.075%."""
    return f"{rate_percent.normalize():f}%"


def day_in_words(day: date) -> str:
    """A day as official letters write it: 2026年11月22日."""
    return f"{day.year}年{day.month}月{day.day}日"


def number_in_groups(number: str) -> str:
    """A number that a window handed out, grouped as people read it: 9905 03 000417 4; any other as it is."""
    series = series_of(number)
    return group_number(series, number) if series else number


def grouped(number: str) -> str:
    """An account or card number in groups of four; one that is in groups already stays as it is."""
    if " " in number:
        return number
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
