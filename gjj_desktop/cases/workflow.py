"""The way of a case: 受理, 复核, 审批, 已入账, and the ways back."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Any

import msgspec

from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.numbers import number_problem
from gjj_desktop.cases.outcome import Event, Refusal, refuse
from gjj_desktop.cases.rows import Action, Actor, Case, Clerk, Evidence, Row, changed
from gjj_desktop.clock import china_time
from gjj_desktop.domain.numbers import Series
from gjj_desktop.rules.limits import Limit
from gjj_desktop.rules.service_clock import resumed

RECEIVED, REVIEWED, APPROVED, POSTED = "received", "reviewed", "approved", "posted"
RETURNED, REFUSED, WITHDRAWN = "returned", "refused", "withdrawn"
CONTRACTED = "contracted"
REVERSED = "reversed"

STATE_LABELS = {
    RECEIVED: "受理",
    REVIEWED: "已复核",
    APPROVED: "已审批",
    CONTRACTED: "已签合同",
    POSTED: "已入账",
    RETURNED: "退回补正",
    REFUSED: "不予批准",
    WITHDRAWN: "已撤回",
    REVERSED: "已冲正",
}

PASSED, DRAWN, GOOD, BAD = "passed", "drawn", "good", "bad"
"""Of a case that passed automatically: not put to the draw yet, drawn for a check, and how the check came out."""

MAKER, DISBURSER, CHECKER = "maker", "disburse", "check"
STEP_ROLES = {"review": "reviewer", "approve": "supervisor"}
STEP_LABELS = {"review": "复核", "approve": "审批"}
ROLE_LABELS = {"clerk": "经办", "reviewer": "复核", "supervisor": "主管", "loan_officer": "信贷"}


def content_digest(case: Case) -> str:
    """The digest (hex) of what a decision is about: a decision on anything else does not count.

    What was typed, what shared data answered and the digests of the scanned pages are all in the payload.
    """
    content = (
        case.case_no,
        case.round_no,
        case.kind,
        case.reason,
        case.subject,
        case.amount_fen,
        [(line.label, line.amount_fen) for line in case.lines],
        case.payload,
        case.marks,
        case.verified,
        case.steps,
    )
    return sha256(msgspec.msgpack.encode(content)).hexdigest()


def author(context: Context) -> Clerk | None:
    """The clerk who signed the command, with the roles that they had then."""
    return context.acting or context.state.get(Clerk, context.command.author)


def action(context: Context, what: str, opinion: str = "", seen: str = "") -> Action:
    """A line of history for this command."""
    clerk = author(context)
    return Action(
        what=what,
        clerk=context.command.author,
        name=clerk.name if clerk else "中心",
        device=context.command.device,
        at=context.command.made_at,
        opinion=opinion,
        seen=seen,
    )


def may_act(context: Context, case: Case, capacity: str) -> Refusal | None:
    """Refuse another outlet, a clerk who acted on the case in another capacity, and one's own or family's matter.

    Source: internal control (domain reference 7.3); no role or setting lifts it.
    """
    if case.outlet != context.command.device[:4]:
        return refuse("", "case.other_outlet", "这笔业务由其他网点受理，请在原网点办理")
    clerk = context.command.author
    if any(actor.clerk == clerk and actor.capacity != capacity for actor in case.actors):
        return refuse("", "case.acted_before", "这笔业务您已经手，须由其他人办理", "内部牵制")
    return not_ones_own(context, case.person_ids)


def not_ones_own(context: Context, person_ids: Sequence[str]) -> Refusal | None:
    """Refuse a clerk whose own or family's account it is."""
    clerk = author(context)
    if clerk is not None and set(clerk.person_ids) & set(person_ids):
        return refuse("", "case.own_matter", "本人或亲属的业务须由其他人办理", "内部牵制")
    return None


def with_actor(case_actors: tuple[Actor, ...], clerk: str, capacity: str) -> tuple[Actor, ...]:
    """The actors with this one among them, once."""
    actor = Actor(clerk, capacity)
    return case_actors if actor in case_actors else (*case_actors, actor)


def receive(
    context: Context,
    *,
    kind: str,
    title: str,
    subject: str,
    person_ids: tuple[str, ...] = (),
    reason: str = "",
    amount_fen: int = 0,
    lines: tuple[Limit, ...] = (),
    steps: tuple[str, ...] = (),
    marks: tuple[str, ...] = (),
    verified: bool = False,
    due_on: date | None = None,
    **owners: str,
) -> Case | Refusal:
    """The case as it is once taken in, or taken in again after it was returned.

    Refuses a clerk whose own matter it is, a case number that another case has or that is of another window's block,
    a case that is not with its maker, and a correction that is about somebody else. `owners` are personal_account_no
    and employer_account_no.
    """
    command, known = context.command, context.state.get(Case, context.command.case_no)
    content: dict[str, Any] = {
        "title": title,
        "subject": subject,
        "person_ids": person_ids,
        "reason": reason,
        "amount_fen": amount_fen,
        "lines": lines,
        "steps": steps,
        "marks": marks,
        "verified": verified,
        "payload": command.payload,
        "policy_version": command.policy_version,
        **owners,
    }
    if known is not None:
        return _receive_again(context, known, kind, content)
    clerk, problem = author(context), number_problem(Series.CASE, command.case_no, command.device)
    if problem is not None:
        return Refusal((problem,))
    return not_ones_own(context, person_ids) or Case(
        case_no=command.case_no,
        outlet=command.device[:4],
        device=command.device,
        kind=kind,
        state=RECEIVED,
        maker=command.author,
        maker_name=clerk.name if clerk else "",
        received_at=command.made_at,
        received_on=accepted_on(context),
        due_on=due_on,
        actors=(Actor(command.author, MAKER),),
        history=(action(context, RECEIVED),),
        **content,
    )


def _receive_again(context: Context, known: Case, kind: str, content: dict[str, Any]) -> Case | Refusal:
    if known.kind != kind or known.state != RETURNED:
        return refuse("", "case.number_taken", "这个受理号已有业务，请刷新后查看")
    blocked = may_act(context, known, MAKER) or not_ones_own(context, content["person_ids"])
    if blocked is not None:
        return blocked
    if known.personal_account_no and known.personal_account_no != content.get("personal_account_no", ""):
        return refuse("personal_account_no", "case.other_person", "补正不能换人，请撤回这笔业务，另行受理")
    sent_back_on = china_time(known.history[-1].at).date()
    back_on = min(china_time(context.command.made_at).date(), context.business_date)
    return changed(
        known,
        state=RECEIVED,
        due_on=known.due_on and resumed(known.due_on, sent_back_on, back_on),
        steps_done=0,
        round_no=known.round_no + 1,
        actors=with_actor(known.actors, context.command.author, MAKER),
        history=(*known.history, action(context, RECEIVED, opinion="补正后重新提交")),
        **content,
    )


def accepted_on(context: Context) -> date:
    """The day whose law counts for the command's case: that of its acceptance at the window."""
    case = context.state.get(Case, context.command.case_no)
    return context.taken_in_on or context.business_date if case is None else case.received_on


def next_versions(context: Context, rows: Sequence[Row]) -> tuple[Row, ...]:
    """Rows as the successors of those that the case left behind when it was returned."""
    known = [(row, context.state.get(type(row), row.key)) for row in rows]
    return tuple(row if old is None else msgspec.structs.replace(row, version=old.version + 1) for row, old in known)


def given_up(context: Context, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """What the case used up before it was corrected and does not use any more, now that it uses `evidence`."""
    kept = {each.evidence for each in evidence}
    had = context.state.where(Evidence, "case_no", context.command.case_no)
    return tuple(each for each in had if each.evidence not in kept)


def posted(context: Context, case: Case, event: str, **event_parts: Any) -> Event:
    """The central event that ends a case's way: its rows, its entry, and the case as posted.

    Of a kind that policy samples, a case that nobody had to agree to waits for the draw.
    """
    sample = PASSED if not case.steps and _is_sampled(context, case.kind) else case.sample
    rows = (*event_parts.pop("rows", ()), changed(case, state=POSTED, sample=sample))
    return Event(kind=event, case_no=case.case_no, rows=rows, central=True, **event_parts)


def _is_sampled(context: Context, kind: str) -> bool:
    """A policy published before there were samples has no such table, and every kind of case is posted here."""
    tables = context.policy.tables
    return "sampling" in tables and bool(context.policy.rows("sampling", context.business_date, kind=kind))
