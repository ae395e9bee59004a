"""How do scanned pages travel: in chunks, after the commands that name them, gone on with wherever they were cut off.

A turn is short. Whatever a clerk hands in meanwhile, and whatever the centre says, goes first.
"""

from collections.abc import AsyncIterator, MutableMapping
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection

from gjj_desktop.cases.material_pages import HELD, MIB
from gjj_desktop.cases.rows import MaterialPage
from gjj_desktop.clock import steady_seconds
from gjj_desktop.store import blobs, outbox, view
from gjj_desktop.store.bodies import chunks
from gjj_desktop.store.centre_time import centre_now
from gjj_desktop.store.store import Store
from gjj_desktop.sync import kept
from gjj_desktop.sync.leases import row_in_force
from gjj_desktop.sync.link import Link, OnePage
from gjj_desktop.sync.outcomes import centre_fault
from gjj_desktop.sync.wire import BLOBS_MAX, CHUNK_BYTES, BlobState, Put

TURN_BYTES = 1 << 20
TURN_SECONDS = 4.0
Wanted = MutableMapping[str, list[bytes]]
"""Pages that somebody wants to see, by digest, and the chunks of each that have come so far."""


class Moved(NamedTuple):
    """What one turn did: pages that the centre now holds, pages that came, and whether there is more to do at once."""

    sent: int = 0
    fetched: int = 0
    more: bool = False


class _Turn:
    """How long a turn may go on: not past its bytes and seconds, and not while a command waits."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bytes = 0
        self._until = steady_seconds() + TURN_SECONDS

    def spend(self, count: int) -> None:
        """So much has travelled."""
        self._bytes += count

    @property
    def over(self) -> bool:
        """Whether something else goes first now."""
        if self._bytes >= TURN_BYTES or steady_seconds() > self._until:
            return True
        with self._store.read() as connection:
            return bool(outbox.unsent(connection, 1, 1))


async def move_pages(link: Link, store: Store, wanted: Wanted) -> Moved:
    """One turn: first what somebody waits to see, then what the centre waits for.

    Raises:
        LinkError: the line broke; what has travelled need not travel again.
    """
    turn = _Turn(store)
    fetched, more_to_fetch = await _fetch(link, store, wanted, turn)
    sent, more_to_send = await _send(link, store, turn)
    if sent or fetched:
        with store.work() as connection:
            make_room(connection)
    return Moved(sent, fetched, more_to_fetch or more_to_send)


def make_room(connection: Connection) -> None:
    """Drop what the centre holds, or was given up, and nobody has looked at for long, or past policy's room."""
    row = row_in_force(connection, "material_scan")
    if row is not None:
        blobs.drop_old(connection, row.cache_mib_max * MIB, centre_now(connection) - timedelta(days=row.kept_days))


async def _fetch(link: Link, store: Store, wanted: Wanted, turn: _Turn) -> tuple[int, bool]:
    with store.read() as connection:
        here = blobs.here(connection, list(wanted))
        sizes = {
            row.digest: row.size_bytes
            for digest in wanted
            for row in view.rows_of(connection, MaterialPage, "digest", digest)
            if row.state == HELD
        }
    for digest in [each for each in wanted if each in here or each not in sizes]:
        del wanted[digest]  # here already, or the centre has not said that it holds it
    fetched = 0
    async for asked in _asked(link, list(wanted)):
        if asked.state is not BlobState.HELD:
            del wanted[asked.digest]
            continue
        if not await _fetch_one(link, wanted, asked.digest, sizes[asked.digest], turn):
            return fetched, True
        body = b"".join(wanted.pop(asked.digest))
        if sha256(body).hexdigest() != asked.digest:
            raise centre_fault("中心送来的材料与摘要不符，没有采用。")
        with store.work() as connection:
            blobs.put(connection, body, blobs.HELD)
        fetched += 1
    return fetched, False


async def _fetch_one(link: Link, wanted: Wanted, digest: str, size: int, turn: _Turn) -> bool:
    """Go on with a page; False when the turn ended before all of it came."""
    came = wanted[digest]
    while len(came) < _chunk_count(size):
        if turn.over:
            return False
        chunk = await link.get_chunk(digest, len(came))
        if chunk is None:
            del wanted[digest]  # else it would stand in the way of everything again and again
            raise centre_fault("中心的材料不完整。")
        came.append(chunk)
        turn.spend(len(chunk))
    return True


async def _send(link: Link, store: Store, turn: _Turn) -> tuple[int, bool]:
    with store.read() as connection:
        sizes = {page.digest: page.size_bytes for page in blobs.to_send(connection)}
        full = kept.pages_full(connection)
    sent = 0
    async for asked in _asked(link, list(sizes)):
        if asked.state is BlobState.HELD:
            _held(store, asked.digest)
            sent += 1
        if asked.state is not BlobState.WANTED or full:
            continue
        for number in range(_chunk_count(sizes[asked.digest])):
            if number in asked.chunks:
                continue
            if turn.over:
                return sent, True
            answer = await _send_chunk(link, store, asked.digest, sizes[asked.digest], number, turn)
            if answer is Put.HELD:
                sent += 1
                break
            if answer is Put.FULL:
                full = True
                break
    return sent, False


async def _send_chunk(link: Link, store: Store, digest: str, size: int, number: int, turn: _Turn) -> Put:
    start = number * CHUNK_BYTES
    with store.read() as connection:
        body = blobs.part(connection, digest, start, CHUNK_BYTES)
    answer = await link.put_chunk(digest, size, number, body)
    turn.spend(len(body))
    if answer is Put.WRONG:
        raise centre_fault("材料没有完整传到中心，将重新传送。")
    if answer is Put.HELD:
        _held(store, digest)
    elif answer is Put.FULL:
        with store.work() as connection:
            kept.keep_pages_full(connection)
    else:
        with store.work() as connection:
            blobs.mark_sent(connection, digest, start + len(body))
    return answer


def _held(store: Store, digest: str) -> None:
    with store.work() as connection:
        blobs.mark_held(connection, [digest])


def _chunk_count(size_bytes: int) -> int:
    return -(-size_bytes // CHUNK_BYTES)


async def _asked(link: Link, digests: list[str]) -> AsyncIterator[OnePage]:
    """What the centre says of pages, as many at a time as it answers, asked as they are needed."""
    for page in chunks(digests, BLOBS_MAX):
        for each in await link.blobs(page):
            yield each
