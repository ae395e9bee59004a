"""A file too large to be looked through at the start is looked through while the window works, and nobody waits."""

import threading
from random import Random

import pytest

from gjj_desktop.errors import OperatingError
from gjj_desktop.store import file_check, meta
from gjj_desktop.store import store as store_module
from gjj_desktop.store.file_check import FileCheck
from gjj_desktop.store.store import open_store
from tests.store.world import KEY

BIG = 300


@pytest.fixture(autouse=True)
def large_files_begin_early(monkeypatch):
    monkeypatch.setattr(store_module, "CHECK_BYTES_MAX", 64 << 10)
    monkeypatch.setattr(file_check, "CHECK_BYTES_MAX", 64 << 10)


@pytest.fixture
def large(tmp_path):
    """The folder of a large file of which one page, far from the first ones, is damaged."""
    store = open_store(tmp_path, KEY)
    with store.work() as connection:
        for number in range(BIG):
            meta.put(connection, f"fact_{number:04}", Random(number).randbytes(2_000))  # noqa: S311
    store.close()
    return tmp_path


def damage(folder):
    with (folder / "store.db").open("r+b") as file:
        file.seek(-40 * 4096 + 100, 2)
        file.write(b"\xee" * 50)


def read_everything(store):
    with store.read() as connection:
        for number in range(BIG):
            meta.get(connection, f"fact_{number:04}", bytes)


def looked_through(store):
    """The check once, to its end; whether it found something."""
    found = threading.Event()
    check = FileCheck(store, found.set, after_seconds=0)
    check.begin()
    check._thread.join(30)
    return found.is_set()


def test_a_start_does_not_wait_and_the_finding_comes_later(large):
    damage(large)
    store = open_store(large, KEY)
    assert not store.is_damaged
    assert looked_through(store)
    assert store.is_damaged
    store.close()
    with pytest.raises(OperatingError, match="已损坏"):
        open_store(large, KEY)
    again = open_store(large, KEY)
    assert not again.is_damaged
    assert not (large / "store.damaged").exists()
    again.close()


def test_a_sound_file_has_nothing_said_about_it_while_it_is_worked_at(large):
    store = open_store(large, KEY)
    ended = threading.Event()

    def work():
        number = 0
        while not ended.is_set():
            number += 1
            with store.work() as connection:
                meta.put(connection, f"fact_{number % BIG:04}", bytes(2_000))

    worker = threading.Thread(target=work)
    worker.start()
    found = [looked_through(store) for _ in range(5)]
    ended.set()
    worker.join(30)
    assert found == [False] * 5
    assert store.faults() == []
    store.close()


def test_closing_ends_the_check_wherever_it_is(large):
    store = open_store(large, KEY)
    checks = [FileCheck(store, lambda: None, after_seconds=seconds) for seconds in (0, 0, 60)]
    for check in checks:
        check.begin()
    for check in checks:
        check.end()
    store.close()
    for check in checks:
        check._thread.join(10)
        assert not check._thread.is_alive()
    assert not store.is_damaged


def test_damage_that_somebody_meets_at_work_is_looked_at_by_the_next_start(large):
    damage(large)
    store = open_store(large, KEY)
    with pytest.raises(OperatingError, match="已损坏"):
        read_everything(store)
    assert store.is_damaged
    store.close()
    with pytest.raises(OperatingError, match="已原样移到"):
        open_store(large, KEY)


def test_a_mark_beside_a_file_that_is_sound_after_all_goes(large):
    (large / "store.damaged").touch()
    open_store(large, KEY).close()
    assert not (large / "store.damaged").exists()
