"""Where a process can be killed: between any two writes of a window's store or of a posting process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, event

from gjj_desktop.store.store import Store

NO_LIMIT = 1_073_741_823
"""What SQLite takes for a file of any size, in pages."""


class Killed(BaseException):
    """The process ends here, as by SIGKILL."""


class Fuse:
    """Kills whoever burns it at the point that was set; `seen` is called first, while the disk is as at that moment."""

    def __init__(self, seen: Callable[[], None] = lambda: None) -> None:
        self._left = 0
        self._seen = seen
        self.burnt = 0

    @property
    def lit(self) -> bool:
        """Whether somebody will be killed."""
        return self._left > 0

    def light(self, points: int) -> None:
        """Kill at the `points`-th point from now on; 0 puts the fuse out."""
        self._left = points

    def burn(self) -> None:
        """One point was reached."""
        if not self._left:
            return
        self._left -= 1
        if not self._left:
            self.burnt += 1
            self._seen()
            raise Killed


class MortalStore(Store):
    """A store whose process can be killed before each statement of a transaction, before its commit and after it, and
    whose disk can be full."""

    def __init__(self, sound: Store, fuse: Fuse) -> None:
        self.__dict__.update(vars(sound))
        self._fuse = fuse
        self._room_pages: int | None = None
        self._bounded = False

    def fill_disk(self, room_pages: int | None) -> None:
        """From the next transaction on the file may grow by so many pages only; None makes room again."""
        self._room_pages = room_pages

    @contextmanager
    def work(self) -> Iterator[Connection]:
        """As of any store."""
        with super().work() as connection:
            self._bound(connection)
            if self._fuse.lit:
                event.listen(connection, "before_cursor_execute", self._reached)
            yield connection
            self._fuse.burn()
        self._fuse.burn()

    def _reached(self, *_: object) -> None:
        self._fuse.burn()

    def _bound(self, connection: Connection) -> None:
        if self._room_pages is None and not self._bounded:
            return
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
        limit = NO_LIMIT if self._room_pages is None else pages + self._room_pages
        if not (self._bounded and self._room_pages is not None):
            connection.exec_driver_sql(f"PRAGMA max_page_count = {limit}")
        self._bounded = self._room_pages is not None


def mortal_cursor(fuse: Fuse) -> type[psycopg.Cursor[Any]]:
    """Cursors whose process can be killed before each statement."""

    class MortalCursor(psycopg.Cursor[Any]):
        def execute(self, *arguments: Any, **options: Any) -> Any:
            fuse.burn()
            return super().execute(*arguments, **options)

        def executemany(self, *arguments: Any, **options: Any) -> None:
            fuse.burn()
            super().executemany(*arguments, **options)

        def copy(self, *arguments: Any, **options: Any) -> Any:
            fuse.burn()
            return super().copy(*arguments, **options)

    return MortalCursor
