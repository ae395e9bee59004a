"""How is each kind of block drawn into the flow of a sheet?"""

from collections.abc import Sequence

from gjj_desktop.domain.money import capitals, format_yuan
from gjj_desktop.printing import fonts
from gjj_desktop.printing.blocks import Block, Closing, Column, Fields, Heading, Money, Pair, Paragraph, Table
from gjj_desktop.printing.flow import FRAME, INNER, Flow
from gjj_desktop.printing.marks import Rule, Words, box, centred, ending
from gjj_desktop.printing.sheets import MM

CELL_SIDE = 4.0
NARROWEST = 16 * MM
SMALLEST = 9.0
SHORT = 160 * MM  # on a sheet this low the signatures stand at its foot


def lay(flow: Flow, blocks: Sequence[Block]) -> None:
    """Draw `blocks` one after the other; a heading keeps to what follows it."""
    for block in blocks:
        match block:
            case Fields():
                lay_fields(flow, block)
            case Table():
                lay_table(flow, block)
            case Heading():
                lay_heading(flow, block)
            case Paragraph():
                lay_paragraph(flow, block)
            case Closing():
                lay_closing(flow, block)


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
    """The ruled grid. A row is as high as its highest cell and is never cut."""
    label = label_width(flow, fields.cells)
    half = flow.sheet.inner_width / 2
    top, opened = flow.y, False
    for row in grid_rows(fields.cells):
        wide = len(row) == 1
        value = (flow.sheet.inner_width if wide else half) - label - 2 * CELL_SIDE
        height = max(_cell_height(flow, cell, label, value) for cell in row)
        if flow.y + height > flow.floor and opened:
            _frame(flow, top)
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
    _frame(flow, top)


def _frame(flow: Flow, top: float) -> None:
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


def lay_table(flow: Flow, table: Table) -> None:
    """Rows under a repeated head, and the sums, which never stand alone on a page."""
    size = _table_size(flow, table)
    widths = _column_widths(flow, table, size)
    rows = list(table.rows) or [(table.empty, *("" for _ in table.columns[1:]))]
    laid = [_row_lines(flow, row, widths, size) for row in rows]
    heights = [_row_height(flow, lines, size) for lines in laid]
    sums = _row_lines(flow, table.sums, widths, size) if table.sums else None
    sums_height = _row_height(flow, sums, size) if sums else 0.0
    head = _row_lines(flow, [column.title for column in table.columns], widths, size)
    head_height = _row_height(flow, head, size)
    flow.need(head_height + heights[0] + (sums_height if len(rows) == 1 else 0))
    top = flow.y
    _lay_row(flow, table.columns, head, widths, head_height, size, heading=True)
    for number, (lines, height) in enumerate(zip(laid, heights, strict=True)):
        tail = sums_height if number == len(laid) - 1 else 0.0
        if flow.y + height + tail > flow.floor:
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


def _column_widths(flow: Flow, table: Table, size: float) -> list[float]:
    """Each column as wide as its widest cell, the rest by share; when they need too much, the widest texts wrap."""
    needs = [
        max(
            fonts.width_of(fonts.TEXT, column.title, size),
            *(fonts.width_of(fonts.TEXT, row[number], size) for row in (*table.rows, table.sums) if row),
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
    """The usual size, or the smallest allowed for a table that would otherwise have to wrap."""
    size = flow.style.value - 0.5
    need = sum(
        max(fonts.width_of(fonts.TEXT, text, size) for text in (column.title, *(row[number] for row in table.rows)))
        for number, column in enumerate(table.columns)
    )
    return size if need + 8 * len(table.columns) <= flow.sheet.inner_width else SMALLEST


def _row_lines(flow: Flow, row: Sequence[str], widths: Sequence[float], size: float) -> list[list[str]]:
    return [flow.lines(text, size, width - 6) for text, width in zip(row, widths, strict=True)]


def _row_height(flow: Flow, cells: Sequence[Sequence[str]], size: float) -> float:
    return max(len(lines) for lines in cells) * size * 1.3 + 2 * flow.style.pad - 2


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
    _frame(flow, top)


def lay_heading(flow: Flow, heading: Heading) -> None:
    """A line over a grid or table."""
    size = flow.style.value + 0.5
    flow.need(size * 2 + 3 * flow.style.row)
    gap = 0.0 if flow.y <= flow.sheet.top + 20 else flow.style.pad + 2
    baseline = flow.y + gap + size * 1.05
    flow.put(Words(flow.left, baseline, heading.text, size, bold=True))
    if heading.note:
        flow.put(ending(flow.right, baseline, heading.note, flow.style.label))
    flow.y += gap + size * 1.05 + flow.style.pad + 0.5


def lay_paragraph(flow: Flow, paragraph: Paragraph) -> None:
    """Running text, line by line over as many pages as it needs."""
    size = flow.style.value
    text = "\u3000" * paragraph.indent + paragraph.text
    flow.y += flow.style.pad
    for line in flow.lines(text, size, flow.sheet.inner_width):
        flow.need(size * 1.45)
        flow.y += flow.column(flow.left, flow.y, [line], size, bold=paragraph.bold) + size * 0.1
    flow.y += flow.style.pad


def lay_closing(flow: Flow, closing: Closing) -> None:
    """The last block, kept whole: text and signatures at the left, room for the seal over the date at the right."""
    style = flow.style
    seal = 48 * MM
    width = flow.sheet.inner_width - seal - 4 * MM
    statement = flow.lines(closing.statement, style.small, width) if closing.statement else []
    step = flow.lines(closing.next_step, style.value, flow.sheet.inner_width) if closing.next_step else []
    step_height = len(step) * style.value * 1.35 + style.pad
    sign = style.small * 2.6
    rows = (len(closing.signatures) + 1) // 2
    text_height = len(statement) * style.small * 1.35 + 2 * style.pad
    height = step_height + max(text_height + rows * sign, style.seal)
    flow.need(height + style.pad)
    if flow.sheet.height < SHORT:
        height = max(height, min(height + 24 * MM, flow.floor - flow.y - style.pad))
    top = flow.y + style.pad + 1
    if step:
        top += flow.column(flow.left, top, step, style.value, bold=True) + style.pad
    if statement:
        flow.column(flow.left, top, statement, style.small)
    bottom = flow.y + style.pad + height - 7
    _lay_signatures(flow, closing, bottom - (rows - 1) * sign, width, sign)
    middle = flow.right - seal / 2
    flow.put(centred(middle, bottom - style.small * 1.7, closing.seal, style.small))
    flow.put(centred(middle, bottom, closing.date, style.value))
    flow.y += style.pad + height


def _lay_signatures(flow: Flow, closing: Closing, first: float, width: float, sign: float) -> None:
    size = flow.style.value
    for number, (who, name) in enumerate(closing.signatures):
        x = flow.left + (number % 2) * width / 2
        y = first + (number // 2) * sign
        label = f"{who}："
        flow.put(Words(x, y, label, size))
        after = x + fonts.width_of(fonts.TEXT, label, size) + 2
        if name:
            flow.put(Words(after, y, name, size))
        else:
            flow.put(Rule(after, y + 2, x + width / 2 - 10, y + 2, INNER))
