"""待我审批: the cases that wait for this person, each beside its decision."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.command import Command
from gjj_desktop.cases.decision import AGREE, DECISIONS, DecideCase, next_step, opens_for
from gjj_desktop.cases.loan_form import CASE_KIND as LOAN
from gjj_desktop.cases.loan_payout import Disburse, loan_digest
from gjj_desktop.cases.materials import material_choices
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.rows import Account, Action, Case, Clerk, Loan
from gjj_desktop.cases.workflow import (
    APPROVED,
    CONTRACTED,
    DISBURSER,
    RECEIVED,
    STATE_LABELS,
    STEP_LABELS,
    STEP_ROLES,
    content_digest,
)
from gjj_desktop.clock import china_time
from gjj_desktop.counter.case_facts import basis_of_case, facts_of_case, facts_of_payout
from gjj_desktop.counter.checks import CheckItem, decision_checks, rule_checks
from gjj_desktop.counter.handing_in import hand_in
from gjj_desktop.counter.payments import payment_facts
from gjj_desktop.counter.search import Hit
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.rules.limits import Limit
from gjj_desktop.rules.service_clock import promise_due
from gjj_desktop.store import clerks, view

OPEN_STATES = (RECEIVED, "reviewed", CONTRACTED)
ALL, MY_OUTLET, LATE, MARKED = "全部", "我的网点", "超时", "有标记"


class CaseItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the inbox; `amount_fen` None where there is no money."""

    case_no: str
    title: str
    subject: str
    amount_fen: int | None
    waited: str
    waited_tone: str
    tabs: tuple[str, ...]


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a decision is made on; `seen` is the digest that the decision signs.

    `agree_words` name what agreeing does at this step; at a payout (`payout`) there is nothing else to decide.
    """

    case_no: str
    heading: str
    marks: tuple[CheckItem, ...]
    about: str
    amount_fen: int | None
    source: str
    lines: tuple[Limit, ...]
    facts: tuple[tuple[str, str], ...]
    checks: tuple[CheckItem, ...]
    materials: tuple[Hit, ...]
    history: tuple[tuple[str, str], ...]
    seen: str
    decidable: bool
    payout: bool
    agree_words: str


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
        """The cases that wait for this clerk, longest waiting first; may be empty."""
        with self.window.reading() as connection:
            clerk = self.window.clerk(connection)
            waiting = [] if clerk is None else waiting_cases(connection, clerk)
            policy, now = self.window.policy(connection), self.window.now(connection)
        return [_item(case, now, late=now > promise_due(policy, china_time(case.received_at))) for case in waiting]

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
        if case.state == CONTRACTED:
            answer = hand_in(self.window, "loan.disburse", Disburse(seen=seen), case_no=case_no)
        else:
            asked = DecideCase(step=next_step(case) or "", decision=decision, seen=seen, opinion=opinion)
            answer = hand_in(self.window, "case.decide", asked, case_no=case_no)
        if isinstance(answer, Refusal):
            return Decided(findings=answer.findings)
        done = _agree_words(case) if decision == AGREE else DECISIONS[decision]
        return Decided(sentence=f"{case.subject}的{case.title}：已{done}，待同步。")

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


def waiting_cases(connection: Connection, clerk: Clerk) -> list[Case]:
    """The cases that wait for this clerk, longest waiting first."""
    found = [case for state in OPEN_STATES for case in view.rows_of(connection, Case, "state", state)]
    mine = [case for case in found if opens_for(clerk, case) or _may_disburse(clerk, case)]
    return sorted(mine, key=lambda case: case.received_at)


def _agree_words(case: Case) -> str:
    """What agreeing is called at the step that the case waits for."""
    if case.state == CONTRACTED:
        return "放款"
    return "复核同意" if next_step(case) == "review" else "批准"


def _may_disburse(clerk: Clerk, case: Case) -> bool:
    acted = any(actor.clerk == clerk.clerk and actor.capacity != DISBURSER for actor in case.actors)
    own = bool(set(clerk.person_ids) & set(case.person_ids))
    return case.state == CONTRACTED and "supervisor" in clerk.roles and not acted and not own


def _case(connection: Connection, case_no: str) -> Case:
    found = view.one(connection, Case, case_no)
    if found is None:
        raise LookupError(f"no case {case_no}")
    return found


def _item(case: Case, now: datetime, late: bool) -> CaseItem:
    return CaseItem(
        case_no=case.case_no,
        title="贷款放款" if case.state == CONTRACTED else case.title,
        subject=case.subject,
        amount_fen=case.amount_fen or None,
        waited=waited_words(now - china_time(case.received_at)),
        waited_tone="waiting" if late else "",
        tabs=(ALL, MY_OUTLET, *((LATE,) if late else ()), *((MARKED,) if case.round_no > 1 else ())),
    )


def waited_words(waited: timedelta) -> str:
    """How long something has waited, as people say it.

    >>> waited_words(timedelta(minutes=13))
    '13 分'
    """
    minutes = max(0, int(waited.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} 分"
    return f"{minutes // 60} 小时" if minutes < 24 * 60 else f"{minutes // (24 * 60)} 天"


def case_view(window: Window, connection: Connection, case: Case, clerk: Clerk | None) -> CaseView:
    """The case with everything that a decision is made on."""
    loan, now = _loan_of(connection, case), window.now(connection)
    account = view.one(connection, Account, case.personal_account_no)
    payout = case.state == CONTRACTED and loan is not None
    decidable = clerk is not None and (opens_for(clerk, case) or _may_disburse(clerk, case))
    return CaseView(
        case_no=case.case_no,
        heading=f"{case.subject}　{case.title}{'放款' if payout else ''}",
        marks=(CheckItem("waiting", f"第 {case.round_no} 次提交"),) if case.round_no > 1 else (),
        about=f"受理号 {group_number(Series.CASE, case.case_no)} · {_received_words(case, now)}",
        amount_fen=case.amount_fen or None,
        source="" if payout else basis_of_case(window.policy(connection), case),
        lines=() if payout else case.lines,
        facts=facts_of_payout(loan)
        if payout and loan is not None
        else (*facts_of_case(case, account), *payment_facts(connection, case)),
        checks=_checks(window, connection, case, decidable=decidable),
        materials=() if payout else _materials(window, connection, case),
        history=(*(_history_line(action, now) for action in case.history), ("现在", _now_words(case))),
        seen=loan_digest(loan) if payout and loan is not None else content_digest(case),
        decidable=decidable,
        payout=payout,
        agree_words=_agree_words(case),
    )


def _checks(window: Window, connection: Connection, case: Case, *, decidable: bool) -> tuple[CheckItem, ...]:
    """What the rules say now while the case is open; what the decision itself says only to who may take it."""
    if case.state not in OPEN_STATES:
        return ()
    context = window.context(connection, _about_to_decide(window, connection, case))
    again = (CheckItem("waiting", f"退回后第 {case.round_no} 次提交，请看经过"),) if case.round_no > 1 else ()
    by_rules = () if case.state == CONTRACTED else rule_checks(context, case)
    return (*again, *by_rules, *(decision_checks(context, by_rules) if decidable else ()))


def _about_to_decide(window: Window, connection: Connection, case: Case) -> Command:
    """The command that agreeing would make, unsigned: the same decision runs on it as at the centre."""
    loan = _loan_of(connection, case)
    payout = case.state == CONTRACTED and loan is not None
    seen = loan_digest(loan) if payout and loan is not None else content_digest(case)
    asked = Disburse(seen=seen) if payout else DecideCase(step=next_step(case) or "", decision=AGREE, seen=seen)
    return Command(
        id="",
        kind="loan.disburse" if payout else "case.decide",
        case_no=case.case_no,
        device=window.device,
        sequence=0,
        author=window.signed_in().clerk,
        made_at="",
        policy_version="",
        payload=msgspec.msgpack.encode(asked),
    )


def _loan_of(connection: Connection, case: Case) -> Loan | None:
    return next(iter(view.rows_of(connection, Loan, "case_no", case.case_no)), None)


def _materials(window: Window, connection: Connection, case: Case) -> tuple[Hit, ...]:
    try:
        asked = msgspec.msgpack.decode(case.payload, type=_WithMaterials)
    except msgspec.ValidationError:
        return ()
    choices = material_choices(window.policy(connection), case.received_on, asked.materials)
    return tuple(Hit(choice.value, choice.label, "") for choice in choices)


class _WithMaterials(msgspec.Struct):
    materials: tuple[str, ...] = ()


def moment_words(moment: str, now: datetime) -> str:
    """The time of today's things, day and time of older ones.

    >>> moment_words("2026-11-20T02:14:00+00:00", datetime(2026, 11, 22))
    '11-20 10:14'
    """
    at = china_time(moment)
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%m-%d %H:%M}"


def _received_words(case: Case, now: datetime) -> str:
    return f"{moment_words(case.received_at, now)} {case.maker_name} 受理"


def _history_line(action: Action, now: datetime) -> tuple[str, str]:
    what, _, how = action.what.partition(".")
    said = f"{STEP_LABELS[what]}{DECISIONS.get(how, '')}" if what in STEP_ROLES else STATE_LABELS.get(what, "放款")
    opinion = f"：{action.opinion}" if action.opinion else ""
    return (moment_words(action.at, now), f"{action.name} {said}{opinion}")


def _now_words(case: Case) -> str:
    step, loan = next_step(case), case.kind == LOAN
    if step is not None:
        last = case.steps_done + 1 == len(case.steps)
        after = "批准后签合同、放款" if loan else "批准后由中心入账、付款"
        return f"待{STEP_LABELS[step]}；{after if last else '同意后转下一步'}"
    if case.state == APPROVED:
        return "已审批，待签合同" if loan else "已审批，待中心入账"
    return "待放款，由没有经手的主管确认" if case.state == CONTRACTED else STATE_LABELS[case.state]
