"""The audit log of one device: lines chained by hash, each day closed with a seal by the device's key."""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256

import msgspec

from gjj_desktop.security.keys import sign, verify

FIRST_AUDIT_PREVIOUS = bytes(32)


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody did. `at` is UTC, ISO 8601; `subject` is masked before it comes here.

    `previous` is the digest of the line before; sequences count from 1 without gaps.
    """

    sequence: int
    at: str
    clerk: str
    what: str
    subject: str
    previous: bytes

    @property
    def digest(self) -> bytes:
        """What the next line carries as `previous`."""
        return sha256(b"gjj.audit.1\0" + msgspec.msgpack.encode(self)).digest()


class AuditSeal(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the log at the end of a day: the last line's sequence and digest, signed by the device."""

    device: str
    day: date
    sequence: int
    head: bytes
    signature: bytes


def next_line(last: AuditLine | None, at: str, clerk: str, what: str, subject: str) -> AuditLine:
    """The line that follows `last` (None for the first)."""
    sequence, previous = (last.sequence + 1, last.digest) if last else (1, FIRST_AUDIT_PREVIOUS)
    return AuditLine(sequence=sequence, at=at, clerk=clerk, what=what, subject=subject, previous=previous)


def first_break(lines: Iterable[AuditLine]) -> int | None:
    """The sequence at which the chain from its first line is broken, or None when it is whole."""
    sequence, previous = 1, FIRST_AUDIT_PREVIOUS
    for line in lines:
        if line.sequence != sequence or line.previous != previous:
            return sequence
        sequence, previous = sequence + 1, line.digest
    return None


def seal_day(device_key: bytes, device: str, day: date, last: AuditLine | None) -> AuditSeal:
    """The seal of `day`; a log without lines has sequence 0."""
    sequence, head = (last.sequence, last.digest) if last else (0, FIRST_AUDIT_PREVIOUS)
    unsigned = AuditSeal(device=device, day=day, sequence=sequence, head=head, signature=b"")
    return msgspec.structs.replace(unsigned, signature=sign(device_key, _seal_message(unsigned)))


def seal_is_genuine(seal: AuditSeal, device_public: bytes) -> bool:
    """Whether the device signed exactly this seal."""
    return verify(device_public, _seal_message(msgspec.structs.replace(seal, signature=b"")), seal.signature)


def _seal_message(unsigned: AuditSeal) -> bytes:
    return b"gjj.audit.seal.1\0" + sha256(msgspec.msgpack.encode(unsigned)).digest()
