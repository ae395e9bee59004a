"""Small facts that the window keeps about itself and its centre, by name."""

from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from gjj_desktop.store import schema
from gjj_desktop.store.transaction import forget, read_once

DEVICE = "device"
OUTLET = "outlet"
CITY = "city"
CITY_NAME = "city_name"
EPOCH = "epoch"
CURSOR = "cursor"
SNAPSHOT = "snapshot"
BUSINESS_DATE = "business_date"
CENTRE_PUBLIC_KEY = "centre_public_key"
CENTRE_ADDRESS = "centre_address"
CLOCK_SKEW_SECONDS = "clock_skew_seconds"
LAST_SYNC_AT = "last_sync_at"

_ALL = select(schema.meta.c.name, schema.meta.c.value)
_DROP = delete(schema.meta).where(schema.meta.c.name == bindparam("dropped"))
_INSERT = insert(schema.meta)
_PUT = _INSERT.on_conflict_do_update(index_elements=["name"], set_={"value": _INSERT.excluded.value})

T = TypeVar("T")


def get(connection: Connection, name: str, kind: type[T]) -> T | None:
    """The value, which is of type `kind` (anything msgspec can write), or None when it was never put."""
    body = read_once(connection, __name__, lambda: _read(connection)).get(name)
    return None if body is None else msgspec.msgpack.decode(body, type=kind)


def _read(connection: Connection) -> dict[str, bytes]:
    return dict(connection.execute(_ALL).all())


def put(connection: Connection, name: str, value: Any) -> None:
    """Keep `value` in place of what was there."""
    connection.execute(_PUT, {"name": name, "value": msgspec.msgpack.encode(value)})
    forget(connection, __name__)


def drop(connection: Connection, name: str) -> None:
    """Forget the value; nothing happens when there is none."""
    connection.execute(_DROP, {"dropped": name})
    forget(connection, __name__)
