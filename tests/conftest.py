"""What every test stands on: no window on anybody's screen, no secret in anybody's keyring."""

import os

# Before Qt is imported anywhere. Tests marked real_window start a program of their own under Xvfb.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent/gjj-tests-use-no-keyring-of-yours"

pytest_plugins = ["tests.support.secret_service", "tests.support.virtual_screen"]
