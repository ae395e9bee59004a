"""Short runs of the simulated city: everything fails in an order that the seed gives, and afterwards all must hold."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.city.founding import Founded, found
from benchmarks.city.play import Outcome, city, memory, people_for, replay_line
from gjj_desktop.central.embedded import EmbeddedServer

WINDOWS, COMMANDS = 3, 24
SEEDS = range(1, 7)


@pytest.fixture(scope="session")
def founded(centre_server: EmbeddedServer) -> Iterator[Founded]:
    """One founded city for this worker."""
    with TemporaryDirectory(prefix="gjj-city-", dir=memory(), ignore_cleanup_errors=True) as folder:
        people, strangers = people_for(COMMANDS)
        yield found(centre_server, Path(folder), WINDOWS, people, strangers)


def played(server: EmbeddedServer, founded: Founded, seed: int) -> Outcome:
    """One run; when it breaks, how to run it again."""
    with city(server, founded, seed, COMMANDS) as run:
        try:
            return run.play()
        except Exception as error:
            error.add_note(f"replay: {replay_line(seed, WINDOWS, COMMANDS)}\nlast steps: {run.log[-5:]}")
            raise


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_promised_holds_after_everything_went_wrong(
    centre_server: EmbeddedServer, founded: Founded, seed: int
) -> None:
    outcome = played(centre_server, founded, seed)
    assert outcome.saved >= COMMANDS
    assert not outcome.untrue, (replay_line(seed, WINDOWS, COMMANDS), *outcome.untrue)


def test_a_seed_replays_exactly(centre_server: EmbeddedServer, founded: Founded) -> None:
    first, again = (played(centre_server, founded, SEEDS[0]) for _ in range(2))
    assert first == again
