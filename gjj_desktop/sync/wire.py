"""What travels between a window and the centre, besides envelopes: tickets, greetings, answers and feed rows."""

from base64 import b64decode, b64encode
from datetime import date
from enum import StrEnum

import msgspec

from gjj_desktop.cases.answer import Answer, AnswerBody, FeedRow, Verdict, answer_message, grant_message

__all__ = [
    "PAGE_BYTES_MAX",
    "PULL_ROWS_MAX",
    "WIRE_VERSION",
    "Answer",
    "AnswerBody",
    "FeedRow",
    "Hello",
    "Receipt",
    "Verdict",
    "answer_message",
    "grant_message",
]

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
