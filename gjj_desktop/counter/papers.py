"""票据: the papers of this window, their printing, reprints and voids, and the check of a scanned paper."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.papers import IssuePaper, VoidPaper
from gjj_desktop.cases.rows import Case, Device, IssuedPaper
from gjj_desktop.cases.state import need
from gjj_desktop.counter.handing_in import HandedIn, MakePaper, hand_in
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.printing.check import Outcome, StoredPaper, Verdict, check, check_proof
from gjj_desktop.printing.paper import Reprint
from gjj_desktop.printing.papers import Paper
from gjj_desktop.printing.preview import page_count, page_image
from gjj_desktop.printing.proof import Proof, parse_qr
from gjj_desktop.printing.render import render
from gjj_desktop.printing.sheets import Layout
from gjj_desktop.store import audit, meta, papers, view
from gjj_desktop.store.papers import CONFIRMED, SPOOLED

LAYOUT = "printer_layout"
REPRINTS = "reprints:"
PAPER_TITLES = {
    "employer_registration_receipt": "单位缴存登记回执",
    "account_opening_receipt": "个人账户设立回执",
    "roster_opening_receipt": "批量开户清册回执",
    "remittance_receipt": "汇缴书",
    "withdrawal_acceptance": "提取受理回执",
    "payment_voucher": "提取业务回执（付款凭证）",
    "loan_acceptance": "贷款受理回执",
    "repayment_schedule": "还款计划表",
    "overdue_letter": "逾期催收函",
    "day_end_sheet": "日结单",
    "correction_slip": "更正告知单",
    "deficiency_notice": "一次性告知单",
}
STATE_WORDS = {"queued": "待打印", "spooled": "已送打印机", "confirmed": "已打印"}


class PaperLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list of papers; `state` in words, `tone` good, waiting or wrong."""

    paper_no: str
    title: str
    subject: str
    case_no: str
    issued_on: date
    state: str
    tone: str
    reprints: int


def papers_of_day(window: Window, day: date | None = None) -> Sequence[PaperLine]:
    """The papers issued on a day (by default today), newest first; may be empty."""
    with window.reading() as connection:
        found = papers.of_day(connection, day or window.business_date(connection))
        cases = {
            row.key: row
            for row in view.load_view(connection, [need(Case, each.case_no) for each in found])
            if isinstance(row, Case)
        }
    return [_line(paper, cases.get(paper.case_no)) for paper in reversed(found)]


def _line(paper: papers.Paper, case: Case | None) -> PaperLine:
    state = "已作废" if paper.void_reason else STATE_WORDS[paper.print_state]
    tone = "wrong" if paper.void_reason else "good" if paper.print_state == CONFIRMED else "waiting"
    return PaperLine(
        paper_no=paper.paper_no,
        title=PAPER_TITLES[paper.kind],
        subject=case.subject if case else "",
        case_no=paper.case_no,
        issued_on=paper.issued_on,
        state=state,
        tone=tone,
        reprints=paper.reprints,
    )


class PaperDesk:
    """One paper in the preview: its pages, its PDF, and how far its printing is."""

    def __init__(self, window: Window, paper_no: str, reprint: Reprint | None = None) -> None:
        """LookupError when this window did not issue the paper."""
        with window.reading() as connection:
            found = papers.get(connection, paper_no)
            self.layout = meta.get(connection, LAYOUT, Layout) or Layout()
        if found is None:
            raise LookupError(f"no paper {paper_no}")
        self.window, self.stored, self.reprint = window, found, reprint
        self.title = PAPER_TITLES[found.kind]
        self.about = f"单据号 {group_number(Series.PAPER, paper_no)} · {STATE_WORDS[found.print_state]}"

    def pdf(self) -> bytes:
        """The PDF, the same bytes each time."""
        return pdf_of(self.stored, self.window.device, self.reprint, self.layout)

    def page_count(self) -> int:
        """How many pages the paper has."""
        return page_count(self._rendered)

    def page(self, number: int, dpi: int) -> tuple[int, int, bytes]:
        """Page `number` from 0 as a picture: width, height, RGB."""
        return page_image(self._rendered, number, dpi)

    @cached_property
    def _rendered(self) -> bytes:
        return self.pdf()

    def spooled(self) -> None:
        """The paper went to the printer."""
        self._print_state(SPOOLED)

    def confirmed(self) -> None:
        """The clerk has the printed paper in hand."""
        self._print_state(CONFIRMED)

    def _print_state(self, state: str) -> None:
        with self.window.store.work() as connection:
            papers.set_print_state(connection, self.stored.paper_no, state)


def pdf_of(stored: papers.Paper | IssuedPaper, device: str, reprint: Reprint | None, layout: Layout) -> bytes:
    """The PDF of a stored paper under its own proof."""
    paper = msgspec.msgpack.decode(stored.body, type=Paper)
    proof = Proof(stored.paper_no, stored.digest, device, stored.signature)
    return render(paper, proof, reprint, layout)


def reprint(window: Window, paper_no: str, reason: str) -> PaperDesk:
    """The same paper once more, marked 补打 with its count, time, officer and reason; the asking is recorded."""
    session = window.signed_in()
    with window.store.work() as connection:
        count = papers.count_reprint(connection, paper_no)
        audit.append(connection, session.clerk, "paper.reprint", paper_no)
        printed_at = f"{window.now(connection):%Y-%m-%d %H:%M}"
        once_more = Reprint(count=count, printed_at=printed_at, officer=session.name, reason=reason)
        before = meta.get(connection, f"{REPRINTS}{paper_no}", list[Reprint]) or []
        meta.put(connection, f"{REPRINTS}{paper_no}", [*before, once_more])
    return PaperDesk(window, paper_no, once_more)


def void(window: Window, paper_no: str, reason: str) -> HandedIn | Refusal:
    """Void a spoiled paper; its number stays and is explained in the day close."""
    with window.reading() as connection:
        stored = papers.get(connection, paper_no)
    case_no = stored.case_no if stored else ""
    answer = hand_in(window, "paper.void", VoidPaper(paper_no=paper_no, reason=reason), case_no=case_no)
    if isinstance(answer, HandedIn):
        with window.store.work() as connection:
            papers.void(connection, paper_no, reason)
    return answer


def issue(window: Window, case_no: str, paper_kind: str, make_paper: MakePaper) -> HandedIn | Refusal:
    """Issue a paper about a case that exists, with a number of its own."""
    return hand_in(window, "paper.issue", IssuePaper(paper_kind=paper_kind), case_no=case_no, make_paper=make_paper)


def check_pdf(window: Window, pdf: bytes) -> Verdict:
    """Whether a PDF is a paper that was issued here or that the centre holds, unchanged and in force."""
    with window.reading() as connection:
        return check_pdf_in(connection, pdf)


def check_pdf_in(connection: Connection, pdf: bytes) -> Verdict:
    """The same for whoever has the store open and nobody signed in."""
    found = check(pdf, lambda paper_no: _stored(connection, paper_no), _public_keys(connection))
    return found if found.outcome is Outcome.NOT_OURS else _unless_void(connection, found)


def check_code(window: Window, text: str) -> Verdict:
    """Whether a scanned QR code is a paper's that was issued here or that the centre holds, and in force."""
    proof = parse_qr(text)
    if proof is None:
        return Verdict(Outcome.NOT_OURS, "这不是本系统单据的二维码。")
    with window.reading() as connection:
        held = check_proof(proof, lambda paper_no: _stored(connection, paper_no), _public_keys(connection))
        if isinstance(held, Verdict):
            return held
        if held.superseded:
            return Verdict(Outcome.OLDER_VERSION, "是签发的单据，但已有更新的版本，请以新单据为准。", proof.paper_no)
        return _unless_void(connection, Verdict(Outcome.MATCHES, "与签发的单据一致。", proof.paper_no))


def _unless_void(connection: Connection, verdict: Verdict) -> Verdict:
    """`verdict` on a paper of ours, or that the paper is void: it was right once and is no longer."""
    row = view.one(connection, IssuedPaper, verdict.paper_no)
    if row is None or row.state != "void":
        return verdict
    return Verdict(Outcome.OLDER_VERSION, f"是本中心签发的单据，但已作废（{row.void_reason}）。", verdict.paper_no)


def _public_keys(connection: Connection) -> dict[str, bytes]:
    return {row.device: row.public_key for row in view.rows_of(connection, Device)}


def _stored(connection: Connection, paper_no: str) -> list[StoredPaper]:
    """What this window's view holds of the number; reprints only as far as they were printed here."""
    reprints = tuple(meta.get(connection, f"{REPRINTS}{paper_no}", list[Reprint]) or ())
    layout = meta.get(connection, LAYOUT, Layout)
    return [
        StoredPaper(
            paper=_content(row),
            proof=Proof(row.paper_no, row.digest, row.device, row.signature),
            superseded=_is_superseded(connection, row),
            reprints=reprints,
            layouts=(layout,) if layout else (),
        )
        for row in view.load_view(connection, [need(IssuedPaper, paper_no)])
        if isinstance(row, IssuedPaper)
    ]


def _is_superseded(connection: Connection, row: IssuedPaper) -> bool:
    """Whether a good paper of the same kind was issued about the same case later: the case was corrected."""
    if not row.case_no:
        return False
    others = view.rows_of(connection, IssuedPaper, "case_no", row.case_no)
    same_kind = [each for each in others if each.kind == row.kind and each.state != "void"]
    return any(_issued_at(each) > _issued_at(row) for each in same_kind)


def _issued_at(row: IssuedPaper) -> tuple[str, str]:
    """The minute on the paper; in the same minute the window's own counter decides."""
    return _content(row).head.issued_at, row.paper_no


def _content(row: IssuedPaper) -> Paper:
    paper: Paper = msgspec.msgpack.decode(row.body, type=Paper)
    return paper
