"""骗提骗贷: a finding bans nobody until a second person agreed; then no withdrawal and no loan, to the last day."""

from datetime import date
from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.decision import next_step
from gjj_desktop.cases.fraud_ban import KIND, RegisterFraud
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.payment import ANSWERED, SEND, BankAnswered, SendPayment, SendPayments
from gjj_desktop.cases.payment_correction import KIND as CORRECT
from gjj_desktop.cases.payment_correction import CorrectPayment
from gjj_desktop.cases.rows import Account, Clerk, Payment, Person, changed
from gjj_desktop.domain.numbers import Series
from gjj_desktop.ledger.recipes import BANK_DEPOSITS, UNALLOCATED_RECEIPTS
from tests.cases.builders import (
    CARD,
    CLERK,
    EVERY_ROLE,
    FAR_CLERK,
    FAR_DEVICE,
    OUTLET,
    REVIEWER,
    SECOND_SUPERVISOR,
    SUPERVISOR,
    TODAY,
    Office,
    a_person,
    an_account,
    application,
    rent,
    said,
)
from tests.cases.claims import a_claim

PERSON = a_person(1)
ACCOUNT = an_account(PERSON, 1)


def fraud(account: Account = ACCOUNT, **changes: Any) -> RegisterFraud:
    values: dict[str, Any] = {
        "personal_account_no": account.personal_account_no,
        "fraud_kind": "withdrawal",
        "document_no": "云金稽〔2026〕7 号",
        "happened_on": date(2026, 10, 8),
        "decided_on": TODAY,
        "facts": "购房合同编号查无备案",
        "amount_fen": 18_200_000,
    }
    return RegisterFraud(**{**values, **changes})


def registered(here: Office, asked: RegisterFraud, author: Clerk = CLERK) -> str:
    case_no = here.next_number(Series.CASE)
    here.do(KIND, asked, author, case_no)
    return case_no


def banned(asked: RegisterFraud, day: date = TODAY) -> Office:
    here = Office(PERSON, ACCOUNT, day=day)
    here.agree(registered(here, asked))
    return here


def refusal(here: Office, asked: RegisterFraud, code: str, field: str) -> str:
    return said(here.ask(KIND, asked, CLERK, here.next_number(Series.CASE)), field, code)


def test_a_registration_bans_nobody_before_a_second_person_agreed() -> None:
    here = Office(PERSON, ACCOUNT)
    case_no = registered(here, fraud(), EVERY_ROLE)
    assert here.get(Person, PERSON.person_id) == PERSON
    said(here.ask("case.decide", here.decision(case_no), EVERY_ROLE, case_no), "", "case.acted_before")
    here.agree(case_no, SUPERVISOR)
    assert here.case(case_no).state == "posted"


@pytest.mark.parametrize(("kind", "until"), [("withdrawal", date(2029, 11, 22)), ("loan", date(2031, 11, 22))])
def test_either_fraud_closes_withdrawals_and_loans_as_long_as_policy_says(kind: str, until: date) -> None:
    person = banned(fraud(fraud_kind=kind)).get(Person, PERSON.person_id)
    assert (person.withdrawals_banned_until, person.loans_banned_until) == (until, until)


@pytest.mark.parametrize(("kind", "until"), [("withdrawal", date(2029, 11, 22)), ("loan", date(2031, 11, 22))])
def test_the_last_day_of_the_ban_is_closed_and_the_next_day_open(kind: str, until: date) -> None:
    here = banned(fraud(fraud_kind=kind))
    month = f"{until.year}-{until.month - 1:02}"
    for day, open_then in ((until.replace(day=21), False), (until, False), (until.replace(day=23), True)):
        here.day = day
        withdrawal = here.ask("withdrawal.submit", rent(ACCOUNT, first_month=month, last_month=month, amount_fen=1))
        loan = here.ask("loan.submit", application(ACCOUNT))
        for outcome, code in ((withdrawal, "withdrawal.banned"), (loan, "loan.banned")):
            codes = [each.code for each in outcome.findings] if isinstance(outcome, Refusal) else []
            assert (code not in codes) is open_then, (day, codes)


def test_a_ban_that_runs_longer_stays() -> None:
    here = banned(fraud(fraud_kind="loan"))
    here.agree(registered(here, fraud(document_no="云金稽〔2026〕9 号")))
    person = here.get(Person, PERSON.person_id)
    assert person.withdrawals_banned_until == person.loans_banned_until == date(2031, 11, 22)


def test_a_withdrawal_in_progress_is_not_paid_once_the_ban_runs() -> None:
    here = Office(PERSON, ACCOUNT)
    withdrawal = here.take_in(rent(ACCOUNT))
    here.agree(registered(here, fraud()))
    said(here.ask("case.decide", here.decision(withdrawal), SUPERVISOR, withdrawal), "", "withdrawal.banned")
    assert here.balance_fen(ACCOUNT) == ACCOUNT.balance_fen


def test_what_happened_before_the_regulation_bans_nobody() -> None:
    here = Office(PERSON, ACCOUNT)
    refusal(here, fraud(happened_on=date(2026, 9, 19)), "fraud.no_rule", "happened_on")
    registered(here, fraud(happened_on=date(2026, 9, 20)))


def test_days_must_be_in_order_and_not_in_the_future() -> None:
    here = Office(PERSON, ACCOUNT)
    refusal(here, fraud(decided_on=date(2026, 11, 23)), "fraud.future_day", "decided_on")
    refusal(here, fraud(happened_on=TODAY, decided_on=date(2026, 11, 21)), "fraud.order", "happened_on")
    refusal(here, fraud(fraud_kind="parking"), "choice.unknown", "fraud_kind")


def test_a_document_bans_a_person_once_however_it_is_spaced() -> None:
    here = Office(PERSON, ACCOUNT)
    first = registered(here, fraud())
    assert first in refusal(here, fraud(document_no="云金稽〔2026〕7号"), "fraud.registered", "document_no")
    here.turn_down(first)
    registered(here, fraud())


def test_nobody_registers_or_approves_ones_own_or_ones_familys() -> None:
    roles = ("clerk", "supervisor")
    relative = Clerk(clerk="990598", name="王秀兰", outlet=OUTLET, roles=roles, person_ids=(PERSON.person_id,))
    here = Office(PERSON, ACCOUNT, relative)
    said(here.ask(KIND, fraud(), relative, here.next_number(Series.CASE)), "", "case.own_matter")
    case_no = registered(here, fraud())
    said(here.ask("case.decide", here.decision(case_no), relative, case_no), "", "case.own_matter")


def test_another_outlet_registers_nothing_here() -> None:
    here = Office(PERSON, ACCOUNT)
    number = here.next_number(Series.CASE, FAR_DEVICE)
    said(here.ask(KIND, fraud(), FAR_CLERK, number, FAR_DEVICE), "personal_account_no", "account.other_outlet")


def test_a_supervisor_may_send_a_registration_back_and_it_is_corrected() -> None:
    here = Office(PERSON, ACCOUNT)
    case_no = registered(here, fraud())
    here.send_back(case_no)
    here.do(KIND, fraud(document_no="云金稽〔2026〕8 号"), CLERK, case_no)
    here.agree(case_no)
    assert here.get(Person, PERSON.person_id).withdrawals_banned_until == date(2029, 11, 22)


def test_the_registration_is_what_the_supervisor_signs() -> None:
    here = Office(PERSON, ACCOUNT)
    case_no = registered(here, fraud())
    asked = msgspec.structs.replace(here.decision(case_no), seen="0" * 64)
    said(here.ask("case.decide", asked, SUPERVISOR, case_no), "", "case.changed_since_seen")


def paid_for(here: Office, reason: str, **changes: Any) -> Payment:
    """What is ordered for a withdrawal that everybody agreed to."""
    case_no = here.take_in(a_claim(reason, ACCOUNT, **changes))
    for by in (REVIEWER, SUPERVISOR):
        if next_step(here.case(case_no)) is not None and here.case(case_no).state != "posted":
            here.agree(case_no, by if len(here.case(case_no).steps) > 1 else SUPERVISOR)
    assert here.case(case_no).state == "posted"
    return here.get(Payment, case_no)


def sent_to_the_bank(here: Office, payment: Payment) -> Payment:
    batch = SendPayments(payments=(SendPayment(payment.key, payment.attempt),))
    assert not isinstance(here.centre(SEND, batch), Refusal)
    return here.get(Payment, payment.key)


def came_back(here: Office, payment: Payment) -> None:
    sent = sent_to_the_bank(here, payment)
    here.centre(ANSWERED, answer_to(sent, "returned", 0, here.day))


def answer_to(sent: Payment, result: str, paid_fen: int, day: date) -> BankAnswered:
    return BankAnswered(
        bank_batch=sent.bank_batch,
        payment_no=sent.key,
        result=result,
        paid_fen=paid_fen,
        answered_on=day,
        reason="户名不符",
    )


def correction_of(here: Office, payment: Payment) -> str:
    case_no = here.next_number(Series.CASE)
    asked = CorrectPayment(payment_no=payment.key, payee=payment.payee, bank_card=CARD, bank="云溪银行")
    here.do(CORRECT, asked, CLERK, case_no)
    return case_no


def test_what_has_not_gone_to_the_bank_is_kept_back_once_the_ban_is_agreed() -> None:
    here = Office(PERSON, ACCOUNT)
    payment = paid_for(here, "rent", amount_fen=150_000)
    case_no = registered(here, fraud())
    assert here.get(Payment, payment.key).state == "ordered", "nothing is kept back on one person's word"
    here.agree(case_no)
    kept = here.get(Payment, payment.key)
    assert (kept.state, kept.return_reason, kept.open_fen) == ("returned", "骗提登记，暂停付款", 150_000)
    said(here.centre(SEND, SendPayments(payments=(SendPayment(payment.key, 1),))), "payments", "payment.not_ordered")
    assert [(line.account, line.side, line.amount_fen) for line in here.journal[-1].lines] == [
        (BANK_DEPOSITS, "debit", 150_000),
        (UNALLOCATED_RECEIPTS, "credit", 150_000),
    ]
    again = correction_of(here, kept)
    assert (here.case(again).marks, here.case(again).steps) == (("payee_banned",), ("review", "approve"))
    here.agree(again, REVIEWER)
    here.agree(again, SUPERVISOR)
    assert (here.get(Payment, payment.key).state, here.get(Payment, payment.key).attempt) == ("ordered", 2)
    assert sent_to_the_bank(here, here.get(Payment, payment.key)).state == "sent"


def test_what_is_with_the_bank_and_what_a_court_is_owed_goes_on() -> None:
    here = Office(PERSON, ACCOUNT)
    away = sent_to_the_bank(here, paid_for(here, "rent", amount_fen=150_000))
    court = paid_for(here, "court_deduction", amount_fen=100_000)
    here.agree(registered(here, fraud()))
    assert here.get(Payment, away.key) == away
    assert here.get(Payment, court.key) == court


def test_what_comes_back_for_a_banned_person_goes_out_again_on_the_word_of_two() -> None:
    here = Office(PERSON, ACCOUNT)
    payment = sent_to_the_bank(here, paid_for(here, "rent", amount_fen=150_000))
    here.agree(registered(here, fraud()))
    back = answer_to(payment, "partly", 50_000, TODAY)
    assert not isinstance(here.centre(ANSWERED, back), Refusal)
    case = here.case(correction_of(here, payment))
    assert (case.marks, case.steps, case.amount_fen) == (("payee_banned",), ("review", "approve"), 100_000)


def test_a_correction_taken_in_before_the_fraud_was_known_is_not_approved_by_one() -> None:
    here = Office(PERSON, ACCOUNT)
    payment = paid_for(here, "rent", amount_fen=150_000)
    came_back(here, payment)
    case_no = correction_of(here, payment)
    assert (here.case(case_no).marks, here.case(case_no).steps) == ((), ("approve",))
    registered(here, fraud())
    outcome = here.ask("case.decide", here.decision(case_no), SECOND_SUPERVISOR, case_no)
    said(outcome, "", "case.more_steps")
    here.send_back(case_no, SECOND_SUPERVISOR)
    asked = CorrectPayment(payment_no=payment.key, payee=payment.payee, bank_card=CARD, bank="云溪银行")
    here.do(CORRECT, asked, CLERK, case_no)
    assert (here.case(case_no).marks, here.case(case_no).steps) == (("fraud_waiting",), ("review", "approve"))


def test_the_heirs_of_a_banned_person_are_put_right_like_anybody() -> None:
    here = Office(PERSON, ACCOUNT)
    payment = paid_for(here, "death")
    here.world.put(changed(here.get(Person, PERSON.person_id), withdrawals_banned_until=date(2029, 1, 1)))
    came_back(here, payment)
    assert here.case(correction_of(here, payment)).marks == ()


def test_a_fraud_that_a_late_window_dates_before_the_law_is_decided_by_the_law_of_the_finding() -> None:
    here = Office(PERSON, ACCOUNT, day=date(2026, 9, 22))
    asked = fraud(happened_on=date(2026, 9, 20), decided_on=date(2026, 9, 21))
    command = here.command(KIND, asked, CLERK, here.next_number(Series.CASE))
    outcome = here.post(msgspec.structs.replace(command, taken_in_on=date(2026, 9, 18)))
    assert not isinstance(outcome, Refusal), outcome.findings
