"""Keeps the terms of the search in step with the rows: only what changed is written."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, delete

from gjj_desktop.cases.rows import ROW_TYPES, Row
from gjj_desktop.cases.state import Need
from gjj_desktop.store import confirmed, pending, schema
from gjj_desktop.store.search_terms import FOUND_BY, terms_of

_ADD = "INSERT OR IGNORE INTO search_term (term, row_type, key) VALUES (?, ?, ?)"
_DROP = "DELETE FROM search_term WHERE term = ? AND row_type = ? AND key = ?"

Terms = dict[tuple[type[Row], str], set[str]]


def knows(row_type_name: str) -> bool:
    """Whether rows of this type can be found at all."""
    return ROW_TYPES[row_type_name] in FOUND_BY


def change(connection: Connection, before: Iterable[Row], after: Iterable[Row]) -> None:
    """Rows were `before` and are `after` now; what is still confirmed or pending under the same key stays found."""
    old, new = _terms(before), _terms(after)
    added = [(term, *_name(row)) for row, terms in new.items() for term in terms - old.get(row, set())]
    lost = {row: terms - new.get(row, set()) for row, terms in old.items()}
    lost = {row: terms for row, terms in lost.items() if terms}
    still = _terms(_standing(connection, lost)) if lost else {}
    dropped = [(term, *_name(row)) for row, terms in lost.items() for term in terms - still.get(row, set())]
    if dropped:
        connection.exec_driver_sql(_DROP, dropped)
    if added:
        connection.exec_driver_sql(_ADD, sorted(added))


def add(connection: Connection, rows: Iterable[Row]) -> None:
    """Let rows be found of which nothing could be found before."""
    added = sorted((term, type(row).__name__, row.key) for row in rows for term in terms_of(row))
    if added:
        connection.exec_driver_sql(_ADD, added)


def rebuild(connection: Connection) -> None:
    """Make the terms anew from all rows."""
    connection.execute(delete(schema.search_term))
    for row_type in FOUND_BY:
        add(connection, confirmed.all_rows(connection, row_type))
        laid = pending.of_type(connection, row_type)
        add(connection, (each.row for rows in laid.values() for each in rows))


def _terms(rows: Iterable[Row]) -> Terms:
    terms: Terms = defaultdict(set)
    for row in rows:
        if type(row) in FOUND_BY:
            terms[type(row), row.key] |= terms_of(row)
    return terms


def _standing(connection: Connection, keys: Iterable[tuple[type[Row], str]]) -> list[Row]:
    names = dict.fromkeys(keys)
    rows = confirmed.find(connection, (Need(row_type, row_type.KEY, key) for row_type, key in names))
    return rows + [one.row for laid in pending.of_names(connection, names).values() for one in laid]


def _name(row: tuple[type[Row], str]) -> tuple[str, str]:
    return row[0].__name__, row[1]
