"""How long does saving a case take, against one bare SQLCipher commit of the same bytes?"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher

from benchmarks.measure import Measured, Scale, side_by_side
from benchmarks.offline_cases import KINDS, Case, cases, people_for, take_in
from benchmarks.world import World
from gjj_desktop.store.engine import CIPHER_PRAGMAS, PRAGMAS

LABELS = dict(zip(KINDS, ("opening an account", "a rent withdrawal", "a loan application"), strict=True))
_BYTES = """
    select (select sum(length(envelope) + length(raw)) from outbox where sequence > :after)
      + (select sum(length(body)) from pending where command_id in
          (select command_id from outbox where sequence > :after))
      + (select sum(length(body) + length(signature) + length(digest)) from paper where case_no in
          (select case_no from outbox where sequence > :after))
"""


def saving(world: World, scale: Scale) -> Iterator[Measured]:
    """One row for each kind of case."""
    each = scale.saves // len(KINDS)
    count = (each + 2) * len(KINDS)
    world.settle_people(people_for(count))
    world.lease(count)
    made = list(islice(cases(world), count))
    for kind in KINDS:
        yield _one(world, kind, [case for case in made if case.kind == kind], each)
    world.drain()


def _one(world: World, kind: str, made: list[Case], times: int) -> Measured:
    waiting = iter(made)
    saved = _bytes_saved(world, next(waiting))
    with _bare_file(world.folder.parent / f"bare-{kind}.db") as bare:
        ours, peer = side_by_side(lambda: take_in(world, next(waiting)), lambda: _save_bare(bare, saved), times)
    return Measured(
        what=f"saving {LABELS[kind]}: decide, number, receipt, sign, one commit",
        peer=f"one SQLCipher commit of the same {saved:,} bytes",
        unit="case",
        ours_seconds=ours,
        peer_seconds=peer,
    )


def _bytes_saved(world: World, case: Case) -> int:
    """How many bytes of content a case of this kind leaves in the store."""
    with world.store.read() as connection:
        after = connection.exec_driver_sql("select coalesce(max(sequence), 0) from outbox").scalar_one()
    take_in(world, case)
    with world.store.read() as connection:
        return int(connection.exec_driver_sql(_BYTES, {"after": after}).scalar_one())


@contextmanager
def _bare_file(path: Path) -> Iterator[Any]:
    """A connection to an encrypted file with the store's own settings and one table."""
    connection = sqlcipher.connect(str(path), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{os.urandom(32).hex()}'\"")
    for pragma in (*CIPHER_PRAGMAS, *PRAGMAS):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("create table saved (number integer primary key, body blob)")
    yield connection
    connection.close()


def _save_bare(connection: Any, size: int) -> None:
    connection.execute("begin immediate")
    connection.execute("insert into saved (body) values (?)", (os.urandom(size),))
    connection.execute("commit")
