"""How figures and dates read once they are typed; text that is not understood stays as it is."""

from datetime import date

from gjj_desktop.domain.dates import parse_date
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.half_width import half_width
from gjj_desktop.domain.money import capitals, format_yuan, parse_yuan
from gjj_desktop.domain.months import Month

_DAYS = "一二三四五六日"


def tidy_money(raw: str) -> str:
    """9000 as 9,000.00."""
    fen = parse_yuan(raw, allow_negative=True)
    return raw if isinstance(fen, Finding) else format_yuan(fen)


def money_in_capitals(raw: str) -> str:
    """The amount in 大写, nothing while it is no amount."""
    fen = parse_yuan(raw)
    return "" if isinstance(fen, Finding) else capitals(fen)


def tidy_date(raw: str) -> str:
    """20261122 as 2026-11-22."""
    day = parse_date(raw)
    return day.isoformat() if isinstance(day, date) else raw


def day_of_week(raw: str) -> str:
    """The day of the week, to check a date against what the citizen said."""
    day = parse_date(raw)
    return f"星期{_DAYS[day.weekday()]}" if isinstance(day, date) else ""


def tidy_month(raw: str) -> str:
    """202611 as 2026-11."""
    month = Month.parse(raw)
    return str(month) if isinstance(month, Month) else raw


def tidy_plain(raw: str) -> str:
    """Full-width digits and signs as half-width ones, outer spaces cut."""
    return half_width(raw)
