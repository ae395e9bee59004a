"""Rows as bytes and back, and many values in one query."""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Text, bindparam, func, select

from gjj_desktop.cases.rows import ROW_TYPES, Row

VALUES_MAX = 500
"""Values in one IN (…): few enough for a plan that uses the index."""

T = TypeVar("T")


@cache
def _decoder(row_type: type[Row]) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(row_type)


def decode_row(row_type: type[Row] | str, body: bytes) -> Row:
    """The row in `body`; msgspec.DecodeError when it is none of this type."""
    found = ROW_TYPES[row_type] if isinstance(row_type, str) else row_type
    row = _decoder(found).decode(body)
    assert isinstance(row, Row)
    return row


def encode_row(row: Row) -> bytes:
    """The bytes of a row."""
    return msgspec.msgpack.encode(row)


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether the column is one of the texts in the parameter `name`, which `texts` makes; however many they are, the
    statement is the same and finds each by the column's index."""
    wanted = func.json_each(bindparam(name, type_=Text)).table_valued("value")
    return column.in_(select(wanted.c.value))


def texts(values: Iterable[str]) -> str:
    """The parameter for `among`."""
    return msgspec.json.encode(list(values)).decode()


def chunks(values: Iterable[T], size: int = VALUES_MAX) -> Iterator[list[T]]:
    """`values` in lists of at most `size`."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk
