"""`gjj-desktop keys`: how old the machine's keys are, and new ones while the program is closed."""

import asyncio
import json

import pytest

from gjj_desktop.__main__ import main
from gjj_desktop.counter.opening import SERVICE, open_machine
from gjj_desktop.counter.own_keys import OwnKeys
from gjj_desktop.security.keys import public_key
from gjj_desktop.security.vault import DEVICE_KEY, DEVICE_KEY_NEXT, DEVICE_PASSWORD, STORE_KEY, STORE_KEY_NEXT, Vault
from gjj_desktop.store import own_key
from gjj_desktop.sync import kept
from gjj_desktop.sync.exchange import exchange
from gjj_desktop.sync.own_login import open_own_link
from gjj_desktop.sync.recovery import share_keys
from tests.support.centre import TestCentre
from tests.support.window import Window, post


def test_the_ages_are_told(window: Window, capsys: pytest.CaptureFixture[str]) -> None:
    window.store.close()
    assert main(["keys", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in facts["keys"]] == [DEVICE_KEY, DEVICE_PASSWORD, STORE_KEY]
    assert {each["days_max"] for each in facts["keys"]} == {365}
    assert facts["trouble"] == ""
    assert main(["keys"]) == 0
    assert "数据密钥" in capsys.readouterr().out
    window.open()


def test_all_three_are_changed_and_the_window_goes_on(centre: TestCentre, window: Window) -> None:
    window.save()
    window.store.close()
    vault = Vault(SERVICE)
    before = {name: vault.get(name) for name in (STORE_KEY, DEVICE_KEY, DEVICE_PASSWORD)}
    assert main(["keys", "--change", "--yes"]) == 0
    assert {name: vault.get(name) for name in before} == before  # the file waits for halves of its next key
    assert vault.get(DEVICE_KEY_NEXT) is not None
    opened = open_machine(window.folder, SERVICE)
    asked: list[str] = []
    keys = OwnKeys(opened.window_without_sync(), vault, lambda: asked.append("password"))

    async def meet() -> None:
        with opened.store.read() as connection:
            settings = kept.settings(connection)
        async with open_own_link(settings, vault) as link:
            await exchange(link, opened.store, lambda total: None)
            await share_keys(link, opened.store, window.folder, vault)

    for _ in range(2):
        asyncio.run(meet())
        post(centre)
    keys.look()
    assert asked == ["password"]
    new = vault.get(DEVICE_KEY)
    assert new is not None
    assert new != before[DEVICE_KEY]
    assert vault.get(DEVICE_KEY_NEXT) is None
    registered = "select public_key from core.registration where device = %s"
    assert centre.admin.execute(registered, (window.device,)).fetchone() == (public_key(new),)
    opened.close()
    opened = open_machine(window.folder, SERVICE)
    assert (vault.get(STORE_KEY) == before[STORE_KEY], vault.get(STORE_KEY_NEXT)) == (False, None)
    with opened.store.read() as connection:
        assert not own_key.is_wanted(connection, STORE_KEY)
    opened.close()
    window.key = vault.get(STORE_KEY) or b""
    window.open()
    assert window.counts().accepted == 2


def test_without_the_word_nothing_is_changed(
    window: Window, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    window.store.close()
    vault = Vault(SERVICE)
    before = vault.get(STORE_KEY)
    monkeypatch.setattr("gjj_desktop.terminal.keys.typer.prompt", lambda _: "不")
    assert main(["keys", "--change"]) == 1
    assert "没有更换" in capsys.readouterr().err
    assert (vault.get(STORE_KEY), vault.get(DEVICE_KEY_NEXT)) == (before, None)
    window.open()


def test_while_the_program_is_open_it_says_so(window: Window, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys"]) == 3
    assert "程序已经打开了" in capsys.readouterr().err
