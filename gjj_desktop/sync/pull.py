"""How does news reach the window: pages of the feed, each taken in one transaction together with its cursor."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from gjj_desktop.store import outbox, replica
from gjj_desktop.store.replica import Applied
from gjj_desktop.store.store import Store
from gjj_desktop.sync import kept
from gjj_desktop.sync.believe import check_page
from gjj_desktop.sync.greeting import Enrolled
from gjj_desktop.sync.link import Link
from gjj_desktop.sync.outcomes import centre_fault
from gjj_desktop.sync.wire import PULL_ROWS_MAX, FeedRow, Hello, Verdict


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What came with a pull, for screens that show it: names of row types, how many rows, how many answers to us."""

    row_types: frozenset[str] = frozenset()
    rows: int = 0
    answers: int = 0
    not_accepted: int = 0

    def __or__(self, other: "Changes") -> "Changes":
        return Changes(
            row_types=self.row_types | other.row_types,
            rows=self.rows + other.rows,
            answers=self.answers + other.answers,
            not_accepted=self.not_accepted + other.not_accepted,
        )

    def __bool__(self) -> bool:
        return self.rows > 0


NO_CHANGES = Changes()


async def pull(link: Link, store: Store, rows_max: int = PULL_ROWS_MAX) -> Changes:
    """Take everything that is new, page by page, and say what it touched.

    Raises:
        LinkError: the line broke, or a page can not be believed; the pages before it stay.
    """
    changes = NO_CHANGES
    while True:
        with store.read() as connection:
            after, enrolled = replica.cursor(connection), kept.settings(connection).enrolled
        page = await link.pull(after, rows_max)
        if not page:
            return changes
        check_page(page, after, enrolled)
        with store.work() as connection:
            changes |= _apply(connection, page)


async def pull_afresh(link: Link, store: Store, hello: Hello, rows_max: int = PULL_ROWS_MAX) -> Changes:
    """Take the whole feed in place of the replica: the centre was restored and has forgotten part of what it said.

    Every command past its high-water mark is offered again. All of it is one transaction, the new epoch with it, so
    an interruption leaves the window as it was.
    """
    with store.read() as connection:
        enrolled = kept.settings(connection).enrolled
    pages = await _all_pages(link, enrolled, rows_max)
    changes = NO_CHANGES
    with store.work() as connection:
        outbox.offer_again(connection, hello.high_water)
        replica.clear_replica(connection)
        for page in pages:
            changes |= _apply(connection, page)
        kept.keep_epoch(connection, hello.epoch)
    return changes


async def _all_pages(link: Link, enrolled: Enrolled, rows_max: int) -> list[list[FeedRow]]:
    pages: list[list[FeedRow]] = []
    after = 0
    while page := await link.pull(after, rows_max):
        check_page(page, after, enrolled)
        pages.append(page)
        after = page[-1].position
    return pages


def _apply(connection: Connection, page: Sequence[FeedRow]) -> Changes:
    try:
        applied = replica.apply_rows(connection, page, page[-1].position)
    except msgspec.MsgspecError:
        raise centre_fault("中心送来的数据读不出来，没有采用。") from None
    return _changes(applied, len(page))


def _changes(applied: Applied, rows: int) -> Changes:
    return Changes(
        row_types=applied.row_types,
        rows=rows,
        answers=len(applied.answers),
        not_accepted=sum(answer.verdict is not Verdict.ACCEPTED for answer in applied.answers),
    )
