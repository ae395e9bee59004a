"""What this window's own commands will have changed once the centre agrees: rows put and removed, by command."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Connection, bindparam, delete, func, insert, select

from gjj_desktop.cases.outcome import Event
from gjj_desktop.cases.rows import Row
from gjj_desktop.store import schema
from gjj_desktop.store.bodies import chunks, decode_row, encode_row

_pending, _field = schema.pending.c, schema.pending_field.c
_WANTED: BindParameter[Any] = bindparam("wanted", expanding=True)
_LAST_NUMBER = select(func.max(_pending.number))
_KEYS_WHERE = (
    select(_pending.key)
    .join(schema.pending_field, _field.number == _pending.number)
    .where(_field.row_type == bindparam("wanted_type"), _field.field == bindparam("wanted_field"))
    .where(_field.value.in_(_WANTED))
)
_OF_TYPE = (
    select(_pending.number, _pending.body, _pending.removed)
    .where(_pending.row_type == bindparam("wanted_type"))
    .order_by(_pending.number)
)
_OF_KEYS = _OF_TYPE.where(_pending.key.in_(_WANTED))
_BY_COMMAND = _pending.command_id.in_(bindparam("asked", expanding=True))
_LAID = select(_pending.row_type, _pending.body).where(_BY_COMMAND).order_by(_pending.number)
_DROP_FIELDS = delete(schema.pending_field).where(_field.number.in_(select(_pending.number).where(_BY_COMMAND)))
_DROP = delete(schema.pending).where(_BY_COMMAND)
_INSERT = insert(schema.pending)
_INSERT_FIELD = insert(schema.pending_field)


class Pending(msgspec.Struct, frozen=True):
    """One row as a command left it; `removed` when the command took it away."""

    number: int
    row: Row
    removed: bool


def add(connection: Connection, command_id: str, events: Iterable[Event]) -> list[Row]:
    """Lay down the rows of the events that are not the centre's alone, in order; returns them."""
    laid = [
        (row, removed)
        for event in events
        if not event.central
        for rows, removed in ((event.rows, False), (event.removed, True))
        for row in rows
    ]
    if laid:
        _write(connection, command_id, laid)
    return [row for row, _ in laid]


def _write(connection: Connection, command_id: str, laid: list[tuple[Row, bool]]) -> None:
    first = (connection.scalar(_LAST_NUMBER) or 0) + 1
    values, fields = [], []
    for number, (row, removed) in enumerate(laid, first):
        common = {"row_type": type(row).__name__, "number": number}
        own = {"command_id": command_id, "key": row.key, "version": row.version, "removed": removed}
        values.append(common | own | {"body": encode_row(row)})
        fields += [common | {"field": field, "value": getattr(row, field)} for field in type(row).INDEXED]
    connection.execute(_INSERT, values)
    if fields:
        connection.execute(_INSERT_FIELD, fields)


def drop(connection: Connection, command_ids: Iterable[str]) -> list[Row]:
    """Take away what these commands laid down; returns it."""
    rows: list[Row] = []
    for chunk in chunks(command_ids):
        asked = {"asked": chunk}
        laid = [decode_row(row_type, body) for row_type, body in connection.execute(_LAID, asked)]
        if laid:
            connection.execute(_DROP_FIELDS, asked)
            connection.execute(_DROP, asked)
        rows += laid
    return rows


def keys_where(connection: Connection, row_type: type[Row], field: str, values: Iterable[str]) -> set[str]:
    """The keys of pending rows of this type whose indexed `field` has one of `values`."""
    keys: set[str] = set()
    for chunk in chunks(values):
        asked = {"wanted_type": row_type.__name__, "wanted_field": field, "wanted": chunk}
        keys.update(connection.scalars(_KEYS_WHERE, asked))
    return keys


def of_keys(connection: Connection, row_type: type[Row], keys: Iterable[str] | None) -> dict[str, list[Pending]]:
    """The pending rows of these keys, or of all, each list in the order the commands were made."""
    asked: dict[str, Any] = {"wanted_type": row_type.__name__}
    pages = [(_OF_TYPE, asked)] if keys is None else [(_OF_KEYS, asked | {"wanted": chunk}) for chunk in chunks(keys)]
    found: dict[str, list[Pending]] = defaultdict(list)
    for query, values in pages:
        for number, body, removed in connection.execute(query, values):
            row = decode_row(row_type, body)
            found[row.key].append(Pending(number, row, removed))
    return found
