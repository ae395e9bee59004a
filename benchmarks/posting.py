"""How fast do offline cases reach the ledger and come back, against psycopg INSERTs of the same rows one by one?"""

import asyncio
from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Any, NamedTuple

from psycopg.sql import SQL, Composed, Identifier

from benchmarks.measure import Measured, Scale, stopwatch
from benchmarks.offline_cases import KINDS, cases, people_for, take_in
from benchmarks.world import World
from gjj_desktop.central.row_tables import Database
from gjj_desktop.store import outbox
from gjj_desktop.sync.pull import pull
from gjj_desktop.sync.push import push

INBOX = "inbox"
PEER = "psycopg INSERTs of the same rows, each its own transaction"


class TableRows(NamedTuple):
    """Rows of one table of the centre that came or changed."""

    table: str
    columns: list[str]
    rows: list[tuple[Any, ...]]


def posting(world: World, scale: Scale) -> Iterator[Measured]:
    """Rows for handing in, for posting, for the answers, and for all of it."""
    count = scale.cases
    people = people_for(count)
    world.settle_people(people)
    world.accounts = world.accounts[-people:]
    world.lease(count)
    before = _accepted(world)
    for case in islice(cases(world), count):
        take_in(world, case)
    began = _transaction(world.admin)
    with stopwatch() as pushed:
        asyncio.run(_push(world))
    arrived = _transaction(world.admin)
    with stopwatch() as posted:
        taken = world.post()
    with stopwatch() as pulled:
        asyncio.run(_pull(world))
    assert _accepted(world) - before == taken == count, "every case must have come through"
    inbox, others = _written(world.admin, began, arrived)
    insert_inbox = _insert_seconds(world.admin, inbox, scale.peer_rows)
    insert_others = _insert_seconds(world.admin, others, scale.peer_rows)
    handed = sum(len(each.rows) for each in inbox)
    rows = sum(len(each.rows) for each in others)
    kinds = f"{count:,} cases of {len(KINDS)} kinds"
    yield _row(f"handing in {kinds}", handed / count, pushed.seconds / count, insert_inbox / count, "")
    note = f"{count / posted.seconds:,.0f} cases/s, {rows / posted.seconds:,.0f} rows/s"
    yield _row(
        f"posting {kinds}: check, decide, write, answer",
        rows / count,
        posted.seconds / count,
        insert_others / count,
        note,
    )
    total = pushed.seconds + posted.seconds + pulled.seconds
    note = f"push {pushed.seconds:.1f} s, post {posted.seconds:.1f} s, pull {pulled.seconds:.1f} s"
    yield _row(
        f"push, post and pull of {kinds}",
        (handed + rows) / count,
        total / count,
        (insert_inbox + insert_others) / count,
        note,
    )


def _row(what: str, rows: float, ours: float, peer: float, note: str) -> Measured:
    return Measured(
        what=what, peer=f"{PEER} ({rows:.1f} a case)", unit="case", ours_seconds=ours, peer_seconds=peer, note=note
    )


async def _push(world: World) -> None:
    async with world.link() as link:
        hello = await link.hello()
        await push(link, world.store, lambda _: None, hello.high_water)


async def _pull(world: World) -> None:
    async with world.link() as link:
        await pull(link, world.store)


def _accepted(world: World) -> int:
    """How many commands the centre has accepted; nothing else may be in the outbox."""
    with world.store.read() as connection:
        counts = outbox.counts(connection)
    assert (counts.refused, counts.set_aside, counts.waiting, counts.handed_in) == (0, 0, 0, 0), counts
    return counts.accepted


def _transaction(connection: Database) -> int:
    """The number of a transaction that is younger than everything written until now."""
    found = connection.execute("select pg_current_xact_id()::text::bigint").fetchone()
    assert found is not None
    return int(found[0])


def _written(connection: Database, began: int, arrived: int) -> tuple[list[TableRows], list[TableRows]]:
    """Rows written since `began`, by table: those of the inbox, and those written by posting, since `arrived`."""
    tables = [
        name for (name,) in connection.execute("select tablename from pg_tables where schemaname = 'core' order by 1")
    ]
    inbox = [_rows(connection, INBOX, began)]
    others = [_rows(connection, name, arrived) for name in tables if name != INBOX]
    return inbox, [each for each in others if each.rows]


def _rows(connection: Database, table: str, since: int) -> TableRows:
    query = SQL("select * from core.{} where xmin::text::bigint > %s").format(Identifier(table))
    cursor = connection.execute(query, (since,), binary=True)
    assert cursor.description is not None
    return TableRows(table, [column.name for column in cursor.description], cursor.fetchall())


def _insert_seconds(connection: Database, written: list[TableRows], rows_max: int) -> float:
    """Seconds that inserting all of `written` takes, worked out from a random sample of at most `rows_max`.

    The tables are like the centre's, with their keys, indexes and checks, without its triggers.
    """
    statements = [(_insert(each), row) for each in written for row in each.rows]
    sample = Random(1).sample(statements, min(rows_max, len(statements)))  # noqa: S311 - which rows, no secret
    connection.execute("create schema bare")
    for each in written:
        connection.execute(SQL("create table bare.{0} (like core.{0} including all)").format(Identifier(each.table)))
    with stopwatch() as watch:
        for statement, row in sample:
            connection.execute(statement, row)
    connection.execute("drop schema bare cascade")
    return watch.seconds / len(sample) * len(statements)


def _insert(rows: TableRows) -> Composed:
    return SQL("insert into bare.{} ({}) overriding system value values ({})").format(
        Identifier(rows.table),
        SQL(", ").join(map(Identifier, rows.columns)),
        SQL(", ").join([SQL("%s")] * len(rows.columns)),
    )
