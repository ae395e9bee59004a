"""Are there enough numbers for working without the centre: blocks are leased before they run out."""

from functools import lru_cache

from sqlalchemy import Connection

from gjj_desktop.cases.rows import PolicyVersion
from gjj_desktop.cases.state import need
from gjj_desktop.domain.numbers import Series
from gjj_desktop.rules.policy import Policy, Row, policy_from_bytes
from gjj_desktop.store import meta, numbers, replica
from gjj_desktop.store.store import Store
from gjj_desktop.sync import kept
from gjj_desktop.sync.link import Block, Link

BLOCK_OF = {series: f"{series.name.lower()}_block" for series in Series}
"""The column of policy offline_limits that says how many numbers of a series are leased at once."""
BLOCKS_FOR_A_TRIP = 2
LEASE_MAX = 10_000
"""More than so many numbers of a series the centre leases in no call."""


async def fill_numbers(link: Link, store: Store) -> int:
    """Lease a block for each series that runs low; answers how many came. None before the centre's policy is here.

    A lease whose answer is lost costs the numbers in it and nothing else: the centre never gives them out again. A
    series that is used up stops nothing here: who asks for its next number is told.
    """
    with store.read() as connection:
        low = low_series(connection)
    return sum([await _lease(link, store, series, size) for series, size in low.items()])


def low_series(connection: Connection) -> dict[Series, int]:
    """How many numbers to lease of each series that runs low; empty before the centre's policy is here."""
    limits = row_in_force(connection, "offline_limits")
    if limits is None:
        return {}
    low = numbers.low(connection, limits["refill_below_percent"])
    return {series: int(limits[BLOCK_OF[series]]) for series in low}


def wanted_for_a_trip(connection: Connection) -> dict[Series, int]:
    """How many numbers of each series a courier pack asks for, so that the way there and back finds them in stock.

    Without a line nothing can be leased when it runs low, so a pack always fills up to `BLOCKS_FOR_A_TRIP` blocks.
    """
    limits = row_in_force(connection, "offline_limits")
    if limits is None:
        return {}
    stock = numbers.left(connection)
    lacking = {series: BLOCKS_FOR_A_TRIP * int(limits[BLOCK_OF[series]]) - stock[series] for series in Series}
    return {series: min(lack, LEASE_MAX) for series, lack in lacking.items() if lack > 0}


def keep_block(connection: Connection, series: str, block: Block) -> int:
    """Take in what of a leased block is past every block that is here; answers how many numbers that are.

    A centre that was restored may have forgotten blocks that are here; what lies in those is not taken again.
    """
    first = max(block.first, numbers.highest(connection, series) + 1)
    if block.last < first:
        return 0
    numbers.add_block(connection, series, first, block.last)
    return block.last - first + 1


async def _lease(link: Link, store: Store, series: Series, size: int) -> bool:
    while (block := await link.lease(series.name, size)) is not None:
        with store.work() as connection:
            if keep_block(connection, series.name, block):
                return True
    return False


def row_in_force(connection: Connection, table: str) -> Row | None:
    """The row of a policy table without keys that is in force at the centre; None before it is here."""
    version = meta.get(connection, kept.POLICY_VERSION, str) or ""
    day = kept.business_date(connection)
    found = replica.find(connection, [need(PolicyVersion, version)])
    if not found or day is None:
        return None
    row = found[0]
    assert isinstance(row, PolicyVersion)
    policy = _policy(row.body)
    return policy.on(table, day) if table in policy.tables else None


@lru_cache(maxsize=2)
def _policy(body: bytes) -> Policy:
    return policy_from_bytes(body)
