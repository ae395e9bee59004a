"""Does a window that follows the feed by its position ever miss a row, while several processes post at once?

Posting processes, readers and the server are real. `test_posters_who_do_not_wait_for_each_other_are_caught` takes the
lock out and sees that the same readers then miss rows: what the others show is the lock's work and no luck.
"""

import multiprocessing
import random
import time
from collections.abc import Sequence
from itertools import cycle
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from typing import NamedTuple

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Account
from gjj_desktop.central import posting
from gjj_desktop.central.city import connect
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import post_all, post_once
from gjj_desktop.central.row_tables import Database
from gjj_desktop.sync.wire import login_of
from tests.central.small_kinds import SMALL_KINDS, Move, Seize, a_person, an_account
from tests.support.centre import CENTRE_KEY, TestCentre, TestClerk, TestDevice

SPAWN = multiprocessing.get_context("spawn")
POSTERS, BATCH, DEVICES, COMMANDS = 3, 3, 6, 18
WAIT_SECONDS_MAX = 120.0
ROUNDS_MAX = 6
"""Whether two meet is chance: on a machine that has much else to do they may pass each other by."""
MOVE, SEIZE, HOLD = "test.move", "test.seize", "test.hold"


class Line(NamedTuple):
    """A row of the feed as a reader knows it last."""

    position: int
    deleted: bool
    body: bytes


Known = dict[tuple[str, str], Line]


class Worker(NamedTuple):
    """A device, its clerk, and the account that only they move money on."""

    device: TestDevice
    clerk: TestClerk
    account_no: str

    def hand_in(self, kinds: Sequence[str]) -> None:
        """Commands of these kinds in turn: rows that are written once, again and again, and put and taken away."""
        made = []
        for number, kind in zip(range(COMMANDS), cycle(kinds), strict=False):
            invoice = f"invoice:{self.account_no}:{self.device.sequence}"
            payload = Seize(evidence=invoice) if kind == SEIZE else self._move(number)
            made.append(self.device.command(self.clerk, kind, payload, self.account_no[:13]))
        self.device.hand_in(*made)

    def _move(self, number: int) -> Move:
        return Move(100 + number, self.account_no)


def account_no(number: int) -> str:
    return f"9905030000{number:04}"


@pytest.fixture
def workers(centre: TestCentre) -> list[Worker]:
    centre.add_outlet()
    made = []
    for number in range(DEVICES):
        device = centre.add_device(window=f"{number + 11}")
        made.append(Worker(device, centre.add_clerk(device, f"9905{number + 11}"), account_no(number)))
    accounts: tuple[Account, ...] = tuple(an_account(worker.account_no) for worker in made)
    hand_in_own(
        centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", ImportLegacy(people=(a_person(),), accounts=accounts))]
    )
    assert post_all(centre.admin, CENTRE_KEY, SMALL_KINDS).accepted == 1
    return made


def _post(url: str, with_the_lock: bool, seed: int, enough: int) -> None:
    """Post small batches of one device each, slow to commit, until everything is posted."""
    chance = random.Random(seed)  # noqa: S311 - how long to wait, no secret
    mark_posted = posting.mark_posted

    def slowly(*written: object) -> None:
        mark_posted(*written)  # type: ignore[arg-type]
        time.sleep(chance.random() * 0.02)

    posting.mark_posted = slowly
    if not with_the_lock:
        posting.lock_state = lambda _: None
    with connect(url) as connection:
        while _waiting(connection, enough):
            post_once(connection, CENTRE_KEY, SMALL_KINDS, batch=BATCH)


def _waiting(connection: Database, enough: int) -> bool:
    found = connection.execute("select count(*) filter (where posted), count(*) from core.inbox").fetchone()
    return found is not None and min(found) < enough


def _follow(conninfo: str, page: int, nothing_more: Event, out: "Queue[Known]") -> None:
    """Pull page after page past the last position seen, until there will be nothing more."""
    known: Known = {}
    cursor = 0
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while True:
            last_look = nothing_more.is_set()
            rows = connection.execute("select * from api.pull(%s, %s)", (cursor, page)).fetchall()
            for position, row_type, key, deleted, body in rows:
                assert position > cursor, "positions grow"
                cursor = position
                known[row_type, key] = Line(position, deleted, bytes(body))
            if last_look and not rows:
                break
    out.put(known)


def followed(
    centre: TestCentre, workers: Sequence[Worker], kinds: Sequence[str], with_the_lock: bool = True
) -> list[int]:
    """How many rows each reader knows wrong or not at all after everything was handed in, posted and pulled at once."""
    enough = _handed_in(centre) + DEVICES * COMMANDS
    posters = [SPAWN.Process(target=_post, args=(centre.url, with_the_lock, seed, enough)) for seed in range(POSTERS)]
    nothing_more = SPAWN.Event()
    readers = []
    for worker, page in zip(workers, (7, 100, 2_000), strict=False):
        own = {"user": login_of(worker.device.device), "password": worker.device.password}
        out: Queue[Known] = SPAWN.Queue()
        conninfo = make_conninfo(centre.url, **own)
        readers.append((SPAWN.Process(target=_follow, args=(conninfo, page, nothing_more, out)), out, worker.device))
    for process in (*posters, *(process for process, _, _ in readers)):
        process.start()
    for worker in workers:
        worker.hand_in(kinds)
    for poster in posters:
        poster.join(WAIT_SECONDS_MAX)
    nothing_more.set()
    known = [out.get(timeout=WAIT_SECONDS_MAX) for _, out, _ in readers]
    for process, _, _ in readers:
        process.join(WAIT_SECONDS_MAX)
    assert [poster.exitcode for poster in posters] == [0] * POSTERS
    return [_missed(_truth(centre, device.device), each) for each, (_, _, device) in zip(known, readers, strict=True)]


def _handed_in(centre: TestCentre) -> int:
    found = centre.admin.execute("select count(*) from core.inbox").fetchone()
    assert found is not None
    return int(found[0])


def _truth(centre: TestCentre, device: str) -> Known:
    """What the feed holds for a device, read by the superuser, past its functions."""
    found = centre.admin.execute(
        "select row_type, key, position, deleted, body from core.feed where scope = any(%s)",
        (["*", device[:4], f"device:{device}"],),
    )
    return {(row_type, key): Line(position, deleted, bytes(body)) for row_type, key, position, deleted, body in found}


def _missed(truth: Known, known: Known) -> int:
    assert known.keys() <= truth.keys()
    return sum(known.get(name) != line for name, line in truth.items())


def test_no_row_is_missed_while_several_processes_post(centre: TestCentre, workers: list[Worker]) -> None:
    assert followed(centre, workers, (MOVE, SEIZE, HOLD)) == [0, 0, 0]
    written_once = "select count(*) from core.feed where row_type in ('AccountEntry', 'Evidence')"
    assert centre.admin.execute(written_once).fetchone() == (DEVICES * COMMANDS * 2 // 3,)
    assert centre.admin.execute("select count(*) from core.answer where verdict <> 'accepted'").fetchone() == (0,)


def test_posters_who_do_not_wait_for_each_other_are_caught(centre: TestCentre, workers: list[Worker]) -> None:
    """Without entries of the journal, of which two posters without the lock would write the same."""
    centre.admin.execute("drop trigger in_commit_order on core.feed")
    rounds = (max(followed(centre, workers, (SEIZE, HOLD), with_the_lock=False)) for _ in range(ROUNDS_MAX))
    assert any(missed > 0 for missed in rounds)


def test_whoever_writes_to_the_feed_waits_for_who_wrote_before(centre: TestCentre, workers: list[Worker]) -> None:
    """The trigger holds any program, also one that forgets the state lock, and an update as well as an insert."""
    touch = "update core.feed set body = body where row_type = 'Account' and key = %s"
    with connect(centre.url) as first, connect(centre.url) as second, first.transaction():
        first.execute(touch, (account_no(0),))
        second.execute("set lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            second.execute(touch, (account_no(1),))
