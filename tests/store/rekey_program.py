"""A program of its own that gives a window's file another key and is killed at a chosen step: folder, service, step (0:
never).

Steps are the ends and beginnings of what it does to files and to the keyring, and every statement and commit. It prints
how many there were.
"""

import secrets
import sys
from pathlib import Path

from sqlalchemy import Engine, event

from gjj_desktop.security.vault import Vault
from gjj_desktop.store import store_key
from tests.store.killed_steps import Steps

FILE_STEPS = (
    (store_key, "fold_log"),
    (store_key.shutil, "copyfile"),
    (store_key, "rekey"),
    (store_key, "_look_through"),
    (store_key, "to_disk"),
    (store_key.os, "replace"),
    (store_key, "remember_key"),
    (Vault, "put"),
    (Vault, "delete"),
)


def main(folder: str, service: str, kill_at: str) -> None:
    steps = Steps(int(kill_at))
    for owner, name in FILE_STEPS:
        setattr(owner, name, steps.watched(getattr(owner, name)))
    event.listen(Engine, "before_cursor_execute", lambda *_: steps.step())
    store_key.change_store_key(Path(folder), Vault(service), secrets.token_bytes(32))
    print(steps.passed)


if __name__ == "__main__":
    main(*sys.argv[1:])
