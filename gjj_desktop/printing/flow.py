"""How do the blocks of a paper fill its sheets, from the top down?"""

import msgspec

from gjj_desktop.printing import fonts
from gjj_desktop.printing.breaking import break_lines
from gjj_desktop.printing.marks import Ghost, Mark, Page, Rule, Words, centred, ending
from gjj_desktop.printing.paper import number_in_groups
from gjj_desktop.printing.sheets import MM, Sheet

FRAME = 0.9
INNER = 0.5
FOOT_LEADING = 10.5
MIDDLE = 0.35  # of the size: how far the middle of a character is above its baseline


class Style(msgspec.Struct, frozen=True):
    """Sizes in points for one kind of sheet. Nothing is under 9 pt, which an impact printer can't draw."""

    value: float
    label: float
    small: float
    row: float
    pad: float
    title: float
    centre: float
    code: float
    seal: float


ROOMY = Style(value=10.5, label=10, small=9.5, row=25, pad=4.2, title=18, centre=13, code=28 * MM, seal=46 * MM)
TIGHT = Style(value=10, label=9.5, small=9, row=17.5, pad=2, title=16, centre=11.5, code=25 * MM, seal=23 * MM)


class Flow:
    """The sheets of one copy while they are filled; `y` is where the next block starts."""

    def __init__(self, sheet: Sheet, title: str, paper_no: str, *, practice: bool) -> None:
        self.sheet = sheet
        self.title = title
        self.paper_no = paper_no
        self.style = TIGHT if sheet.height < 160 * MM else ROOMY
        self.practice = practice
        self.pages: list[Page] = []
        self.y = 0.0
        self.turn()

    @property
    def page(self) -> Page:
        """The page being filled."""
        return self.pages[-1]

    @property
    def left(self) -> float:
        """Where the left margin ends."""
        return self.sheet.left

    @property
    def right(self) -> float:
        """Where the right margin starts."""
        return self.sheet.width - self.sheet.right

    @property
    def floor(self) -> float:
        """The lowest place a block may reach: the foot line is below it."""
        return self.sheet.height - self.sheet.bottom - 18

    def lines_at_most(self, size: float) -> int:
        """How many lines of a cell are kept together: those of half a page."""
        return int((self.floor - self.sheet.top) / 2 / (size * 1.3))

    def turn(self) -> None:
        """Start a new page; all but the first say what they go on with."""
        self.pages.append([Ghost("练习 不作凭证")] if self.practice else [])
        self.y = self.sheet.top
        if len(self.pages) > 1:
            baseline = self.y + 9
            self.put(Words(self.left, baseline, f"{self.title}（续）", 10))
            self.put(ending(self.right, baseline, f"编号：{number_in_groups(self.paper_no)}", 10))
            self.y += 16

    def put(self, *marks: Mark) -> None:
        """Set marks on the page."""
        self.page.extend(marks)

    def need(self, height: float) -> bool:
        """Turn the page when `height` no longer fits; whether it was turned."""
        if self.y + height <= self.floor or self.y <= self.sheet.top + 20:
            return False
        self.turn()
        return True

    def lines(self, text: str, size: float, width: float) -> list[str]:
        """`text` broken into lines of `width`."""
        return break_lines(text, lambda character: fonts.advance(fonts.TEXT, character) * size, width)

    def fitting(self, text: str, size: float, width: float) -> float:
        """The size at which `text` is no wider than `width`, `size` at most; never under 9 pt."""
        return max(9.0, min(size, width / max(fonts.width_of(fonts.TEXT, text, 1), 0.1)))

    def column(self, x: float, top: float, lines: list[str], size: float, *, bold: bool = False) -> float:
        """Set lines under each other; returns the height they took."""
        leading = size * 1.35
        for number, line in enumerate(lines):
            self.put(Words(x, top + leading * number + leading / 2 + size * MIDDLE, line, size, bold=bold))
        return leading * len(lines)

    def cell(
        self,
        x: float,
        top: float,
        height: float,
        lines: list[str],
        size: float,
        *,
        align: str = "left",
        width: float = 0.0,
        bold: bool = False,
    ) -> None:
        """Set lines in the middle of a cell's height; `align` is left, right or middle of `width`."""
        leading = size * 1.3
        first = top + (height - leading * len(lines)) / 2 + leading / 2 + size * MIDDLE
        for number, line in enumerate(lines):
            y = first + leading * number
            if align == "right":
                self.put(ending(x + width, y, line, size, bold=bold))
            elif align == "middle":
                self.put(centred(x + width / 2, y, line, size, bold=bold))
            else:
                self.put(Words(x, y, line, size, bold=bold))

    def across(self, y: float, thickness: float = INNER) -> None:
        """A rule over the whole width."""
        self.put(Rule(self.left, y, self.right, y, thickness))

    def upright(self, x: float, top: float, bottom: float, thickness: float = INNER) -> None:
        """A rule down."""
        self.put(Rule(x, top, x, bottom, thickness))

    def foot(self, remark: str) -> None:
        """Write the foot of each page: a remark of up to two lines at the left, page x of y at the right."""
        y = self.sheet.height - self.sheet.bottom
        for number, page in enumerate(self.pages, 1):
            place = ending(self.right, y, f"第 {number} 页 共 {len(self.pages)} 页", 9)
            page += [*foot_lines(remark, self.left, y, place.x - self.left - 8), place]


def foot_lines(remark: str, x: float, y: float, width: float) -> list[Mark]:
    """A remark at the foot of a page, 9 pt: its last line stands on `y`, a first one above it."""
    lines = break_lines(remark, lambda character: fonts.advance(fonts.TEXT, character) * 9, width)
    return [Words(x, y - (len(lines) - 1 - number) * FOOT_LEADING, line, 9) for number, line in enumerate(lines)]
