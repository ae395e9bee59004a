"""The world as this window may show it: what the centre said, with the window's own pending work laid over it."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection

from gjj_desktop.cases.rows import R, Row
from gjj_desktop.cases.state import Need, need
from gjj_desktop.store import pending
from gjj_desktop.store.confirmed import all_rows, find, grouped
from gjj_desktop.store.pending import Name, Pending


def load_view(connection: Connection, needs: Iterable[Need]) -> list[Row]:
    """The rows that any of `needs` asks for, each once, as they are with the pending work laid over them.

    Pending work may bring a row into a field's value or out of it, so both sides are asked for the other's.
    """
    needs = list(needs)
    asked = grouped(needs)
    confirmed: dict[Name, Row] = {(type(row), row.key): row for row in find(connection, needs)}
    by_field = {named: wanted for named, wanted in asked.items() if named[1] != named[0].KEY}
    elsewhere = [name for name in pending.names_where(connection, by_field) if name not in confirmed]
    for row in find(connection, (need(row_type, key) for row_type, key in elsewhere)):
        confirmed[type(row), row.key] = row
    by_key = [(row_type, key) for row_type, field in asked if field == row_type.KEY for key in asked[row_type, field]]
    names = dict.fromkeys((*confirmed, *elsewhere, *by_key))
    rows = _overlaid(confirmed, pending.of_names(connection, names))
    return [row for row in rows if _is_asked_for(row, asked)]


def _is_asked_for(row: Row, asked: Mapping[tuple[type[Row], str], Collection[str]]) -> bool:
    return any(row_type is type(row) and getattr(row, field) in wanted for (row_type, field), wanted in asked.items())


def one(connection: Connection, row_type: type[R], key: str) -> R | None:
    """The row with this key, or None."""
    return next((row for row in load_view(connection, [need(row_type, key)]) if isinstance(row, row_type)), None)


def rows_of(connection: Connection, row_type: type[R], field: str | None = None, value: str | None = None) -> list[R]:
    """The rows of this type whose key or indexed `field` equals `value`, or all of them, by key."""
    if field is None or value is None:
        confirmed: dict[Name, Row] = {(row_type, row.key): row for row in all_rows(connection, row_type)}
        rows = _overlaid(confirmed, pending.of_type(connection, row_type))
    else:
        rows = load_view(connection, [Need(row_type, field, value)])
    return sorted((row for row in rows if isinstance(row, row_type)), key=lambda row: row.key)


def _overlaid(confirmed: Mapping[Name, Row], laid: Mapping[Name, list[Pending]]) -> list[Row]:
    names = dict.fromkeys((*confirmed, *laid))
    rows = (effective(confirmed.get(name), laid.get(name, [])) for name in names)
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
