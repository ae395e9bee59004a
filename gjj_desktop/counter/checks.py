"""核对: what was looked at for a decision, one line for each rule that ran on the case as things are now."""

from collections.abc import Sequence

import msgspec

from gjj_desktop.cases.decide import decide
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.registry import FOLLOWS
from gjj_desktop.cases.rows import Case
from gjj_desktop.counter.looked import LOOKED, Looked
from gjj_desktop.domain.findings import Finding


class CheckItem(msgspec.Struct, frozen=True):
    """One thing that was looked at, good, waiting or wrong; `more` is the small print beside it."""

    tone: str
    text: str
    more: str = ""


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
    rules = () if stopped else tuple(each for each in LOOKED.get(case.kind, ()) if _has_run(each, context, case, found))
    strange = [finding for finding in found if not any(_is_of(rule, finding) for rule in rules)]
    return (*_wrong(strange), *(item for rule in rules for item in _said(rule, found)))


def decision_checks(context: Context, known: Sequence[CheckItem]) -> tuple[CheckItem, ...]:
    """What the decision that is about to be signed runs into by itself: who may take it, and on what."""
    outcome = decide(context)
    if not isinstance(outcome, Refusal):
        return tuple(CheckItem("good", text) for text in _TAKEN[context.command.kind])
    said = {item.text for item in known}
    return _wrong([finding for finding in outcome.findings if finding.message not in said])


def _has_run(rule: Looked, context: Context, case: Case, found: Sequence[Finding]) -> bool:
    return not any(finding.code in rule.after for finding in found) and rule.runs(context, case)


def _is_of(rule: Looked, finding: Finding) -> bool:
    return any(finding.code == code or (code.endswith(".") and finding.code.startswith(code)) for code in rule.codes)


def _said(rule: Looked, found: Sequence[Finding]) -> tuple[CheckItem, ...]:
    return _wrong([finding for finding in found if _is_of(rule, finding)]) or (CheckItem("good", rule.text),)


def _wrong(findings: Sequence[Finding]) -> tuple[CheckItem, ...]:
    return tuple(CheckItem("wrong", finding.message) for finding in findings)
