"""A real encrypted store in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gjj_desktop.store.store import Store, open_store
from tests.store.world import KEY, enrol


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "store", KEY)
    enrol(opened)
    yield opened
    opened.close()
