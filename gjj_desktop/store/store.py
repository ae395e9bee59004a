"""The window's encrypted file: opened by one process, written in whole transactions, read in steady snapshots."""

import hmac
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from gjj_desktop.clock import utc_now
from gjj_desktop.errors import OperatingError
from gjj_desktop.store import migrations
from gjj_desktop.store.engine import file_engine, is_damage, said_plainly
from gjj_desktop.store.one_process import lock_folder
from gjj_desktop.store.upgrade import forget_copy, newest_revision, upgrade_file

FILE_NAME = "store.db"
CHECK_BYTES_MAX = 32 << 20
"""Files up to this size are checked through and through at every start, about 0.1 s; larger ones in the background
(`file_check`)."""
_DAMAGED = "damaged-"
_SAVED_MARK = "saved.txt"
"""Stands in the folder of a damaged file once what could be saved of it is in the new one, and says how much."""
_DAMAGE_MARK = "store.damaged"
"""Stands beside a file that something was found wrong with while it was open."""
_SALT = "store.salt"
_SALT_BYTES = 16


class Store:
    """An open store. `work` from one thread at a time (others wait), `read` from any."""

    def __init__(self, path: Path, key: bytes, lock: IO[bytes]) -> None:
        self.path = path
        self._lock = lock
        self._one_writer = threading.Lock()
        self._working = 0
        self._looking: Any = None
        self.is_damaged = False
        """Something was found wrong with the file while it was open: the next start looks through all of it."""
        self._writer = file_engine(path, key)
        self._readers = file_engine(path, key, read_only=True, connections_max=4)

    @contextmanager
    def work(self) -> Iterator[Connection]:
        """One transaction: on the disk when the block ends well, undone when it raises.

        Raises:
            OperatingError: disk full, file not writable …; nothing of the block was kept.
        """
        if self._working == threading.get_ident():
            raise RuntimeError("work inside work: the outer transaction would not be whole")
        with self._one_writer, self._plainly(), self._writer.begin() as connection:
            self._working = threading.get_ident()
            try:
                yield connection
            finally:
                self._working = 0

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot that stays the same for the whole block, whatever is written meanwhile; changes are refused."""
        with self._plainly(), self._readers.connect() as connection:
            yield connection

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if is_damage(error):
                self.note_damage()
            plain = said_plainly(error)
            if plain is None:
                raise
            raise plain from error

    def faults(self) -> list[str]:
        """What is wrong with the file's pages, empty when it is sound; reads all of it, and ends early on `close`."""
        with self.read() as connection:
            self._looking = connection.connection.dbapi_connection
            try:
                return page_faults(connection)
            finally:
                self._looking = None

    def note_damage(self) -> None:
        """Something is wrong with the file: said from now on, and looked at by the next start, however large it is."""
        self.is_damaged = True
        with suppress(OSError):
            self.path.with_name(_DAMAGE_MARK).touch()

    def close(self) -> None:
        """Fold the log into the file and let another process in."""
        looking = self._looking
        if looking is not None:
            looking.interrupt()
        self._readers.dispose()
        self._writer.dispose()
        self._lock.close()


def open_store(folder: Path, key: bytes) -> Store:
    """The store in `folder`, made when there is none, upgraded when it is older than the program.

    Raises:
        OperatingError: open in another process; wrong key; newer than the program; damaged (then it was set aside
            under a new name, never deleted); disk full.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = lock_folder(folder)
    try:
        path = folder / FILE_NAME
        forget_copy(path)
        _bring_to_shape(path, key)
        _keep_salt(path)
        return Store(path, key, lock)
    except BaseException:
        lock.close()
        raise


def store_exists(folder: Path) -> bool:
    """Whether there is a store in `folder`, which only its own key opens: never make a new key for it."""
    return (folder / FILE_NAME).exists()


def _bring_to_shape(path: Path, key: bytes) -> None:
    if not path.exists():
        remember_key(path, key)
        _make(path, key)
        return
    found = _revision(path, key)
    remember_key(path, key)
    if found not in migrations.REVISIONS:
        raise OperatingError("本机数据是由更新版本的程序保存的，没有改动。", "请安装最新版本的程序后再打开。")
    if found != newest_revision():
        upgrade_file(path, key)


def _make(path: Path, key: bytes) -> None:
    """A new file, with what can be saved of the one that was set aside last; killed at any point, it begins again."""
    damaged = next((each for each in sorted(path.parent.glob(f"{_DAMAGED}*"), reverse=True) if each.is_dir()), None)
    if damaged is None or (damaged / _SAVED_MARK).exists() or not key_is_known(damaged / path.name, key_mark(key)):
        upgrade_file(path, key)
        return
    from gjj_desktop.store.salvage import read_damaged, salvage  # hardly ever needed

    salt = damaged / _SALT
    found, bad_pages = read_damaged(damaged / path.name, key, salt.read_bytes() if salt.exists() else b"")
    told: list[str] = []

    def fill(connection: Connection) -> None:
        saved = salvage(connection, found, damaged.name, bad_pages)
        told.append(f"{saved.sentence}{saved.what_to_do}\n读不出来的数据页：{bad_pages}\n")

    upgrade_file(path, key, fill)
    (damaged / _SAVED_MARK).write_text("".join(told), encoding="utf-8")


def _keep_salt(path: Path) -> None:
    """Keep the salt of the file beside it: it is no secret, and without it no page of a damaged file can be checked."""
    with path.open("rb") as file:
        salt = file.read(_SALT_BYTES)
    kept = path.with_name(_SALT)
    if not kept.exists() or kept.read_bytes() != salt:
        kept.write_bytes(salt)


def _revision(path: Path, key: bytes) -> str:
    """The shape of the file, once it is found sound."""
    engine = file_engine(path, key)
    try:
        with engine.connect() as connection:
            found = str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())
            looks = path.stat().st_size <= CHECK_BYTES_MAX or path.with_name(_DAMAGE_MARK).exists()
            faults = page_faults(connection) if looks else []
    except DBAPIError as error:
        engine.dispose()
        raise _unreadable(path, key, error) from error
    engine.dispose()
    if faults:
        raise _set_aside(path)
    path.with_name(_DAMAGE_MARK).unlink(missing_ok=True)
    return found


def _unreadable(path: Path, key: bytes, error: DBAPIError) -> OperatingError:
    """What it means that the file can not be read; a damaged one is set aside, one of another key is left alone."""
    if not is_damage(error):
        return said_plainly(error) or _set_aside(path)
    if key_is_known(path, key_mark(key)):
        return _set_aside(path)
    return OperatingError("密钥环里的密钥打不开本机数据，数据没有改动。", "请用平时的系统账户登录，或联系管理员。")


def page_faults(connection: Connection) -> list[str]:
    """What SQLCipher and SQLite find wrong with the pages of the file; empty when it is sound."""
    cipher = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA cipher_integrity_check")]
    pages = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check")]
    return cipher + [fault for fault in pages if fault != "ok"]


def _set_aside(path: Path) -> OperatingError:
    """Move the damaged file and its log out of the way, together."""
    folder = path.parent / f"{_DAMAGED}{utc_now():%Y%m%d-%H%M%S-%f}"
    folder.mkdir(mode=0o700)
    for beside in (path.with_name(_SALT), _key_check(path)):
        if beside.exists():
            shutil.copyfile(beside, folder / beside.name)
    for each in path.parent.glob(path.name + "*"):
        os.replace(each, folder / each.name)
    path.with_name(_DAMAGE_MARK).unlink(missing_ok=True)
    return OperatingError(
        f"本机数据文件已损坏，已原样移到 {folder.name} 保存。",
        "请重新打开程序：还能读出的业务、草稿和材料会救回来，其余从中心重新取。并请告诉管理员。",
    )


def _key_check(path: Path) -> Path:
    return path.with_name("store.key-check")


def key_mark(key: bytes) -> bytes:
    """Tells a wrong key from a damaged file; says nothing about a random key of 32 bytes."""
    return sha256(b"gjj.store.key-check.1\0" + key).digest()


def remember_key(path: Path, key: bytes) -> None:
    """Keep beside the file by what its key is known, so that a wrong key is told from a damaged file."""
    if not key_is_known(path, key_mark(key)):
        with _key_check(path).open("wb") as file:
            file.write(key_mark(key))
            file.flush()
            os.fsync(file.fileno())


def key_is_known(path: Path, mark: bytes) -> bool:
    """Whether the file at `path` was last opened with the key of this mark."""
    check = _key_check(path)
    return check.exists() and hmac.compare_digest(check.read_bytes(), mark)
