"""How is the ruled grid of labels and values drawn?"""

from collections.abc import Sequence

from gjj_desktop.domain.money import capitals, format_yuan
from gjj_desktop.printing import fonts
from gjj_desktop.printing.blocks import Fields, Money, Pair
from gjj_desktop.printing.flow import FRAME, Flow
from gjj_desktop.printing.marks import box
from gjj_desktop.printing.sheets import MM

CELL_SIDE = 4.0


def grid_rows(cells: Sequence[Pair | Money]) -> list[tuple[Pair | Money, ...]]:
    """Pairs two by two; a wide pair or an amount alone, and so a pair that has none beside it."""
    rows: list[tuple[Pair | Money, ...]] = []
    waiting: Pair | None = None
    for cell in cells:
        if isinstance(cell, Pair) and not cell.wide:
            if waiting is None:
                waiting = cell
            else:
                rows.append((waiting, cell))
                waiting = None
            continue
        if waiting is not None:
            rows.append((waiting,))
            waiting = None
        rows.append((cell,))
    return [*rows, (waiting,)] if waiting is not None else rows


def label_width(flow: Flow, cells: Sequence[Pair | Money]) -> float:
    """One width for all labels of a grid: that of the longest, within bounds."""
    longest = max(fonts.width_of(fonts.TEXT, cell.label, flow.style.label) for cell in cells)
    return min(max(longest + 2 * CELL_SIDE + 3, 21 * MM), 34 * MM)


def lay_fields(flow: Flow, fields: Fields) -> None:
    """The ruled grid. A row is as high as its highest cell; a text of over half a page goes on in further rows."""
    label = label_width(flow, fields.cells)
    half = flow.sheet.inner_width / 2
    cells = [piece for cell in fields.cells for piece in _pieces(flow, cell, label)]
    top, opened = flow.y, False
    for row in grid_rows(cells):
        wide = len(row) == 1
        value = (flow.sheet.inner_width if wide else half) - label - 2 * CELL_SIDE
        height = max(_cell_height(flow, cell, label, value) for cell in row)
        if flow.y + height > flow.floor and opened:
            frame(flow, top)
            opened = False
        if flow.need(height) or not opened:
            top, opened = flow.y, True
        elif opened:
            flow.across(flow.y)
        for number, cell in enumerate(row):
            x = flow.left + number * half
            if number:
                flow.upright(x, flow.y, flow.y + height)
            flow.upright(x + label, flow.y, flow.y + height)
            _lay_cell(flow, cell, x, height, label, value)
        flow.y += height
    frame(flow, top)


def _pieces(flow: Flow, cell: Pair | Money, label: float) -> list[Pair | Money]:
    """The cell, or what it is cut into when it is too high to be kept together."""
    most, size = flow.lines_at_most(flow.style.value), flow.style.value
    narrow = flow.sheet.inner_width / 2 - label - 2 * CELL_SIDE
    if isinstance(cell, Money) or len(flow.lines(cell.value, size, narrow)) <= most:
        return [cell]
    lines = flow.lines(cell.value, size, flow.sheet.inner_width - label - 2 * CELL_SIDE)
    chunks = ["\n".join(lines[at : at + most]) for at in range(0, len(lines), most)]
    return [Pair(cell.label if number == 0 else "（续）", chunk, wide=True) for number, chunk in enumerate(chunks)]


def frame(flow: Flow, top: float) -> None:
    """The strong rules around what was drawn from `top` down to here."""
    flow.put(*box(flow.left, top, flow.right, flow.y, FRAME))


def _cell_height(flow: Flow, cell: Pair | Money, label: float, value: float) -> float:
    style = flow.style
    labels = len(flow.lines(cell.label, style.label, label - 2 * CELL_SIDE)) * style.label * 1.3
    if isinstance(cell, Money):
        return max(style.row + 3, labels + 2 * style.pad)
    values = len(flow.lines(cell.value, style.value, value)) * style.value * 1.3
    return max(style.row, labels + 2 * style.pad, values + 2 * style.pad)


def _lay_cell(flow: Flow, cell: Pair | Money, x: float, height: float, label: float, value: float) -> None:
    style = flow.style
    labels = flow.lines(cell.label, style.label, label - 2 * CELL_SIDE)
    flow.cell(x, flow.y, height, labels, style.label, align="middle", width=label)
    inside = x + label + CELL_SIDE
    if isinstance(cell, Pair):
        flow.cell(inside, flow.y, height, flow.lines(cell.value, style.value, value), style.value)
        return
    digits = style.value + 3
    flow.cell(inside, flow.y, height, [f"¥{format_yuan(cell.fen)}"], digits, align="right", width=value, bold=True)
    room = value - fonts.width_of(fonts.TEXT, f"¥{format_yuan(cell.fen)}", digits) - 10
    words = f"冲正 {capitals(-cell.fen)}" if cell.fen < 0 else capitals(cell.fen)
    size = max(9.0, min(style.value + 1, room / max(fonts.width_of(fonts.TEXT, words, 1), 1)))
    flow.cell(inside, flow.y, height, [words], size)
