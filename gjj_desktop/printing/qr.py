"""How does a text become the squares of a QR code?"""

from collections.abc import Iterator
from functools import lru_cache

import segno

MASK = 2  # the search for the best mask is most of the work; any mask is read by every scanner


@lru_cache(maxsize=64)
def matrix(text: str) -> tuple[bytes, ...]:
    """The rows of the code without quiet zone, 1 for dark; error correction M."""
    return tuple(bytes(row) for row in segno.make_qr(text, error="m", mask=MASK, boost_error=False).matrix)


def dark_stretches(rows: tuple[bytes, ...]) -> Iterator[tuple[int, int, int]]:
    """Row, first column and length of each unbroken stretch of dark squares."""
    for number, row in enumerate(rows):
        start = -1
        for column, dark in enumerate(row + b"\0"):
            if dark and start < 0:
                start = column
            elif not dark and start >= 0:
                yield number, start, column - start
                start = -1
