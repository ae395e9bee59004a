"""Dated tables of figures, and which row of a table is in force on a day."""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import wraps
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

REMEMBERED_MAX = 20_000
_COLUMN_TYPES: dict[str, type] = {
    "_fen": int,
    "_bp": int,
    "_days": int,
    "_months": int,
    "_minutes": int,
    "_percent": Decimal,
    "_factor": Decimal,
    "multiplier": Decimal,
}
"""What a column holds, by the unit at the end of its name."""


class PolicyError(ValueError):
    """A table is malformed; the message names table and row."""


class NoRuleInForce(KeyError):  # noqa: N818 - a question without an answer, named as it is asked
    """No row of the table is in force on the day for what was asked."""

    def __str__(self) -> str:
        return str(self.args[0])


class Row(msgspec.Struct, frozen=True):
    """One dated row. Its columns are read as items, `row["rate_percent"]`, or as attributes, `row.rate_percent`.

    `in_force` is the first day, `until` the last one (None: until a later row of the same key starts). Columns ending
    in _percent are Decimal, in _fen or _bp int. `source` is the sentence shown where the rule speaks.
    """

    in_force: date
    source: str
    values: Mapping[str, Any]
    until: date | None = None

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    def __getattr__(self, column: str) -> Any:
        if column in self.values:
            return self.values[column]
        raise AttributeError(f"the row in force from {self.in_force} has no column {column!r}")

    def get(self, column: str, default: Any = None) -> Any:
        """The column, or `default` when the row does not have it."""
        return self.values.get(column, default)


class Table(msgspec.Struct, frozen=True):
    """One table: what its figures are in (`unit`), which columns tell its rows apart (`key`), and its rows."""

    name: str
    unit: str
    rows: tuple[Row, ...]
    key: tuple[str, ...] = ()


class Policy(msgspec.Struct, frozen=True, dict=True):
    """Every table of a city as published together; `version` is a digest of the content.

    Which rows of a table are in force on a day, and which of them match, is worked out once and remembered with the
    policy.
    """

    version: str
    tables: Mapping[str, Table]

    def on(self, table: str, day: date, **selectors: Any) -> Row:
        """The row in force on `day` whose columns equal `selectors`.

        Raises:
            NoRuleInForce: no such row; also for a table that does not exist.
            PolicyError: more than one such row, as the selectors leave a key column open.
        """
        rows = self.rows(table, day, **selectors)
        if not rows:
            raise NoRuleInForce(f"no row of {table} is in force on {day} for {selectors}")
        if len(rows) > 1:
            raise PolicyError(f"{len(rows)} rows of {table} are in force on {day} for {selectors}")
        return rows[0]

    def rows(self, table: str, day: date, **selectors: Any) -> tuple[Row, ...]:
        """All rows in force on `day` that match: for each key the latest started, in the order of the file."""
        asked = (table, day, *selectors.items())
        try:
            known: tuple[Row, ...] = self.__dict__["matching"][asked]
        except (KeyError, TypeError):  # not asked before, or by something that can not be remembered
            return self._found(asked, table, day, selectors)
        return known

    def _found(self, asked: object, table: str, day: date, selectors: Mapping[str, Any]) -> tuple[Row, ...]:
        if table not in self.tables:
            raise NoRuleInForce(f"there is no table {table}")
        matching: dict[object, tuple[Row, ...]] = self.__dict__.setdefault("matching", {})
        remembered: dict[tuple[str, date], tuple[Row, ...]] = self.__dict__.setdefault("running", {})
        if (table, day) not in remembered:
            remembered[table, day] = _running(self.tables[table], day)
        found = tuple(row for row in remembered[table, day] if _matches(row, selectors))
        if found and len(matching) < REMEMBERED_MAX:  # found: what a hostile payload asks for is not remembered
            with suppress(TypeError):
                matching[asked] = found
        return found

    def changes(self, table: str, first: date, last: date, **selectors: Any) -> tuple[tuple[date, Row], ...]:
        """The rows in force from `first` to `last` (both included), each with the day it starts to count, in order.

        Raises:
            NoRuleInForce: nothing is in force yet on `first`.
        """
        starts = sorted({row.in_force for row in self.tables[table].rows if first < row.in_force <= last})
        return tuple((day, self.on(table, day, **selectors)) for day in (first, *starts))


def _running(table: Table, day: date) -> tuple[Row, ...]:
    """For each key the row that started last, unless it has ended."""
    latest: dict[tuple[Any, ...], Row] = {}
    for row in table.rows:
        key = tuple(row.values[column] for column in table.key)
        if row.in_force <= day and (key not in latest or latest[key].in_force < row.in_force):
            latest[key] = row
    return tuple(row for row in latest.values() if row.until is None or day <= row.until)


def _matches(row: Row, selectors: Mapping[str, Any]) -> bool:
    return all(row.get(column) == wanted for column, wanted in selectors.items())


def remembered(answer: Callable[[Policy, date], T]) -> Callable[[Policy, date], T]:
    """`answer`, which follows from the policy and a day alone, worked out once and kept with the policy."""

    @wraps(answer)
    def asked(policy: Policy, day: date) -> T:
        known: dict[tuple[Any, date], T] = policy.__dict__.setdefault("answers", {})
        if (answer, day) not in known:
            if len(known) >= REMEMBERED_MAX:
                return answer(policy, day)
            known[answer, day] = answer(policy, day)
        return known[answer, day]

    return asked


def policy_from_tables(contents: Mapping[str, Mapping[str, Any]]) -> Policy:
    """The policy made of table contents as the TOML files hold them (name to unit, key, rows).

    Raises:
        PolicyError: a table has no unit or rows, a row lacks in_force, source or a key column, two rows of one key
            start on the same day, or a column does not hold what its name says.
    """
    tables = {name: _table(name, content) for name, content in sorted(contents.items())}
    return Policy(_version(tables), tables)


def _table(name: str, content: Mapping[str, Any]) -> Table:
    if not content.get("unit") or not content.get("rows"):
        raise PolicyError(f"{name}: a table needs a unit and at least one row")
    key = tuple(content.get("key", ()))
    rows = tuple(_row(f"{name}, row {number}", row, key) for number, row in enumerate(content["rows"], start=1))
    seen: set[tuple[Any, ...]] = set()
    for number, row in enumerate(rows, start=1):
        place = (row.in_force, *(row.values[column] for column in key))
        if place in seen:
            raise PolicyError(f"{name}, row {number}: another row has the same key and first day")
        seen.add(place)
    return Table(name, content["unit"], rows, key)


def _row(place: str, content: Mapping[str, Any], key: tuple[str, ...]) -> Row:
    values = {column: value for column, value in content.items() if column not in {"in_force", "source", "until"}}
    if type(content.get("in_force")) is not date or type(content.get("until", date.max)) is not date:
        raise PolicyError(f"{place}: in_force and until must be dates")
    if not isinstance(content.get("source"), str) or not content["source"]:
        raise PolicyError(f"{place}: a row needs a source")
    for column in key:
        if column not in values:
            raise PolicyError(f"{place}: the key column {column} is missing")
    for column, value in values.items():
        _check_column(place, column, value)
    return Row(content["in_force"], content["source"], values, content.get("until"))


def _check_column(place: str, column: str, value: Any) -> None:
    for ending, wanted in _COLUMN_TYPES.items():
        if column.endswith(ending) and type(value) is not wanted:
            raise PolicyError(f"{place}: {column} must be {wanted.__name__}, not {value!r}")
    if isinstance(value, float):
        raise PolicyError(f"{place}: {column} is a float; read the file with decimals")


def _version(tables: Mapping[str, Table]) -> str:
    return hashlib.sha256(_written(tables)).hexdigest()[:12]


class _Content(msgspec.Struct):
    """A table as it travels."""

    unit: str
    key: list[str]
    rows: list[dict[str, Any]]


def policy_bytes(policy: Policy) -> bytes:
    """The policy as it travels and is kept (msgpack); the same content gives the same bytes."""
    return _written(policy.tables)


def policy_from_bytes(body: bytes) -> Policy:
    """The policy that `policy_bytes` wrote.

    Raises:
        PolicyError: the bytes are not a policy.
    """
    try:
        contents = msgspec.msgpack.decode(body, type=dict[str, _Content])
        return policy_from_tables({name: _typed(msgspec.structs.asdict(each)) for name, each in contents.items()})
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError, TypeError, ValueError) as error:
        raise error if isinstance(error, PolicyError) else PolicyError("these bytes are not a policy") from error


def _written(tables: Mapping[str, Table]) -> bytes:
    contents = {name: _plain(_content(table)) for name, table in tables.items()}
    return msgspec.msgpack.encode(contents, order="sorted")


def _content(table: Table) -> dict[str, Any]:
    rows = []
    for row in table.rows:
        until = {} if row.until is None else {"until": row.until}
        rows.append({"in_force": row.in_force, "source": row.source, **until, **row.values})
    return {"unit": table.unit, "key": list(table.key), "rows": rows}


def _plain(value: Any) -> Any:
    """`value` with decimals and dates marked, as msgpack has neither."""
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"$decimal"}:
            return Decimal(value["$decimal"])
        if set(value) == {"$date"}:
            return date.fromisoformat(value["$date"])
        return {name: _typed(each) for name, each in value.items()}
    return [_typed(each) for each in value] if isinstance(value, list) else value
