"""A window that another team might have written: from docs/sync.md and docs/messages.md, and nothing of this program.

What the two pages say is read from them as the window needs it: prefixes, the order of fields, digits, sizes. So a
window by a page that says something else is another window, and the centre does not take it for one of its own.
"""

import base64
import os
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from psycopg import sql

DOCS = Path(__file__).parents[2] / "docs"
Message = dict[str, Any]
pack: Callable[[Any], bytes] = msgspec.msgpack.encode
unpack: Callable[[bytes], Any] = msgspec.msgpack.decode


class NotAsWrittenError(Exception):
    """What came is not what the pages say that it must be."""


class Book:
    """What the two pages say."""

    def __init__(self, sync: str, messages: str) -> None:
        self.sync, self.messages = sync, messages

    @classmethod
    def of(cls, folder: Path = DOCS) -> "Book":
        """The pages in a folder."""
        return cls(*((folder / name).read_text(encoding="utf-8") for name in ("sync.md", "messages.md")))

    def changed(self, old: str, new: str) -> "Book":
        """The pages with another word in them."""
        assert old in self.sync + self.messages
        return Book(self.sync.replace(old, new), self.messages.replace(old, new))

    def prefix(self, signature: str) -> bytes:
        """With what begins that which a signature is over."""
        found = re.search(rf'^\| `?{re.escape(signature)}`? \|[^|]*\| `"([^"]+)" 00', self.sync, re.M)
        assert found is not None, signature
        return found[1].encode() + b"\0"

    def counter_digits(self, series: str) -> int:
        """How many digits the counter of a series has."""
        found = re.search(rf"^\| `{series}` \|[^|]*\| (\d+) \|", self.sync, re.M)
        assert found is not None, series
        return int(found[1])

    def figure(self, before: str) -> int:
        """The figure behind some words."""
        words = r"\s+".join(map(re.escape, before.split()))
        found = re.search(rf"{words}\s+([\d,]+)", self.sync)
        assert found is not None, before
        return int(found[1].replace(",", ""))

    def fields(self, message: str) -> dict[str, str | None]:
        """The fields of a message in their order, each with its default as it is written; None where it has none."""
        found = re.search(rf"^### {message}\n\n.*?\n\n((?: {{4}}[^\n]+\n)+)", self.messages, re.M | re.S)
        assert found is not None, message
        lines = [re.match(r"    (\w+): .*?(?: = (.+))?$", line) for line in found[1].splitlines()]
        return {line[1]: line[2] for line in lines if line is not None}

    def message(self, name: str, /, **values: Any) -> Message:
        """A message with its fields in their order; those that are not given are left out."""
        fields = self.fields(name)
        missing = [each for each, default in fields.items() if default is None and each not in values]
        assert not missing, (name, missing)
        assert set(values) <= set(fields), (name, values.keys() - fields.keys())
        return {each: values[each] for each in fields if each in values}

    def payload_of(self, kind: str) -> str:
        """What the payload of a kind of command is called."""
        found = re.search(rf"^\| `{kind}` \|.*\| `(\w+)` \|$", self.messages, re.M)
        assert found is not None, kind
        return found[1]

    def paper(self, kind: str) -> str:
        """What the message of a kind of paper is called."""
        found = re.search(rf"^### (\w+)\n\n(?:(?!\n###)[\s\S])*?Map with `type`\s+`{kind}`", self.messages, re.M)
        assert found is not None, kind
        return found[1]


def new_uuid() -> str:
    """A UUIDv7 (RFC 9562)."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def check_digit(digits: str) -> str:
    """ISO 7064 MOD 11,10."""
    p = 10
    for digit in digits:
        p = 2 * ((p + int(digit)) % 10 or 10) % 11
    return str((11 - p) % 10)


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


BOX_SUITE = "ed25519-x25519-hkdf-sha256-chacha20poly1305"


def u_of(ed25519_public: bytes) -> bytes:
    """u = (1 + y) / (1 - y) of a public key."""
    p = 2**255 - 19
    y = int.from_bytes(ed25519_public, "little") % 2**255
    return ((1 + y) * pow(1 - y, p - 2, p) % p).to_bytes(32, "little")


def box_key(shared: bytes, once: bytes, receiver: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"gjj.sealed-box.1\0" + once + receiver).derive(shared)


def seal_box(message: bytes, receiver: bytes, bound: bytes) -> bytes:
    """`message` for the holder of an Ed25519 key."""
    once = X25519PrivateKey.generate()
    public = once.public_key().public_bytes_raw()
    shared = once.exchange(X25519PublicKey.from_public_bytes(u_of(receiver)))
    return public + ChaCha20Poly1305(box_key(shared, public, receiver)).encrypt(bytes(12), message, bound)


def open_box(box: bytes, key: Ed25519PrivateKey, bound: bytes) -> bytes:
    """What is in a box for us."""
    private = X25519PrivateKey.from_private_bytes(sha512(key.private_bytes_raw()).digest()[:32])
    shared = private.exchange(X25519PublicKey.from_public_bytes(box[:32]))
    own = key.public_key().public_bytes_raw()
    return ChaCha20Poly1305(box_key(shared, box[:32], own)).decrypt(bytes(12), box[32:], bound)


@dataclass
class BookWindow:
    """One window: what it was given, what it made, and what it has heard."""

    ticket: Message
    book: Book
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    clerks: dict[str, Ed25519PrivateKey] = field(default_factory=dict)
    sequence: int = 0
    previous: bytes = bytes(32)
    cursor: int = 0
    rows: dict[tuple[str, str], Message] = field(default_factory=dict)
    sent: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    answers: dict[str, Message] = field(default_factory=dict)
    grants: dict[str, Message] = field(default_factory=dict)
    blocks: dict[str, list[int]] = field(default_factory=dict)
    centre_keys: list[tuple[bytes, int]] = field(default_factory=list)
    """The centre's present key, and earlier ones behind it, each with the last position at which it is believed."""

    @classmethod
    def of_ticket(cls, line: str, book: Book) -> "BookWindow":
        """A window that is not enrolled yet."""
        return cls(unpack(base64.b64decode("".join(line.split()))), book)

    @property
    def device(self) -> str:
        return str(self.ticket["device"])

    def connect(self, password: str | None = None) -> psycopg.Connection[Any]:
        """A session of this device's login."""
        address = self.ticket["address"]
        assert (address["host"], address.get("ca")) == ("127.0.0.1", ""), "a plain line is for the loopback alone"
        return psycopg.connect(
            host=address["host"],
            port=address["port"],
            dbname=address["dbname"],
            user=f"gjj_d_{self.device}",
            password=password or self.password,
            sslmode="disable",
            require_auth="scram-sha-256",
            connect_timeout=5,
            autocommit=True,
        )

    def call(self, name: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows that a function answers."""
        with self.connect() as connection:
            marks = sql.SQL(", ").join([sql.Placeholder()] * len(values))
            query = sql.SQL("select * from api.{}({})").format(sql.Identifier(name), marks)
            return connection.execute(query, values, binary=True).fetchall()

    # Enrolment

    def enrol(self) -> str:
        """By the five steps, without the last; answers what the centre says."""
        with self.connect(self.ticket["password"]) as connection:
            [(said,)] = connection.execute("select api.hello()", binary=True).fetchall()
            self._check_hello(unpack(said))
            login = f"gjj_d_{self.device}"
            verifier = connection.pgconn.encrypt_password(self.password.encode(), login.encode(), b"scram-sha-256")
            assert verifier.startswith(b"SCRAM-SHA-256$4096:")
            change = sql.SQL("alter role {} password {}").format(sql.Identifier(login), sql.Literal(verifier.decode()))
            connection.execute(change)
        [(state,)] = self.call("register_device", self.key.public_key().public_bytes_raw())
        return str(state)

    def hello(self) -> Message:
        """The centre's greeting, found right."""
        [(said,)] = self.call("hello")
        return self._check_hello(unpack(said))

    def _check_hello(self, hello: Message) -> Message:
        if list(hello) != list(self.book.fields("Hello")):
            raise NotAsWrittenError("Hello")
        for name in ("city", "device", "outlet"):
            if hello[name] != self.ticket[name]:
                raise NotAsWrittenError(f"the centre's {name} is not the ticket's")
        self._follow(hello["centre_public_key"], [self._voucher(each) for each in unpack(hello["vouchers"])])
        if hello["wire_version"] != self.book.figure("`Hello.wire_version` is"):
            raise NotAsWrittenError("a version that nobody wrote down")
        return hello

    def _follow(self, shown: bytes, vouchers: list[Message]) -> None:
        """From the key that is pinned, voucher by voucher, to the one that the centre shows; and back from there."""
        pinned = self.centre_keys[0][0] if self.centre_keys else self.ticket["centre_public_key"]
        by_old, by_new = ({each[name]: each for each in vouchers} for name in ("old_public", "new_public"))
        key = pinned
        while key != shown:
            if key not in by_old:
                raise NotAsWrittenError("no voucher leads to the centre_public_key")
            key = by_old.pop(key)["new_public"]
        known, upto = dict(self.centre_keys[1:]), 2**63
        self.centre_keys = [(shown, 2**63)]
        while key in by_new:
            voucher = by_new.pop(key)
            key = voucher["old_public"]
            upto = min(upto, voucher["believed_upto"], known.get(key, upto))
            self.centre_keys.append((key, upto))

    def _voucher(self, packed: bytes) -> Message:
        voucher = unpack(packed)
        said = dict(unpack(voucher["body"]))
        message = self.book.prefix("Voucher.old_signature`, `.new_signature") + sha256(voucher["body"]).digest()
        both = all(is_signed(said[f"{each}_public"], voucher[f"{each}_signature"], message) for each in ("old", "new"))
        if not both or said["city"] != self.ticket["city"]:
            raise NotAsWrittenError("a voucher that vouches for nothing")
        return said

    def register_clerk(self, clerk: str, code: str) -> str:
        """A key for a clerk at this window."""
        key = Ed25519PrivateKey.generate()
        [(said,)] = self.call("register_clerk_key", clerk, code, key.public_key().public_bytes_raw())
        if said == "registered":
            self.clerks[clerk] = key
        return str(said)

    # Commands

    def number(self, series: str) -> str:
        """A fresh number of a series, from blocks of ten."""
        if not self.blocks.get(series):
            [(first, last)] = self.call("lease", series, 10)
            self.blocks[series] = list(range(first, last + 1))
        counter = f"{self.blocks[series].pop(0):0{self.book.counter_digits(series)}}"
        digits = f"{self.device}{counter}"
        return digits + check_digit(digits)

    def command(self, clerk: str, kind: str, values: Message, case_no: str = "", **more: Any) -> bytes:
        """The next command, packed, signed by clerk and device, in its envelope."""
        self.sequence += 1
        command = self.book.message(
            "Command",
            id=new_uuid(),
            kind=kind,
            case_no=case_no,
            device=self.device,
            sequence=self.sequence,
            author=clerk,
            made_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            policy_version="",
            payload=pack(self.book.message(self.book.payload_of(kind), **values)),
            seen=self.cursor,
            **more,
        )
        body = pack(command)
        author_signature = self._sign(self.clerks[clerk], "Envelope.author_signature", sha256(body).digest())
        digest = sha256(sha256(body).digest() + author_signature + self.previous).digest()
        envelope = self.book.message(
            "Envelope",
            body=body,
            author_signature=author_signature,
            previous=self.previous,
            device_signature=self._sign(self.key, "Envelope.device_signature", digest),
        )
        self.previous = digest
        self.sent[command["id"]] = (self.sequence, digest)
        return pack(envelope)

    def rotate(self) -> bytes:
        """Go over to a new key: the command that says so, signed by the old one; the new one signs what follows."""
        old, new = self.key, Ed25519PrivateKey.generate()
        keys = [key.public_key().public_bytes_raw() for key in (old, new)]
        parts = (b"ed25519-sha256", self.device.encode(), str(self.sequence + 1).encode(), *keys)
        proven = b"".join(len(part).to_bytes(2, "big") + part for part in parts)
        asked = {"public_key": keys[1], "proof": self._sign(new, "RotateDeviceKey.proof", proven)}
        self.clerks["device"] = old
        envelope = self.command("device", "device.rotate_key", asked)
        self.key = new
        return envelope

    def leave(self, move: str) -> bytes:
        """Say that nothing is here which the centre does not hold; answers the word."""
        word = pack(
            self.book.message(
                "Leaving",
                move=move,
                device=self.device,
                sequence=self.sequence,
                digest=self.previous,
                audit_sequence=0,
                audit_head=bytes(32),
                nonce=os.urandom(16),
            )
        )
        signature = self._sign(self.key, "the signature of `leave`", sha256(word).digest())
        assert self.call("bring_audit", 0, []) == [(0,)]
        assert self.call("leave", word, signature) == [("said",)]
        return word

    def farewell(self, word: bytes) -> Message:
        """The centre's word that it holds everything."""
        [(state, reason, confirmed, signature)] = self.call("farewell")
        if state != "confirmed":
            raise NotAsWrittenError(f"{state}: {reason}")
        message = self.book.prefix("the signature of `farewell`") + sha256(confirmed).digest()
        if not self._is_the_centres(signature, message):
            raise NotAsWrittenError("a farewell that the centre did not sign")
        said = dict(unpack(confirmed))
        if said["said"] != sha256(word).digest() or said["device"] != self.device:
            raise NotAsWrittenError("a farewell to somebody else")
        return said

    def paper(self, kind: str, paper_no: str, case_no: str, issued_on: str, /, **values: Any) -> Message:
        """A paper as it goes out with a command."""
        head = self.book.message("PaperHead", paper_no=paper_no, case_no=case_no, **values.pop("head"))
        body = pack({"type": kind} | self.book.message(self.book.paper(kind), head=head, **values))
        digest = sha256(body).digest()
        parts = (paper_no.encode(), self.device.encode(), digest)
        signed = b"".join(len(part).to_bytes(2, "big") + part for part in parts)
        return self.book.message(
            "PaperIssue",
            paper_no=paper_no,
            kind=kind,
            issued_on=issued_on,
            body=body,
            digest=digest,
            signature=self._sign(self.key, "PaperIssue.signature", signed),
        )

    def hand_in(self, *envelopes: bytes) -> list[str]:
        """The receipts."""
        assert len(envelopes) <= self.book.figure("a receipt for each, in order | at most")
        [(receipts,)] = self.call("hand_in", list(envelopes))
        return list(receipts)

    def _sign(self, key: Ed25519PrivateKey, signature: str, message: bytes) -> bytes:
        return key.sign(self.book.prefix(signature) + message)

    # The feed

    def pull(self) -> None:
        """Everything that is new; answers and grants are believed by the centre's signature alone."""
        while page := self.call("pull", self.cursor, 50):
            self._take(page)

    def _take(self, page: list[tuple[Any, ...]]) -> None:
        positions = [row[0] for row in page]
        if positions != sorted(set(positions)) or positions[0] <= self.cursor:
            raise NotAsWrittenError("rows out of their order")
        for position, row_type, key, deleted, body in page:
            if deleted:
                self.rows.pop((row_type, key), None)
            elif row_type == "Answer":
                self._answer(key, unpack(body), position)
            else:
                self._row(row_type, key, unpack(body), position)
        self.cursor = positions[-1]

    def _answer(self, key: str, answer: Message, position: int) -> None:
        body = self._believed("Answer", answer, position)
        if key != body["command_id"]:
            raise NotAsWrittenError("an answer to something else")
        if key in self.sent and (body["sequence"], body["digest"]) == self.sent[key]:
            self.answers[key] = body

    def _row(self, row_type: str, key: str, row: Message, position: int) -> None:
        fields = self.book.fields(row_type)
        if row.pop("type") != row_type or not set(row) <= set(fields):
            raise NotAsWrittenError(row_type)
        self.rows[row_type, key] = row
        if row_type == "Grant":
            granted = self._believed("Grant", row, position)
            if granted["device"] != self.device:
                raise NotAsWrittenError("a grant for another window")
            self.grants[granted["clerk"]] = granted

    def _believed(self, name: str, signed: Message, position: int) -> Message:
        message = self.book.prefix(f"{name}.signature") + sha256(signed["body"]).digest()
        if not self._is_the_centres(signed["signature"], message, position):
            raise NotAsWrittenError(f"not signed by the centre: {name}")
        said = unpack(signed["body"])
        if list(said) != list(self.book.fields({"Answer": "AnswerBody", "Grant": "GrantBody"}[name])):
            raise NotAsWrittenError(name)
        return dict(said)

    def _is_the_centres(self, signature: bytes, message: bytes, position: int = 2**63) -> bool:
        """By the present key, or in the feed by an earlier one up to where it is believed."""
        return any(is_signed(key, signature, message) for key, upto in self.centre_keys if position <= upto)

    def verdicts(self) -> list[tuple[str, list[str]]]:
        """What the centre decided on each command, in their order, with the codes of what it found."""
        answered = sorted(self.answers.values(), key=lambda body: int(body["sequence"]))
        return [(body["verdict"], [each["code"] for each in body["findings"]]) for body in answered]

    def policy(self) -> Mapping[str, Any]:
        """The tables in force."""
        row = self.rows["PolicyVersion", self.hello()["policy_version"]]
        return dict(unpack(row["body"]))

    # The courier pack

    def pack_for_the_centre(self, envelopes: list[bytes], pages: list[bytes]) -> bytes:
        """The file that goes out on a stick."""
        packed = [self.book.message("PackedPage", digest=sha256(page).hexdigest(), body=page) for page in pages]
        inner = self.book.message(
            "ToCentre", envelopes=envelopes, pages=packed, cursor=self.cursor, wanted={"CASE": 20}
        )
        head = {
            "kind": "to_centre",
            "city": self.ticket["city"],
            "device": self.device,
            "made_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
        box = seal_box(pack(inner), self.centre_keys[0][0], self._bound(head))
        unsigned = self.book.message("Pack", **head, sealed=box, signature=b"", suite=BOX_SUITE)
        digest = sha256(pack(unsigned)).digest()
        signed = unsigned | {"signature": self._sign(self.key, "Pack.signature", digest)}
        content = b"GJJPACK1" + pack(signed)
        return content + sha256(content).digest()

    def take_pack(self, content: bytes) -> Message:
        """What the centre has written for this window, its rows taken."""
        content, digest = content[:-32], content[-32:]
        if content[:8] != b"GJJPACK1" or sha256(content).digest() != digest:
            raise NotAsWrittenError("no whole pack")
        found = unpack(content[8:])
        message = self.book.prefix("Pack.signature") + sha256(pack(found | {"signature": b""})).digest()
        if (found["kind"], found["city"], found["device"]) != ("to_window", self.ticket["city"], self.device):
            raise NotAsWrittenError("a pack for somebody else")
        inner = dict(unpack(open_box(found["sealed"], self.key, self._bound(found))))
        self._check_hello(unpack(inner["hello"]))
        if not self._is_the_centres(found["signature"], message):
            raise NotAsWrittenError("the centre did not make this pack")
        if inner["after"] != self.cursor:
            raise NotAsWrittenError("rows that do not join on")
        names = ("position", "row_type", "key", "deleted", "body")
        self._take([tuple(row[name] for name in names) for row in inner["rows"]])
        for series, (first, last) in inner["blocks"].items():
            self.blocks.setdefault(series, []).extend(range(first, last + 1))
        return inner

    def _bound(self, head: Mapping[str, Any]) -> bytes:
        return pack([BOX_SUITE, *(head[name] for name in ("kind", "city", "device", "made_at"))])

    # Pages of materials

    def page_ref(self, material: str, page: bytes) -> Message:
        """How a payload names a page."""
        return self.book.message("PageRef", material=material, digest=sha256(page).hexdigest(), size_bytes=len(page))

    def bring(self, page: bytes) -> list[str]:
        """All chunks of a page; what the centre said to each."""
        digest = sha256(page).hexdigest()
        size = self.book.figure("brings it in chunks of")
        [(named, state, brought)] = self.call("blobs", [digest])
        assert (named, state) == (digest, "wanted"), state
        said = []
        for number, start in enumerate(range(0, len(page), size)):
            if number not in brought:
                with self.connect() as connection:
                    query = "select api.put_chunk(%s::text, %s::bigint, %s::int, %s::bytea)"
                    chunk = page[start : start + size]
                    [(answer,)] = connection.execute(query, (digest, len(page), number, chunk)).fetchall()
                said.append(str(answer))
        return said
