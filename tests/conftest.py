"""What every test stands on: no window on anybody's screen, no secret in anybody's keyring."""

import os

import pytest

# Before Qt is imported anywhere. Tests marked real_window start a program of their own under Xvfb.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent/gjj-tests-use-no-keyring-of-yours"

pytest_plugins = ["tests.support.secret_service", "tests.support.virtual_screen"]


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A module whose tests work in one office is run by one worker, in its order."""
    for item in items:
        if "worker_office" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
