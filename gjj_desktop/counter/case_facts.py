"""What a decision wants to know of a case beside its amount: what was typed for it, and by which rule it is judged."""

import re
from collections.abc import Callable

import msgspec

from gjj_desktop.cases import loan_form, withdrawal_form
from gjj_desktop.cases.fields import Field, Kind
from gjj_desktop.cases.heirs import PARTS
from gjj_desktop.cases.kind import form_of
from gjj_desktop.cases.reading import is_shown
from gjj_desktop.cases.registry import SUBMITTED_BY
from gjj_desktop.cases.rows import Account, Case, Loan
from gjj_desktop.cases.writing import as_typed
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.rules.policy import Policy
from gjj_desktop.rules.withdrawal.working import WITH_INTEREST
from gjj_desktop.security.masking import mask_identity

Pairs = tuple[tuple[str, str], ...]
SHOWN_ELSEWHERE = frozenset({"reason", "amount_fen", "mobile"})
"""Fields that the heading and the amount say already, or that no decision rests on."""


def facts_of_case(policy: Policy, case: Case, account: Account | None) -> Pairs:
    """Label and text of each field that was filled in, in the order of the form, and how far the account is paid."""
    kind = SUBMITTED_BY.get(case.kind)
    form = None if kind is None else form_of(kind, policy, case.received_on)
    paid_through = () if account is None else (("缴至年月", account.paid_through_month or "—"),)
    if kind is None or form is None:
        return paid_through
    raw = as_typed(form, msgspec.msgpack.decode(case.payload, type=kind.payload))
    form = form_of(kind, policy, case.received_on, raw) or form
    typed = tuple(
        (field.label.partition("（")[0], _WORDS.get(field.kind, _as_it_is)(field, raw[field.name]) + _unit(field))
        for field in form.fields
        if field.kind not in _SHOWN_ELSEWHERE and field.name not in SHOWN_ELSEWHERE
        if raw[field.name] and is_shown(field, raw)
    )
    return (*typed, *paid_through)


def money_of(case: Case) -> int | None:
    """What goes out by the case, fen: a closing with the interest that is known of it; None where there is no money."""
    if case.posted_fen or case.interest_fen:
        return case.posted_fen + case.interest_fen
    last = case.lines[-1] if case.lines else None
    return (last.amount_fen if last is not None and last.label == WITH_INTEREST else case.amount_fen) or None


def facts_of_payout(loan: Loan) -> Pairs:
    """Whom a loan is paid to and under which contract; the account in full, in groups of four."""
    return (
        ("收款方", loan.seller_name),
        ("收款账户", in_fours(loan.seller_account)),
        ("借款合同", loan.contract_no),
        ("贷款账号", group_number(Series.LOAN, loan.loan_account_no)),
        ("期限", f"{loan.months} 个月，{loan_form.METHODS[loan.method]}"),
        ("利率", f"{loan.rate_percent}%"),
    )


def basis_of_case(policy: Policy, case: Case) -> str:
    """The short name of the rule that the amount rests on; "" where nothing names one."""
    if case.kind == withdrawal_form.CASE_KIND:
        rows = policy.rows("withdrawal_reason", case.received_on, reason=case.reason)
        return str(rows[0]["legal"]) if rows else ""
    return next((line.source for line in case.lines if line.source), "")


def in_fours(number: str) -> str:
    """An account number as it is read out.

    >>> in_fours("3301040160000123456")
    '3301 0401 6000 0123 456'
    """
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def _unit(field: Field) -> str:
    """What stands behind a figure, where the label has it in brackets; yuan go without saying."""
    return _UNITS.get(field.label.partition("（")[2].rstrip("）"), "")


def _as_it_is(field: Field, text: str) -> str:
    return _LONG_RUN.sub(lambda found: _BREAK.join(_parts(found[0])), text)


def _parts(run: str) -> list[str]:
    return [run[start : start + _RUN_MAX // 2] for start in range(0, len(run), _RUN_MAX // 2)]


def _card(field: Field, text: str) -> str:
    return in_fours(text)


def _chosen(field: Field, text: str) -> str:
    return next((choice.label for choice in field.choices if choice.value == text), text)


def _masked(field: Field, text: str) -> str:
    return mask_identity(text)


def _heirs(field: Field, text: str) -> str:
    """Who gets which share: "王秀兰（配偶）1/2，尾号 0128"."""
    lines = [dict(zip(PARTS, line.split("\t"), strict=True)) for line in text.splitlines()]
    return "；".join(
        f"{each['name']}（{each['relation']}）{each['share']}，尾号 {each['bank_card'][-4:]}" for each in lines
    )


_SHOWN_ELSEWHERE = frozenset({Kind.PERSON, Kind.EMPLOYER, Kind.MATERIALS})
_RUN_MAX, _BREAK = 16, "\u200b"
_LONG_RUN = re.compile(f"[!-~]{{{_RUN_MAX + 1},}}")
"""A number too long for its room, such as that of a unit of real estate, may be broken where nobody sees it."""
_UNITS = {"月": " 个月", "%": "%"}
_WORDS: dict[Kind, Callable[[Field, str], str]] = {
    Kind.BANK_CARD: _card,
    Kind.CHOICE: _chosen,
    Kind.IDENTITY: _masked,
    Kind.HEIRS: _heirs,
}
"""How a kind of field is told where it is not told as it was typed."""
