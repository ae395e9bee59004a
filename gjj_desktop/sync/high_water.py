"""How far has this window come: kept in the keyring, outside the file, so that an older image of the file is noticed.

The mark is raised after a command is on the disk and before anything of it leaves: before its paper is printed, before
it is handed in. So a mark behind the file means a kill in between, and a mark past the file means an older image.
"""

import threading

import msgspec

from gjj_desktop.errors import OperatingError
from gjj_desktop.security.vault import Vault
from gjj_desktop.store import meta, older_image, outbox
from gjj_desktop.store.store import Store

WINDOW_MARK = "window_mark"


class Mark(msgspec.Struct, frozen=True):
    """The last command of a window that may be known outside of it; `device` whose it is."""

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
        now = self._now()
        if mark is not None and now is not None and mark.device == now.device and not self._holds(mark):
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
        return kept is not None and kept.device == now.device and kept.sequence > now.sequence

    def _now(self) -> Mark | None:
        """Where the file stands; None before it is a window's."""
        with self._store.read() as connection:
            device = meta.get(connection, meta.DEVICE, str)
            following, digest = outbox.chain_head(connection)
        return Mark(device, following - 1, digest) if device else None

    def _holds(self, mark: Mark) -> bool:
        """Whether the marked command is in the file's chain."""
        with self._store.read() as connection:
            return outbox.is_in_chain(connection, mark.sequence, mark.digest)
