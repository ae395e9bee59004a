"""Are there enough numbers for working without the centre: blocks are leased before they run out."""

from functools import lru_cache

from sqlalchemy import Connection

from gjj_desktop.cases.rows import PolicyVersion
from gjj_desktop.cases.state import need
from gjj_desktop.domain.numbers import Series
from gjj_desktop.rules.policy import Policy, policy_from_bytes
from gjj_desktop.store import meta, numbers, replica
from gjj_desktop.store.store import Store
from gjj_desktop.sync import kept
from gjj_desktop.sync.link import Link

BLOCKS_AT_ONCE = {Series.ACCOUNT: 10, Series.PAPER: 2}
"""How many of the policy's blocks are leased together, where it is not one: a roster opens many accounts at once."""


async def fill_numbers(link: Link, store: Store) -> int:
    """Lease a block for each series that runs low; answers how many. None before the centre's policy is here.

    A lease whose answer is lost costs the numbers in it and nothing else: the centre never gives them out again.
    """
    with store.read() as connection:
        size = _block_size(connection)
        low = [series for series in Series if size and numbers.needs_refill(connection, series.name)]
    for series in low:
        block = await link.lease(series.name, size * BLOCKS_AT_ONCE.get(series, 1))
        with store.work() as connection:
            numbers.add_block(connection, series.name, block.first, block.last)
    return len(low)


def _block_size(connection: Connection) -> int:
    """Numbers in a block by the policy in force; 0 before it is here."""
    version = meta.get(connection, kept.POLICY_VERSION, str) or ""
    day = kept.business_date(connection)
    found = replica.find(connection, [need(PolicyVersion, version)])
    if not found or day is None:
        return 0
    row = found[0]
    assert isinstance(row, PolicyVersion)
    return int(_policy(row.body).on("offline_limits", day)["number_block"])


@lru_cache(maxsize=2)
def _policy(body: bytes) -> Policy:
    return policy_from_bytes(body)
