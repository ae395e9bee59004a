"""What travels between a window and the centre, besides envelopes: tickets, greetings, answers and feed rows."""

import ipaddress
from base64 import b64decode, b64encode
from datetime import date
from enum import StrEnum

import msgspec

from gjj_desktop.cases.answer import Answer, AnswerBody, FeedRow, Verdict, answer_message, grant_message
from gjj_desktop.cases.command import SUITE
from gjj_desktop.security.centre_keys import NO_VOUCHERS

__all__ = [
    "BLOBS_MAX",
    "CHUNK_BYTES",
    "PAGE_BYTES_MAX",
    "PAGE_ENVELOPES_MAX",
    "PULL_ROWS_MAX",
    "SNAPSHOT_ROWS_MAX",
    "WIRE_VERSION",
    "Answer",
    "AnswerBody",
    "BlobState",
    "CentreAddress",
    "FeedRow",
    "Hello",
    "OwnGrant",
    "Put",
    "Receipt",
    "TakeOverTicket",
    "Ticket",
    "Verdict",
    "answer_message",
    "grant_message",
    "is_loopback",
    "login_of",
    "take_over_line",
    "take_over_of_line",
    "ticket_line",
    "ticket_of_line",
]

WIRE_VERSION = 1
PAGE_BYTES_MAX = 1 << 20
PAGE_ENVELOPES_MAX = 500
PULL_ROWS_MAX = 2_000
SNAPSHOT_ROWS_MAX = 4_000
CHUNK_BYTES = 1 << 17
"""Pages of materials travel in chunks of this size, the last one shorter: seconds each on the poorest line."""
BLOBS_MAX = 500


def login_of(device: str) -> str:
    """The PostgreSQL login of a device."""
    return f"gjj_d_{device}"


class Receipt(StrEnum):
    """What the inbox says of one envelope as it is handed in, before anything is decided."""

    RECEIVED = "received"
    SEEN_BEFORE = "seen_before"
    ID_REUSED = "id_reused"
    OUT_OF_ORDER = "out_of_order"
    MALFORMED = "malformed"
    FULL = "full"


class OwnGrant(msgspec.Struct, frozen=True, kw_only=True):
    """A grant that a window brings to a centre which was restored to before it: `body` is msgpack of `GrantBody`,
    signed by the centre. `person_ids` are the clerk's own and family's identities, as the clerk's row had them."""

    body: bytes
    signature: bytes
    person_ids: tuple[str, ...] = ()


class BlobState(StrEnum):
    """What the centre says of one page: it has it, it waits for it, or no case of this outlet names it (yet)."""

    HELD = "held"
    WANTED = "wanted"
    UNKNOWN = "unknown"


class Put(StrEnum):
    """What became of one chunk: kept, the page is whole now, its bytes were not its digest's, no more today."""

    TAKEN = "taken"
    HELD = "held"
    WRONG = "wrong"
    FULL = "full"


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """How the centre greets a device. `high_water` is the last sequence of this device that the inbox holds.

    `epoch` changes when the centre was restored from a backup; `now` is the centre's clock, UTC, ISO 8601. `vouchers`
    are by which way its present key is reached from earlier ones (`security.centre_keys`).
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
    vouchers: bytes = NO_VOUCHERS


class CentreAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where the centre's PostgreSQL is, and who vouches for it: `ca` holds certificates (PEM), one behind the other.

    With a `ca` the server must prove its name by a certificate that goes back to one of them and to nothing else.
    Without, it must by the machine's own trusted roots; only a loopback host (demo, tests) then needs no TLS.
    """

    host: str
    port: int
    dbname: str
    ca: str = ""

    @property
    def by_tls(self) -> bool:
        """Whether the line must be encrypted and the server prove its name."""
        return bool(self.ca) or not is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether the centre is on this very machine, as in the demo; a path is the folder of a socket."""
    if host == "localhost" or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """What a new window is given to enrol with, once. `expires_at` is UTC, ISO 8601; `password` ends with it."""

    address: CentreAddress
    city: str
    city_name: str
    device: str
    outlet: str
    password: str
    centre_public_key: bytes
    expires_at: str
    suite: str = SUITE


class TakeOverTicket(msgspec.Struct, frozen=True, kw_only=True):
    """With what a new machine takes a broken one's window over, once.

    `shares` are the centre's halves of the keys of the window's file, by their names: this line and the disk of the
    broken machine together open all that is on it, so it is a secret and stays one.
    """

    ticket: Ticket
    shares: dict[str, bytes]


def take_over_line(ticket: TakeOverTicket) -> str:
    """The ticket as one line of text that can be copied."""
    return b64encode(msgspec.msgpack.encode(ticket)).decode()


def take_over_of_line(line: str) -> TakeOverTicket:
    """The take-over ticket in a line, blanks and line breaks in it ignored; ValueError when there is none in it."""
    return msgspec.msgpack.decode(b64decode("".join(line.split()), validate=True), type=TakeOverTicket)


def ticket_line(ticket: Ticket) -> str:
    """The ticket as one line of text that can be copied."""
    return b64encode(msgspec.msgpack.encode(ticket)).decode()


def ticket_of_line(line: str) -> Ticket:
    """The ticket in a line, blanks and line breaks in it ignored; ValueError when there is none in it."""
    return msgspec.msgpack.decode(b64decode("".join(line.split()), validate=True), type=Ticket)
