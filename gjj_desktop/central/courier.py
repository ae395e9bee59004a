"""Packs of outlets without a line: taken in and answered through the same functions that a device's login calls."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, LiteralString, NamedTuple

import msgspec
import psycopg
from psycopg.sql import SQL, Identifier

from gjj_desktop.central.checking import key_of_rotation
from gjj_desktop.central.city import read_city
from gjj_desktop.central.posting import post_all
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.central.row_tables import Database
from gjj_desktop.clock import utc_text
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.keys import sign
from gjj_desktop.sync.link import Block
from gjj_desktop.sync.pack import (
    TO_CENTRE,
    TO_WINDOW,
    Pack,
    PackedPage,
    ToCentre,
    ToWindow,
    open_pack,
    read_pack,
    seal_pack,
    write_pack,
)
from gjj_desktop.sync.wire import (
    BLOBS_MAX,
    CHUNK_BYTES,
    PAGE_BYTES_MAX,
    PAGE_ENVELOPES_MAX,
    PULL_ROWS_MAX,
    BlobState,
    FeedRow,
    Put,
    Receipt,
    login_of,
)

TAKEN = (Receipt.RECEIVED, Receipt.SEEN_BEFORE)
WHAT_TO_DO = {
    Receipt.FULL: "这个窗口今天可收的业务已满：明天用同一个文件再读入一次",
    Receipt.OUT_OF_ORDER: "缺少更早的业务：请先读入更早的业务包，或让窗口读入新的回执包后重新导出",
}
NOT_MENDED = "这些业务与中心已收的冲突，没有收下：请核对该窗口是否从旧备份恢复过"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a window's last pack asked for: the feed past `cursor` of the centre of that epoch, and so many numbers."""

    epoch: str = ""
    cursor: int = 0
    wanted: dict[str, int] = {}


class Taken(NamedTuple):
    """What became of a pack: commands that were new, that were there already, and that the inbox did not take (the
    first of which is `stopped_at`), pages that are whole now, and how many commands were posted."""

    device: str
    received: int
    seen_before: int
    not_taken: int
    stopped_at: str
    pages: int
    posted: int

    @property
    def what_to_do(self) -> str:
        """About what was not taken; "" when everything was."""
        return WHAT_TO_DO.get(Receipt(self.stopped_at), NOT_MENDED) if self.stopped_at else ""


class Sent(NamedTuple):
    """What stands in the pack for a window: rows of the feed past `after`, and how many blocks of numbers."""

    device: str
    after: int
    rows: int
    blocks: int


def courier_in(connection: Database, centre_key: bytes, path: Path, earlier_keys: Sequence[bytes] = ()) -> Taken:
    """Take a window's pack: its commands go into the inbox as the device itself would hand them in, and are posted.

    The same pack once more, or an old one, changes nothing; where it was interrupted, the same pack goes on.
    `earlier_keys` of the centre open what was sealed to them.

    Raises:
        PackError: it is cut off, forged, or not for this centre's key.
        RefusedError: another city's, or of a window that is not at work here.
    """
    pack = read_pack(path, TO_CENTRE)
    if pack.city != read_city(connection).city:
        raise RefusedError("这是另一个城市的业务包。", "请交回原来的窗口")
    registered = _public_key(connection, pack.device)
    body = open_pack(
        pack,
        ToCentre,
        [centre_key, *earlier_keys],
        registered,
        lambda said: _gone_over_to(said, pack.device, registered),
    )
    posted, receipts = 0, list[Receipt]()
    for page in _in_pages(body.envelopes):
        with _as_device(connection, pack.device):
            receipts += [Receipt(each) for each in _value(connection, "select api.hand_in(%s::bytea[])", page)]
        posted += post_all(connection, centre_key).taken
        if any(each not in TAKEN for each in receipts):
            break
    with _as_device(connection, pack.device):
        pages = sum(_put(connection, page) for page in _wanted(connection, body.pages))
    posted += post_all(connection, centre_key).taken
    _remember(connection, pack.device, Asked(epoch=body.epoch, cursor=body.cursor, wanted=body.wanted))
    stopped = [each for each in receipts if each not in TAKEN]
    return Taken(
        device=pack.device,
        received=receipts.count(Receipt.RECEIVED),
        seen_before=receipts.count(Receipt.SEEN_BEFORE),
        not_taken=len(body.envelopes) - receipts.count(Receipt.RECEIVED) - receipts.count(Receipt.SEEN_BEFORE),
        stopped_at=stopped[0] if stopped else "",
        pages=pages,
        posted=posted,
    )


def courier_out(connection: Database, centre_key: bytes, device: str, path: Path, whole: bool = False) -> Sent:
    """Write the pack with which a window catches up: from where its last pack stood, or the `whole` feed.

    That, too, when this centre was restored from a backup since.

    Raises:
        PackError: the stick can not be written; nothing stands under the name.
        RefusedError: no such window at work.
    """
    receiver = _public_key(connection, device)
    city = read_city(connection)
    asked = _asked(connection, device)
    if whole or asked.epoch not in ("", city.epoch):
        asked = msgspec.structs.replace(asked, cursor=0)
    with _as_device(connection, device):
        hello = _value(connection, "select api.hello()")
        rows = tuple(_feed(connection, asked.cursor))
        blocks = {
            series: Block(*found)
            for series, size in asked.wanted.items()
            if (found := connection.execute("select first, last from api.lease(%s, %s)", (series, size)).fetchone())
        }
    body = ToWindow(hello=bytes(hello), after=asked.cursor, rows=rows, blocks=blocks)
    head = Pack(kind=TO_WINDOW, city=city.city, device=device, made_at=utc_text())
    write_pack(path, seal_pack(head, body, receiver, lambda message: sign(centre_key, message)))
    connection.execute("insert into core.audit (what, about) values ('courier_out', %s)", (device,))
    return Sent(device, asked.cursor, len(rows), len(blocks))


def _public_key(connection: Database, device: str) -> bytes:
    """The key of a window at work."""
    found = connection.execute(
        "select public_key from core.registration where device = %s and state = 'approved'", (device,)
    ).fetchone()
    if found is None or found[0] is None:
        raise RefusedError(f"窗口 {device} 不在使用中，没有采用。", "请核对窗口号，或先批准该窗口")
    return bytes(found[0])


def _gone_over_to(body: ToCentre, device: str, registered: bytes) -> list[bytes]:
    """Keys that the window has gone over to by commands in this very pack, from the one that is registered on."""
    keys = [registered]
    for envelope in body.envelopes:
        new = key_of_rotation(envelope, device, keys[-1])
        if new is not None:
            keys.append(new)
    return keys[1:]


@contextmanager
def _as_device(connection: Database, device: str) -> Iterator[None]:
    """Be the device's own login, with its rights and no others."""
    try:
        connection.execute(SQL("set session authorization {}").format(Identifier(login_of(device))))
    except psycopg.errors.InsufficientPrivilege as error:
        raise OperatingError(
            "代窗口收发数据包要用数据库超级用户的登录。", "请在数据库服务器上用超级用户运行"
        ) from error
    try:
        yield
    finally:
        connection.execute("reset session authorization")


def _in_pages(envelopes: Sequence[bytes]) -> Iterator[list[bytes]]:
    page: list[bytes] = []
    size = 0
    for envelope in envelopes:
        if page and (size + len(envelope) > PAGE_BYTES_MAX or len(page) == PAGE_ENVELOPES_MAX):
            yield page
            page, size = [], 0
        page.append(envelope)
        size += len(envelope)
    if page:
        yield page


def _wanted(connection: Database, pages: Sequence[PackedPage]) -> list[PackedPage]:
    """Those pages for which the centre waits, whose bytes are what their digest says."""
    found = []
    for start in range(0, len(pages), BLOBS_MAX):
        some = pages[start : start + BLOBS_MAX]
        digests = [page.digest for page in some]
        query = "select digest, state from api.blobs(%s::text[])"
        states: dict[str, str] = dict(connection.execute(query, (digests,)).fetchall())
        found += [
            page
            for page in some
            if states.get(page.digest) == BlobState.WANTED and sha256(page.body).hexdigest() == page.digest
        ]
    return found


def _put(connection: Database, page: PackedPage) -> bool:
    """Bring one page in its chunks; False when it did not become whole (no more today)."""
    for number, start in enumerate(range(0, len(page.body), CHUNK_BYTES)):
        answer = _value(
            connection,
            "select api.put_chunk(%s::text, %s::bigint, %s::int, %s::bytea)",
            page.digest,
            len(page.body),
            number,
            page.body[start : start + CHUNK_BYTES],
        )
        if answer in (Put.HELD, Put.FULL, Put.WRONG):
            return Put(answer) is Put.HELD
    return False


def _feed(connection: Database, after: int) -> Iterator[FeedRow]:
    while True:
        page = connection.execute(
            "select position, row_type, key, deleted, body from api.pull(%s, %s)", (after, PULL_ROWS_MAX)
        ).fetchall()
        for position, row_type, key, deleted, body in page:
            yield FeedRow(position=position, row_type=row_type, key=key, deleted=deleted, body=bytes(body or b""))
        if not page:
            return
        after = page[-1][0]


def _remember(connection: Database, device: str, asked: Asked) -> None:
    with connection.transaction():
        connection.execute(
            "insert into core.courier (device, asked) values (%s, %s)"
            " on conflict (device) do update set asked = excluded.asked",
            (device, msgspec.msgpack.encode(asked)),
        )
        connection.execute("insert into core.audit (what, about) values ('courier_in', %s)", (device,))


def _asked(connection: Database, device: str) -> Asked:
    """What the window's last pack asked for; the whole feed and no numbers before its first."""
    found = connection.execute("select asked from core.courier where device = %s", (device,)).fetchone()
    return msgspec.msgpack.decode(found[0], type=Asked) if found else Asked()


def _value(connection: Database, query: LiteralString, *values: object) -> Any:
    found = connection.execute(query, values).fetchone()
    assert found is not None
    return found[0]
