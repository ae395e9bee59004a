import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from gjj_desktop.cases.rows import Employer
from gjj_desktop.central.city import connect
from gjj_desktop.central.devices import revoke_device
from gjj_desktop.clock import utc_now
from gjj_desktop.store import view
from gjj_desktop.sync import engine as engine_module
from gjj_desktop.sync import kept
from gjj_desktop.sync.state import SyncKind
from gjj_desktop.sync.wire import CentreAddress
from tests.support.centre import CENTRE_KEY, TestCentre
from tests.support.line import Line
from tests.support.window import OUTLET, Watched, Window, enrolled_window, post, until


@pytest.fixture
def window(centre: TestCentre, tmp_path: Path, open_keyring: dict[str, str]) -> Iterator[Window]:
    centre.add_outlet(OUTLET)
    made = enrolled_window(centre, tmp_path / "03")
    yield made
    made.store.close()


@pytest.fixture
def colleague(centre: TestCentre, window: Window, tmp_path: Path) -> Iterator[Window]:
    made = enrolled_window(centre, tmp_path / "04", "04", "010002")
    yield made
    made.store.close()


@pytest.fixture
def line(centre: TestCentre, window: Window) -> Iterator[Line]:
    with Line(centre.server.port) as open_line:
        window.use_line(CentreAddress(host="127.0.0.1", port=open_line.port, dbname=centre.database))
        yield open_line


@contextmanager
def posting(centre: TestCentre) -> Iterator[None]:
    """The centre posts whatever comes in, on a thread, until the end of the block."""
    stop = threading.Event()

    def work() -> None:
        from gjj_desktop.central.posting import post_all

        with connect(centre.url) as connection:
            connection.execute("listen gjj_inbox")
            while not stop.is_set():
                post_all(connection, CENTRE_KEY)
                for _ in connection.notifies(timeout=0.2, stop_after=1):
                    pass

    thread = threading.Thread(target=work, name="posting")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def employer_count(window: Window) -> int:
    with window.store.read() as connection:
        return len(view.rows_of(connection, Employer))


def test_a_saved_case_is_sent_posted_and_answered_without_anybody_asking(centre: TestCentre, window: Window) -> None:
    with posting(centre), Watched(window) as watched:
        until(lambda: watched.state.kind is SyncKind.SYNCED)
        window.save()
        watched.engine.nudge()
        until(lambda: window.counts().accepted == 1)
        until(lambda: watched.state.kind is SyncKind.SYNCED)
    kinds = [state.kind for state, _ in watched.heard]
    assert SyncKind.SYNCING in kinds
    assert any({"Employer", "Case"} <= changes.row_types and changes.answers == 1 for _, changes in watched.heard)


def test_synced_is_not_said_before_the_centre_has_answered(centre: TestCentre, window: Window) -> None:
    with Watched(window) as watched:
        until(lambda: watched.state.kind is SyncKind.SYNCED)
        window.save()
        assert watched.engine.state().kind is SyncKind.PENDING
        heard = len(watched.heard)
        watched.engine.nudge()
        until(lambda: window.counts().handed_in == 1 and watched.state.kind is SyncKind.PENDING)
        assert SyncKind.SYNCED not in {state.kind for state, _ in watched.heard[heard:]}
        post(centre)
        until(lambda: watched.state.kind is SyncKind.SYNCED)
    assert window.counts().accepted == 1


def test_a_colleagues_window_sees_a_case_without_pressing_anything(
    centre: TestCentre, window: Window, colleague: Window
) -> None:
    with posting(centre), Watched(window) as here, Watched(colleague) as there:
        until(lambda: here.state.kind is there.state.kind is SyncKind.SYNCED)
        window.save()
        here.engine.nudge()
        until(lambda: employer_count(colleague) == 1)
        until(lambda: any("Employer" in changes.row_types for _, changes in there.heard))


def test_a_device_that_makes_noise_keeps_no_window_busy_and_hides_nothing(
    centre: TestCentre, window: Window, colleague: Window
) -> None:
    """Any login may send notices, on any channel: whoever woke every window all the time would slow its clerk down."""
    centre.add_outlet("9906")
    noisy = centre.add_device("9906", "01")
    quiet = threading.Event()

    def make_noise() -> None:
        with noisy.connect() as connection:
            while not quiet.wait(0.005):
                connection.execute("notify gjj_feed_9905")

    with posting(centre), Watched(window) as here, Watched(colleague) as there:
        until(lambda: here.state.kind is there.state.kind is SyncKind.SYNCED)
        noise = threading.Thread(target=make_noise)
        noise.start()
        try:
            heard = len(there.heard)
            quiet.wait(4.0)
            assert len(there.heard) - heard < 20
            window.save()
            here.engine.nudge()
            until(lambda: employer_count(colleague) == 1)
        finally:
            quiet.set()
            noise.join()


def test_the_worker_outlives_a_centre_that_stops_and_comes_back(centre: TestCentre, window: Window) -> None:
    with Watched(window) as watched:
        until(lambda: watched.state.kind is SyncKind.SYNCED)
        centre.server.stop()
        try:
            until(lambda: watched.state.kind is SyncKind.OFFLINE)
            window.save()
            watched.engine.nudge()
            until(lambda: watched.state.pending == 1)
            assert (watched.state.reason, watched.state.next_try is not None) == ("连不上中心。", True)
        finally:
            centre.server.start()
        watched.engine.nudge(now=True)
        until(lambda: window.counts().handed_in == 1)
    centre.admin = connect(centre.url)
    assert post(centre).accepted == 1


def test_a_line_that_breaks_in_the_middle_again_and_again_brings_everything_once(
    centre: TestCentre, window: Window, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "wait_seconds", lambda failures: 0.01)
    chance = Random(7)  # noqa: S311, chooses where the line breaks
    line.cut_when_asked = line.cut_when_answered = lambda data: chance.random() < 0.08
    with posting(centre), Watched(window) as watched:
        for saved in range(1, 7):
            window.save()
            watched.engine.nudge()
            until(lambda saved=saved: window.counts().accepted == saved)
        cuts = line.cuts
        line.mend()
        until(lambda: watched.state.kind is SyncKind.SYNCED)
    assert cuts > 0
    found = centre.admin.execute("select count(*), max(sequence) from core.inbox where device = %s", (window.device,))
    assert found.fetchone() == (6, 6)
    assert employer_count(window) == 6


def test_the_time_of_the_next_try_outlives_a_restart_and_now_means_now(window: Window, line: Line) -> None:
    line.refuses = True
    with window.store.work() as connection:
        kept.keep_failure(connection, 12, utc_now())
    with Watched(window) as watched:
        until(lambda: watched.state.next_try)
        due = watched.state.next_try
    tries = line.connections
    with Watched(window) as watched:
        window.save()
        watched.engine.nudge()
        until(lambda: watched.heard)
        assert line.connections == tries
        with window.store.read() as connection:
            assert kept.due_at(connection) == due.replace(microsecond=due.microsecond // 1000 * 1000)
        line.mend()
        watched.engine.nudge(now=True)
        until(lambda: window.counts().handed_in == 1)


def test_a_revoked_window_says_what_is_wrong(centre: TestCentre, window: Window) -> None:
    with Watched(window) as watched:
        until(lambda: watched.state.kind is SyncKind.SYNCED)
        revoke_device(centre.admin, window.device)
        until(lambda: watched.state.kind is SyncKind.ATTENTION)
        assert "停用" in watched.state.reason


def test_the_worker_stops_at_once_while_it_waits_for_a_centre_that_says_nothing(window: Window) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        window.use_line(CentreAddress(host="127.0.0.1", port=silent.getsockname()[1], dbname="x"))
        watched = Watched(window)
        watched.engine.start()
        silent.accept()
        assert watched.engine.stop(10.0)


def test_the_worker_stops_at_once_in_the_middle_of_a_call(window: Window, line: Line) -> None:
    with Watched(window) as watched:
        until(lambda: watched.state.kind is SyncKind.SYNCED)
        line.silent = True
        watched.engine.nudge()
        until(lambda: line.swallowed)


def test_a_window_that_was_never_enrolled_is_told_what_to_do(window: Window, tmp_path: Path) -> None:
    window.store.close()
    window.folder = tmp_path / "fresh"
    window.open()
    with Watched(window) as watched:
        until(lambda: watched.state.kind is SyncKind.ATTENTION)
        assert "登记票" in watched.state.what_to_do


def test_a_network_that_comes_back_ends_the_wait(window: Window, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "wait_seconds", lambda failures: 300.0)
    monkeypatch.setattr(engine_module, "LOOK_SECONDS", 0.01)
    address = ""
    monkeypatch.setattr(engine_module, "own_address", lambda host: address)
    line.refuses = True
    with Watched(window) as watched:
        until(lambda: watched.state.next_try)
        line.mend()
        address = "10.0.0.5"
        until(lambda: watched.state.kind is SyncKind.SYNCED)
