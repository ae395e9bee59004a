"""A real window for the commands that look at this machine: its folder is where the program looks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gjj_desktop.counter.door import SignInDesk
from gjj_desktop.counter.opening import SERVICE
from gjj_desktop.counter.window import Window as Counter
from gjj_desktop.security.vault import DEVICE_KEY, STORE_KEY, Vault
from tests.support.centre import TestCentre, centre, centre_server
from tests.support.window import OUTLET, PASSWORD, Window, enrolled_window

__all__ = ["centre", "centre_server"]

SECRET_NAMES = ("store_key", "device_key", "device_password")
BESIDE = ("store_key_next", "device_key_next", "device_password_next", "device_password_before")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_keyring: dict[str, str]) -> Iterator[Path]:
    """The data folder of this machine, empty, with an open keyring that holds nothing of ours."""
    folder = tmp_path / "home"
    monkeypatch.setenv("GJJ_DESKTOP_HOME", str(folder))
    yield folder
    for name in (*SECRET_NAMES, *BESIDE):
        Vault(SERVICE).delete(name)


@pytest.fixture
def window(centre: TestCentre, home: Path) -> Iterator[Window]:
    """This machine enrolled as a window, its program not running; close the store before calling a command."""
    centre.add_outlet(OUTLET)
    made = enrolled_window(centre, home)
    theirs, ours = made.vault, Vault(SERVICE)
    for name in SECRET_NAMES[1:]:
        secret = theirs.get(name)
        assert secret is not None
        ours.put(name, secret)
    ours.put(STORE_KEY, made.key)
    made.share()
    yield made
    made.store.close()


@pytest.fixture
def counter(window: Window) -> Counter:
    """The same window with its clerk signed in."""
    device_key = window.vault.get(DEVICE_KEY)
    assert device_key is not None
    made = Counter(window.store, device_key)
    opened = SignInDesk(made, lambda *_: None).sign_in(window.clerk, PASSWORD)
    assert opened.opened, opened.sentence
    return made
