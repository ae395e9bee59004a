"""What a bare library does with the same bytes on the same server or disk: seconds for each peer."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psycopg

from benchmarks.measure import stopwatch
from gjj_desktop.central.embedded import server_program
from gjj_desktop.central.row_tables import Database
from gjj_desktop.store.engine import file_engine
from gjj_desktop.sync.wire import PAGE_ENVELOPES_MAX

COLUMNS = "device, sequence, command_id, digest, envelope"
InboxLine = tuple[str, int, str, bytes, bytes]
PAGE_ROWS = 4_000


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


class Taken(NamedTuple):
    """Rows of the feed that a bare program took, and the seconds for reading them and for writing them encrypted."""

    rows: int
    read: float
    written: float


def take_feed(connection: Database, scopes: Sequence[str]) -> Taken:
    """All that the feed holds for these scopes, by one query in the order of the keys, into an SQLCipher file with the
    store's settings, in one commit; read and written by pages."""
    query = """
        select scope || row_type || key, body from core.feed where scope = any(%s) and not deleted
          order by scope, row_type, key
    """
    rows, read, written = 0, 0.0, 0.0
    with TemporaryDirectory(prefix="gjj-bench-") as folder:
        engine = file_engine(Path(folder) / "bare.db", os.urandom(32))
        with connection.transaction(), connection.cursor("bare", binary=True) as cursor, engine.connect() as file:
            file.exec_driver_sql("create table bare (key text primary key, body blob) without rowid")
            file.commit()
            with stopwatch() as watch:
                cursor.execute(query, (list(scopes),))
                page = cursor.fetchmany(PAGE_ROWS)
            while page:
                read += watch.seconds
                rows += len(page)
                with stopwatch() as watch:
                    file.exec_driver_sql("insert into bare (key, body) values (?, ?)", page)
                written += watch.seconds
                with stopwatch() as watch:
                    page = cursor.fetchmany(PAGE_ROWS)
            with stopwatch() as watch:
                file.commit()
        engine.dispose()
    return Taken(rows, read, written + watch.seconds)


def export_seconds(path: Path, key: bytes) -> tuple[float, float]:
    """Seconds for SQLCipher's own copy of a whole store, tables, indexes and search terms: encrypted, and plain."""
    taken = []
    engine = file_engine(path, key)
    for word in (f"x'{os.urandom(32).hex()}'", ""):
        with TemporaryDirectory(prefix="gjj-bench-") as folder:
            file = engine.raw_connection()
            cursor = file.cursor()
            cursor.execute("attach database ? as bare key ?", (str(Path(folder) / "bare.db"), word))
            with stopwatch() as watch:
                cursor.execute("select sqlcipher_export('bare')")
            cursor.execute("detach database bare")
            file.close()
            taken.append(watch.seconds)
    engine.dispose()
    return taken[0], taken[1]


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
