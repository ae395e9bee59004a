"""What a clerk has begun to type: kept from the first keys on until it is handed in or thrown away."""

from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from gjj_desktop.store import schema


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
    statement = insert(schema.draft).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def list_of(connection: Connection, clerk: str) -> list[Draft]:
    """This clerk's drafts, the last saved first."""
    table = schema.draft
    query = select(table).where(table.c.clerk == clerk).order_by(table.c.saved_at.desc(), table.c.id)
    return [_draft(dict(row)) for row in connection.execute(query).mappings()]


def get(connection: Connection, draft_id: str) -> Draft | None:
    """The draft, or None."""
    row = connection.execute(select(schema.draft).where(schema.draft.c.id == draft_id)).mappings().first()
    return None if row is None else _draft(dict(row))


def remove(connection: Connection, draft_id: str) -> None:
    """Throw the draft away; nothing happens when there is none."""
    connection.execute(delete(schema.draft).where(schema.draft.c.id == draft_id))


def _draft(row: dict[str, Any]) -> Draft:
    return Draft(**row | {"raw": msgspec.msgpack.decode(row["raw"], type=dict[str, str])})
