"""`gjj-desktop doctor` on a machine in good and in bad order."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from gjj_desktop.__main__ import main
from gjj_desktop.central.devices import revoke_device
from gjj_desktop.clock import utc_now, utc_text
from gjj_desktop.counter.opening import SERVICE
from gjj_desktop.security.vault import STORE_KEY, Vault
from gjj_desktop.store import meta, migrations
from gjj_desktop.store.engine import file_engine
from gjj_desktop.store.store import FILE_NAME, Store, open_store
from gjj_desktop.sync.wire import CentreAddress
from gjj_desktop.terminal import machine_health
from tests.support.centre import TestCentre
from tests.support.window import Window

Lines = dict[str, dict[str, str]]
Examined = Callable[[], tuple[int, Lines]]


@pytest.fixture
def examined(capsys: pytest.CaptureFixture[str]) -> Examined:
    """Exit code and lines by name of `gjj-desktop doctor --json`."""

    def call() -> tuple[int, Lines]:
        code = main(["doctor", "--json"])
        facts = json.loads(capsys.readouterr().out)
        assert (code == 1) == (facts["state"] == "bad")
        return code, {line["name"]: line for line in facts["checks"]}

    return call


def states(lines: Lines) -> dict[str, str]:
    return {name: line["state"] for name, line in lines.items()}


def test_a_machine_that_is_no_window_yet_is_fit_and_nothing_is_made(home: Path, examined: Examined) -> None:
    code, lines = examined()
    assert code == 0
    assert states(lines)["字体"] == states(lines)["密钥环"] == "ok"
    assert "登记票" in lines["登记"]["mend"]
    assert not list(home.iterdir())


def test_a_window_at_work_is_well_in_every_line(window: Window, examined: Examined) -> None:
    window.store.close()
    code, lines = examined()
    found = states(lines)
    found.pop("打印机")  # the machine that tests run on may have one or not
    of_the_window = ("本机数据", "中心", "号段余", "最早待同步", "时钟偏差", "人员授权", "密钥", "恢复份额")
    assert found == dict.fromkeys(("字体", "密钥环", "磁盘可用", *of_the_window), "ok")
    assert code == 0
    assert "云溪市" in lines["中心"]["what"]
    assert "1 人" in lines["人员授权"]["what"]
    assert not {"林晓", window.clerk} & {word for line in lines.values() for word in line["what"].split()}
    window.open()


def test_while_the_program_is_open_the_store_is_left_alone(window: Window, examined: Examined) -> None:
    code, lines = examined()
    assert code == 0
    assert lines["本机数据"]["state"] == "warn"
    assert "程序已经打开了" in lines["本机数据"]["what"]
    assert "中心" not in lines


def test_no_line_to_the_centre_is_worth_knowing_and_a_revoked_device_is_bad(
    centre: TestCentre, window: Window, examined: Examined
) -> None:
    revoke_device(centre.admin, window.device)
    window.store.close()
    code, lines = examined()
    assert (code, lines["中心"]["state"]) == (1, "bad")
    assert "管理员" in lines["中心"]["mend"]
    window.open()
    window.use_line(CentreAddress(host="127.0.0.1", port=1, dbname="nobody"))
    window.store.close()
    code, lines = examined()
    assert (code, lines["中心"]["state"]) == (0, "warn")
    assert "连不上中心" in lines["中心"]["what"]
    assert "上次同步" in lines["中心"]["what"]
    window.open()


def test_a_clock_turned_back_behind_the_last_sync_is_bad(window: Window, examined: Examined) -> None:
    window.use_line(CentreAddress(host="127.0.0.1", port=1, dbname="nobody"))
    with window.store.work() as connection:
        meta.put(connection, meta.LAST_SYNC_AT, utc_text(utc_now() + timedelta(days=1)))
    window.store.close()
    code, lines = examined()
    assert (code, lines["时钟偏差"]["state"]) == (1, "bad")
    window.open()


def test_numbers_that_run_out_are_told_with_the_way_out(window: Window, examined: Examined) -> None:
    with window.store.work() as connection:
        connection.exec_driver_sql("UPDATE number_block SET next = last - 20 WHERE series = 'CASE'")
    window.store.close()
    assert examined()[1]["号段余"] == {
        "name": "号段余",
        "state": "warn",
        "what": "21 个",
        "mend": "请联网同步或读入中心的回执，领取新号段。",
    }
    window.open()


def test_a_damaged_file_is_told_and_left_where_it_is(window: Window, home: Path, examined: Examined) -> None:
    window.store.close()
    file = home / FILE_NAME
    whole = file.read_bytes()
    file.write_bytes(whole[:8192] + bytes(4096) + whole[12288:])
    before = {path.name for path in home.iterdir()}
    code, lines = examined()
    assert (code, lines["本机数据"]["state"]) == (1, "bad")
    assert {path.name for path in home.iterdir()} == before
    file.write_bytes(whole)
    window.open()


def test_a_file_of_a_newer_program_is_told(window: Window, examined: Examined) -> None:
    with window.store.work() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    window.store.close()
    code, lines = examined()
    assert (code, lines["本机数据"]["state"]) == (1, "bad")
    assert "更新版本" in lines["本机数据"]["what"]
    window.store = open_newer_as_ours(window)


def open_newer_as_ours(window: Window) -> Store:
    engine = file_engine(window.folder / FILE_NAME, window.key)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = ?", (migrations.REVISIONS[-1],))
    engine.dispose()
    return open_store(window.folder, window.key)


def test_a_keyring_without_the_key_is_bad_and_no_key_is_made(window: Window, examined: Examined) -> None:
    window.store.close()
    Vault(SERVICE).delete(STORE_KEY)
    code, lines = examined()
    assert (code, lines["密钥环"]["state"]) == (1, "bad")
    assert "数据密钥" in lines["密钥环"]["what"]
    assert Vault(SERVICE).get(STORE_KEY) is None
    window.open()


def test_a_machine_without_a_keyring_is_told_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gjj_desktop", "doctor", "--json"],
        env=os.environ | {"GJJ_DESKTOP_HOME": str(tmp_path), "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = {line["name"]: line for line in json.loads(done.stdout)["checks"]}
    assert done.returncode == 1
    assert lines["密钥环"]["state"] == "bad"
    assert "gnome-keyring" in lines["密钥环"]["mend"]


def test_a_data_folder_that_can_not_be_made_ends_with_three(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GJJ_DESKTOP_HOME", str(tmp_path / "file" / "home"))
    assert main(["doctor"]) == 3
    assert "数据文件夹" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="lpstat is the printing system of Linux and macOS")
def test_printers_are_those_that_the_system_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lpstat = tmp_path / "lpstat"
    lpstat.write_text(
        "#!/bin/sh\necho 'printer HP-1020 is idle.  enabled since today'\necho 'printer LQ630 disabled'\n"
    )
    lpstat.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    line = machine_health.printer_line()
    assert (line.state, line.what) == ("ok", "2 台：HP-1020、LQ630")
    lpstat.write_text("#!/bin/sh\necho 'lpstat: No destinations added.' >&2\nexit 1\n")
    assert machine_health.printer_line().state == "warn"
    lpstat.write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(machine_health, "PRINTER_SECONDS_MAX", 0.2)
    assert machine_health.printer_line().state == "warn"


def test_for_people_it_is_a_table(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    assert told.splitlines()[0].split() == ["项目", "状态", "情况"]
    assert "请打开程序，输入中心给的登记票。" in told
