"""单据: which paper may go out when, how it is printed once more, and how a spoiled one is voided.

A number that was used stays used: a void paper is there with its reason, a reprint has the number of the first print.
"""

from collections.abc import Collection
from typing import NamedTuple

import msgspec

from gjj_desktop.cases.kind import CommandKind, Context
from gjj_desktop.cases.numbers import number_problem
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.rows import Account, Case, IssuedPaper, Reprinted, changed
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.workflow import (
    POSTED,
    RECEIVED,
    REFUSED,
    RETURNED,
    REVERSED,
    REVIEWED,
    STATE_LABELS,
    WITHDRAWN,
    author,
)
from gjj_desktop.clock import china_time
from gjj_desktop.domain.numbers import Series, group_number

VOUCHER, SCHEDULE, REFUSAL = "payment_voucher", "repayment_schedule", "refusal_decision"
CORRECTION_SLIP, NOTICE, HISTORY = "correction_slip", "deficiency_notice", "account_history"
MONEY_RECEIPTS = frozenset({VOUCHER})
"""Receipts of money: one more print of them needs a supervisor."""
SPEAK_OF_THE_END = frozenset({CORRECTION_SLIP, NOTICE, REFUSAL})
"""Papers that say themselves that the case did not come to its end."""
ENDED_OTHERWISE = frozenset({WITHDRAWN, REFUSED, REVERSED})
REASON_LENGTH_MAX = 40
"""Characters of a reason, so that it fits on the margin of the paper."""


class Rule(NamedTuple):
    """When a paper about a case may be issued: in which states, about which kinds of case (none: any), and how often.

    A paper that goes out `once` is issued again only after the earlier one was voided.
    """

    states: frozenset[str]
    kinds: frozenset[str]
    once: bool
    otherwise: str


RULES: dict[str, Rule] = {
    VOUCHER: Rule(frozenset({POSTED}), frozenset({"withdrawal"}), True, "中心入账后才能打印付款凭证"),
    SCHEDULE: Rule(frozenset({POSTED}), frozenset({"loan"}), False, "中心入账后才能打印还款计划表"),
    REFUSAL: Rule(frozenset({REFUSED}), frozenset({"withdrawal"}), True, "主管不予批准的业务才出具不予批准决定书"),
    NOTICE: Rule(frozenset({RECEIVED, REVIEWED, RETURNED}), frozenset(), False, "已办结的业务不再告知补正"),
    CORRECTION_SLIP: Rule(frozenset(), frozenset(), False, ""),
}
"""The papers that are issued about a case after it was taken in."""


class VoidPaper(msgspec.Struct, frozen=True, kw_only=True):
    """The paper and why it is void."""

    paper_no: str
    reason: str


class IssuePaper(msgspec.Struct, frozen=True, kw_only=True):
    """A paper that says what has become of a case, or of an account; it travels with the command itself.

    `personal_account_no` names the account of a paper that is about no case: a 个人缴存明细, or a 不予受理告知书.
    """

    paper_kind: str
    personal_account_no: str = ""


class ReprintPaper(msgspec.Struct, frozen=True, kw_only=True):
    """The paper that is printed once more, the how-manieth time as far as the window knows (from 1), and why."""

    paper_no: str
    count: int
    reason: str


class AgreeReprint(msgspec.Struct, frozen=True, kw_only=True):
    """A supervisor agrees that a receipt of money is printed once more."""

    paper_no: str


def needs_issue(context: Context, asked: IssuePaper) -> list[Need]:
    """What was issued about the case before, and the account that the paper is about; every command loads its case."""
    wanted = [need(Account, asked.personal_account_no)] if asked.personal_account_no else []
    if context.command.case_no:
        wanted.append(Need(IssuedPaper, "case_no", context.command.case_no))
    return wanted


def decide_issue(context: Context, asked: IssuePaper) -> Outcome:
    """The paper goes out if things stand as it says.

    A case that the centre refused to take in is none; its number is the window's own, and the one paper about it says
    that the receipt does not hold.
    """
    no_case = asked.paper_kind == HISTORY or bool(asked.personal_account_no and asked.paper_kind == NOTICE)
    wrong = _account_problem(context, asked) if no_case else _case_problem(context, asked)
    if wrong is not None:
        return wrong
    if len(context.command.papers) != 1 or context.command.papers[0].kind != asked.paper_kind:
        return refuse("", "paper.missing", "这项操作须带一张单据")
    return ()


def _account_problem(context: Context, asked: IssuePaper) -> Refusal | None:
    account = context.state.get(Account, asked.personal_account_no)
    if account is None or context.command.case_no:
        return refuse("", "account.unknown", "没有这个账户，请核对姓名或账号")
    if account.outlet != context.command.device[:4]:
        return refuse("", "account.other_outlet", "该账户在其他网点开立，请到原网点办理")
    return None


def _case_problem(context: Context, asked: IssuePaper) -> Refusal | None:
    case = context.state.get(Case, context.command.case_no)
    if case is None:
        return None if _may_be_refused(context, asked) else refuse("", "case.unknown", "没有这笔业务")
    if case.outlet != context.command.device[:4]:
        return refuse("", "case.other_outlet", "这笔业务由其他网点受理，请在原网点办理")
    rule = RULES.get(asked.paper_kind)
    if rule is None:
        return refuse("", "paper.other_kind", "这项业务不出具这种单据")
    if not may_be_issued(asked.paper_kind, case):
        return refuse("", "paper.too_early", rule.otherwise)
    if rule.once:
        return _issued_before(context, asked.paper_kind)
    return None


def _issued_before(context: Context, kind: str) -> Refusal | None:
    before = context.state.where(IssuedPaper, "case_no", context.command.case_no)
    numbers = {paper.paper_no for paper in context.command.papers}
    known = earlier_good(kind, [paper for paper in before if paper.paper_no not in numbers])
    if known is None:
        return None
    said = f"已开出，单据号 {group_number(Series.PAPER, known.paper_no)}；请补打，或先作废再开"
    return refuse("", "paper.issued_already", said)


def earlier_good(kind: str, issued: Collection[IssuedPaper]) -> IssuedPaper | None:
    """The good paper of this kind among these, or None."""
    return next((paper for paper in issued if paper.kind == kind and paper.state != "void"), None)


def may_be_issued(kind: str, case: Case) -> bool:
    """Whether the case stands as a paper of this kind says."""
    rule = RULES[kind]
    return (not rule.states or case.state in rule.states) and (not rule.kinds or case.kind in rule.kinds)


def _may_be_refused(context: Context, asked: IssuePaper) -> bool:
    own = number_problem(Series.CASE, context.command.case_no, context.command.device) is None
    return asked.paper_kind == CORRECTION_SLIP and own


def needs(context: Context, asked: VoidPaper | ReprintPaper | AgreeReprint) -> list[Need]:
    """The paper."""
    return [need(IssuedPaper, asked.paper_no)]


def _reason_problem(reason: str) -> Refusal | None:
    if not reason.strip():
        return refuse("reason", "field.required", "请填写原因")
    if len(reason.strip()) > REASON_LENGTH_MAX:
        return refuse("reason", "paper.reason_long", f"原因要印在单据边上，请写在 {REASON_LENGTH_MAX} 字以内")
    return None


def decide(context: Context, asked: VoidPaper) -> Outcome:
    """A paper of this window is voided once, with a reason."""
    paper = context.state.get(IssuedPaper, asked.paper_no)
    if paper is None or paper.device != context.command.device:
        return refuse("paper_no", "paper.unknown", "本窗口没有这张单据")
    if paper.state == "void":
        return refuse("paper_no", "paper.void_already", "这张单据已作废")
    wrong = _reason_problem(asked.reason)
    if wrong is not None:
        return wrong
    voided = changed(paper, state="void", void_reason=asked.reason, agreed_by="", agreed_name="")
    return (Event(kind="paper.voided", case_no=paper.case_no, rows=(voided,)),)


def _good_paper(context: Context, paper_no: str) -> IssuedPaper | Refusal:
    """The paper that may be printed once more: one of this outlet that is not void."""
    paper = context.state.get(IssuedPaper, paper_no)
    if paper is None or paper.outlet != context.command.device[:4]:
        return refuse("paper_no", "paper.unknown", "本网点没有这张单据")
    if paper.state == "void":
        return refuse("paper_no", "paper.void_already", "这张单据已作废，不能补打")
    return paper


def decide_reprint(context: Context, asked: ReprintPaper) -> Outcome:
    """One more print with the same number and content; the margin says which one it is, when, by whom and why.

    Two windows may print the same paper without hearing of each other, so a count may be there twice, but not of one
    window. A receipt of money is printed once more by a supervisor, or after one agreed; the agreement is then used.
    """
    paper = _good_paper(context, asked.paper_no)
    if isinstance(paper, Refusal):
        return paper
    wrong = _reason_problem(asked.reason)
    if wrong is not None:
        return wrong
    device, officer = context.command.device, author(context)
    taken = any(each.count == asked.count and each.device == device for each in paper.reprints)
    if taken or not 1 <= asked.count <= len(paper.reprints) + 1:
        return refuse("", "paper.reprint_count", "补打次数与记录不符，请刷新后再补打")
    agreed_by = ""
    if paper.kind in MONEY_RECEIPTS:
        supervisor = officer is not None and "supervisor" in officer.roles
        agreed_by = officer.name if officer is not None and supervisor else paper.agreed_name
        if not agreed_by:
            return refuse("", "paper.needs_supervisor", "付款凭证补打须主管同意，请主管在“票据”里选这张单据按 F8")
    once_more = Reprinted(
        count=asked.count,
        at=f"{china_time(context.command.made_at):%Y-%m-%d %H:%M}",
        clerk=context.command.author,
        officer=officer.name if officer is not None else "",
        device=device,
        reason=asked.reason,
        agreed_by=agreed_by,
    )
    printed = changed(paper, reprints=(*paper.reprints, once_more), agreed_by="", agreed_name="")
    return (Event(kind="paper.reprinted", case_no=paper.case_no, rows=(printed,)),)


def decide_agree(context: Context, asked: AgreeReprint) -> Outcome:
    """A supervisor of the outlet agrees to one more print of a receipt of money."""
    paper = _good_paper(context, asked.paper_no)
    if isinstance(paper, Refusal):
        return paper
    if paper.kind not in MONEY_RECEIPTS:
        return refuse("paper_no", "paper.no_agreement", "这种单据补打不须主管同意")
    if paper.agreed_by:
        return refuse("paper_no", "paper.agreed_already", f"{paper.agreed_name} 已同意补打一次，还没有补打")
    clerk = author(context)
    agreed = changed(paper, agreed_by=context.command.author, agreed_name=clerk.name if clerk else "")
    return (Event(kind="paper.reprint_agreed", case_no=paper.case_no, rows=(agreed,)),)


def stamp_word(paper: IssuedPaper, case: Case | None) -> tuple[str, str]:
    """The word that a print of the paper bears by now, and why it is void; "" and "" while the paper holds.

    A void paper says so; a receipt of a case that was taken back, refused or reversed says what became of the case.
    """
    if paper.state == "void":
        return "作废", paper.void_reason
    if case is None or case.state not in ENDED_OTHERWISE or paper.kind in SPEAK_OF_THE_END:
        return "", ""
    return STATE_LABELS[case.state], ""


KINDS = (
    CommandKind(
        name="paper.issue",
        title="出具单据",
        payload=IssuePaper,
        needs=needs_issue,
        decide=decide_issue,
        role="any",
        opens_case=False,
        papers=(*RULES, HISTORY),
    ),
    CommandKind(
        name="paper.void",
        title="单据作废",
        payload=VoidPaper,
        needs=needs,
        decide=decide,
        role="clerk",
        opens_case=False,
    ),
    CommandKind(
        name="paper.reprint",
        title="单据补打",
        payload=ReprintPaper,
        needs=needs,
        decide=decide_reprint,
        role="any",
        opens_case=False,
    ),
    CommandKind(
        name="paper.agree_reprint",
        title="同意补打",
        payload=AgreeReprint,
        needs=needs,
        decide=decide_agree,
        role="supervisor",
        opens_case=False,
    ),
)
