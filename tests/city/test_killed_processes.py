"""Windows, posting processes and the server as real processes, killed by SIGKILL while they work."""

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.city.founding import found
from benchmarks.city.killing import Killing
from benchmarks.city.play import people_for
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.clock import utc_now

WINDOWS, KILLS = 2, 8


def test_processes_killed_anywhere_lose_and_double_nothing() -> None:
    with (
        TemporaryDirectory(prefix="gjj-kill-", ignore_cleanup_errors=True) as folder,
        EmbeddedServer(Path(folder) / "centre", durable=False) as server,
    ):
        founded = found(server, Path(folder) / "disks", WINDOWS, *people_for(200), utc_now())
        (Path(folder) / "killing").mkdir()
        killing = Killing(server, founded, Path(folder) / "killing", 1)
        try:
            came = killing.kill(KILLS)
        finally:
            killing.close()
    assert sum(came.killed.values()) == KILLS
    assert not came.untrue, came.untrue
