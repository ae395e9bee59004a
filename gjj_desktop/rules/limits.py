"""One line of how an amount was worked out."""

from decimal import Decimal

import msgspec


class Limit(msgspec.Struct, frozen=True):
    """What the line is called, its amount in fen (negative where it is taken off), and the source of its rule."""

    label: str
    amount_fen: int
    source: str = ""


def lowest(limits: tuple[Limit, ...]) -> Limit:
    """The limit with the smallest amount, the first of equals; there must be at least one."""
    return min(limits, key=lambda limit: limit.amount_fen)


def percent_text(percent: Decimal) -> str:
    """A percentage as people write it, without trailing zeros: "80%", "2.6%"."""
    return f"{percent.normalize():f}%"
