"""What does somebody find who has the window's disk, its process list, or its locked screen?"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gjj_desktop.security.vault import DEVICE_KEY, DEVICE_PASSWORD, STORE_KEY, Vault
from tests.support.office import PASSWORD, Hands, Office, run_for, until
from tests.ui.pages.typing_in import GOOD_CARD, type_rent, wait_synced, withdrawal_form
from ui.preview import PreviewPage

NAMES_OF_PLACES = ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


@pytest.fixture
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder below which lies everything that a program keeps for itself: home, temporary files, caches."""
    for name in NAMES_OF_PLACES:
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "TMPDIR"))
    return tmp_path


def files_in(*folders: Path) -> Iterator[Path]:
    return (path for folder in folders for path in folder.rglob("*") if path.is_file())


def written(*words: str) -> list[bytes]:
    return [word.encode(code) for word in words for code in ("utf-8", "utf-16-le", "gb18030")]


def test_neither_disk_nor_process_list_holds_a_name_or_a_key_in_plain(
    own_places: Path, front: Hands, town_office: Office
) -> None:
    page = withdrawal_form(front)
    type_rent(front, page, "郑雨桐", GOOD_CARD)
    front.press(Qt.Key.Key_F9)
    until(lambda: isinstance(front.page, PreviewPage), "the receipt")
    front.press(Qt.Key.Key_Escape)
    wait_synced(front)
    front.type("马文杰")
    front.rest()
    run_for(2500)
    machine, window = front.app.machine, front.app.window
    assert machine is not None
    assert window is not None
    assert window.session is not None
    vault = Vault(town_office.services["03"])
    secrets = [vault.get(name) or b"" for name in (STORE_KEY, DEVICE_KEY, DEVICE_PASSWORD)]
    secrets.append(window.session.private_key)
    assert all(secrets)
    needles = {form for secret in secrets for form in (secret, secret.hex().encode(), secret.hex().upper().encode())}
    needles |= set(written(PASSWORD, "郑雨桐", "马文杰", GOOD_CARD, "19900008816", "云溪银行营业部"))
    looked = []
    for path in files_in(town_office.folder / "window-03", own_places):
        looked.append(path.name)
        content = path.read_bytes()
        assert [needle for needle in needles if needle in content] == [], path
    assert {"store.db", "store.db-wal"} <= set(looked)
    for name in ("environ", "cmdline"):
        content = Path(f"/proc/self/{name}").read_bytes()
        assert [needle for needle in needles if needle in content] == []


def test_the_lock_covers_an_open_list_of_people(front: Hands) -> None:
    page = withdrawal_form(front)
    front.type("郑雨桐")
    picker = page.cards.editors["personal_account_no"].control
    until(lambda: picker.list.isVisible(), "the hits")  # type: ignore[attr-defined]
    front.app.shell._idle.timeout.emit()
    assert front.app.shell.is_locked
    assert not picker.list.isVisible()  # type: ignore[attr-defined]


def test_the_lock_covers_the_hits_of_a_search_also_those_that_come_late(front: Hands) -> None:
    front.press(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    front.type("郑雨桐")
    search = front.work.search
    front.app.shell.lock()
    front.rest()
    run_for(300)
    assert not search.list.isVisible()
    assert front.app.shell.is_locked
    assert QApplication.activePopupWidget() is None
