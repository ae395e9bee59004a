"""A full file gets another key: killed at every step exactly one key opens it, and everything is there."""

import os
import secrets
import signal
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from gjj_desktop.errors import OperatingError
from gjj_desktop.security.vault import STORE_KEY, STORE_KEY_NEXT, Vault
from gjj_desktop.store import store_key
from gjj_desktop.store.store import open_store
from gjj_desktop.store.store_key import change_store_key, key_that_opens
from tests.store.released_file import SHAPES, Released

ENVIRONMENT = {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONIOENCODING": "utf-8"}
EACH = 1 if "GJJ_EVERY_STEP" in os.environ else 3
SHAPE = SHAPES[-1]


@pytest.fixture
def vault(open_keyring: dict[str, str]) -> Vault:
    return Vault(f"gjj-test-{secrets.token_hex(4)}")


def window(folder: Path, vault: Vault) -> Released:
    """A window's file in the middle of its work, with the program's shape, under the key in the keyring."""
    released = Released(SHAPE, folder)
    vault.put(STORE_KEY, released.key)
    vault.delete(STORE_KEY_NEXT)
    open_store(folder, released.key).close()
    return released


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"store.lock"}


def opens(folder: Path, key: bytes) -> bool:
    return store_key._opens(folder / "store.db", key)


def test_everything_is_there_under_the_new_key_and_nothing_is_left_under_the_old_one(
    tmp_path: Path, vault: Vault
) -> None:
    released = window(tmp_path / "window", vault)
    before = (released.folder / "store.db").read_bytes()
    change_store_key(released.folder, vault, secrets.token_bytes(32))
    key = key_that_opens(released.folder, vault)
    assert key is not None
    assert key == vault.get(STORE_KEY) != released.key
    assert vault.get(STORE_KEY_NEXT) is None
    store = open_store(released.folder, key)
    with store.read() as connection:
        assert released.lost(connection) == []
    assert store.faults() == []
    store.close()
    assert files(released.folder) == {"store.db", "store.key-check", "store.salt"}
    after = (released.folder / "store.db").read_bytes()
    pages = {before[at : at + 4096] for at in range(0, len(before), 4096)}
    assert not any(after[at : at + 4096] in pages for at in range(0, len(after), 4096))
    with pytest.raises(OperatingError, match="打不开"):
        open_store(released.folder, released.key)
    assert opens(released.folder, key)


def run(folder: Path, vault: Vault, step: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.store.rekey_program", str(folder), vault.service, str(step)]
    return subprocess.run(
        command, env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, timeout=60, check=False
    )


def test_killed_at_any_step_exactly_one_of_the_two_keys_opens_the_file(tmp_path: Path, vault: Vault) -> None:
    said = run(window(tmp_path / "whole", vault).folder, vault, 0)
    assert said.returncode == 0, said.stderr
    for step in range(1, int(said.stdout) + 1, EACH):
        released = window(tmp_path / str(step), vault)
        assert run(released.folder, vault, step).returncode == -signal.SIGKILL, step
        held = {key for name in (STORE_KEY, STORE_KEY_NEXT) if (key := vault.get(name)) is not None}
        assert sum(opens(released.folder, key) for key in held) == 1, step
        key = key_that_opens(released.folder, vault)
        assert key is not None
        assert vault.get(STORE_KEY_NEXT) is None, step
        store = open_store(released.folder, key)
        with store.read() as connection:
            assert released.lost(connection) == [], step
        assert store.faults() == [], step
        store.close()
        assert files(released.folder) == {"store.db", "store.key-check", "store.salt"}, step
        change_store_key(
            released.folder, vault, secrets.token_bytes(32)
        )  # and whatever was left behind, the next change ends well
        assert vault.get(STORE_KEY) != key


@pytest.mark.parametrize("where", ["copyfile", "replace"])
def test_a_disk_that_is_full_is_said_and_loses_nothing(
    tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    released = window(tmp_path / "window", vault)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    owner = store_key.shutil if where == "copyfile" else store_key.os
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, where, full)
        with pytest.raises(OperatingError, match="磁盘"):
            change_store_key(released.folder, vault, secrets.token_bytes(32))
    assert (vault.get(STORE_KEY), vault.get(STORE_KEY_NEXT)) == (released.key, None)
    assert files(released.folder) == {"store.db", "store.key-check", "store.salt"}
    store = open_store(released.folder, released.key)
    with store.read() as connection:
        assert released.lost(connection) == []
    store.close()


def test_a_disk_that_fails_behind_the_swap_leaves_both_keys(tmp_path: Path, vault: Vault) -> None:
    released = window(tmp_path / "window", vault)
    to_disk = store_key.to_disk

    def failing(path: Path) -> None:
        if path.is_dir():
            raise OSError(5, "Input/output error")
        to_disk(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_key, "to_disk", failing)
        with pytest.raises(OperatingError, match="磁盘"):
            change_store_key(released.folder, vault, secrets.token_bytes(32))
    assert vault.get(STORE_KEY) == released.key
    new = vault.get(STORE_KEY_NEXT)
    assert new is not None
    assert opens(released.folder, new)
    assert key_that_opens(released.folder, vault) == new
    assert vault.get(STORE_KEY) == new


def test_without_room_for_a_copy_nothing_is_begun(tmp_path: Path, vault: Vault) -> None:
    released = window(tmp_path / "window", vault)
    usage = namedtuple("usage", "total used free")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_key.shutil, "disk_usage", lambda _: usage(1 << 30, 1 << 30, 1000))
        with pytest.raises(OperatingError, match="空间不够"):
            change_store_key(released.folder, vault, secrets.token_bytes(32))
    assert (vault.get(STORE_KEY), vault.get(STORE_KEY_NEXT)) == (released.key, None)


def test_while_the_program_has_the_file_open_its_key_is_not_changed(tmp_path: Path, vault: Vault) -> None:
    released = window(tmp_path / "window", vault)
    store = open_store(released.folder, released.key)
    with pytest.raises(OperatingError, match="已经打开"):
        change_store_key(released.folder, vault, secrets.token_bytes(32))
    store.close()
    assert vault.get(STORE_KEY) == released.key


def test_what_was_set_aside_damaged_is_not_left_without_its_key(tmp_path: Path, vault: Vault) -> None:
    released = window(tmp_path / "window", vault)
    (released.folder / "damaged-20261122-090000-000000").mkdir()
    with pytest.raises(OperatingError, match="损坏数据"):
        change_store_key(released.folder, vault, secrets.token_bytes(32))
    assert vault.get(STORE_KEY) == released.key
