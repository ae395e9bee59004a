"""继承人: who inherits an account, by what share, and where each share is paid."""

import msgspec

PARTS = ("name", "identity_no", "relation", "share", "bank_card", "bank")
"""What is typed for one heir, in the order of a line."""


class Heir(msgspec.Struct, frozen=True, kw_only=True):
    """One heir or legatee; `share` is a fraction as typed, "1/2" or "1"; all shares of a case make one whole."""

    name: str
    identity_no: str
    relation: str
    share: str
    bank_card: str
    bank: str
