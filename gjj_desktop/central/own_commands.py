"""The centre's own commands (bank credits, data of an old system): through the same inbox, signed by the centre."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from gjj_desktop.cases.command import CENTRE_AUTHOR, CENTRE_DEVICE, FIRST_PREVIOUS, Command, envelope_digest
from gjj_desktop.central.centre_key import check_signs
from gjj_desktop.central.city import read_city
from gjj_desktop.central.row_tables import Database
from gjj_desktop.clock import new_id, utc_text
from gjj_desktop.security.envelopes import seal


class OwnCommand(NamedTuple):
    """What the centre asks of itself: the kind, its payload struct and the case concerned."""

    kind: str
    payload: msgspec.Struct
    case_no: str = ""


def hand_in_own(connection: Database, centre_key: bytes, commands: Sequence[OwnCommand]) -> list[str]:
    """Put the centre's own commands into the inbox, in one transaction; answers their ids."""
    with connection.transaction():
        sequence, previous = _head(connection)
        city = read_city(connection)
        check_signs(city, centre_key)
        ids = []
        for own in commands:
            sequence += 1
            command = Command(
                id=new_id(),
                kind=own.kind,
                case_no=own.case_no,
                device=CENTRE_DEVICE,
                sequence=sequence,
                author=CENTRE_AUTHOR,
                made_at=utc_text(),
                policy_version=city.policy_version,
                payload=msgspec.msgpack.encode(own.payload),
            )
            previous = _file(connection, command, centre_key, previous)
            ids.append(command.id)
        connection.execute("update core.device_chain set received = %s where device = %s", (sequence, CENTRE_DEVICE))
        connection.execute("select pg_notify('gjj_inbox', %s)", (CENTRE_DEVICE,))
    return ids


def _head(connection: Database) -> tuple[int, bytes]:
    """The last sequence of the centre's own chain and its digest; the chain is held until the transaction ends."""
    connection.execute("insert into core.device_chain (device) values (%s) on conflict do nothing", (CENTRE_DEVICE,))
    connection.execute("select from core.device_chain where device = %s for update", (CENTRE_DEVICE,))
    found = connection.execute(
        "select sequence, digest from core.inbox where device = %s order by sequence desc limit 1", (CENTRE_DEVICE,)
    ).fetchone()
    return (found[0], bytes(found[1])) if found else (0, FIRST_PREVIOUS)


def _file(connection: Database, command: Command, centre_key: bytes, previous: bytes) -> bytes:
    envelope = seal(command, centre_key, centre_key, previous)
    digest = envelope_digest(envelope.body, envelope.author_signature, previous)
    connection.execute(
        "insert into core.inbox (device, sequence, command_id, digest, envelope) values (%s, %s, %s, %s, %s)",
        (command.device, command.sequence, command.id, digest, msgspec.msgpack.encode(envelope)),
    )
    return digest
