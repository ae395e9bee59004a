"""How is a table drawn over as many pages as it needs?"""

from collections.abc import Sequence

from gjj_desktop.printing import fonts
from gjj_desktop.printing.blocks import Column, Table
from gjj_desktop.printing.flow import FRAME, Flow
from gjj_desktop.printing.grid import frame
from gjj_desktop.printing.sheets import MM

NARROWEST = 16 * MM
SMALLEST = 9.0
DENSE_PAD = 2.2
KEPT = 3  # rows that stay with the sums and signatures


def lay_table(flow: Flow, table: Table, after: float = 0.0) -> None:
    """Rows under a repeated head, and the sums, which never stand alone on a page.

    When what comes `after` doesn't fit below the last row, the last rows go to the next page with it.
    """
    if not table.rows:
        _lay_empty(flow, table)
        return
    size = _table_size(flow, table)
    widths = _column_widths(flow, table, size)
    rows = list(table.rows)
    most = flow.lines_at_most(size)
    laid = [piece for row in rows for piece in _pieces(_row_lines(flow, row, widths, size), most)]
    pad = DENSE_PAD if table.dense else flow.style.pad
    heights = [_row_height(lines, size, pad) for lines in laid]
    sums = _row_lines(flow, table.sums, widths, size) if table.sums else None
    sums_height = _row_height(sums, size, pad) if sums else 0.0
    head = _row_lines(flow, [column.title for column in table.columns], widths, size)
    head_height = _row_height(head, size, pad)
    flow.need(head_height + heights[0] + (sums_height if len(rows) == 1 else 0))
    top = flow.y
    _lay_row(flow, table.columns, head, widths, head_height, size, heading=True)
    last_ones = max(1, len(laid) - KEPT)
    rest = sum(heights[last_ones:]) + sums_height
    for number, (lines, height) in enumerate(zip(laid, heights, strict=True)):
        tail = sums_height if number == len(laid) - 1 else 0.0
        parted = number == last_ones and flow.y + rest <= flow.floor < flow.y + rest + after
        if parted or flow.y + height + tail > flow.floor:
            _close_table(flow, widths, top)
            flow.turn()
            top = flow.y
            _lay_row(flow, table.columns, head, widths, head_height, size, heading=True)
        flow.across(flow.y)
        _lay_row(flow, table.columns, lines, widths, height, size)
    if sums:
        flow.across(flow.y, FRAME)
        _lay_row(flow, table.columns, sums, widths, sums_height, size, bold=True)
    _close_table(flow, widths, top)


def _lay_empty(flow: Flow, table: Table) -> None:
    """The head, and one row across the whole width that says there is nothing."""
    size = _table_size(flow, table)
    widths = _column_widths(flow, table, size)
    head = _row_lines(flow, [column.title for column in table.columns], widths, size)
    height = _row_height(head, size, flow.style.pad)
    flow.need(2 * height)
    top = flow.y
    _lay_row(flow, table.columns, head, widths, height, size, heading=True)
    _close_table(flow, widths, top)
    flow.cell(flow.left, flow.y, height, [table.empty], size, align="middle", width=flow.sheet.inner_width)
    flow.y += height
    frame(flow, top)


def _pieces(cells: list[list[str]], most: int) -> list[list[list[str]]]:
    """A row, or the rows it is cut into when it is too high to be kept together."""
    highest = max(len(lines) for lines in cells)
    return [[lines[at : at + most] or [""] for lines in cells] for at in range(0, highest, most)]


def _column_widths(flow: Flow, table: Table, size: float) -> list[float]:
    """Each column as wide as its widest cell, the rest by share; when they need too much, the widest texts wrap."""
    needs = [
        max(
            fonts.width_of(fonts.TEXT, text, size)
            for text in (column.title, *(row[number] for row in (*table.rows, table.sums) if row))
        )
        + 8
        for number, column in enumerate(table.columns)
    ]
    slack = flow.sheet.inner_width - sum(needs)
    if slack >= 0:
        whole = sum(column.share for column in table.columns)
        return [need + slack * column.share / whole for need, column in zip(needs, table.columns, strict=True)]
    texts = [not (column.figures or column.middle or column.whole) for column in table.columns]
    wholes = [column.whole for column in table.columns]
    widths = _capped(_capped(needs, texts, flow.sheet.inner_width), wholes, flow.sheet.inner_width)
    return [width * flow.sheet.inner_width / sum(widths) for width in widths]


def _capped(needs: Sequence[float], gives: Sequence[bool], room: float) -> list[float]:
    """Cap the widest of the columns that give, so that all fit into `room`; none gets narrower than NARROWEST."""
    left = room - sum(need for need, give in zip(needs, gives, strict=True) if not give)
    waiting = sorted(need for need, give in zip(needs, gives, strict=True) if give)
    cap = max(waiting, default=0.0)
    while waiting:
        cap = left / len(waiting)
        if waiting[0] > cap:
            break
        left -= waiting.pop(0)
        cap = max(needs)
    cap = max(cap, NARROWEST)
    return [min(need, cap) if give else need for need, give in zip(needs, gives, strict=True)]


def _table_size(flow: Flow, table: Table) -> float:
    """The usual size, or the smallest allowed where figures and numbers leave texts no room at the usual one."""
    size = flow.style.value - 0.5
    need = 0.0
    for number, column in enumerate(table.columns):
        texts = (column.title, *(row[number] for row in (*table.rows, table.sums) if row))
        width = max(fonts.width_of(fonts.TEXT, text, size) for text in texts) + 8
        need += width if column.figures or column.middle or column.whole else min(width, 1.5 * NARROWEST)
    return size if need <= flow.sheet.inner_width else SMALLEST


def _row_lines(flow: Flow, row: Sequence[str], widths: Sequence[float], size: float) -> list[list[str]]:
    return [flow.lines(text, size, width - 6) for text, width in zip(row, widths, strict=True)]


def _row_height(cells: Sequence[Sequence[str]], size: float, pad: float) -> float:
    return max(len(lines) for lines in cells) * size * 1.3 + 2 * pad - 2


def _lay_row(
    flow: Flow,
    columns: Sequence[Column],
    cells: Sequence[list[str]],
    widths: Sequence[float],
    height: float,
    size: float,
    *,
    heading: bool = False,
    bold: bool = False,
) -> None:
    x = flow.left
    for column, lines, width in zip(columns, cells, widths, strict=True):
        align = "middle" if heading or column.middle else "right" if column.figures else "left"
        flow.cell(x + 3, flow.y, height, lines, size, align=align, width=width - 6, bold=bold)
        x += width
    flow.y += height


def _close_table(flow: Flow, widths: Sequence[float], top: float) -> None:
    x = flow.left
    for width in widths[:-1]:
        x += width
        flow.upright(x, top, flow.y)
    frame(flow, top)
