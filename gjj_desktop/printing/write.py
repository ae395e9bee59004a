"""How do pages of marks become the bytes of a PDF? The same pages give the same bytes."""

import io
from threading import Lock

import msgspec
import reportlab.rl_config
from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from gjj_desktop.printing import fonts, qr
from gjj_desktop.printing.marks import BLACK, RED, Code, Ghost, Mark, Page, Rule, Words
from gjj_desktop.printing.sheets import MM, Layout, Sheet

BOLD_STROKE = 0.024  # of the size; the usual Chinese faces come without a bold cut
reportlab.rl_config.useA85 = 0  # streams stay binary: a fifth smaller, and Base 85 is a tenth of a receipt's time
GHOST_SIZE = 64.0
_ONE_AT_A_TIME = Lock()  # a ReportLab face reads its file by a position of its own
GREY = "#9a9a9a"
COLOURS = {name: HexColor(name) for name in (BLACK, RED, GREY)}


class Info(msgspec.Struct, frozen=True):
    """What the PDF says about itself; `keywords` carries the proof."""

    title: str
    author: str
    keywords: str = ""


def write(pages: list[Page], sheet: Sheet, layout: Layout, info: Info) -> bytes:
    """The PDF of `pages` on `sheet`, moved by the printer's offsets."""
    with _ONE_AT_A_TIME:
        return _written(pages, sheet, layout, info)


def _written(pages: list[Page], sheet: Sheet, layout: Layout, info: Info) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(sheet.width, sheet.height), invariant=1, pageCompression=1, lang="zh-CN")
    canvas.setTitle(info.title)
    canvas.setAuthor(info.author)
    canvas.setCreator("gjj-desktop")
    canvas.setKeywords(info.keywords)
    for page in pages:
        canvas.translate(layout.right_mm * MM, -layout.down_mm * MM)
        for mark in page:
            _draw(canvas, sheet, mark)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, sheet: Sheet, mark: Mark) -> None:
    if isinstance(mark, Words):
        _draw_words(canvas, sheet, mark)
    elif isinstance(mark, Rule):
        canvas.setStrokeColor(COLOURS[mark.colour])
        canvas.setLineWidth(mark.thickness)
        canvas.setDash([4, 3] if mark.dashed else [])
        canvas.line(mark.x1, sheet.height - mark.y1, mark.x2, sheet.height - mark.y2)
    elif isinstance(mark, Code):
        _draw_code(canvas, sheet, mark)
    else:
        _draw_ghost(canvas, sheet, mark)


def _draw_words(canvas: Canvas, sheet: Sheet, words: Words) -> None:
    text = canvas.beginText(words.x, sheet.height - words.y)
    colour = COLOURS[words.colour]
    text.setFillColor(colour)
    if words.spread:
        text.setCharSpace(words.spread)
    if words.bold:
        canvas.setStrokeColor(colour)
        canvas.setLineWidth(words.size * BOLD_STROKE)
        canvas.setDash([])
        text.setTextRenderMode(2)
    for face, stretch in fonts.runs(words.role, words.text):
        text.setFont(face.fontName, words.size)
        text.textOut(stretch)
    if words.bold:
        text.setTextRenderMode(0)  # mode and spread outlive the text object
    if words.spread:
        text.setCharSpace(0)
    canvas.drawText(text)


def _draw_code(canvas: Canvas, sheet: Sheet, code: Code) -> None:
    rows = qr.matrix(code.text)
    edge = code.size / len(rows)
    # In units of one square the numbers are whole: ReportLab spends a third of a receipt on formatting fractions.
    squares = [f"{column} {-row - 1} {length} 1 re" for row, column, length in qr.dark_stretches(rows)]
    canvas.saveState()
    canvas.translate(code.x, sheet.height - code.y)
    canvas.scale(edge, edge)
    canvas.setFillColor(COLOURS[BLACK])
    canvas.drawPath(PDFPathObject(squares), stroke=0, fill=1)
    canvas.restoreState()


def _draw_ghost(canvas: Canvas, sheet: Sheet, ghost: Ghost) -> None:
    canvas.saveState()
    canvas.translate(sheet.width / 2, sheet.height / 2)
    canvas.rotate(24)
    canvas.setStrokeColor(COLOURS[GREY])
    canvas.setLineWidth(0.5)
    canvas.setDash([])
    text = canvas.beginText(-fonts.width_of(fonts.TEXT, ghost.text, GHOST_SIZE) / 2, -GHOST_SIZE / 3)
    text.setTextRenderMode(1)
    for face, stretch in fonts.runs(fonts.TEXT, ghost.text):
        text.setFont(face.fontName, GHOST_SIZE)
        text.textOut(stretch)
    canvas.drawText(text)
    canvas.restoreState()
