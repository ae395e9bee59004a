"""What time is it, here and in China, and what id comes next: the only place where the machine's clocks are read."""

import secrets
import time
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

CHINA = timezone(timedelta(hours=8))
_RANDOM_BITS = 74
_AWAKE_OR_ASLEEP: int | None = getattr(time, "CLOCK_BOOTTIME", None)  # Linux's monotonic clock stands still in sleep


def utc_now() -> datetime:
    """The machine's time, with its offset."""
    return datetime.now(UTC)


def utc_text(moment: datetime | None = None) -> str:
    """`moment`, or now, as it is written on the wire and into the store: ISO 8601 in UTC with milliseconds."""
    return (moment or utc_now()).astimezone(UTC).isoformat(timespec="milliseconds")


def is_utc_text(text: str) -> bool:
    """Whether `text` is a moment as `utc_text` writes it, of a year with which one can still reckon."""
    try:
        moment = datetime.fromisoformat(text)
        return 1970 <= moment.year < 9999 and utc_text(moment) == text
    except (ValueError, OverflowError):
        return False


def china_time(text: str) -> datetime:
    """What `utc_text` wrote, as clocks in China show it."""
    return datetime.fromisoformat(text).astimezone(CHINA)


def steady_seconds() -> float:
    """Seconds of a clock that nobody can move; only differences mean something, and only in one process.

    It goes on while the machine sleeps: who wakes it up hours later has not typed a password a minute ago.
    """
    return time.monotonic() if _AWAKE_OR_ASLEEP is None else time.clock_gettime(_AWAKE_OR_ASLEEP)


def new_id() -> str:
    """A new UUIDv7 (RFC 9562): milliseconds and 74 random bits, so ids sort by time and never meet."""
    random = secrets.randbits(_RANDOM_BITS)
    milliseconds = time.time_ns() // 1_000_000
    high, low = random >> 62, random & ((1 << 62) - 1)
    return str(UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))
