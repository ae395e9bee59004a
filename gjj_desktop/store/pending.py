"""What this window's own commands will have changed once the centre agrees: rows put and removed, by command."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, delete, insert, select

from gjj_desktop.cases.outcome import Event
from gjj_desktop.cases.rows import Row
from gjj_desktop.store import schema
from gjj_desktop.store.bodies import chunks, decode_row, encode_row


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
    for row, removed in laid:
        _add_row(connection, command_id, row, removed)
    return [row for row, _ in laid]


def _add_row(connection: Connection, command_id: str, row: Row, removed: bool) -> None:
    row_type = type(row)
    common = {"row_type": row_type.__name__}
    values = common | {"command_id": command_id, "key": row.key, "version": row.version, "removed": removed}
    values |= {"body": encode_row(row)}
    number = connection.execute(insert(schema.pending).values(values).returning(schema.pending.c.number)).scalar_one()
    fields = [common | {"field": field, "value": getattr(row, field), "number": number} for field in row_type.INDEXED]
    if fields:
        connection.execute(insert(schema.pending_field), fields)


def drop(connection: Connection, command_id: str) -> list[Row]:
    """Take away what this command laid down; returns it."""
    table = schema.pending
    found = connection.execute(select(table.c.number, table.c.row_type, table.c.body).filter_by(command_id=command_id))
    rows = {number: decode_row(row_type, body) for number, row_type, body in found}
    for chunk in chunks(rows):
        connection.execute(delete(schema.pending_field).where(schema.pending_field.c.number.in_(chunk)))
        connection.execute(delete(table).where(table.c.number.in_(chunk)))
    return list(rows.values())


def keys_where(connection: Connection, row_type: type[Row], field: str, values: Iterable[str]) -> set[str]:
    """The keys of pending rows of this type whose indexed `field` has one of `values`."""
    table, fields = schema.pending, schema.pending_field
    keys: set[str] = set()
    for chunk in chunks(values):
        query = select(table.c.key).join(fields, fields.c.number == table.c.number)
        where = (fields.c.row_type == row_type.__name__, fields.c.field == field, fields.c.value.in_(chunk))
        keys.update(connection.scalars(query.where(*where)))
    return keys


def of_keys(connection: Connection, row_type: type[Row], keys: Iterable[str] | None) -> dict[str, list[Pending]]:
    """The pending rows of these keys, or of all, each list in the order the commands were made."""
    table = schema.pending
    query = select(table.c.number, table.c.body, table.c.removed).where(table.c.row_type == row_type.__name__)
    queries = [query] if keys is None else [query.where(table.c.key.in_(chunk)) for chunk in chunks(keys)]
    found: dict[str, list[Pending]] = defaultdict(list)
    for each in queries:
        for number, body, removed in connection.execute(each.order_by(table.c.number)):
            row = decode_row(row_type, body)
            found[row.key].append(Pending(number, row, removed))
    return found
