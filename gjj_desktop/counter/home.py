"""工作台: what waits for this person, what became of today's work, and how far the window may go offline."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import Account, Case, Device, Employer, device_day
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import APPROVED, CONTRACTED, POSTED, RETURNED, STATE_LABELS
from gjj_desktop.clock import china_time
from gjj_desktop.counter.case_facts import money_of
from gjj_desktop.counter.clocks import RUNNING, Clock, ClockOf, clocks_of, length_words
from gjj_desktop.counter.inbox import open_cases, waits_for
from gjj_desktop.counter.limits import Gauge, gauges
from gjj_desktop.counter.payments import PaymentLine, payments_to_correct
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.money import Fen, parse_yuan
from gjj_desktop.store import drafts, outbox, view
from gjj_desktop.store.drafts import Draft
from gjj_desktop.store.outbox import HANDED_IN, WAITING, Entry, Task


class Opens(StrEnum):
    """What a line of the home page leads to."""

    DRAFT = "draft"
    TASK = "task"
    RETURNED = "returned"
    ENTRY = "entry"
    CASE = "case"
    PAYMENT = "payment"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing on the home page; `key` is the draft, case, command or payment that it `opens`.

    `has_form` is whether it can be typed again; what is set aside may still be taken in and can not. `clock` is how
    long there is for a case in progress.
    """

    key: str
    opens: Opens
    case_no: str = ""
    has_form: bool = True
    title: str
    subject: str
    detail: str
    amount_fen: int | None = None
    when: str = ""
    clock: Clock = Clock()


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """The home page: lists newest first, what is in progress by what runs out first; each may be empty."""

    greeting: str
    drafts: tuple[Line, ...]
    to_correct: tuple[Line, ...]
    waiting_to_send: tuple[Line, ...]
    in_progress: tuple[Line, ...]
    decided_today: tuple[Line, ...]
    waiting_for_me: int
    gauges: tuple[Gauge, ...]


NO_CLOCK = Clock()
TASK_WORDS = {Verdict.REFUSED: "中心未受理：", Verdict.SET_ASIDE: "中心暂未处理："}


def home(window: Window) -> Home:
    """What this clerk sees first."""
    session = window.signed_in()
    with window.reading() as connection:
        now, place, clerk = window.now(connection), window.place(connection), window.clerk(connection)
        entries = outbox.entries(connection, (WAITING, HANDED_IN))
        tasks = outbox.tasks(connection)
        cases = _cases(connection, (*entries, *tasks))
        returned = _returned(window, connection)
        came_back = payments_to_correct(connection) if clerk is not None and "clerk" in clerk.roles else []
        under_correction = {case.case_no for case in returned}
        sent, waiting = {entry.case_no for entry in entries}, open_cases(window, connection)
        clock_of = clocks_of(window, connection)
        mine = [each for each in drafts.list_of(connection, session.clerk) if each.case_no not in under_correction]
        return Home(
            greeting=f"{session.name}，{place.outlet_name} {place.window_name}",
            drafts=tuple(_draft_line(draft, _subject(connection, draft), now) for draft in mine),
            to_correct=(
                *(_task_line(task, cases.get(task.case_no), now) for task in tasks),
                *(_payment_line(payment) for payment in came_back),
                *(_case_line(case, f"退回补正：{case.history[-1].opinion}", now, Opens.RETURNED) for case in returned),
            ),
            waiting_to_send=tuple(_entry_line(entry, cases.get(entry.case_no), now, clock_of) for entry in entries),
            in_progress=tuple(
                _case_line(case, STATE_LABELS[case.state], now, clock=clock_of(case))
                for case in waiting
                if case.device == window.device and case.case_no not in sent and case.state in RUNNING
            ),
            decided_today=tuple(
                _case_line(case, STATE_LABELS[case.state], now) for case in _decided_today(window, connection, now)
            ),
            waiting_for_me=0 if clerk is None else sum(waits_for(clerk, case) for case in waiting),
            gauges=gauges(window, connection),
        )


def _draft_line(draft: Draft, subject: str, now: datetime) -> Line:
    return Line(
        key=draft.id,
        opens=Opens.DRAFT,
        case_no=draft.case_no,
        title=draft.title or KINDS[draft.kind].title,
        subject=subject,
        detail="草稿",
        when=_when(draft.saved_at, now),
    )


def _task_line(task: Task, case: Case | None, now: datetime) -> Line:
    return Line(
        key=task.command_id,
        opens=Opens.TASK,
        case_no=task.case_no,
        has_form=task.verdict is Verdict.REFUSED and KINDS[task.kind].form is not None,
        title=task.title or KINDS[task.kind].title,
        subject=task.subject or _whom(case),
        amount_fen=_typed_fen(task),
        detail=TASK_WORDS[task.verdict] + "；".join(finding.message for finding in task.findings),
        when=_when(task.made_at, now),
    )


def _typed_fen(task: Task) -> Fen | None:
    """What was asked for on the form, as it was typed; None without an amount."""
    typed = parse_yuan(task.raw.get("amount_fen", ""))
    return typed if isinstance(typed, int) else None


def _payment_line(payment: PaymentLine) -> Line:
    return Line(
        key=payment.payment_no,
        opens=Opens.PAYMENT,
        case_no=payment.case_no,
        title="付款退回",
        subject=payment.payee,
        detail=f"{payment.state_words}：{payment.reason}",
        amount_fen=payment.open_fen,
        when=payment.history[-1][0] if payment.history else "",
    )


def _entry_line(entry: Entry, case: Case | None, now: datetime, clock_of: ClockOf) -> Line:
    kind = KINDS[entry.kind]
    opened = case if kind.opens_case else None
    return Line(
        key=entry.command_id,
        opens=Opens.ENTRY,
        case_no=entry.case_no,
        title=opened.title if opened is not None else entry.title or kind.title,
        subject=entry.subject or _whom(case),
        amount_fen=(opened.amount_fen or None) if opened is not None else None,
        detail="待同步" if entry.state == WAITING else "已到中心，待处理",
        when=_when(entry.made_at, now),
        clock=NO_CLOCK if opened is None else clock_of(opened),
    )


def _returned(window: Window, connection: Connection) -> list[Case]:
    """Cases that came back for correction: of this window, and of those of the outlet that are at work no more."""
    gone = {row.device for row in view.rows_of(connection, Device) if row.state in ("moved", "revoked")}
    return [case for case in view.rows_of(connection, Case, "state", RETURNED) if case.device in {window.device, *gone}]


def _cases(connection: Connection, commands: Sequence[Entry | Task]) -> dict[str, Case]:
    """The cases of these commands as they are here; one that the centre refused is here no more."""
    wanted = list(dict.fromkeys(need(Case, each.case_no) for each in commands if each.case_no))
    return {row.key: row for row in view.load_view(connection, wanted) if isinstance(row, Case)}


def _whom(case: Case | None) -> str:
    return "" if case is None else case.subject


def _decided_today(window: Window, connection: Connection, now: datetime) -> list[Case]:
    """What this window took in and others agreed to since midnight; a day in China lies on two of UTC."""
    days = {moment.astimezone(UTC).date() for moment in (now.replace(hour=0, minute=0), now)}
    found = view.load_view(connection, [Need(Case, "device_moved", device_day(window.device, day)) for day in days])
    return [
        case
        for case in found
        if isinstance(case, Case)
        if case.state in {APPROVED, CONTRACTED, POSTED} and case.steps and _last_day(case) == now.date()
    ]


def throw_away(window: Window, draft_id: str) -> None:
    """Throw one of the clerk's own drafts away."""
    clerk = window.signed_in().clerk
    with window.store.work() as connection:
        if any(draft.id == draft_id for draft in drafts.list_of(connection, clerk)):
            drafts.remove(connection, draft_id)


def draft_of(window: Window, draft_id: str) -> Draft | None:
    """The draft to be gone on with; None when it is no longer there."""
    with window.reading() as connection:
        return drafts.get(connection, draft_id)


def _subject(connection: Connection, draft: Draft) -> str:
    """Whom a draft is about: the name of the account or employer chosen, else what was typed for it."""
    for field, row_type in (("personal_account_no", Account), ("employer_account_no", Employer)):
        typed = draft.raw.get(field, "")
        if typed:
            row = view.one(connection, row_type, typed)
            return row.name if isinstance(row, Account | Employer) else typed
    return draft.raw.get("name", "")


def _case_line(case: Case, detail: str, now: datetime, opens: Opens = Opens.CASE, clock: Clock = NO_CLOCK) -> Line:
    return Line(
        key=case.case_no,
        opens=opens,
        case_no=case.case_no,
        title=case.title,
        subject=case.subject,
        detail=detail,
        amount_fen=money_of(case),
        when=_when(case.history[-1].at, now),
        clock=clock,
    )


def _last_day(case: Case) -> object:
    return china_time(case.history[-1].at).date()


def _when(moment: str, now: datetime) -> str:
    """The time of today's things, the day of older ones."""
    at = datetime.fromisoformat(moment).astimezone(now.tzinfo)
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%m-%d} · {length_words(now - at)}前"
