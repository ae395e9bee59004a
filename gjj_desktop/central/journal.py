"""How entries are written to the journal: numbered without gaps, each carrying the hash of the one before."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import LiteralString, NamedTuple

import msgspec

from gjj_desktop.central.row_tables import Database
from gjj_desktop.ledger.entry import Entry, JournalLine

FIRST_HASH = bytes(32)


class Booking(NamedTuple):
    """An entry and the command that it follows from."""

    command_id: str
    entry: Entry


def entry_hash(previous: bytes, entry_no: int, command_id: str, business_date: date, entry: Entry) -> bytes:
    """The hash of an entry as it stands in the journal (32 bytes): of everything in it and of the hash before."""
    content = (entry_no, command_id, business_date.isoformat(), _plain(entry))
    return sha256(b"gjj.journal.1\0" + previous + msgspec.msgpack.encode(content)).digest()


def _plain(entry: Entry) -> tuple[object, ...]:
    return (entry.event, entry.case_no, entry.summary, entry.reverses, [_plain_line(line) for line in entry.lines])


def _plain_line(line: JournalLine) -> tuple[str, str, int, str]:
    return (line.account, line.side, line.amount_fen, line.owner)


def append(connection: Database, bookings: Sequence[Booking], business_date: date) -> None:
    """Write the entries at the journal's end; the caller holds the state lock."""
    if not bookings:
        return
    entry_no, previous = _head(connection)
    entries, lines = [], []
    for command_id, entry in bookings:
        entry_no += 1
        own = entry_hash(previous, entry_no, command_id, business_date, entry)
        head = (entry_no, entry.event, entry.case_no, command_id, entry.summary, entry.reverses)
        entries.append((*head, business_date, previous, own))
        lines += [(entry_no, number, *_plain_line(line)) for number, line in enumerate(entry.lines, start=1)]
        previous = own
    _copy(
        connection,
        "copy core.journal (entry_no, event, case_no, command_id, summary, reverses, business_date, previous, hash)"
        " from stdin",
        entries,
    )
    _copy(connection, "copy core.journal_line (entry_no, line_no, account, side, amount_fen, owner) from stdin", lines)


def _head(connection: Database) -> tuple[int, bytes]:
    found = connection.execute("select entry_no, hash from core.journal order by entry_no desc limit 1").fetchone()
    return (found[0], bytes(found[1])) if found else (0, FIRST_HASH)


def _copy(connection: Database, statement: LiteralString, rows: Sequence[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
