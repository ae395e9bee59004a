"""提取办理: withdrawals that were decided, and the paper that follows: a payment voucher, or a refusal's reasons."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.decision import AGREE, REFUSE
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.papers import REFUSAL, VOUCHER
from gjj_desktop.cases.payment import CAME_BACK, ORDERED, PAID, PARTLY, RETURNED, SENT, is_stopped
from gjj_desktop.cases.rows import Account, AccountEntry, Case, Employer, LoanRepaid, Payment, Person
from gjj_desktop.cases.withdrawal_facts import claim_of
from gjj_desktop.cases.withdrawal_form import CASE_KIND, SubmitWithdrawal
from gjj_desktop.cases.workflow import POSTED, RECEIVED, REFUSED
from gjj_desktop.clock import china_time
from gjj_desktop.counter.handing_in import HandedIn
from gjj_desktop.counter.making import Making, legal_words
from gjj_desktop.counter.papers import issue
from gjj_desktop.counter.window import Window
from gjj_desktop.counter.withdrawal_papers import heir_on_paper, reason_of
from gjj_desktop.printing.papers import HeirOnPaper, LoanOnPaper, Paper, PaymentVoucher, RefusalDecision
from gjj_desktop.rules.policy import Row as PolicyRow
from gjj_desktop.rules.withdrawal import next_possible
from gjj_desktop.security.masking import mask_card, mask_identity
from gjj_desktop.store import view

PAYMENT_WORDS = {ORDERED: "待付款", SENT: "银行处理中", PAID: "已付款", PARTLY: "部分付款", RETURNED: "银行退回"}


class Posted(NamedTuple):
    """A posted withdrawal with what followed from it: its line on the account and its payments, which may be none."""

    case: Case
    account: Account | None
    employer: Employer | None
    person: Person | None
    entry: AccountEntry | None
    payments: tuple[Payment, ...]
    asked: SubmitWithdrawal


def decided_withdrawals(window: Window) -> Sequence[Case]:
    """Withdrawals that the centre posted or that were refused, newest first; may be empty."""
    with window.reading() as connection:
        ended = [case for state in (POSTED, REFUSED) for case in view.rows_of(connection, Case, "state", state)]
    return sorted((case for case in ended if case.kind == CASE_KIND), key=lambda case: case.received_at, reverse=True)


def _case(connection: Connection, case_no: str) -> Case:
    case = view.one(connection, Case, case_no)
    if case is None:
        raise LookupError(f"no case {case_no}")
    return case


def _posted(connection: Connection, case_no: str) -> Posted:
    case = _case(connection, case_no)
    account = view.one(connection, Account, case.personal_account_no)
    entries = view.rows_of(connection, AccountEntry, "personal_account_no", case.personal_account_no)
    payments = view.rows_of(connection, Payment, "case_no", case_no)
    return Posted(
        case=case,
        account=account,
        employer=view.one(connection, Employer, case.employer_account_no),
        person=view.one(connection, Person, account.person_id) if account else None,
        entry=next((entry for entry in entries if entry.case_no == case_no), None),
        payments=tuple(sorted(payments, key=_place)),
        asked=msgspec.msgpack.decode(case.payload, type=SubmitWithdrawal),
    )


def _place(payment: Payment) -> int:
    """The payment's place among those of its case, from 1."""
    return int(payment.key.partition("-")[2] or 1)


def print_voucher(window: Window, case_no: str) -> HandedIn | Refusal:
    """提取业务回执（付款凭证） of a posted withdrawal; refused before posting, and while an earlier one is good."""
    with window.reading() as connection:
        posted = _posted(connection, case_no)
    return issue(window, case_no, VOUCHER, lambda making: voucher_paper(making, posted))


def voucher_paper(making: Making, posted: Posted) -> Paper:
    """What stands on the voucher: what was really taken and paid, by the law of the day of acceptance."""
    case, account = posted.case, posted.account
    policy, day = making.context.policy, case.received_on
    row = reason_of(policy, day, case.reason)
    pays = row.get("pays", "self")
    only = posted.payments[0] if len(posted.payments) == 1 and pays != "heirs" else None
    booked_on = posted.entry.day if posted.entry else only.ordered_on if only else making.context.business_date
    closing = bool(row["closes"])
    heirs = _heirs(posted) if pays == "heirs" else ()
    return PaymentVoucher(
        head=making.head,
        name=case.subject,
        identity_no=mask_identity(account.person_id.partition(":")[2]) if account else "",
        personal_account_no=case.personal_account_no,
        employer_name=posted.employer.name if posted.employer else "灵活就业人员",
        reason=row["label"],
        closing=closing,
        amount_fen=case.posted_fen or case.amount_fen,
        interest_fen=case.interest_fen,
        balance_after_fen=_balance_after(posted),
        next_possible_date=None if closing else _next_possible(making, posted),
        paid_at=booked_on.isoformat(),
        agent=_agent(posted, pays),
        bank=only.bank if only else "",
        bank_card=mask_card(only.account_no) if only else "",
        payee=only.payee if only and pays == "payee" else "",
        payment_state=payment_state(posted.payments, case.repaid),
        paid_words=paid_words(booked_on, posted.payments, case.repaid),
        heirs=heirs,
        loan=_loan(case),
        basis=legal_words(policy, day, row["legal"]),
        statement=making.words_on("withdrawal.statement", day),
        reviewer=_reviewer(case),
    )


def _reviewer(case: Case) -> str:
    """Who agreed last round, in their order; 自动审批 where policy let the case pass."""
    begun = max((place for place, each in enumerate(case.history) if each.what == RECEIVED), default=0)
    agreed = (each.name for each in case.history[begun:] if each.what.endswith(f".{AGREE}"))
    return "、".join(dict.fromkeys(agreed)) or "自动审批"


def _balance_after(posted: Posted) -> int:
    """What the account's ledger says after this movement; what the account holds now where it has no line of it."""
    if posted.entry is not None:
        return posted.entry.balance_fen
    return posted.account.balance_fen if posted.account else 0


def _next_possible(making: Making, posted: Posted) -> date | None:
    case = posted.case
    return next_possible(case.reason, claim_of(posted.asked), making.context.policy, case.received_on)


def _agent(posted: Posted, pays: str) -> str:
    """Who acted where it was not the account's owner; "" where it was."""
    if pays == "heirs":
        return "继承人办理"
    return posted.asked.payee_name if posted.case.reason == "court_deduction" else ""


def _heirs(posted: Posted) -> tuple[HeirOnPaper, ...]:
    """Each heir with what was ordered for them; an heir whose share came to nothing has no payment."""
    found, left = [], list(posted.payments)
    for heir in posted.asked.heirs:
        own = next((payment for payment in left if payment.payee == heir.name), None)
        if own is not None:
            left.remove(own)
        line = heir_on_paper(heir)
        amount_fen, state = (own.amount_fen, _payment_word(own)) if own is not None else (0, "—")
        account = {"bank": own.bank, "bank_card": mask_card(own.account_no)} if own is not None else {}
        found.append(msgspec.structs.replace(line, amount_fen=amount_fen, state=state, **account))
    return tuple(found)


def _loan(case: Case) -> LoanOnPaper | None:
    return None if case.repaid is None else LoanOnPaper(**msgspec.structs.asdict(case.repaid))


def payment_state(payments: Sequence[Payment], repaid: LoanRepaid | None = None) -> str:
    """How far the bank is with all of a case's payments, in few words.

    >>> payment_state(())
    '无款可付'
    """
    if not payments:
        return "无款可付" if repaid is None else "已归还贷款"
    words = {_payment_word(payment) for payment in payments}
    if len(words) == 1:
        return words.pop()
    paid = sum(payment.state == PAID for payment in payments)
    return f"{len(payments)} 笔已付 {paid} 笔"


def _payment_word(payment: Payment) -> str:
    return "暂停付款" if is_stopped(payment) else PAYMENT_WORDS[payment.state]


def paid_words(booked_on: date, payments: Sequence[Payment], repaid: LoanRepaid | None = None) -> str:
    """What the payee should know of the money, in a sentence."""
    if not payments:
        went = "账户没有余额，无款可付" if repaid is None else "款项已直接归还上列贷款，不经银行付款"
        return f"中心已于 {booked_on} 入账，{went}。"
    came_back = [payment for payment in payments if payment.state in CAME_BACK]
    if came_back and all(map(is_stopped, came_back)):
        return f"中心已于 {booked_on} 入账，{came_back[0].return_reason}。请到窗口查询，由两人核对后再办。"
    if came_back:
        why = "、".join(dict.fromkeys(payment.return_reason for payment in came_back if payment.return_reason))
        what = "未付清" if len(payments) == 1 else f"其中 {len(came_back)} 笔未付清"
        return f"中心已于 {booked_on} 入账，{what}（{why or '银行退回'}）。请到窗口更正收款账户，更正后由中心重新付款。"
    paid_on = max((payment.paid_on for payment in payments if payment.paid_on), default=None)
    if paid_on is not None and all(payment.state == PAID for payment in payments):
        return f"款项已于 {paid_on} 付至上列账户，请注意查收。"
    return f"中心已于 {booked_on} 入账并生成付款指令，到账时间以银行入账为准。"


def print_refusal(window: Window, case_no: str) -> HandedIn | Refusal:
    """不予批准决定书 of a withdrawal that was refused: the reasons, the law of the day, what may be done against it."""
    with window.reading() as connection:
        case = _case(connection, case_no)
        account = view.one(connection, Account, case.personal_account_no)
    return issue(window, case_no, REFUSAL, lambda making: refusal_paper(making, case, account))


def refusal_paper(making: Making, case: Case, account: Account | None) -> Paper:
    """What stands on the decision: the reason's law is that of the day of acceptance, the remedies of that of the
    decision."""
    policy, accepted = making.context.policy, case.received_on
    row = reason_of(policy, accepted, case.reason)
    refusing = (each for each in reversed(case.history) if each.what.endswith(f".{REFUSE}"))
    last = next(refusing, case.history[-1])  # the command refuses a case that nobody refused, once its paper is made
    decided_on = china_time(last.at).date()
    return RefusalDecision(
        head=making.head,
        name=case.subject,
        identity_no=mask_identity(account.person_id.partition(":")[2]) if account else "",
        personal_account_no=case.personal_account_no,
        business=row["title"],
        accepted_on=accepted,
        amount_fen=None if row["closes"] else case.amount_fen,
        reasons=tuple(line for line in last.opinion.split("\n") if line.strip()),
        basis=_refusal_basis(policy_row=row, words=legal_words(policy, accepted, row["legal"])),
        remedies=(making.words_on("remedy.review", decided_on), making.words_on("remedy.law", decided_on)),
        decided_on=decided_on,
        contact=making.hotline,
        address=making.words("outlet.address"),
    )


def _refusal_basis(policy_row: PolicyRow, words: str) -> str:
    """The article the reason stands on, and the city's rules beside it where the row's source names some."""
    city = [part for part in policy_row.source.split("；")[1:] if part]
    return "、".join((words, *city))
