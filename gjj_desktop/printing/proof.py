"""How is it proven that a paper is ours, and that its content is what was issued?"""

import base64
import binascii
import hashlib
from collections.abc import Callable

import msgspec

from gjj_desktop.printing.papers import Paper
from gjj_desktop.security.keys import verify

DOMAIN = b"gjj-desktop paper v1\x00"  # a signature over a paper can never pass for one over anything else
MARK = "GJJ1"


class Proof(msgspec.Struct, frozen=True):
    """What the issuing device vouches for: this number carries the content with this SHA-256 digest."""

    paper_no: str
    digest: bytes
    signer: str
    signature: bytes


def paper_bytes(paper: Paper) -> bytes:
    """The canonical bytes of a paper: what is stored, digested and rendered from."""
    return msgspec.msgpack.encode(paper, order="deterministic")


def digest_of(paper: Paper) -> bytes:
    """SHA-256 over the canonical bytes, 32 bytes."""
    return hashlib.sha256(paper_bytes(paper)).digest()


def signed_message(paper_no: str, digest: bytes, signer: str) -> bytes:
    """The bytes a device signs. Each part is preceded by its length, so that no two papers share them."""
    parts = (paper_no.encode(), signer.encode(), digest)
    return DOMAIN + b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def prove(paper: Paper, signer: str, sign: Callable[[bytes], bytes]) -> Proof:
    """The proof of a paper; `signer` is the device's name, `sign` its Ed25519 signature.

    Raises ValueError when the number or the name holds a full stop, which separates the parts of the code.
    """
    digest = digest_of(paper)
    paper_no = paper.head.paper_no
    if "." in paper_no + signer:
        raise ValueError("a paper's number and its signer's name hold no full stop")
    return Proof(paper_no, digest, signer, sign(signed_message(paper_no, digest, signer)))


def is_signed_by(proof: Proof, public_key: bytes) -> bool:
    """Whether the holder of the key (32 raw bytes) made this proof."""
    return verify(public_key, signed_message(proof.paper_no, proof.digest, proof.signer), proof.signature)


def qr_text(proof: Proof) -> str:
    """What the QR code says: GJJ1.number.digest.device.signature, the binary parts in base64url without padding."""
    return ".".join((MARK, proof.paper_no, _encode(proof.digest), proof.signer, _encode(proof.signature)))


def parse_qr(text: str) -> Proof | None:
    """The proof in a scanned code; None when it is no code of ours."""
    parts = text.strip().split(".")
    if len(parts) != 5 or parts[0] != MARK or not parts[1] or not parts[3]:
        return None
    digest, signature = _decode(parts[2]), _decode(parts[4])
    if digest is None or signature is None or len(digest) != 32 or len(signature) != 64:
        return None
    return Proof(parts[1], digest, parts[3], signature)


def is_of_a_later_program(text: str | None) -> bool:
    """Whether a code is one of ours by an algorithm that this program does not know: the mark says which.

    >>> [is_of_a_later_program(text) for text in ("GJJ1.1.2.3.4", "GJJ2.1.2.3", "GJJX", None)]
    [False, True, False, False]
    """
    mark = (text or "").strip().partition(".")[0]
    return mark != MARK and mark.startswith("GJJ") and mark[3:].isdecimal()


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes | None:
    try:
        value = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if _encode(value) == text else None
