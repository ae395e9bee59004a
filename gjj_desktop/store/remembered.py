"""Rows of which thousands are looked at again and again: only what changed since the last look is read whole."""

from collections.abc import Iterable, Sequence
from typing import Generic

from sqlalchemy import Connection, select

from gjj_desktop.cases.rows import R
from gjj_desktop.cases.state import Need, need
from gjj_desktop.store import meta, pending, schema
from gjj_desktop.store.bodies import among, texts
from gjj_desktop.store.confirmed import find, grouped
from gjj_desktop.store.view import effective


class Remembered(Generic[R]):
    """The rows of one type that any of some needs asks for, kept between looks; for one thread at a time."""

    def __init__(self, row_type: type[R], needs: Sequence[Need]) -> None:
        """`needs` are all of this type and ask by indexed fields."""
        self._type = row_type
        self._needs = needs
        self._wanted = {field: values for (_, field), values in grouped(needs).items()}
        self._known: dict[str, R] = {}
        self._epoch: str | None = None

    def look(self, connection: Connection) -> list[R]:
        """The rows as `view.load_view` would give them now, in no order.

        A row of the same version is the same row, until the centre is restored from a backup: then all is read anew.
        """
        epoch = meta.get(connection, meta.EPOCH, str)
        if epoch != self._epoch:
            self._known, self._epoch = {}, epoch
        confirmed = self._again(connection) if self._known else self._all(connection)
        self._known = confirmed
        laid = {key: rows for (_, key), rows in pending.of_type(connection, self._type).items()}
        elsewhere = self._read(connection, laid.keys() - confirmed.keys())
        rows = (effective(confirmed.get(key) or elsewhere.get(key), laid[key]) for key in laid)
        changed = [row for row in rows if isinstance(row, self._type) and self._is_wanted(row)]
        return [*(row for key, row in confirmed.items() if key not in laid), *changed]

    def _all(self, connection: Connection) -> dict[str, R]:
        return {row.key: row for row in find(connection, self._needs) if isinstance(row, self._type)}

    def _again(self, connection: Connection) -> dict[str, R]:
        known, versions = self._known, self._versions(connection)
        stale = [key for key, version in versions.items() if key not in known or known[key].version != version]
        return {key: known[key] for key in versions.keys() - set(stale)} | self._read(connection, stale)

    def _versions(self, connection: Connection) -> dict[str, int]:
        """Key and version of what is confirmed; the bodies stay on the disk."""
        table = schema.REPLICA[self._type]
        found: dict[str, int] = {}
        for field, values in self._wanted.items():
            query = select(table.c.key, table.c.version).where(among(table.c[field], "wanted"))
            found.update(connection.execute(query, {"wanted": texts(sorted(values))}).all())
        return found

    def _read(self, connection: Connection, keys: Iterable[str]) -> dict[str, R]:
        rows = find(connection, (need(self._type, key) for key in keys))
        return {row.key: row for row in rows if isinstance(row, self._type)}

    def _is_wanted(self, row: R) -> bool:
        return any(getattr(row, field) in values for field, values in self._wanted.items())
