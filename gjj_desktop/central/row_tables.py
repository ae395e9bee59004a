"""How rows are read from the centre's tables and written to them and to the feed, many at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, LiteralString, NamedTuple

import msgspec
from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import ARRAY
from sqlalchemy.dialects import postgresql

from gjj_desktop.cases.rows import CITY_SCOPE, ROW_TYPES, Row
from gjj_desktop.cases.state import Need
from gjj_desktop.central.schema import CORE, row_columns, table_name

Database = Connection[tuple[Any, ...]]
RowKey = tuple[type[Row], str]

SEPARATOR = "\x1f"


class FeedLine(NamedTuple):
    """One line to be put into the feed; `body` is empty where the row is gone."""

    scope: str
    row_type: str
    key: str
    deleted: bool
    body: bytes


class RowChangedError(Exception):
    """A row to be written is not the successor of the one that is stored."""


def lock_state(connection: Database) -> None:
    """Let nobody else change the centre's rows until this transaction ends."""
    connection.execute("select from core.city for update")  # not an advisory lock, which any login could take


def publish(connection: Database, rows: Collection[Row]) -> None:
    """Write rows of the administration: each becomes the next version of what is stored under its key."""
    with connection.transaction():
        lock_state(connection)
        before = load_rows(connection, [Need(type(row), row.KEY, row.key) for row in rows])
        versions = {(type(row), row.key): row.version for row in before}
        after = [msgspec.structs.replace(row, version=versions.get((type(row), row.key), 0) + 1) for row in rows]
        write_rows(connection, before, after, ())


def load_rows(connection: Database, needs: Collection[Need]) -> list[Row]:
    """The stored rows that `needs` name, in one query for each row type and field.

    A value with a NUL in it, which PostgreSQL can not hold, names none.
    """
    wanted: dict[tuple[type[Row], str], list[str]] = defaultdict(list)
    for row_type, field, value in needs:
        if "\0" not in value:
            wanted[row_type, field].append(value)
    return [row for (row_type, field), values in wanted.items() for row in _load(connection, row_type, field, values)]


def all_rows(connection: Database, row_type: type[Row]) -> list[Row]:
    """Every stored row of a type."""
    query = SQL("select body from {} order by key").format(_table(row_type))
    return [decode_row(row_type, body) for (body,) in connection.execute(query)]


def _load(connection: Database, row_type: type[Row], field: str, values: list[str]) -> list[Row]:
    column = "key" if field == row_type.KEY else field
    query = SQL("select body from {} where {} = any(%s)").format(_table(row_type), Identifier(column))
    return [decode_row(row_type, body) for (body,) in connection.execute(query, (values,))]


def decode_row(row_type: type[Row], body: bytes) -> Row:
    """The row in `body`."""
    return msgspec.msgpack.decode(body, type=row_type)


def write_rows(
    connection: Database,
    before: Iterable[Row],
    changes: Collection[Row],
    removals: Collection[Row],
    began_anew: Collection[RowKey] = (),
) -> None:
    """Write what was decided into the tables and the feed.

    `before` are the rows as they were stored. A row in `changes` is written over its earlier version; one that was
    not loaded must be new. `began_anew` names rows that were removed before they were put again, so that their
    versions start from 1.

    Raises:
        RowChangedError: what is stored is not the version that the change was made from.
    """
    stored: dict[RowKey, Row] = {(type(row), row.key): row for row in before}
    again = [stored[key] for row in changes if (key := (type(row), row.key)) in stored and key in began_anew]
    _delete(connection, [*(row for row in removals if (type(row), row.key) in stored), *again])
    for row_type, rows in _by_type(changes).items():
        _upsert(connection, row_type, rows)
    write_feed(connection, feed_lines(stored, changes, removals))


def feed_lines(stored: dict[RowKey, Row], changes: Collection[Row], removals: Collection[Row]) -> list[FeedLine]:
    """What the windows must learn: changed rows, and tombstones for rows that are gone or have left a scope."""
    gone = [*removals]
    for row in changes:
        old = stored.get((type(row), row.key))
        if old is not None and old.scope != row.scope:
            gone.append(old)
    tombstones = [FeedLine(row.scope, type(row).__name__, row.key, True, b"") for row in gone]
    return [*tombstones, *(feed_line(row) for row in changes)]


def feed_line(row: Row) -> FeedLine:
    """The line with which a row goes into the feed."""
    return FeedLine(row.scope, type(row).__name__, row.key, False, msgspec.msgpack.encode(row))


def write_feed(connection: Database, lines: Sequence[FeedLine]) -> None:
    """Put `lines` into the feed in their order, the last one of a key counting, and wake the windows concerned."""
    latest = {line[:3]: line for line in lines}
    if not latest:
        return
    connection.execute(
        """
        insert into core.feed (scope, row_type, key, deleted, body)
          select scope, row_type, key, deleted, body
            from unnest(%b::text[], %b::text[], %b::text[], %b::bool[], %b::bytea[]) with ordinality
              as u (scope, row_type, key, deleted, body, number) order by number
          on conflict (scope, row_type, key) do update set deleted = excluded.deleted, body = excluded.body
        """,
        [list(column) for column in zip(*latest.values(), strict=True)],
    )
    _wake(connection, {line.scope for line in latest.values()})


def _wake(connection: Database, scopes: set[str]) -> None:
    """NOTIFY each outlet or device concerned; what the whole city may see concerns every outlet."""
    names = [scope.removeprefix("device:") for scope in scopes if scope != CITY_SCOPE]
    connection.execute(
        "select pg_notify('gjj_feed_' || name, '') from (select unnest(%s::text[]) as name"
        " union select outlet from core.registration where %s) as woken",
        (names, CITY_SCOPE in scopes),
    )


def _delete(connection: Database, rows: Iterable[Row]) -> None:
    for row_type, gone in _by_type(rows).items():
        query = SQL("delete from {} where key = any(%s)").format(_table(row_type))
        connection.execute(query, ([row.key for row in gone],))


def _by_type(rows: Iterable[Row]) -> dict[type[Row], list[Row]]:
    grouped: dict[type[Row], list[Row]] = defaultdict(list)
    for row in rows:
        grouped[type(row)].append(row)
    return grouped


def _upsert(connection: Database, row_type: type[Row], rows: list[Row]) -> None:
    values = [[_value(row, column) for row in rows] for column in _sent_columns(row_type)]
    written = connection.execute(_upsert_query(row_type), values).rowcount
    if written != len(rows):
        raise RowChangedError(
            f"{len(rows) - written} of {len(rows)} rows of {row_type.__name__} were changed meanwhile"
        )


@cache
def _sent_columns(row_type: type[Row]) -> dict[str, LiteralString]:
    return {"key": "text", "version": "int", "scope": "text"} | _sql_types(row_type) | {"body": "bytea"}


@cache
def _upsert_query(row_type: type[Row]) -> Composed:
    columns = _sent_columns(row_type)
    sent = [SQL("%b::{}[]").format(SQL(_sent_as(kind))) for kind in columns.values()]
    read = [
        SQL("string_to_array({}, {})").format(Identifier(name), SEPARATOR) if kind == "text[]" else Identifier(name)
        for name, kind in columns.items()
    ]
    return SQL(
        "insert into {table} as stored ({names}) select {read} from unnest({sent}) as u ({names})"
        " on conflict (key) do update set {set} where stored.version < excluded.version"
    ).format(
        table=_table(row_type),
        names=SQL(", ").join(Identifier(name) for name in columns),
        read=SQL(", ").join(read),
        sent=SQL(", ").join(sent),
        set=SQL(", ").join(SQL("{0} = excluded.{0}").format(Identifier(name)) for name in columns if name != "key"),
    )


def _sent_as(kind: LiteralString) -> LiteralString:
    return "text" if kind == "text[]" else kind


def _sql_types(row_type: type[Row]) -> dict[str, LiteralString]:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return {
        name: "text[]" if isinstance(kind, ARRAY) else kind().compile(dialect).lower()
        for name, kind in row_columns(row_type).items()
    }


def _value(row: Row, column: str) -> Any:
    if column == "body":
        return msgspec.msgpack.encode(row)
    value = getattr(row, column)
    return SEPARATOR.join(value) if isinstance(value, tuple) else value


def _table(row_type: type[Row]) -> Identifier:
    assert row_type.__name__ in ROW_TYPES
    return Identifier(CORE, table_name(row_type))
