"""By which authority was a command signed: what its author might do, and with which keys, as far as its window knew.

A change (of roles, outlet or state; the end of a key) holds for a command that arrived after it, when its window had
taken the change from the feed before it was signed (`seen`), or when the change was made to hold at once. How far a
window had come is in the signed command, and never goes back along the device's chain (decision 0031).
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec
from psycopg.sql import SQL

from gjj_desktop.cases.rows import Clerk, ClerkKey, Row
from gjj_desktop.central.row_tables import Database


class Signed(NamedTuple):
    """Where a command stands: its place in the inbox, and the feed position its window had come to (-1: unknown)."""

    arrival: int
    seen: int


class Moment(NamedTuple):
    """When a change happened: the first feed position and the first arrival after it; or for all that comes."""

    position: int
    arrival: int
    at_once: bool

    def holds_for(self, signed: Signed) -> bool:
        """Whether the change had happened for who signed there."""
        knew = signed.seen < 0 or signed.seen >= self.position
        return signed.arrival >= self.arrival and (self.at_once or knew)


class ClerkBefore(NamedTuple):
    """What a clerk might do until `until`."""

    until: Moment
    roles: tuple[str, ...]
    outlet: str
    state: str


class KeyBefore(NamedTuple):
    """A key with which a clerk signed at a device until `until`."""

    until: Moment
    public_key: bytes


class Authority(NamedTuple):
    """What clerks might do before (by number) and the keys they had before (by key of ClerkKey), oldest first."""

    clerks: dict[str, list[ClerkBefore]]
    keys: dict[str, list[KeyBefore]]

    def acting(self, clerk: Clerk | None, signed: Signed) -> Clerk | None:
        """`clerk`, as stored now, as they were for a command signed there; None when they are so still.

        The newest change that holds counts, and what was so until the next one.
        """
        before = self.clerks.get(clerk.clerk, []) if clerk is not None else []
        after_newest = max((at + 1 for at, each in enumerate(before) if each.until.holds_for(signed)), default=0)
        if clerk is None or after_newest == len(before):
            return None
        then = before[after_newest]
        return msgspec.structs.replace(clerk, roles=then.roles, outlet=then.outlet, state=then.state)

    def earlier_keys(self, clerk_key: str, signed: Signed) -> list[bytes]:
        """Keys that have ended and still count for a command signed there."""
        return [each.public_key for each in self.keys.get(clerk_key, []) if not each.until.holds_for(signed)]


def load_authority(connection: Database, clerks: Collection[str], clerk_keys: Collection[str]) -> Authority:
    """What has changed about these clerks and these keys of theirs; nothing is asked about none."""
    return Authority(
        clerks=_clerks_before(connection, clerks) if clerks else {},
        keys=_keys_before(connection, clerk_keys) if clerk_keys else {},
    )


def _clerks_before(connection: Database, clerks: Collection[str]) -> dict[str, list[ClerkBefore]]:
    found: dict[str, list[ClerkBefore]] = defaultdict(list)
    changes = connection.execute(
        "select clerk, position, arrival, at_once, roles, outlet, state from core.clerk_before"
        " where clerk = any(%s) order by number",
        ([each for each in clerks if "\0" not in each],),
    )
    for clerk, position, arrival, at_once, roles, outlet, state in changes:
        found[clerk].append(ClerkBefore(Moment(position, arrival, at_once), tuple(roles), outlet, state))
    return found


def _keys_before(connection: Database, clerk_keys: Collection[str]) -> dict[str, list[KeyBefore]]:
    found: dict[str, list[KeyBefore]] = defaultdict(list)
    ends = connection.execute(
        "select clerk_key, position, arrival, at_once, public_key from core.clerk_key_before"
        " where clerk_key = any(%s) order by number",
        ([each for each in clerk_keys if "\0" not in each],),
    )
    for clerk_key, position, arrival, at_once, public_key in ends:
        found[clerk_key].append(KeyBefore(Moment(position, arrival, at_once), bytes(public_key)))
    return found


def next_moment(connection: Database, at_once: bool = False) -> Moment:
    """The moment of a change that is being written now; the caller holds the state lock."""
    found = connection.execute(
        "select coalesce((select max(position) from core.feed), 0) + 1,"
        " (select last_value + case when is_called then 1 else 0 end from core.inbox_arrival_seq)"
    ).fetchone()
    assert found is not None
    return Moment(found[0], found[1], at_once)


def note_clerk(connection: Database, before: Clerk, moment: Moment) -> None:
    """Keep what `before` might do until `moment`."""
    connection.execute(
        "insert into core.clerk_before (clerk, position, arrival, at_once, roles, outlet, state)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (before.clerk, *moment, list(before.roles), before.outlet, before.state),
    )


def note_keys(connection: Database, ended: Sequence[ClerkKey], moment: Moment) -> None:
    """Keep with which keys was signed until `moment`."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into core.clerk_key_before (clerk_key, position, arrival, at_once, public_key, suite)"
            " values (%s, %s, %s, %s, %s, %s)",
            [(key.clerk_key, *moment, key.public_key, key.suite) for key in ended],
        )


def keys_of(connection: Database, clerk: str) -> list[ClerkKey]:
    """The keys with which a clerk signs now, one for each device."""
    query = SQL("select body from core.clerk_keys where starts_with(key, %s) order by key")
    keys = [msgspec.msgpack.decode(body, type=ClerkKey) for (body,) in connection.execute(query, (f"{clerk}@",))]
    return [key for key in keys if key.state == "active"]


def revoked(keys: Sequence[ClerkKey]) -> list[Row]:
    """The rows by which windows learn that these keys have ended."""
    return [msgspec.structs.replace(key, state="revoked") for key in keys]
