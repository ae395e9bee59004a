"""Python's garbage is collected on the UI thread only: a widget that dies in another takes the program with it."""

import gc

from PySide6.QtCore import QObject, QTimer

LOOK_EVERY_MS = 1_000


class Garbage:
    """How many programs of this process want the collector to keep to the UI thread."""

    users = 0


def look() -> None:
    """Collect the oldest generation that is due, here and now."""
    counts = enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True))
    due = [generation for generation, (count, limit) in counts if count > limit]
    if due:
        gc.collect(due[-1])


def keep_to_this_thread(owner: QObject) -> None:
    """From now on nothing is collected by the way, in whatever thread; a timer of `owner` collects what is due.

    What an earlier program of this process left behind is collected first.
    """
    if not Garbage.users:
        gc.disable()
    Garbage.users += 1
    gc.collect()
    timer = QTimer(owner, interval=LOOK_EVERY_MS)
    timer.timeout.connect(look)
    timer.start()


def let_go() -> None:
    """One program has ended; with the last one Python collects by itself again."""
    Garbage.users -= 1
    gc.collect()
    if not Garbage.users:
        gc.enable()
