"""With which keys does the centre sign: the present one, vouched for by the one before, and what earlier ones may say.

A voucher names an old and a new key of one city and is signed by both. From the key that a window once pinned it walks
along the vouchers to the present one; a key to which no such way leads is nobody's it knows.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256

import msgspec

from gjj_desktop.cases.command import SUITE, UNREADABLE
from gjj_desktop.security.keys import public_key, sign, verify

NO_VOUCHERS = msgspec.msgpack.encode(())


class VoucherBody(msgspec.Struct, frozen=True, kw_only=True):
    """`old_public` says that `new_public` signs for the centre from now on, by `suite`.

    What the old key signed is believed in rows of the feed up to position `believed_upto`, 0 where it may be in wrong
    hands. `made_at` is UTC, ISO 8601.
    """

    city: str
    old_public: bytes
    new_public: bytes
    believed_upto: int
    made_at: str
    suite: str = SUITE


class Voucher(msgspec.Struct, frozen=True, kw_only=True):
    """`body` is msgpack of `VoucherBody`, signed by both keys."""

    body: bytes
    old_signature: bytes
    new_signature: bytes


class EarlierCentreKey(msgspec.Struct, frozen=True):
    """A key with which the centre signed before; it is believed in feed rows up to this position."""

    public_key: bytes
    believed_upto: int


class CentreKeys(msgspec.Struct, frozen=True):
    """What a window knows of its centre's keys: the present one, and earlier ones, newest first."""

    now: bytes
    earlier: tuple[EarlierCentreKey, ...] = ()

    def at(self, position: int | None) -> tuple[bytes, ...]:
        """The keys that may have signed a row that stands in the feed at `position` (None: not in the feed)."""
        before = () if position is None else (k.public_key for k in self.earlier if position <= k.believed_upto)
        return (self.now, *before)

    @property
    def believed(self) -> tuple[bytes, ...]:
        """The keys whose grants still count where they were taken in before: all but those in wrong hands."""
        return (self.now, *(key.public_key for key in self.earlier if key.believed_upto > 0))


class UnknownSuiteError(Exception):
    """The way to the centre's present key leads over an algorithm that this program does not know."""


def vouch(old_private: bytes, new_private: bytes, city: str, believed_upto: int, made_at: str) -> bytes:
    """A voucher of the old key for the new one, as bytes."""
    body = msgspec.msgpack.encode(
        VoucherBody(
            city=city,
            old_public=public_key(old_private),
            new_public=public_key(new_private),
            believed_upto=believed_upto,
            made_at=made_at,
        )
    )
    message = voucher_message(body)
    voucher = Voucher(body=body, old_signature=sign(old_private, message), new_signature=sign(new_private, message))
    return msgspec.msgpack.encode(voucher)


def said_by(voucher: bytes) -> VoucherBody:
    """What a voucher says that the centre itself has made."""
    body = msgspec.msgpack.decode(voucher, type=Voucher).body
    return msgspec.msgpack.decode(body, type=VoucherBody)


def voucher_message(body: bytes) -> bytes:
    """What both keys sign."""
    return b"gjj.centre.key.1\0" + sha256(body).digest()


def key_fingerprint(public: bytes) -> str:
    """A public key as people compare it: the first 16 hexadecimal digits of its SHA-256, in fours.

    >>> key_fingerprint(bytes(32))
    '6668 7aad f862 bd77'
    """
    digits = sha256(public).hexdigest()[:16]
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))


def follow(known: CentreKeys, claimed: bytes, vouchers: bytes, city: str) -> CentreKeys | None:
    """What a window that knows `known` knows of a centre that says it signs with `claimed`; None when that is not ours.

    `vouchers` is what the centre shows, msgpack of any number of vouchers, in any order. What was said once of how far
    an earlier key is believed is never widened.

    Raises:
        UnknownSuiteError: the key that follows signs by an algorithm that this program does not know.
    """
    shown = [body for encoded in _listed(vouchers) if (body := _genuine(encoded)) is not None and body.city == city]
    key, seen = known.now, set[bytes]()
    while key != claimed and key not in seen:
        seen.add(key)
        onward = next((body for body in shown if body.old_public == key), None)
        if onward is None:
            return None
        if onward.suite != SUITE:
            raise UnknownSuiteError
        key = onward.new_public
    return None if key != claimed else CentreKeys(claimed, tuple(_earlier(known, claimed, shown)))


def _earlier(known: CentreKeys, now: bytes, shown: Sequence[VoucherBody]) -> Iterator[EarlierCentreKey]:
    """Back from the present key: each is confirmed by the one that came after it, and believed no further than that."""
    limits = {key.public_key: key.believed_upto for key in known.earlier}
    key, seen, upto = now, {now}, 2**63
    while (before := next((body for body in shown if body.new_public == key), None)) is not None:
        key = before.old_public
        if key in seen:
            return
        seen.add(key)
        upto = min(upto, before.believed_upto, limits.get(key, upto))
        yield EarlierCentreKey(key, upto)


def _listed(vouchers: bytes) -> tuple[bytes, ...]:
    try:
        return msgspec.msgpack.decode(vouchers, type=tuple[bytes, ...]) if vouchers else ()
    except UNREADABLE:
        return ()


def _genuine(encoded: bytes) -> VoucherBody | None:
    """What a voucher says, when both keys signed it; of an unknown suite only the old key can be asked."""
    try:
        voucher = msgspec.msgpack.decode(encoded, type=Voucher)
        body = msgspec.msgpack.decode(voucher.body, type=VoucherBody)
    except UNREADABLE:
        return None
    message = voucher_message(voucher.body)
    by_old = verify(body.old_public, message, voucher.old_signature)
    by_new = body.suite != SUITE or verify(body.new_public, message, voucher.new_signature)
    return body if by_old and by_new else None
