"""Is the embedded server a server one can cut off, kill and start again?"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from gjj_desktop.central.embedded import PASSWORD_NAME, EmbeddedServer


class Drawer:
    """A place for secrets, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def put(self, name: str, secret: bytes) -> None:
        self.kept[name] = secret


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder away from pytest's own, which other users may not enter."""
    with TemporaryDirectory(prefix="gjj-centre-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def rows(server: EmbeddedServer) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url()) as connection:
        return connection.execute("select * from kept").fetchall()


def test_what_was_committed_outlives_a_stop_and_a_crash_on_the_same_port(folder: Path) -> None:
    with EmbeddedServer(folder) as server:
        with psycopg.connect(server.url()) as connection:
            connection.execute("create table kept (i int)")
            connection.execute("insert into kept values (7)")
        port = server.port
        for end in (server.stop, server.kill, server.kill, server.stop):
            end()
            assert not server.running
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(server.url())
            server.start()
            server.start()
            assert (server.port, rows(server)) == (port, [(7,)])
    with EmbeddedServer(folder) as again:
        assert (again.port, rows(again)) == (port, [(7,)])


def test_nobody_is_trusted_and_the_password_is_for_this_user_alone(folder: Path) -> None:
    with EmbeddedServer(folder, durable=False) as server:
        for login in ("postgres", "root"):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(host="127.0.0.1", port=server.port, user=login, dbname="postgres")
        assert "trust" not in (server.data / "pg_hba.conf").read_text()
        assert (folder / "password").stat().st_mode & 0o777 == 0o600
        with psycopg.connect(server.url()) as connection:
            kept = connection.execute("select rolpassword from pg_authid where rolname = 'postgres'").fetchone()
            heard = connection.execute("show listen_addresses").fetchone()
    assert kept is not None
    assert kept[0].startswith("SCRAM-SHA-256$")
    assert heard == ("127.0.0.1",)


def test_with_a_vault_no_password_lies_on_the_disk(folder: Path) -> None:
    drawer = Drawer()
    with EmbeddedServer(folder, vault=drawer, durable=False) as server:
        psycopg.connect(server.url()).close()
    password = drawer.kept[PASSWORD_NAME]
    assert not (folder / "password").exists()
    assert not [path for path in folder.rglob("*") if path.is_file() and password in path.read_bytes()]


def test_the_server_ends_with_the_program_that_started_it_however_that_ends(folder: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from gjj_desktop.central.embedded import EmbeddedServer;"
        "server = EmbeddedServer(Path(sys.argv[1]), durable=False); server.start();"
        "print(server.data.joinpath('postmaster.pid').read_text().split()[0], flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == -9
    pid = int(done.stdout)
    for _ in range(200):
        if not Path(f"/proc/{pid}").exists():
            break
        subprocess.run(["sleep", "0.05"], check=True)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with EmbeddedServer(folder, durable=False) as server:
        assert server.running
