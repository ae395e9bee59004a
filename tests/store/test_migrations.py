"""The file's shape changes on a copy: whatever happens meanwhile, the old file or the new one is there, whole."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from gjj_desktop.errors import OperatingError
from gjj_desktop.store import meta, migrations, schema, upgrade
from gjj_desktop.store.store import open_store
from tests.store.world import KEY, enrol

TABLES = "SELECT name, sql FROM sqlite_master"
LATER = str(Path(__file__).with_name("later_versions"))
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def old_folder(tmp_path):
    """A store as today's program leaves it after being killed: with its log beside it."""
    folder = tmp_path / "store"
    store = open_store(folder, KEY)
    enrol(store)
    with store.work() as connection:
        meta.put(connection, "a", "kept")
    left = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    store.close()
    for name, body in left.items():
        (folder / name).write_bytes(body)
    assert left["store.db-wal"]
    return folder


@pytest.fixture
def later_program(monkeypatch):
    monkeypatch.setattr(migrations, "REVISIONS", (*migrations.REVISIONS, "t0003"))
    monkeypatch.setattr(migrations, "VERSION_FOLDERS", (*migrations.VERSION_FOLDERS, LATER))


def kept(store):
    with store.read() as connection:
        return meta.get(connection, "a", str)


def has_new_table(store):
    with store.read() as connection:
        return inspect(connection).has_table("later")


def test_the_migrations_make_exactly_the_tables_that_the_program_uses(store):
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []
        made = dict(connection.exec_driver_sql(TABLES).all())
    plain = create_engine("sqlite://")
    schema.metadata.create_all(plain)
    with plain.connect() as connection:
        wanted = dict(connection.exec_driver_sql(TABLES).all())
    assert {name for name in made if "alembic" not in name} == set(wanted)
    without_rowid = {name for name, sql in made.items() if sql and "WITHOUT ROWID" in sql}
    assert without_rowid == {name for name, sql in wanted.items() if sql and "WITHOUT ROWID" in sql} != set()


def test_an_older_store_is_brought_along_with_everything_in_it(old_folder, later_program):
    store = open_store(old_folder, KEY)
    assert (kept(store), has_new_table(store), store.faults()) == ("kept", True, [])
    assert not list(old_folder.glob("*.new*"))
    store.close()
    again = open_store(old_folder, KEY)
    assert kept(again) == "kept"
    again.close()


def test_an_upgrade_for_which_the_disk_is_too_small_leaves_the_old_store(old_folder, later_program, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(upgrade.shutil, "copyfile", full)
        with pytest.raises(OperatingError, match="原来的数据没有动"):
            open_store(old_folder, KEY)
    store = open_store(old_folder, KEY)
    assert (kept(store), has_new_table(store)) == ("kept", True)
    store.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from gjj_desktop.store import migrations, upgrade
from gjj_desktop.store.store import open_store
folder, later, point = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
migrations.REVISIONS = (*migrations.REVISIONS, "t0003")
migrations.VERSION_FOLDERS = (*migrations.VERSION_FOLDERS, later)
passed = 0
def watched(function):
    def wrapper(*args, **kwargs):
        global passed
        for when in ("before", "after"):
            if when == "after":
                result = function(*args, **kwargs)
            passed += 1
            if passed == point:
                os.kill(os.getpid(), signal.SIGKILL)
        return result
    return wrapper
for owner, name in ((upgrade, "fold_log"), (upgrade.shutil, "copyfile"), (upgrade, "_migrate"), (upgrade, "to_disk"),
                    (upgrade.os, "replace")):
    setattr(owner, name, watched(getattr(owner, name)))
open_store(folder, bytes(range(32))).close()
print("points", passed)
"""
POINTS = 12


def open_until(folder, point):
    arguments = [sys.executable, "-c", KILLED, str(folder), LATER, str(point)]
    return subprocess.run(arguments, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("point", range(1, POINTS + 1))
def test_killed_at_any_point_of_an_upgrade_the_store_opens_whole(old_folder, point, later_program):
    assert open_until(old_folder, point).returncode == -signal.SIGKILL
    store = open_store(old_folder, KEY)
    assert (kept(store), has_new_table(store), store.faults()) == ("kept", True, [])
    assert not list(old_folder.glob("*.new*"))
    store.close()


def test_the_points_above_are_all_there_are(old_folder):
    said = open_until(old_folder, 0)
    assert said.stdout.strip() == f"points {POINTS}", said.stderr


def test_an_upgrade_that_was_killed_leaves_the_old_program_working(old_folder):
    for point in (3, 6):
        assert open_until(old_folder, point).returncode == -signal.SIGKILL
        store = open_store(old_folder, KEY)
        assert (kept(store), has_new_table(store)) == ("kept", False)
        store.close()


def test_a_first_start_that_was_killed_begins_anew(tmp_path):
    (tmp_path / "store.key-check").write_bytes(b"cut")
    (tmp_path / "store.db.new").write_bytes(b"half a file")
    store = open_store(tmp_path, KEY)
    assert kept(store) is None
    store.close()
    open_store(tmp_path, KEY).close()


def test_two_stores_of_one_process_are_made_at_the_same_time(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda number: open_store(tmp_path / str(number), bytes(32)), range(4)))
    for store in stores:
        assert store.faults() == []
        store.close()
