"""How does the window stand with the centre, and how is that said to the clerk."""

from datetime import datetime
from enum import StrEnum

import msgspec


class SyncKind(StrEnum):
    """The one thing that is true of the window now, the most urgent first shown."""

    SYNCED = "synced"
    PENDING = "pending"
    SYNCING = "syncing"
    OFFLINE = "offline"
    ATTENTION = "attention"


class SyncState(msgspec.Struct, frozen=True, kw_only=True):
    """Where the sync stands; counted in the store, so it says 已同步 only when every command has its signed answer.

    `pending` counts commands without an answer; of `total` that are being handed in now `done` are there; `tasks`
    counts what a clerk must correct, `pages` the pages of materials that the centre does not hold yet; `pages_full`
    says that it takes no more of them today. `last_success` and `next_try` are UTC. `reason` and `what_to_do` are the
    sentences of the last failure, "" when there is none.
    """

    kind: SyncKind
    pending: int = 0
    total: int = 0
    done: int = 0
    tasks: int = 0
    pages: int = 0
    pages_full: bool = False
    last_success: datetime | None = None
    next_try: datetime | None = None
    reason: str = ""
    what_to_do: str = ""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What the store holds: commands not handed in, commands without an answer (those included), open tasks, pages."""

    unsent: int
    pending: int
    tasks: int
    pages: int = 0
    pages_full: bool = False


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Why the last try failed. `line_only` when only the network is missing, which nobody at the window can mend."""

    reason: str
    what_to_do: str
    line_only: bool


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """What the sync itself knows and the store does not: `total` is above 0 while commands are being handed in."""

    total: int = 0
    trouble: Trouble | None = None
    next_try: datetime | None = None


def sync_state(counts: Counts, moment: Moment, last_success: datetime | None) -> SyncState:
    """The state that is true of these counts; what a person must do comes before what time mends."""
    trouble = moment.trouble
    return SyncState(
        kind=_kind(counts, moment, ever=last_success is not None),
        pending=counts.pending,
        total=moment.total,
        done=max(0, moment.total - counts.unsent),
        tasks=counts.tasks,
        pages=counts.pages,
        pages_full=counts.pages_full and counts.pages > 0,
        last_success=last_success,
        next_try=moment.next_try,
        reason=trouble.reason if trouble else "",
        what_to_do=trouble.what_to_do if trouble else "",
    )


def _kind(counts: Counts, moment: Moment, ever: bool) -> SyncKind:
    trouble = moment.trouble
    if trouble and not trouble.line_only:
        return SyncKind.ATTENTION
    if trouble or not ever:
        return SyncKind.OFFLINE
    if moment.total:
        return SyncKind.SYNCING
    if counts.tasks:
        return SyncKind.ATTENTION
    return SyncKind.PENDING if counts.pending or counts.pages else SyncKind.SYNCED


def short_words(state: SyncState) -> str:
    """What stands in the corner of the screen.

    >>> short_words(SyncState(kind=SyncKind.PENDING, pending=3))
    '待同步 3 笔'
    >>> short_words(SyncState(kind=SyncKind.OFFLINE, pages=2))
    '离线 · 材料待传 2 页'
    """
    waiting = _waiting(state)
    match state.kind:
        case SyncKind.SYNCED:
            return "已同步"
        case SyncKind.PENDING:
            return " · ".join(waiting)
        case SyncKind.SYNCING:
            return f"同步中 {state.done}/{state.total}"
        case SyncKind.OFFLINE:
            return " · ".join(("离线", *waiting))
        case SyncKind.ATTENTION:
            return f"需处理 {state.tasks} 笔" if state.tasks else " · ".join(("需处理", *waiting))


def _waiting(state: SyncState) -> list[str]:
    commands = [f"待同步 {state.pending} 笔"] if state.pending else []
    return [*commands, f"材料待传 {state.pages} 页"] if state.pages else commands


def long_words(state: SyncState, now: datetime) -> list[str]:
    """The lines that explain the state: what waits, why, what to do, the last success and the next try.

    `now` gives the clock's zone in which times are said.
    """
    lines = [short_words(state)]
    if state.kind is SyncKind.ATTENTION and state.tasks:
        lines += _waiting(state)
    elif state.kind is SyncKind.SYNCING and state.pages:
        lines.append(f"材料待传 {state.pages} 页")
    if state.pages_full:
        lines.append("今天可传的材料已满，明天接着传；业务照常同步。")
    lines += [each for each in (state.reason, state.what_to_do) if each]
    lines.append(f"上次同步：{_time(state.last_success, now)}" if state.last_success else "还没有同步过")
    if state.next_try:
        seconds = round((state.next_try - now).total_seconds())
        lines.append(f"{seconds} 秒后再试" if seconds > 0 else "马上再试")
    return lines


def _time(moment: datetime, now: datetime) -> str:
    local = moment.astimezone(now.tzinfo)
    return local.strftime("%H:%M:%S" if local.date() == now.date() else "%Y-%m-%d %H:%M")
