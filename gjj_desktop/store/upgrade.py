"""Brings the file to the shape this program knows: always on a copy, which then takes the file's place in one step."""

import contextlib
import os
import shutil
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine

from gjj_desktop.errors import OperatingError
from gjj_desktop.store import migrations
from gjj_desktop.store.engine import file_engine

_COPY = "store.db.new"
_ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps the migration under way in its module: two stores of one process migrate one after the other."""


def newest_revision() -> str:
    """The shape that this program knows."""
    return migrations.REVISIONS[-1]


def upgrade_file(path: Path, key: bytes, fill: Callable[[Connection], None] | None = None) -> None:
    """Make or upgrade the file at `path`, which nobody has open. Killed at any point, the old file is whole.

    `fill` writes into the new shape before it takes the file's place.

    Raises:
        OperatingError: the disk is full; the old file is untouched.
    """
    copy = copy_of(path)
    forget_copy(path)
    try:
        if path.exists():
            fold_log(path, key)
            shutil.copyfile(path, copy)
            os.chmod(copy, 0o600)
        _migrate(copy, key, fill)
        to_disk(copy)
        os.replace(copy, path)
        to_disk(path.parent)
    except OSError as error:
        raise OperatingError("升级本机数据时磁盘出错，原来的数据没有动。", "请清理磁盘空间后重新启动程序。") from error
    finally:
        forget_copy(path)


def copy_of(path: Path) -> Path:
    """Where the copy lies that is to take the file's place."""
    return path.with_name(_COPY)


def forget_copy(path: Path) -> None:
    """Remove what an upgrade that was cut off has left beside the file."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(_COPY + suffix).unlink()


def fold_log(path: Path, key: bytes) -> None:
    """Write the write-ahead log back into the file, so that the file alone is everything."""
    engine = file_engine(path, key)
    checkpoint(engine)
    engine.dispose()
    log = path.with_name(path.name + "-wal")
    assert not log.exists() or log.stat().st_size == 0, "the log is folded when the last connection closes"


def checkpoint(engine: Engine) -> None:
    """Write the log back into the file and cut it off."""
    with closing(engine.raw_connection()) as connection:  # a checkpoint can not be inside a transaction
        cursor = connection.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, *_ = cursor.fetchall()[0]
        assert not busy, "nobody else has the file open"


def _migrate(path: Path, key: bytes, fill: Callable[[Connection], None] | None) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "gjj_desktop.store:migrations")
    config.set_main_option("version_locations", os.pathsep.join(migrations.VERSION_FOLDERS))
    config.set_main_option("path_separator", "os")
    engine = file_engine(path, key)
    with _ONE_AT_A_TIME, engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, newest_revision())
    if fill is not None:
        with engine.begin() as connection:
            fill(connection)
    checkpoint(engine)
    engine.dispose()


def to_disk(path: Path) -> None:
    """A file or a folder is on the disk when this returns."""
    if os.name == "nt" and path.is_dir():
        return  # Windows can not open a folder; NTFS journals the rename
    descriptor = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
