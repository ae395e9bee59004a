"""How is a decided batch written: rows, actors, journal, events, signed answers and feed, each in one statement."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

import msgspec

from gjj_desktop.cases.answer import ANSWER_ROW, Answer, AnswerBody, answer_message
from gjj_desktop.cases.device_key import ROTATED, RotateDeviceKey
from gjj_desktop.cases.key_reset import AGREED, AgreeKeyReset
from gjj_desktop.cases.rows import Case
from gjj_desktop.central import suspicious
from gjj_desktop.central.checking import Checked
from gjj_desktop.central.clerks import open_reset
from gjj_desktop.central.deciding import Decided, Desk
from gjj_desktop.central.device_keys import end_key
from gjj_desktop.central.journal import Booking, append
from gjj_desktop.central.row_tables import Database, FeedLine, write_feed, write_rows
from gjj_desktop.clock import utc_text
from gjj_desktop.security.keys import signer


def write_decided(connection: Database, desk: Desk, decided: Sequence[Decided], centre_key: bytes) -> None:
    """Write what was decided on `desk` and answer every command; the caller holds the state lock.

    What the inbox knows of its lines is not written here (`mark_posted`).

    Raises:
        RowChangedError, psycopg.DatabaseError: the database refuses it; the transaction must be undone.
    """
    state = desk.state
    write_rows(connection, desk.stored.values(), state.changes.values(), state.removals.values(), desk.removed)
    _write_actors(connection, [row for row in state.changes.values() if isinstance(row, Case)])
    append(connection, list(_bookings(decided)), desk.day)
    _write_events(connection, decided, desk.day)
    _write_answers(connection, decided, centre_key)
    suspicious.note(connection, decided)
    for each in decided:
        happened = {event.kind for event in each.events}
        if AGREED in happened and each.command is not None:
            open_reset(connection, msgspec.msgpack.decode(each.command.payload, type=AgreeKeyReset))
        if ROTATED in happened and each.command is not None:
            asked = msgspec.msgpack.decode(each.command.payload, type=RotateDeviceKey)
            end_key(connection, each.waiting.device, asked.public_key, each.waiting.sequence)


def _bookings(decided: Sequence[Decided]) -> Iterator[Booking]:
    for each in decided:
        for event in each.events:
            if event.entry is not None:
                yield Booking(each.waiting.command_id, event.entry)


def _write_actors(connection: Database, cases: Sequence[Case]) -> None:
    """Who acted on the cases; the key of the table refuses a clerk in a second capacity."""
    actors = [(case.case_no, actor.clerk, actor.capacity) for case in cases for actor in case.actors]
    if actors:
        connection.execute(
            "insert into core.case_actor (case_no, clerk, capacity)"
            " select distinct * from unnest(%s::text[], %s::text[], %s::text[]) as u (case_no, clerk, capacity)"
            " where not exists (select from core.case_actor a where (a.case_no, a.clerk, a.capacity) ="
            " (u.case_no, u.clerk, u.capacity))",
            [list(column) for column in zip(*actors, strict=True)],
        )


def _write_events(connection: Database, decided: Sequence[Decided], day: date) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy("copy core.event (command_id, case_no, kind, body, business_date) from stdin") as copy,
    ):
        for each in decided:
            for event, body in zip(each.events, each.bodies, strict=True):
                copy.write_row((each.waiting.command_id, event.case_no, event.kind, body, day))


def _write_answers(connection: Database, decided: Sequence[Decided], centre_key: bytes) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy("copy core.answer (command_id, device, sequence, verdict, code) from stdin") as copy,
    ):
        for each in decided:
            code = each.findings[0].code if each.findings else ""
            line = each.waiting
            copy.write_row((line.command_id, line.device, line.sequence, str(each.verdict), code))
    for each in decided:
        if each.traceback:
            connection.execute(
                "insert into core.set_aside (command_id, case_no, traceback) values (%s, %s, %s)",
                (each.waiting.command_id, each.command.case_no if each.command else "", each.traceback),
            )
    sign, now = signer(centre_key), utc_text()
    write_feed(connection, [_answer_line(each, sign, now) for each in decided])


def _answer_line(decided: Decided, sign: Callable[[bytes], bytes], now: str) -> FeedLine:
    line = decided.waiting
    body = msgspec.msgpack.encode(
        AnswerBody(
            command_id=line.command_id,
            device=line.device,
            sequence=line.sequence,
            digest=line.digest,
            verdict=decided.verdict,
            case_no=decided.command.case_no if decided.command else "",
            findings=decided.findings,
            decided_at=now,
        )
    )
    answer = Answer(body=body, signature=sign(answer_message(body)))
    return FeedLine(f"device:{line.device}", ANSWER_ROW, line.command_id, False, msgspec.msgpack.encode(answer))


def mark_posted(connection: Database, decided: Sequence[Decided], checked: Sequence[Checked]) -> None:
    """Note how far each device's commands are posted, and how far its window had come when they were made."""
    connection.execute(
        "update core.inbox set posted = true from unnest(%s::text[], %s::bigint[]) as u (device, sequence)"
        " where inbox.device = u.device and inbox.sequence = u.sequence",
        ([each.waiting.device for each in decided], [each.waiting.sequence for each in decided]),
    )
    last = {each.waiting.device: each.waiting for each in decided}
    connection.execute(
        "update core.posting_chain set posted = u.sequence, posted_digest = u.digest, seen = greatest(seen, u.known)"
        " from unnest(%s::text[], %s::bigint[], %s::bytea[], %s::bigint[]) as u (device, sequence, digest, known)"
        " where posting_chain.device = u.device",
        (
            list(last),
            [each.sequence for each in last.values()],
            [each.digest for each in last.values()],
            [max(each.signed.seen for each in checked if each.waiting.device == device) for device in last],
        ),
    )
