"""The centre's signing key: a new one that the old one vouches for, and an end to an old one that is in wrong hands.

The new key is in the keyring before the database knows of it. From then on the keyring holds both until the change is
whole, and the database says which of them signs.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec

from gjj_desktop.cases.answer import ANSWER_ROW, Answer, answer_message, grant_message
from gjj_desktop.cases.command import CENTRE_DEVICE, SUITE
from gjj_desktop.cases.leaving import confirmed_message
from gjj_desktop.cases.rows import Grant
from gjj_desktop.central.city import City, read_city, today
from gjj_desktop.central.row_tables import Database, FeedLine, all_rows, lock_state, publish, write_feed
from gjj_desktop.clock import utc_text
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.centre_keys import CentreKeys, follow, key_fingerprint, said_by, vouch
from gjj_desktop.security.keys import new_private_key, public_key, sign, verify

CENTRE_KEY = "centre_key"
NEXT, BEFORE = "centre_key_next", "centre_keys_before"
VOUCHERS = "centre_key_vouchers"
ROWS_AT_ONCE = 5_000


class Secrets(Protocol):
    """Where the centre's keys are kept: the keyring of the machine that posts."""

    def get(self, name: str) -> bytes | None:
        """The secret of this name, or None."""

    def put(self, name: str, secret: bytes) -> None:
        """Keep it; it is there when this returns."""

    def delete(self, name: str) -> None:
        """Forget it."""


class Rotated(NamedTuple):
    """What a new key brought: grants and answers that were signed anew, and rows that the old key had not signed."""

    grants: int
    answers: int
    not_ours: int


def signing_key(secrets: Secrets, connection: Database) -> bytes:
    """The key with which this centre signs now.

    Raises:
        OperatingError: the keyring does not hold it, or the database is older than the last change of key.
    """
    held = [key for name in (CENTRE_KEY, NEXT) if (key := secrets.get(name)) is not None]
    if not held:
        raise OperatingError("本机的密钥环里没有中心的签名密钥。", "请在建立中心的机器上运行")
    in_force = read_city(connection).public_key
    found = next((key for key in held if public_key(key) == in_force), None)
    if found is not None:
        return found
    if any(public_key(key) == in_force for key in earlier_keys(secrets)):
        raise OperatingError("数据库是更换中心密钥以前的备份。", "请先运行 gjj-central restored")
    raise OperatingError("本机密钥环里的密钥不是这个中心的。", "请在建立中心的机器上运行，或核对 --centre")


def earlier_keys(secrets: Secrets) -> tuple[bytes, ...]:
    """Keys that have ended, newest first: what windows sealed to them can still be opened."""
    kept = secrets.get(BEFORE)
    return () if kept is None else msgspec.msgpack.decode(kept, type=tuple[bytes, ...])


def check_signs(city: City, centre_key: bytes) -> None:
    """OperatingError when a program that runs for long still has a key that has ended."""
    if public_key(centre_key) != city.public_key:
        raise KeyEndedError("中心的签名密钥已经更换。", "请重新运行这个命令")


class KeyEndedError(OperatingError):
    """The key that a program took from the keyring as it began is not the centre's any more."""


def rotate_key(secrets: Secrets, connection: Database, stolen: bool = False) -> Rotated:
    """Go over to a new signing key, which the old one vouches for; begun before, it is gone on with.

    Answers that earlier keys signed stay good where they stand in the feed, grants are signed anew. With `stolen` no
    earlier key is believed in anything any more, and all answers are signed anew: a minute for each million.

    Raises:
        RefusedError: a change is under way that this keyring does not know of.
        OperatingError: as `signing_key`.
    """
    old = signing_key(secrets, connection)
    begun = secrets.get(NEXT)
    if begun is not None and old == begun:  # it holds already, only the keyring was not tidied up
        _tidy(secrets, begun)
        return Rotated(0, 0, 0)
    new = begun if begun is not None else new_private_key()
    secrets.put(NEXT, new)
    with connection.transaction():
        lock_state(connection)
        city = read_city(connection)
        check_signs(city, old)
        upto = 0 if stolen else _last_position(connection)
        vouchers = (*_vouchers(connection), vouch(old, new, city.city, upto, utc_text()))
        secrets.put(VOUCHERS, msgspec.msgpack.encode(vouchers))
        _write(connection, old, new, vouchers)
        what = "rotate_centre_key stolen" if stolen else "rotate_centre_key"
        connection.execute("insert into core.audit (what, about) values (%s, %s)", (what, public_key(new).hex()))
        ours = _every_key(connection)
        grants, strange = _sign_grants_anew(connection, ours, new)
        answers, forged = _sign_answers_anew(connection, ours, new) if stolen else (0, 0)
    _tidy(secrets, new)
    return Rotated(grants, answers, strange + forged)


def fingerprint(connection: Database) -> str:
    """The present key as people compare it: the first 16 digits of its SHA-256, in fours."""
    return key_fingerprint(read_city(connection).public_key)


def rotate_again(secrets: Secrets, connection: Database) -> bool:
    """After the database was restored from a backup older than the present key: let it know of the key once more.

    What an earlier key signed that is believed no more is signed anew. A change of key that was cut off is gone on
    with, as windows may have followed it already. False where there was nothing to do.
    """
    begun = secrets.get(NEXT)
    if begun is not None and begun == secrets.get(CENTRE_KEY):
        secrets.delete(NEXT)
        begun = None
    kept = _kept_vouchers(secrets)
    onward = [] if begun is None else [each for each in kept if said_by(each).new_public == public_key(begun)]
    again = _write_again(secrets, connection, [each for each in kept if each not in onward])
    if not onward:
        return again
    rotate_key(secrets, connection, stolen=said_by(onward[-1]).believed_upto == 0)
    return True


def _write_again(secrets: Secrets, connection: Database, vouchers: Sequence[bytes]) -> bool:
    """The key in the keyring is the database's again, by these vouchers; False where it is."""
    now = secrets.get(CENTRE_KEY)
    with connection.transaction():
        lock_state(connection)
        city = read_city(connection)
        old = next((key for key in earlier_keys(secrets) if public_key(key) == city.public_key), None)
        if now is None or old is None or not vouchers or public_key(now) == city.public_key:
            return False
        _write(connection, old, now, vouchers)
        connection.execute("insert into core.audit (what, about) values ('rotate_centre_key again', '')")
        ours = _every_key(connection)
        _sign_grants_anew(connection, ours, now)
        keys = follow(CentreKeys(public_key(now)), public_key(now), msgspec.msgpack.encode(vouchers), city.city)
        if keys is None or city.public_key not in keys.believed:
            _sign_answers_anew(connection, ours, now)
    return True


def _kept_vouchers(secrets: Secrets) -> tuple[bytes, ...]:
    kept = secrets.get(VOUCHERS)
    return () if kept is None else msgspec.msgpack.decode(kept, type=tuple[bytes, ...])


def _write(connection: Database, old: bytes, new: bytes, vouchers: Sequence[bytes]) -> None:
    """The centre's own commands up to here are the old key's, what it signs from now on is the new one's."""
    connection.execute("insert into core.device_chain (device) values (%s) on conflict do nothing", (CENTRE_DEVICE,))
    found = connection.execute(
        "select received from core.device_chain where device = %s for update", (CENTRE_DEVICE,)
    ).fetchone()
    connection.execute(
        "insert into core.device_key_before (device, last_sequence, public_key, suite, reason)"
        " values (%s, %s, %s, %s, 'rotated') on conflict do nothing",
        (CENTRE_DEVICE, found[0] if found else 0, public_key(old), SUITE),
    )
    connection.execute(
        "update core.city set public_key = %s, vouchers = %s, key_since = %s",
        (public_key(new), msgspec.msgpack.encode(tuple(vouchers)), today()),
    )


def _tidy(secrets: Secrets, new: bytes) -> None:
    """The database knows `new`: it takes its place in the keyring; the one before is kept for what is sealed to it."""
    old = secrets.get(CENTRE_KEY)
    before = earlier_keys(secrets)
    if old is not None and old != new and old not in before:
        secrets.put(BEFORE, msgspec.msgpack.encode((old, *before)))
    secrets.put(CENTRE_KEY, new)
    secrets.delete(NEXT)


def _vouchers(connection: Database) -> tuple[bytes, ...]:
    found = connection.execute("select vouchers from core.city").fetchone()
    assert found is not None
    return msgspec.msgpack.decode(found[0], type=tuple[bytes, ...])


def _last_position(connection: Database) -> int:
    found = connection.execute("select coalesce(max(position), 0) from core.feed").fetchone()
    assert found is not None
    return int(found[0])


def _every_key(connection: Database) -> list[bytes]:
    """The public keys with which the centre ever signed, newest first."""
    return [read_city(connection).public_key, *(said_by(each).old_public for each in reversed(_vouchers(connection)))]


def _is_ours(ours: Sequence[bytes], message: bytes, signature: bytes) -> bool:
    return any(verify(key, message, signature) for key in ours)


def _sign_grants_anew(connection: Database, ours: Sequence[bytes], new: bytes) -> tuple[int, int]:
    """How many, and how many the centre had not signed: those are left as they are, no window takes them."""
    grants = [row for row in all_rows(connection, Grant) if isinstance(row, Grant)]
    good = [row for row in grants if _is_ours(ours, grant_message(row.body), row.signature)]
    publish(
        connection,
        [msgspec.structs.replace(row, signature=sign(new, grant_message(row.body))) for row in good],
    )
    return len(good), len(grants) - len(good)


def _sign_answers_anew(connection: Database, ours: Sequence[bytes], new: bytes) -> tuple[int, int]:
    """How many answers, and how many the centre had not signed; its words to windows that have left, too."""
    _sign_farewells_anew(connection, ours, new)
    signed = strange = 0
    after = ("", "")
    while page := connection.execute(
        "select scope, key, body from core.feed where row_type = %s and not deleted and (scope, key) > (%s, %s)"
        " order by scope, key limit %s",
        (ANSWER_ROW, *after, ROWS_AT_ONCE),
    ).fetchall():
        lines = []
        for scope, key, body in page:
            answer = msgspec.msgpack.decode(body, type=Answer)
            if _is_ours(ours, answer_message(answer.body), answer.signature):
                anew = msgspec.structs.replace(answer, signature=sign(new, answer_message(answer.body)))
                lines.append(FeedLine(scope, ANSWER_ROW, key, False, msgspec.msgpack.encode(anew)))
            else:
                strange += 1
        write_feed(connection, lines)
        signed += len(lines)
        after = (page[-1][0], page[-1][1])
    return signed, strange


def _sign_farewells_anew(connection: Database, ours: Sequence[bytes], new: bytes) -> None:
    for move, body, signature in connection.execute(
        "select move, confirmed, confirmed_signature from core.device_move where state = 'confirmed'"
    ).fetchall():
        message = confirmed_message(bytes(body))
        if _is_ours(ours, message, bytes(signature)):
            connection.execute(
                "update core.device_move set confirmed_signature = %s where move = %s", (sign(new, message), move)
            )
