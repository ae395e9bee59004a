import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gjj_desktop.cases.rows import Employer
from gjj_desktop.store import view
from gjj_desktop.sync.wire import CentreAddress
from tests.support.centre import TestCentre
from tests.support.line import Line
from tests.support.window import OUTLET, Window, enrolled_window, post

SAVED = 5


@pytest.fixture
def window(centre: TestCentre, tmp_path: Path, open_keyring: dict[str, str]) -> Iterator[Window]:
    centre.add_outlet(OUTLET)
    made = enrolled_window(centre, tmp_path / "03")
    for _ in range(SAVED):
        made.save()
    yield made
    made.store.close()


def run_until_killed(window: Window, centre: TestCentre, direction: str, sign: bytes, times: int) -> None:
    """Run the window's exchange as a program of its own; SIGKILL it when `sign` passes the line the nth time."""
    with Line(centre.server.port) as line:
        window.use_line(CentreAddress(host="127.0.0.1", port=line.port, dbname=centre.database))
        window.store.close()
        arguments = [str(window.folder), window.key.hex(), window.vault.service]
        program = subprocess.Popen([sys.executable, "-m", "tests.support.exchange_program", *arguments])
        passed = 0

        def look(data: bytes) -> bool:
            nonlocal passed
            passed += sign in data
            if passed == times:
                program.kill()
            return False

        setattr(line, direction, look)
        try:
            assert program.wait(60) == -9
        finally:
            program.kill()
    window.open()
    window.use_line(centre.address)


@pytest.mark.parametrize(
    ("direction", "sign", "times"),
    [
        ("cut_when_asked", b"api.hand_in", 1),
        ("cut_when_asked", b"api.hand_in", 3),
        ("cut_when_answered", b"received", 2),
        ("cut_when_asked", b"api.pull", 1),
    ],
    ids=["first page asked", "last page asked", "second page answered", "pull asked"],
)
def test_a_program_killed_in_the_middle_loses_and_doubles_nothing(
    centre: TestCentre, window: Window, direction: str, sign: bytes, times: int
) -> None:
    run_until_killed(window, centre, direction, sign, times)
    assert window.store.faults() == []
    counts = window.counts()
    assert counts.waiting + counts.handed_in == SAVED
    asyncio.run(window.exchange())
    arrived = "select count(*), max(sequence) from core.inbox where device = %s"
    assert centre.admin.execute(arrived, (window.device,)).fetchone() == (SAVED, SAVED)
    assert post(centre).accepted == SAVED
    asyncio.run(window.exchange())
    assert window.counts().accepted == SAVED
    with window.store.read() as connection:
        assert len(view.rows_of(connection, Employer)) == SAVED


def test_a_program_killed_while_it_takes_in_the_answers_takes_them_in_afterwards(
    centre: TestCentre, window: Window
) -> None:
    asyncio.run(window.exchange())
    assert post(centre).accepted == SAVED
    run_until_killed(window, centre, "cut_when_answered", b"Employer", 1)
    asyncio.run(window.exchange())
    assert window.counts().accepted == SAVED
    with window.store.read() as connection:
        assert len(view.rows_of(connection, Employer)) == SAVED
