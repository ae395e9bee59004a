"""What a person at a window asks for, and the signed envelope in which it travels."""

from datetime import date
from hashlib import sha256

import msgspec

SUITE = "ed25519-sha256"
FIRST_PREVIOUS = bytes(32)
CENTRE_DEVICE = "000000"
CENTRE_AUTHOR = "centre"
DEVICE_AUTHOR = "device"
"""The author of what a window asks by itself; the device's own key signs for it."""
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises on bytes that this program did not write: the last two for text and nesting out of bounds."""


class PaperIssue(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered paper that goes out together with the command; `signature` is the device's over `digest`.

    `issued_on` is the window's business date.
    """

    paper_no: str
    kind: str
    issued_on: date
    body: bytes
    digest: bytes
    signature: bytes


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `id` is a UUIDv7 made when the form opens, so handing in twice is handing in once.

    `kind` names a row of `cases.registry.KINDS`, `payload` is the msgpack of that row's payload struct,
    `schema` its version. `made_at` is the window's time, UTC, ISO 8601. `sequence` counts a device's commands from
    1 without gaps. `seen` is the feed position up to which the window knew everything when it was made, -1 where
    the program did not say. `taken_in_on` is the window's business date, the one on the paper that goes out with it;
    None where the program did not say.
    """

    id: str
    kind: str
    case_no: str
    device: str
    sequence: int
    author: str
    made_at: str
    policy_version: str
    payload: bytes
    papers: tuple[PaperIssue, ...] = ()
    schema: int = 1
    seen: int = -1
    taken_in_on: date | None = None


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A command as it travels: signed by its author, chained to the device's previous one, signed by the device."""

    body: bytes
    author_signature: bytes
    previous: bytes
    device_signature: bytes
    suite: str = SUITE


def author_message(body: bytes) -> bytes:
    """What the author signs."""
    return b"gjj.command.author.1\0" + sha256(body).digest()


def device_message(body: bytes, author_signature: bytes, previous: bytes) -> bytes:
    """What the device signs: the body, who signed it, and the digest of the envelope before it."""
    return b"gjj.command.device.1\0" + envelope_digest(body, author_signature, previous)


def envelope_digest(body: bytes, author_signature: bytes, previous: bytes) -> bytes:
    """The digest that the device's next envelope carries as `previous` (32 bytes)."""
    return sha256(sha256(body).digest() + author_signature + previous).digest()


def encode_command(command: Command) -> bytes:
    """The bytes of a command; the same command gives the same bytes."""
    return msgspec.msgpack.encode(command)


def decode_command(body: bytes) -> Command:
    """The command in `body`; raises one of UNREADABLE when it is none."""
    return msgspec.msgpack.decode(body, type=Command)
