"""What a withdrawal's way is: its approval steps by amount, by what shared data confirmed, and by its risk marks."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import msgspec

from gjj_desktop.cases.fraud_ban import CASE_KIND as FRAUD
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.rows import Account, Case, Person
from gjj_desktop.cases.state import Need
from gjj_desktop.cases.verification import BY_HAND, contradicted, fully_verified
from gjj_desktop.cases.withdrawal_evidence import documents_of, family_of, others_claims, spouses_of
from gjj_desktop.cases.withdrawal_form import CASE_KIND, SubmitWithdrawal
from gjj_desktop.cases.workflow import BAD, RECEIVED, REFUSED, RETURNED, accepted_on
from gjj_desktop.domain.money import Fen
from gjj_desktop.rules.approval import approval_steps
from gjj_desktop.rules.policy import Row as PolicyRow

_UNIT = "unit_no"


class Steps(NamedTuple):
    """The steps a case goes through (none: it passes by itself), its risk marks, and whether shared data say it all."""

    steps: tuple[str, ...]
    marks: tuple[str, ...] = ()
    verified: bool = False


class _Asked(NamedTuple):
    """What a mark is worked out from."""

    context: Context
    asked: SubmitWithdrawal
    reason: PolicyRow
    mark: PolicyRow
    day: date


def needs_of_steps(asked: SubmitWithdrawal) -> list[Need]:
    """What `steps_for` looks at beside the account and its person: the account's other cases."""
    return [Need(Case, "personal_account_no", asked.personal_account_no)]


def steps_for(context: Context, asked: SubmitWithdrawal, row: PolicyRow, amount_fen: Fen) -> Steps:
    """The steps and marks of this withdrawal by the law of its acceptance; `row` is its reason's."""
    day = accepted_on(context)
    marks = marks_of(context, asked, row, amount_fen)
    verified = fully_verified(context.policy, day, row, asked.verifications)
    kind = f"{CASE_KIND}.{asked.reason}"
    steps = approval_steps(context.policy, day, kind, amount_fen, verified=verified, marked=bool(marks))
    return Steps(steps, marks, verified)


def marks_of(context: Context, asked: SubmitWithdrawal, row: PolicyRow, amount_fen: Fen) -> tuple[str, ...]:
    """The risk marks, in the order of the table; policy tells which are set from which amount on."""
    day = accepted_on(context)
    set_by_reason = {*row.get("marks", ()), *_marks_when(asked, row)}
    return tuple(
        mark.mark
        for mark in context.policy.rows("risk_mark", day)
        if amount_fen >= mark.from_fen
        and (mark.mark in set_by_reason or _FOUND.get(mark.mark, _never)(_Asked(context, asked, row, mark, day)))
    )


def _marks_when(asked: SubmitWithdrawal, row: PolicyRow) -> set[str]:
    """Marks of `marks_when`, lines such as "home_place=elsewhere:out_of_town"."""
    found = set()
    for line in row.get("marks_when", ()):
        condition, _, mark = line.rpartition(":")
        name, _, value = condition.partition("=")
        if str(msgspec.structs.asdict(asked)[name]) == value:
            found.add(mark)
    return found


def _contradicted(about: _Asked) -> bool:
    return bool(contradicted(about.asked.verifications))


def _by_hand(about: _Asked) -> bool:
    items = about.mark.get("items", ())
    return any(each.result == BY_HAND and (not items or each.item in items) for each in about.asked.verifications)


def _refused_before(about: _Asked) -> bool:
    return any(case.kind == CASE_KIND and case.state == REFUSED for case in _others_within(about))


def _sample_bad(about: _Asked) -> bool:
    return any(case.sample == BAD for case in _others_within(about))


def _fraud_waiting(about: _Asked) -> bool:
    return any(case.kind == FRAUD and case.state in {RECEIVED, RETURNED} for case in _others(about))


def _others_within(about: _Asked) -> list[Case]:
    return [case for case in _others(about) if (about.day - case.received_on).days <= about.mark.within_days]


def _others(about: _Asked) -> list[Case]:
    cases = about.context.state.where(Case, "personal_account_no", about.asked.personal_account_no)
    return [case for case in cases if case.case_no != about.context.command.case_no]


def _fraud_before(about: _Asked) -> bool:
    """A ban that has ended; one that runs refuses the case."""
    state = about.context.state
    account = state.get(Account, about.asked.personal_account_no)
    person = None if account is None else state.get(Person, account.person_id)
    return person is not None and (person.withdrawals_banned_until or person.loans_banned_until) is not None


def _others_home(about: _Asked) -> bool:
    """Somebody who is not known as family claimed on the same home: a sale, or a spouse whom neither of them named."""
    account = about.context.state.get(Account, about.asked.personal_account_no)
    if account is None or _UNIT not in about.reason.get("counted_on", ()):
        return False
    stand_under = documents_of(about.context, about.reason, about.asked, account)
    family = family_of(about.context, stand_under, account.person_id, spouses_of(about.context, about.asked, account))
    claims = (
        each
        for field, document in stand_under.counted
        if field == _UNIT
        for each in others_claims(about.context, document)
    )
    return any(
        each.person_id not in family and (about.day - each.used_on).days <= about.mark.within_days for each in claims
    )


def _never(about: _Asked) -> bool:
    return False


_FOUND: dict[str, Callable[[_Asked], bool]] = {
    "contradicted": _contradicted,
    "by_hand": _by_hand,
    "refused_before": _refused_before,
    "fraud_before": _fraud_before,
    "fraud_waiting": _fraud_waiting,
    "sample_bad": _sample_bad,
    "others_home": _others_home,
}
"""Marks that are worked out; the others are set by a reason's own row."""
