"""What a bare library does with the same bytes on the same server or disk: seconds for each peer."""

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psycopg
from sqlalchemy import Connection as StoreConnection

from benchmarks.measure import stopwatch
from gjj_desktop.central.embedded import server_program
from gjj_desktop.central.row_tables import Database
from gjj_desktop.store.engine import file_engine
from gjj_desktop.sync.wire import PAGE_ENVELOPES_MAX

COLUMNS = "device, sequence, command_id, digest, envelope"
InboxLine = tuple[str, int, str, bytes, bytes]
FeedLine = tuple[int, str, str, bool, bytes]


class Inserted(NamedTuple):
    """Seconds a row for each way to put the lines of the inbox into a table with its keys and indexes."""

    copied: float
    batched: float
    each_its_own: float


def inbox_lines(connection: Database, device: str, count: int) -> list[InboxLine]:
    """What the inbox holds of a device, the last `count` of it."""
    query = f"select {COLUMNS} from core.inbox where device = %s order by sequence desc limit %s"  # noqa: S608
    return connection.execute(query, (device, count), binary=True).fetchall()


def insert_into_bare(connection: Database, lines: Sequence[InboxLine], singles_max: int) -> Inserted:
    """Put the lines into a table like the inbox, without its triggers, in three ways; at most so many one by one."""
    copy_in = f"copy bare.inbox ({COLUMNS}) from stdin (format binary)"
    with _bare(connection), stopwatch() as copied, connection.cursor() as cursor, cursor.copy(copy_in) as copy:
        copy.set_types(["text", "int8", "text", "bytea", "bytea"])
        for line in lines:
            copy.write_row(line)
    insert = f"insert into bare.inbox ({COLUMNS}) values (%b, %b, %b, %b, %b)"  # noqa: S608
    with _bare(connection), stopwatch() as batched, connection.cursor() as cursor:
        for at in range(0, len(lines), PAGE_ENVELOPES_MAX):
            with connection.transaction():
                cursor.executemany(insert, lines[at : at + PAGE_ENVELOPES_MAX])
    singles = lines[:singles_max]
    with _bare(connection), stopwatch() as single:
        for line in singles:
            connection.execute(insert, line)
    return Inserted(copied.seconds / len(lines), batched.seconds / len(lines), single.seconds / len(singles))


class _bare:  # noqa: N801 - reads as what it is at its place
    """A table like the inbox, empty, for as long as the block lasts."""

    def __init__(self, connection: Database) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        self.connection.execute("create schema bare")
        self.connection.execute("create table bare.inbox (like core.inbox including all)")

    def __exit__(self, *_: object) -> None:
        self.connection.execute("drop schema bare cascade")


def read_feed(connection: Database, scopes: Sequence[str]) -> tuple[list[FeedLine], float]:
    """All that the feed holds for these scopes in one bare query, and the seconds that took."""
    query = "select position, row_type, key, deleted, body from core.feed where scope = any(%s) order by position"
    with stopwatch() as watch:
        found = connection.execute(query, (list(scopes),), binary=True).fetchall()
    return found, watch.seconds


def write_encrypted(rows: Iterable[tuple[str, bytes]]) -> float:
    """Seconds for the rows, ordered by key, into an SQLCipher file of the store's settings by one commit."""
    ordered = sorted(rows)
    with TemporaryDirectory(prefix="gjj-bench-") as folder:
        engine = file_engine(Path(folder) / "bare.db", os.urandom(32))
        with stopwatch() as watch, engine.begin() as connection:
            _write_all(connection, ordered)
        engine.dispose()
    return watch.seconds


def _write_all(connection: StoreConnection, rows: Sequence[tuple[str, bytes]]) -> None:
    connection.exec_driver_sql("create table bare (key text primary key, body blob) without rowid")
    connection.exec_driver_sql("insert into bare (key, body) values (?, ?)", list(rows))


def tpcb_per_second(connection: Database, seconds: int, clients: int) -> float:
    """Transactions a second of pgbench's TPC-B (scale 10) against the same server, by so many clients."""
    info = connection.info
    base = ["-h", info.host, "-p", str(info.port), "-U", info.user]
    environment = os.environ | {"PGPASSWORD": info.password}
    connection.execute("create database tpcb")
    try:
        _run([server_program("pgbench"), *base, "-i", "-q", "-s", "10", "tpcb"], environment)
        timed = ["-c", str(clients), "-j", str(os.cpu_count() or 1), "-T", str(seconds), "-M", "prepared"]
        said = _run([server_program("pgbench"), *base, *timed, "tpcb"], environment)
    finally:
        connection.execute("drop database tpcb with (force)")
    found = re.search(r"tps = ([0-9.]+)", said)
    assert found is not None, said
    return float(found[1])


def _run(command: Sequence[str], environment: dict[str, str]) -> str:
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def notify_seconds(connection: Database, times: int) -> list[float]:
    """How long a bare NOTIFY takes from one connection to another that waits for it."""
    taken = []
    with psycopg.connect(connection.info.dsn, password=connection.info.password, autocommit=True) as other:
        other.execute("listen bare_channel")
        for _ in range(times):
            with stopwatch() as watch:
                connection.execute("notify bare_channel")
                next(other.notifies(timeout=10, stop_after=1))
            taken.append(watch.seconds)
    return taken
