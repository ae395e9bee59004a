"""What sheets of paper are there, and where on them may be printed?"""

import msgspec

from gjj_desktop.errors import OperatingError

MM = 72 / 25.4


class Sheet(msgspec.Struct, frozen=True):
    """A size of paper in points, with the margins that are kept free."""

    name: str
    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def inner_width(self) -> float:
        """Width between the margins."""
        return self.width - self.left - self.right


def sheet(name: str, width_mm: float, height_mm: float, side_mm: float, top_mm: float, bottom_mm: float) -> Sheet:
    """A sheet given in millimetres, left and right margins alike."""
    return Sheet(name, width_mm * MM, height_mm * MM, side_mm * MM, top_mm * MM, side_mm * MM, bottom_mm * MM)


A4 = sheet("A4", 210, 297, 16, 15, 13)
A5_LANDSCAPE = sheet("A5-landscape", 210, 148, 14, 8, 8)
HALF_A4 = sheet("half-A4", 210, 148.5, 16, 8, 8)
# The tractor strips take 12.7 mm on each side of continuous paper.
CONTINUOUS_HALF = sheet("241x140", 241, 140, 20, 6, 6)
CONTINUOUS_FULL = sheet("241x279", 241, 279, 20, 9, 9)
LETTER = Sheet("letter", 210 * MM, 297 * MM, 28 * MM, 37 * MM, 26 * MM, 35 * MM)  # GB/T 9704-2012, 5.2.1

SHEETS = {each.name: each for each in (A4, A5_LANDSCAPE, CONTINUOUS_HALF, CONTINUOUS_FULL)}


def sheet_named(name: str) -> Sheet:
    """The sheet of that name. Raises OperatingError for one that printers here don't have."""
    if name not in SHEETS:
        raise OperatingError(f"打印设置中的纸张“{name}”无法识别。", f"请在打印设置中改选：{'、'.join(SHEETS)}。")
    return SHEETS[name]


class Layout(msgspec.Struct, frozen=True):
    """How this printer wants it: another sheet than the paper's own ("" keeps it), and its offsets.

    Offsets are in millimetres; positive moves right and down.
    """

    sheet: str = ""
    right_mm: float = 0.0
    down_mm: float = 0.0
