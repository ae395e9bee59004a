"""A full disk, another city, a clock that is wrong: said to the clerk, and nothing typed or saved is lost."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gjj_desktop import clock
from gjj_desktop.cases.rows import Outlet
from gjj_desktop.central.city import found_city, publish_policy, today
from gjj_desktop.central.devices import add_outlet
from gjj_desktop.demo.centre import DATABASE, DemoCentre
from gjj_desktop.demo.desk import DemoDesk
from gjj_desktop.policy_files import read_policy
from gjj_desktop.security.keys import new_private_key, public_key
from gjj_desktop.store import meta
from gjj_desktop.store.store import FILE_NAME
from tests.support.office import CLERK, OUTLET, PASSWORD, Hands, Office, until
from tests.ui.pages.sheets import drafts_of, fill, hand_in, no_more_room, saved_count, worker, worker_form, write
from tests.ui.pages.typing_in import CONTROL, wait_synced
from ui.app import open_app
from ui.pages.case_form import CaseForm, open_draft
from ui.pages.home import DRAFTS
from ui.pages.sync import SyncPage

DISK = "240m"  # the policy of the town wants 200 MiB free


@pytest.fixture(autouse=True)
def calm(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No trace on the terminal and none in the log."""
    yield
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_full_disk_is_said_at_the_form_and_f9_works_once_there_is_room(front: Hands) -> None:
    page = worker_form(front)
    fill(front, page, worker(name="阿卜杜拉·买买提"))
    typed, before = page.cards.raw(), saved_count(front)
    with no_more_room(front):
        front.press(Qt.Key.Key_F9)
        until(lambda: front.work.banner.isVisible(), "what went wrong")
        front.rest()
        assert "磁盘已满" in front.work.banner.what.text()
        assert "请清理" in front.work.banner.what_to_do.text()
        assert (front.page, page.cards.raw(), saved_count(front)) == (page, typed, before)
        write(front, page, "name", "阿卜杜拉·买买提" + "·依明" * 4_000)
        page.flush()
        until(lambda: "草稿未能保存" in page.note(), "the note about the draft")
    write(front, page, "name", "阿卜杜拉·买买提")
    hand_in(front, page)
    wait_synced(front)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tiny", str(folder)]
    may = shutil.which("mount") and hasattr(os, "geteuid") and os.geteuid() == 0
    if not may or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill_up(file: Path, left_bytes: int) -> None:
    """Write to `file` until so much is left on its disk."""
    with suppress(OSError), file.open("wb", buffering=0) as writing:
        while (room := shutil.disk_usage(file.parent).free - left_bytes) > 0:
            writing.write(bytes(min(room, 16 << 20)))


def test_on_a_disk_that_really_is_full_nothing_is_lost(qtbot: QtBot, town_office: Office, tiny_disk: Path) -> None:
    service = f"gjj-tiny-{secrets.token_hex(4)}"
    desk = DemoDesk(tiny_disk, service)
    desk.enrol(town_office.centre, OUTLET, "07")
    desk.introduce(town_office.centre, CLERK, PASSWORD)
    desk.sign_in(CLERK, PASSWORD)
    desk.close()
    app = open_app(tiny_disk, service)
    hands = Hands(app)
    hands.sign_in(CLERK)
    page = worker_form(hands)
    fill(hands, page, worker())
    typed, before = page.cards.raw(), saved_count(hands)
    filled = tiny_disk / "filled"
    for left_bytes in (100 << 20, 8192, 0):
        filled.write_bytes(b"")
        fill_up(filled, left_bytes)
        hands.work.banner.hide()
        hands.press(Qt.Key.Key_F9)
        until(lambda: hands.work.banner.isVisible(), "what went wrong")
        hands.rest()
        assert "磁盘" in hands.work.banner.what.text()
        assert "请清理" in hands.work.banner.what_to_do.text()
        assert (hands.page, page.cards.raw(), saved_count(hands)) == (page, typed, before)
    write(hands, page, "name", "何小满" + "·满" * 4_000)
    page.flush()
    until(lambda: "草稿未能保存" in page.note(), "the note about the draft")
    filled.unlink()
    write(hands, page, "name", "何小满")
    hand_in(hands, page)
    wait_synced(hands)
    assert app.machine is not None
    assert app.machine.store.faults() == []
    app.close()
    assert (tiny_disk / FILE_NAME).stat().st_size


_REGISTERED = "select row_to_json(found)::text from core.registration found where device = %s"
_SAME_WINDOW = "insert into core.registration select * from json_populate_record(null::core.registration, %s::json)"


@contextmanager
def another_city(centre: DemoCentre) -> Iterator[None]:
    """On the centre's port another city answers, which by chance knows a window of the same number and password."""
    with centre.administration() as connection:
        registered = connection.execute(_REGISTERED, (f"{OUTLET}03",)).fetchone()[0]  # type: ignore[index]
    centre.cut()
    centre.server.start()
    with closing(psycopg.connect(centre.server.url(), autocommit=True)) as server:
        server.execute(f"alter database {DATABASE} rename to ours")
        server.execute(f"create database {DATABASE}")
    found_city(centre.server.url(DATABASE), "8800", "河州市", public_key(new_private_key()), today())
    with centre.administration() as connection:
        publish_policy(connection, read_policy())
        connection.execute(f"grant connect on database {DATABASE} to gjj_device")
        add_outlet(connection, Outlet(number=OUTLET, name="西渡网点", centre_name="河州市住房公积金管理中心"))
        connection.execute(_SAME_WINDOW, (registered,))
    try:
        yield
        with centre.administration() as connection:
            received = connection.execute("select count(*) from core.inbox").fetchone()
        assert received == (0,), "nothing was sent to the other city"
    finally:
        centre.server.stop()
        centre.server.start()
        with closing(psycopg.connect(centre.server.url(), autocommit=True)) as server:
            server.execute(f"drop database {DATABASE} with (force)")
            server.execute(f"alter database ours rename to {DATABASE}")
        centre.restore()


def test_a_centre_of_another_city_gets_nothing(front: Hands, town_office: Office) -> None:
    wait_synced(front)
    machine = front.app.machine
    assert machine is not None
    with another_city(town_office.centre):
        page = worker_form(front)
        fill(front, page, worker())
        hand_in(front, page)
        front.press(Qt.Key.Key_9, CONTROL)
        sync = front.page
        assert isinstance(sync, SyncPage)
        front.press(Qt.Key.Key_F9)
        until(lambda: "河州市" in sync.words.text(), "the other city's name")
        assert "本机没有上送任何业务" in sync.words.text()
        assert "需处理" in front.work.line_state.text()
        assert machine.engine.state().pending == 1
        page = worker_form(front)
        fill(front, page, worker())
        hand_in(front, page)
        assert machine.engine.state().pending == 2
    machine.engine.nudge(now=True)
    wait_synced(front)
    until(lambda: front.work.line_state.text().startswith("已同步"), "the state of the line")


def move_clock(patch: pytest.MonkeyPatch, by: timedelta) -> None:
    """Set the machine's wall clock: every module reads it through `clock`, the steady clock stays."""
    true_now = clock.utc_now

    def moved() -> datetime:
        return true_now() + by

    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType) and getattr(module, "utc_now", None) is true_now:
            patch.setattr(module, "utc_now", moved)


def skew_of(hands: Hands) -> float:
    """How far the window takes its clock to be ahead, in seconds."""
    assert hands.app.window is not None
    with hands.app.window.reading() as connection:
        return meta.get(connection, meta.CLOCK_SKEW_SECONDS, float) or 0.0


def time_at(hands: Hands) -> datetime:
    """What time the window takes it to be."""
    window = hands.app.window
    assert window is not None
    with window.reading() as connection:
        return window.now(connection)


@pytest.mark.parametrize("by", [timedelta(days=366), timedelta(days=-366)], ids=["a year ahead", "a year back"])
def test_a_clock_that_is_a_year_wrong_takes_nothing_in_and_loses_nothing(
    qtbot: QtBot, town_office: Office, by: timedelta
) -> None:
    day = today()
    with pytest.MonkeyPatch.context() as patch:
        move_clock(patch, by)
        hands = town_office.open("03")
        until(lambda: abs((time_at(hands) - datetime.now(UTC)).total_seconds()) < 120, "the centre's time")
        hands.sign_in(CLERK)
        window = hands.app.window
        assert window is not None
        with window.reading() as connection:
            assert window.business_date(connection) == day
        page = worker_form(hands)
        raw = worker()
        fill(hands, page, raw)
        before = saved_count(hands)
        hands.press(Qt.Key.Key_F9)
        until(lambda: hands.work.banner.isVisible(), "what is wrong")
        assert "时钟偏差" in hands.work.banner.what.text()
        assert hands.work.banner.what_to_do.text().startswith("请")
        assert (hands.page, page.cards.raw()["name"], saved_count(hands)) == (page, raw["name"], before)
        hands.press(Qt.Key.Key_Escape)
        hands.rest()
        (kept,) = [draft for draft in drafts_of(hands) if draft.raw.get("identity_no") == raw["identity_no"]]
        town_office.put_away(hands)
    again = town_office.open("03")
    until(lambda: abs(skew_of(again)) < 60, "the clock measured again")
    again.sign_in(CLERK)
    until(lambda: any(getattr(row, "tab", "") == DRAFTS for row in again.page._loaded), "the drafts")  # type: ignore[attr-defined]
    open_draft(again.page.office, again.page, kept)  # type: ignore[attr-defined]
    opened = again.page
    assert isinstance(opened, CaseForm)
    again.rest()
    hand_in(again, opened)
    wait_synced(again)
    town_office.put_away(again)
