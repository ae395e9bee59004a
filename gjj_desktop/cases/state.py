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
        self.changes: dict[tuple[type[Row], str], Row] = {}
        self.removals: dict[tuple[type[Row], str], Row] = {}
        self.load(rows)

    def load(self, rows: Iterable[Row]) -> None:
        """Add rows as they are stored; a row that is already here, or was decided away, stays so."""
        for row in rows:
            if (type(row), row.key) not in self.removals:
                self.rows[type(row)].setdefault(row.key, row)

    def get(self, row_type: type[R], key: str) -> R | None:
        """The row with this key, or None."""
        row = self.rows[row_type].get(key)
        return row if isinstance(row, row_type) else None

    def where(self, row_type: type[R], field: str, value: str) -> list[R]:
        """The rows whose `field` equals `value`, in order of their keys; may be empty."""
        found = [row for row in self.rows[row_type].values() if getattr(row, field) == value]
        return sorted((row for row in found if isinstance(row, row_type)), key=lambda row: row.key)

    def put(self, row: Row) -> None:
        """Take a decided row."""
        self.rows[type(row)][row.key] = row
        self.changes[type(row), row.key] = row
        self.removals.pop((type(row), row.key), None)

    def remove(self, row: Row) -> None:
        """Take a row away."""
        self.rows[type(row)].pop(row.key, None)
        self.changes.pop((type(row), row.key), None)
        self.removals[type(row), row.key] = row
