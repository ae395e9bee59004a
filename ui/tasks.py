"""The one runner for slow work: queues for the store, the network and pictures, answers on the UI thread."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from shiboken6 import isValid

Answer = TypeVar("Answer")


class Queue(Enum):
    """Who does the work; within one queue work is done in the order it was asked for."""

    STORE = "store"
    NETWORK = "network"
    PICTURES = "pictures"


class Tasks(QObject):
    """Runs work off the UI thread and brings its answer back to it.

    Only plain data may cross: `work` gets no widget, its answer holds none. An answer for an `owner` that is gone
    by then is dropped. What fails without a `failed` of its own is said through `failed`.
    """

    failed = Signal(object)
    _ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workers = {queue: ThreadPoolExecutor(1, thread_name_prefix=f"gjj-{queue.value}") for queue in Queue}
        self._open = True
        self._ended.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        work: Callable[[], Answer],
        then: Callable[[Answer], None],
        failed: Callable[[BaseException], None] | None = None,
        *,
        queue: Queue = Queue.STORE,
        owner: QObject | None = None,
    ) -> None:
        """Do `work` in its queue, then call `then` with the answer or `failed` with what went wrong, on this thread."""
        if not self._open:
            return
        future = self._workers[queue].submit(work)
        future.add_done_callback(lambda done: self._hand_over(done, then, failed, owner))

    def close(self) -> None:
        """Let the running work end, drop what has not begun and every answer still on its way."""
        self._open = False
        for worker in self._workers.values():
            worker.shutdown(wait=True, cancel_futures=True)

    def _hand_over(self, done: "Future[Any]", then: Any, failed: Any, owner: QObject | None) -> None:
        if self._open and not done.cancelled():
            self._ended.emit((done, then, failed, owner))

    def _deliver(self, ended: tuple["Future[Any]", Any, Any, QObject | None]) -> None:
        done, then, failed, owner = ended
        if not self._open or (owner is not None and not isValid(owner)):
            return
        wrong = done.exception()
        if wrong is None:
            then(done.result())
        else:
            (failed or self.failed.emit)(wrong)


class Latest(QObject):
    """Asks only the last of many questions: waits until they pause, and drops answers that a newer one overtook."""

    def __init__(self, tasks: Tasks, wait_ms: int, parent: QObject) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._asked = 0
        self._question: Callable[[], None] = lambda: None
        self._timer = QTimer(self, singleShot=True, interval=wait_ms)
        self._timer.timeout.connect(lambda: self._question())

    def ask(
        self,
        work: Callable[[], Answer],
        then: Callable[[Answer], None],
        *,
        at_once: bool = False,
        queue: Queue = Queue.STORE,
    ) -> None:
        """Ask after the pause, or `at_once`; any earlier question is forgotten."""
        self._asked += 1
        number = self._asked

        def question() -> None:
            self._tasks.run(
                work, lambda answer: then(answer) if number == self._asked else None, queue=queue, owner=self
            )

        self._question = question
        if at_once:
            self._timer.stop()
            question()
        else:
            self._timer.start()

    def forget(self) -> None:
        """Drop the question and any answer on its way."""
        self._asked += 1
        self._timer.stop()
