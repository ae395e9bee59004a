"""What stands in the way of starting or signing in is said calmly, leaves the data alone, and goes away when mended."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import secretstorage
from jeepney.io.blocking import open_dbus_connection
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sqlalchemy import text

import gjj_desktop.security.door as door_of_keys
from gjj_desktop.clock import steady_seconds
from gjj_desktop.counter.opening import SERVICE
from gjj_desktop.security.private_keyring import private_keyring
from gjj_desktop.security.vault import DEVICE_KEY, DEVICE_PASSWORD, STORE_KEY, Vault
from gjj_desktop.store import migrations
from gjj_desktop.store.engine import file_engine
from gjj_desktop.store.store import FILE_NAME
from tests.support.office import PASSWORD, REVIEWER, Hands, Office, until
from tests.ui.pages.sheets import fill, hand_in, saved_count, worker, worker_form
from ui.app import open_app
from ui.messages import Message
from ui.sign_in import SignInPage
from ui.trouble import TroublePage

ROOT = Path(__file__).parents[3]
START_SECONDS_MAX = 60


@pytest.fixture(autouse=True)
def calm(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No trace on the terminal and none in the log."""
    yield
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def started(home: Path, environment: dict[str, str]) -> tuple[str, str]:
    """Start the program as a process of its own on `home`; the page it comes to rest on and all words on that page."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.ui.pages.program"],
        cwd=ROOT,
        env=os.environ | environment | {"GJJ_DESKTOP_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=START_SECONDS_MAX,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    said = json.loads(ended.stdout.splitlines()[0])
    return said["page"], "".join(said["texts"])


def examined(home: Path, environment: dict[str, str]) -> tuple[int, dict[str, dict[str, str]]]:
    """Exit code and lines by name of `gjj-desktop doctor --json`."""
    ended = subprocess.run(
        [sys.executable, "-m", "gjj_desktop", "doctor", "--json"],
        cwd=ROOT,
        env=os.environ | environment | {"GJJ_DESKTOP_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=START_SECONDS_MAX,
    )
    assert "Traceback" not in ended.stdout + ended.stderr
    return ended.returncode, {line["name"]: line for line in json.loads(ended.stdout)["checks"]}


def lock(environment: dict[str, str]) -> None:
    """Lock the keyring of this Secret Service."""
    with closing(open_dbus_connection(environment["DBUS_SESSION_BUS_ADDRESS"])) as connection:
        collection = secretstorage.get_collection_by_alias(connection, "default")
        collection.lock()
        assert collection.is_locked()


def test_without_a_keyring_the_program_says_what_to_install_and_makes_nothing(tmp_path: Path) -> None:
    none = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/no-bus"}
    page, words = started(tmp_path, none)
    assert page == "TroublePage"
    assert "密钥环" in words
    assert "gnome-keyring" in words
    assert not (tmp_path / FILE_NAME).exists()
    code, lines = examined(tmp_path, none)
    assert (code, lines["密钥环"]["state"]) == (1, "bad")
    assert "gnome-keyring" in lines["密钥环"]["mend"]


def test_a_locked_keyring_is_said_and_leaves_the_data_alone(tmp_path: Path) -> None:
    with private_keyring() as own:
        assert started(tmp_path, own)[0] == "EnrolPage"
        before = (tmp_path / FILE_NAME).read_bytes()
        lock(own)
        page, words = started(tmp_path, own)
        assert page == "TroublePage"
        assert "密钥环" in words
        assert "锁" in words
        code, lines = examined(tmp_path, own)
        assert (code, lines["密钥环"]["state"]) == (1, "bad")
        assert "锁" in lines["密钥环"]["what"]
        assert (tmp_path / FILE_NAME).read_bytes() == before


@pytest.fixture
def home(town_office: Office) -> Iterator[Path]:
    """The folder of window 03, with its secrets where the program itself looks for them."""
    ours, programs = Vault(town_office.services["03"]), Vault(SERVICE)
    for name in (STORE_KEY, DEVICE_KEY, DEVICE_PASSWORD):
        secret = ours.get(name)
        assert secret is not None
        programs.put(name, secret)
    yield town_office.folder / "window-03"
    for name in (STORE_KEY, DEVICE_KEY, DEVICE_PASSWORD):
        programs.delete(name)


def test_a_second_process_on_the_same_store_changes_nothing_for_the_first(
    front: Hands, town_office: Office, home: Path
) -> None:
    page = worker_form(front)
    fill(front, page, worker())
    second, words = started(home, {})
    assert second == "TroublePage"
    assert "程序已经打开了" in words
    assert "请切换到已打开的窗口" in words
    hand_in(front, page)
    before = saved_count(front)
    front.app.close()
    second, words = started(home, {})
    assert second == "SignInPage"
    assert "南桥" in words or "青禾" in words
    again = town_office.open("03")
    assert saved_count(again) == before
    town_office.put_away(again)


def revise(home: Path, service: str, revision: str) -> None:
    """Write into the store by which revision it was made."""
    key = Vault(service).get(STORE_KEY)
    assert key is not None
    engine = file_engine(home / FILE_NAME, key)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    engine.dispose()


def test_a_store_of_a_newer_program_is_left_as_it_is(qtbot: QtBot, tmp_path: Path, town_office: Office) -> None:
    service = f"gjj-newer-{secrets.token_hex(4)}"
    first = open_app(tmp_path, service)
    until(lambda: first.machine is not None, "the store")
    first.close()
    revise(tmp_path, service, "2031")
    before = (tmp_path / FILE_NAME).read_bytes()
    app = open_app(tmp_path, service)
    heard: list[Message] = []
    app.in_trouble.connect(heard.append)
    until(lambda: heard, "the page of what is wrong")
    assert "更新版本的程序" in heard[0].what
    assert "请安装最新版本" in heard[0].what_to_do
    assert (tmp_path / FILE_NAME).read_bytes() == before
    page = next(each for each in app.shell.findChildren(TroublePage) if each.isVisible())
    page.retry.click()
    until(lambda: len(heard) == 2, "the same page again")
    revise(tmp_path, service, migrations.REVISIONS[-1])
    page = next(each for each in app.shell.findChildren(TroublePage) if each.isVisible())
    page.retry.click()
    until(lambda: app.machine is not None, "the store")
    app.close()


def card_of(hands: Hands) -> SignInPage:
    page = next(each for each in hands.app.shell.findChildren(SignInPage) if each.isVisible())
    until(lambda: page.daily.lines["clerk"].control.count(), "the clerks of this window")  # type: ignore[attr-defined]
    page.daily.lines["clerk"].set_raw(REVIEWER)
    page.daily.lines["password"].setFocus()
    return page


def try_password(hands: Hands, password: str) -> str:
    """Type it and press Enter; what stands under the line then, "" once the work is open."""
    hands.take()
    page = card_of(hands)
    line = page.daily.lines["password"]
    line.set_finding("")
    hands.type(password)
    hands.press(Qt.Key.Key_Return)
    until(lambda: line.finding or hands.app.shell.work is not None, "the answer")
    said = "" if hands.app.shell.work is not None else line.finding
    hands.rest()
    return said


def test_five_wrong_passwords_make_everybody_wait_also_after_a_restart(
    qtbot: QtBot, town_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = town_office.open("03")
    for left in (4, 3, 2, 1):
        assert f"还可以试 {left} 次" in try_password(hands, "猜一猜")
    said = try_password(hands, "猜一猜")
    assert "30 秒后再试" in said
    page = card_of(hands)
    assert page.daily.is_held
    assert page.daily.raw("password") == ""
    hands.type(PASSWORD)
    hands.press(Qt.Key.Key_Return)
    hands.rest()
    assert hands.app.shell.work is None, "nothing is asked while it has to be waited"
    town_office.put_away(hands)

    again = town_office.open("03")
    assert "秒后再试" in try_password(again, PASSWORD), "a restart does not lift it"
    page = card_of(again)
    monkeypatch.setattr(door_of_keys, "steady_seconds", lambda: steady_seconds() + 31)
    for _ in range(31):
        page.daily._pause.timeout.emit()
    assert not page.daily.is_held
    assert try_password(again, PASSWORD) == ""
    town_office.put_away(again)


def test_whatever_is_typed_as_a_password_is_only_wrong(qtbot: QtBot, town_office: Office) -> None:
    hands = town_office.open("03")
    for password in ("密" * 30_000, "\u202e密\x07", "😀 '; drop table clerk; --"):
        assert "密码不对" in try_password(hands, password)
    assert try_password(hands, PASSWORD) == ""
    town_office.put_away(hands)
