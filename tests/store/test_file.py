"""The file on the disk: unreadable without its key, whole after every accident, one process at a time."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from gjj_desktop.cases.rows import Person
from gjj_desktop.errors import OperatingError
from gjj_desktop.store import meta, replica
from gjj_desktop.store.store import open_store
from gjj_desktop.store.view import rows_of
from tests.store.world import KEY, feed_row, person, undone_work

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONIOENCODING": "utf-8"}


def put(store, name, value):
    with store.work() as connection:
        meta.put(connection, name, value)


def got(store, name, kind=str):
    with store.read() as connection:
        return meta.get(connection, name, kind)


def put_both(store, small, big):
    with store.work() as connection:
        meta.put(connection, "a", small)
        meta.put(connection, "big", big)


def put_until_full(store):
    for number in range(1000):
        try:
            put(store, f"n{number}", b"x" * 20_000)
        except OperatingError as error:
            return number, error.what
    raise AssertionError("the disk is never full")


def test_nothing_of_a_person_can_be_read_in_the_files(store):
    with store.work() as connection:
        replica.apply_rows(connection, [feed_row(1, person(name="欧阳清澈"))], 1)
    files = [path for path in store.path.parent.iterdir() if path.is_file()]
    assert any(path.name.endswith("-wal") and path.stat().st_size for path in files)
    for secret in ("欧阳清澈".encode(), b"990101199003070007", b"SQLite format", KEY, KEY.hex().encode(), b"replica"):
        assert not [path.name for path in files if secret in path.read_bytes()]


def test_the_settings_that_saving_depends_on_are_on(store):
    wanted = {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1, "cipher_page_size": "4096"}
    wanted["temp_store"] = 2
    with store.work() as writer, store.read() as reader:
        for connection in (writer, reader):
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}
            assert found == wanted


def test_work_that_fails_leaves_nothing(store):
    put(store, "a", "kept")
    with undone_work(store) as connection:
        meta.put(connection, "a", "half")
    assert got(store, "a") == "kept"


def test_work_inside_work_is_refused_at_once(store):
    with store.work() as connection:
        with pytest.raises(RuntimeError, match="inside"):
            put(store, "a", "inner")
        meta.put(connection, "a", "outer")
    assert got(store, "a") == "outer"


def test_reading_can_not_change_anything(store):
    with pytest.raises((OperatingError, SQLAlchemyError)), store.read() as connection:
        meta.put(connection, "a", "changed")
    assert got(store, "a") is None


def test_a_reader_sees_one_state_while_another_thread_writes(store):
    put(store, "a", 1)
    with store.read() as connection:
        assert meta.get(connection, "a", int) == 1
        writer = threading.Thread(target=put, args=(store, "a", 2))
        writer.start()
        writer.join(10)
        assert not writer.is_alive()
        assert meta.get(connection, "a", int) == 1
    assert got(store, "a", int) == 2


def test_many_threads_write_and_nothing_is_lost(store):
    def count():
        for _ in range(20):
            with store.work() as connection:
                meta.put(connection, "n", (meta.get(connection, "n", int) or 0) + 1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert got(store, "n", int) == 80


def test_the_program_opens_only_once(store):
    with pytest.raises(OperatingError, match="已经打开"):
        open_store(store.path.parent, KEY)
    second = (
        "import sys; from pathlib import Path; from gjj_desktop.store.store import open_store\n"
        "from gjj_desktop.errors import OperatingError\n"
        "try: open_store(Path(sys.argv[1]), bytes(range(32)))\n"
        "except OperatingError as error: print(error.what)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", second, str(store.path.parent)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    assert said.stdout.strip() == "程序已经打开了。", said.stderr
    put(store, "a", "still works")


KILLED = """
import os, signal, sys
from pathlib import Path
from gjj_desktop.store import meta
from gjj_desktop.store.store import open_store
store = open_store(Path(sys.argv[1]), bytes(range(32)))
for number in range(1, 10_000):
    with store.work() as connection:
        meta.put(connection, "left", number)
        if number == 40:
            connection.exec_driver_sql("CREATE TABLE half (a)")
            print("in the middle", flush=True)
            signal.pause()
        meta.put(connection, "right", number)
    print(number, flush=True)
"""


def test_killed_in_the_middle_of_work_what_was_committed_is_there_and_nothing_half(store):
    folder = store.path.parent
    store.close()
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder)], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout
    for line in child.stdout:
        if line.startswith("in the middle"):
            break
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait(20) == -signal.SIGKILL
    child.stdout.close()
    again = open_store(folder, KEY)
    assert (got(again, "left", int), got(again, "right", int)) == (39, 39)
    assert again.faults() == []
    again.close()


def test_another_key_is_refused_and_the_file_stays_as_it_is(store):
    put(store, "a", "kept")
    folder = store.path.parent
    store.close()
    before = store.path.read_bytes()
    with pytest.raises(OperatingError, match="密钥"):
        open_store(folder, bytes(32))
    assert store.path.read_bytes() == before
    again = open_store(folder, KEY)
    assert got(again, "a") == "kept"
    again.close()


def test_a_store_without_its_key_mark_opens_with_its_key_and_is_not_taken_for_damaged_with_another(store):
    folder = store.path.parent
    put(store, "a", "kept")
    store.close()
    (folder / "store.key-check").write_bytes(b"")
    with pytest.raises(OperatingError, match="密钥"):
        open_store(folder, bytes(32))
    again = open_store(folder, KEY)
    assert got(again, "a") == "kept"
    again.close()
    assert (folder / "store.key-check").stat().st_size == 32


def test_a_newer_store_is_refused_and_the_file_stays_as_it_is(store):
    with store.work() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    folder = store.path.parent
    store.close()
    before = store.path.read_bytes()
    with pytest.raises(OperatingError, match="更新版本的程序"):
        open_store(folder, KEY)
    assert store.path.read_bytes() == before


@pytest.mark.parametrize("place", [20, 4096 * 3 + 100, -2000])
def test_a_damaged_file_is_set_aside_whole_and_never_deleted(store, place):
    with store.work() as connection:
        replica.apply_rows(connection, [feed_row(number, person(str(number))) for number in range(200)], 200)
    folder = store.path.parent
    store.close()
    damaged = bytearray(store.path.read_bytes())
    damaged[place : place + 8 if place > 0 else None] = b"\xaa" * len(damaged[place : place + 8 if place > 0 else None])
    store.path.write_bytes(damaged)
    with pytest.raises(OperatingError, match="已损坏") as told:
        open_store(folder, KEY)
    [aside] = folder.glob("damaged-*")
    assert aside.name in told.value.what
    assert (aside / "store.db").read_bytes() == damaged
    fresh = open_store(folder, KEY)
    with fresh.read() as connection:
        assert rows_of(connection, Person) == []
    fresh.close()


def test_a_file_that_was_emptied_counts_as_damaged(store):
    folder = store.path.parent
    store.close()
    store.path.write_bytes(b"")
    with pytest.raises(OperatingError, match="已损坏"):
        open_store(folder, KEY)
    assert [each.name for each in folder.glob("damaged-*/store.db")] == ["store.db"]


def test_a_full_disk_is_told_and_loses_nothing(store):
    put(store, "a", "kept")
    with store.work() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OperatingError, match="磁盘已满"):
        put_both(store, "changed", b"x" * 1_000_000)
    assert got(store, "a") == "kept"
    with store.work() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        meta.put(connection, "big", b"x" * 1_000_000)
    assert got(store, "big", bytes) == b"x" * 1_000_000


@pytest.fixture
def tiny_disk(tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = shutil.which("mount") and os.geteuid() == 0
    if not mounted or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tiny", folder], check=False).returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_disk_that_really_is_full_loses_nothing(tiny_disk):
    store = open_store(tiny_disk, KEY)
    kept, told = put_until_full(store)
    assert kept > 10
    assert "磁盘" in told
    assert got(store, f"n{kept - 1}", bytes) == b"x" * 20_000
    assert got(store, f"n{kept}", bytes) is None
    assert store.faults() == []
    store.close()
    again = open_store(tiny_disk, KEY)
    assert got(again, f"n{kept - 1}", bytes) == b"x" * 20_000
    again.close()


def test_opening_a_store_that_is_up_to_date_does_not_load_alembic(store):
    folder = store.path.parent
    store.close()
    opened = (
        "import sys; from pathlib import Path; from gjj_desktop.store.store import open_store\n"
        "open_store(Path(sys.argv[1]), bytes(range(32))).close()\n"
        "print([name for name in ('alembic', 'pypinyin', 'sqlalchemy.orm', 'PySide6') if name in sys.modules])\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", opened, str(folder)], env=ENVIRONMENT, capture_output=True, text=True, timeout=60
    )
    assert said.stdout.strip() == "[]", said.stderr
