"""How an amount is divided by shares, each to the fen and all together exact."""

from collections.abc import Sequence
from fractions import Fraction

from gjj_desktop.domain.money import Fen


def split(total_fen: Fen, shares: Sequence[Fraction]) -> tuple[Fen, ...]:
    """Each share of `total_fen`, half up to the fen but no more than is left of it; the last takes the rest.

    Args:
        total_fen: What is divided, 0 or more.
        shares: At least one, each above 0, together 1.

    Raises:
        ValueError: there are no shares, or they do not make one whole.

    >>> split(1_000, [Fraction(1, 3)] * 3)
    (333, 333, 334)
    >>> split(2, [Fraction(1, 4)] * 4)
    (1, 1, 0, 0)
    """
    if not shares or sum(shares) != 1 or min(shares) <= 0:
        raise ValueError(f"the shares {', '.join(map(str, shares))} do not make one whole")
    parts: list[Fen] = []
    left = total_fen
    for share in shares[:-1]:
        exact = total_fen * share
        part = min(left, (2 * exact.numerator + exact.denominator) // (2 * exact.denominator))
        parts.append(part)
        left -= part
    return (*parts, left)
