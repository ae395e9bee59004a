"""Do the commands of `gjj-central` for moving a window and for taking one over end as they say?"""

import json
from collections.abc import Callable

import pytest

from gjj_desktop.central.__main__ import main
from gjj_desktop.sync.wire import take_over_of_line
from tests.support.centre import TestCentre

SECOND = "gjj_second_on_the_terminal"
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(centre: TestCentre, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a command as one of two administrators; answers its exit code and what it printed on either stream."""
    centre.add_outlet()
    centre.add_outlet("9906")
    if centre.admin.execute("select from pg_roles where rolname = %s", (SECOND,)).fetchone() is None:
        centre.admin.execute(f"create role {SECOND} superuser login password 'second'")

    def run(*arguments: str, second: bool = False) -> tuple[int, str, str]:
        login = SECOND if second else "postgres"
        monkeypatch.setenv(
            "GJJ_CENTRE", f"postgresql://{login}@127.0.0.1:{centre.address.port}/{centre.address.dbname}"
        )
        monkeypatch.setenv("PGPASSWORD", "second" if second else centre.server.password)
        code = main(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_window_is_told_to_move_once_and_may_be_told_to_stay(centre: TestCentre, call: Call) -> None:
    device = centre.add_device()
    centre.add_clerk(device, "990501")
    code, out, _ = call("move-device", "990503", "--outlet", "9906", "--window", "01")
    assert (code, out) == (0, "990503 -> 990601\n")
    code, _, err = call("move-device", "990503", "--outlet", "9906", "--window", "02")
    assert code == 1
    assert "已经通知迁往 990601" in err
    code, _, err = call("add-device", "--outlet", "9906", "--window", "01")
    assert code == 1
    assert "还没有迁出" in err
    assert call("move-device", "990503", "--take-back")[:2] == (0, "990503: stays\n")
    assert call("move-device", "990503", "--take-back")[0] == 1
    assert call("move-device", "990503", "--outlet", "99", "--window", "01")[0] == 2
    assert call("move-device", "990503")[0] == 2
    code, out, _ = call("move-device", "990503", "--outlet", "9906", "--window", "01", "--json")
    assert json.loads(out) == {"device": "990503", "new_device": "990601", "clerks": []}


def test_two_administrators_give_a_ticket_for_a_broken_machine(centre: TestCentre, call: Call) -> None:
    device = centre.add_device()
    code, _, err = call("take-over", "990503")
    assert code == 1
    assert "没有窗口 990503 的恢复份额" in err
    with device.connect() as connection:
        connection.execute("select api.give_share(%s, %s)", ("0" * 32, bytes(32)))
    assert call("agree-take-over", "990503", second=True)[0] == 1
    assert call("take-over", "990503")[0] == 0
    code, _, err = call("agree-take-over", "990503")
    assert code == 1
    assert "两个人" in err
    code, out, _ = call("agree-take-over", "990503", "--json", second=True)
    assert code == 0
    made = take_over_of_line(str(json.loads(out)["ticket"]))
    assert (made.ticket.device, made.shares) == ("990503", {"0" * 32: bytes(32)})
    told = centre.admin.execute("select who, what from core.audit where what like 'take_over%' order by number")
    assert told.fetchall() == [("postgres", "take_over_asked"), (SECOND, "take_over_agreed")]
