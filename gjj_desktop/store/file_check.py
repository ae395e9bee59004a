"""Is a large file sound? Looked through in the background after the start, so that nobody waits for it."""

import threading
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy.exc import DBAPIError

from gjj_desktop.errors import OperatingError
from gjj_desktop.store.store import CHECK_BYTES_MAX, Store

AFTER_SECONDS = 20.0
"""The start itself, signing in and the first exchange come first."""


class FileCheck:
    """Looks through the store once, if its start was too short for that; `end` stops it anywhere."""

    def __init__(self, store: Store, on_damage: Callable[[], None], after_seconds: float = AFTER_SECONDS) -> None:
        self._store, self._on_damage, self._after_seconds = store, on_damage, after_seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="file-check", daemon=True)

    def begin(self) -> None:
        """Begin to work; returns at once. A small file was looked through at the start."""
        if self._store.path.stat().st_size > CHECK_BYTES_MAX:
            self._thread.start()

    def end(self) -> None:
        """Do no more; `Store.close` ends what is under way."""
        self._ended.set()

    def _run(self) -> None:
        if self._ended.wait(self._after_seconds):
            return
        # Pages are read past the log while it is folded into them, so one that was half written is looked at again.
        if self._finds() and self._finds() and not self._ended.is_set():
            self._store.note_damage()
            self._on_damage()

    def _finds(self) -> bool:
        with suppress(OperatingError, DBAPIError):  # the disk fails, or the file is closed: whoever works hears of it
            return bool(self._store.faults())
        return self._store.is_damaged
