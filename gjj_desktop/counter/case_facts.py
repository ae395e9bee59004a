"""What a decision wants to know of a case beside its amount: whom it pays, for what, by which rule."""

import msgspec

from gjj_desktop.cases import loan_form, withdrawal_form
from gjj_desktop.cases.loan_application import application_of
from gjj_desktop.cases.rows import Account, Case, Loan
from gjj_desktop.domain.money import format_yuan
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.rules.policy import Policy

Pairs = tuple[tuple[str, str], ...]


def facts_of_case(case: Case, account: Account | None) -> Pairs:
    """Label and text of what the amount does not say; empty for kinds without money."""
    if case.kind == withdrawal_form.CASE_KIND:
        return _of_withdrawal(case, account)
    if case.kind == loan_form.CASE_KIND:
        return _of_loan(case)
    return () if account is None else _paid_through(account)


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


def _of_withdrawal(case: Case, account: Account | None) -> Pairs:
    asked = msgspec.msgpack.decode(case.payload, type=withdrawal_form.SubmitWithdrawal)
    about = {
        withdrawal_form.RENT: (("租房期间", f"{asked.first_month} 至 {asked.last_month}"),),
        withdrawal_form.PURCHASE: (("购房合同", asked.contract_no), ("房屋坐落", asked.home)),
    }.get(asked.reason, ())
    paid_to = ("收款", f"{asked.bank}，尾号 {asked.bank_card[-4:]}")
    return (paid_to, *(() if account is None else _paid_through(account)), *about)


def _of_loan(case: Case) -> Pairs:
    asked = application_of(case)
    return (
        ("期限", f"{asked.months} 个月，{loan_form.METHODS[asked.method]}"),
        ("房屋总价", f"{format_yuan(asked.price_fen)}，{loan_form.HOME_ORDERS[asked.home_order]}"),
        ("房屋坐落", asked.address),
        ("售房人", asked.seller_name),
    )


def _paid_through(account: Account) -> Pairs:
    return (("缴至年月", account.paid_through_month or "—"),)
