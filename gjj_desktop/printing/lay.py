"""How are the blocks of a paper drawn into the flow of its sheets?"""

from collections.abc import Sequence

from gjj_desktop.printing.blocks import Block, Closing, Fields, Heading, Paragraph, Scan, Table
from gjj_desktop.printing.closing import closing_height, lay_closing
from gjj_desktop.printing.flow import Flow
from gjj_desktop.printing.grid import lay_fields
from gjj_desktop.printing.marks import Code, Words, ending
from gjj_desktop.printing.sheets import MM
from gjj_desktop.printing.table import lay_table

SCAN = 20 * MM
QUIET = 4 * MM


def lay(flow: Flow, blocks: Sequence[Block]) -> None:
    """Draw `blocks` one after the other; a heading keeps to what follows it."""
    for number, block in enumerate(blocks):
        match block:
            case Fields():
                lay_fields(flow, block)
            case Table():
                after = blocks[number + 1] if number + 1 < len(blocks) else None
                lay_table(flow, block, closing_height(flow, after) if isinstance(after, Closing) else 0.0)
            case Heading():
                lay_heading(flow, block)
            case Paragraph():
                lay_paragraph(flow, block)
            case Scan():
                lay_scan(flow, block)
            case Closing():
                lay_closing(flow, block)


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


def lay_scan(flow: Flow, scan: Scan) -> None:
    """A code with its quiet zone at the left, what it is for beside it; kept whole."""
    size = flow.style.value
    x = flow.left + SCAN + 2 * QUIET
    lines = flow.lines(scan.words, size, flow.right - x)
    height = max(SCAN + 2 * QUIET, (size + 1) * 1.9 + len(lines) * size * 1.35 + 2 * flow.style.pad)
    flow.need(height)
    flow.put(Code(flow.left + QUIET, flow.y + QUIET, SCAN, scan.code))
    flow.put(Words(x, flow.y + QUIET + size, scan.heading, size + 1, bold=True))
    flow.column(x, flow.y + QUIET + size * 1.6, lines, size)
    flow.y += height
