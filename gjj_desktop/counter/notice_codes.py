"""Which 一次性告知单 is meant by what was scanned or typed?"""

from sqlalchemy import Connection

from gjj_desktop.cases.notice import PAPER
from gjj_desktop.cases.rows import IssuedPaper
from gjj_desktop.domain.half_width import without_spaces
from gjj_desktop.domain.numbers import Series, series_of
from gjj_desktop.printing.proof import parse_qr
from gjj_desktop.printing.reopening import parse_reopen
from gjj_desktop.store import view


def looks_like_code(text: str) -> bool:
    """Whether this is meant as a code or a number rather than as somebody's name.

    >>> looks_like_code("GJJN1.9905030000017"), looks_like_code("9905 03 000001 7"), looks_like_code("王𬭩")
    (True, True, False)
    """
    plain = without_spaces(text)
    return plain.startswith("GJJ") or (plain.isascii() and plain.isdigit() and len(plain) >= Series.CASE.length)


def notice_number(connection: Connection, text: str) -> str:
    """The number of the notice, "" when the text names none that this window can tell.

    Taken are both codes on the paper (that which opens it again, and its proof), its paper's number, and its own.
    """
    reopen, proof = parse_reopen(text), parse_qr(text)
    if reopen is not None:
        return reopen
    number = without_spaces(text) if proof is None else proof.paper_no
    series = series_of(number)
    if series is Series.CASE:
        return number
    paper = view.one(connection, IssuedPaper, number) if series is Series.PAPER else None
    return paper.case_no if paper is not None and paper.kind == PAPER else ""
