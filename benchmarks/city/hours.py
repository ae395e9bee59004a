"""What time is it in the simulated city: one true time that only the schedule moves, and each machine's own error."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from random import Random
from types import SimpleNamespace
from typing import Any

from gjj_desktop import clock

OPENING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Nine o'clock of a Monday in China; the city's business date at its founding is that day."""
LATEST = datetime(2199, 1, 1, tzinfo=UTC)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


class Hours:
    """The city's time. `true` is the centre's; whoever acts `at` a machine sees it with that machine's error."""

    def __init__(self, seed: int, opening: datetime = OPENING) -> None:
        self.true = opening
        self._own: dict[str, Any] = {}
        self._error = timedelta()
        self._steady = 0.0
        self._ids = Random(seed)  # noqa: S311 - a simulation that must replay, no secret

    def pass_by(self, length: timedelta) -> None:
        """Time passes, on every clock."""
        self.true += length
        self._steady += length.total_seconds()

    @contextmanager
    def at(self, error: timedelta) -> Iterator[None]:
        """For the block the machine's clock is `error` ahead of the truth."""
        before, self._error = self._error, error
        try:
            yield
        finally:
            self._error = before

    def here(self) -> datetime:
        """The time on the clock of the machine that acts now."""
        return min(max(self.true + self._error, EARLIEST), LATEST)

    @contextmanager
    def real(self) -> Iterator[None]:
        """For the block the clocks are the machine's own: a login is good until a day of the server's calendar."""
        ruled = {name: vars(clock)[name] for name in self._own}
        vars(clock).update(self._own)
        try:
            yield
        finally:
            vars(clock).update(ruled)

    @contextmanager
    def rule(self) -> Iterator[None]:
        """For the block every reading of a clock in the program is this one's, and ids come from the seed."""
        changes = {
            "datetime": SimpleNamespace(now=self._now, fromisoformat=datetime.fromisoformat),
            "time": SimpleNamespace(
                monotonic=lambda: self._steady,
                clock_gettime=lambda _: self._steady,
                time_ns=lambda: int(self.here().timestamp() * 1_000) * 1_000_000,
            ),
            "secrets": SimpleNamespace(randbits=self._ids.getrandbits),
        }
        self._own = {name: vars(clock)[name] for name in changes}
        vars(clock).update(changes)
        try:
            yield
        finally:
            vars(clock).update(self._own)
            self._own = {}

    def _now(self, zone: tzinfo) -> datetime:
        return self.here().astimezone(zone)
