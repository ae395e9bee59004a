"""Two hundred windows come back to the line at once: how long until each has its answers, and what a supervisor sees.

The windows are logins that hand in, pull and wait to be woken, without a disk of their own: on this machine they share
the cores with the centre. The supervisor's window is whole: store, sync engine and inbox.
"""

import asyncio
import gc
import os
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

from benchmarks.measure import Measured
from benchmarks.sync import peers
from benchmarks.sync.many_windows import SPAWN, Seat, found_outlets, seats
from benchmarks.sync.sizes import Sizes
from benchmarks.world import CLERK, OUTLET, World
from gjj_desktop.cases.answer import ANSWER_ROW
from gjj_desktop.cases.rows import Clerk, Outlet
from gjj_desktop.central.city import connect
from gjj_desktop.central.posting import post_forever
from gjj_desktop.central.row_tables import publish
from gjj_desktop.counter.inbox import Inbox
from gjj_desktop.sync.engine import SyncEngine
from gjj_desktop.sync.link import Link, open_link
from gjj_desktop.sync.pull import Changes
from gjj_desktop.sync.state import SyncState
from gjj_desktop.sync.wire import PULL_ROWS_MAX

OUTLETS = [OUTLET, *(f"99{number}" for number in range(11, 30))]
PROBE, FIRST_WINDOW = "98", 31
PROBES = 400
FIRST_ACCOUNT = 300_000
GIVE_UP_SECONDS = 600.0


class Supervisor:
    """The world's window with its engine at work and a supervisor signed in, who looks at each change."""

    def __init__(self, world: World) -> None:
        self.inbox = Inbox(world.window)
        self.changed = threading.Event()
        self.engine = SyncEngine(world.store, world.vault)
        self.engine.listen(self._heard)

    def _heard(self, _: SyncState, changes: Changes) -> None:
        if changes:
            self.changed.set()

    def woken_by(self, what: object, write: object) -> float:
        """Seconds from the beginning of a write at the centre until its rows are here."""
        self.changed.clear()
        began = time.perf_counter()
        assert callable(write)
        write(what)
        assert self.changed.wait(GIVE_UP_SECONDS)
        return time.perf_counter() - began

    def sees(self, case_no: str, began: float) -> float:
        """Seconds until the case is in the list, since `began`."""
        while time.perf_counter() - began < GIVE_UP_SECONDS:
            self.changed.clear()
            if any(item.case_no == case_no for item in self.inbox.list_cases()):
                return time.perf_counter() - began
            self.changed.wait(1.0)
        raise TimeoutError(case_no)


def together(world: World, sizes: Sizes, tpcb: float) -> Iterator[Measured]:
    """Rows for waking, for the inbox while it is quiet and while all sync, and for all of them together."""
    found_outlets(world, OUTLETS[1:])
    places = [(OUTLETS[at % len(OUTLETS)], f"{FIRST_WINDOW + at // len(OUTLETS)}") for at in range(sizes.windows)]
    windows = seats(world, places, sizes.cases_each, FIRST_ACCOUNT)
    probes = PROBES if sizes.windows > 10 else 6
    [probe] = seats(world, [(OUTLET, PROBE)], probes, FIRST_ACCOUNT + sizes.windows * sizes.cases_each)
    publish(world.admin, [Clerk(clerk=CLERK, name="李秀英", outlet=OUTLET, roles=("reviewer", "supervisor"))])
    world.exchange()
    supervisor = Supervisor(world)
    gc.collect()
    gc.freeze()  # no window has the commands of two hundred others in its memory, to be looked through again and again
    supervisor.engine.start()
    bare = statistics.median(peers.notify_seconds(world.admin, sizes.wakings))
    supervisor.woken_by(_outlet(0), lambda row: publish(world.admin, [row]))
    woken = [
        supervisor.woken_by(_outlet(number), lambda row: publish(world.admin, [row])) for number in range(sizes.wakings)
    ]
    yield _row(
        "a row written at the centre is on a window's disk",
        "a bare NOTIFY from one connection to another",
        "row",
        statistics.median(woken),
        bare,
        f"slowest of {len(woken)}: {max(woken) * 1e3:,.0f} ms",
    )
    with _posters(world, sizes.posters), _open(probe) as hand_in:
        places_left = iter(range(len(probe.envelopes)))
        _seen(supervisor, probe, hand_in, next(places_left))  # once the posting processes have started
        quiet = [_seen(supervisor, probe, hand_in, next(places_left)) for _ in range(min(10, sizes.wakings))]
        busy: list[float] = []
        with _all_at_once(world, windows) as finished:
            while not finished():
                if (place := next(places_left, None)) is None:
                    time.sleep(0.1)
                    continue
                busy.append(_seen(supervisor, probe, hand_in, place))
                time.sleep(0.2)
        seconds, each = finished.seconds, finished.each
    assert supervisor.engine.stop(20.0)
    cases = sizes.windows * sizes.cases_each
    yield _row(
        "a case handed in is in a supervisor's list, the centre at rest",
        "a bare NOTIFY from one connection to another",
        "case",
        statistics.median(quiet),
        bare,
        f"slowest of {len(quiet)}: {max(quiet):.2f} s",
    )
    yield _row(
        f"a case handed in is in a supervisor's list while {sizes.windows} windows sync",
        "the same with the centre at rest",
        "case",
        statistics.median(busy),
        statistics.median(quiet),
        f"slowest of {len(busy)}: {max(busy):.2f} s; aim below 1 s",
    )
    yield _row(
        f"{sizes.windows} windows at once, {sizes.cases_each} cases each: handed in, posted, answered",
        f"pgbench, TPC-B with {sizes.tpcb_clients} clients",
        "case",
        seconds / cases,
        1 / tpcb,
        f"{cases / seconds:,.0f} cases/s by {sizes.posters} posting process(es); all answered after {seconds:.1f} s,"
        f" half of the windows after {statistics.median(each):.1f} s",
    )


def _row(what: str, peer: str, unit: str, ours: float, bare: float, note: str) -> Measured:
    return Measured(what=what, peer=peer, unit=unit, ours_seconds=ours, peer_seconds=bare, note=note)


def _outlet(number: int) -> Outlet:
    return Outlet(number="9929", name=f"{number} 号网点", centre_name="云溪市住房公积金管理中心")


class _open:  # noqa: N801 - reads as what it is at its place
    """The probe's own connection: call it with an envelope."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    def __enter__(self) -> "_open":
        self.runner = asyncio.Runner()
        self.opened = open_link(self.seat.address, self.seat.device, self.seat.password)
        self.link: Link = self.runner.run(self.opened.__aenter__())
        return self

    def __call__(self, envelope: bytes) -> None:
        [receipt] = self.runner.run(self.link.hand_in([envelope]))
        assert receipt == "received", receipt

    def __exit__(self, *_: object) -> None:
        self.runner.run(self.opened.__aexit__(None, None, None))
        self.runner.close()


def _seen(supervisor: Supervisor, probe: Seat, hand_in: _open, place: int) -> float:
    began = time.perf_counter()
    hand_in(probe.envelopes[place])
    return supervisor.sees(probe.case_nos[place], began)


@contextmanager
def _posters(world: World, count: int) -> Iterator[None]:
    """So many posting processes, as `gjj-central post --watch` starts one."""
    dsn = f"{world.admin.info.dsn} password={world.admin.info.password}"
    children = [SPAWN.Process(target=_post, args=(dsn, world.centre_key), daemon=True) for _ in range(count)]
    for child in children:
        child.start()
    try:
        yield
    finally:
        for child in children:
            child.terminate()
            child.join()


def _post(dsn: str, centre_key: bytes) -> None:
    with connect(dsn) as connection:
        for _ in post_forever(connection, centre_key):
            pass


class _all_at_once:  # noqa: N801 - reads as what it is at its place
    """The windows in as many processes as there are cores, begun together; call it to know whether all are through."""

    def __init__(self, world: World, windows: Sequence[Seat]) -> None:
        self.seconds, self.each = 0.0, [0.0]
        self.out: Queue[list[float]] = SPAWN.Queue()
        shares = [windows[at :: os.cpu_count() or 1] for at in range(os.cpu_count() or 1)]
        self.ready: Barrier = SPAWN.Barrier(len(shares) + 1)
        self.children = [
            SPAWN.Process(target=_sync_all, args=(share, self.ready, self.out), daemon=True) for share in shares
        ]

    def __enter__(self) -> "_all_at_once":
        for child in self.children:
            child.start()
        self.ready.wait(GIVE_UP_SECONDS)
        self.began = time.perf_counter()
        return self

    def __call__(self) -> bool:
        return not any(child.is_alive() for child in self.children) or self.out.qsize() == len(self.children)

    def __exit__(self, *_: object) -> None:
        self.each = [seconds for _ in self.children for seconds in self.out.get(timeout=GIVE_UP_SECONDS)]
        self.seconds = max(self.each)
        for child in self.children:
            child.join()


def _sync_all(windows: Sequence[Seat], ready: Barrier, out: "Queue[list[float]]") -> None:
    out.put(asyncio.run(_together(windows, ready)))


async def _together(windows: Sequence[Seat], ready: Barrier) -> list[float]:
    go = asyncio.Event()
    at_the_line = [asyncio.Event() for _ in windows]
    work = [asyncio.create_task(_sync(seat, mine, go)) for seat, mine in zip(windows, at_the_line, strict=True)]
    for each in at_the_line:
        await each.wait()
    await asyncio.to_thread(ready.wait)
    go.set()
    return list(await asyncio.gather(*work))


async def _sync(seat: Seat, at_the_line: asyncio.Event, go: asyncio.Event) -> float:
    """Seconds from the start until every case of this window is answered and everything else pulled."""
    async with open_link(seat.address, seat.device, seat.password) as link:
        await link.listen([f"gjj_feed_{seat.device[:4]}", f"gjj_feed_{seat.device}"])
        after, _ = await _pulled(link, 0)
        at_the_line.set()
        await go.wait()
        began = time.perf_counter()
        await link.hello()
        await link.hand_in(seat.envelopes)
        answered = 0
        while answered < len(seat.envelopes):
            await link.notified(30.0)
            after, more = await _pulled(link, after)
            answered += more
        return time.perf_counter() - began


async def _pulled(link: Link, after: int) -> tuple[int, int]:
    """The position after everything there is, and how many answers were in it."""
    answers = 0
    while page := await link.pull(after, PULL_ROWS_MAX):
        after = page[-1].position
        answers += sum(row.row_type == ANSWER_ROW for row in page)
    return after, answers
