"""Fixtures: the PostgreSQL of Debian (15 on Debian 12) with TLS, set up as `gjj-central server-files` says.

A cluster of its own beside the data of nobody: made by initdb for this run of the tests, ended and removed after it.
"""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from gjj_desktop.central.city import connect
from gjj_desktop.central.server_files import CHOSEN_BY_INITDB, SETTINGS, Site, hba_file
from tests.support.centre import TEMPLATE, TestCentre, founded, of_template
from tests.support.certificates import Authority, Certificate

PROGRAMS = Path("/usr/lib/postgresql")
USER = "postgres"
HOST = "centre.gjj.example"
START_SECONDS_MAX = 40.0
FORGETFUL = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
NOWHERE = "192.0.2.1"
"""Kept free for documentation (RFC 5737), so no machine has it: the server says that it listens there and does not."""
SMALL = {"max_connections": "60", "shared_buffers": "32MB", "listen_addresses": f"127.0.0.1,{NOWHERE}"}
# The superuser of the tests comes over TCP with a password: there is no peer of that name here.
FOR_THE_TESTS = "hostssl all postgres 127.0.0.1/32 scram-sha-256\n"


def programs() -> Path | None:
    """Where the newest server of Debian is, or None."""
    found = sorted(PROGRAMS.glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


class DebianServer:
    """A server of Debian's package that speaks TLS and nothing else; as `EmbeddedServer`, as far as tests need it."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.durable = durable
        self.port = _free_port()
        self.password = secrets.token_urlsafe(24)
        self.authority = Authority()
        self._process: subprocess.Popen[bytes] | None = None
        self.settings: dict[str, str] = {}

    def __enter__(self) -> "DebianServer":
        self._initialise()
        self.start()
        with connect(self.url()) as connection:
            connection.execute("revoke all on database postgres, template1 from public")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, database: str = "postgres") -> str:
        """How to connect as superuser, with the password in it, by TLS."""
        return make_conninfo(
            host="localhost",
            hostaddr="127.0.0.1",
            port=self.port,
            dbname=database,
            user=USER,
            password=self.password,
            sslmode="verify-full",
            sslrootcert=str(self.folder / "ca.crt"),
        )

    def show(self, certificate: Certificate) -> None:
        """From now on this certificate is shown to who connects."""
        for name, content in (("server.crt", certificate.certificate), ("server.key", certificate.key)):
            self._write(self.folder / name, content)
        self.reload()

    def admit(self, lines: str) -> None:
        """From now on pg_hba.conf says `lines`, behind the line of the tests' own superuser."""
        self._write(self.data / "pg_hba.conf", FOR_THE_TESTS + lines)
        self.reload()

    def reload(self) -> None:
        """Let the running server read its files again."""
        if self._process is None:
            return
        before = self._loaded_at()
        self._process.send_signal(1)  # SIGHUP
        deadline = time.monotonic() + START_SECONDS_MAX
        while self._loaded_at() == before and time.monotonic() < deadline:
            time.sleep(0.02)

    def _loaded_at(self) -> object:
        # The certificate may be one that nobody should trust: here it does not matter.
        url = make_conninfo(self.url(), sslmode="require", sslrootcert="")
        with psycopg.connect(url) as connection:
            return connection.execute("select pg_conf_load_time()").fetchone()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        if self._process is not None:
            return
        settings = {k: v for k, v in SETTINGS.items() if k not in CHOSEN_BY_INITDB} | SMALL | self.settings
        settings |= {
            **({} if self.durable else FORGETFUL),
            "port": str(self.port),
            "unix_socket_directories": "",
            "ssl_cert_file": str(self.folder / "server.crt"),
            "ssl_key_file": str(self.folder / "server.key"),
        }
        # In the file and not on the command line: so that ALTER SYSTEM can change them.
        self._write(self.data / "postgresql.conf", "".join(f"{name} = '{value}'\n" for name, value in settings.items()))
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(_programs() / "postgres"), "-D", str(self.data)],
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **_as_user(),
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server in order."""
        self._end(2)  # SIGINT: fast

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        self._end(3)  # SIGQUIT: immediate

    def _end(self, number: int) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.wait(30)
        self._process = None

    def log(self) -> str:
        """What the server's log says."""
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")

    def _initialise(self) -> None:
        self.folder.chmod(0o711)
        self.data.mkdir(mode=0o700)
        password = self.folder / "initial"
        self._write(password, self.password)
        _give(self.data)
        command = [str(_programs() / "initdb"), "-D", str(self.data), "-U", USER, "-A", "scram-sha-256", "-k"]
        options = [f"--pwfile={password}", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run([*command, *options], cwd=self.data, check=True, capture_output=True, **_as_user())
        password.unlink()
        (self.folder / "ca.crt").write_text(self.authority.certificate, encoding="ascii")
        self.show(self.authority.vouch(HOST, "localhost"))
        self.admit(hba_file(Site(database="all")))

    def _write(self, path: Path, content: str) -> None:
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8")
        _give(path)


def _programs() -> Path:
    found = programs()
    assert found is not None
    return found


def _as_user() -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(USER)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _give(path: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(path, USER, USER)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def debian_server() -> Iterator[DebianServer]:
    """This worker's PostgreSQL of Debian with a founded city as template; skipped where the package can not be had."""
    if programs() is None:
        pytest.skip("no PostgreSQL of Debian here (apt-get install postgresql; scripts/setup.py does it)")
    with (
        TemporaryDirectory(prefix="gjj-debian-", ignore_cleanup_errors=True) as folder,
        DebianServer(Path(folder)) as server,
    ):
        founded(server, TEMPLATE)
        yield server


@pytest.fixture
def debian_centre(debian_server: DebianServer) -> Iterator[TestCentre]:
    """A centre of a city of its own on Debian's PostgreSQL, reached by TLS."""
    yield from of_template(debian_server)


@pytest.fixture
def empty_database(debian_server: DebianServer) -> Iterator[str]:
    """The address of a database with nothing in it."""
    name = f"empty_{secrets.token_hex(6)}"
    with connect(debian_server.url()) as connection:
        connection.execute(f"create database {name}".encode())
    yield debian_server.url(name)
    with connect(debian_server.url()) as connection:
        connection.execute(f"drop database {name} with (force)".encode())
