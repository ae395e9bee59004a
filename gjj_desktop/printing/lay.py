"""How are the blocks of a paper drawn into the flow of its sheets?"""

from collections.abc import Sequence

from gjj_desktop.printing.blocks import Block, Closing, Fields, Heading, Paragraph, Table
from gjj_desktop.printing.closing import closing_height, lay_closing
from gjj_desktop.printing.flow import Flow
from gjj_desktop.printing.grid import lay_fields
from gjj_desktop.printing.marks import Words, ending
from gjj_desktop.printing.table import lay_table


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
