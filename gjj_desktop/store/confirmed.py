"""Rows as the centre said them, by key or by indexed field."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache

from sqlalchemy import Connection, Select, bindparam, select

from gjj_desktop.cases.rows import R, Row
from gjj_desktop.cases.state import Need
from gjj_desktop.store import schema
from gjj_desktop.store.bodies import chunks, decode_row


def find(connection: Connection, needs: Iterable[Need]) -> list[Row]:
    """The replicated rows that any of `needs` asks for, each once; one query for each type and field."""
    found: dict[tuple[type[Row], str], Row] = {}
    for (row_type, field), wanted in grouped(needs).items():
        for row in _matching(connection, row_type, field, wanted):
            found[row_type, row.key] = row
    return list(found.values())


def grouped(needs: Iterable[Need]) -> dict[tuple[type[Row], str], set[str]]:
    """The values asked for, by type and field."""
    values: dict[tuple[type[Row], str], set[str]] = defaultdict(set)
    for each in needs:
        values[each.row_type, each.field].add(each.value)
    return values


def all_rows(connection: Connection, row_type: type[R]) -> list[R]:
    """Every replicated row of this type, by key."""
    table = schema.REPLICA[row_type]
    bodies = connection.scalars(select(table.c.body).order_by(table.c.key))
    return [row for row in (decode_row(row_type, body) for body in bodies) if isinstance(row, row_type)]


def _matching(connection: Connection, row_type: type[Row], field: str, wanted: set[str]) -> list[Row]:
    query = _query(row_type, field)
    bodies = (body for chunk in chunks(sorted(wanted)) for body in connection.scalars(query, {"wanted": chunk}))
    return [decode_row(row_type, body) for body in bodies]


@cache
def _query(row_type: type[Row], field: str) -> Select[bytes]:
    table = schema.REPLICA[row_type]
    column = table.c.key if field == row_type.KEY else table.c[field]
    return select(table.c.body).where(column.in_(bindparam("wanted", expanding=True)))
