"""What every test stands on: no window on anybody's screen, no secret in anybody's keyring."""

import os

import pytest

# Before Qt is imported anywhere. Tests marked real_window start a program of their own under Xvfb.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent/gjj-tests-use-no-keyring-of-yours"

pytest_plugins = ["tests.support.secret_service", "tests.support.virtual_screen"]

LONGEST = (
    "tests/stories/test_the_demo.py",
    "tests/stories/test_every_reason.py",
    "tests/counter/test_courier.py",
    "tests/counter/test_leaving_the_outlet.py",
    "tests/counter/test_limits.py",
    "tests/counter/test_own_keys.py",
    "tests/counter/test_taking_over.py",
    "tests/stories/test_what_comes_after.py",
    "tests/demo/test_town.py",
)
"""Files that take a minute or so each, longest first."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long files come first, so that no worker is left alone with one in the end."""
    place = {config.rootpath / name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(LONGEST)))
