"""贷款办理: contracts and payouts of approved applications, the overdue list and its letters."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.loan_form import CASE_KIND
from gjj_desktop.cases.loan_payout import SignContract
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.overdue_letter import LETTER_TIER, IssueLetter
from gjj_desktop.cases.rows import Case, Instalment, Letter, Loan
from gjj_desktop.cases.workflow import APPROVED, CONTRACTED, POSTED
from gjj_desktop.counter.handing_in import HandedIn, hand_in
from gjj_desktop.counter.making import Making
from gjj_desktop.counter.papers import issue
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.codes import RepaymentMethod
from gjj_desktop.printing.papers import Instalment as PrintedInstalment
from gjj_desktop.printing.papers import Paper, RepaymentSchedule
from gjj_desktop.rules.overdue import arrears, overdue_tier
from gjj_desktop.store import view

NEXT_WORDS = {APPROVED: "待签合同", CONTRACTED: "待放款", POSTED: "已放款"}


class LoanLine(msgspec.Struct, frozen=True, kw_only=True):
    """One application past approval, or one loan: what comes next for it."""

    case_no: str
    loan_account_no: str
    borrower: str
    amount_fen: int
    next_words: str
    contract_no: str = ""


class OverdueLine(msgspec.Struct, frozen=True, kw_only=True):
    """One loan that is behind, with what is missing as of today, fen; `letters` were made in this tier before."""

    loan_account_no: str
    borrower: str
    mobile: str
    overdue_periods: int
    principal_fen: int
    interest_fen: int
    penalty_fen: int
    total_fen: int
    tier: str
    tier_words: str
    letters: int


def loans_on_their_way(window: Window) -> Sequence[LoanLine]:
    """Applications that are approved, contracted or paid out, newest first."""
    with window.reading() as connection:
        found = [
            case
            for state in NEXT_WORDS
            for case in view.rows_of(connection, Case, "state", state)
            if case.kind == CASE_KIND
        ]
        loans = {loan.case_no: loan for loan in view.rows_of(connection, Loan)}
    return [_line(case, loans.get(case.case_no)) for case in sorted(found, key=lambda each: each.case_no, reverse=True)]


def _line(case: Case, loan: Loan | None) -> LoanLine:
    return LoanLine(
        case_no=case.case_no,
        loan_account_no=loan.loan_account_no if loan else "",
        borrower=case.subject,
        amount_fen=case.amount_fen,
        next_words=NEXT_WORDS[case.state],
        contract_no=loan.contract_no if loan else "",
    )


def sign_contract(window: Window, case_no: str, contract_no: str) -> HandedIn | Refusal:
    """The contract was signed: the loan gets its account and waits for the payout."""
    return hand_in(window, "loan.sign_contract", SignContract(loan_contract_no=contract_no), case_no=case_no)


def overdue_list(window: Window) -> Sequence[OverdueLine]:
    """Every loan that is behind today, most periods first; may be empty."""
    with window.reading() as connection:
        day, policy = window.business_date(connection), window.policy(connection)
        lines = []
        instalments: dict[str, list[Instalment]] = {}
        for row in view.rows_of(connection, Instalment):
            instalments.setdefault(row.loan_account_no, []).append(row)
        letters = [letter.loan_account_no for letter in view.rows_of(connection, Letter)]
        for loan in view.rows_of(connection, Loan):
            behind = arrears(instalments.get(loan.loan_account_no, ()), day, Decimal(loan.rate_percent), policy)
            tier = overdue_tier(policy, day, behind.overdue_periods)
            if tier is None:
                continue
            lines.append(
                OverdueLine(
                    loan_account_no=loan.loan_account_no,
                    borrower=loan.borrower,
                    mobile=loan.mobile,
                    overdue_periods=behind.overdue_periods,
                    principal_fen=behind.principal_fen,
                    interest_fen=behind.interest_fen,
                    penalty_fen=behind.penalty_fen,
                    total_fen=behind.total_fen,
                    tier=tier["tier"],
                    tier_words=tier["label"],
                    letters=letters.count(loan.loan_account_no),
                )
            )
    return sorted(lines, key=lambda line: (-line.overdue_periods, line.loan_account_no))


def may_get_letter(line: OverdueLine) -> bool:
    """Whether policy gives this loan a letter now."""
    return line.tier == LETTER_TIER


def issue_letter(window: Window, loan_account_no: str) -> HandedIn | Refusal:
    """逾期催收函 for one loan, arrears to today; its number follows from the window's paper numbers."""
    with window.reading() as connection:
        day = window.business_date(connection)
        sent = len(view.rows_of(connection, Letter, "loan_account_no", loan_account_no))
    letter_no = f"催字〔{day.year}〕第{loan_account_no[-6:]}-{sent + 1}号"
    return hand_in(
        window,
        "loan.overdue_letter",
        IssueLetter(loan_account_no=loan_account_no, letter_no=letter_no, computed_on=day),
    )


def print_schedule(window: Window, case_no: str) -> HandedIn | Refusal:
    """还款计划表 of a loan that was paid out."""
    with window.reading() as connection:
        loan = _loan_of(connection, case_no)
        rows = view.rows_of(connection, Instalment, "loan_account_no", loan.loan_account_no)

    def make(making: Making) -> Paper:
        return RepaymentSchedule(
            head=making.head,
            borrower=loan.borrower,
            co_borrower="、".join(loan.co_borrowers),
            loan_account_no=loan.loan_account_no,
            contract_no=loan.contract_no,
            amount_fen=loan.principal_fen,
            term_months=loan.months,
            rate_percent=Decimal(loan.rate_percent),
            method=RepaymentMethod(loan.method).label,
            payout_date=loan.paid_out_on or making.context.business_date,
            rows=tuple(
                PrintedInstalment(
                    no=row.period_no,
                    due=row.due_on,
                    amount_fen=row.principal_fen + row.interest_fen,
                    principal_fen=row.principal_fen,
                    interest_fen=row.interest_fen,
                    balance_fen=row.balance_fen,
                )
                for row in sorted(rows, key=lambda each: each.period_no)
            ),
        )

    return issue(window, case_no, "repayment_schedule", make)


def _loan_of(connection: Connection, case_no: str) -> Loan:
    found = view.rows_of(connection, Loan, "case_no", case_no)
    if not found:
        raise LookupError(f"no loan of case {case_no}")
    return found[0]
