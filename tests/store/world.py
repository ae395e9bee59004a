"""A small invented world for the tests of this room: rows, commands and a centre that signs."""

from contextlib import contextmanager, suppress
from datetime import date

import msgspec

from gjj_desktop.cases.answer import Answer, AnswerBody, FeedRow, Verdict, answer_message
from gjj_desktop.cases.command import Command, envelope_digest
from gjj_desktop.cases.outcome import Event
from gjj_desktop.cases.rows import Account, Hold, Person, Row
from gjj_desktop.domain.findings import Finding
from gjj_desktop.security.envelopes import seal
from gjj_desktop.security.keys import new_private_key, public_key, sign
from gjj_desktop.store import meta, outbox

KEY = bytes(range(32))
AUTHOR, DEVICE, CENTRE = new_private_key(), new_private_key(), new_private_key()


class UndoneError(Exception):
    """Undoes the work that it ends."""


@contextmanager
def undone_work(store):
    with suppress(UndoneError), store.work() as connection:
        yield connection
        raise UndoneError


def enrol(store):
    with store.work() as connection:
        meta.put(connection, meta.CENTRE_PUBLIC_KEY, public_key(CENTRE))


def person(number="990101199003070007", name="王小明", version=1):
    return Person(
        person_id=f"01:{number}", outlet="9905", name=name, identity_type="01", identity_no=number, version=version
    )


def account(number="99050300000018", employer="990503000017", version=1, **changes):
    row = Account(
        personal_account_no=number,
        outlet="9905",
        person_id="01:990101199003070007",
        name="王小明",
        employer_account_no=employer,
        flexible=False,
        base_fen=800000,
        employer_ratio_bp=600,
        personal_ratio_bp=600,
        employer_part_fen=48000,
        personal_part_fen=48000,
        first_month="2026-01",
        opened_on=date(2026, 1, 5),
        version=version,
    )
    return msgspec.structs.replace(row, **changes)


def hold(case_no, account_no="99050300000018", amount_fen=100, version=1):
    return Hold(case_no=case_no, outlet="9905", personal_account_no=account_no, amount_fen=amount_fen, version=version)


def event(*rows, removed=(), central=False):
    return Event(kind="tested", case_no="c", rows=rows, removed=tuple(removed), central=central)


def hand_over(connection, *events, command_id=None, draft=None, issues=()):
    """What saving a form does with the outbox; returns the command and its envelope."""
    sequence, previous = outbox.chain_head(connection)
    command = Command(
        id=command_id or f"command-{sequence}",
        kind="withdrawal.submit",
        case_no=f"case-{sequence}",
        device="990503",
        sequence=sequence,
        author="990501",
        made_at=f"2026-11-02T01:00:{sequence % 60:02}.000+00:00",
        policy_version="1",
        payload=b"payload",
        papers=issues,
    )
    envelope = seal(command, AUTHOR, DEVICE, previous)
    outbox.append(connection, command, envelope, events, draft)
    return command, envelope


def answer(command, envelope, verdict=Verdict.ACCEPTED, signed_by=CENTRE, findings=()):
    digest = envelope_digest(envelope.body, envelope.author_signature, envelope.previous)
    body = msgspec.msgpack.encode(
        AnswerBody(
            command_id=command.id,
            device=command.device,
            sequence=command.sequence,
            digest=digest,
            verdict=verdict,
            case_no=command.case_no,
            findings=findings,
        )
    )
    return Answer(body=body, signature=sign(signed_by, answer_message(body)))


REFUSED = (Finding("amount", "withdrawal.over_balance", "可提取余额不足"),)


def feed_row(position, row: Row | Answer, deleted=False):
    if isinstance(row, Answer):
        return FeedRow(
            position=position, row_type="Answer", key=str(position), deleted=False, body=msgspec.msgpack.encode(row)
        )
    body = b"" if deleted else msgspec.msgpack.encode(row)
    return FeedRow(position=position, row_type=type(row).__name__, key=row.key, deleted=deleted, body=body)
