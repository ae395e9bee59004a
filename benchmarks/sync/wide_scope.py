"""A new window in a scope of very many accounts: how long until all of them are there and can be found?"""

from collections.abc import Iterator
from itertools import islice

from benchmarks.measure import Measured, stopwatch
from benchmarks.sync import peers
from benchmarks.sync.fresh_window import fresh_window
from benchmarks.sync.profile import profiled
from benchmarks.sync.sizes import Sizes
from benchmarks.world import OUTLET, World, account_of, person_of
from gjj_desktop.central.row_tables import feed_line
from gjj_desktop.demo.content import read_town
from gjj_desktop.demo.people import made_up_people
from gjj_desktop.security.vault import STORE_KEY

FROM_ZERO = "22"
SEED = 815
FIRST_NUMBER = 500_000


def wide_scope(world: World, sizes: Sizes) -> Iterator[Measured]:
    """Rows for taking a scope of so many accounts and their people."""
    _fill(world, sizes.accounts)
    with fresh_window(world, FROM_ZERO) as fresh:
        with profiled() as profile, stopwatch() as taken:
            fresh.take_everything(world)
        size = fresh.store.path.stat().st_size
        fresh.store.close()
        key = fresh.vault.get(STORE_KEY)
        assert key is not None, "the store was open before"
        encrypted, plain = peers.export_seconds(fresh.store.path, key)
    bare = peers.take_feed(world.admin, fresh.scopes)
    what = f"a new window takes a scope of {sizes.accounts:,} accounts, {bare.rows:,} rows, and can search it"
    speed = f"{bare.rows / taken.seconds:,.0f} rows/s, {taken.seconds:,.0f} s, file of {size / 2**20:,.0f} MiB"
    read = "psycopg, one query for the same rows"
    once = f"{read}, and one SQLCipher commit of the same bytes"
    copy = f"{read}, and SQLCipher's own copy of the finished file with its indexes and search terms"
    cost = f"without encryption that copy takes {plain:,.1f} s in place of {encrypted:,.1f} s"
    for peer, seconds, note in (
        (once, bare.read + bare.written, speed),
        (copy, bare.read + encrypted, f"{cost}; of ours: {profile}"),
    ):
        yield Measured(
            what=what,
            peer=peer,
            unit="row",
            ours_seconds=taken.seconds / bare.rows,
            peer_seconds=seconds / bare.rows,
            note=note,
        )


def _fill(world: World, accounts: int) -> None:
    """Put people and their accounts into the outlet's part of the feed, as posting would, without the ledger."""
    there = world.admin.execute("select key from core.feed where scope = %s and row_type = 'Person'", (OUTLET,))
    known = {key for (key,) in there}
    strangers = (each for each in made_up_people(read_town().names, SEED) if person_of(each).key not in known)
    copy_in = "copy core.feed (scope, row_type, key, deleted, body) from stdin (format binary)"
    with world.admin.cursor() as cursor, cursor.copy(copy_in) as copy:
        copy.set_types(["text", "text", "text", "bool", "bytea"])
        for number, each in enumerate(islice(strangers, accounts), start=FIRST_NUMBER):
            copy.write_row(feed_line(person_of(each)))
            copy.write_row(feed_line(account_of(each, number)))
    world.admin.execute("vacuum analyze core.feed")  # as a server does by itself that has grown to this in years
