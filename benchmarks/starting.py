"""How long is it from starting the program to a usable sign-in window, against a process with a bare window?"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.measure import Measured, Scale
from benchmarks.world import World

START_SECONDS_MAX = 60


def starting(world: World, scale: Scale) -> Iterator[Measured]:
    """A row for the first window and one for the page that can be worked with; the first pair of starts is left out."""
    world.close_window()
    program, bare = ["program", str(world.folder), world.service], ["bare"]
    _start(program), _start(bare)
    taken = [(_start(program), _start(bare)) for _ in range(scale.starts)]
    world.reopen_window()
    peer = statistics.median(each.usable for _, each in taken)
    for what, name in (("the first window painted", "shown"), ("a sign-in page with its clerks", "usable")):
        yield Measured(
            what=f"start to {what}",
            peer="start to a painted bare PySide6 window",
            unit="start",
            ours_seconds=statistics.median(getattr(each, name) for each, _ in taken),
            peer_seconds=peer,
        )


class Start(NamedTuple):
    """Seconds from the start of a process to the first paint of all, and to the one that can be worked with."""

    shown: float
    usable: float


def _start(arguments: list[str]) -> Start:
    """How long the process took to say so."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.first_paint", *arguments],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = [(process.stdout.readline(), time.perf_counter() - began) for _ in Start._fields]
    rest, wrong = process.communicate(timeout=START_SECONDS_MAX)
    words = [word for word, _ in said]
    assert (words, process.returncode) == (["shown\n", "usable\n"], 0), f"{words}{rest}{wrong}"
    return Start(*(seconds for _, seconds in said))
