"""Where does the time of a window's work go: it is looked at a hundred times a second and sorted by what it does."""

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple

EVERY_SECONDS = 0.01


class Part(NamedTuple):
    """What the work does while a function of this name, of a file that ends so, is among its callers."""

    what: str
    file: str
    function: str


PARTS = (
    Part("waiting for the centre", "selectors.py", "select"),
    Part("search terms worked out", "store/search_terms.py", "terms_of"),
    Part("search terms into the encrypted file", "store/search_index.py", "add"),
    Part("rows into the encrypted file", "store/replica.py", "_write"),
    Part("rows out of the encrypted file", "store/replica.py", "index_rows"),
    Part("commits of the encrypted file", "engine/default.py", "do_commit"),
    Part("rows taken apart", "store/replica.py", "lay_rows"),
    Part("rows taken apart", "sync/believe.py", "check_rows"),
    Part("rows from the line", "sync/link.py", "snapshot"),
)
"""The first that fits counts."""
OTHER = "the rest"


class Profile:
    """How often the work was found at what, once the block is over."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()

    def __str__(self) -> str:
        total = sum(self.found.values()) or 1
        return ", ".join(f"{what} {times / total:.0%}" for what, times in self.found.most_common())


@contextmanager
def profiled() -> Iterator[Profile]:
    """Look at what this thread does for as long as the block lasts."""
    profile, over, watched = Profile(), threading.Event(), threading.get_ident()

    def look() -> None:
        while not over.wait(EVERY_SECONDS):
            profile.found[_what(sys._current_frames().get(watched))] += 1

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield profile
    finally:
        over.set()
        looking.join()


def _what(frame: FrameType | None) -> str:
    callers = set()
    while frame is not None:
        callers.add((frame.f_code.co_filename.replace("\\", "/"), frame.f_code.co_name))
        frame = frame.f_back
    for part in PARTS:
        if any(name == part.function and file.endswith(part.file) for file, name in callers):
            return part.what
    return OTHER
