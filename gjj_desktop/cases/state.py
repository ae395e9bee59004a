"""What a decision may look at: rows by key or by an indexed field, held in memory."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from gjj_desktop.cases.rows import R, Row


class Need(NamedTuple):
    """Rows of one type that a decision looks at: those whose `field` (key or indexed) equals `value`."""

    row_type: type[Row]
    field: str
    value: str


def need(row_type: type[Row], key: str) -> Need:
    """The row with this key."""
    return Need(row_type, row_type.KEY, key)


class State:
    """Rows in memory, as loaded by the window or the centre, and what has been decided since.

    `changes` and `removals` hold what `put` and `remove` did, for the one who writes it down.
    """

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows: dict[type[Row], dict[str, Row]] = defaultdict(dict)
        self._by_value: dict[tuple[type[Row], str], dict[str, dict[str, Row]]] = {}
        self.changes: dict[tuple[type[Row], str], Row] = {}
        self.removals: dict[tuple[type[Row], str], Row] = {}
        self.load(rows)

    def load(self, rows: Iterable[Row]) -> None:
        """Add rows as they are stored; a row that is already here, or was decided away, stays so."""
        for row in rows:
            if (type(row), row.key) not in self.removals and row.key not in self.rows[type(row)]:
                self._keep(row)

    def get(self, row_type: type[R], key: str) -> R | None:
        """The row with this key, or None."""
        row = self.rows[row_type].get(key)
        return row if isinstance(row, row_type) else None

    def where(self, row_type: type[R], field: str, value: str) -> list[R]:
        """The rows whose `field` equals `value`, in order of their keys; may be empty."""
        found = self._index(row_type, field).get(value, {})
        return [row for _, row in sorted(found.items()) if isinstance(row, row_type)]

    def put(self, row: Row) -> None:
        """Take a decided row."""
        self._drop(row)
        self._keep(row)
        self.changes[type(row), row.key] = row
        self.removals.pop((type(row), row.key), None)

    def remove(self, row: Row) -> None:
        """Take a row away."""
        self._drop(row)
        self.changes.pop((type(row), row.key), None)
        self.removals[type(row), row.key] = row

    def _index(self, row_type: type[Row], field: str) -> dict[str, dict[str, Row]]:
        """The rows of a type by the value of a field, made when first asked for."""
        if (row_type, field) not in self._by_value:
            by_value: dict[str, dict[str, Row]] = defaultdict(dict)
            for row in self.rows[row_type].values():
                by_value[getattr(row, field)][row.key] = row
            self._by_value[row_type, field] = by_value
        return self._by_value[row_type, field]

    def _keep(self, row: Row) -> None:
        self.rows[type(row)][row.key] = row
        for (row_type, field), by_value in self._by_value.items():
            if row_type is type(row):
                by_value[getattr(row, field)][row.key] = row

    def _drop(self, row: Row) -> None:
        old = self.rows[type(row)].pop(row.key, None)
        for (row_type, field), by_value in self._by_value.items():
            if old is not None and row_type is type(row):
                by_value[getattr(old, field)].pop(row.key, None)
