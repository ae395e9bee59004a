"""What time a window with a wrong clock writes on its papers."""

from datetime import timedelta
from pathlib import Path

from gjj_desktop.clock import utc_now
from gjj_desktop.counter.window import Window
from gjj_desktop.store import meta
from gjj_desktop.store.store import open_store


def test_a_clock_that_is_ahead_of_the_centre_is_put_back_by_as_much(tmp_path: Path) -> None:
    store = open_store(tmp_path, bytes(32))
    with store.work() as connection:
        meta.put(connection, meta.DEVICE, "990503")
        meta.put(connection, meta.OUTLET, "9905")
        meta.put(connection, meta.CLOCK_SKEW_SECONDS, 3600)
    with store.read() as connection:
        told = Window(store, b"").now(connection)
    assert abs(told - (utc_now() - timedelta(hours=1))) < timedelta(seconds=30)
    store.close()
