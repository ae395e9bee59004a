"""Secrets live in a real keyring or nowhere."""

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
            env={**__import__("os").environ, **environment, "PYTHONPATH": ".", "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert "已锁定" in said.stdout, said.stderr
