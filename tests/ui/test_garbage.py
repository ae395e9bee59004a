"""Where does Python's garbage die?"""

import gc
import threading

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from ui.garbage import keep_to_this_thread, let_go, look


class Mortal:
    """Garbage in a ring that says in which thread it died."""

    died_in: list[threading.Thread]

    def __init__(self) -> None:
        self.ring = self

    def __del__(self) -> None:
        Mortal.died_in.append(threading.current_thread())


def make_garbage() -> None:
    for _ in range(20_000):
        Mortal()


def test_garbage_dies_on_the_thread_of_the_screen_only(qtbot: QtBot) -> None:
    Mortal.died_in = []
    owner = QObject()
    keep_to_this_thread(owner)
    try:
        worker = threading.Thread(target=make_garbage)
        worker.start()
        worker.join()
        assert Mortal.died_in == []
        look()
        assert set(Mortal.died_in) == {threading.current_thread()}
    finally:
        let_go()
        owner.deleteLater()


def test_python_collects_by_itself_again_after_the_last_program(qtbot: QtBot) -> None:
    first, second = QObject(), QObject()
    keep_to_this_thread(first)
    keep_to_this_thread(second)
    let_go()
    assert not gc.isenabled()
    let_go()
    assert gc.isenabled()
