"""One half of the key of the window's file, beside the file; the centre holds the other. Each alone is mere chance.

A half is the key under a random mask of its own length, so it tells nothing of the key to whoever lacks the mask, with
whatever computer. There is one for each key that the file has had since its halves were made.
"""

import os
import secrets
from pathlib import Path
from typing import NamedTuple

import msgspec

from gjj_desktop.errors import OperatingError
from gjj_desktop.store.store import FILE_NAME, key_is_known, key_mark

SHARES_NAME = "store.share"


class Half(msgspec.Struct, frozen=True):
    """The half that lies beside the file: of the key with this mark (as in `store.key-check`)."""

    share_id: str
    masked: bytes
    mark: bytes


class Halves(NamedTuple):
    """Both halves of a key: `mask` is for the centre."""

    beside: Half
    mask: bytes


def split(key: bytes) -> Halves:
    """Two halves of `key`, fresh ones each time."""
    mask = secrets.token_bytes(len(key))
    return Halves(Half(secrets.token_hex(16), _mixed(key, mask), key_mark(key)), mask)


def join(half: Half, mask: bytes) -> bytes | None:
    """The key of both halves; None when they do not belong together."""
    key = _mixed(half.masked, mask) if len(mask) == len(half.masked) else b""
    return key if key_mark(key) == half.mark else None


def read(folder: Path) -> tuple[Half, ...]:
    """The halves in a folder, the newest last; empty when there are none, or nobody can read them."""
    try:
        return msgspec.msgpack.decode((folder / SHARES_NAME).read_bytes(), type=tuple[Half, ...])
    except (OSError, msgspec.MsgspecError):
        return ()


def is_shared(folder: Path, key: bytes) -> bool:
    """Whether a half of this key lies in the folder."""
    return any(half.mark == key_mark(key) for half in read(folder))


def prepare(folder: Path, half: Half) -> None:
    """Write a half so that only `keep` is left to be done; those of a key that opens this file no more go with it, as
    far as that is known.

    Raises:
        OperatingError: the disk does not take it.
    """
    current = [each for each in read(folder) if key_is_known(folder / FILE_NAME, each.mark)]
    try:
        with _prepared(folder).open("wb") as file:
            os.chmod(_prepared(folder), 0o600)
            file.write(msgspec.msgpack.encode((*current, half)))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _not_kept() from error


def keep(folder: Path) -> None:
    """Put the half that was prepared in its place; OperatingError where the disk does not take it."""
    try:
        os.replace(_prepared(folder), folder / SHARES_NAME)
    except OSError as error:
        raise _not_kept() from error


def _prepared(folder: Path) -> Path:
    return folder / f"{SHARES_NAME}.new"


def _not_kept() -> OperatingError:
    return OperatingError("恢复份额没有存下。", "请检查磁盘空间；业务不受影响，下次同步会再存。")


def _mixed(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
