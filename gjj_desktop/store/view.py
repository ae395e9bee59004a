"""The world as this window may show it: what the centre said, with the window's own pending work laid over it."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from gjj_desktop.cases.rows import R, Row
from gjj_desktop.cases.state import Need, need
from gjj_desktop.store import pending
from gjj_desktop.store.confirmed import all_rows, find, grouped
from gjj_desktop.store.pending import Pending


def load_view(connection: Connection, needs: Iterable[Need]) -> list[Row]:
    """The rows that any of `needs` asks for, each once, as they are with the pending work laid over them."""
    found: dict[tuple[type[Row], str], Row] = {}
    for (row_type, field), wanted in grouped(needs).items():
        for row in _matching(connection, row_type, field, wanted):
            found[row_type, row.key] = row
    return list(found.values())


def one(connection: Connection, row_type: type[R], key: str) -> R | None:
    """The row with this key, or None."""
    return next((row for row in load_view(connection, [need(row_type, key)]) if isinstance(row, row_type)), None)


def rows_of(connection: Connection, row_type: type[R], field: str | None = None, value: str | None = None) -> list[R]:
    """The rows of this type whose key or indexed `field` equals `value`, or all of them, by key."""
    if field is None or value is None:
        confirmed = {row.key: row for row in all_rows(connection, row_type)}
        rows = _overlaid(confirmed, pending.of_keys(connection, row_type, None))
    else:
        rows = _matching(connection, row_type, field, {value})
    return sorted((row for row in rows if isinstance(row, row_type)), key=lambda row: row.key)


def _matching(connection: Connection, row_type: type[Row], field: str, wanted: set[str]) -> list[Row]:
    """Pending work may bring a row into the field's value or out of it, so both sides are asked for the other's."""
    by_key = field == row_type.KEY
    confirmed = {row.key: row for row in find(connection, (Need(row_type, field, each) for each in wanted))}
    elsewhere = set() if by_key else pending.keys_where(connection, row_type, field, wanted) - set(confirmed)
    for row in find(connection, (Need(row_type, row_type.KEY, key) for key in elsewhere)):
        confirmed[row.key] = row
    keys = wanted if by_key else set(confirmed) | elsewhere
    rows = _overlaid(confirmed, pending.of_keys(connection, row_type, keys))
    return [row for row in rows if getattr(row, field) in wanted]


def _overlaid(confirmed: Mapping[str, Row], laid: dict[str, list[Pending]]) -> list[Row]:
    rows = (effective(confirmed.get(key), laid.get(key, [])) for key in confirmed.keys() | laid.keys())
    return [row for row in rows if row is not None]


def effective(confirmed: Row | None, laid: list[Pending]) -> Row | None:
    """One row as it is: the last pending word on it stands while it is newer than what the centre said.

    A pending removal hides the centre's row as long as that is not of a higher version than the removed one.
    """
    hidden = confirmed is None or any(each.removed and each.row.version >= confirmed.version for each in laid)
    last = laid[-1] if laid else None
    if last is None or last.removed:
        return None if hidden else confirmed
    return last.row if hidden or confirmed is None or last.row.version > confirmed.version else confirmed
