"""What can stand on a page? Words, rules and a code, each with its place: a page is a list of them.

Places are in points from the upper left corner of the sheet, y downwards; words stand on their baseline.
"""

import msgspec

from gjj_desktop.printing import fonts

BLACK = "#000000"
RED = "#c8161d"


class Words(msgspec.Struct, frozen=True):
    """One line of text; `x` is its left end, `spread` is added between its characters to fill a line."""

    x: float
    y: float
    text: str
    size: float
    role: str = fonts.TEXT
    bold: bool = False
    colour: str = BLACK
    spread: float = 0.0

    @property
    def width(self) -> float:
        """How wide the line is, in points."""
        return fonts.width_of(self.role, self.text, self.size) + self.spread * (len(self.text) - 1)


class Rule(msgspec.Struct, frozen=True):
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    thickness: float = 0.5
    dashed: bool = False
    colour: str = BLACK


class Code(msgspec.Struct, frozen=True):
    """A QR code; `x`, `y` is its upper left corner, `size` its edge without the quiet zone."""

    x: float
    y: float
    size: float
    text: str


class Ghost(msgspec.Struct, frozen=True):
    """Large words in outline across the sheet, which say that the paper is not a real one."""

    text: str


Mark = Words | Rule | Code | Ghost
Page = list[Mark]


def centred(middle: float, y: float, text: str, size: float, role: str = fonts.TEXT, *, bold: bool = False) -> Words:
    """Words whose middle is at `middle`."""
    return Words(middle - fonts.width_of(role, text, size) / 2, y, text, size, role, bold)


def ending(right: float, y: float, text: str, size: float, role: str = fonts.TEXT, *, bold: bool = False) -> Words:
    """Words that end at `right`."""
    return Words(right - fonts.width_of(role, text, size), y, text, size, role, bold)


def box(x1: float, y1: float, x2: float, y2: float, thickness: float = 0.5) -> list[Mark]:
    """Four rules around an area."""
    corners = ((x1, y1, x2, y1), (x2, y1, x2, y2), (x2, y2, x1, y2), (x1, y2, x1, y1))
    return [Rule(*corner, thickness) for corner in corners]


def moved(page: Page, down: float) -> Page:
    """The same marks further down the sheet."""
    return [_moved(mark, down) for mark in page]


def _moved(mark: Mark, down: float) -> Mark:
    if isinstance(mark, Rule):
        return msgspec.structs.replace(mark, y1=mark.y1 + down, y2=mark.y2 + down)
    return mark if isinstance(mark, Ghost) else msgspec.structs.replace(mark, y=mark.y + down)
