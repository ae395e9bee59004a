"""Where does the program keep its files on this machine."""

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "GJJ_DESKTOP_HOME"
"""Names another folder for everything the program keeps: for practice, demo and tests."""

_NAME = "gjj-desktop"


def data_folder() -> Path:
    """The folder of the store; it is made, readable by this user alone, when it is not there."""
    home = os.environ.get(HOME_VARIABLE)
    return _made(Path(home) if home else Path(platformdirs.user_data_dir(_NAME, appauthor=False)))


def log_folder() -> Path:
    """The folder of the program's log."""
    home = os.environ.get(HOME_VARIABLE)
    return _made(Path(home) / "log" if home else Path(platformdirs.user_log_dir(_NAME, appauthor=False)))


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
