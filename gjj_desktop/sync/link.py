"""How does a device talk to the centre: one PostgreSQL connection that can do nothing but the calls of schema `api`."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Any, LiteralString, NamedTuple

import msgspec
import psycopg
from psycopg import sql

from gjj_desktop.cases.leaving import Signed
from gjj_desktop.sync.certificate import as_file, fault_of
from gjj_desktop.sync.network import addresses_of
from gjj_desktop.sync.outcomes import (
    centre_fault,
    is_about_the_certificate,
    no_room,
    not_the_certificate,
    outcome_of,
    too_old,
    unreachable,
)
from gjj_desktop.sync.wire import BlobState, CentreAddress, FeedRow, Hello, Put, Receipt, login_of

CONNECT_SECONDS_MAX = 5
CALL_SECONDS_MAX = 20.0
STATEMENT_MILLISECONDS_MAX = 15_000


class Block(NamedTuple):
    """Counters leased for one series, both ends inclusive."""

    first: int
    last: int


class OnePage(NamedTuple):
    """What the centre says of one page of a material; `chunks` are those of its chunks that this device has brought."""

    digest: str
    state: BlobState
    chunks: frozenset[int]


class Farewell(NamedTuple):
    """How an order to move stands (ordered, said, refused, confirmed, taken_back), why it was refused, and the
    centre's signed word once it is confirmed."""

    state: str
    reason: str
    confirmed: Signed | None


def connection_settings(address: CentreAddress, device: str, password: str, roots: str = "system") -> dict[str, Any]:
    """What libpq is told: SCRAM only, TLS verify-full to any other machine, and nothing that can wait for ever.

    `roots` is the file of the certificates that are trusted, "system" for those of this machine.
    """
    return {
        "host": address.host,
        "port": address.port,
        "dbname": address.dbname,
        "user": login_of(device),
        "password": password,
        "sslmode": "verify-full" if address.by_tls else "disable",
        **({"sslrootcert": roots, "sslcertmode": "disable"} if address.by_tls else {}),
        "gssencmode": "disable",
        "require_auth": "scram-sha-256",
        "connect_timeout": CONNECT_SECONDS_MAX,
        "options": f"-c statement_timeout={STATEMENT_MILLISECONDS_MAX}",
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "client_encoding": "UTF8",
        "application_name": "gjj-desktop",
    }


class Link:
    """An open connection. Every method raises a LinkError and nothing else when the centre or the line fails."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection
        self._was_cut = False

    async def hello(self) -> Hello:
        """The centre's greeting, unchecked."""
        try:
            return msgspec.msgpack.decode(await self._value("SELECT api.hello()"), type=Hello)
        except msgspec.MsgspecError:
            raise too_old("看不懂中心的应答。") from None

    async def hand_in(self, envelopes: Sequence[bytes]) -> list[Receipt]:
        """Give envelopes to the inbox; one receipt each, in order. Handing the same in again changes nothing."""
        given = await self._value("SELECT api.hand_in(%b::bytea[])", list(envelopes))
        try:
            receipts = [Receipt(each) for each in given]
        except ValueError:
            raise too_old("看不懂中心的收件回执。") from None
        if len(receipts) != len(envelopes):
            raise centre_fault("中心的收件回执与上送的笔数不符。")
        return receipts

    async def pull(self, after: int, rows_max: int) -> list[FeedRow]:
        """The next feed rows past position `after` that this device may see, ordered; empty when there are none."""
        query: LiteralString = "SELECT position, row_type, key, deleted, body FROM api.pull(%s, %s)"
        rows = await self._rows(query, after, rows_max)
        return [FeedRow(position=p, row_type=t, key=k, deleted=d, body=bytes(b or b"")) for p, t, k, d, b in rows]

    async def feed_position(self) -> int:
        """The position up to which the feed holds everything for this device now; 0 when it holds nothing."""
        return int(await self._value("SELECT api.feed_position()"))

    async def snapshot(self, upto: int, after: tuple[str, str, str], rows_max: int) -> list[tuple[str, FeedRow]]:
        """Rows of this device's scopes that have not changed since position `upto`, each with its scope.

        They come ordered by scope, row type and key, past the three of `after`; none when that was the last.
        """
        query: LiteralString = "SELECT position, scope, row_type, key, body FROM api.snapshot(%s, %s, %s, %s, %s)"
        rows = await self._rows(query, upto, *after, rows_max)
        return [(s, FeedRow(position=p, row_type=t, key=k, deleted=False, body=b)) for p, s, t, k, b in rows]

    async def lease(self, series: str, size: int) -> Block | None:
        """A block of at most `size` counters (1 to 10,000) that no other call was or will be given.

        It is smaller where the series ends, and None when the series is used up.
        """
        rows = await self._rows("SELECT first, last FROM api.lease(%s, %s)", series, size)
        return Block(*rows[0]) if rows else None

    async def find_person(self, person_id: str) -> list[tuple[str, bytes]]:
        """Row types and bodies of what the whole city knows about one person.

        Asked first and told in a second call: the centre has recorded by then who asked.
        """
        asked = await self._value("SELECT api.ask_for_person(%s)", person_id)
        rows = await self._rows("SELECT row_type, body FROM api.find_person(%s::bigint, %s)", asked, person_id)
        return [(row_type, bytes(body)) for row_type, body in rows]

    async def blobs(self, digests: Sequence[str]) -> list[OnePage]:
        """What the centre knows of these pages (500 at most), in their order."""
        rows = await self._rows("SELECT digest, state, chunks FROM api.blobs(%s::text[])", list(digests))
        try:
            return [OnePage(digest, BlobState(state), frozenset(brought)) for digest, state, brought in rows]
        except ValueError:
            raise too_old("看不懂中心对材料的应答。") from None

    async def put_chunk(self, digest: str, size_bytes: int, number: int, body: bytes) -> Put:
        """Bring one chunk, numbered from 0, of the page with this digest and size; the same again changes nothing."""
        query: LiteralString = "SELECT api.put_chunk(%s::text, %s::bigint, %s::int, %s::bytea)"
        try:
            return Put(await self._value(query, digest, size_bytes, number, body))
        except ValueError:
            raise too_old("看不懂中心对材料的应答。") from None

    async def get_chunk(self, digest: str, number: int) -> bytes | None:
        """One chunk, numbered from 0, of a page that the outlet's cases name; None where there is none."""
        body = await self._value("SELECT api.get_chunk(%s::text, %s::int)", digest, number)
        return None if body is None else bytes(body)

    async def bring_audit(self, first: int, lines: Sequence[bytes]) -> int:
        """Give lines of the audit log, from sequence `first` on; answers up to where the centre holds it now.

        Without lines it only answers. Only a device that was ordered to move may call it.
        """
        return int(await self._value("SELECT api.bring_audit(%s, %s::bytea[])", first, list(lines)))

    async def leave(self, word: Signed) -> str:
        """Say that this window leaves; answers how that stands: said or refused. The same again changes nothing."""
        return str(await self._value("SELECT api.leave(%s, %s)", word.body, word.signature))

    async def farewell(self) -> Farewell | None:
        """How the last order to move stands; None where there never was one. Also after this device has moved."""
        query: LiteralString = "SELECT state, reason, confirmed, signature FROM api.farewell()"
        rows = await self._rows(query)
        if not rows:
            return None
        state, reason, body, signature = rows[0]
        return Farewell(state, reason, Signed(bytes(body), bytes(signature)) if body and signature else None)

    async def bring_grants(self, grants: Sequence[bytes]) -> None:
        """Give the centre grants that it has signed (packed `OwnGrant`s) and may have forgotten; again is nothing."""
        await self._value("SELECT api.bring_grants(%b::bytea[])", list(grants))

    async def give_share(self, share_id: str, mask: bytes) -> None:
        """Give the centre one half of the key of this window's file; it is never given back to a window."""
        await self._value("SELECT api.give_share(%s, %s)", share_id, mask)

    async def take_over(self, public_key: bytes, last_sequence: int) -> None:
        """Become the machine of the window that this login is of, whose own is broken; the same key again is nothing.

        `last_sequence` is the last command in the file: up to there the key of the broken machine signed.
        """
        await self._value("SELECT api.take_over(%s, %s)", public_key, last_sequence)

    async def register_device(self, public_key: bytes) -> str:
        """Tell the centre this device's public key; answers its state from now on ("pending")."""
        return str(await self._value("SELECT api.register_device(%s)", public_key))

    async def register_clerk_key(self, clerk: str, code: str, public_key: bytes) -> str:
        """Tell the centre a clerk's public key: "registered", "wrong_code" or "expired"."""
        return str(await self._value("SELECT api.register_clerk_key(%s, %s, %s)", clerk, code, public_key))

    async def change_password(self, device: str, password: str) -> None:
        """Give the login a new password, which itself never leaves this process: the server gets its verifier."""
        async with self._limited():
            login = login_of(device)
            verifier = self._connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")
            await self._connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(login), sql.Literal(verifier.decode()))
            )

    async def listen(self, channels: Sequence[str]) -> None:
        """From now on notifications on these channels end `notified`."""
        async with self._limited():
            for channel in channels:
                await self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))

    async def notified(self, seconds_max: float) -> bool:
        """Wait until the centre says that there is something new; False when `seconds_max` passed first."""
        async with self._outcomes():
            async for _ in self._connection.notifies(timeout=seconds_max, stop_after=1):
                return True
        return False

    async def rest(self) -> None:
        """Let others have their turn between two long pieces of work that need no line.

        Raises:
            UnreachableError: it was `cut` meanwhile.
        """
        await asyncio.sleep(0)
        if self._was_cut:
            raise unreachable()

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be called any more."""
        return self._connection.closed

    def cut(self) -> None:
        """End whatever is going on now, from inside the same event loop, without waiting for the other side."""
        self._was_cut = True
        if self._connection.closed or self._connection.pgconn.socket < 0:
            return
        borrowed = socket.socket(fileno=self._connection.pgconn.socket)
        try:
            borrowed.shutdown(socket.SHUT_RDWR)
        except OSError:  # already cut by the other side
            pass
        finally:
            borrowed.detach()

    async def _value(self, query: LiteralString, *values: object) -> Any:
        return (await self._rows(query, *values))[0][0]

    async def _rows(self, query: LiteralString, *values: object) -> list[Any]:
        async with self._limited():
            cursor = await self._connection.execute(query, values, binary=True)
            return await cursor.fetchall()

    @asynccontextmanager
    async def _limited(self) -> AsyncIterator[None]:
        """Cut the line when the other side does not answer in time: a dead line says nothing by itself."""
        timer = asyncio.get_running_loop().call_later(CALL_SECONDS_MAX, self.cut)
        try:
            async with self._outcomes():
                yield
        finally:
            timer.cancel()

    @asynccontextmanager
    async def _outcomes(self) -> AsyncIterator[None]:
        try:
            yield
        except psycopg.Error as error:
            lost = self._connection.closed and error.sqlstate is None
            raise (unreachable() if lost else outcome_of(error)) from error


@asynccontextmanager
async def open_link(address: CentreAddress, device: str, password: str) -> AsyncIterator[Link]:
    """A link for as long as the block lasts."""
    connection = await _connected(address, device, password)
    link = Link(connection)
    try:
        yield link
    finally:
        link.cut()
        await connection.close()


async def _connected(address: CentreAddress, device: str, password: str) -> psycopg.AsyncConnection[Any]:
    try:
        found = await _found(address.host)
    except OSError as error:
        raise unreachable() from error
    with ExitStack() as stack:
        try:
            roots = stack.enter_context(as_file(address.ca)) if address.ca else "system"
        except OSError as error:
            raise no_room() from error
        try:
            settings = connection_settings(address, device, password, roots) | _for_libpq(address.host, found)
            return await psycopg.AsyncConnection.connect(autocommit=True, **settings)
        except psycopg.Error as error:
            if is_about_the_certificate(error):
                fault = await fault_of(address.host, found, address.port, address.ca)
                raise not_the_certificate(fault, address.host) from error
            raise outcome_of(error) from error


async def _found(host: str) -> list[str]:
    return [] if host.startswith("/") else await addresses_of(host)


def _for_libpq(host: str, addresses: Sequence[str]) -> dict[str, str]:
    """Host and its addresses as libpq wants them: each address with the name that its certificate must bear."""
    if not addresses:
        return {}
    return {"host": ",".join([host] * len(addresses)), "hostaddr": ",".join(addresses)}
