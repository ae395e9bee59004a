"""The scanned pages of a sheet that is being typed, in their order, kept until its command is accepted or given up."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.rows import PageRef
from gjj_desktop.store import schema
from gjj_desktop.store.outbox import HANDED_IN, OPEN_TASK, WAITING

_page = schema.draft_page.c
_UNDECIDED = (WAITING, HANDED_IN, Verdict.SET_ASIDE.value)


def of_draft(connection: Connection, draft_id: str) -> tuple[PageRef, ...]:
    """The pages of a sheet, material by material, each in its order; may be empty."""
    query = select(schema.draft_page).where(_page.draft_id == draft_id).order_by(_page.material, _page.page_no)
    return tuple(
        PageRef(
            material=row["material"],
            digest=row["digest"],
            size_bytes=row["size_bytes"],
            media_type=row["media_type"],
        )
        for row in connection.execute(query).mappings()
    )


def put(connection: Connection, draft_id: str, pages: Iterable[PageRef]) -> None:
    """Let the sheet have these pages, in this order, in place of those it had."""
    connection.execute(delete(schema.draft_page).where(_page.draft_id == draft_id))
    numbers: dict[str, int] = {}
    values = []
    for page in pages:
        numbers[page.material] = numbers.get(page.material, 0) + 1
        values.append(
            {
                "draft_id": draft_id,
                "material": page.material,
                "page_no": numbers[page.material],
                "digest": page.digest,
                "size_bytes": page.size_bytes,
                "media_type": page.media_type,
            }
        )
    if values:
        connection.execute(insert(schema.draft_page), values)


def put_material(connection: Connection, draft_id: str, material: str, pages: Sequence[PageRef]) -> None:
    """Let one material of the sheet have these pages, in this order."""
    others = [page for page in of_draft(connection, draft_id) if page.material != material]
    put(connection, draft_id, [*others, *pages])


def drop_unneeded(connection: Connection) -> int:
    """Forget pages of sheets that are gone: neither a draft, nor a command undecided or still to be corrected."""
    outbox = schema.outbox.c
    drafts = select(schema.draft.c.id)
    undecided = select(outbox.command_id).where(outbox.state.in_(_UNDECIDED))
    to_correct = select(outbox.command_id).where(outbox.task == OPEN_TASK)
    gone = [~_page.draft_id.in_(each) for each in (drafts, undecided, to_correct)]
    return connection.execute(delete(schema.draft_page).where(*gone)).rowcount
