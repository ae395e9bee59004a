"""What a window says as it leaves its outlet, and what the centre says when it holds everything of that window."""

from hashlib import sha256

import msgspec

SUITE = "ed25519-sha256"
"""How both are signed: named in what is signed, so that another can take its place."""


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """A window's word that it keeps nothing which the centre does not hold.

    `sequence` and `digest` are of its last command (0 and the first `previous` before any), the two of the audit log
    of its last line. `move` is the order that it follows; `nonce` makes each such word another.
    """

    move: str
    device: str
    sequence: int
    digest: bytes
    audit_sequence: int
    audit_head: bytes
    nonce: bytes
    suite: str = SUITE


class LeaveConfirmed(msgspec.Struct, frozen=True, kw_only=True):
    """The centre's word that it holds everything of a window, and takes nothing more of it.

    `said` is the digest of the `Leaving` that it answers, `epoch` that of the centre, `confirmed_at` UTC, ISO 8601.
    """

    city: str
    epoch: str
    device: str
    new_device: str
    move: str
    said: bytes
    confirmed_at: str
    suite: str = SUITE


class Signed(msgspec.Struct, frozen=True):
    """One of the two as msgpack, and the signature: the device's under `Leaving`, the centre's under the other."""

    body: bytes
    signature: bytes


def leaving_message(body: bytes) -> bytes:
    """What the device signs as it leaves."""
    return b"gjj.leaving.1\0" + sha256(body).digest()


def confirmed_message(body: bytes) -> bytes:
    """What the centre signs when it holds everything."""
    return b"gjj.leave-confirmed.1\0" + sha256(body).digest()


def digest_of(body: bytes) -> bytes:
    """By what a confirmation names the word that it answers."""
    return sha256(body).digest()
