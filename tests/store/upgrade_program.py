"""A program of its own that upgrades a window's file and is killed at a chosen step: folder, key, step (0: never).

Steps are the ends and beginnings of what `store.upgrade` does to files, and every statement that changes the copy. It
prints how many there were.
"""

import os
import signal
import sys
from pathlib import Path

from sqlalchemy import Engine, event

from gjj_desktop.store import upgrade
from gjj_desktop.store.store import open_store

FILE_STEPS = (
    (upgrade, "fold_log"),
    (upgrade.shutil, "copyfile"),
    (upgrade, "_migrate"),
    (upgrade, "checkpoint"),
    (upgrade, "to_disk"),
    (upgrade.os, "replace"),
)


class Steps:
    """Counts, and kills this process at the chosen one."""

    def __init__(self, kill_at: int) -> None:
        self.kill_at, self.passed = kill_at, 0

    def step(self) -> None:
        self.passed += 1
        if self.passed == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(self, function):
        def wrapper(*args, **kwargs):
            self.step()
            result = function(*args, **kwargs)
            self.step()
            return result

        return wrapper


def main(folder: str, key: str, kill_at: str) -> None:
    steps = Steps(int(kill_at))
    for owner, name in FILE_STEPS:
        setattr(owner, name, steps.watched(getattr(owner, name)))
    for when in ("before_cursor_execute", "commit"):
        event.listen(Engine, when, lambda *_: steps.step())
    open_store(Path(folder), bytes.fromhex(key)).close()
    print(steps.passed)


if __name__ == "__main__":
    main(*sys.argv[1:])
