"""Rows as the centre said them, by key or by indexed field."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache

from sqlalchemy import Connection, Integer, TextClause, literal_column, select, text, union_all
from sqlalchemy.dialects.sqlite import dialect

from gjj_desktop.cases.rows import R, Row
from gjj_desktop.cases.state import Need
from gjj_desktop.store import schema
from gjj_desktop.store.bodies import among, decode_row, texts


def find(connection: Connection, needs: Iterable[Need]) -> list[Row]:
    """The replicated rows that any of `needs` asks for, each once; one query for all."""
    asked = grouped(needs)
    if not asked:
        return []
    named = tuple(asked)
    found: dict[tuple[type[Row], str], Row] = {}
    values = {f"wanted_{at}": texts(sorted(wanted)) for at, wanted in enumerate(asked.values())}
    for at, body in connection.execute(_query(named), values):
        row_type, _ = named[at]
        row = decode_row(row_type, body)
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


@cache
def _query(named: tuple[tuple[type[Row], str], ...]) -> TextClause:
    """Which of the types and fields a row was found by, and its body; as text, which is looked up faster than built."""
    parts = []
    for at, (row_type, field) in enumerate(named):
        table = schema.REPLICA[row_type]
        column = table.c.key if field == row_type.KEY else table.c[field]
        parts.append(select(literal_column(str(at), Integer), table.c.body).where(among(column, f"wanted_{at}")))
    return text(str(union_all(*parts).compile(dialect=dialect(paramstyle="named"))))
