"""核对: what was looked at for a decision, one line for each rule that ran on the case as things are now."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from gjj_desktop.cases import loan_form, payment_correction, withdrawal_form
from gjj_desktop.cases.decide import decide
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.loan_application import application_of
from gjj_desktop.cases.loan_problems import quota_of, term_limit
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.registry import FOLLOWS
from gjj_desktop.cases.rows import Case, Person
from gjj_desktop.domain.findings import Finding


class CheckItem(msgspec.Struct, frozen=True):
    """One thing that was looked at, good, waiting or wrong; `more` is the small print beside it."""

    tone: str
    text: str
    more: str = ""


class _Looked(NamedTuple):
    """A rule in words, and the codes of the findings that it makes when something is wrong.

    `reasons` are the only ones that have the rule (none: all); `after` are findings that keep it from running, `ran`
    tells of what else may.
    """

    text: str
    codes: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    ran: Callable[[Context, Case], bool] = lambda context, case: True


def _has_quota(context: Context, case: Case) -> bool:
    return quota_of(context, application_of(case)) is not None


def _has_term_limit(context: Context, case: Case) -> bool:
    person = context.state.get(Person, case.person_ids[0]) if case.person_ids else None
    return person is not None and term_limit(context, application_of(case), person) is not None


_MATERIALS = _Looked("材料齐全", ("materials.missing",))
LOOKED: dict[str, tuple[_Looked, ...]] = {
    withdrawal_form.CASE_KIND: (
        _Looked("账户可以支取，没有止付冻结", ("withdrawal.account_state", "withdrawal.frozen")),
        _Looked("不在提取限制期内", ("withdrawal.banned",)),
        _Looked("同一原因的提取间隔符合规定", ("withdrawal.too_soon",)),
        _Looked(
            "租房期间没有重复，月数没有超过",
            (
                "withdrawal.period",
                "withdrawal.too_many_months",
                "withdrawal.future_month",
                "withdrawal.month_taken",
            ),
            reasons=(withdrawal_form.RENT,),
        ),
        _Looked("购房合同没有被他人用过", ("withdrawal.contract_used",), reasons=(withdrawal_form.PURCHASE,)),
        _Looked(
            "金额在可用余额和限额以内",
            ("withdrawal.nothing", "withdrawal.not_positive", "withdrawal.over_limit"),
            after=("withdrawal.period", "withdrawal.price"),
        ),
        _MATERIALS,
    ),
    loan_form.CASE_KIND: (
        _Looked("借款人账户正常缴存", ("loan.account_state",)),
        _Looked("连续缴存月数符合规定", ("loan.months_paid",), ran=_has_quota),
        _Looked("没有未结清或在办的公积金贷款", ("loan.unsettled",)),
        _Looked("不在贷款限制期内", ("loan.banned",)),
        _Looked("期限没有超过年龄和房龄的限制", ("loan.months", "loan.house_built", "loan.term"), ran=_has_term_limit),
        _Looked("金额在可贷额度以内", ("loan.over_quota",), ran=_has_quota),
        _MATERIALS,
    ),
    payment_correction.CASE_KIND: (
        _Looked("仍付给原收款人", ("payment.other_payee",)),
        _Looked("银行已退回，还没有重新付款", ("payment.not_returned", "payment.being_corrected")),
    ),
}
"""The rules that posting or approving a case runs, by kind of case."""

_STOPS = frozenset({"account.unknown", "withdrawal.reason"})
"""After these no other rule is run."""
_OTHER_HANDS = "您没有经手过，也不是本人或亲属的业务"
_TAKEN = {"case.decide": (_OTHER_HANDS,), "loan.disburse": ("借款合同已签，还没有放款", _OTHER_HANDS)}
"""What is so, by kind of command, when the decision is not refused."""


def rule_checks(context: Context, case: Case) -> tuple[CheckItem, ...]:
    """What the rules of the case say on the rows as they are now; empty for a kind that has none.

    The same function that posts the case is run, at every step, not only at the last.
    """
    if case.kind not in FOLLOWS:
        return ()
    outcome = FOLLOWS[case.kind].happens(context, case)
    found = outcome.findings if isinstance(outcome, Refusal) else ()
    stopped = any(finding.code in _STOPS for finding in found)
    rules = () if stopped else tuple(each for each in LOOKED[case.kind] if _has_run(each, context, case, found))
    known = {code for rule in rules for code in rule.codes}
    strange = [finding for finding in found if finding.code not in known]
    return (*_wrong(strange), *(item for rule in rules for item in _said(rule, found)))


def decision_checks(context: Context, known: Sequence[CheckItem]) -> tuple[CheckItem, ...]:
    """What the decision that is about to be signed runs into by itself: who may take it, and on what."""
    outcome = decide(context)
    if not isinstance(outcome, Refusal):
        return tuple(CheckItem("good", text) for text in _TAKEN[context.command.kind])
    said = {item.text for item in known}
    return _wrong([finding for finding in outcome.findings if finding.message not in said])


def _has_run(rule: _Looked, context: Context, case: Case, found: Sequence[Finding]) -> bool:
    if rule.reasons and case.reason not in rule.reasons:
        return False
    return not any(finding.code in rule.after for finding in found) and rule.ran(context, case)


def _said(rule: _Looked, found: Sequence[Finding]) -> tuple[CheckItem, ...]:
    return _wrong([finding for finding in found if finding.code in rule.codes]) or (CheckItem("good", rule.text),)


def _wrong(findings: Sequence[Finding]) -> tuple[CheckItem, ...]:
    return tuple(CheckItem("wrong", finding.message) for finding in findings)
