"""What travels between a window and the centre, besides envelopes: greetings, answers and feed rows."""

from datetime import date
from enum import StrEnum
from hashlib import sha256

import msgspec

from gjj_desktop.domain.findings import Finding

WIRE_VERSION = 1
PAGE_BYTES_MAX = 1 << 20
PULL_ROWS_MAX = 2_000


class Receipt(StrEnum):
    """What the inbox says of one envelope as it is handed in, before anything is decided."""

    RECEIVED = "received"
    SEEN_BEFORE = "seen_before"
    ID_REUSED = "id_reused"
    OUT_OF_ORDER = "out_of_order"
    MALFORMED = "malformed"


class Verdict(StrEnum):
    """What the centre decided on one command."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    SET_ASIDE = "set_aside"


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """How the centre greets a device. `high_water` is the last sequence of this device that the inbox holds.

    `epoch` changes when the centre was restored from a backup; `now` is the centre's clock, UTC, ISO 8601.
    """

    city: str
    city_name: str
    epoch: str
    wire_version: int
    business_date: date
    now: str
    device: str
    device_state: str
    outlet: str
    high_water: int
    policy_version: str
    centre_public_key: bytes


class AnswerBody(msgspec.Struct, frozen=True, kw_only=True):
    """The centre's word on one command; `digest` is the digest of the envelope that it answers."""

    command_id: str
    device: str
    sequence: int
    digest: bytes
    verdict: Verdict
    case_no: str
    findings: tuple[Finding, ...] = ()
    decided_at: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A signed answer: `body` is msgpack of `AnswerBody`; `signature` is the centre's."""

    body: bytes
    signature: bytes


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the feed. `row_type` names a class of `cases.rows` or is "Answer"; `body` is its msgpack."""

    position: int
    row_type: str
    key: str
    deleted: bool
    body: bytes


def answer_message(body: bytes) -> bytes:
    """What the centre signs."""
    return b"gjj.answer.1\0" + sha256(body).digest()


def grant_message(body: bytes) -> bytes:
    """What the centre signs when it lets a clerk work at a device."""
    return b"gjj.grant.1\0" + sha256(body).digest()
