"""How do commands leave the window: pages of envelopes in their order, offered again until the centre has them."""

import asyncio
from collections.abc import Callable, Sequence

from gjj_desktop.store import older_image, outbox
from gjj_desktop.store.outbox import Parcel
from gjj_desktop.store.store import Store
from gjj_desktop.sync.link import Link
from gjj_desktop.sync.outcomes import LinkError, full, gap, malformed, not_taken, too_big
from gjj_desktop.sync.wire import PAGE_BYTES_MAX, PAGE_ENVELOPES_MAX, Receipt

ARRIVED = (Receipt.RECEIVED, Receipt.SEEN_BEFORE)
TROUBLE = {
    Receipt.OUT_OF_ORDER: gap,
    Receipt.MALFORMED: malformed,
    Receipt.FULL: full,
}
"""What a receipt means for the window."""

LEAVES_SECONDS = 0.003
"""How long a page is given to leave before the window turns to other work; within one machine 1 MiB takes 2 ms."""

Progress = Callable[[int], None]
"""Called with how many commands this push has to hand in altogether, each time some more of them are on the way."""


async def push(
    link: Link, store: Store, progress: Progress, high_water: int, before_leaving: Callable[[], None] = lambda: None
) -> int:
    """Hand in everything that waits, in order; answers how many commands arrived.

    A page goes out when all before it arrived. While the centre takes it, the window marks the one before and reads the
    one after: a command is marked when its receipt is here. Handing in twice is the same as once, so a lost answer or a
    kill costs a repeated page and no more. `high_water` is the last of our sequences that the centre greeted us with;
    `before_leaving` is called before each page goes out.

    Raises:
        LinkError: the line broke, or the centre did not take a command, or one alone is more than a page may hold;
            what arrived before it stays marked.
    """
    arrived = 0
    before: list[Parcel] = []
    page = next_page(store)
    while page and len(page[0].body) <= PAGE_BYTES_MAX:
        before_leaving()
        sending = asyncio.ensure_future(link.hand_in([parcel.body for parcel in page]))
        try:
            await asyncio.wait({sending}, timeout=LEAVES_SECONDS)
            _mark(store, before)
            following = next_page(store, page[-1].sequence)
            with store.read() as connection:
                progress(arrived + outbox.counts(connection).waiting)
        finally:
            await asyncio.gather(sending, return_exceptions=True)
        receipts = sending.result()
        good = _leading(receipts)
        arrived += good
        if good < len(receipts):
            _mark(store, page[:good])
            raise _refused(store, page[good].sequence, receipts[good], high_water)
        before, page = page, following
    _mark(store, before)
    if page:
        raise _said_beside(store, page[0].sequence, too_big(page[0].case_no))
    return arrived


def next_page(store: Store, after: int = 0) -> list[Parcel]:
    """The oldest commands that wait past sequence `after`: at most 500 envelopes and 1 MiB, or one that is larger."""
    with store.read() as connection:
        return outbox.unsent(connection, PAGE_BYTES_MAX, PAGE_ENVELOPES_MAX, after)


def _mark(store: Store, page: Sequence[Parcel]) -> None:
    if page:
        with store.work() as connection:
            outbox.mark_handed_in(connection, page[0].sequence, page[-1].sequence)


def _leading(receipts: Sequence[Receipt]) -> int:
    return next((at for at, receipt in enumerate(receipts) if receipt not in ARRIVED), len(receipts))


def _refused(store: Store, sequence: int, receipt: Receipt, high_water: int) -> LinkError:
    taken_by_another = receipt is Receipt.OUT_OF_ORDER and sequence <= high_water
    if taken_by_another or receipt is Receipt.ID_REUSED:
        with store.work() as connection:
            older_image.noticed(connection, high_water, forked=True)
        return _said_beside(store, sequence, not_taken())
    return _said_beside(store, sequence, TROUBLE[receipt]())


def _said_beside(store: Store, sequence: int, error: LinkError) -> LinkError:
    with store.work() as connection:
        outbox.note(connection, [sequence], error.what)
    return error
