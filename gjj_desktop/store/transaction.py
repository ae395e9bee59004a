"""What one transaction has read already, so that it is read once: a snapshot does not change under its reader."""

from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

T = TypeVar("T")

_READ: WeakKeyDictionary[Connection, dict[str, Any]] = WeakKeyDictionary()


def read_once(connection: Connection, name: str, read: Callable[[], T]) -> T:
    """What `read` answers, asked once in this transaction and kept under `name` until it is forgotten."""
    kept = _READ.setdefault(connection, {})
    if name not in kept:
        kept[name] = read()
    found: T = kept[name]
    return found


def forget(connection: Connection, name: str) -> None:
    """Read it anew next time: this transaction has just changed it."""
    _READ.get(connection, {}).pop(name, None)
