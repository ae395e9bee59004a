"""How the encrypted file is opened: cipher and durability settings, pinned, and transactions that are what they say."""

import re
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from gjj_desktop.errors import OperatingError

KEY_BYTES = 32
BUSY_MILLISECONDS = 10_000
# cipher_compatibility 4: AES-256-CBC, HMAC-SHA512, pages of 4096 bytes. A raw key needs no derivation, the rest of
# the settings is for the file to be the same under a later SQLCipher.
CIPHER_PRAGMAS = (
    "cipher_compatibility = 4",
    "cipher_page_size = 4096",
    "kdf_iter = 256000",
    "cipher_hmac_algorithm = HMAC_SHA512",
    "cipher_kdf_algorithm = PBKDF2_HMAC_SHA512",
    "cipher_memory_security = OFF",
)
PRAGMAS = (
    f"busy_timeout = {BUSY_MILLISECONDS}",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "trusted_schema = OFF",
    "secure_delete = ON",  # SQLCipher's default: no older copy of a row is left on a page that is free
    "temp_store = MEMORY",  # what is sorted aside would lie on the disk unencrypted
    "journal_size_limit = 67108864",
    "cache_size = -65536",  # KiB; the search terms of a page of the feed lie all over their tree
)


def file_engine(path: Path, key: bytes, read_only: bool = False, connections_max: int = 1) -> Engine:
    """An engine on the file; nothing is opened yet. A read-only one refuses every change.

    Transactions begin when SQLAlchemy says so, never later: the driver's own begin is off.
    """
    assert len(key) == KEY_BYTES, "the store's key has 32 bytes"
    url = URL.create("sqlite+pysqlcipher", password=f"x'{key.hex()}'", database=str(path))
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=connections_max,
        max_overflow=0 if connections_max == 1 else -1,
        connect_args={"isolation_level": None, "check_same_thread": False},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def settle_connection(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        for pragma in (*CIPHER_PRAGMAS, *PRAGMAS, f"query_only = {int(read_only)}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def said_plainly(error: DBAPIError) -> OperatingError | None:
    """What the driver's error means to a person, or None when it is a mistake of ours."""
    text = str(error.orig)
    return next((OperatingError(what, do) for sign, what, do in _MEANINGS if re.search(sign, text)), None)


def is_damage(error: DBAPIError) -> bool:
    """Whether the pages of the file make no sense: it is damaged, or the key is another one."""
    return bool(re.search(_DAMAGE, str(error.orig)))


_DAMAGE = "malformed|not a database"
_MEANINGS = (
    ("disk is full", "磁盘已满，这一步没有保存，之前的都在。", "请清理本机磁盘空间，然后再试一次。"),
    ("disk I/O error", "磁盘读写出错，这一步没有保存，之前的都在。", "请检查磁盘空间和硬盘，然后再试一次。"),
    ("locked|busy", "本机数据正被占用，这一步没有保存。", "请稍候再试一次。"),
    ("readonly|unable to open", "本机数据文件不能写入，这一步没有保存。", "请检查文件夹权限，或联系管理员。"),
    (_DAMAGE, "本机数据文件已损坏，这一步没有保存。", "请不要关机，立即联系管理员。"),
)
