"""What shared data said about a sheet that is being typed: kept with what was asked, until the sheet is handed in."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from gjj_desktop.cases.kind import Question
from gjj_desktop.cases.verification import Verification
from gjj_desktop.store import schema

_check = schema.draft_check.c
_INSERT = insert(schema.draft_check)
_PUT = _INSERT.on_conflict_do_update(index_elements=["draft_id", "item"], set_={"body": _INSERT.excluded.body})


class KeptCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One question as it was asked, and what came of it."""

    question: Question
    verification: Verification


def of_draft(connection: Connection, draft_id: str) -> dict[str, KeptCheck]:
    """What is kept for a sheet, by item; may be empty."""
    query = select(_check.item, _check.body).where(_check.draft_id == draft_id)
    return {item: msgspec.msgpack.decode(body, type=KeptCheck) for item, body in connection.execute(query)}


def put(connection: Connection, draft_id: str, checks: Iterable[KeptCheck]) -> None:
    """Keep these, each in place of what was there on its item; those of sheets that are gone are forgotten."""
    for check in checks:
        body = msgspec.msgpack.encode(check)
        connection.execute(_PUT, {"draft_id": draft_id, "item": check.verification.item, "body": body})
    saved = select(schema.draft.c.id)
    connection.execute(delete(schema.draft_check).where(_check.draft_id != draft_id, _check.draft_id.not_in(saved)))


def drop(connection: Connection, draft_id: str, items: Iterable[str] | None = None) -> None:
    """Forget these items of a sheet, or all of them."""
    gone = delete(schema.draft_check).where(_check.draft_id == draft_id)
    connection.execute(gone if items is None else gone.where(_check.item.in_(list(items))))
