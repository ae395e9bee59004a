"""同步: what has no answer of the centre yet, and why."""

from collections.abc import Sequence

import msgspec

from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import Case
from gjj_desktop.cases.state import State, need
from gjj_desktop.clock import china_time
from gjj_desktop.counter.window import Window
from gjj_desktop.store import outbox, view
from gjj_desktop.store.outbox import HANDED_IN, WAITING


class SyncItem(msgspec.Struct, frozen=True, kw_only=True):
    """One command on its way, or one that the centre did not accept; `reason` says why it is not through."""

    command_id: str
    sequence: int
    title: str
    subject: str
    case_no: str
    made_at: str
    state_words: str
    tone: str
    reason: str


def unsynced(window: Window) -> Sequence[SyncItem]:
    """What needs a person first, then what waits, in the order it will go; may be empty."""
    with window.reading() as connection:
        tasks = {task.command_id for task in outbox.tasks(connection)}
        entries = [each for each in outbox.entries(connection) if each.command_id in tasks or _waits(each)]
        wanted = [need(Case, each.case_no) for each in entries if each.case_no]
        state = State(view.load_view(connection, wanted))
    ordered = sorted(entries, key=lambda each: (each.command_id not in tasks, each.sequence))
    return [_item(each, state.get(Case, each.case_no)) for each in ordered]


def _waits(entry: outbox.Entry) -> bool:
    return entry.state in (WAITING, HANDED_IN)


def _item(entry: outbox.Entry, case: Case | None) -> SyncItem:
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
    )
