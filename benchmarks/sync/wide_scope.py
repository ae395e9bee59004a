"""A new window in a scope of very many accounts: how long until all of them are there and can be found?"""

from collections.abc import Iterator
from itertools import islice

from benchmarks.measure import Measured, stopwatch
from benchmarks.sync import peers
from benchmarks.sync.fresh_window import fresh_window
from benchmarks.sync.sizes import Sizes
from benchmarks.world import OUTLET, World, account_of, person_of
from gjj_desktop.central.row_tables import feed_line, write_feed
from gjj_desktop.demo.content import read_town
from gjj_desktop.demo.people import made_up_people
from gjj_desktop.store import replica
from gjj_desktop.sync.pull import pull

AT_ONCE = 5_000
FROM_ZERO = "22"
SEED = 815
FIRST_NUMBER = 500_000


def wide_scope(world: World, sizes: Sizes) -> Iterator[Measured]:
    """Rows for taking a scope of so many accounts and their people."""
    _fill(world, sizes.accounts)
    with fresh_window(world, FROM_ZERO) as fresh:
        with stopwatch() as pulled:
            fresh.linked(world, lambda link, store, _: pull(link, store))
        with fresh.store.read() as connection:
            position = replica.cursor(connection)
        rows, read = peers.read_feed(world.admin, ["*", OUTLET, f"device:{fresh.device}"])
        size = (fresh.store.path).stat().st_size
    assert position >= len(rows) > 0
    written = peers.write_encrypted((f"{row_type}:{key}", body) for _, row_type, key, _, body in rows)
    count = len(rows)
    yield Measured(
        what=f"pull of a scope of {count:,} rows from 0",
        peer="psycopg, one query for the same rows, and one SQLCipher commit of the same bytes",
        unit="row",
        ours_seconds=pulled.seconds / count,
        peer_seconds=(read + written) / count,
        note=f"{count / pulled.seconds:,.0f} rows/s, {pulled.seconds:,.0f} s, file of {size / 2**20:,.0f} MiB",
    )


def _fill(world: World, accounts: int) -> None:
    """Put people and their accounts into the outlet's part of the feed, as posting would, without the ledger."""
    people = made_up_people(read_town().names, SEED)
    for at in range(0, accounts, AT_ONCE):
        lines = []
        for number, each in enumerate(islice(people, min(AT_ONCE, accounts - at)), start=FIRST_NUMBER + at):
            lines += [feed_line(person_of(each)), feed_line(account_of(each, number))]
        with world.admin.transaction():
            write_feed(world.admin, lines)
