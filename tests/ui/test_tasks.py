"""The runner: answers come back on the screen's thread, in order, and nothing is left behind."""

import threading
import time
from functools import partial

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from gjj_desktop.errors import OperatingError
from ui.tasks import Latest, Queue, Tasks


def test_work_is_done_elsewhere_and_answered_here(qtbot: QtBot, tasks: Tasks) -> None:
    seen: list[tuple[str, bool]] = []

    def then(name: str) -> None:
        seen.append((name, threading.current_thread() is threading.main_thread()))

    tasks.run(lambda: threading.current_thread().name, then)
    tasks.run(lambda: threading.current_thread().name, then, queue=Queue.NETWORK)
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert sorted(name.rsplit("_")[0] for name, _ in seen) == ["gjj-network", "gjj-store"]
    assert all(here for _, here in seen)


def test_one_queue_answers_in_the_order_it_was_asked(qtbot: QtBot, tasks: Tasks) -> None:
    seen: list[int] = []
    for number in range(30):
        tasks.run(partial(int, number), seen.append)
    qtbot.waitUntil(lambda: len(seen) == 30)
    assert seen == list(range(30))


def test_a_slow_line_does_not_hold_up_the_store(qtbot: QtBot, tasks: Tasks) -> None:
    line = threading.Event()
    seen: list[str] = []
    tasks.run(lambda: line.wait(5) and "network", seen.append, queue=Queue.NETWORK)
    tasks.run(lambda: "store", seen.append)
    qtbot.waitUntil(lambda: seen == ["store"])
    line.set()
    qtbot.waitUntil(lambda: seen == ["store", "network"])


def test_what_fails_is_said_to_its_own_handler_or_to_everybody(qtbot: QtBot, tasks: Tasks) -> None:
    wrong, own, everybody = OperatingError("磁盘已满。", "请清理磁盘。"), list[object](), list[object]()

    def work() -> None:
        raise wrong

    tasks.failed.connect(everybody.append)
    tasks.run(work, print, own.append)
    tasks.run(work, print)
    qtbot.waitUntil(lambda: bool(everybody))
    assert (own, everybody) == ([wrong], [wrong])


def test_an_answer_for_a_page_that_is_gone_is_dropped(qtbot: QtBot, tasks: Tasks) -> None:
    held, owner, seen = threading.Event(), QObject(), list[object]()
    tasks.run(lambda: held.wait(5), seen.append, owner=owner)
    owner.deleteLater()
    qtbot.wait(20)
    held.set()
    tasks.run(lambda: "last", seen.append)
    qtbot.waitUntil(lambda: seen == ["last"])


def test_closing_waits_for_running_work_and_drops_the_rest(qtbot: QtBot) -> None:
    before = set(threading.enumerate())
    tasks, done, begun = Tasks(), list[str](), threading.Event()
    tasks.run(lambda: (begun.set(), time.sleep(0.05), done.append("running")), lambda _: done.append("answered"))
    for _ in range(50):
        tasks.run(lambda: (time.sleep(0.05), done.append("waiting")), lambda _: None)
    assert begun.wait(10)
    tasks.close()
    tasks.run(lambda: done.append("after"), lambda _: None)
    qtbot.wait(80)
    assert done == ["running"]
    assert not [each for each in set(threading.enumerate()) - before if each.name.startswith("gjj-")]


def test_of_many_questions_only_the_last_is_asked(qtbot: QtBot, tasks: Tasks) -> None:
    asked, answered, owner = list[int](), list[int](), QObject()
    latest = Latest(tasks, 20, owner)
    for number in range(5):
        latest.ask(lambda number=number: asked.append(number) or number, answered.append)
    qtbot.waitUntil(lambda: bool(answered))
    assert (asked, answered) == ([4], [4])


def test_an_answer_that_a_newer_question_overtook_is_dropped(qtbot: QtBot, tasks: Tasks) -> None:
    held, answered, owner = threading.Event(), list[str](), QObject()
    latest = Latest(tasks, 0, owner)
    latest.ask(lambda: (held.wait(5), "old")[1], answered.append, at_once=True)
    latest.ask(lambda: "new", answered.append, at_once=True)
    held.set()
    qtbot.waitUntil(lambda: bool(answered))
    assert answered == ["new"]
