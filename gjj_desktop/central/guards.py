"""Which guards stand in the centre's database: rights, row security, triggers, constraints and functions, one a line.

`resources/central/guards.txt` holds the lines of a database as the migrations leave it; a test holds it so, and
`python -m tests.support.write_guards` writes it anew. What a running centre has more or less than it, somebody changed.
"""

from importlib.resources import files
from typing import NamedTuple

from psycopg import RawCursor

from gjj_desktop.central.row_tables import Database
from gjj_desktop.central.server_files import NOT_FOR_EVERYBODY


class Difference(NamedTuple):
    """Lines that a database should have and has not, and those that it has and should not; in order."""

    missing: tuple[str, ...]
    extra: tuple[str, ...]


def expected() -> set[str]:
    """The guards as the migrations of this program leave them."""
    return set(_resource("guards.txt").splitlines())


def standing(connection: Database) -> set[str]:
    """The guards that stand in this database."""
    with connection.transaction():
        connection.execute("set local search_path = pg_catalog")
        cursor = RawCursor(connection)
        return {line for (line,) in cursor.execute(_resource("guards.sql").encode(), (list(NOT_FOR_EVERYBODY),))}


def difference(connection: Database) -> Difference:
    """What this database has less and more than it should."""
    wanted, found = expected(), standing(connection)
    return Difference(tuple(sorted(wanted - found)), tuple(sorted(found - wanted)))


def _resource(name: str) -> str:
    return files("resources").joinpath("central", name).read_text(encoding="utf-8")
