"""A mistake planted in the program does not get past the simulated city: what it calls true can turn out untrue."""

import pytest

from benchmarks.city.founding import Founded
from benchmarks.city.mistakes import MISTAKES, Mistake, looked_for
from gjj_desktop.central.embedded import EmbeddedServer
from tests.city.founded import COMMANDS

SOON_FOUND = (
    "Enter pressed twice makes two commands",
    "what waits is not laid over what the centre said",
    "what others hold of an account is not looked at",
    "the feed leaves out a row",
    "a window passes over an answer",
)
SEEDS = range(1, 5)


@pytest.mark.parametrize(
    "mistake", [each for each in MISTAKES if each.sentence in SOON_FOUND], ids=lambda each: each.sentence
)
def test_a_planted_mistake_is_found(centre_server: EmbeddedServer, founded: Founded, mistake: Mistake) -> None:
    assert any(looked_for(centre_server, founded, mistake, seed, COMMANDS) for seed in SEEDS)
