"""同步: what has no answer of the centre yet, and which pages of materials it does not hold yet, and why."""

from collections import Counter
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.material_pages import HELD
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import Case, MaterialPage
from gjj_desktop.cases.state import Need, need
from gjj_desktop.clock import china_time
from gjj_desktop.counter.clocks import Clock, clocks_of
from gjj_desktop.counter.window import Window
from gjj_desktop.store import blobs, outbox, view
from gjj_desktop.store.outbox import HANDED_IN, WAITING


class SyncItem(msgspec.Struct, frozen=True, kw_only=True):
    """One command on its way, or one that the centre did not accept; `reason` says why it is not through.

    A case whose pages alone are on their way stands with `sequence` 0.
    """

    command_id: str
    sequence: int
    title: str
    subject: str
    case_no: str
    made_at: str
    state_words: str
    tone: str
    reason: str
    clock: Clock = Clock()


def unsynced(window: Window) -> Sequence[SyncItem]:
    """What needs a person first, then what waits, in the order it will go, pages last; may be empty."""
    with window.reading() as connection:
        tasks = {task.command_id for task in outbox.tasks(connection)}
        entries = [each for each in outbox.entries(connection) if each.command_id in tasks or _waits(each)]
        pages = _pages_to_send(connection)
        wanted = [need(Case, case_no) for case_no in {*(each.case_no for each in entries), *pages} if case_no]
        cases = {row.case_no: row for row in view.load_view(connection, wanted) if isinstance(row, Case)}
        clock_of = clocks_of(window, connection)
        clocks = {case_no: clock_of(case) for case_no, case in cases.items()}
    ordered = sorted(entries, key=lambda each: (each.command_id not in tasks, each.sequence))
    listed = {each.case_no for each in entries}
    alone = [(case_no, count) for case_no, count in sorted(pages.items()) if case_no not in listed]
    return [
        *(_item(each, cases.get(each.case_no), clocks.get(each.case_no, Clock())) for each in ordered),
        *(_pages_item(case_no, count, cases.get(case_no), clocks.get(case_no, Clock())) for case_no, count in alone),
    ]


def _pages_to_send(connection: Connection) -> Counter[str]:
    """How many pages of each case are still on their way."""
    digests = [page.digest for page in blobs.to_send(connection)]
    rows = view.load_view(connection, [Need(MaterialPage, "digest", digest) for digest in digests])
    return Counter(row.case_no for row in rows if isinstance(row, MaterialPage) and row.state != HELD)


def _pages_item(case_no: str, count: int, case: Case | None, clock: Clock) -> SyncItem:
    return SyncItem(
        command_id=f"pages:{case_no}",
        sequence=0,
        title=case.title if case else "扫描材料",
        subject=case.subject if case else "",
        case_no=case_no,
        made_at=f"{china_time(case.received_at):%m-%d %H:%M}" if case else "",
        state_words=f"材料待传 {count} 页",
        tone="waiting",
        reason="业务已到中心，扫描页随后上传；传完才能审批。",
        clock=clock,
    )


def _waits(entry: outbox.Entry) -> bool:
    return entry.state in (WAITING, HANDED_IN)


def _item(entry: outbox.Entry, case: Case | None, clock: Clock) -> SyncItem:
    words, tone = {WAITING: ("待同步", "waiting"), HANDED_IN: ("已到中心，待处理", "waiting")}.get(
        entry.state, ("需处理", "wrong")
    )
    return SyncItem(
        command_id=entry.command_id,
        sequence=entry.sequence,
        title=case.title if case else KINDS[entry.kind].title,
        subject=case.subject if case else "",
        case_no=entry.case_no,
        made_at=f"{china_time(entry.made_at):%m-%d %H:%M}",
        state_words=words,
        tone=tone,
        reason=entry.note,
        clock=clock,
    )
