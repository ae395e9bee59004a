"""How many receipts a second are rendered, against a bare ReportLab page with the same text?"""

import io
from collections.abc import Iterator
from functools import partial
from importlib.resources import files

import msgspec
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from benchmarks.measure import Measured, Scale, side_by_side
from gjj_desktop.printing import fonts
from gjj_desktop.printing.marks import Page, Words
from gjj_desktop.printing.papers import Paper
from gjj_desktop.printing.proof import prove, qr_text
from gjj_desktop.printing.render import PLAIN, pages_of, render
from gjj_desktop.security.keys import new_private_key, sign

PAPERS = {
    "withdrawal_acceptance": "a withdrawal receipt",
    "loan_acceptance": "a loan receipt",
    "overdue_letter": "an overdue letter",
}
DEVICE = "990503"


def rendering(_: object, scale: Scale) -> Iterator[Measured]:
    """One row for each paper."""
    key = new_private_key()
    for name, label in PAPERS.items():
        paper = sample(name)
        proof = prove(paper, DEVICE, lambda message: sign(key, message))
        _, sheet, pages = pages_of(paper, qr_text(proof), None, PLAIN)
        written = sum(len(mark.text) for page in pages for mark in page if isinstance(mark, Words))
        ours, peer = side_by_side(
            partial(render, paper, proof), partial(_bare, pages, sheet.width, sheet.height), scale.renders
        )
        yield Measured(
            what=f"rendering {label}: layout, QR code, rare characters, {len(pages)} page(s)",
            peer=f"ReportLab page(s) with the same {written:,} characters in one face",
            unit="paper",
            ours_seconds=ours,
            peer_seconds=peer,
            note=f"{1 / ours:,.0f} papers/s",
        )


def sample(name: str) -> Paper:
    """The sample paper of that name."""
    paper: Paper = msgspec.json.decode(files("resources").joinpath("samples", f"{name}.json").read_bytes(), type=Paper)
    return paper


def _bare(pages: list[Page], width: float, height: float) -> bytes:
    """The same words at the same places, as plainly as ReportLab does it."""
    face = _face()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(width, height), pageCompression=1)
    for page in pages:
        for mark in page:
            if isinstance(mark, Words):
                canvas.setFont(face, mark.size)
                canvas.drawString(mark.x, height - mark.y, mark.text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _face() -> str:
    """The face of the running text, registered once as ReportLab's own kind."""
    if "bare" not in pdfmetrics.getRegisteredFontNames():
        source = fonts.chain(fonts.TEXT)[0]
        path = fonts.font_files()[source.file.lower()]
        pdfmetrics.registerFont(TTFont("bare", str(path), subfontIndex=source.subfont))
    return "bare"
