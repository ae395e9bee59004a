"""Which key opens the window's file, and how the file is encrypted under another one without losing anything.

The new key is in the keyring, beside the old one, before the file knows of it. A copy is encrypted under the new key,
looked through, and takes the file's place in one step; so at every moment exactly one of the two keys opens the file.
"""

import os
import shutil
from contextlib import closing
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from gjj_desktop.errors import OperatingError
from gjj_desktop.security.vault import STORE_KEY, STORE_KEY_NEXT, Vault
from gjj_desktop.store.engine import file_engine, is_damage, said_plainly
from gjj_desktop.store.one_process import lock_folder
from gjj_desktop.store.store import FILE_NAME, page_faults, remember_key
from gjj_desktop.store.upgrade import checkpoint, copy_of, fold_log, forget_copy, to_disk

ROOM = 1.1
"""Free space that is wanted, as a share of the file: the copy, and what is written beside it."""


def key_that_opens(folder: Path, vault: Vault) -> bytes | None:
    """The key in the keyring with which the file in `folder` opens; the one in its place where neither does.

    What a change of key that was cut off has left is tidied up. None where the keyring holds none.

    Raises:
        OperatingError: the keyring does not answer, or the program has the file open.
    """
    key, begun = vault.get(STORE_KEY), vault.get(STORE_KEY_NEXT)
    if begun is None or key is None or not (folder / FILE_NAME).exists():
        return key
    with lock_folder(folder):
        if begun == key or _opens(folder / FILE_NAME, begun):
            _took_hold(folder, vault, begun)
            return begun
        if _opens(folder / FILE_NAME, key):
            forget_copy(folder / FILE_NAME)
            if not _set_aside(folder):  # that may be under either key
                vault.delete(STORE_KEY_NEXT)
    return key


def _set_aside(folder: Path) -> bool:
    return any(folder.glob("damaged-*"))


def change_store_key(folder: Path, vault: Vault, new: bytes) -> None:
    """Encrypt the file in `folder`, which nobody has open, under the key `new`, and forget the old one.

    Killed at any step the file opens, and `key_that_opens` finds by which key.

    Raises:
        OperatingError: the program has the file open, the disk has no room for a copy, the file is damaged, a damaged
            file of before lies beside it (only the old key opens it), or the keyring does not do its part. The file
            then is as it was.
    """
    path = folder / FILE_NAME
    key = key_that_opens(folder, vault)
    if key is None or not path.exists():
        raise OperatingError("本机还没有数据，或密钥环里没有它的密钥。", "不需要更换数据密钥。")
    if _set_aside(folder):
        raise OperatingError(
            "数据文件夹里还有移开保存的损坏数据，只有现在的密钥能打开它。",
            "请联系管理员处理完 damaged- 文件夹后再更换。",
        )
    with lock_folder(folder):
        _check_room(path)
        vault.put(STORE_KEY_NEXT, new)
        try:
            _encrypt_anew(path, key, new)
        except OperatingError:
            if not _opens(path, new):  # else the copy has taken the file's place, and only that is not on the disk yet
                forget_copy(path)
                vault.delete(STORE_KEY_NEXT)
            raise
        _took_hold(folder, vault, new)


def _took_hold(folder: Path, vault: Vault, new: bytes) -> None:
    """The file is under `new`. Ended in between, the next start finds it in either place."""
    remember_key(folder / FILE_NAME, new)
    vault.put(STORE_KEY, new)
    vault.delete(STORE_KEY_NEXT)
    forget_copy(folder / FILE_NAME)


def _check_room(path: Path) -> None:
    wanted, free = int(path.stat().st_size * ROOM), shutil.disk_usage(path.parent).free
    if free < wanted:
        raise OperatingError(
            f"磁盘空间不够更换数据密钥：要 {wanted >> 20} MiB，只有 {free >> 20} MiB。",
            "请清理磁盘后再试，原来的数据没有动。",
        )


def _encrypt_anew(path: Path, old: bytes, new: bytes) -> None:
    copy = copy_of(path)
    forget_copy(path)
    try:
        fold_log(path, old)
        shutil.copyfile(path, copy)
        os.chmod(copy, 0o600)
        rekey(copy, old, new)
        _look_through(copy, new)
        to_disk(copy)
        os.replace(copy, path)
        to_disk(path.parent)
    except OSError as error:
        raise OperatingError("更换数据密钥时磁盘出错，原来的数据没有动。", "请清理磁盘空间后再试。") from error
    except DBAPIError as error:
        plain = said_plainly(error)
        if plain is None:
            raise
        raise OperatingError(f"没有更换数据密钥：{plain.what}", f"原来的数据没有动。{plain.what_to_do}") from error


def rekey(copy: Path, old: bytes, new: bytes) -> None:
    """Write every page of a copy, whose log is folded in, under another key."""
    engine = file_engine(copy, old)
    try:
        with closing(engine.raw_connection()) as connection:
            cursor = connection.cursor()
            for setting in ("journal_mode = DELETE", "journal_mode = OFF", "synchronous = OFF"):  # it is a copy
                cursor.execute(f"PRAGMA {setting}")
            cursor.execute(f"PRAGMA rekey = \"x'{new.hex()}'\"")
            cursor.close()
    finally:
        engine.dispose()


def _look_through(copy: Path, new: bytes) -> None:
    """OperatingError where the copy does not open with the new key, or not all of it makes sense."""
    engine = file_engine(copy, new)
    try:
        with engine.connect() as connection:
            faults = page_faults(connection)
        checkpoint(engine)
    finally:
        engine.dispose()
    if faults:
        raise OperatingError("本机数据文件有损坏，没有更换数据密钥。", "请立即联系管理员，原来的数据没有动。")


def _opens(path: Path, key: bytes) -> bool:
    engine = file_engine(path, key, read_only=True)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    except DBAPIError as error:
        if is_damage(error):
            return False
        raise said_plainly(error) or OperatingError("本机数据读不出来。", "请联系管理员。") from error
    finally:
        engine.dispose()
    return True
