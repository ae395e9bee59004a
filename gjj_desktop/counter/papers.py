"""票据: the papers of this window, their printing, reprints and voids, and the check of a scanned paper."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.outcome import Refusal, refuse
from gjj_desktop.cases.papers import MONEY_RECEIPTS, AgreeReprint, IssuePaper, ReprintPaper, VoidPaper, stamp_word
from gjj_desktop.cases.rows import Case, Device, IssuedPaper, Reprinted, device_day
from gjj_desktop.cases.state import need
from gjj_desktop.counter.handing_in import HandedIn, MakePaper, hand_in
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.printing.check import LATER_PROGRAM, Outcome, StoredPaper, Verdict, check, check_proof
from gjj_desktop.printing.paper import Reprint, Stamp
from gjj_desktop.printing.papers import Paper
from gjj_desktop.printing.preview import page_count, page_image
from gjj_desktop.printing.proof import Proof, is_of_a_later_program, parse_qr
from gjj_desktop.printing.render import render
from gjj_desktop.printing.sheets import Layout
from gjj_desktop.store import meta, papers, view
from gjj_desktop.store.papers import CONFIRMED, SPOOLED

LAYOUT = "printer_layout"
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
    "refusal_decision": "不予批准决定书",
    "account_history": "个人缴存明细",
    "monthly_agreement": "委托按月提取协议",
    "payee_correction": "更正收款账户回执",
}
STATE_WORDS = {"queued": "待打印", "spooled": "已送打印机", "confirmed": "已打印"}


class PaperLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list of papers; `state` in words, `tone` good, waiting or wrong.

    `here` says that this window issued it, `void` that its number is void, `money` that it is a receipt of money, which
    is printed once more only after a supervisor, named in `agreed_by`, agreed.
    """

    paper_no: str
    title: str
    subject: str
    case_no: str
    issued_on: date
    state: str
    tone: str
    reprints: int
    here: bool = True
    void: bool = False
    money: bool = False
    agreed_by: str = ""
    window: str = ""
    margin: tuple[str, ...] = ()


def papers_of_day(window: Window, day: date | None = None) -> Sequence[PaperLine]:
    """The papers that this window issued on a day (by default today), newest first; may be empty."""
    with window.reading() as connection:
        found = papers.of_day(connection, day or window.business_date(connection))
        rows = _issued_rows(connection, [paper.paper_no for paper in found])
        return [
            _line(window, connection, rows.get(paper.paper_no) or _not_taken(window, paper), paper)
            for paper in reversed(found)
        ]


def papers_of_outlet(window: Window, day: date | None = None) -> Sequence[PaperLine]:
    """The papers that the other windows of the outlet issued on a day, by window, newest first; may be empty."""
    with window.reading() as connection:
        day = day or window.business_date(connection)
        devices = [each.device for each in view.rows_of(connection, Device) if each.outlet == window.outlet]
        found = [
            row
            for device in sorted(devices)
            if device != window.device
            for row in reversed(view.rows_of(connection, IssuedPaper, "device_day", device_day(device, day)))
        ]
        return [_line(window, connection, row, None) for row in found]


def papers_of_case(window: Window, case_no: str) -> Sequence[PaperLine]:
    """The papers about a case, newest first, whichever window of the outlet issued them; may be empty."""
    with window.reading() as connection:
        found = sorted(view.rows_of(connection, IssuedPaper, "case_no", case_no), key=_issued_at, reverse=True)
        return [_line(window, connection, row, papers.get(connection, row.paper_no)) for row in found]


def _issued_rows(connection: Connection, numbers: Sequence[str]) -> dict[str, IssuedPaper]:
    found = view.load_view(connection, [need(IssuedPaper, number) for number in numbers])
    return {row.paper_no: row for row in found if isinstance(row, IssuedPaper)}


def _not_taken(window: Window, paper: papers.Paper) -> IssuedPaper:
    """The paper of a command that the centre refused: nobody but this window has it."""
    return IssuedPaper(
        paper_no=paper.paper_no,
        outlet=window.outlet,
        device=window.device,
        case_no=paper.case_no,
        kind=paper.kind,
        body=paper.body,
        digest=paper.digest,
        signature=paper.signature,
        issued_on=paper.issued_on,
        state="void" if paper.void_reason else "issued",
        void_reason=paper.void_reason,
    )


def _line(window: Window, connection: Connection, row: IssuedPaper, stored: papers.Paper | None) -> PaperLine:
    case = view.one(connection, Case, row.case_no) if row.case_no else None
    word, _ = stamp_word(row, case)
    printed = STATE_WORDS[stored.print_state] if stored else "已开出"
    tone = "wrong" if word else "good" if stored is None or stored.print_state == CONFIRMED else "waiting"
    return PaperLine(
        paper_no=row.paper_no,
        title=PAPER_TITLES[row.kind],
        subject=case.subject if case else _subject(row),
        case_no=row.case_no,
        issued_on=row.issued_on,
        state=f"已{word}" if row.state == "void" else word or printed,
        tone=tone,
        reprints=len(row.reprints),
        here=row.device == window.device,
        void=row.state == "void",
        money=row.kind in MONEY_RECEIPTS,
        agreed_by=row.agreed_name,
        window=f"{int(row.device[4:])} 号窗",
        margin=tuple(_margin(each) for each in row.reprints),
    )


def _subject(row: IssuedPaper) -> str:
    """Whose paper it is where no case says so."""
    content = _content(row)
    return str(getattr(content, "name", "") or getattr(content, "employer_name", ""))


def _margin(each: Reprinted) -> str:
    agreed = f"，主管 {each.agreed_by} 同意" if each.agreed_by else ""
    return f"第 {each.count} 次 {each.at} {each.officer}：{each.reason}{agreed}"


class PaperDesk:
    """One paper in the preview: its pages, its PDF, and how far its printing is.

    `printable` is False once the original was seen to come out: from then on only a reprint goes to paper.
    """

    def __init__(self, window: Window, paper_no: str, reprint: Reprint | None = None) -> None:
        """LookupError when neither this window nor any other of its outlet issued the paper."""
        with window.reading() as connection:
            own = papers.get(connection, paper_no)
            row = view.one(connection, IssuedPaper, paper_no)
            self.layout = meta.get(connection, LAYOUT, Layout) or Layout()
            if row is None and own is not None:
                row = _not_taken(window, own)
            if row is None:
                raise LookupError(f"no paper {paper_no}")
            self.stamp = _stamp(connection, row)
        self.window, self.stored, self.reprint = window, row, reprint
        self._own = own
        self.title = PAPER_TITLES[row.kind]
        state = STATE_WORDS[own.print_state] if own else f"{int(row.device[4:])} 号窗开出"
        state = f"补打 第 {reprint.count} 次" if reprint else self.stamp.word if self.stamp else state
        self.about = f"单据号 {group_number(Series.PAPER, paper_no)} · {state}"
        self.printable = reprint is not None or (own is not None and own.print_state != CONFIRMED)

    def pdf(self) -> bytes:
        """The PDF, the same bytes each time."""
        return pdf_of(self.stored, self.stored.device, self.reprint, self.layout, self.stamp)

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
        """How far the first print is; a reprint's is not kept, nor that of another window's paper."""
        if self._own is None or self.reprint is not None:
            return
        with self.window.store.work() as connection:
            papers.set_print_state(connection, self.stored.paper_no, state)


def pdf_of(
    stored: papers.Paper | IssuedPaper,
    device: str,
    reprint: Reprint | None,
    layout: Layout,
    stamp: Stamp | None = None,
) -> bytes:
    """The PDF of a stored paper under its own proof."""
    paper = msgspec.msgpack.decode(stored.body, type=Paper)
    proof = Proof(stored.paper_no, stored.digest, device, stored.signature)
    return render(paper, proof, reprint, layout, stamp)


def _stamp(connection: Connection, row: IssuedPaper) -> Stamp | None:
    """What a print of the paper bears by now; None while it holds."""
    case = view.one(connection, Case, row.case_no) if row.case_no else None
    word, reason = stamp_word(row, case)
    return Stamp(word, reason) if word else None


def reprint_of(printed: Reprinted) -> Reprint:
    """A reprint as the margin of the paper says it."""
    return Reprint(
        count=printed.count,
        printed_at=printed.at,
        officer=printed.officer,
        reason=printed.reason,
        agreed_by=printed.agreed_by,
    )


def reprint(window: Window, paper_no: str, reason: str) -> HandedIn | Refusal:
    """补打: the same paper once more, whichever window of the outlet issued it; a command of its own says so."""
    with window.reading() as connection:
        row = view.one(connection, IssuedPaper, paper_no)
    if row is None:
        return refuse("", "paper.unknown", "中心没有登记这张单据，不能补打")
    asked = ReprintPaper(paper_no=paper_no, count=len(row.reprints) + 1, reason=reason)
    return hand_in(window, "paper.reprint", asked, case_no=row.case_no)


def reprinted(window: Window, paper_no: str) -> PaperDesk:
    """The last reprint that this window made, to be printed; LookupError when it made none."""
    with window.reading() as connection:
        row = view.one(connection, IssuedPaper, paper_no)
    own = [each for each in row.reprints if each.device == window.device] if row else []
    if not own:
        raise LookupError(f"no reprint of {paper_no}")
    return PaperDesk(window, paper_no, reprint_of(own[-1]))


def agree_reprint(window: Window, paper_no: str) -> HandedIn | Refusal:
    """A supervisor agrees to one more print of a receipt of money."""
    with window.reading() as connection:
        row = view.one(connection, IssuedPaper, paper_no)
    case_no = row.case_no if row else ""
    return hand_in(window, "paper.agree_reprint", AgreeReprint(paper_no=paper_no), case_no=case_no)


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


def issue(
    window: Window, case_no: str, paper_kind: str, make_paper: MakePaper, personal_account_no: str = ""
) -> HandedIn | Refusal:
    """Issue a paper about a case or an account that exists, with a number of its own."""
    asked = IssuePaper(paper_kind=paper_kind, personal_account_no=personal_account_no)
    return hand_in(window, "paper.issue", asked, case_no=case_no, make_paper=make_paper)


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
    if proof is None and is_of_a_later_program(text):
        return LATER_PROGRAM
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
    """`verdict` on a paper of ours, or that it no longer holds: it was right once."""
    row = view.one(connection, IssuedPaper, verdict.paper_no)
    stamp = _stamp(connection, row) if row is not None else None
    if stamp is None:
        return verdict
    why = f"（{stamp.reason}）" if stamp.reason else ""
    what = "但已作废" if row is not None and row.state == "void" else f"但所办业务{stamp.word}"
    return Verdict(Outcome.OLDER_VERSION, f"是本中心签发的单据，{what}{why}。", verdict.paper_no)


def _public_keys(connection: Connection) -> dict[str, tuple[bytes, ...]]:
    return {row.device: row.every_key for row in view.rows_of(connection, Device)}


def _stored(connection: Connection, paper_no: str) -> list[StoredPaper]:
    """What this window's view holds of the number."""
    layout = meta.get(connection, LAYOUT, Layout)
    return [
        StoredPaper(
            paper=_content(row),
            proof=Proof(row.paper_no, row.digest, row.device, row.signature),
            superseded=_is_superseded(connection, row),
            reprints=tuple(reprint_of(each) for each in row.reprints),
            stamp=_stamp(connection, row),
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
