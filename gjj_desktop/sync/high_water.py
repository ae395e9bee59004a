"""How far has this window come: kept in the keyring, outside the file, so that an older image of the file is noticed.

The mark is raised after a command is on the disk and before anything of it leaves: before its paper is printed, before
it is handed in. So a mark behind the file means a kill in between, and a mark past the file means an older image.
"""

import secrets
import threading

import msgspec
from sqlalchemy import Connection

from gjj_desktop.errors import OperatingError
from gjj_desktop.security.vault import Vault
from gjj_desktop.store import meta, numbers, older_image, outbox
from gjj_desktop.store.salvage import last_salvage
from gjj_desktop.store.store import Store

WINDOW_MARK = "window_mark"
FILE_ID = "file_id"
"""What a file and its images have in common: a machine may become a window anew, with an empty file."""


class Mark(msgspec.Struct, frozen=True):
    """The last command of a file that may be known outside of it; `file_id` names the file, `device` its window."""

    file_id: bytes
    device: str
    sequence: int
    digest: bytes


class HighWater:
    """The mark of one open store; from any thread."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store, self._vault = store, vault
        self._one_at_a_time = threading.Lock()
        self._kept: Mark | None = None

    def compare(self) -> None:
        """Once, before the first command: notice an older image, and catch up with a file that is ahead.

        Raises:
            OperatingError: the keyring does not answer.
        """
        body = self._vault.get(WINDOW_MARK)
        mark = msgspec.msgpack.decode(body, type=Mark) if body else None
        with self._store.work() as connection:
            _name_file(connection, mark)
        now = self._now()
        if mark is not None and now is not None and _same_file(mark, now) and not self._holds(mark):
            with self._store.work() as connection:
                older_image.noticed(connection, mark.sequence, forked=now.sequence >= mark.sequence)
            self._kept = mark
            return
        self.keep()

    def keep(self) -> None:
        """Raise the mark to the last command of the file; nothing is written when it stands there.

        Raises:
            OperatingError: the keyring does not answer. What was saved is saved; nothing of it may leave yet.
        """
        with self._one_at_a_time:
            now = self._now()
            if now is None or now == self._kept or self._is_behind(now):
                return
            try:
                self._vault.put(WINDOW_MARK, msgspec.msgpack.encode(now))
            except OperatingError as error:
                raise OperatingError("业务已保存，但系统密钥环没有回答，单据暂不能打印。", error.what_to_do) from error
            self._kept = now

    def _is_behind(self, now: Mark) -> bool:
        """An older image leaves the mark where the later one had come to."""
        kept = self._kept
        return kept is not None and _same_file(kept, now) and kept.sequence > now.sequence

    def _now(self) -> Mark | None:
        """Where the file stands; None before it is a window's."""
        with self._store.read() as connection:
            file_id, device = meta.get(connection, FILE_ID, bytes), meta.get(connection, meta.DEVICE, str)
            following, digest = outbox.chain_head(connection)
        return Mark(file_id, device, following - 1, digest) if file_id and device else None

    def _holds(self, mark: Mark) -> bool:
        """Whether the marked command is in the file's chain."""
        with self._store.read() as connection:
            return outbox.is_in_chain(connection, mark.sequence, mark.digest)


def _name_file(connection: Connection, mark: Mark | None) -> None:
    """Name a file that has no name: before its first number a new one, later the mark's: an older program made it, or
    its name was lost with a damaged page."""
    device = meta.get(connection, meta.DEVICE, str)
    if device is None or meta.get(connection, FILE_ID, bytes) is not None:
        return
    had_work = numbers.ever_had(connection) or last_salvage(connection) is not None
    is_image = mark is not None and mark.device == device and had_work
    meta.put(connection, FILE_ID, mark.file_id if mark is not None and is_image else secrets.token_bytes(16))


def _same_file(mark: Mark, other: Mark) -> bool:
    return (mark.file_id, mark.device) == (other.file_id, other.device)
