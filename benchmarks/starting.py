"""How long is it from starting the program to a usable sign-in window, against a process with a bare window?"""

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.measure import Measured, Scale, stopwatch
from benchmarks.world import World

START_SECONDS_MAX = 60


def starting(world: World, scale: Scale) -> Iterator[Measured]:
    """One row; both are started in turn, the first pair does not count."""
    world.close_window()
    program, bare = ["program", str(world.folder), world.service], ["bare"]
    _seconds_to_usable(program), _seconds_to_usable(bare)
    taken = [(_seconds_to_usable(program), _seconds_to_usable(bare)) for _ in range(scale.starts)]
    world.reopen_window()
    ours, peer = zip(*taken, strict=True)
    yield Measured(
        what="start to a sign-in page with its clerks: keyring, store, sync",
        peer="start to a painted bare PySide6 window",
        unit="start",
        ours_seconds=statistics.median(ours),
        peer_seconds=statistics.median(peer),
    )


def _seconds_to_usable(arguments: list[str]) -> float:
    """Seconds from the start of the process to its word that the window is painted."""
    with stopwatch() as watch:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.first_paint", *arguments],
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        said = process.stdout.readline()
    rest, wrong = process.communicate(timeout=START_SECONDS_MAX)
    assert (said, process.returncode) == ("painted\n", 0), f"{said}{rest}{wrong}"
    return watch.seconds
