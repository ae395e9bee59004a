"""Which numbered papers left this window, and how far their printing is."""

from datetime import date

import msgspec
from sqlalchemy import Connection, insert, select, update

from gjj_desktop.cases.command import PaperIssue
from gjj_desktop.store import schema

QUEUED, SPOOLED, CONFIRMED = "queued", "spooled", "confirmed"

_paper = schema.paper.c
_INSERT = insert(schema.paper)


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """An issued paper. Print state: queued, spooled, confirmed by the clerk; `void_reason` is "" while it is good."""

    paper_no: str
    case_no: str
    kind: str
    body: bytes
    digest: bytes
    signature: bytes
    clerk: str
    issued_on: date
    print_state: str = QUEUED
    reprints: int = 0
    void_reason: str = ""


def issue(connection: Connection, issued: PaperIssue, case_no: str, clerk: str) -> None:
    """Keep a paper that goes out; sqlalchemy.exc.IntegrityError when its number is used."""
    paper = Paper(**msgspec.structs.asdict(issued), case_no=case_no, clerk=clerk)
    connection.execute(_INSERT, msgspec.structs.asdict(paper))


def get(connection: Connection, paper_no: str) -> Paper | None:
    """The paper, or None when this window did not issue it."""
    row = connection.execute(select(schema.paper).where(_paper.paper_no == paper_no)).mappings().first()
    return None if row is None else Paper(**row)


def of_day(connection: Connection, day: date) -> list[Paper]:
    """The papers issued on a day, by number."""
    return _papers(connection, _paper.issued_on == day)


def set_print_state(connection: Connection, paper_no: str, print_state: str) -> None:
    """Say how far printing is: queued, spooled or confirmed."""
    assert print_state in (QUEUED, SPOOLED, CONFIRMED)
    connection.execute(update(schema.paper).where(_paper.paper_no == paper_no).values(print_state=print_state))


def void(connection: Connection, paper_no: str, reason: str) -> None:
    """Make the paper void; the first reason stands. ValueError without a reason."""
    if not reason:
        raise ValueError("a void paper has a reason")
    where = (_paper.paper_no == paper_no, _paper.void_reason == "")
    connection.execute(update(schema.paper).where(*where).values(void_reason=reason))


def reinstate(connection: Connection, paper_no: str, reason: str) -> None:
    """Make a paper good again that was made void for `reason`; one that is void for another reason stays so."""
    where = (_paper.paper_no == paper_no, _paper.void_reason == reason)
    connection.execute(update(schema.paper).where(*where).values(void_reason=""))


def _papers(connection: Connection, where: object) -> list[Paper]:
    query = select(schema.paper).where(where).order_by(_paper.paper_no)  # type: ignore[arg-type]
    return [Paper(**row) for row in connection.execute(query).mappings()]
