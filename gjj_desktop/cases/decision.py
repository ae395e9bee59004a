"""复核、审批: a second person agrees, returns or refuses, over exactly what was on the screen."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec

from gjj_desktop.cases.kind import CommandKind, Context, Following
from gjj_desktop.cases.material_pages import all_held, needs_of_pages
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.rows import Case, Clerk, Evidence, Hold, Row, changed
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import (
    APPROVED,
    MAKER,
    RECEIVED,
    REFUSED,
    RETURNED,
    REVIEWED,
    STEP_LABELS,
    STEP_ROLES,
    WITHDRAWN,
    action,
    author,
    content_digest,
    may_act,
    with_actor,
)

AGREE, RETURN, REFUSE = "approve", "return", "refuse"
DECISIONS = {AGREE: "同意", RETURN: "退回补正", REFUSE: "不予批准"}

Follows = Mapping[str, Following]
"""How cases go on after their approval, by kind of case; the registry gathers it."""


class DecideCase(msgspec.Struct, frozen=True, kw_only=True):
    """A decision at the step that the case waits for: approve, return or refuse.

    `seen` is the digest of what the screen showed, `opinion` required unless agreed.
    """

    step: str
    decision: str
    seen: str
    opinion: str = ""


class WithdrawCase(msgspec.Struct, frozen=True, kw_only=True):
    """The applicant takes the case back before it is posted."""

    reason: str


def next_step(case: Case) -> str | None:
    """The step that the case waits for, or None when it waits for none."""
    if case.state not in {RECEIVED, REVIEWED} or case.steps_done >= len(case.steps):
        return None
    return case.steps[case.steps_done]


def needs(context: Context, asked: DecideCase, follows: Follows) -> list[Need]:
    """What the case holds, the pages of its materials, and what its approval looks at."""
    case = context.state.get(Case, context.command.case_no)
    held = [need(Hold, context.command.case_no), Need(Evidence, "case_no", context.command.case_no)]
    held += needs_of_pages(context.command.case_no)
    if case is None or case.kind not in follows:
        return held
    return [*held, *follows[case.kind].needs(context, case)]


def may_decide(context: Context, case: Case, step: str) -> Refusal | None:
    """Refuse who must not act at this step: the wrong role, the maker, an earlier step's person, the person's own."""
    clerk = author(context)
    if clerk is None or STEP_ROLES.get(step, "") not in clerk.roles:
        return refuse("", "clerk.role", f"您的岗位不能{STEP_LABELS.get(step, '办理这一步')}")
    return may_act(context, case, step)


def decide(context: Context, asked: DecideCase, follows: Follows) -> Outcome:
    """The case moves on, back, or ends, if the person may, and saw what the case is now.

    Nobody agrees to a case before all pages of its materials have come to the centre.
    """
    case = context.state.get(Case, context.command.case_no)
    if case is None:
        return refuse("", "case.unknown", "没有这笔业务")
    step = next_step(case)
    if step is None or step != asked.step:
        return refuse("", "case.not_waiting", "这笔业务已不在这一步，请刷新后查看")
    blocked = may_decide(context, case, step)
    if blocked is not None:
        return blocked
    if asked.seen != content_digest(case):
        return refuse("", "case.changed_since_seen", "业务内容在您查看后有变动，请重新查看再决定")
    if asked.decision not in DECISIONS:
        return refuse("decision", "decision.unknown", "请选择同意、退回补正或不予批准")
    if asked.decision != AGREE and not asked.opinion.strip():
        return refuse("opinion", "field.required", "请写明原因，申请人要按它补正")
    unseen = all_held(context, case.case_no) if asked.decision == AGREE else None
    return unseen or _decided(context, case, step, asked, follows)


def _decided(context: Context, case: Case, step: str, asked: DecideCase, follows: Follows) -> Outcome:
    done = case.steps_done + 1
    agreed = APPROVED if done == len(case.steps) else REVIEWED
    state = {AGREE: agreed, RETURN: RETURNED, REFUSE: REFUSED}[asked.decision]
    marks: dict[str, Any] = {
        "state": state,
        "steps_done": done if asked.decision == AGREE else 0,
        "actors": with_actor(case.actors, context.command.author, step),
        "history": (*case.history, action(context, f"{step}.{asked.decision}", asked.opinion, asked.seen)),
    }
    moved = changed(case, **marks)
    event = Event(
        kind=f"case.{state}",
        case_no=case.case_no,
        rows=(moved,),
        removed=_released(context, case) if state == REFUSED else (),
    )
    if state != APPROVED:
        return (event,)
    follow = follows[case.kind].happens(context, moved) if case.kind in follows else ()
    return follow if isinstance(follow, Refusal) else (event, *follow)


def _released(context: Context, case: Case) -> tuple[Row, ...]:
    """What a case that ends without being posted no longer holds."""
    hold = context.state.get(Hold, case.case_no)
    evidence = context.state.where(Evidence, "case_no", case.case_no)
    return (*((hold,) if hold is not None else ()), *evidence)


def needs_withdraw(context: Context, asked: WithdrawCase) -> list[Need]:
    """What the case holds."""
    return [need(Hold, context.command.case_no), Need(Evidence, "case_no", context.command.case_no)]


def decide_withdraw(context: Context, asked: WithdrawCase) -> Outcome:
    """The case ends and frees what it held, if it is not decided yet; its maker's outlet does it."""
    case = context.state.get(Case, context.command.case_no)
    if case is None or case.state not in {RECEIVED, REVIEWED, RETURNED}:
        return refuse("", "case.not_open", "这笔业务已办完，不能撤回")
    if not case.steps and case.state != RETURNED and case.kind != "remittance":
        return refuse("", "case.not_open", "这笔业务提交即生效，不能撤回")
    if not asked.reason.strip():
        return refuse("reason", "field.required", "请填写撤回原因")
    blocked = may_act(context, case, MAKER)
    if blocked is not None:
        return blocked
    withdrawn = changed(
        case,
        state=WITHDRAWN,
        actors=with_actor(case.actors, context.command.author, MAKER),
        history=(*case.history, action(context, WITHDRAWN, asked.reason)),
    )
    return (Event(kind="case.withdrawn", case_no=case.case_no, rows=(withdrawn,), removed=_released(context, case)),)


def opens_for(clerk: Clerk, case: Case) -> bool:
    """Whether the case waits for this clerk: their role has its next step and they have not acted on it otherwise."""
    step = next_step(case)
    if step is None or STEP_ROLES.get(step, "") not in clerk.roles:
        return False
    acted = any(actor.clerk == clerk.clerk and actor.capacity != step for actor in case.actors)
    return not acted and not set(clerk.person_ids) & set(case.person_ids)


def kinds(follows: Follows) -> tuple[CommandKind, ...]:
    """The kinds of command that decide on cases and take them back."""
    deciding = CommandKind(
        name="case.decide",
        title="复核审批",
        payload=DecideCase,
        needs=partial(needs, follows=follows),
        decide=partial(decide, follows=follows),
        role="any",
        opens_case=False,
    )
    withdrawing = CommandKind(
        name="case.withdraw",
        title="撤回",
        payload=WithdrawCase,
        needs=needs_withdraw,
        decide=decide_withdraw,
        role="clerk",
        opens_case=False,
    )
    return (deciding, withdrawing)
