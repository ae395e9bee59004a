"""Short runs of the simulated city: everything fails in an order that the seed gives, and afterwards all must hold."""

import pytest

from benchmarks.city.founding import Founded
from benchmarks.city.play import Outcome, city, replay_line
from gjj_desktop.central.embedded import EmbeddedServer
from tests.city.founded import COMMANDS, WINDOWS

SEEDS = range(1, 7)


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
