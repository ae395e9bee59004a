"""Old container files (OLE compound) made by hand: what .xls and password-protected .xlsx are kept in."""

import struct

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
SMALL_STREAM = 4096
"""Streams below this size would live in another table; they are padded up to it."""


def compound_file(streams: dict[str, bytes]) -> bytes:
    """A compound file of version 3 with these streams at its root; at most three streams, 60 kB in all."""
    table = [FAT, END]
    body = b""
    starts: dict[str, tuple[int, int]] = {}
    for name, content in streams.items():
        padded = content.ljust(SMALL_STREAM, b"\0")
        padded += b"\0" * (-len(padded) % SECTOR)
        first, count = len(table), len(padded) // SECTOR
        table += [*range(first + 1, first + count), END]
        starts[name] = (first, len(padded))
        body += padded
    table += [FREE] * (SECTOR // 4 - len(table))
    names = list(streams)
    entries = [_entry("Root Entry", 5, child=1 if names else FREE)]
    for number, name in enumerate(names, start=1):
        right = number + 1 if number < len(names) else FREE
        entries.append(_entry(name, 2, right=right, start=starts[name][0], size=starts[name][1]))
    directory = b"".join(entries).ljust(SECTOR, b"\0")
    return _header() + struct.pack(f"<{SECTOR // 4}I", *table) + directory + body


def _header() -> bytes:
    fixed = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII",
        bytes.fromhex("d0cf11e0a1b11ae1"),
        b"",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        b"",
        0,
        1,
        1,
        0,
        SMALL_STREAM,
        END,
        0,
        END,
        0,
    )
    return fixed + struct.pack("<109I", 0, *[FREE] * 108)


def _entry(name: str, kind: int, right: int = FREE, child: int = FREE, start: int = END, size: int = 0) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ", text, len(text), kind, 1, FREE, right, child, b"", 0, 0, 0, start if size else 0, size
    )


def old_workbook(rows: list[list[str | float]], password: bool = False) -> bytes:
    """A minimal .xls (BIFF8) of one sheet with these cells; with `password` it says that it is encrypted."""

    def record(number: int, content: bytes) -> bytes:
        return struct.pack("<HH", number, len(content)) + content

    cells = b""
    for row_no, row in enumerate(rows):
        for column, cell in enumerate(row):
            place = struct.pack("<HHH", row_no, column, 0)
            if isinstance(cell, str):
                text = cell.encode("utf-16-le")
                cells += record(0x0204, place + struct.pack("<HB", len(text) // 2, 1) + text)
            else:
                cells += record(0x0203, place + struct.pack("<d", cell))
    sheet = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0)) + cells + record(0x000A, b"")
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    if password:
        begin += record(0x002F, struct.pack("<HHH", 1, 1, 1) + bytes(48))
    name = struct.pack("<BB", 6, 0) + b"Sheet1"
    length = len(begin) + 4 + 6 + len(name) + 4
    bound = record(0x0085, struct.pack("<IBB", length, 0, 0) + name)
    return compound_file({"Workbook": begin + bound + record(0x000A, b"") + sheet})
