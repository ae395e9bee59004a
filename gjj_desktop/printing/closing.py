"""How does a paper end: what is declared, what happens next, who signs, where the seal goes?"""

from gjj_desktop.printing import fonts
from gjj_desktop.printing.blocks import Closing
from gjj_desktop.printing.flow import INNER, Flow
from gjj_desktop.printing.marks import Rule, Words, centred
from gjj_desktop.printing.sheets import MM

SEAL_WIDTH = 48 * MM
SEAL_WIDTH_TIGHT = 40 * MM
SHORT = 160 * MM  # on a sheet this low the signatures stand at its foot
LEADING = 1.35
SIGNATURE_LEADING = 2.6


def _seal_width(flow: Flow) -> float:
    return SEAL_WIDTH_TIGHT if flow.sheet.height < SHORT else SEAL_WIDTH


def closing_height(flow: Flow, closing: Closing) -> float:
    """How high the closing is at least."""
    style = flow.style
    rows = _lines_of_signatures(closing)
    statement = len(_statement(flow, closing)) * style.small * LEADING + 2 * style.pad
    below = max(statement + rows * style.small * SIGNATURE_LEADING, style.seal)
    return 2 * style.pad + len(_step(flow, closing)) * style.value * LEADING + below


def _statement(flow: Flow, closing: Closing) -> list[str]:
    width = flow.sheet.inner_width - _seal_width(flow) - 4 * MM
    return flow.lines(closing.statement, flow.style.small, width) if closing.statement else []


def _step(flow: Flow, closing: Closing) -> list[str]:
    return flow.lines(closing.next_step, flow.style.value, flow.sheet.inner_width) if closing.next_step else []


def lay_closing(flow: Flow, closing: Closing) -> None:
    """The last block, kept whole: text and signatures at the left, room for the seal over the date at the right."""
    style = flow.style
    height = closing_height(flow, closing)
    flow.need(height)
    if flow.sheet.height < SHORT:
        height = max(height, min(height + 24 * MM, flow.floor - flow.y))
    top = flow.y + style.pad + 1
    top += flow.column(flow.left, top, _step(flow, closing), style.value, bold=True) + style.pad
    flow.column(flow.left, top, _statement(flow, closing), style.small)
    bottom = flow.y + height - 7
    _lay_signatures(flow, closing, bottom)
    middle = flow.right - _seal_width(flow) / 2
    flow.put(centred(middle, bottom - style.small * 1.7, closing.seal, style.small))
    flow.put(centred(middle, bottom, closing.date, style.value))
    flow.y += height


def _shares_of_a_line(closing: Closing) -> tuple[float, ...]:
    """Two signatures a line; three where two of them are names, and who is yet to sign has more room."""
    to_sign = [not name for _, name in closing.signatures]
    if len(to_sign) == 3 and sum(to_sign) == 1:
        return tuple(0.46 if signs else 0.27 for signs in to_sign)
    return (0.5, 0.5)


def _lines_of_signatures(closing: Closing) -> int:
    return -(-len(closing.signatures) // len(_shares_of_a_line(closing)))


def _lay_signatures(flow: Flow, closing: Closing, bottom: float) -> None:
    """The last line at the bottom; who hasn't a name yet gets a line to sign on."""
    size, leading, shares = flow.style.value, flow.style.small * SIGNATURE_LEADING, _shares_of_a_line(closing)
    width = flow.sheet.inner_width - _seal_width(flow) - 4 * MM
    first = bottom - (_lines_of_signatures(closing) - 1) * leading
    for number, (who, name) in enumerate(closing.signatures):
        line, place = divmod(number, len(shares))
        part = width * shares[place]
        x, y = flow.left + width * sum(shares[:place]), first + line * leading
        label = f"{who}："
        after = x + fonts.width_of(fonts.TEXT, label, size) + 2
        flow.put(Words(x, y, label, size))
        if name:
            flow.put(Words(after, y, name, flow.fitting(name, size, x + part - 4 - after)))
        else:
            flow.put(Rule(after, y + 2, x + part - 10, y + 2, INNER))
