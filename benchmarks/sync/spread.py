"""Many windows' cases wait at the centre: how fast does one process post them, and how fast do several?"""

from collections.abc import Iterator, Sequence
from multiprocessing.synchronize import Barrier

from benchmarks.measure import Measured, stopwatch
from benchmarks.sync.many_windows import SPAWN, Seat, seat_login, seats
from benchmarks.sync.sizes import Sizes
from benchmarks.world import OUTLET, World
from gjj_desktop.central.city import connect
from gjj_desktop.central.posting import post_all

WINDOWS = 20
FIRST_WINDOW, FIRST_ACCOUNT = 41, 200_000


def spread(world: World, sizes: Sizes, tpcb: float) -> Iterator[Measured]:
    """A row for one posting process and one for as many as there are to be, each with as many cases to post."""
    for turn, processes in enumerate((1, sizes.posters)):
        numbers = range(FIRST_WINDOW + turn * WINDOWS, FIRST_WINDOW + (turn + 1) * WINDOWS)
        cases = sizes.spread_cases // WINDOWS
        places = [(OUTLET, str(number)) for number in numbers]
        windows = seats(world, places, cases, FIRST_ACCOUNT + turn * sizes.spread_cases)
        _hand_in(windows)
        seconds = _posted(world, processes)
        count = cases * WINDOWS
        yield Measured(
            what=f"posting of {count:,} withdrawals of {WINDOWS} windows by {processes} process(es)",
            peer=f"pgbench, TPC-B with {sizes.tpcb_clients} clients",
            unit="case",
            ours_seconds=seconds / count,
            peer_seconds=1 / tpcb,
            note=f"{count / seconds:,.0f} cases/s",
        )


def _hand_in(windows: Sequence[Seat]) -> None:
    for seat in windows:
        with seat_login(seat.address, seat.device, seat.password) as connection:
            connection.execute("select api.hand_in(%b::bytea[])", (list(seat.envelopes),))


def _posted(world: World, processes: int) -> float:
    """Seconds until nothing waits any more, from when all processes are ready to post."""
    ready = SPAWN.Barrier(processes + 1)
    given = (f"{world.admin.info.dsn} password={world.admin.info.password}", world.centre_key, ready)
    children = [SPAWN.Process(target=_post, args=given, daemon=True) for _ in range(processes)]
    for child in children:
        child.start()
    ready.wait()
    with stopwatch() as watch:
        for child in children:
            child.join()
    assert world.post() == 0, "everything must have been posted"
    return watch.seconds


def _post(dsn: str, centre_key: bytes, ready: Barrier) -> None:
    with connect(dsn) as connection:
        ready.wait()
        post_all(connection, centre_key)
