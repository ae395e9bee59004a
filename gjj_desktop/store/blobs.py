"""The bytes of scanned pages, by the SHA-256 that names them: begun here, on their way to the centre, or held there.

Who needs a page is not written beside it but read from the rows that name it: sheets being typed (`draft_page`), and
the cases of this window's outlet (`MaterialPage`, the centre's word and the window's own pending work).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import sha256

import msgspec
from sqlalchemy import Connection, delete, exists, func, insert, or_, select, update

from gjj_desktop.cases.rows import MaterialPage
from gjj_desktop.clock import utc_text
from gjj_desktop.store import schema
from gjj_desktop.store.bodies import chunks
from gjj_desktop.store.centre_time import centre_now

DRAFT = "draft"
"""Nothing that was handed in has named it."""
TO_SEND = "to_send"
"""A case names it and the centre has not said yet that it holds it."""
HELD = "held"
"""The centre holds it: it may be dropped here and asked for again."""
GIVEN_UP = "given_up"
"""A case named it that does not any more: one that was refused, and that a restored centre may take."""

_blob = schema.blob.c
_centre, _pending, _sheet = schema.REPLICA[MaterialPage].c, schema.pending_field.c, schema.draft_page.c
# Asked page by page: an outlet's cases name many more pages than are ever on this disk.
_NAMED_BY_UNDECIDED = exists().where(
    _pending.row_type == MaterialPage.__name__, _pending.field == "digest", _pending.value == _blob.digest
)
_NAMED_BY_CASES = or_(exists().where(_centre.digest == _blob.digest), _NAMED_BY_UNDECIDED)
_NAMED_BY_SHEETS = _blob.digest.in_(select(_sheet.digest))


class ToSend(msgspec.Struct, frozen=True):
    """A page on its way."""

    digest: str
    size_bytes: int


def put(connection: Connection, body: bytes, state: str = DRAFT) -> str:
    """Keep these bytes and answer their digest; nothing happens when they are here already."""
    digest = sha256(body).hexdigest()
    if connection.scalar(select(_blob.digest).where(_blob.digest == digest)) is None:
        kept_at = utc_text(centre_now(connection))
        values = {"digest": digest, "size_bytes": len(body), "state": state, "sent_bytes": 0, "kept_at": kept_at}
        connection.execute(insert(schema.blob).values(**values, body=body))
    return digest


def get(connection: Connection, digest: str) -> bytes | None:
    """The bytes, or None when they are not here."""
    body = connection.scalar(select(_blob.body).where(_blob.digest == digest))
    return None if body is None else bytes(body)


def here(connection: Connection, digests: Collection[str]) -> set[str]:
    """Those of `digests` whose bytes are on this disk."""
    found: set[str] = set()
    for chunk in chunks(digests):
        found.update(connection.scalars(select(_blob.digest).where(_blob.digest.in_(chunk))))
    return found


def touch(connection: Connection, digest: str) -> None:
    """Somebody looked at the page: it is dropped later than those nobody looks at."""
    kept_at = utc_text(centre_now(connection))
    connection.execute(update(schema.blob).where(_blob.digest == digest).values(kept_at=kept_at))


def send(connection: Connection, digests: Collection[str]) -> None:
    """A command that was just handed in names these: they go to the centre, unless it is known to hold them."""
    for chunk in chunks(digests):
        where = (_blob.digest.in_(chunk), _blob.state.in_((DRAFT, GIVEN_UP)))
        connection.execute(update(schema.blob).where(*where).values(state=TO_SEND, sent_bytes=0))


def to_send(connection: Connection) -> list[ToSend]:
    """The pages on their way, those first that were kept first."""
    query = select(_blob.digest, _blob.size_bytes).where(_blob.state == TO_SEND).order_by(_blob.kept_at, _blob.digest)
    return [ToSend(digest, size) for digest, size in connection.execute(query)]


def count_to_send(connection: Connection) -> int:
    """How many pages the centre does not hold yet."""
    return connection.scalar(select(func.count()).where(_blob.state == TO_SEND)) or 0


def part(connection: Connection, digest: str, start: int, size: int) -> bytes:
    """`size` bytes of a page from `start` on, fewer at its end; empty when it is not here."""
    body = connection.scalar(select(func.substr(_blob.body, start + 1, size)).where(_blob.digest == digest))
    return bytes(body or b"")


def mark_sent(connection: Connection, digest: str, sent_bytes: int) -> None:
    """How much of a page the centre has."""
    connection.execute(update(schema.blob).where(_blob.digest == digest).values(sent_bytes=sent_bytes))


def mark_held(connection: Connection, digests: Collection[str]) -> None:
    """The centre said that it holds these: from now on they may grow old here."""
    kept_at = utc_text(centre_now(connection))
    for chunk in chunks(digests):
        values = {"state": HELD, "sent_bytes": _blob.size_bytes, "kept_at": kept_at}
        where = (_blob.digest.in_(chunk), _blob.state != HELD)
        connection.execute(update(schema.blob).where(*where).values(**values))


def ask_again(connection: Connection, digests: Collection[str]) -> None:
    """The centre says of these only now that it waits for them: what it held before that it may have forgotten."""
    for chunk in chunks(digests):
        where = (_blob.digest.in_(chunk), _blob.state == HELD)
        connection.execute(update(schema.blob).where(*where).values(state=TO_SEND, sent_bytes=0))


def offer_again(connection: Connection) -> None:
    """The centre was restored from a backup and may have forgotten pages: all of them are asked about again."""
    connection.execute(update(schema.blob).where(_blob.state == HELD).values(state=TO_SEND, sent_bytes=0))


def settle(connection: Connection) -> int:
    """What no case names any more is not sent; what one names again is. Called when cases were answered.

    A refused case leaves its pages with the sheet that its task is opened in again. Answers how many were given up.
    """
    given_up = connection.scalars(select(_blob.digest).where(_blob.state == TO_SEND, ~_NAMED_BY_CASES)).all()
    named_again = connection.scalars(
        select(_blob.digest).where(_blob.state.in_((DRAFT, GIVEN_UP)), _NAMED_BY_CASES)
    ).all()
    kept_at = utc_text(centre_now(connection))
    for chunk in chunks(given_up):
        values = {"state": GIVEN_UP, "sent_bytes": 0, "kept_at": kept_at}
        connection.execute(update(schema.blob).where(_blob.digest.in_(chunk)).values(**values))
    for chunk in chunks(named_again):
        connection.execute(update(schema.blob).where(_blob.digest.in_(chunk)).values(state=TO_SEND, sent_bytes=0))
    return len(given_up)


def drop_unneeded(connection: Connection) -> int:
    """Forget pages that no sheet names any more and no case ever named; answers how many.

    Others only grow old (`drop_old`): a centre that was restored has forgotten the case that names them until its
    command was posted there again, and may take one that it had refused.
    """
    where = (_blob.state == DRAFT, ~_NAMED_BY_SHEETS, ~_NAMED_BY_CASES)
    return connection.execute(delete(schema.blob).where(*where)).rowcount


def drop_old(connection: Connection, bytes_max: int, before: datetime) -> int:
    """Make room: of the pages that the centre holds or that were given up, drop those last looked at before `before`,
    and past `bytes_max` the oldest, those first that the centre holds; answers how many.

    A page on a sheet stays, and one of a command that is not decided: no row at the centre names it yet, which is why
    the centre may have forgotten it.
    """
    kept = _blob.state.in_((HELD, GIVEN_UP))
    total = connection.scalar(select(func.coalesce(func.sum(_blob.size_bytes), 0)).where(kept)) or 0
    gone: list[str] = []
    for state in (HELD, GIVEN_UP):
        query = (
            select(_blob.digest, _blob.size_bytes, _blob.kept_at)
            .where(_blob.state == state, ~_NAMED_BY_SHEETS, ~_NAMED_BY_UNDECIDED)
            .order_by(_blob.kept_at)
        )
        for digest, size, kept_at in connection.execute(query):
            if total <= bytes_max and kept_at >= utc_text(before):
                break
            gone.append(digest)
            total -= size
    for chunk in chunks(gone):
        connection.execute(delete(schema.blob).where(_blob.digest.in_(chunk)))
    return len(gone)


def states(connection: Connection) -> Sequence[tuple[str, str]]:
    """Digest and state of every page here, by digest."""
    found = connection.execute(select(_blob.digest, _blob.state).order_by(_blob.digest))
    return [(digest, state) for digest, state in found]
