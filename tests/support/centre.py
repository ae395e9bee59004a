"""Fixtures: a real centre for tests; one server for each worker, one database for each test."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import msgspec
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from gjj_desktop.cases.command import FIRST_PREVIOUS, Command, Envelope, PaperIssue, envelope_digest
from gjj_desktop.cases.rows import Clerk, Outlet
from gjj_desktop.central.city import connect, found_city, publish_policy
from gjj_desktop.central.clerks import add_clerk
from gjj_desktop.central.devices import add_device, add_outlet, approve_device
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.central.row_tables import Database
from gjj_desktop.clock import CHINA, new_id, utc_text
from gjj_desktop.policy_files import read_policy
from gjj_desktop.security.envelopes import seal
from gjj_desktop.security.keys import new_private_key, public_key
from gjj_desktop.sync.wire import CentreAddress, FeedRow, login_of

TEMPLATE = "template_centre"
BUSINESS_DATE = datetime.now(CHINA).date()
CENTRE_KEY = bytes(range(32))


@dataclass
class TestClerk:
    """A clerk and the private key that they registered at one device."""

    __test__ = False

    number: str
    key: bytes


@dataclass
class TestDevice:
    """A window machine as the centre sees it: its login, its key, and the head of its chain."""

    __test__ = False

    device: str
    key: bytes
    password: str
    centre: "TestCentre"
    sequence: int = 0
    previous: bytes = FIRST_PREVIOUS
    open: list[Database] = field(default_factory=list)

    def connect(self) -> Database:
        """A connection with this device's own login."""
        own = {"user": login_of(self.device), "password": self.password}
        connection = psycopg.connect(make_conninfo(self.centre.url, **own), autocommit=True)
        self.open.append(connection)
        return connection

    def command(self, clerk: TestClerk, kind: str, payload: msgspec.Struct, case_no: str = "", **more: object) -> bytes:
        """The next command of this device in its envelope, as bytes."""
        self.sequence += 1
        return self.sealed(self.command_of(clerk, kind, payload, case_no, **more), clerk)

    def command_of(
        self,
        clerk: TestClerk,
        kind: str,
        payload: msgspec.Struct,
        case_no: str = "",
        command_id: str = "",
        papers: tuple[PaperIssue, ...] = (),
        seen: int = -1,
        taken_in_on: date | None = None,
    ) -> Command:
        """The command itself, with the device's sequence; `seen` and the day as the window would say them."""
        return Command(
            id=command_id or new_id(),
            kind=kind,
            case_no=case_no,
            device=self.device,
            sequence=self.sequence,
            author=clerk.number,
            made_at=utc_text(),
            policy_version="",
            payload=msgspec.msgpack.encode(payload),
            papers=papers,
            seen=seen,
            taken_in_on=taken_in_on,
        )

    def sealed(self, command: Command, clerk: TestClerk) -> bytes:
        """`command` sealed and chained to what came before it."""
        envelope = seal(command, clerk.key, self.key, self.previous)
        self.previous = digest_of(envelope)
        return msgspec.msgpack.encode(envelope)

    def hand_in(self, *envelopes: bytes) -> list[str]:
        """What the inbox says to each envelope."""
        with self.connect() as connection:
            found = connection.execute("select api.hand_in(%s::bytea[])", (list(envelopes),)).fetchone()
        assert found is not None
        return list(found[0])

    def pull(self, after: int = 0) -> list[FeedRow]:
        """What the feed holds for this device past a position."""
        with self.connect() as connection:
            return [
                FeedRow(position=position, row_type=row_type, key=key, deleted=deleted, body=bytes(body))
                for position, row_type, key, deleted, body in connection.execute(
                    "select * from api.pull(%s, 2000)", (after,)
                )
            ]


def digest_of(envelope: Envelope) -> bytes:
    return envelope_digest(envelope.body, envelope.author_signature, envelope.previous)


class Server(Protocol):
    """A PostgreSQL that tests may use as they like."""

    folder: Path
    port: int

    def url(self, database: str = "postgres") -> str:
        """How to connect as superuser."""

    def start(self) -> None:
        """Start it and wait until it answers."""

    def stop(self) -> None:
        """Stop it in order."""

    def kill(self) -> None:
        """End it as a crash would."""


@dataclass
class TestCentre:
    """A founded city in a database of its own."""

    __test__ = False

    server: Server
    database: str
    admin: Database

    @property
    def url(self) -> str:
        return self.server.url(self.database)

    @property
    def address(self) -> CentreAddress:
        return CentreAddress(host="127.0.0.1", port=self.server.port, dbname=self.database)

    def add_outlet(self, number: str = "9905") -> None:
        add_outlet(self.admin, Outlet(number=number, name="南桥网点", centre_name="云溪市住房公积金管理中心"))

    def add_device(self, outlet: str = "9905", window: str = "03", approved: bool = True) -> TestDevice:
        """A device that has registered its key, by its own login."""
        ticket = add_device(self.admin, self.address, outlet, window)
        device = TestDevice(ticket.device, new_private_key(), ticket.password, self)
        with device.connect() as connection:
            connection.execute("select api.register_device(%s)", (public_key(device.key),))
        if approved:
            approve_device(self.admin, device.device)
        return device

    def add_clerk(
        self, device: TestDevice, number: str, roles: Sequence[str] = ("clerk",), person_ids: Sequence[str] = ()
    ) -> TestClerk:
        """A clerk whose key is registered at `device` by the one-time code; granted at the next posting."""
        outlet = device.device[:4]
        row = Clerk(clerk=number, name="林晓", outlet=outlet, roles=tuple(roles), person_ids=tuple(person_ids))
        code = add_clerk(self.admin, row)
        clerk = TestClerk(number, new_private_key())
        with device.connect() as connection:
            answered = connection.execute(
                "select api.register_clerk_key(%s, %s, %s)", (number, code, public_key(clerk.key))
            ).fetchone()
        assert answered == ("registered",)
        return clerk


@pytest.fixture(scope="session")
def centre_server() -> Iterator[EmbeddedServer]:
    """This worker's PostgreSQL with a founded city as template.

    Not in pytest's own folder: every start of pytest takes that folder away from all other users, and root's
    PostgreSQL runs as one.
    """
    with (
        TemporaryDirectory(prefix="gjj-centre-", ignore_cleanup_errors=True) as folder,
        EmbeddedServer(Path(folder), durable=False) as server,
    ):
        founded(server, TEMPLATE)
        yield server


def founded(server: Server, template: str) -> None:
    """Make a founded city on `server`, from which the databases of the tests are copied."""
    with connect(server.url()) as connection:
        connection.execute(SQL("create database {}").format(Identifier(template)))
    found_city(server.url(template), "9900", "云溪市", public_key(CENTRE_KEY), BUSINESS_DATE)
    with connect(server.url(template)) as connection:
        publish_policy(connection, read_policy())


@pytest.fixture
def centre(centre_server: EmbeddedServer) -> Iterator[TestCentre]:
    """A centre of a city of its own, with policy, without outlets."""
    yield from of_template(centre_server)


def of_template(server: Server, template: str = TEMPLATE) -> Iterator[TestCentre]:
    """A centre in a copy of the template's database, for as long as it is asked for."""
    database = f"centre_{secrets.token_hex(6)}"
    with connect(server.url()) as connection:
        connection.execute(SQL("create database {} template {}").format(Identifier(database), Identifier(template)))
        connection.execute(SQL("revoke all on database {} from public").format(Identifier(database)))
        connection.execute(SQL("grant connect on database {} to gjj_device, gjj_post").format(Identifier(database)))
    with connect(server.url(database)) as admin:
        yield TestCentre(server, database, admin)
    with connect(server.url()) as connection:
        connection.execute(SQL("drop database {} with (force)").format(Identifier(database)))
