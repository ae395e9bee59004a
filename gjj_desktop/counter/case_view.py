"""One case as it lies before whoever decides on it: what it is, what was looked at, and what can be decided."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.command import Command
from gjj_desktop.cases.decision import AGREE, DECISIONS, REFUSE, RETURN, DecideCase, next_step, opens_for
from gjj_desktop.cases.fraud_ban import CASE_KIND as FRAUD
from gjj_desktop.cases.instruction_form import CASE_KIND as INSTRUCTION
from gjj_desktop.cases.loan_form import CASE_KIND as LOAN
from gjj_desktop.cases.loan_payout import Disburse, loan_digest
from gjj_desktop.cases.material_pages import HELD
from gjj_desktop.cases.materials import material_choices
from gjj_desktop.cases.payment_correction import CASE_KIND as PAYMENT_CORRECTION
from gjj_desktop.cases.registry import SUBMITTED_BY
from gjj_desktop.cases.rows import Account, Action, Case, Clerk, Loan, MaterialPage, PageRef
from gjj_desktop.cases.sampling import RESULTS, is_checked_by
from gjj_desktop.cases.verification import Verification, replaced_materials
from gjj_desktop.cases.workflow import (
    APPROVED,
    BAD,
    CHECKER,
    CONTRACTED,
    DISBURSER,
    DRAWN,
    GOOD,
    RECEIVED,
    REVIEWED,
    STATE_LABELS,
    STEP_LABELS,
    STEP_ROLES,
    content_digest,
)
from gjj_desktop.clock import china_time
from gjj_desktop.counter.case_facts import basis_of_case, facts_of_case, facts_of_payout, money_of
from gjj_desktop.counter.checks import CheckItem, decision_checks, rule_checks
from gjj_desktop.counter.clocks import Clock, clocks_of
from gjj_desktop.counter.instructions import instruction_facts
from gjj_desktop.counter.payments import payment_facts
from gjj_desktop.counter.search import Hit
from gjj_desktop.counter.verifying import results_of_case
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.rules.limits import Limit
from gjj_desktop.rules.policy import NoRuleInForce, Policy
from gjj_desktop.store import view

OPEN_STATES = (RECEIVED, REVIEWED, CONTRACTED)
SAMPLE_MARKS = {DRAWN: ("waiting", "抽查"), GOOD: ("good", RESULTS[GOOD]), BAD: ("wrong", RESULTS[BAD])}


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be decided: what the model is told, its word, and what must be written with it ("": nothing).

    `key` is the key that does it ("": none), `main` the one that Enter does too.
    """

    value: str
    label: str
    asks: str = ""
    key: str = ""
    main: bool = False


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a decision is made on; `seen` is the digest that the decision signs.

    `ways` are what this person can decide, none where they can decide nothing; `clock` how long there is for it.
    `answers` are what shared data said, each with the time. At a `payout` the amount is what goes out.
    """

    case_no: str
    heading: str
    marks: tuple[CheckItem, ...]
    about: str
    clock: Clock
    amount_fen: int | None
    source: str
    lines: tuple[Limit, ...]
    facts: tuple[tuple[str, str], ...]
    checks: tuple[CheckItem, ...]
    answers: tuple[CheckItem, ...]
    materials: tuple[Hit, ...]
    history: tuple[tuple[str, str], ...]
    seen: str
    payout: bool
    ways: tuple[Way, ...]


_RETURNING = Way(value=RETURN, label=DECISIONS[RETURN], asks="要补什么", key="F7")
_REFUSING = Way(value=REFUSE, label=DECISIONS[REFUSE], asks="理由和依据")
_CHECKING = (
    Way(value=BAD, label="有问题", asks="哪里不对，怎样查的", key="F7"),
    Way(value=GOOD, label="无误", asks="看了什么", key="F9", main=True),
)


def may_disburse(clerk: Clerk, case: Case) -> bool:
    """Whether the case is a loan whose payout waits for this clerk."""
    acted = any(actor.clerk == clerk.clerk and actor.capacity != DISBURSER for actor in case.actors)
    own = bool(set(clerk.person_ids) & set(case.person_ids))
    return case.state == CONTRACTED and "supervisor" in clerk.roles and not acted and not own


def agree_words(case: Case) -> str:
    """What agreeing is called at the step that the case waits for."""
    if case.state == CONTRACTED:
        return "放款"
    return "复核同意" if next_step(case) == "review" else "批准"


def ways_of(clerk: Clerk | None, case: Case) -> tuple[Way, ...]:
    """What this clerk can decide on the case, the main thing last; empty when it does not wait for them."""
    if clerk is None:
        return ()
    agreeing = Way(value=AGREE, label=agree_words(case), key="F9", main=True)
    if may_disburse(clerk, case):
        return (agreeing,)
    if opens_for(clerk, case):
        return (_REFUSING, _RETURNING, agreeing)
    return _CHECKING if is_checked_by(clerk, case) else ()


def case_view(window: Window, connection: Connection, case: Case, clerk: Clerk | None) -> CaseView:
    """The case with everything that a decision is made on."""
    loan, now, policy = _loan_of(connection, case), window.now(connection), window.policy(connection)
    account = view.one(connection, Account, case.personal_account_no)
    payout = case.state == CONTRACTED and loan is not None
    ways = ways_of(clerk, case)
    return CaseView(
        case_no=case.case_no,
        heading=f"{case.subject}　{case.title}{'放款' if payout else ''}",
        marks=marks_of_case(policy, case),
        about=f"受理号 {group_number(Series.CASE, case.case_no)}",
        clock=clocks_of(window, connection)(case),
        amount_fen=money_of(case),
        source="" if payout else basis_of_case(policy, case),
        lines=() if payout else case.lines,
        facts=facts_of_payout(loan)
        if payout and loan is not None
        else (
            *facts_of_case(policy, case, account),
            *payment_facts(connection, case),
            *instruction_facts(connection, case),
        ),
        checks=_checks(window, connection, case, decidable=bool(ways)),
        answers=() if payout else _answers(policy, case),
        materials=() if payout else _materials(connection, policy, case),
        history=(*(_history_line(action, now) for action in case.history), ("现在", _now_words(case))),
        seen=loan_digest(loan) if payout and loan is not None else content_digest(case),
        payout=payout,
        ways=ways,
    )


def marks_of_case(policy: Policy, case: Case) -> tuple[CheckItem, ...]:
    """Chips beside the heading: risk marks in policy's words, what a check found, and how often it was handed in."""
    marks = [CheckItem("wrong", *mark_words(policy, case, mark)) for mark in case.marks]
    if case.round_no > 1:
        marks.append(CheckItem("waiting", f"第 {case.round_no} 次提交"))
    if case.sample in SAMPLE_MARKS:
        marks.append(CheckItem(*SAMPLE_MARKS[case.sample]))
    return tuple(marks)


def mark_words(policy: Policy, case: Case, mark: str) -> tuple[str, str]:
    """A risk mark's word and what it asks to be looked at; its code where policy does not know it any more."""
    try:
        row = policy.on("risk_mark", case.received_on, mark=mark)
    except NoRuleInForce:
        return (mark, "")
    return (row.label, row.help)


def _checks(window: Window, connection: Connection, case: Case, *, decidable: bool) -> tuple[CheckItem, ...]:
    """What the rules say now while the case is open; what the decision itself says only to who may take it."""
    if case.state not in OPEN_STATES:
        return ()
    context = window.context(connection, _about_to_decide(window, connection, case))
    policy = window.policy(connection)
    marked = tuple(
        CheckItem("waiting", f"{label}：{asks}")
        for label, asks in (mark_words(policy, case, mark) for mark in case.marks)
    )
    again = (CheckItem("waiting", f"退回后第 {case.round_no} 次提交，请看经过"),) if case.round_no > 1 else ()
    by_rules = () if case.state == CONTRACTED else rule_checks(context, case)
    return (*marked, *again, *by_rules, *(decision_checks(context, by_rules) if decidable else ()))


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


class _WithMaterials(msgspec.Struct):
    """What payloads of several kinds have in common."""

    materials: tuple[str, ...] = ()
    pages: tuple[PageRef, ...] = ()
    verifications: tuple[Verification, ...] = ()


def _handed_in(case: Case) -> _WithMaterials:
    try:
        return msgspec.msgpack.decode(case.payload, type=_WithMaterials)
    except msgspec.ValidationError:
        return _WithMaterials()


def _answers(policy: Policy, case: Case) -> tuple[CheckItem, ...]:
    """One line for each item that shared data were asked: what came of it, which register said so, when."""
    kind = SUBMITTED_BY.get(case.kind)
    lines = () if kind is None else results_of_case(policy, case, kind.payload)
    return tuple(
        CheckItem(
            line.tone or "waiting",
            f"{line.title}：{line.word}",
            "　".join(part for part in (f"{line.source} {line.at}", line.summary) if part),
        )
        for line in lines
    )


def _materials(connection: Connection, policy: Policy, case: Case) -> tuple[Hit, ...]:
    """Every material: how many pages were scanned and how many of them have come, or what stands in for the paper."""
    handed_in = _handed_in(case)
    replaced = replaced_materials(policy, case.received_on, handed_in.verifications)
    pages = view.rows_of(connection, MaterialPage, "case_no", case.case_no)
    codes = dict.fromkeys((*handed_in.materials, *(page.material for page in pages), *sorted(replaced)))
    found = []
    for choice in material_choices(policy, case.received_on, tuple(codes)):
        own = [page for page in pages if page.material == choice.value]
        away = sum(page.state != HELD for page in own)
        there = f"{len(own)} 页" + (f"，{away} 页在途" if away else "") if own else "窗口已核原件"
        found.append(Hit(choice.value, choice.label, "共享数据已核" if not own and choice.value in replaced else there))
    return tuple(found)


def moment_words(moment: str, now: datetime) -> str:
    """The time of today's things, day and time of older ones.

    >>> moment_words("2026-11-20T02:14:00+00:00", datetime(2026, 11, 22))
    '11-20 10:14'
    """
    at = china_time(moment)
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%m-%d %H:%M}"


def _history_line(action: Action, now: datetime) -> tuple[str, str]:
    what, _, how = action.what.partition(".")
    if what == CHECKER:
        said = RESULTS.get(how, how)
    elif what in STEP_ROLES:
        said = f"{STEP_LABELS[what]}{DECISIONS.get(how, '')}"
    else:
        said = STATE_LABELS.get(what) or _OTHER_ACTIONS.get(what, "放款")
    opinion = f"：{action.opinion}" if action.opinion else ""
    return (moment_words(action.at, now), f"{action.name} {said}{opinion}")


_OTHER_ACTIONS = {"instruction": "终止委托"}
_AFTER_APPROVAL = {
    LOAN: "批准后签合同、放款",
    INSTRUCTION: "批准后每月由中心执行",
    PAYMENT_CORRECTION: "批准后由中心重新付款",
    FRAUD: "批准后由中心记入，限制期内提取和贷款都不受理",
}


def _now_words(case: Case) -> str:
    step, loan = next_step(case), case.kind == LOAN
    if step is not None:
        last = case.steps_done + 1 == len(case.steps)
        after = _AFTER_APPROVAL.get(case.kind, "批准后由中心入账、付款")
        return f"待{STEP_LABELS[step]}；{after if last else '同意后转下一步'}"
    if case.sample == DRAWN:
        return "自动通过并已入账，抽到抽查，由没有经手的主管核对"
    if case.state == APPROVED:
        return "已审批，待签合同" if loan else "已审批，待中心入账"
    return "待放款，由没有经手的主管确认" if case.state == CONTRACTED else STATE_LABELS[case.state]
