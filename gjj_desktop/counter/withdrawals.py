"""提取办理: withdrawals that were posted, and the payment voucher that follows."""

from collections.abc import Sequence

import msgspec

from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.rows import Account, Case, Employer, Payment
from gjj_desktop.cases.withdrawal_form import CASE_KIND, SubmitWithdrawal
from gjj_desktop.cases.withdrawal_problems import claim_of
from gjj_desktop.cases.workflow import POSTED
from gjj_desktop.counter.handing_in import HandedIn
from gjj_desktop.counter.making_papers import Making
from gjj_desktop.counter.papers import issue
from gjj_desktop.counter.window import Window
from gjj_desktop.printing.papers import Paper, PaymentVoucher
from gjj_desktop.rules.withdrawal import next_possible
from gjj_desktop.security.masking import mask_card, mask_identity
from gjj_desktop.store import view


def posted_withdrawals(window: Window) -> Sequence[Case]:
    """Withdrawals that the centre has posted, newest first; may be empty."""
    with window.reading() as connection:
        found = [case for case in view.rows_of(connection, Case, "state", POSTED) if case.kind == CASE_KIND]
    return sorted(found, key=lambda case: case.received_at, reverse=True)


def print_voucher(window: Window, case_no: str) -> HandedIn | Refusal:
    """提取业务回执（付款凭证） of a posted withdrawal."""
    with window.reading() as connection:
        case = view.one(connection, Case, case_no)
        if case is None:
            raise LookupError(f"no case {case_no}")
        account = view.one(connection, Account, case.personal_account_no)
        employer = view.one(connection, Employer, case.employer_account_no)
        payment = view.one(connection, Payment, case_no)
    asked = msgspec.msgpack.decode(case.payload, type=SubmitWithdrawal)

    def make(making: Making) -> Paper:
        reason = making.context.policy.on("withdrawal_reason", case.received_on, reason=case.reason)
        return PaymentVoucher(
            head=making.head,
            name=case.subject,
            identity_no=mask_identity(account.person_id.partition(":")[2]) if account else "",
            personal_account_no=case.personal_account_no,
            employer_name=employer.name if employer else "灵活就业人员",
            reason=reason["label"],
            closing=bool(reason["closes"]),
            amount_fen=case.amount_fen,
            interest_fen=0,
            balance_after_fen=account.balance_fen if account else 0,
            next_possible_date=next_possible(case.reason, claim_of(asked), making.context.policy, case.received_on),
            paid_at=payment.ordered_on.isoformat() if payment else "",
            bank=asked.bank,
            bank_card=mask_card(asked.bank_card),
        )

    return issue(window, case_no, "payment_voucher", make)
