"""How does a new window get all of its scope: in bulk, in the order of the keys, as of one position of the feed.

Written in the order of their keys rows fill the trees of the file one page after the other, and their search terms are
made at the end. What changes meanwhile comes by the feed, which goes on from that position.
"""

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.command import UNREADABLE
from gjj_desktop.cases.rows import ROW_TYPES
from gjj_desktop.store import meta, replica, search_index
from gjj_desktop.store.store import Store
from gjj_desktop.sync import kept
from gjj_desktop.sync.believe import check_rows
from gjj_desktop.sync.greeting import Enrolled
from gjj_desktop.sync.link import Link
from gjj_desktop.sync.outcomes import LinkError, centre_fault
from gjj_desktop.sync.pull import NO_CHANGES, Changes, changes_of
from gjj_desktop.sync.wire import SNAPSHOT_ROWS_MAX, FeedRow, Hello

GATHERED_ROWS = 40_000
"""Rows that are written in one transaction, half a second: they lie all over the trees of the columns that are looked
for, and each commit writes the pages of these trees again."""
INDEX_ROWS = 40_000
"""Rows whose search terms are written in one transaction: under a second, so that the sync can be ended between two."""

Place = tuple[str, str, str]
BEGINNING: Place = ("", "", "")


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """How far a snapshot has come: taken `upto` a position of the centre of this epoch, the last row that is here, and
    once all are here, which row types can be searched up to which key (None: to the end)."""

    epoch: str
    upto: int
    after: Place = BEGINNING
    whole: bool = False
    searched: dict[str, str | None] = {}


async def take_snapshot(link: Link, store: Store, hello: Hello, rows_max: int = SNAPSHOT_ROWS_MAX) -> Changes:
    """Take the whole scope where the window has nothing of it yet, or go on where that was interrupted.

    A window that follows the feed already takes nothing. What comes is written with how far it goes.
    Answers to this window's commands come in it as in the feed.

    Raises:
        LinkError: the line broke, or a page can not be believed; the pages before it stay.
    """
    with store.read() as connection:
        after, begun = replica.cursor(connection), meta.get(connection, meta.SNAPSHOT, Snapshot)
    if after > 0:
        return NO_CHANGES
    if begun is None or begun.epoch != hello.epoch:
        begun = await _begin(link, store, hello)
    changes = await _take_pages(link, store, begun, rows_max)
    while not _make_searchable(store):
        await link.rest()
    return changes


async def _begin(link: Link, store: Store, hello: Hello) -> Snapshot:
    begun = Snapshot(epoch=hello.epoch, upto=await link.feed_position())
    with store.work() as connection:
        replica.clear_replica(connection)
        meta.put(connection, meta.SNAPSHOT, begun)
    return begun


async def _take_pages(link: Link, store: Store, begun: Snapshot, rows_max: int) -> Changes:
    changes = NO_CHANGES
    with store.read() as connection:
        enrolled = kept.settings(connection).enrolled
    while not begun.whole:
        before = begun
        rows, begun, trouble = await _gathered(link, begun, rows_max, enrolled)
        with store.work() as connection:
            if meta.get(connection, meta.SNAPSHOT, Snapshot) != before:
                return changes  # a courier pack brought everything meanwhile, and newer
            changes |= _lay(connection, rows)
            meta.put(connection, meta.SNAPSHOT, begun)
        if trouble is not None:
            raise trouble
    return changes


async def _gathered(
    link: Link, begun: Snapshot, rows_max: int, enrolled: Enrolled
) -> tuple[list[FeedRow], Snapshot, LinkError | None]:
    """The rows of the next pages, how far they go, and what kept one of them from being taken: those before it stay."""
    gathered: list[FeedRow] = []
    while not begun.whole and len(gathered) < GATHERED_ROWS:
        try:
            page = await link.snapshot(begun.upto, begun.after, rows_max)
            rows = [row for _, row in page]
            places = [(scope, row.row_type, row.key) for scope, row in page]
            if len({begun.after, *places}) <= len(places) or any(row.position > begun.upto for row in rows):
                raise centre_fault("中心送来的数据次序不对，没有采用。")
            check_rows(rows, enrolled)
        except LinkError as trouble:
            return gathered, begun, trouble
        gathered += rows
        begun = msgspec.structs.replace(begun, after=places[-1] if places else begun.after, whole=not places)
    return gathered, begun, None


def _lay(connection: Connection, rows: list[FeedRow]) -> Changes:
    try:
        return changes_of(replica.lay_rows(connection, rows), len(rows))
    except UNREADABLE:
        raise centre_fault("中心送来的数据读不出来，没有采用。") from None


def _make_searchable(store: Store) -> bool:
    """Write the search terms of some more rows; True once all are there and the feed goes on from here, and where a
    courier pack brought everything meanwhile."""
    with store.work() as connection:
        begun = meta.get(connection, meta.SNAPSHOT, Snapshot)
        if begun is None:
            return True
        left = [name for name in ROW_TYPES if search_index.knows(name) and begun.searched.get(name, "") is not None]
        if not left:
            replica.move_cursor(connection, begun.upto)
            meta.drop(connection, meta.SNAPSHOT)
            return True
        reached = replica.index_rows(connection, left[0], begun.searched.get(left[0]) or "", INDEX_ROWS)
        meta.put(
            connection,
            meta.SNAPSHOT,
            msgspec.structs.replace(begun, searched=begun.searched | {left[0]: reached}),
        )
        return False
