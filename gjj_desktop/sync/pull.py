"""How does news reach the window: pages of the feed, each taken in one transaction together with its cursor."""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.answer import ANSWER_ROW
from gjj_desktop.cases.command import UNREADABLE
from gjj_desktop.store import replica
from gjj_desktop.store.replica import Applied
from gjj_desktop.store.store import Store
from gjj_desktop.sync import kept
from gjj_desktop.sync.afresh import forget_replica
from gjj_desktop.sync.believe import check_page
from gjj_desktop.sync.greeting import Enrolled
from gjj_desktop.sync.link import Link
from gjj_desktop.sync.outcomes import centre_fault
from gjj_desktop.sync.wire import PULL_ROWS_MAX, FeedRow, Hello, Verdict


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What came with an exchange, for screens that show it: names of row types, how many rows, how many answers to us.

    `more` says that pages of materials still travel and the next exchange should not wait.
    """

    row_types: frozenset[str] = frozenset()
    rows: int = 0
    answers: int = 0
    not_accepted: int = 0
    more: bool = False

    def __or__(self, other: "Changes") -> "Changes":
        return Changes(
            row_types=self.row_types | other.row_types,
            rows=self.rows + other.rows,
            answers=self.answers + other.answers,
            not_accepted=self.not_accepted + other.not_accepted,
            more=self.more or other.more,
        )

    def __bool__(self) -> bool:
        return self.rows > 0 or bool(self.row_types)


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
        pages = await _pages(link, enrolled, after, rows_max)
        if not pages:
            return changes
        with store.work() as connection:
            if replica.cursor(connection) == after:  # else a courier pack came in between
                changes |= _apply(connection, pages)


async def pull_afresh(link: Link, store: Store, hello: Hello, rows_max: int = PULL_ROWS_MAX) -> Changes:
    """Take the whole feed in place of the replica: the centre was restored and has forgotten part of what it said.

    Every command past its high-water mark is offered again, and every earlier one has the answer that the centre gives
    now, whatever it said before. All of it is one transaction, the new epoch with it, so
    an interruption leaves the window as it was.
    """
    with store.read() as connection:
        enrolled = kept.settings(connection).enrolled
    pages = await _pages(link, enrolled, 0, rows_max, to_the_end=True)
    with store.work() as connection:
        forget_replica(connection, hello)
        return _apply(connection, pages)


async def _pages(
    link: Link, enrolled: Enrolled, after: int, rows_max: int, to_the_end: bool = False
) -> list[list[FeedRow]]:
    """The next page; or, once there is an answer in it, all there are: they are then taken together.

    The feed holds each row once, where it changed last. A row that our command changed and somebody else's changed
    again comes after our answer, which already takes away what we had laid over the row.
    """
    pages: list[list[FeedRow]] = []
    while page := await link.pull(after, rows_max):
        check_page(page, after, enrolled)
        pages.append(page)
        after = page[-1].position
        to_the_end = to_the_end or any(row.row_type == ANSWER_ROW for row in page)
        if not to_the_end:
            break
    return pages


def _apply(connection: Connection, pages: Iterable[Sequence[FeedRow]]) -> Changes:
    changes = NO_CHANGES
    try:
        for page in pages:
            changes |= changes_of(replica.apply_rows(connection, page, page[-1].position), len(page))
    except UNREADABLE:
        raise centre_fault("中心送来的数据读不出来，没有采用。") from None
    return changes


def changes_of(applied: Applied, rows: int) -> Changes:
    """What so many rows touched."""
    return Changes(
        row_types=applied.row_types,
        rows=rows,
        answers=len(applied.answers),
        not_accepted=sum(answer.verdict is not Verdict.ACCEPTED for answer in applied.answers),
    )
