"""One exchange with the centre: greet, hand in what waits, take what is new, keep numbers in stock, move pages."""

from collections.abc import Callable

from sqlalchemy import Connection

from gjj_desktop.clock import utc_now
from gjj_desktop.store import blobs, draft_pages
from gjj_desktop.store.store import Store
from gjj_desktop.sync import kept, leaving, own_grants
from gjj_desktop.sync.afresh import has_forgotten
from gjj_desktop.sync.blobs import Moved, Wanted, make_room, move_pages
from gjj_desktop.sync.going_on import go_on, notice_older_image
from gjj_desktop.sync.greeting import MOVED, check_centre, check_hello, clock_skew_seconds, follow_key
from gjj_desktop.sync.leases import fill_numbers
from gjj_desktop.sync.link import Link
from gjj_desktop.sync.pull import NO_CHANGES, Changes, pull, pull_afresh
from gjj_desktop.sync.push import Progress, push
from gjj_desktop.sync.snapshot import take_snapshot
from gjj_desktop.sync.wire import Hello

PAGES = "Blob"
"""Stands among the row types that changed when pages of materials came, or were all brought to the centre."""


async def exchange(
    link: Link,
    store: Store,
    progress: Progress,
    wanted: Wanted | None = None,
    before_leaving: Callable[[], None] = lambda: None,
) -> Changes:
    """Bring window and centre together once; answers what changed here. May be ended anywhere and begun again.

    `wanted` are pages that somebody waits to see; those that came are taken out. `before_leaving` is called each time
    before commands go out. Raises LinkError; what was done until then stays done.
    """
    hello = await _greeting(link, store)
    if hello.device_state == MOVED:
        return await leaving.hear_farewell(link, store)
    leaving.forget_farewell(store)
    changes = await _start_afresh(link, store, hello)
    await push(link, store, progress, hello.high_water, before_leaving)
    changes |= await take_snapshot(link, store, hello)
    changes |= await pull(link, store)
    go_on(store, hello.high_water)
    await fill_numbers(link, store)
    with store.work() as connection:
        settle_pages(connection)
        own_grants.forget_known(connection)
        kept.keep_success(connection, utc_now())
    changes |= _told(await move_pages(link, store, {} if wanted is None else wanted))
    return changes | await leaving.leave(link, store)


def settle_pages(connection: Connection) -> None:
    """Pages go the way of the sheets and cases that name them."""
    given_up = blobs.settle(connection)
    draft_pages.drop_unneeded(connection)
    blobs.drop_unneeded(connection)
    if given_up:
        make_room(connection)


def _told(moved: Moved) -> Changes:
    return Changes(row_types=frozenset({PAGES} if moved.sent or moved.fetched else ()), more=moved.more)


async def _greeting(link: Link, store: Store) -> Hello:
    """The centre's greeting, found right, and what it says kept."""
    asked_at = utc_now()
    hello = await link.hello()
    skew_seconds = clock_skew_seconds(hello, asked_at, utc_now())
    with store.work() as connection:
        known = kept.settings(connection).enrolled
        enrolled = follow_key(hello, known)
        check_centre(hello, enrolled)
        if hello.device_state != MOVED:
            check_hello(hello, enrolled)
        kept.keep_centre_keys(connection, known, enrolled)
        kept.keep_greeting(connection, hello, skew_seconds)
    return hello


async def _start_afresh(link: Link, store: Store, hello: Hello) -> Changes:
    """Begin again with a centre that has forgotten something; nothing happens with any other."""
    with store.work() as connection:
        notice_older_image(connection, hello.high_water)
        forgotten = has_forgotten(connection, hello)
    if forgotten:
        await own_grants.bring_grants(link, store)
        return await pull_afresh(link, store, hello)
    with store.work() as connection:
        kept.keep_epoch(connection, hello.epoch)
    return NO_CHANGES
