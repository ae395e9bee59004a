"""What the centre said, as this window holds it: rows by key or indexed field, changed by the feed alone."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache

import msgspec
from sqlalchemy import Connection, delete, select

from gjj_desktop.cases.answer import ANSWER_ROW, Answer, AnswerBody, FeedRow
from gjj_desktop.cases.material_pages import ANNOUNCED
from gjj_desktop.cases.rows import ROW_TYPES, MaterialPage, Row
from gjj_desktop.cases.state import Need
from gjj_desktop.errors import OperatingError
from gjj_desktop.store import blobs, meta, outbox, schema, search_index
from gjj_desktop.store.bodies import chunks, decode_row
from gjj_desktop.store.confirmed import all_rows, find

__all__ = [
    "Applied",
    "all_rows",
    "apply_rows",
    "clear_replica",
    "cursor",
    "find",
    "index_rows",
    "lay_rows",
    "move_cursor",
]


class Applied(msgspec.Struct, frozen=True):
    """What a page of the feed touched: names of row types, and the answers in it that are about our commands."""

    row_types: frozenset[str]
    answers: tuple[AnswerBody, ...]


def apply_rows(connection: Connection, feed_rows: Sequence[FeedRow], new_cursor: int) -> Applied:
    """Take one page of the feed, in its order, and move the cursor; answers settle what they answer.

    Raises:
        OperatingError: an answer that this centre did not sign, or a kind of row that this program does not know.
            Roll back: the cursor stays.
    """
    latest: dict[str, dict[str, FeedRow]] = defaultdict(dict)
    for each in feed_rows:
        latest[each.row_type][each.key] = each
    answers = [feed_row for feed_row in latest.pop(ANSWER_ROW, {}).values() if not feed_row.deleted]
    for name, rows in latest.items():
        _apply_type(connection, name, rows)
    settled = _settle(connection, answers)
    meta.put(connection, meta.CURSOR, new_cursor)
    return Applied(frozenset(latest), tuple(settled))


def lay_rows(connection: Connection, feed_rows: Sequence[FeedRow]) -> Applied:
    """Take rows of a snapshot, answers last; the cursor stays. They can not be searched before `index_rows`.

    Raises:
        OperatingError: as `apply_rows`.
    """
    by_type: dict[str, dict[str, FeedRow]] = defaultdict(dict)
    for each in feed_rows:
        by_type[each.row_type][each.key] = each
    answers = by_type.pop(ANSWER_ROW, {}).values()
    for name, rows in by_type.items():
        row_type = _known(name)
        _write(connection, row_type, [(_row(row_type, each.body), each.body) for each in rows.values()])
    settled = _settle(connection, list(answers))
    return Applied(frozenset(by_type), tuple(settled))


def _settle(connection: Connection, rows: Sequence[FeedRow]) -> list[AnswerBody]:
    answers = [msgspec.msgpack.decode(row.body, type=Answer) for row in rows]
    return outbox.settle_all(connection, answers, [row.position for row in rows])


def index_rows(connection: Connection, row_type_name: str, after_key: str, rows_max: int) -> str | None:
    """Let the next `rows_max` rows of a type past a key be found; answers the last key, None when that was all."""
    row_type = _known(row_type_name)
    table = schema.REPLICA[row_type]
    query = select(table.c.key, table.c.body).where(table.c.key > after_key).order_by(table.c.key).limit(rows_max)
    found = connection.execute(query).all()
    search_index.add(connection, (_row(row_type, body) for _, body in found))
    return found[-1].key if len(found) == rows_max else None


def move_cursor(connection: Connection, position: int) -> None:
    """Everything up to this position is here."""
    meta.put(connection, meta.CURSOR, position)


def cursor(connection: Connection) -> int:
    """The feed position up to which everything is here; 0 at first."""
    return meta.get(connection, meta.CURSOR, int) or 0


def clear_replica(connection: Connection) -> None:
    """Forget every replicated row, to be told again from the beginning; pending work stays."""
    for table in schema.REPLICA.values():
        connection.execute(delete(table))
    search_index.rebuild(connection)
    meta.put(connection, meta.CURSOR, 0)
    meta.drop(connection, meta.SNAPSHOT)


def _apply_type(connection: Connection, name: str, feed_rows: dict[str, FeedRow]) -> None:
    row_type = _known(name)
    before = (
        find(connection, (Need(row_type, row_type.KEY, key) for key in feed_rows)) if search_index.knows(name) else []
    )
    kept = {key: _row(row_type, each.body) for key, each in feed_rows.items() if not each.deleted}
    _write(connection, row_type, [(row, feed_rows[key].body) for key, row in kept.items()])
    _erase(connection, row_type, [key for key, each in feed_rows.items() if each.deleted])
    search_index.change(connection, before, kept.values())
    pages = [row.digest for row in kept.values() if isinstance(row, MaterialPage) and row.state == ANNOUNCED]
    blobs.ask_again(connection, pages)


def _known(name: str) -> type[Row]:
    if name not in ROW_TYPES:
        raise _not_understood()
    return ROW_TYPES[name]


def _row(row_type: type[Row], body: bytes) -> Row:
    try:
        return decode_row(row_type, body)
    except msgspec.DecodeError as error:
        raise _not_understood() from error


def _not_understood() -> OperatingError:
    return OperatingError("中心发来了本程序还不认识的数据，暂停接收。", "业务可以继续受理；请尽快升级程序。")


def _write(connection: Connection, row_type: type[Row], rows: list[tuple[Row, bytes]]) -> None:
    if not rows:
        return
    fields = row_type.INDEXED
    values = [(row.key, row.version, row.scope, body, *(getattr(row, field) for field in fields)) for row, body in rows]
    connection.exec_driver_sql(_put(row_type), values)


@cache
def _put(row_type: type[Row]) -> str:
    """One statement for the driver itself: built anew for each row it would take longer than the disk."""
    names = ("key", "version", "scope", "body", *row_type.INDEXED)
    changed = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    return (
        f"INSERT INTO {schema.replica_table_name(row_type)} ({', '.join(names)})"  # noqa: S608 - our own names
        f" VALUES ({', '.join('?' * len(names))}) ON CONFLICT (key) DO UPDATE SET {changed}"
    )


def _erase(connection: Connection, row_type: type[Row], keys: list[str]) -> None:
    table = schema.REPLICA[row_type]
    for chunk in chunks(keys):
        connection.execute(delete(table).where(table.c.key.in_(chunk)))
