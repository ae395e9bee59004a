"""Is a PDF that someone shows us a paper of ours, and is it the one in force?"""

import enum
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing

import msgspec
import pypdfium2

from gjj_desktop.imaging.pdfium import PDFIUM
from gjj_desktop.printing.paper import Reprint, Stamp
from gjj_desktop.printing.papers import Paper
from gjj_desktop.printing.proof import Proof, digest_of, is_of_a_later_program, is_signed_by, parse_qr
from gjj_desktop.printing.render import PLAIN, render
from gjj_desktop.printing.sheets import SHEETS, Layout

PublicKeys = Mapping[str, Collection[bytes]]
"""The public keys (32 bytes) of each device by its name: the present one, and those that it signed with before."""


class Outcome(enum.Enum):
    """The three answers."""

    MATCHES = "matches"
    OLDER_VERSION = "older_version"
    NOT_OURS = "not_ours"


class Verdict(msgspec.Struct, frozen=True):
    """The answer and the sentence for whoever asked; `paper_no` is empty when no code of ours was found."""

    outcome: Outcome
    reason: str
    paper_no: str = ""


class StoredPaper(msgspec.Struct, frozen=True):
    """A paper as it was issued and kept.

    `superseded` when a later paper of the same number replaced it, `stamp` what a print of it bears by now.
    `pdf_digests` are SHA-256 digests of PDFs made from it on machines with other fonts, `layouts` the printers'
    layouts it was printed with.
    """

    paper: Paper
    proof: Proof
    superseded: bool = False
    reprints: tuple[Reprint, ...] = ()
    stamp: Stamp | None = None
    layouts: tuple[Layout, ...] = ()
    pdf_digests: tuple[bytes, ...] = ()


LATER_PROGRAM = Verdict(Outcome.NOT_OURS, "证明码用了本程序不认识的算法，请更新程序后再核验。")


def read_proof(pdf: bytes) -> Proof | None:
    """The proof that a PDF carries in its keywords; None when it has none or can't be read."""
    return parse_qr(_code_in(pdf))


def _code_in(pdf: bytes) -> str:
    try:
        with PDFIUM, closing(pypdfium2.PdfDocument(pdf)) as document:
            return str(document.get_metadata_value("Keywords") or "")
    except pypdfium2.PdfiumError:
        return ""


def check(pdf: bytes, stored: Callable[[str], Sequence[StoredPaper]], public_keys: PublicKeys) -> Verdict:
    """Compare a PDF with what was issued under its number.

    Rendering is deterministic, so a paper that was changed anywhere differs in its bytes from the one made again.
    """
    code = _code_in(pdf)
    proof = parse_qr(code)
    if proof is None and is_of_a_later_program(code):
        return LATER_PROGRAM
    if proof is None:
        return Verdict(Outcome.NOT_OURS, "文件里没有本中心的证明码。")
    held = check_proof(proof, stored, public_keys)
    if isinstance(held, Verdict):
        return held
    if not is_print_of(pdf, held):
        return Verdict(Outcome.NOT_OURS, "证明码是真的，但文件内容与签发时不一致，可能被改动过。", proof.paper_no)
    if held.superseded:
        return Verdict(Outcome.OLDER_VERSION, "是本中心签发的单据，但已有更新的版本，请以新单据为准。", proof.paper_no)
    return Verdict(Outcome.MATCHES, "与本中心签发的单据一致。", proof.paper_no)


def check_proof(
    proof: Proof, stored: Callable[[str], Sequence[StoredPaper]], public_keys: PublicKeys
) -> StoredPaper | Verdict:
    """The stored paper that a proof (from a PDF or a scanned code) belongs to, or why there is none.

    Of a scanned code this proves number and content as issued, not what is written on the sheet beside it.
    """
    keys = public_keys.get(proof.signer)
    if not keys:
        return Verdict(Outcome.NOT_OURS, "签发设备不是本中心登记的设备。", proof.paper_no)
    if not any(is_signed_by(proof, key) for key in keys):
        return Verdict(Outcome.NOT_OURS, "证明码的签名不对。", proof.paper_no)
    versions = stored(proof.paper_no)
    if not versions:
        return Verdict(Outcome.NOT_OURS, "本机没有这个编号的单据，请联网后再核验。", proof.paper_no)
    for version in versions:
        if version.proof.digest == proof.digest == digest_of(version.paper):
            return version
    return Verdict(Outcome.NOT_OURS, "编号是真的，但内容与留存的单据不一致。", proof.paper_no)


def is_print_of(pdf: bytes, held: StoredPaper) -> bool:
    """Whether the bytes are a print of the stored paper: original or reprint, on any sheet or kept layout."""
    if hashlib.sha256(pdf).digest() in held.pdf_digests:
        return True
    layouts = dict.fromkeys((PLAIN, *held.layouts, *(Layout(sheet=name) for name in SHEETS)))
    return any(
        render(held.paper, held.proof, reprint, layout, stamp) == pdf
        for layout in layouts
        for reprint in (None, *held.reprints)
        for stamp in ((None, held.stamp) if held.stamp else (None,))
    )
