"""Secrets live in a real keyring or nowhere."""

import os
import subprocess
import sys

import pytest

from gjj_desktop.errors import OperatingError
from gjj_desktop.security.vault import STORE_KEY, Vault

LOCKED = """
import secretstorage
from contextlib import closing
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.vault import Vault
Vault("gjj-locked").put("store_key", b"k")
with closing(secretstorage.dbus_init()) as bus:
    secretstorage.get_default_collection(bus).lock()
try:
    Vault("gjj-locked").get("store_key")
except OperatingError as error:
    print(error.what)
"""

DIES = """
import os, signal
from pathlib import Path
from gjj_desktop.security.vault import Vault

def kill_the_service():
    folder = os.environ["DBUS_SESSION_BUS_ADDRESS"].removeprefix("unix:path=").removesuffix("/bus")
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = each.read_bytes().decode().split("\\0")
        except OSError:  # it ended meanwhile
            continue
        if words[0] == "gnome-keyring-daemon" and f"--control-directory={folder}" in words:
            os.kill(int(each.parent.name), signal.SIGKILL)
            return
    raise SystemExit("no service to kill")

vault = Vault("gjj-dies")
vault.put("store_key", b"kept")
kill_the_service()
print(vault.get("store_key").decode())
kill_the_service()
Vault("gjj-dies").put("store_key", b"another")
print(vault.get("store_key").decode())
"""


def test_a_secret_comes_back_as_it_was_put(open_keyring):
    vault = Vault("gjj-test-roundtrip")
    secret = bytes(range(256))
    vault.put(STORE_KEY, secret)
    assert Vault("gjj-test-roundtrip").get(STORE_KEY) == secret
    assert Vault("gjj-test-other").get(STORE_KEY) is None
    vault.put(STORE_KEY, b"newer")
    assert vault.get(STORE_KEY) == b"newer"
    vault.delete(STORE_KEY)
    vault.delete(STORE_KEY)
    assert vault.get(STORE_KEY) is None


def test_a_keyring_that_dies_is_waited_for():
    """The service is started again with what it kept; a call in between is answered all the same."""
    from gjj_desktop.security.private_keyring import private_keyring

    with private_keyring() as environment:
        done = subprocess.run(
            [sys.executable, "-c", DIES],
            env={**os.environ, **environment, "PYTHONPATH": "."},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.stdout == "kept\nanother\n", done.stderr


def test_without_a_keyring_there_is_no_vault():
    with pytest.raises(OperatingError) as refused:
        Vault("gjj-test-none")
    assert "密钥环" in refused.value.what
    assert "gnome-keyring" in refused.value.what_to_do


@pytest.mark.parametrize("name", ["null.Keyring", "fail.Keyring", "chainer.ChainerBackend"])
def test_no_setting_can_name_a_weaker_keyring(monkeypatch, name):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", f"keyring.backends.{name}")
    with pytest.raises(OperatingError):
        Vault("gjj-test-none")


def test_a_locked_keyring_says_that_it_is_locked():
    from gjj_desktop.security.private_keyring import private_keyring

    with private_keyring() as environment:
        said = subprocess.run(
            [sys.executable, "-c", LOCKED],
            env={**os.environ, **environment, "PYTHONPATH": ".", "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert "已锁定" in said.stdout, said.stderr
