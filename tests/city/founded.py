"""A founded city for the tests of this room, and how large its runs are."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.city.founding import Founded, found
from benchmarks.city.play import memory, people_for
from gjj_desktop.central.embedded import EmbeddedServer

WINDOWS, COMMANDS = 3, 24


@pytest.fixture(scope="session")
def founded(centre_server: EmbeddedServer) -> Iterator[Founded]:
    """One founded city for this worker."""
    with TemporaryDirectory(prefix="gjj-city-", dir=memory(), ignore_cleanup_errors=True) as folder:
        people, strangers = people_for(COMMANDS)
        yield found(centre_server, Path(folder), WINDOWS, people, strangers)
