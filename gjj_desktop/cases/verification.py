"""核验: what shared data said on one question about an applicant, as it travels with the case."""

import msgspec

CONFIRMED, CONTRADICTED, NOT_FOUND = "confirmed", "contradicted", "not_found"
UNREACHABLE, BY_HAND = "unreachable", "by_hand"


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """One question of the table shared_data and its answer.

    `result` is confirmed, contradicted, not_found, unreachable, or by_hand where a clerk looked at the paper instead.
    `answer` are the gateway's own bytes and `signature` its signature over them, empty for unreachable and by_hand.
    `asked_at` is UTC, ISO 8601.
    """

    item: str
    gateway: str
    asked_at: str
    result: str
    summary: str = ""
    answer: bytes = b""
    signature: bytes = b""
