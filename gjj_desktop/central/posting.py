"""How the inbox is posted: batches of one transaction each, decided in memory and written in bulk.

What changes rows is done by one posting process at a time, under the state lock; reading the inbox and checking
signatures, which takes most of the time, is done before it, by as many processes as there are cores. A device is
always in the hands of one process.
"""

import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import psycopg

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.command import FIRST_PREVIOUS
from gjj_desktop.cases.kind import CommandKind
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.central.brought_grants import grants_wait, take_grants
from gjj_desktop.central.centre_key import check_signs
from gjj_desktop.central.checking import Checked, Waiting, check_envelopes
from gjj_desktop.central.city import policy_in_force, read_city
from gjj_desktop.central.clerks import grant_registered
from gjj_desktop.central.deciding import Decided, Desk, set_aside
from gjj_desktop.central.guarding import guard
from gjj_desktop.central.materials import hold_pages, pages_arrived
from gjj_desktop.central.moving import answer_leaving, words_wait
from gjj_desktop.central.row_tables import Database, RowChangedError, lock_state
from gjj_desktop.central.taking_over import finish_take_overs, registrations_wait
from gjj_desktop.central.writing import mark_posted, write_decided

BATCH = 100
"""Commands of one transaction: larger ones are a tenth cheaper each and keep whoever brings one case waiting."""
TRIES_MAX = 3
"""Another process may have posted all that waited of a device before this one holds it."""
POLL_SECONDS = 5.0
LOCK_SECONDS_MAX = 10.0
"""Who waits for longer stands no guard: a device may hold what an administrator waits for, who holds the state lock."""
OWN_STATES = "GJ01"  # how the SQLSTATEs of the centre's own triggers begin


class Posted(NamedTuple):
    """What one batch came to; `grants` are clerks who can now sign in at a device, `held` pages whose bytes came,
    `moved` windows that left their outlet, `taken_over` those that another machine is now."""

    taken: int = 0
    accepted: int = 0
    refused: int = 0
    set_aside: int = 0
    grants: int = 0
    held: int = 0
    moved: int = 0
    taken_over: int = 0

    def __add__(self, other: object) -> "Posted":
        assert isinstance(other, Posted)
        return Posted(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def post_all(connection: Database, centre_key: bytes, kinds: dict[str, CommandKind] = KINDS) -> Posted:
    """Post batch after batch until nothing waits."""
    total = Posted()
    while any(posted := post_once(connection, centre_key, kinds)):
        total += posted
    return total


def post_once(
    connection: Database, centre_key: bytes, kinds: dict[str, CommandKind] = KINDS, batch: int = BATCH
) -> Posted:
    """Post one batch of what waits in the inbox, in one transaction, and answer what it came to.

    A command that breaks the program, or that the database refuses to write, is set aside with its traceback; the
    rest is posted. An interruption leaves the batch unposted and nothing else.
    """
    try:
        return _post(connection, centre_key, kinds, batch)
    except (psycopg.DatabaseError, RowChangedError) as error:
        if not blames_the_command(error):
            raise
    return _post_singly(connection, centre_key, kinds, batch)


def blames_the_command(error: Exception) -> bool:
    """Whether the database refused what a command wants written, rather than being unwell itself."""
    said = (
        psycopg.errors.IntegrityError,
        psycopg.errors.DataError,
        psycopg.errors.ProgramLimitExceeded,  # a key that no index can hold
        RowChangedError,
    )
    own = isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith(OWN_STATES)
    return own or isinstance(error, said)


def _post_singly(connection: Database, centre_key: bytes, kinds: dict[str, CommandKind], batch: int) -> Posted:
    """Post up to `batch` commands one by one: what the database refuses is set aside alone."""
    total = Posted()
    for _ in range(batch):
        try:
            posted = _post(connection, centre_key, kinds, 1)
        except (psycopg.DatabaseError, RowChangedError) as error:
            if not blames_the_command(error):
                raise
            posted = _post(connection, centre_key, kinds, 1, refused_because=traceback.format_exc())
        total += posted
        if not posted.taken:
            break
    return total


def _post(
    connection: Database, centre_key: bytes, kinds: dict[str, CommandKind], batch: int, refused_because: str = ""
) -> Posted:
    with connection.transaction():
        connection.execute("set local role gjj_post")
        city = read_city(connection)
        grants = _grant(connection, centre_key) if _registrations_wait(connection) else 0
        held = hold_pages(connection) if pages_arrived(connection) else 0
        taken_over = _finish_take_overs(connection) if registrations_wait(connection) else 0
        lines = _take(connection, batch)
        if grants_wait(connection):  # looked at after the lines were taken: a window brings them before it hands in
            grants += _take_grants(connection, centre_key)
        if not lines:
            moved = _answer_leaving(connection, centre_key) if words_wait(connection) else 0
            return Posted(grants=grants, held=held, moved=moved, taken_over=taken_over)
        checked = check_envelopes(connection, lines, city.public_key)
        lock_state(connection)
        city = read_city(connection)
        check_signs(city, centre_key)
        policy = policy_in_force(connection, city)
        desk = Desk(connection, policy, city.business_date, kinds)
        decided = _decide(desk, checked, refused_because)
        write_decided(connection, desk, decided, centre_key)
        mark_posted(connection, decided, checked)
    counts = Counter(each.verdict for each in decided)
    return Posted(
        len(decided),
        counts[Verdict.ACCEPTED],
        counts[Verdict.REFUSED],
        counts[Verdict.SET_ASIDE],
        grants,
        held,
        taken_over=taken_over,
    )


def _take(connection: Database, batch: int) -> list[Waiting]:
    """What waits, without gaps by device, of the devices with the least to be posted first: whoever brings a day's
    cases holds up nobody who brings one. Devices that another process has in hand are left to it."""
    for _ in range(TRIES_MAX):
        devices = _in_hand(connection, batch)
        found = connection.execute(
            "select i.device, i.sequence, i.command_id, i.digest, i.envelope, i.arrival"
            " from unnest(%s::text[]) with ordinality d (device, place) join core.posting_chain c using (device),"
            " lateral (select * from core.inbox w where w.device = c.device and w.sequence > c.posted and not w.posted"
            "          order by w.sequence limit %s) i order by d.place, i.sequence limit %s",
            (devices, batch, batch),
        ).fetchall()
        if found or not devices:
            return [Waiting(*line) for line in found]
    return []


def _in_hand(connection: Database, batch: int) -> list[str]:
    """As many devices as fill a batch, those with the least that waits first; held until the transaction ends."""
    waiting = connection.execute(
        "select d.device, d.received - coalesce(c.posted, 0) from core.device_chain d"
        " left join core.posting_chain c using (device) where d.received > coalesce(c.posted, 0) order by 2, 1"
    ).fetchall()
    connection.execute(
        "insert into core.posting_chain (device, posted, posted_digest) select unnest(%s::text[]), 0, %s::bytea"
        " on conflict do nothing",
        ([device for device, _ in waiting], FIRST_PREVIOUS),
    )
    held: list[str] = []
    room = batch
    while waiting and room > 0:
        before = accumulate((count for _, count in waiting), initial=0)
        some = {device: count for (device, count), so_far in zip(waiting, before, strict=False) if so_far < room}
        waiting = waiting[len(some) :]
        free = connection.execute(
            "select device from core.posting_chain where device = any(%s) order by device for update skip locked",
            (list(some),),
        ).fetchall()
        held += sorted((device for (device,) in free), key=some.__getitem__)
        room -= sum(some[device] for (device,) in free)
    return held


def _grant(connection: Database, centre_key: bytes) -> int:
    lock_state(connection)
    city = read_city(connection)
    check_signs(city, centre_key)
    return grant_registered(connection, centre_key, city.business_date, policy_in_force(connection, city))


def _take_grants(connection: Database, centre_key: bytes) -> int:
    lock_state(connection)
    city = read_city(connection)
    check_signs(city, centre_key)
    return take_grants(connection, city, centre_key, policy_in_force(connection, city))


def _answer_leaving(connection: Database, centre_key: bytes) -> int:
    lock_state(connection)
    city = read_city(connection)
    check_signs(city, centre_key)
    return answer_leaving(connection, city, centre_key)


def _finish_take_overs(connection: Database) -> int:
    lock_state(connection)
    return finish_take_overs(connection)


def _registrations_wait(connection: Database) -> bool:
    query = (
        "select exists (select from core.clerk_registration where granted_at is null)"
        " or exists (select from core.regrant)"
    )
    return bool((connection.execute(query).fetchone() or (False,))[0])


def _decide(desk: Desk, checked: Sequence[Checked], refused_because: str) -> list[Decided]:
    if refused_because:
        return [set_aside(each.waiting, each.command, refused_because) for each in checked]
    desk.load_for([each.command for each in checked if each.command is not None and each.refusal is None])
    return [desk.decide(each) for each in checked]


def post_forever(
    connection: Database, centre_key: bytes, kinds: dict[str, CommandKind] = KINDS, until: float | None = None
) -> Iterator[Posted]:
    """Post whatever comes in, woken by the inbox's notice and every five seconds anyway; yields each batch.

    It stands guard too: a device's transaction that stays open is ended.
    It ends at `until` (of time.monotonic), else never.
    """
    connection.execute("listen gjj_inbox")
    connection.execute("select set_config('lock_timeout', %s, false)", (f"{LOCK_SECONDS_MAX * 1000:.0f}ms",))
    look = guard(connection)
    while until is None or time.monotonic() < until:
        look()
        try:
            posted = post_once(connection, centre_key, kinds)
        except psycopg.errors.LockNotAvailable:
            continue
        if any(posted):
            yield posted
            continue
        wait = POLL_SECONDS if until is None else min(POLL_SECONDS, max(until - time.monotonic(), 0))
        for _ in connection.notifies(timeout=wait, stop_after=1):
            pass
