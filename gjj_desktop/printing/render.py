"""How does a paper become a PDF? The same value, proof and layout give the same bytes."""

from typing import NamedTuple

from gjj_desktop.printing import fonts
from gjj_desktop.printing.blocks import Content
from gjj_desktop.printing.flow import Flow
from gjj_desktop.printing.lay import lay
from gjj_desktop.printing.letters import LETTERS, Letter
from gjj_desktop.printing.marks import Code, Page, Rule, Words, box, centred, ending, moved
from gjj_desktop.printing.paper import PaperHead, Reprint, Stamp, number_in_groups
from gjj_desktop.printing.papers import RENDERERS, Paper
from gjj_desktop.printing.proof import Proof, qr_text
from gjj_desktop.printing.sheets import HALF_A4, LETTER, MM, SHEETS, Layout, Sheet, sheet_named
from gjj_desktop.printing.write import Info, write

PLAIN = Layout()
UNPROVEN = "预览 无效"
UNSIGNED = "预览稿，未签发，不作凭证"
TAG_STEP = 18.0
VERIFY = "凭单上二维码可在受理网点核验"


def render(
    paper: Paper,
    proof: Proof | None,
    reprint: Reprint | None = None,
    layout: Layout = PLAIN,
    stamp: Stamp | None = None,
) -> bytes:
    """The PDF of a paper, all copies in one document.

    Without a proof it is a preview and says so in the place of the code. A reprint is the same paper with its
    count, time, officer and reason at the foot, one that no longer holds bears its stamp. Raises OperatingError when
    the machine has no face for a character.
    """
    code = qr_text(proof) if proof else ""
    title, sheet, pages = pages_of(paper, code, reprint, layout, stamp)
    info = Info(f"{title} {paper.head.paper_no}", paper.head.centre, code)
    return write(pages, sheet, layout, info)


class Marking(NamedTuple):
    """What is added to a paper at this printing and is no part of it: the code, the words at the foot, framed words."""

    code: str
    remark: str
    tags: tuple[str, ...]


def pages_of(
    paper: Paper, code: str, reprint: Reprint | None, layout: Layout, stamp: Stamp | None = None
) -> tuple[str, Sheet, list[Page]]:
    """Title, sheet and marks of every page of every copy."""
    tags = (*((stamp.word,) if stamp else ()), *(("补打",) if reprint else ()))
    marking = Marking(code, remark_of(reprint, stamp), tags)
    letter = LETTERS.get(type(paper))
    if letter is not None:
        return letter.title, LETTER, _letter(paper, letter, marking)
    content = RENDERERS[type(paper)](paper)
    sheet = sheet_named(layout.sheet or content.sheet)
    if content.two_up and sheet.name == "A4":
        return content.title, sheet, _two_up(paper, content, marking)
    pages = [page for copy in paper.head.copies for page in copy_pages(paper, content, sheet, marking, copy)]
    return content.title, sheet, pages


def remark_of(reprint: Reprint | None, stamp: Stamp | None) -> str:
    """What stands at the foot of a reprint or of what no longer holds; empty for the first print of a good paper."""
    parts = []
    if stamp is not None:
        parts.append(f"{stamp.word}：{stamp.reason}" if stamp.reason else stamp.word)
    if reprint is not None:
        parts += [f"补打 第 {reprint.count} 次", reprint.printed_at, reprint.officer, reprint.reason]
        parts += [f"主管 {reprint.agreed_by} 同意"] if reprint.agreed_by else []
    return "　".join(parts)


def copy_pages(paper: Paper, content: Content, sheet: Sheet, marking: Marking, copy: str) -> list[Page]:
    """The pages of one copy."""
    flow = Flow(sheet, content.title, paper.head.paper_no, practice=paper.head.practice)
    _lay_head(flow, paper.head, content.number_word, marking, copy)
    lay(flow, content.blocks)
    flow.foot(marking.remark or (VERIFY if marking.code else UNSIGNED))
    return flow.pages


def _letter(paper: Paper, letter: Letter, marking: Marking) -> list[Page]:
    """A letter's copies, each with the code over the text area and the framed words at the left of it."""
    pages = []
    for copy in paper.head.copies:
        made = letter.pages(paper, copy, marking.remark)
        made[0] += _code_marks(marking.code, LETTER.width - LETTER.right - 23 * MM, 11 * MM, 23 * MM)
        made[0] += _tags(marking.tags, LETTER.left, 14 * MM)
        pages += made
    return pages


def _two_up(paper: Paper, content: Content, marking: Marking) -> list[Page]:
    """Two copies on one A4 with a line to tear along; a copy that needs more than a half gets pages of its own."""
    halves = [copy_pages(paper, content, HALF_A4, marking, copy) for copy in paper.head.copies]
    if any(len(half) > 1 for half in halves):
        whole = SHEETS["A4"]
        return [page for copy in paper.head.copies for page in copy_pages(paper, content, whole, marking, copy)]
    pages = []
    for at in range(0, len(halves), 2):
        page = list(halves[at][0])
        if at + 1 < len(halves):
            page += moved(halves[at + 1][0], HALF_A4.height)
            middle = HALF_A4.height
            page.append(Rule(0, middle, HALF_A4.width, middle, 0.5, dashed=True))
        pages.append(page)
    return pages


def _code_marks(code: str, x: float, y: float, size: float) -> Page:
    if code:
        return [Code(x, y, size, code)]
    return [*box(x, y, x + size, y + size, 0.6), centred(x + size / 2, y + size / 2 + 4, UNPROVEN, 11)]


def _lay_head(flow: Flow, head: PaperHead, number_word: str, marking: Marking, copy: str) -> None:
    """Centre and title in the middle, the code at the right, number, time and place under them."""
    style, top = flow.style, flow.y
    middle = flow.sheet.width / 2
    flow.put(*_code_marks(marking.code, flow.right - style.code, top, style.code))
    room = flow.sheet.inner_width - 2 * (style.code + 4 * MM)
    title = flow.fitting(flow.title, style.title, room)
    flow.put(centred(middle, top + style.centre, head.centre, flow.fitting(head.centre, style.centre, room)))
    flow.put(centred(middle, top + style.centre + style.title * 1.45, flow.title, title, bold=True))
    flow.put(*_tags((copy,), flow.left, top), *_tags(marking.tags, flow.left, top + TAG_STEP))
    flow.y = _lay_meta(flow, head, number_word, top + style.code) + 7


def _tags(texts: tuple[str, ...], x: float, top: float) -> Page:
    """Framed words at the upper left: which copy this is, that it is a reprint or no longer holds."""
    size, page = 10.0, []
    for text in texts:
        width = fonts.width_of(fonts.TEXT, text, size) + 10
        page += [*box(x, top, x + width, top + 15, 0.6), Words(x + 5, top + 11.2, text, size)]
        x += width + 4
    return page


def _lay_meta(flow: Flow, head: PaperHead, number_word: str, bottom: float) -> float:
    """Two lines that end beside the code: numbers, then outlet and time; a long outlet goes on below. Its foot."""
    size = flow.style.label
    right = flow.right - flow.style.code - 5 * MM
    upper, lower = bottom - size * 1.55 - 1, bottom - 1
    flow.put(Words(flow.left, upper, f"编号：{number_in_groups(head.paper_no)}", size))
    if head.case_no:
        flow.put(ending(right, upper, f"{number_word}：{number_in_groups(head.case_no)}", size))
    time = ending(right, lower, f"时间：{head.issued_at}", size)
    flow.put(time)
    place = flow.lines(f"网点：{head.outlet}　{head.window}", size, time.x - flow.left - 8)
    for number, line in enumerate(place):
        flow.put(Words(flow.left, lower + number * size * 1.35, line, size))
    return bottom + (len(place) - 1) * size * 1.35
