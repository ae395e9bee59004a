"""Which number comes next, also offline: counters out of blocks that the centre leased to this window."""

from datetime import date
from decimal import Decimal

import msgspec
from sqlalchemy import Connection, Text, bindparam, func, insert, select, update

from gjj_desktop.domain.numbers import Series
from gjj_desktop.errors import OperatingError
from gjj_desktop.store import schema

_block = schema.number_block.c
_used = schema.number_used.c
_SERIES = bindparam("wanted_series", type_=Text)
_LOWEST = select(func.min(_block.first)).where(_block.series == _SERIES, _block.next <= _block.last).scalar_subquery()
_TAKE = (
    update(schema.number_block)
    .where(_block.series == _SERIES, _block.first == _LOWEST)
    .values(next=_block.next + 1)
    .returning(_block.next - 1)
)
_USE = insert(schema.number_used)
_LEFT = select(_block.series, func.sum(_block.last - _block.next + 1)).group_by(_block.series)
_LATER = schema.number_block.alias().c
_LAST_FIRST = select(func.max(_LATER.first)).where(_LATER.series == _block.series).scalar_subquery()
_LAST_SIZE = select(_block.series, _block.last - _block.first + 1).where(_block.first == _LAST_FIRST)


class Usage(msgspec.Struct, frozen=True):
    """The counters of one series that were used on one day."""

    series: str
    first: int
    last: int
    count: int


def add_block(connection: Connection, series: str, first: int, last: int) -> None:
    """Take in a block, both ends inclusive; the same block once more changes nothing.

    Raises:
        ValueError: it is empty or overlaps another block.
    """
    if last < first:
        raise ValueError(f"block {first} to {last} is empty")
    overlap = (_block.series == series, _block.first <= last, _block.last >= first)
    known = [(row.first, row.last) for row in connection.execute(select(_block.first, _block.last).where(*overlap))]
    if known == [(first, last)]:
        return
    if known:
        raise ValueError(f"block {first} to {last} overlaps {known}")
    connection.execute(insert(schema.number_block).values(series=series, first=first, last=last, next=first))


def take(connection: Connection, series: str, day: date) -> int:
    """The next counter, used up with this transaction; the lowest block first.

    Raises:
        OperatingError: none is left.
    """
    counter = connection.scalar(_TAKE, {"wanted_series": series})
    if counter is None:
        raise OperatingError(f"{Series[series].label}的号段已用完。", "请联网同步领取新号段，已填内容会保存为草稿。")
    connection.execute(_USE, {"series": series, "counter": counter, "day": day})
    return int(counter)


def highest(connection: Connection, series: str) -> int:
    """The last counter of all blocks that ever came, 0 before the first."""
    return int(connection.scalar(select(func.max(_block.last)).where(_block.series == series)) or 0)


def ever_had(connection: Connection) -> bool:
    """Whether any block ever came."""
    return connection.scalar(select(_block.series).limit(1)) is not None


def left(connection: Connection) -> dict[Series, int]:
    """How many counters of each series can still be taken."""
    found: dict[str, int] = dict(connection.execute(_LEFT).all())
    return {series: found.get(series.name, 0) for series in Series}


def low(connection: Connection, below_percent: Decimal) -> list[Series]:
    """The series of which less is left than `below_percent` of the block that came last."""
    sizes: dict[str, int] = dict(connection.execute(_LAST_SIZE).all())
    stock = left(connection)
    return [series for series in Series if stock[series] * 100 < below_percent * sizes.get(series.name, 1)]


def drop_blocks(connection: Connection) -> None:
    """Never take from the blocks that are here: this file was restored, and what came after is not known."""
    connection.execute(update(schema.number_block).values(next=_block.last + 1))


def usage(connection: Connection, day: date) -> list[Usage]:
    """What was used on this day, a line for each series."""
    figures = (func.min(_used.counter), func.max(_used.counter), func.count())
    query = select(_used.series, *figures).where(_used.day == day).group_by(_used.series).order_by(_used.series)
    return [Usage(*row) for row in connection.execute(query)]
