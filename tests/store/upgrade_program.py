"""A program of its own that upgrades a window's file and is killed at a chosen step: folder, key, step (0: never).

Steps are the ends and beginnings of what `store.upgrade` does to files, and every statement that changes the copy. It
prints how many there were.
"""

import sys
from pathlib import Path

from sqlalchemy import Engine, event

from gjj_desktop.store import upgrade
from gjj_desktop.store.store import open_store
from tests.store.killed_steps import Steps

FILE_STEPS = (
    (upgrade, "fold_log"),
    (upgrade.shutil, "copyfile"),
    (upgrade, "_migrate"),
    (upgrade, "checkpoint"),
    (upgrade, "to_disk"),
    (upgrade.os, "replace"),
)


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
