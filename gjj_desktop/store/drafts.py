"""What a clerk has begun to type: kept from the first keys on until it is handed in or thrown away."""

from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from gjj_desktop.store import draft_checks, schema

_columns = schema.draft.c
_INSERT = insert(schema.draft)
_SAVE = _INSERT.on_conflict_do_update(
    index_elements=["id"], set_={column.name: _INSERT.excluded[column.name] for column in _columns}
)
_GET = select(schema.draft).where(_columns.id == bindparam("draft_id"))
_REMOVE = delete(schema.draft).where(_columns.id == bindparam("draft_id"))


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """One form as it was typed. `id` becomes the command's id; `saved_at` is UTC, ISO 8601."""

    id: str
    clerk: str
    kind: str
    case_no: str = ""
    title: str = ""
    raw: dict[str, str]
    saved_at: str


def save(connection: Connection, draft: Draft) -> None:
    """Keep the draft in place of its earlier state; ValueError when it belongs to another clerk."""
    before = get(connection, draft.id)
    if before and before.clerk != draft.clerk:
        raise ValueError("a draft stays with its author")
    values = msgspec.structs.asdict(draft) | {"raw": msgspec.msgpack.encode(draft.raw)}
    connection.execute(_SAVE, values)


def list_of(connection: Connection, clerk: str) -> list[Draft]:
    """This clerk's drafts, the last saved first."""
    query = select(schema.draft).where(_columns.clerk == clerk).order_by(_columns.saved_at.desc(), _columns.id)
    return [_draft(dict(row)) for row in connection.execute(query).mappings()]


def all_of(connection: Connection) -> list[Draft]:
    """Everybody's drafts, by clerk, the last saved first."""
    query = select(schema.draft).order_by(_columns.clerk, _columns.saved_at.desc(), _columns.id)
    return [_draft(dict(row)) for row in connection.execute(query).mappings()]


def get(connection: Connection, draft_id: str) -> Draft | None:
    """The draft, or None."""
    row = connection.execute(_GET, {"draft_id": draft_id}).mappings().first()
    return None if row is None else _draft(dict(row))


def remove(connection: Connection, draft_id: str) -> None:
    """Throw the draft away with what shared data said about it; nothing happens when there is none."""
    connection.execute(_REMOVE, {"draft_id": draft_id})
    draft_checks.drop(connection, draft_id)


def _draft(row: dict[str, Any]) -> Draft:
    return Draft(**row | {"raw": msgspec.msgpack.decode(row["raw"], type=dict[str, str])})
