"""What the clerk sees when the program can not be opened, and that it opens once the reason is gone."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import keyring
import pytest
from keyring.backends import SecretService
from pytestqt.qtbot import QtBot

from gjj_desktop.counter.opening import open_machine
from gjj_desktop.security.vault import STORE_KEY, Vault
from gjj_desktop.store.store import FILE_NAME
from tests.support.office import until
from ui.app import App, open_app
from ui.enrol import EnrolPage
from ui.messages import Message
from ui.trouble import TroublePage


@pytest.fixture
def service(open_keyring: dict[str, str]) -> str:
    keyring.set_keyring(SecretService.Keyring())
    return f"gjj-opening-{secrets.token_hex(4)}"


def trouble_of(folder: Path, service: str) -> tuple[App, Message]:
    """Open the program and wait for the page that says why it can not be opened."""
    app = open_app(folder, service)
    heard: list[Message] = []
    app.in_trouble.connect(heard.append)
    until(lambda: heard, "the page of what is wrong")
    return app, heard[0]


def page_of(app: App, kind: type) -> object:
    until(lambda: any(page.isVisible() for page in app.shell.findChildren(kind)), kind.__name__)
    return next(page for page in app.shell.findChildren(kind) if page.isVisible())


def test_a_fresh_machine_asks_for_its_ticket(qtbot: QtBot, tmp_path: Path, service: str) -> None:
    app = open_app(tmp_path, service)
    assert isinstance(page_of(app, EnrolPage), EnrolPage)
    app.close()


def test_a_second_start_says_so_and_opens_once_the_first_is_closed(qtbot: QtBot, tmp_path: Path, service: str) -> None:
    first = open_machine(tmp_path, service)
    app, message = trouble_of(tmp_path, service)
    assert message.what == "程序已经打开了。"
    assert "请" in message.what_to_do
    first.close()
    page = page_of(app, TroublePage)
    assert isinstance(page, TroublePage)
    page.retry.click()
    assert isinstance(page_of(app, EnrolPage), EnrolPage)
    app.close()


def test_another_key_in_the_keyring_leaves_the_data_alone(qtbot: QtBot, tmp_path: Path, service: str) -> None:
    open_machine(tmp_path, service).close()
    before = (tmp_path / FILE_NAME).read_bytes()
    Vault(service).put(STORE_KEY, secrets.token_bytes(32))
    app, message = trouble_of(tmp_path, service)
    assert "密钥" in message.what
    assert (tmp_path / FILE_NAME).read_bytes() == before
    app.close()


def test_without_a_keyring_nothing_is_opened(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/no-bus")
    app, message = trouble_of(tmp_path, "gjj-no-keyring")
    assert "密钥环" in message.what
    assert not (tmp_path / FILE_NAME).exists()
    app.close()


def test_a_damaged_store_is_set_aside_and_said_calmly(qtbot: QtBot, tmp_path: Path, service: str) -> None:
    open_machine(tmp_path, service).close()
    file = tmp_path / FILE_NAME
    file.write_bytes(file.read_bytes()[:4096] + secrets.token_bytes(file.stat().st_size - 4096))
    app, message = trouble_of(tmp_path, service)
    assert "损坏" in message.what
    assert "Traceback" not in message.what + message.what_to_do
    assert list(tmp_path.glob("damaged-*"))
    app.close()


def test_the_first_window_needs_neither_store_nor_keyring() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, ui.app; print(*sys.modules)"],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "PySide6.QtWidgets" in loaded
    assert not {"sqlalchemy", "keyring", "psycopg", "reportlab"} & set(loaded)
