"""Where do secrets go on a machine that has no keyring: into a Secret Service that lives as long as we do.

For the demo and the tests on Linux. The parts are the real ones (dbus-daemon and gnome-keyring-daemon); only the
folder they keep, the bus they sit on and the time they live are private. A window at work never uses this: it asks
the user's own keyring and does not start without it.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gjj_desktop.errors import OperatingError

START_SECONDS_MAX = 20.0
STOP_SECONDS_MAX = 10.0
PROGRAMS = ("dbus-daemon", "gnome-keyring-daemon")

# No service folders: nothing is started on this bus by being asked for.
BUS_CONFIG = """<busconfig>
  <type>session</type>
  <listen>unix:path={folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""

# The keeper's standard input is a pipe from us, so it ends when we do, also when we are killed; then it tidies up.
# The first line of the pipe is the keyring's password, which so appears in no list of processes. A keyring that dies is
# started again, as systemd does for the one of a desktop: what it kept is in its folder, under the same password.
KEEPER = """\
cd "$1" && IFS= read -r password || exit 1
dbus-daemon --config-file="$1/bus.conf" --nofork </dev/null >>log 2>&1 & bus=$!
export HOME="$1" XDG_RUNTIME_DIR="$1" XDG_DATA_HOME="$1" DBUS_SESSION_BUS_ADDRESS="unix:path=$1/bus"
waits=0
until [ -S bus ] || [ "$waits" -ge 200 ]; do sleep 0.05; waits=$((waits + 1)); done
keep_keyring() {
  trap 'kill "$keyring" 2>/dev/null; wait "$keyring"; exit' TERM
  while :; do
    printf %s "$password" >password.fifo &
    gnome-keyring-daemon --foreground --unlock --components=secrets --control-directory="$1" \
      <password.fifo >>log 2>&1 & keyring=$!
    wait "$keyring"
    echo "gnome-keyring-daemon ended: $?" >>log
    sleep 0.1
  done
}
mkfifo -m 600 password.fifo && keep_keyring "$1" </dev/null & keeping=$!
cat >/dev/null
kill "$keeping" && wait "$keeping"
kill "$bus" 2>/dev/null
wait
cd / && rm -rf "$1"
"""


@contextmanager
def private_keyring() -> Iterator[dict[str, str]]:
    """A fresh, unlocked, empty Secret Service that is gone at the end of the block.

    Yields the environment by which `keyring` finds it (DBUS_SESSION_BUS_ADDRESS), to be laid over os.environ or
    given to child processes. Works as root and without a display, several side by side. Nothing is left in the file
    system or among the processes, even when this process is killed.

    Raises:
        OperatingError: dbus-daemon or gnome-keyring is not installed, or did not answer within 20 seconds.
    """
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        raise OperatingError(f"没有找到 {'、'.join(missing)}。", "请安装 dbus-daemon 和 gnome-keyring 后再试。")
    folder = Path(tempfile.mkdtemp(prefix="gjj-keyring-"))
    keeper = _start_keeper(folder)
    try:
        environment = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/bus"}
        _wait_until_open(environment["DBUS_SESSION_BUS_ADDRESS"], keeper, folder / "log")
        yield environment
    finally:
        _stop_keeper(keeper, folder)


def own_keyring_is_open() -> bool:
    """Whether this user's own Secret Service answers now with an unlocked default keyring; never asks anything."""
    address = os.environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    return bool(address) and _is_open(address)


@contextmanager
def keyring_within_reach() -> Iterator[dict[str, str]]:
    """The user's own keyring where it is open, else a private one, laid into os.environ for the block.

    Yields what was added to the environment: nothing when the own keyring serves, as it always does on Windows and
    macOS.
    """
    own = sys.platform != "linux" or own_keyring_is_open()
    if own:
        yield {}
        return
    with private_keyring() as added:
        before = dict(os.environ)
        os.environ.update(added)
        try:
            yield added
        finally:
            for name in added:
                _put_back(name, before.get(name))


def _put_back(name: str, value: str | None) -> None:
    if value is None:
        del os.environ[name]
    else:
        os.environ[name] = value


def _start_keeper(folder: Path) -> subprocess.Popen[bytes]:
    (folder / "bus.conf").write_text(BUS_CONFIG.format(folder=folder), encoding="utf-8")
    (folder / "keeper.sh").write_text(KEEPER, encoding="utf-8")
    keeper = subprocess.Popen(
        ["/bin/sh", str(folder / "keeper.sh"), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C in the terminal reaches the program first, which still needs its keyring
    )
    assert keeper.stdin is not None
    keeper.stdin.write(secrets.token_hex(16).encode() + b"\n")
    keeper.stdin.flush()
    return keeper


def _stop_keeper(keeper: subprocess.Popen[bytes], folder: Path) -> None:
    assert keeper.stdin is not None
    keeper.stdin.close()
    try:
        keeper.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        os.killpg(keeper.pid, 9)
        keeper.wait()
    shutil.rmtree(folder, ignore_errors=True)


def _wait_until_open(address: str, keeper: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + START_SECONDS_MAX
    while not _is_open(address):
        if keeper.poll() is not None or time.monotonic() > give_up:
            said = log.read_text(errors="replace").strip() if log.exists() else ""
            raise OperatingError("gnome-keyring 没有启动。", f"请运行 gjj-desktop doctor 检查密钥环。{said}")
        time.sleep(0.05)


def _is_open(address: str) -> bool:
    import secretstorage
    from jeepney import DBusErrorResponse
    from jeepney.io.blocking import open_dbus_connection

    try:
        with closing(open_dbus_connection(address)) as connection:
            collection = secretstorage.get_collection_by_alias(connection, "default")
            return not collection.is_locked()
    except (OSError, RuntimeError, ValueError, DBusErrorResponse, secretstorage.SecretStorageException):
        return False
