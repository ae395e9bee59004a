"""提取入账: what a withdrawal does to the account, the bank and the loan it repays, by its reason's row."""

from decimal import Decimal
from typing import NamedTuple

import msgspec

from gjj_desktop.cases.account_entries import Movement, entered, interest_needs, interest_so_far, interest_year
from gjj_desktop.cases.heirs import share_of
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.outcome import Event, Refusal, refuse
from gjj_desktop.cases.rows import Account, Case, Hold, Instalment, Loan, LoanRepaid, Payment, Person, Row, changed
from gjj_desktop.cases.rows import StandingInstruction as Instruction
from gjj_desktop.cases.state import Need, need
from gjj_desktop.cases.withdrawal_facts import facts_of, loan_chosen
from gjj_desktop.cases.withdrawal_form import SubmitWithdrawal
from gjj_desktop.cases.workflow import posted
from gjj_desktop.domain.codes import AccountState, EntryKind
from gjj_desktop.domain.money import Fen, format_yuan
from gjj_desktop.ledger.recipes import Parts, entry_for
from gjj_desktop.rules.overdue import arrears
from gjj_desktop.rules.policy import Row as PolicyRow
from gjj_desktop.rules.repayment import Repayment, owed, repaid
from gjj_desktop.rules.shares import split
from gjj_desktop.rules.withdrawal.conditions import stops_of_account
from gjj_desktop.rules.withdrawal.working import available_lines

PAYEE, HEIRS, LOAN = "payee", "heirs", "loan"
"""Whom a reason pays where that is not the owner: the column `pays` of its row."""


class Payee(NamedTuple):
    """To whom how much goes, fen."""

    name: str
    account_no: str
    bank: str
    amount_fen: Fen


class _Posting(NamedTuple):
    """What is being posted: the case with its form, the account, and what of the account may leave it."""

    context: Context
    case: Case
    asked: SubmitWithdrawal
    account: Account
    amount_fen: Fen
    pays: str
    removed: tuple[Row, ...]


def posting_needs(context: Context, asked: SubmitWithdrawal) -> list[Need]:
    """What posting looks at: holds, the year's entries, standing instructions, and the loan that is to be repaid."""
    account = context.state.get(Account, asked.personal_account_no)
    if account is None:
        return []
    wanted = [
        need(Person, account.person_id),
        Need(Hold, "personal_account_no", account.personal_account_no),
        Need(Instruction, "personal_account_no", account.personal_account_no),
        *interest_needs(account, context.policy, context.business_date),
    ]
    if not asked.loan_account_no:
        return wanted
    return [*wanted, need(Loan, asked.loan_account_no), Need(Instalment, "loan_account_no", asked.loan_account_no)]


def posting(
    context: Context, case: Case, asked: SubmitWithdrawal, account: Account, amount_fen: Fen, hold: Hold | None
) -> tuple[Event, ...] | Refusal:
    """The withdrawal as it is booked today, or why it can not be.

    Args:
        context: Today's state, for which `posting_needs` was loaded.
        case: The case as it is after its last step.
        asked: What the case asks.
        account: Whose money it is.
        amount_fen: What may leave the account. A closing takes the whole balance, with the interest beside it; a
            loan takes no more of it than is owed.
        hold: What the case held, freed now; None for a case that held nothing.
    """
    row = context.policy.on("withdrawal_reason", case.received_on, reason=case.reason)
    take_fen = account.balance_fen if row.closes else amount_fen
    blocked = _blocked(context, account, row, take_fen)
    if blocked is not None:
        return blocked
    this = _Posting(context, case, asked, account, take_fen, row.pays, () if hold is None else (hold,))
    if this.pays == LOAN:
        return _offset(this)
    return _closed(this) if row.closes else _partial(this)


def _blocked(context: Context, account: Account, row: PolicyRow, amount_fen: Fen) -> Refusal | None:
    """The account as it is now: closed, frozen, its owner banned, sealed too short a time, or without the money."""
    facts = facts_of(context, account)
    stops = stops_of_account(facts, row, context.policy, context.business_date)
    if stops:
        return Refusal(tuple(stop.finding for stop in stops))
    if row.closes:
        return None
    if amount_fen <= 0:
        return refuse("amount_fen", "withdrawal.not_positive", "提取金额应大于零", row.source)
    free_fen = sum(line.amount_fen for line in available_lines(facts, row))
    if amount_fen <= free_fen:
        return None
    message = f"账户现在只能支付 {format_yuan(max(0, free_fen))} 元，请退回修改金额"
    return refuse("amount_fen", "withdrawal.balance", message, row.source)


def _partial(this: _Posting) -> tuple[Event, ...] | Refusal:
    """提取: the amount leaves the account and is ordered for payment."""
    payments = _payments(this, this.amount_fen)
    if isinstance(payments, Refusal):
        return payments
    parts = {"balance": _owner(this), "paid": _paid(payments)}
    return _posted(this, "withdrawal.posted", EntryKind.PARTIAL_WITHDRAWAL, this.amount_fen, parts, payments)


def _closed(this: _Posting) -> tuple[Event, ...] | Refusal:
    """销户提取: the whole balance with interest to the day before is ordered for payment; the account ends."""
    interest_fen = interest_so_far(this.context, this.account, this.context.business_date).interest_fen
    payments = _payments(this, this.amount_fen + interest_fen)
    if isinstance(payments, Refusal):
        return payments
    parts = {
        "balance": _owner(this),
        "interest": ((this.account.personal_account_no, interest_fen),),
        "paid": _paid(payments),
    }
    found = this.context.state.where(Instruction, "personal_account_no", this.account.personal_account_no)
    ended = tuple(changed(each, state="ended", last_note="账户已销户") for each in found if each.state == "active")
    return _posted(
        this,
        "withdrawal.closed",
        EntryKind.CLOSING_WITHDRAWAL,
        this.amount_fen,
        parts,
        (*payments, *ended),
        interest_fen,
    )


def _offset(this: _Posting) -> tuple[Event, ...] | Refusal:
    """冲还贷: what the account gives is put against the own loan the same moment; nothing goes to the bank."""
    context, loan = this.context, loan_chosen(this.context, this.asked, this.account)
    if loan is None:
        return refuse("loan_account_no", "withdrawal.no_such_loan", "没有这笔本人正在还的公积金贷款，请核对贷款账号")
    schedule = context.state.where(Instalment, "loan_account_no", loan.loan_account_no)
    due = owed(schedule, context.business_date, Decimal(loan.rate_percent), context.policy)
    paid = repaid(due, this.amount_fen)
    if not due.periods:
        return refuse("loan_account_no", "withdrawal.nothing_owed", "这笔贷款本期已还清，没有应还的本息")
    if not paid.total_fen:
        message = f"金额不足以偿还罚息，逾期罚息共 {format_yuan(due.penalty_fen)} 元"
        return refuse("amount_fen", "withdrawal.penalty_first", message, "先还罚息，再还逾期本息")
    principal_fen = paid.overdue_principal_fen + paid.current_principal_fen
    parts = {
        "balance": ((this.account.personal_account_no, paid.total_fen),),
        "overdue": ((loan.loan_account_no, paid.overdue_principal_fen),),
        "principal": ((loan.loan_account_no, paid.current_principal_fen),),
        "interest": ((loan.loan_account_no, paid.interest_fen),),
        "penalty": ((loan.loan_account_no, paid.penalty_fen),),
    }
    instalments = _instalments_after(this, schedule, paid)
    after = changed(
        loan,
        balance_fen=loan.balance_fen - principal_fen,
        state=_loan_state(this, loan, schedule, instalments, loan.balance_fen - principal_fen),
    )
    rows = (after, *instalments)
    repaid_now = LoanRepaid(
        loan_account_no=loan.loan_account_no,
        before_fen=loan.balance_fen,
        after_fen=after.balance_fen,
        principal_fen=principal_fen,
        interest_fen=paid.interest_fen,
        penalty_fen=paid.penalty_fen,
    )
    this = this._replace(case=msgspec.structs.replace(this.case, repaid=repaid_now))
    return _posted(this, "withdrawal.offset", EntryKind.PARTIAL_WITHDRAWAL, paid.total_fen, parts, rows)


def _instalments_after(this: _Posting, schedule: list[Instalment], paid: Repayment) -> tuple[Instalment, ...]:
    """The instalments that the payment changes; penalty on them is paid up to today."""
    by_no, today = {each.period_no: each for each in schedule}, this.context.business_date
    found = []
    for period in paid.periods:
        old = by_no[period.period_no]
        on_it = period.interest_fen + period.principal_fen
        found.append(
            changed(
                old,
                paid_principal_fen=old.paid_principal_fen + period.principal_fen,
                paid_interest_fen=old.paid_interest_fen + period.interest_fen,
                paid_penalty_fen=old.paid_penalty_fen + period.penalty_fen,
                penalty_paid_to=today if period.overdue else old.penalty_paid_to,
                paid_on=old.paid_on or (today if on_it else None),
                offset_fen=old.offset_fen + on_it,
            )
        )
    return tuple(found)


def _loan_state(
    this: _Posting, loan: Loan, schedule: list[Instalment], changes: tuple[Instalment, ...], balance_fen: Fen
) -> str:
    """What the day-end would say of the loan after the payment; settled when nothing is left to pay."""
    after = {each.period_no: each for each in (*schedule, *changes)}.values()
    if not balance_fen and all(each.paid_interest_fen == each.interest_fen for each in after):
        return "settled"
    behind = arrears(after, this.context.business_date, Decimal(loan.rate_percent), this.context.policy)
    return "overdue" if behind.periods else "normal"


def _owner(this: _Posting) -> tuple[tuple[str, Fen], ...]:
    return ((this.account.personal_account_no, this.amount_fen),)


def _paid(payments: tuple[Payment, ...]) -> tuple[tuple[str, Fen], ...]:
    return tuple((payment.payment_no, payment.amount_fen) for payment in payments)


def _payments(this: _Posting, total_fen: Fen) -> tuple[Payment, ...] | Refusal:
    """One order for each payee who gets anything; the first has the number of its case, the next "-2" and so on."""
    payees = _payees(this, total_fen)
    if isinstance(payees, Refusal):
        return payees
    return tuple(
        Payment(
            payment_no=this.case.case_no if place == 1 else f"{this.case.case_no}-{place}",
            case_no=this.case.case_no,
            outlet=this.case.outlet,
            payee=payee.name,
            account_no=payee.account_no,
            bank=payee.bank,
            amount_fen=payee.amount_fen,
            ordered_on=this.context.business_date,
        )
        for place, payee in enumerate(payees, start=1)
    )


def _payees(this: _Posting, total_fen: Fen) -> tuple[Payee, ...] | Refusal:
    asked = this.asked
    if this.pays != HEIRS:
        payee = (
            Payee(asked.payee_name, asked.payee_account, asked.payee_bank, total_fen)
            if this.pays == PAYEE
            else Payee(this.account.name, asked.bank_card, asked.bank, total_fen)
        )
        return (payee,) if total_fen else ()
    shares = [share_of(heir.share) for heir in asked.heirs]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares) or sum(known) != 1:
        return refuse("heirs", "heirs.shares", "各继承人的份额合计应为 1")
    parts = zip(asked.heirs, split(total_fen, known), strict=True)
    return tuple(Payee(heir.name, heir.bank_card, heir.bank, part) for heir, part in parts if part)


def _posted(
    this: _Posting,
    event: str,
    kind: EntryKind,
    amount_fen: Fen,
    parts: Parts,
    rows: tuple[Row, ...],
    interest_fen: Fen = 0,
) -> tuple[Event, ...]:
    """The account with its entry, the books, and the case with what was really taken."""
    context, case, day = this.context, this.case, this.context.business_date
    closing = {"state": AccountState.CLOSED_WITHDRAWN.value, "closed_on": day, "closed_for": case.reason}
    account, entry = entered(
        this.account,
        interest_year(context.policy, day),
        day,
        Movement(
            kind=kind,
            amount_fen=-amount_fen,
            interest_fen=interest_fen,
            case_no=case.case_no,
            employer_account_no=this.account.employer_account_no,
            summary=case.title,
        ),
        **(closing if kind is EntryKind.CLOSING_WITHDRAWAL else {}),
    )
    moved = amount_fen + interest_fen
    booked = entry_for(event, case.case_no, parts, summary=f"{case.title} {account.name}") if moved else None
    worked = msgspec.structs.replace(case, posted_fen=amount_fen, interest_fen=interest_fen)
    return (posted(context, worked, event, rows=(account, entry, *rows), removed=this.removed, entry=booked),)
