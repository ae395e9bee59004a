"""The Secret Service that the demo and the tests bring along."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keyring
import pytest
from keyring.backends import SecretService

from gjj_desktop.errors import OperatingError
from gjj_desktop.security.private_keyring import keyring_within_reach, own_keyring_is_open, private_keyring

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the Secret Service is Linux's")

HOLD_ONE_OPEN = """
import sys
from gjj_desktop.security.private_keyring import private_keyring
with private_keyring() as environment:
    print(environment["DBUS_SESSION_BUS_ADDRESS"], flush=True)
    sys.stdin.read()
"""


@pytest.mark.usefixtures("open_keyring")
def test_a_secret_kept_in_it_comes_back() -> None:
    assert isinstance(keyring.get_keyring(), SecretService.Keyring)
    keyring.set_password("gjj-test", "设备一", "口令 𠀀")
    assert keyring.get_password("gjj-test", "设备一") == "口令 𠀀"
    keyring.delete_password("gjj-test", "设备一")
    assert keyring.get_password("gjj-test", "设备一") is None


def test_another_process_finds_the_same_secret(open_keyring: dict[str, str]) -> None:
    keyring.set_password("gjj-test", "device-2", "made here")
    ask = [sys.executable, "-m", "keyring", "get", "gjj-test", "device-2"]
    answer = subprocess.run(ask, env=os.environ | open_keyring, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "made here"


def test_it_starts_empty_and_leaves_nothing_behind() -> None:
    with private_keyring() as environment:
        folder = folder_of(environment["DBUS_SESSION_BUS_ADDRESS"])
        assert processes_that_name(folder)
    assert not folder.exists()
    assert not processes_that_name(folder)


def test_it_ends_with_a_program_that_is_killed() -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", HOLD_ONE_OPEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    folder = folder_of(program.stdout.readline().strip())
    assert folder.exists()
    program.send_signal(signal.SIGKILL)
    program.communicate()
    wait_until_gone(folder)
    assert not processes_that_name(folder)


def test_a_private_one_is_used_where_the_user_has_none_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    assert not own_keyring_is_open()
    with keyring_within_reach() as added:
        assert os.environ["DBUS_SESSION_BUS_ADDRESS"] == added["DBUS_SESSION_BUS_ADDRESS"]
        assert own_keyring_is_open()
    assert "DBUS_SESSION_BUS_ADDRESS" not in os.environ


@pytest.mark.usefixtures("open_keyring")
def test_the_users_own_is_used_where_it_is_open() -> None:
    with keyring_within_reach() as added:
        assert added == {}


def test_a_machine_without_the_programs_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(OperatingError, match="dbus-daemon、gnome-keyring-daemon"), keyring_within_reach():
        pass


def folder_of(address: str) -> Path:
    return Path(address.removeprefix("unix:path=")).parent


def processes_that_name(folder: Path) -> list[str]:
    commands = (
        path.read_bytes().decode(errors="replace") for path in Path("/proc").glob("[0-9]*/cmdline") if alive(path)
    )
    return [command for command in commands if str(folder) in command]


def alive(path: Path) -> bool:
    try:
        return bool(path.read_bytes())
    except OSError:
        return False


def wait_until_gone(folder: Path) -> None:
    give_up = time.monotonic() + 10
    while folder.exists() and time.monotonic() < give_up:
        time.sleep(0.05)
    assert not folder.exists()
