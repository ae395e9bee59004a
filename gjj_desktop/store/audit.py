"""The window's audit log: appended in the transaction of what it tells about, never changed."""

from datetime import date

import msgspec
from sqlalchemy import Connection, insert, select

from gjj_desktop.clock import utc_text
from gjj_desktop.security.audit import AuditLine, AuditSeal, next_line, seal_day
from gjj_desktop.store import leaving, schema

_line = schema.audit.c
_LAST = select(_line.body).order_by(_line.sequence.desc()).limit(1)
_INSERT = insert(schema.audit)


def append(connection: Connection, clerk: str, what: str, subject: str = "") -> AuditLine:
    """Write down that `clerk` did `what` to `subject`, which is masked before it comes here.

    Raises:
        OperatingError: this window has said that it leaves its outlet.
    """
    leaving.stop(connection)
    line = next_line(last(connection), utc_text(), clerk, what, subject)
    values = {"sequence": line.sequence, "at": line.at, "body": msgspec.msgpack.encode(line)}
    connection.execute(_INSERT, values)
    return line


def last(connection: Connection) -> AuditLine | None:
    """The newest line, or None."""
    body = connection.scalar(_LAST)
    return None if body is None else msgspec.msgpack.decode(body, type=AuditLine)


def read(connection: Connection, after: int = 0, limit: int = 100_000) -> list[AuditLine]:
    """The lines after this sequence, in order."""
    query = select(_line.body).where(_line.sequence > after).order_by(_line.sequence).limit(limit)
    return [msgspec.msgpack.decode(body, type=AuditLine) for body in connection.scalars(query)]


def close_day(connection: Connection, device_key: bytes, device: str, day: date) -> AuditSeal:
    """Seal the log as it is at the end of `day`; a day is sealed once, the first seal stands."""
    known = seal_of(connection, day)
    if known:
        return known
    seal = seal_day(device_key, device, day, last(connection))
    connection.execute(insert(schema.audit_seal).values(day=day, body=msgspec.msgpack.encode(seal)))
    return seal


def seal_of(connection: Connection, day: date) -> AuditSeal | None:
    """The seal of a day, or None while it is open."""
    body = connection.scalar(select(schema.audit_seal.c.body).where(schema.audit_seal.c.day == day))
    return None if body is None else msgspec.msgpack.decode(body, type=AuditSeal)
