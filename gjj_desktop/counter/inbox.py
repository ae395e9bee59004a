"""待我审批: the cases that wait for this person, what runs out first at the top, each beside its decision."""

from collections.abc import Sequence
from datetime import date
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.decision import AGREE, DECISIONS, DecideCase, next_step, opens_for
from gjj_desktop.cases.loan_payout import Disburse
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.rows import Case, Clerk
from gjj_desktop.cases.sampling import RESULTS, RecordSample, is_checked_by
from gjj_desktop.cases.state import Need
from gjj_desktop.cases.workflow import BAD, CONTRACTED, DRAWN, RECEIVED
from gjj_desktop.counter.case_facts import money_of
from gjj_desktop.counter.case_view import OPEN_STATES, CaseView, agree_words, case_view, may_disburse
from gjj_desktop.counter.clocks import Clock, clocks_of
from gjj_desktop.counter.handing_in import HandedIn, hand_in
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.findings import Finding
from gjj_desktop.store import clerks, view
from gjj_desktop.store.remembered import Remembered

ALL, LATE, MARKED, SAMPLES = "全部", "超时", "有标记", "抽查"
TABS = (LATE, MARKED, SAMPLES)


class CaseItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the inbox; `amount_fen` None where there is no money. `promise` and `due` are as in `Clock`."""

    case_no: str
    title: str
    subject: str
    amount_fen: int | None
    promise: str
    promise_tone: str
    due: str
    due_tone: str
    tabs: tuple[str, ...]


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a decision: findings, or the password is asked for, or a sentence that says it was taken."""

    findings: tuple[Finding, ...] = ()
    needs_password: bool = False
    sentence: str = ""


class Inbox:
    """The desk of whoever reviews and approves."""

    def __init__(self, window: Window) -> None:
        self.window = window

    def list_cases(self) -> Sequence[CaseItem]:
        """The cases that wait for this clerk, what is due first before the rest, samples last; may be empty."""
        with self.window.reading() as connection:
            clerk = self.window.clerk(connection)
            waiting = [] if clerk is None else waiting_cases(self.window, connection, clerk)
            clock_of = clocks_of(self.window, connection)
            return [_item(case, clock_of(case)) for case in waiting]

    def open_case(self, case_no: str) -> CaseView:
        """The case as it is now, with what was looked at."""
        with self.window.reading() as connection:
            case = _case(connection, case_no)
            clerk = self.window.clerk(connection)
            return case_view(self.window, connection, case, clerk)

    def decide(self, case_no: str, seen: str, decision: str, opinion: str, password: str) -> Decided:
        """Sign the decision over what was seen; asks for the password again when policy wants it typed afresh."""
        with self.window.reading() as connection:
            case = _case(connection, case_no)
            fresh = self._fresh_enough(connection, case)
        if not fresh or password:
            if not password:
                return Decided(needs_password=True)
            wrong = self._confirm(password)
            if wrong is not None:
                return Decided(findings=(wrong,), needs_password=True)
        if case.state == CONTRACTED and decision != AGREE:
            return Decided(findings=(Finding("", "loan.payout_only", "合同已签，这一步只能放款"),))
        answer = self._hand_in(case, seen, decision, opinion)
        if isinstance(answer, Refusal):
            return Decided(findings=answer.findings)
        done = agree_words(case) if decision == AGREE else DECISIONS.get(decision) or RESULTS[decision]
        more = "请登记骗提骗贷，或退回网点追查。" if decision == BAD else ""
        return Decided(sentence=f"{case.subject}的{case.title}：已{done}，待同步。{more}")

    def _hand_in(self, case: Case, seen: str, decision: str, opinion: str) -> HandedIn | Refusal:
        if case.state == CONTRACTED:
            return hand_in(self.window, "loan.disburse", Disburse(seen=seen), case_no=case.case_no)
        if decision in RESULTS:
            record = RecordSample(result=decision, opinion=opinion, seen=seen)
            return hand_in(self.window, "sample.record", record, case_no=case.case_no)
        asked = DecideCase(step=next_step(case) or "", decision=decision, seen=seen, opinion=opinion)
        return hand_in(self.window, "case.decide", asked, case_no=case.case_no)

    def _fresh_enough(self, connection: Connection, case: Case) -> bool:
        """Whether the password was typed recently enough for this amount."""
        row = self.window.policy(connection).on("security", self.window.business_date(connection))
        if case.amount_fen > row.password_always_above_fen:
            return False
        return self.window.signed_in().recently_confirmed(row.password_again_minutes)

    def _confirm(self, password: str) -> Finding | None:
        session = self.window.signed_in()
        with self.window.reading() as connection:
            sealed = clerks.get(connection, session.clerk)
        if sealed is None:
            return Finding("password", "sign_in.no_key", "本机没有您的密钥，请重新启用")
        return session.confirm(self.window.door, sealed, password)


_WANTED = (*(Need(Case, "state", state) for state in OPEN_STATES), Need(Case, "sample", DRAWN))
_REMEMBERED: WeakKeyDictionary[Window, Remembered[Case]] = WeakKeyDictionary()


def waiting_cases(window: Window, connection: Connection, clerk: Clerk) -> list[Case]:
    """The cases that wait for this clerk, in the order of `open_cases`."""
    return [case for case in open_cases(window, connection) if waits_for(clerk, case)]


def open_cases(window: Window, connection: Connection) -> list[Case]:
    """The cases that wait for anybody: what is due first, then what has waited longest; samples after all others."""
    remembered = _REMEMBERED.setdefault(window, Remembered(Case, _WANTED))
    return sorted(remembered.look(connection), key=_urgency)


def forget(window: Window) -> None:
    """Read every open case of this window anew with the next look."""
    _REMEMBERED.pop(window, None)


def waits_for(clerk: Clerk, case: Case) -> bool:
    """Whether it is this clerk's to decide, to pay out or to check."""
    return opens_for(clerk, case) or may_disburse(clerk, case) or is_checked_by(clerk, case)


def _urgency(case: Case) -> tuple[bool, date, str, str]:
    taken_in = [action.at for action in case.history if action.what == RECEIVED] if case.round_no > 1 else ()
    since = taken_in[-1] if taken_in else case.received_at
    return (case.sample == DRAWN, case.due_on or date.max, since, case.case_no)


def _case(connection: Connection, case_no: str) -> Case:
    found = view.one(connection, Case, case_no)
    if found is None:
        raise LookupError(f"no case {case_no}")
    return found


def _item(case: Case, clock: Clock) -> CaseItem:
    under = ((LATE, clock.late), (MARKED, bool(case.marks) or case.round_no > 1), (SAMPLES, case.sample == DRAWN))
    return CaseItem(
        case_no=case.case_no,
        title="贷款放款" if case.state == CONTRACTED else case.title,
        subject=case.subject,
        amount_fen=money_of(case),
        promise=clock.promise,
        promise_tone=clock.promise_tone,
        due=clock.due,
        due_tone=clock.due_tone,
        tabs=tuple(tab for tab, stands in under if stands),
    )
