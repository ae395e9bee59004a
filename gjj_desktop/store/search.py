"""Who or what is meant by a few characters: people, accounts, employers, cases and loans, the likeliest first."""

import re

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.rows import ROW_TYPES, Row
from gjj_desktop.cases.state import Need
from gjj_desktop.store.search_terms import (
    DIGITS_MIN,
    FOUND_BY,
    INITIALS,
    INNER_CHARACTERS_MAX,
    INNER_INITIALS,
    INNER_NAME,
    NAME,
    NUMBER,
    names_of,
    plain,
)
from gjj_desktop.store.view import load_view

WHOLE, BEGINNING, PART = 0, 1, 2

_RANGE = "SELECT term, row_type, key FROM search_term WHERE term >= ? AND term < ? ORDER BY term LIMIT ?"
_AFTER_ALL = "\U0010ffff"
_TYPE_ORDER = {row_type: place for place, row_type in enumerate(FOUND_BY)}


class Hit(msgspec.Struct, frozen=True):
    """A row that was found, as it is in the view; `rank` 0 when the whole name or number was typed, else 1 or 2."""

    row: Row
    rank: int


def search(connection: Connection, text: str, limit: int = 20) -> list[Hit]:
    """The rows meant by `text`: a name or part of one, pinyin initials, a number or its last four digits or more.

    Ordered by how much of it was typed, then by type (person, account, employer, case, loan), then by key. Empty for
    an empty text and for fewer than four digits.
    """
    asked = plain(text)
    ranks: dict[tuple[str, str], int] = {}
    for mark, typed in _marks(asked):
        for term, row_type, key in connection.exec_driver_sql(
            _RANGE, (mark + typed, mark + typed + _AFTER_ALL, limit * 4)
        ):
            ranks[row_type, key] = min(_rank(mark, typed, term), ranks.get((row_type, key), PART))
    rows = load_view(connection, [_need(row_type, key) for row_type, key in ranks])
    hits = [Hit(row, ranks[type(row).__name__, row.key]) for row in rows if _is_meant(row, asked)]
    return sorted(hits, key=lambda hit: (hit.rank, _TYPE_ORDER[type(hit.row)], hit.row.key))[:limit]


def _marks(asked: str) -> list[tuple[str, str]]:
    """Where to look for what was typed, and what for: (mark, beginning of the term)."""
    if not asked:
        return []
    part = asked[:INNER_CHARACTERS_MAX]
    names = [(NAME, asked), (INNER_NAME, part)]
    if re.search("[0-9]", asked) and asked.isascii():
        return [(NUMBER, asked[::-1])] if len(asked) >= DIGITS_MIN else []
    if asked.isascii() and asked.isalpha():
        return [*names, (INITIALS, asked), (INNER_INITIALS, part)]
    return names


def _rank(mark: str, typed: str, term: str) -> int:
    if mark in (INNER_NAME, INNER_INITIALS):
        return PART
    return WHOLE if term == mark + typed else BEGINNING


def _need(row_type: str, key: str) -> Need:
    found = ROW_TYPES[row_type]
    return Need(found, found.KEY, key)


def _is_meant(row: Row, asked: str) -> bool:
    """Parts are stored cut; a longer name that was typed has to be in the row's name as a whole."""
    long_name = len(asked) > INNER_CHARACTERS_MAX and not asked.isascii()
    return not long_name or any(asked in name for name in names_of(row))
