"""抽查: some of the cases that passed automatically are drawn, and a supervisor looks at them afterwards."""

import msgspec

from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.outcome import Event, Outcome, refuse
from gjj_desktop.cases.rows import Case, Clerk, changed
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import (
    BAD,
    CHECKER,
    DRAWN,
    GOOD,
    PASSED,
    STEP_ROLES,
    action,
    content_digest,
    may_act,
    with_actor,
)

DRAW, RECORD = "sample.draw", "sample.record"
RESULTS = {GOOD: "抽查无误", BAD: "抽查有问题"}


class DrawSample(msgspec.Struct, frozen=True, kw_only=True):
    """The cases that were put to the draw (`pool`) and those of them that were drawn."""

    pool: tuple[str, ...]
    drawn: tuple[str, ...]


class RecordSample(msgspec.Struct, frozen=True, kw_only=True):
    """What a supervisor found: `result` good or bad, always with an opinion; `seen` is the digest of the case."""

    result: str
    opinion: str
    seen: str


def needs_draw(context: Context, asked: DrawSample) -> list[Need]:
    """Every case of the pool."""
    return [need(Case, case_no) for case_no in asked.pool]


def decide_draw(context: Context, asked: DrawSample) -> Outcome:
    """Each case of the pool is put to the draw once; one that was already is left as it is."""
    drawn = set(asked.drawn)
    found = [context.state.get(Case, case_no) for case_no in asked.pool]
    rows = tuple(
        changed(case, sample=DRAWN if case.case_no in drawn else "")
        for case in found
        if case is not None and case.sample == PASSED
    )
    return (Event(kind="sample.drawn", case_no="", rows=rows, central=True),) if rows else ()


def needs_record(context: Context, asked: RecordSample) -> list[Need]:
    """The case, which every command loads."""
    return []


def decide_record(context: Context, asked: RecordSample) -> Outcome:
    """A drawn case is looked at once, by a supervisor who had no hand in it."""
    case = context.state.get(Case, context.command.case_no)
    if case is None or case.sample != DRAWN:
        return refuse("", "sample.not_drawn", "这笔业务不在抽查名单里，请刷新后查看")
    blocked = may_act(context, case, CHECKER)
    if blocked is not None:
        return blocked
    if asked.seen != content_digest(case):
        return refuse("", "case.changed_since_seen", "业务内容在您查看后有变动，请重新查看再决定")
    if asked.result not in RESULTS:
        return refuse("result", "decision.unknown", "请选择无误或有问题")
    if not asked.opinion.strip():
        return refuse("opinion", "field.required", "请写明看了什么、结果怎样")
    looked_at = changed(
        case,
        sample=asked.result,
        actors=with_actor(case.actors, context.command.author, CHECKER),
        history=(*case.history, action(context, f"{CHECKER}.{asked.result}", asked.opinion, asked.seen)),
    )
    return (Event(kind=f"sample.{asked.result}", case_no=case.case_no, rows=(looked_at,)),)


def is_checked_by(clerk: Clerk, case: Case) -> bool:
    """Whether the case was drawn and waits for this clerk to look at it."""
    if case.sample != DRAWN or STEP_ROLES["approve"] not in clerk.roles:
        return False
    acted = any(actor.clerk == clerk.clerk and actor.capacity != CHECKER for actor in case.actors)
    return not acted and not set(clerk.person_ids) & set(case.person_ids)


KINDS = (
    CommandKind(
        name=DRAW,
        title="抽取抽查业务",
        payload=DrawSample,
        needs=needs_draw,
        decide=decide_draw,
        role="",
        opens_case=False,
    ),
    CommandKind(
        name=RECORD,
        title="抽查结果",
        payload=RecordSample,
        needs=needs_record,
        decide=decide_record,
        role="supervisor",
        opens_case=False,
    ),
)
