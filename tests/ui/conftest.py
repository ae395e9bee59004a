"""Fixtures for tests that act as a clerk does."""

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from ui.tasks import Tasks
from ui.theme import theme


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    """A runner that must have let go of its threads by the end."""
    before = set(threading.enumerate())
    made = Tasks()
    yield made
    made.close()
    left = [each.name for each in set(threading.enumerate()) - before if each.name.startswith("gjj-")]
    assert not left


@pytest.fixture(autouse=True)
def usual_look(qtbot: QtBot) -> Iterator[None]:
    """Every test begins and ends in the usual look at 100 %."""
    theme()
    yield
    if theme().percent != 100 or theme().high_contrast:
        theme().high_contrast = False
        theme().set_percent(100)
