"""The sealed keys of the clerks who work at this window, and how often each got the password wrong."""

import msgspec
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from gjj_desktop.security.sealed_key import SealedKey
from gjj_desktop.store import schema
from gjj_desktop.store.store import Store


def put(connection: Connection, sealed: SealedKey) -> None:
    """Keep a clerk's sealed key, in place of an earlier one."""
    body = msgspec.msgpack.encode(sealed)
    statement = insert(schema.clerk_key).values(clerk=sealed.clerk, sealed=body)
    connection.execute(statement.on_conflict_do_update(index_elements=["clerk"], set_={"sealed": body}))


def get(connection: Connection, clerk: str) -> SealedKey | None:
    """The clerk's sealed key, or None when the clerk was never enrolled here."""
    body = connection.scalar(select(schema.clerk_key.c.sealed).where(schema.clerk_key.c.clerk == clerk))
    return None if body is None else msgspec.msgpack.decode(body, type=SealedKey)


def numbers(connection: Connection) -> list[str]:
    """The clerks that were enrolled here."""
    return list(connection.scalars(select(schema.clerk_key.c.clerk).order_by(schema.clerk_key.c.clerk)))


def remove(connection: Connection, clerk: str) -> None:
    """Forget a clerk's key."""
    connection.execute(delete(schema.clerk_key).where(schema.clerk_key.c.clerk == clerk))


class WrongPasswords:
    """Counts for `security.door.Door`, each in a transaction of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, clerk: str) -> int:
        """How many passwords in a row were wrong; 0 for an unknown clerk."""
        table = schema.wrong_password
        with self._store.read() as connection:
            return connection.scalar(select(table.c.count).where(table.c.clerk == clerk)) or 0

    def write(self, clerk: str, count: int) -> None:
        """Keep the count; it is on the disk when this returns."""
        statement = insert(schema.wrong_password).values(clerk=clerk, count=count)
        with self._store.work() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["clerk"], set_={"count": count}))
