"""How do commands leave the window: pages of envelopes in their order, offered again until the centre has them."""

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

Progress = Callable[[int], None]
"""Called with how many commands this push has to hand in altogether, each time some more of them are on the way."""


async def push(
    link: Link, store: Store, progress: Progress, high_water: int, before_leaving: Callable[[], None] = lambda: None
) -> int:
    """Hand in everything that waits, in order; answers how many commands arrived.

    A command is marked when its receipt is here. Handing in twice is the same as once, so a lost answer or a kill
    costs a repeated page and no more. `high_water` is the last of our sequences that the centre greeted us with;
    `before_leaving` is called before each page goes out.

    Raises:
        LinkError: the line broke, or the centre did not take a command; what arrived before it stays marked.
    """
    arrived = 0
    while page := next_page(store):
        with store.read() as connection:
            progress(arrived + outbox.counts(connection).waiting)
        before_leaving()
        receipts = await link.hand_in([parcel.body for parcel in page])
        good = _leading(receipts)
        if good:
            with store.work() as connection:
                outbox.mark_handed_in(connection, page[0].sequence, page[good - 1].sequence)
        arrived += good
        if good < len(receipts):
            raise _refused(store, page[good].sequence, receipts[good], high_water)
    return arrived


def next_page(store: Store) -> list[Parcel]:
    """The oldest commands that wait: at most 500 envelopes and 1 MiB; empty when none waits.

    Raises:
        LinkError: the oldest one alone is more than a page may hold.
    """
    with store.read() as connection:
        page = outbox.unsent(connection, PAGE_BYTES_MAX, PAGE_ENVELOPES_MAX)
    if page and len(page[0].body) > PAGE_BYTES_MAX:
        raise _said_beside(store, page[0].sequence, too_big(page[0].case_no))
    return page


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
