"""What comes back from the centre: signed answers, signed grants and the rows of the feed."""

from enum import StrEnum
from hashlib import sha256

import msgspec

from gjj_desktop.cases.command import SUITE
from gjj_desktop.domain.findings import Finding

ANSWER_ROW = "Answer"
"""The `row_type` of a feed row that holds an answer."""


class Verdict(StrEnum):
    """What the centre decided on one command."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    SET_ASIDE = "set_aside"


class AnswerBody(msgspec.Struct, frozen=True, kw_only=True):
    """The centre's word on one command; `digest` is the digest of the envelope that it answers, `suite` says how the
    centre signs."""

    command_id: str
    device: str
    sequence: int
    digest: bytes
    verdict: Verdict
    case_no: str
    findings: tuple[Finding, ...] = ()
    decided_at: str = ""
    suite: str = SUITE


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
    """What the centre signs when it answers."""
    return b"gjj.answer.1\0" + sha256(body).digest()


def grant_message(body: bytes) -> bytes:
    """What the centre signs when it lets a clerk work at a device."""
    return b"gjj.grant.1\0" + sha256(body).digest()
