"""A full file of an older shape, killed at any step of its upgrade: nothing is lost, the next start ends it.

All steps at once, some minutes: GJJ_EVERY_STEP=1 python -m pytest tests/store/test_upgrade_killed.py
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gjj_desktop.store.store import open_store
from gjj_desktop.store.upgrade import newest_revision
from tests.store.released_file import SHAPES, Released

OLDER = [shape for shape in SHAPES if shape != newest_revision()]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONIOENCODING": "utf-8"}
EACH = 1 if "GJJ_EVERY_STEP" in os.environ else 14
"""Every how many of the steps are tried."""


def upgrade_until(released: Released, step: int) -> subprocess.CompletedProcess[str]:
    arguments = [str(released.folder), released.key.hex(), str(step)]
    command = [sys.executable, "-m", "tests.store.upgrade_program", *arguments]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("shape", OLDER)
def test_killed_anywhere_nothing_is_lost_and_the_next_start_ends_it(shape: str, tmp_path: Path) -> None:
    said = upgrade_until(Released(shape, tmp_path / "whole"), 0)
    assert said.returncode == 0, said.stderr
    steps = int(said.stdout)
    for step in range(1, steps + 1, EACH):
        released = Released(shape, tmp_path / str(step))
        assert upgrade_until(released, step).returncode == -signal.SIGKILL, step
        store = open_store(released.folder, released.key)
        with store.read() as connection:
            assert released.lost(connection) == [], step
        assert store.faults() == [], step
        store.close()
        assert not list(released.folder.glob("*.new*"))


@pytest.mark.parametrize("shape", OLDER)
def test_a_file_whose_log_was_left_beside_it_is_upgraded_with_what_the_log_holds(shape: str, tmp_path: Path) -> None:
    released = Released(shape, tmp_path / "window")
    killed = subprocess.run(
        [sys.executable, "-c", LEAVES_A_LOG, str(released.folder / "store.db"), released.key.hex()],
        env=ENVIRONMENT,
        timeout=60,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert (released.folder / "store.db-wal").stat().st_size
    store = open_store(released.folder, released.key)
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT value FROM meta WHERE name = 'in the log'").scalar_one() == b"kept"
        assert released.lost(connection) == []
    store.close()


LEAVES_A_LOG = """
import os, signal, sys
from pathlib import Path
from gjj_desktop.store.engine import file_engine
with file_engine(Path(sys.argv[1]), bytes.fromhex(sys.argv[2])).begin() as connection:
    connection.exec_driver_sql("INSERT INTO meta VALUES ('in the log', x'6b657074')")
os.kill(os.getpid(), signal.SIGKILL)
"""
