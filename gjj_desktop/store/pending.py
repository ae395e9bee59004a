"""What this window's own commands will have changed once the centre agrees: rows put and removed, by command."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, text

from gjj_desktop.cases.outcome import Event
from gjj_desktop.cases.rows import Row
from gjj_desktop.store import schema
from gjj_desktop.store.bodies import among, decode_row, encode_row, texts
from gjj_desktop.store.transaction import forget, read_once

_pending, _field = schema.pending.c, schema.pending_field.c
_LAST_NUMBER = select(func.max(_pending.number))
# Types, fields and values are asked for side by side, in one query for all; what does not belong together is left out.
_NAMES_WHERE = (
    select(_field.row_type, _field.field, _field.value, _pending.key)
    .join(schema.pending_field, _field.number == _pending.number)
    .where(among(_field.row_type, "types"), among(_field.field, "fields"), among(_field.value, "wanted"))
)
_OF_NAMES = (
    select(_pending.number, _pending.row_type, _pending.key, _pending.body, _pending.removed)
    .where(among(_pending.row_type, "types"), among(_pending.key, "wanted"))
    .order_by(_pending.number)
)
_OF_TYPE = (
    select(_pending.number, _pending.body, _pending.removed)
    .where(_pending.row_type == bindparam("wanted_type"))
    .order_by(_pending.number)
)
_BY_COMMAND = among(_pending.command_id, "asked")
# From each type to the next by the index, however many rows there are of one.
_LAID_TYPES = text(
    "WITH RECURSIVE laid(row_type) AS (SELECT min(row_type) FROM pending UNION ALL"
    " SELECT (SELECT min(row_type) FROM pending WHERE row_type > laid.row_type) FROM laid"
    " WHERE laid.row_type IS NOT NULL) SELECT row_type FROM laid WHERE row_type IS NOT NULL"
)
_LAID = select(_pending.row_type, _pending.body).where(_BY_COMMAND).order_by(_pending.number)
_DROP_FIELDS = delete(schema.pending_field).where(_field.number.in_(select(_pending.number).where(_BY_COMMAND)))
_DROP = delete(schema.pending).where(_BY_COMMAND)
_INSERT = insert(schema.pending)
_INSERT_FIELD = insert(schema.pending_field)


Name = tuple[type[Row], str]
"""Which row: its type and its key."""


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


def put_back(connection: Connection, command_id: str, laid: list[tuple[Row, bool]]) -> None:
    """Lay down rows as an earlier file had them, each with whether the command took it away."""
    _write(connection, command_id, laid)


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
    forget(connection, __name__)


def drop(connection: Connection, command_ids: Iterable[str]) -> list[Row]:
    """Take away what these commands laid down; returns it."""
    asked = {"asked": texts(command_ids)}
    laid = [decode_row(row_type, body) for row_type, body in connection.execute(_LAID, asked)]
    if laid:
        connection.execute(_DROP_FIELDS, asked)
        connection.execute(_DROP, asked)
        forget(connection, __name__)
    return laid


def _types_laid(connection: Connection) -> set[str]:
    """The names of the types of which any row is pending."""
    return read_once(connection, __name__, lambda: set(connection.scalars(_LAID_TYPES)))


def names_where(connection: Connection, wanted: Mapping[tuple[type[Row], str], Collection[str]]) -> list[Name]:
    """The pending rows whose indexed field has one of the values `wanted` of it, by type and field; by their names."""
    laid = _types_laid(connection)
    types = {row_type.__name__: row_type for row_type, _ in wanted if row_type.__name__ in laid}
    if not types:
        return []
    asked = {
        "types": texts(types),
        "fields": texts(dict.fromkeys(field for _, field in wanted)),
        "wanted": texts(dict.fromkeys(value for values in wanted.values() for value in sorted(values))),
    }
    names: dict[Name, None] = {}
    for type_name, field, value, key in connection.execute(_NAMES_WHERE, asked):
        if value in wanted.get((types[type_name], field), ()):
            names[types[type_name], key] = None
    return list(names)


def of_names(connection: Connection, names: Collection[Name]) -> dict[Name, list[Pending]]:
    """The pending rows of these names, each list in the order the commands were made."""
    laid = _types_laid(connection)
    types = {row_type.__name__: row_type for row_type, _ in names if row_type.__name__ in laid}
    found: dict[Name, list[Pending]] = defaultdict(list)
    if not types:
        return found
    wanted = dict.fromkeys(key for row_type, key in names if row_type.__name__ in types)
    for number, type_name, key, body, removed in connection.execute(
        _OF_NAMES, {"types": texts(types), "wanted": texts(wanted)}
    ):
        if (types[type_name], key) in names:
            found[types[type_name], key].append(Pending(number, decode_row(types[type_name], body), removed))
    return found


def of_type(connection: Connection, row_type: type[Row]) -> dict[Name, list[Pending]]:
    """Every pending row of this type, each list in the order the commands were made."""
    found: dict[Name, list[Pending]] = defaultdict(list)
    if row_type.__name__ not in _types_laid(connection):
        return found
    for number, body, removed in connection.execute(_OF_TYPE, {"wanted_type": row_type.__name__}):
        row = decode_row(row_type, body)
        found[row_type, row.key].append(Pending(number, row, removed))
    return found
