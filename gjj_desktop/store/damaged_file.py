"""Which rows can still be read of a damaged file? Page by page, without trusting that one page leads to the next.

SQLite gives up where a tree is broken; what hangs below the broken page is sound all the same. So this reads the pages
themselves: of SQLCipher 4 (AES-256-CBC, each page with its own IV and HMAC-SHA512), laid out as SQLite's file format
says, the file's and those of its write-ahead log. A page is believed when its HMAC is right; nothing is ever written.
"""

import hmac
import mmap
import struct
from collections.abc import Iterator
from functools import lru_cache
from hashlib import pbkdf2_hmac, sha512
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

PAGE_BYTES = 4096
SALT_BYTES = 16
_IV_BYTES, _HMAC_BYTES = 16, 64
_USABLE = PAGE_BYTES - _IV_BYTES - _HMAC_BYTES
_HMAC_SALT_MASK = 0x3A
_HMAC_KEY_ROUNDS = 2
_FIRST_HEADER = 100
_TABLE_LEAF, _TABLE_INTERIOR, _INDEX_LEAF, _INDEX_INTERIOR = 0x0D, 0x05, 0x0A, 0x02
_LEAVES = (_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR)
_LOG_HEADER, _FRAME_HEADER = 32, 24
_LARGEST_RECORD = 1 << 30
_MASTER_COLUMNS = 5

Value = int | float | str | bytes | None


class Record(NamedTuple):
    """One row: the pages it stands on, its rowid (None in a table without), and its columns as they are stored."""

    pages: frozenset[int]
    rowid: int | None
    values: tuple[Value, ...]


class Tree(NamedTuple):
    """What can be reached of one table from its root; `broken` says that not all of it was."""

    records: list[Record]
    pages: set[int]
    broken: bool


class DamagedFile:
    """The pages of a file and its log that can be believed; `verified` is False where no HMAC can be checked, because
    the salt at the beginning of the file is lost and nobody kept it. `outdated` are the pages, of those read so far,
    whose newest copy in the log is lost, so that an older one was read."""

    def __init__(self, path: Path, key: bytes, kept_salt: bytes = b"") -> None:
        self._key = key
        self._file = _mapped(path)
        self._log = _mapped(path.with_name(path.name + "-wal"))
        self._hmac_key = b""
        self.outdated: set[int] = set()
        self.verified = any(self._believes(salt) for salt in (self._file[:SALT_BYTES], kept_salt) if salt)
        self._frames = self._committed_frames()
        highest_in_log = max(self._frames, default=0)
        self.page_count = max((len(self._file) + PAGE_BYTES - 1) // PAGE_BYTES, highest_in_log)
        self.page = lru_cache(maxsize=4096)(self._page)

    def close(self) -> None:
        """Let go of the files."""
        for each in (self._file, self._log):
            if isinstance(each, mmap.mmap):
                each.close()

    def bad_pages(self) -> int:
        """How many pages can not be read as they were last."""
        return sum(self._page(number) is None or number in self.outdated for number in range(1, self.page_count + 1))

    def tables(self) -> dict[str, tuple[int, str]]:
        """Root page and CREATE statement of each table, by its name; those that the first page still names."""
        found: dict[str, tuple[int, str]] = {}
        for record in self.tree(1).records:
            if len(record.values) == _MASTER_COLUMNS and record.values[0] == "table":
                _, name, _, root, statement = record.values
                if isinstance(name, str) and isinstance(root, int) and isinstance(statement, str):
                    found[name] = (root, statement)
        return found

    def tree(self, root: int) -> Tree:
        """Everything that can be reached from a root page; from an outdated one there may be more."""
        records: list[Record] = []
        seen: set[int] = set()
        broken = False
        waiting = [root]
        while waiting:
            number = waiting.pop()
            if number in seen:
                broken = True
                continue
            seen.add(number)
            page = self.page(number)
            if page is None or _kind(page, number) not in (*_LEAVES, _TABLE_INTERIOR):
                broken = True
                continue
            waiting += _children(page, number)
            found, whole = self._records(page, number)
            records += found
            broken = broken or not whole or number in self.outdated
        return Tree(records, seen, broken)

    def everything_but(self, seen: set[int]) -> Iterator[Record]:
        """The rows on all pages that hold rows, save those seen already and those that are known to be free."""
        passed_over = seen | self._free_pages()
        for number in range(1, self.page_count + 1):
            if number in passed_over:
                continue
            page = self._page(number)
            if page is not None and _kind(page, number) in _LEAVES:
                yield from self._records(page, number)[0]

    def _believes(self, salt: bytes) -> bool:
        """Whether any page of the file has the HMAC that it has under this salt."""
        masked = bytes(each ^ _HMAC_SALT_MASK for each in salt)
        self._hmac_key = pbkdf2_hmac("sha512", self._key, masked, _HMAC_KEY_ROUNDS, len(self._key))
        pages = (len(self._file) + PAGE_BYTES - 1) // PAGE_BYTES
        if any(self._is_right(self._in_file(number), number) for number in range(1, pages + 1)):
            return True
        return any(self._is_right(body, number) for number, _, _, body in self._all_frames())

    def _is_right(self, page: bytes, number: int) -> bool:
        if len(page) != PAGE_BYTES:
            return False
        signed = page[SALT_BYTES if number == 1 else 0 : -_HMAC_BYTES] + struct.pack("<I", number)
        return hmac.compare_digest(hmac.digest(self._hmac_key, signed, sha512), page[-_HMAC_BYTES:])

    def _in_file(self, number: int) -> bytes:
        return self._file[(number - 1) * PAGE_BYTES : number * PAGE_BYTES]

    def _page(self, number: int) -> bytes | None:
        """The page in clear, the newest that was committed and can be believed; None when there is none."""
        for older, page in enumerate((*reversed(self._frames.get(number, [])), self._in_file(number))):
            if len(page) == PAGE_BYTES and (not self.verified or self._is_right(page, number)):
                if older:
                    self.outdated.add(number)
                return self._in_clear(page, number)
        return None

    def _in_clear(self, page: bytes, number: int) -> bytes:
        start = SALT_BYTES if number == 1 else 0
        decryptor = Cipher(AES(self._key), CBC(page[_USABLE : _USABLE + _IV_BYTES])).decryptor()
        return bytes(start) + decryptor.update(page[start:_USABLE]) + decryptor.finalize()

    def _all_frames(self) -> Iterator[tuple[int, int, bytes, bytes]]:
        """Page number, size of the file after a commit (0: not the last of one), mark of the generation, page."""
        for at in range(_LOG_HEADER, len(self._log), _FRAME_HEADER + PAGE_BYTES):
            frame = self._log[at : at + _FRAME_HEADER + PAGE_BYTES]
            if len(frame) == _FRAME_HEADER + PAGE_BYTES:
                number, size = struct.unpack(">II", frame[:8])
                yield number, size, frame[8:16], frame[_FRAME_HEADER:]

    def _committed_frames(self) -> dict[int, list[bytes]]:
        """The pages of the log by number, oldest first, of this generation and up to its last commit.

        A frame that is broken does not end the log, as it does for SQLite: commits after it were called saved, too.
        """
        committed: dict[int, list[bytes]] = {}
        begun: list[tuple[int, bytes]] = []
        frames = list(self._all_frames())
        generation = self._log[16:24]
        if frames and all(mark != generation for _, _, mark, _ in frames):
            generation = frames[0][2]
        for number, size, mark, page in frames:
            if mark != generation:
                continue
            begun.append((number, page))
            if size:
                for each, body in begun:
                    committed.setdefault(each, []).append(body)
                begun = []
        return committed

    def _free_pages(self) -> set[int]:
        """Pages that hold nothing any more, as far as the list of them can be read as it was last."""
        free: set[int] = set()
        first = self.page(1)
        trunk = struct.unpack(">I", first[32:36])[0] if first is not None and 1 not in self.outdated else 0
        while trunk and trunk not in free:
            free.add(trunk)
            page = self.page(trunk)
            if page is None or trunk in self.outdated:
                break
            trunk, count = struct.unpack(">II", page[:8])
            count = min(count, _USABLE // 4 - 2)
            free.update(struct.unpack(f">{count}I", page[8 : 8 + 4 * count]))
        return free

    def _records(self, page: bytes, number: int) -> tuple[list[Record], bool]:
        """The rows on a page, and whether they are all of them."""
        kind = _kind(page, number)
        if kind == _TABLE_INTERIOR:
            return [], True
        found: list[Record] = []
        cells = _cells(page, number)
        for at in cells:
            try:
                found.append(self._record(page, number, at, kind))
            except (IndexError, ValueError, struct.error, OverflowError):
                continue
        return found, len(found) == len(cells)

    def _record(self, page: bytes, number: int, at: int, kind: int) -> Record:
        if kind == _INDEX_INTERIOR:
            at += 4
        size, at = _varint(page, at)
        rowid = None
        if kind == _TABLE_LEAF:
            rowid, at = _varint(page, at)
        payload, over = self._payload(page, at, size, _TABLE_LEAF if kind == _TABLE_LEAF else _INDEX_LEAF)
        return Record(frozenset((number, *over)), rowid, _columns(payload))

    def _payload(self, page: bytes, at: int, size: int, kind: int) -> tuple[bytes, list[int]]:
        """The bytes of a record, gathered from the page and those it runs over to; ValueError when one is lost."""
        if size > _LARGEST_RECORD:
            raise ValueError("no record is as large")
        here = _local_bytes(size, kind)
        body = [page[at : at + here]]
        missing = size - len(body[0])
        pages: list[int] = []
        if len(body[0]) < here:
            raise ValueError("the record runs out of its page")
        follows = struct.unpack(">I", page[at + here : at + here + 4])[0] if missing else 0
        while missing:
            over = self.page(follows) if follows else None
            if over is None:
                raise ValueError("a page that it runs over to is lost")
            pages.append(follows)
            follows = struct.unpack(">I", over[:4])[0]
            body.append(over[4 : min(_USABLE, 4 + missing)])
            missing -= len(body[-1])
        return b"".join(body), pages


def _mapped(path: Path) -> mmap.mmap | bytes:
    """The bytes of a file, read where they are asked for; none when there is no such file."""
    if not path.exists() or not path.stat().st_size:
        return b""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _kind(page: bytes, number: int) -> int:
    return page[_FIRST_HEADER if number == 1 else 0]


def _cells(page: bytes, number: int) -> list[int]:
    """Where the cells of a page are; those that point out of it are left out."""
    start = _FIRST_HEADER if number == 1 else 0
    count = struct.unpack(">H", page[start + 3 : start + 5])[0]
    first = start + (12 if page[start] in (_TABLE_INTERIOR, _INDEX_INTERIOR) else 8)
    pointers = page[first : min(first + 2 * count, _USABLE)]
    found = struct.unpack(f">{len(pointers) // 2}H", pointers[: len(pointers) // 2 * 2])
    return [at for at in found if first <= at < _USABLE]


def _children(page: bytes, number: int) -> list[int]:
    start = _FIRST_HEADER if number == 1 else 0
    if page[start] not in (_TABLE_INTERIOR, _INDEX_INTERIOR):
        return []
    left = [struct.unpack(">I", page[at : at + 4])[0] for at in _cells(page, number)]
    return [*left, struct.unpack(">I", page[start + 8 : start + 12])[0]]


def _local_bytes(size: int, kind: int) -> int:
    """How much of a record of so many bytes stands on its own page."""
    most = _USABLE - 35 if kind == _TABLE_LEAF else (_USABLE - 12) * 64 // 255 - 23
    if size <= most:
        return size
    least = (_USABLE - 12) * 32 // 255 - 23
    rest = least + (size - least) % (_USABLE - 4)
    return rest if rest <= most else least


def _varint(body: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(9):
        each = body[at + index]
        value = value << 8 | each if index == 8 else value << 7 | each & 0x7F
        if each < 0x80 or index == 8:
            signed = value - (1 << 64) if value >= 1 << 63 else value
            return signed, at + index + 1
    raise AssertionError("a varint has nine bytes at most")


_WIDTHS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


def _columns(payload: bytes) -> tuple[Value, ...]:
    """The columns of a record; ValueError when it is none."""
    end, at = _varint(payload, 0)
    body = end
    if not 1 <= end <= len(payload):
        raise ValueError("no record begins so")
    values: list[Value] = []
    while at < end:
        kind, at = _varint(payload, at)
        width = _WIDTHS.get(kind, 8 if kind == 7 else (kind - 12) // 2 if kind >= 12 else 0)
        part = payload[body : body + width]
        if kind in (10, 11) or kind < 0 or len(part) != width:
            raise ValueError("no column is stored so")
        body += width
        values.append(_value(kind, part))
    return tuple(values)


def _value(kind: int, part: bytes) -> Value:
    if kind == 0:
        return None
    if kind in _WIDTHS:
        return int.from_bytes(part, "big", signed=True)
    if kind == 7:
        return float(struct.unpack(">d", part)[0])
    if kind in (8, 9):
        return kind - 8
    return part.decode("utf-8") if kind % 2 else part
