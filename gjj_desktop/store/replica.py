"""What the centre said, as this window holds it: rows by key or indexed field, changed by the feed alone."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, delete
from sqlalchemy.dialects.sqlite import insert

from gjj_desktop.cases.answer import ANSWER_ROW, Answer, AnswerBody, FeedRow
from gjj_desktop.cases.rows import ROW_TYPES, Row
from gjj_desktop.cases.state import Need
from gjj_desktop.errors import OperatingError
from gjj_desktop.store import meta, outbox, schema, search_index
from gjj_desktop.store.bodies import chunks, decode_row
from gjj_desktop.store.confirmed import all_rows, find

__all__ = ["Applied", "all_rows", "apply_rows", "clear_replica", "cursor", "find"]


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
    answers = [feed_row.body for feed_row in latest.pop(ANSWER_ROW, {}).values() if not feed_row.deleted]
    for name, rows in latest.items():
        _apply_type(connection, name, rows)
    settled = [outbox.settle(connection, msgspec.msgpack.decode(body, type=Answer)) for body in answers]
    meta.put(connection, meta.CURSOR, new_cursor)
    return Applied(frozenset(latest), tuple(answer for answer in settled if answer is not None))


def cursor(connection: Connection) -> int:
    """The feed position up to which everything is here; 0 at first."""
    return meta.get(connection, meta.CURSOR, int) or 0


def clear_replica(connection: Connection) -> None:
    """Forget every replicated row, to be told again from the beginning; pending work stays."""
    for table in schema.REPLICA.values():
        connection.execute(delete(table))
    search_index.rebuild(connection)
    meta.put(connection, meta.CURSOR, 0)


def _apply_type(connection: Connection, name: str, feed_rows: dict[str, FeedRow]) -> None:
    if name not in ROW_TYPES:
        raise _not_understood()
    row_type = ROW_TYPES[name]
    before = (
        find(connection, (Need(row_type, row_type.KEY, key) for key in feed_rows)) if search_index.knows(name) else []
    )
    try:
        kept = {key: decode_row(row_type, each.body) for key, each in feed_rows.items() if not each.deleted}
    except msgspec.DecodeError as error:
        raise _not_understood() from error
    _write(connection, row_type, [(row, feed_rows[key].body) for key, row in kept.items()])
    _erase(connection, row_type, [key for key, each in feed_rows.items() if each.deleted])
    search_index.change(connection, before, kept.values())


def _not_understood() -> OperatingError:
    return OperatingError("中心发来了本程序还不认识的数据，暂停接收。", "业务可以继续受理；请尽快升级程序。")


def _write(connection: Connection, row_type: type[Row], rows: list[tuple[Row, bytes]]) -> None:
    if not rows:
        return
    statement = insert(schema.REPLICA[row_type])
    changed = {name: statement.excluded[name] for name in ("version", "scope", "body", *row_type.INDEXED)}
    values = [
        {"key": row.key, "version": row.version, "scope": row.scope, "body": body}
        | {field: getattr(row, field) for field in row_type.INDEXED}
        for row, body in rows
    ]
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=changed), values)


def _erase(connection: Connection, row_type: type[Row], keys: list[str]) -> None:
    table = schema.REPLICA[row_type]
    for chunk in chunks(keys):
        connection.execute(delete(table).where(table.c.key.in_(chunk)))
