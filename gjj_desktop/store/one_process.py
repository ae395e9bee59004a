"""Only one process at a time works on a store: a lock that the operating system takes back when we die."""

import os
import sys
from pathlib import Path
from typing import IO

from gjj_desktop.errors import OperatingError


class AlreadyOpenError(OperatingError):
    """Another process works on this store."""


def lock_folder(folder: Path) -> IO[bytes]:
    """The lock on `folder`, held while the returned file is open.

    Raises:
        AlreadyOpenError: another process holds it.
    """
    file = (folder / "store.lock").open("ab")
    try:
        _lock(file)
    except OSError as error:
        file.close()
        raise AlreadyOpenError("程序已经打开了。", "请切换到已打开的窗口；若看不到，请注销系统后重新登录。") from error
    return file


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(file.fileno(), 0, os.SEEK_SET)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
