"""A day without a line, and then: how fast do its cases reach the centre, the ledger, and a second window?"""

import asyncio
from collections.abc import Iterator
from itertools import islice

import msgspec

from benchmarks.measure import Measured, stopwatch
from benchmarks.offline_cases import KINDS, cases, people_for, take_in
from benchmarks.sync import peers
from benchmarks.sync.fresh_window import fresh_window
from benchmarks.sync.sizes import Sizes
from benchmarks.world import NUMBER, OUTLET, World
from gjj_desktop.cases.command import Envelope, author_message, decode_command, device_message
from gjj_desktop.security.keys import public_key, sign, verify
from gjj_desktop.sync.push import push

DEVICE = OUTLET + NUMBER
FRESH = "21"
SIGNED_MAX = 2_000


def road(world: World, sizes: Sizes, tpcb: float) -> Iterator[Measured]:
    """Rows for push, posting and pull. `tpcb` is how many transactions a second pgbench came to on this server."""
    count = sizes.cases
    people = people_for(count)
    world.settle_people(people)
    world.accounts = world.accounts[-people:]
    world.lease(count)
    for case in islice(cases(world), count):
        take_in(world, case)
    with stopwatch() as pushed:
        asyncio.run(_push(world))
    lines = peers.inbox_lines(world.admin, DEVICE, count)
    bare = peers.insert_into_bare(world.admin, lines, sizes.peer_rows)
    what = f"push of {count:,} offline cases of {len(KINDS)} kinds"
    note = f"{count / pushed.seconds:,.0f} cases/s"
    size = f"the same {sum(len(line[-1]) for line in lines) / count:,.0f} bytes a case"
    each = pushed.seconds / count
    yield _row(what, f"psycopg, batched INSERTs of {size}, 500 a commit", each, bare.batched, f"{note}; aim 2.0")
    yield _row(what, f"psycopg, one COPY of {size}", each, bare.copied, note)
    yield _row(what, f"psycopg, INSERTs of {size}, each its own commit", each, bare.each_its_own, note)
    with stopwatch() as posted:
        taken = world.post()
    assert taken == count, "every case must have come through"
    note = f"{count / posted.seconds:,.0f} cases/s beside {tpcb:,.0f} TPC-B/s; {_signature_note(lines)}; aim 0.5"
    yield _row(
        f"posting of {count:,} cases, signatures checked",
        f"pgbench, TPC-B with {sizes.tpcb_clients} clients",
        posted.seconds / count,
        1 / tpcb,
        note,
    )
    yield from _pulled(world)


def _pulled(world: World) -> Iterator[Measured]:
    """What a window that was just enrolled takes of all this, and what the one that made it hears of it."""
    with fresh_window(world, FRESH) as fresh, stopwatch() as taken:
        fresh.take_everything(world)
    bare = peers.take_feed(world.admin, fresh.scopes)
    read, both = (
        "psycopg, one query for the same rows",
        "psycopg, one query for the same rows, and one SQLCipher commit",
    )
    what = f"a fresh second window takes {bare.rows:,} rows and can search them"
    each, note = taken.seconds / bare.rows, f"{bare.rows / taken.seconds:,.0f} rows/s"
    yield _row(what, read, each, bare.read / bare.rows, f"{note}; aim 4.0", unit="row")
    yield _row(what, f"{both} of the same bytes", each, (bare.read + bare.written) / bare.rows, note, unit="row")
    with stopwatch() as heard:
        changes = world.exchange()
    what = f"the window that made them hears {changes.rows:,} rows, {changes.answers:,} of them answers to settle"
    each, note = heard.seconds / changes.rows, f"{changes.rows / heard.seconds:,.0f} rows/s"
    yield _row(what, read, each, bare.read / bare.rows, note, unit="row")


def _signature_note(lines: list[peers.InboxLine]) -> str:
    """How long the signatures of a case take to check on one core."""
    key = bytes(range(32))
    known = public_key(key)
    some = [msgspec.msgpack.decode(line[-1], type=Envelope) for line in lines[:SIGNED_MAX]]
    signed = []
    for envelope in some:
        papers = [paper.digest for paper in decode_command(envelope.body).papers]
        device = device_message(envelope.body, envelope.author_signature, envelope.previous)
        signed += [(each, sign(key, each)) for each in (author_message(envelope.body), device, *papers)]
    with stopwatch() as watch:
        assert all(verify(known, message, signature) for message, signature in signed)
    share = f"{watch.seconds / len(some) * 1e6:,.0f} µs a case on one core"
    return f"{len(signed) / len(some):.1f} signatures a case: {share}"


def _row(what: str, peer: str, ours: float, bare: float, note: str, unit: str = "case") -> Measured:
    return Measured(what=what, peer=peer, unit=unit, ours_seconds=ours, peer_seconds=bare, note=note)


async def _push(world: World) -> None:
    async with world.link() as link:
        hello = await link.hello()
        await push(link, world.store, lambda _: None, hello.high_water)
