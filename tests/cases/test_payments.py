"""付款: to the bank in one batch, answered once, sent back money ordered again to the same payee only."""

from datetime import timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.payment import ANSWERED, SEND, BankAnswered, SendPayment, SendPayments
from gjj_desktop.cases.payment_correction import CASE_KIND, KIND, CorrectPayment, advise
from gjj_desktop.cases.rows import Account, Case, Evidence, Payment
from gjj_desktop.domain.bank_card import bank_card_check_digit
from gjj_desktop.domain.numbers import Series
from gjj_desktop.ledger.recipes import BANK_DEPOSITS, UNALLOCATED_RECEIPTS
from tests.cases.builders import (
    CARD,
    CLERK,
    EVERY_ROLE,
    FAR_CLERK,
    FAR_DEVICE,
    REVIEWER,
    SECOND_CLERK,
    SECOND_SUPERVISOR,
    SUPERVISOR,
    TODAY,
    UNHURRIED,
    Office,
    a_person,
    an_account,
    said,
)
from tests.cases.claims import a_claim

PERSON, STRANGER = a_person(1), a_person(2, "陆婉清")
ACCOUNT = an_account(PERSON, 1)
LEADING = "622202123456789055"
OTHER_CARD = LEADING + bank_card_check_digit(LEADING)
AMOUNT_FEN = 900_000


def office(*payments: Payment) -> Office:
    """An office with a posted withdrawal of ACCOUNT for each of `payments`; one ordered payment unless given."""
    paid_for = [_posted(payment.case_no) for payment in payments or (a_payment(1),)]
    return Office(PERSON, ACCOUNT, *(payments or (a_payment(1),)), *paid_for)


def a_payment(counter: int, **changes: Any) -> Payment:
    case_no = f"99050399{counter:05}"
    values: dict[str, Any] = {
        "payment_no": case_no,
        "case_no": case_no,
        "outlet": "9905",
        "payee": PERSON.name,
        "account_no": CARD,
        "bank": "云溪银行",
        "amount_fen": AMOUNT_FEN,
        "ordered_on": TODAY,
    }
    return Payment(**{**values, **changes})


def _posted(case_no: str) -> Case:
    return Case(
        case_no=case_no,
        outlet="9905",
        device="990503",
        kind="withdrawal",
        reason="rent",
        title="租房提取",
        state="posted",
        subject=PERSON.name,
        person_ids=(PERSON.person_id,),
        personal_account_no=ACCOUNT.personal_account_no,
        amount_fen=AMOUNT_FEN,
        maker=CLERK.clerk,
        maker_name=CLERK.name,
        received_at="2026-11-20T02:31:00Z",
        received_on=TODAY,
    )


def sent(here: Office, *counters: int) -> str:
    """The payments go to the bank; their batch."""
    orders = tuple(SendPayment(a_payment(each).key, payment(here, each).attempt) for each in counters or (1,))
    assert not isinstance(here.centre(SEND, SendPayments(payments=orders)), Refusal)
    return payment(here, (counters or (1,))[0]).bank_batch


def payment(here: Office, counter: int = 1) -> Payment:
    return here.get(Payment, a_payment(counter).key)


def answer(batch: str, result: str = "returned", paid_fen: int = 0, counter: int = 1, **changes: Any) -> BankAnswered:
    values: dict[str, Any] = {
        "bank_batch": batch,
        "payment_no": a_payment(counter).key,
        "result": result,
        "paid_fen": paid_fen,
        "answered_on": TODAY,
        "bank_reference": "YH1",
        "reason": "" if result == "paid" else "户名不符",
    }
    return BankAnswered(**{**values, **changes})


def correction(counter: int = 1, **changes: Any) -> CorrectPayment:
    values: dict[str, Any] = {
        "payment_no": a_payment(counter).key,
        "payee": PERSON.name,
        "bank_card": OTHER_CARD,
        "bank": "云溪农商银行",
    }
    return CorrectPayment(**{**values, **changes})


def taken_in(here: Office, asked: CorrectPayment | None = None) -> str:
    case_no = here.next_number(Series.CASE)
    here.do(KIND, asked or correction(), CLERK, case_no)
    return case_no


def owed_fen(here: Office, counter: int = 1) -> int:
    """What stands on 219 for the payment."""
    lines = [line for entry in here.journal for line in entry.lines if line.account == UNALLOCATED_RECEIPTS]
    mine = [line for line in lines if line.owner == a_payment(counter).key]
    return sum(line.amount_fen if line.side == "credit" else -line.amount_fen for line in mine)


def test_a_batch_takes_ordered_payments_and_each_goes_out_once() -> None:
    here = office(a_payment(1), a_payment(2))
    batch = sent(here, 1, 2)
    assert {payment(here, each).state for each in (1, 2)} == {"sent"}
    assert {payment(here, each).bank_batch for each in (1, 2)} == {batch}
    assert payment(here).orders[0].amount_fen == AMOUNT_FEN
    again = here.centre(SEND, SendPayments(payments=(SendPayment(a_payment(1).key, 1),)))
    assert "已不在待付状态" in said(again, "payments", "payment.not_ordered")


def test_what_was_paid_before_there_were_batches_goes_out_in_none() -> None:
    here = office(a_payment(1, payment_no=""))
    batch = SendPayments(payments=(SendPayment(a_payment(1).case_no, 1),))
    said(here.centre(SEND, batch), "payments", "payment.not_ordered")


def test_a_batch_goes_out_whole_or_not_at_all() -> None:
    here = office(a_payment(1), a_payment(2))
    sent(here, 2)
    both = SendPayments(payments=(SendPayment(a_payment(1).key, 1), SendPayment(a_payment(2).key, 1)))
    said(here.centre(SEND, both), "payments", "payment.not_ordered")
    assert payment(here, 1).state == "ordered"
    said(here.centre(SEND, SendPayments(payments=())), "payments", "payment.batch")
    twice = (SendPayment(a_payment(1).key, 1),) * 2
    said(here.centre(SEND, SendPayments(payments=twice)), "payments", "payment.batch")


def test_what_the_bank_paid_is_paid_and_books_nothing_more() -> None:
    here = office()
    here.centre(ANSWERED, answer(sent(here), "paid", AMOUNT_FEN))
    paid = payment(here)
    assert (paid.state, paid.paid_fen, paid.paid_on, paid.bank_reference) == ("paid", AMOUNT_FEN, TODAY, "YH1")
    assert here.journal == []


@pytest.mark.parametrize(("result", "paid_fen"), [("returned", 0), ("partly", 300_000)])
def test_what_the_bank_did_not_pay_comes_back_to_219(result: str, paid_fen: int) -> None:
    here = office()
    here.centre(ANSWERED, answer(sent(here), result, paid_fen))
    back = payment(here)
    assert (back.state, back.paid_fen, back.open_fen) == (result, paid_fen, AMOUNT_FEN - paid_fen)
    assert back.return_reason == "户名不符"
    [entry] = here.journal
    assert [(line.account, line.side, line.amount_fen, line.owner) for line in entry.lines] == [
        (BANK_DEPOSITS, "debit", AMOUNT_FEN - paid_fen, back.key),
        (UNALLOCATED_RECEIPTS, "credit", AMOUNT_FEN - paid_fen, back.key),
    ]


def test_the_same_answer_twice_is_kept_once_and_another_one_is_refused() -> None:
    here = office()
    batch = sent(here)
    here.centre(ANSWERED, answer(batch))
    assert here.centre(ANSWERED, answer(batch)) == ()
    assert "与这次不一致" in said(
        here.centre(ANSWERED, answer(batch, "paid", AMOUNT_FEN)), "result", "payment.answered_otherwise"
    )
    assert (len(here.journal), payment(here).version) == (1, 3)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"payment_no": "9905039900999"}, "payment_no", "payment.unknown"),
        ({"bank_batch": "20261121-00000001"}, "bank_batch", "payment.other_batch"),
        ({"result": "lost"}, "result", "payment.result"),
        ({"result": "paid", "paid_fen": AMOUNT_FEN - 1}, "paid_fen", "payment.amount"),
        ({"result": "paid", "paid_fen": AMOUNT_FEN + 1}, "paid_fen", "payment.amount"),
        ({"result": "paid", "paid_fen": 0}, "paid_fen", "payment.amount"),
        ({"result": "returned", "paid_fen": 1}, "paid_fen", "payment.amount"),
        ({"result": "partly", "paid_fen": 0}, "paid_fen", "payment.amount"),
        ({"result": "partly", "paid_fen": AMOUNT_FEN}, "paid_fen", "payment.amount"),
        ({"result": "partly", "paid_fen": -1}, "paid_fen", "payment.amount"),
        ({"answered_on": TODAY + timedelta(1)}, "answered_on", "payment.day"),
        ({"answered_on": TODAY - timedelta(1)}, "answered_on", "payment.day"),
        ({"reason": " "}, "reason", "field.required"),
    ],
)
def test_an_answer_that_can_not_be_right_is_refused_and_changes_nothing(
    changes: dict[str, Any], field: str, code: str
) -> None:
    here = office()
    batch = sent(here)
    said(here.centre(ANSWERED, msgspec.structs.replace(answer(batch), **changes)), field, code)
    assert payment(here).state == "sent"
    assert here.journal == []


def test_a_payment_that_no_batch_holds_has_no_answer() -> None:
    here = office()
    said(here.centre(ANSWERED, answer("")), "bank_batch", "payment.other_batch")


def test_a_corrected_card_orders_the_money_again_once_a_supervisor_approved() -> None:
    here = office()
    here.centre(ANSWERED, answer(sent(here), "partly", 300_000))
    case_no = taken_in(here)
    case = here.case(case_no)
    assert (case.kind, case.steps, case.amount_fen, case.person_ids) == (
        CASE_KIND,
        ("approve",),
        600_000,
        (PERSON.person_id,),
    )
    assert payment(here).state == "partly"
    here.agree(case_no)
    again = payment(here)
    assert (again.state, again.attempt, again.account_no, again.bank) == ("ordered", 2, OTHER_CARD, "云溪农商银行")
    assert (again.return_reason, again.bank_batch, again.open_fen) == ("", "", 600_000)
    assert here.case(case_no).state == "posted"
    assert owed_fen(here) == 0
    batch = sent(here)
    assert again.orders[0].bank_batch != batch
    assert payment(here).orders[1].amount_fen == 600_000
    here.centre(ANSWERED, answer(batch, "paid", 600_000))
    assert (payment(here).state, payment(here).paid_fen) == ("paid", AMOUNT_FEN)


def test_an_old_answer_after_the_money_was_ordered_again_is_recognised() -> None:
    here = office()
    first = sent(here)
    here.centre(ANSWERED, answer(first))
    here.agree(taken_in(here))
    assert here.centre(ANSWERED, answer(first)) == ()
    said(here.centre(ANSWERED, answer(first, "paid", AMOUNT_FEN)), "result", "payment.answered_otherwise")
    assert (payment(here).state, owed_fen(here)) == ("ordered", 0)


def test_money_may_come_back_twice() -> None:
    here = office()
    for attempt in (1, 2):
        here.centre(ANSWERED, answer(sent(here)))
        assert (payment(here).attempt, owed_fen(here)) == (attempt, AMOUNT_FEN)
        here.agree(taken_in(here))
    assert payment(here).attempt == 3
    assert [order.answer for order in payment(here).orders] == ["returned", "returned"]


def returned() -> Office:
    here = office()
    here.centre(ANSWERED, answer(sent(here)))
    return here


def test_the_payee_stays_the_same_person() -> None:
    here = returned()
    asked = correction(payee=STRANGER.name)
    assert PERSON.name in said(
        here.ask(KIND, asked, CLERK, here.next_number(Series.CASE)), "payee", "payment.other_payee"
    )


def test_who_took_the_correction_in_does_not_approve_it() -> None:
    here = returned()
    case_no = here.next_number(Series.CASE)
    here.do(KIND, correction(), EVERY_ROLE, case_no)
    said(here.ask("case.decide", here.decision(case_no), EVERY_ROLE, case_no), "", "case.acted_before")
    said(here.ask("case.decide", here.decision(case_no), CLERK, case_no), "", "clerk.role")
    here.agree(case_no, SECOND_SUPERVISOR)
    assert payment(here).attempt == 2


def test_nobody_corrects_a_payment_of_their_own_or_their_family() -> None:
    here = returned()
    own = msgspec.structs.replace(CLERK, person_ids=(PERSON.person_id,))
    here.world.put(own)
    said(here.ask(KIND, correction(), own, here.next_number(Series.CASE)), "", "case.own_matter")


def test_a_payment_is_corrected_by_one_case_at_a_time() -> None:
    here = returned()
    first = taken_in(here)
    second = here.next_number(Series.CASE)
    assert first in said(here.ask(KIND, correction(), SECOND_CLERK, second), "payment_no", "payment.being_corrected")
    here.turn_down(first)
    assert here.world.where(Evidence, "case_no", first) == []
    here.do(KIND, correction(), SECOND_CLERK, second)
    here.withdraw(second, SECOND_CLERK)
    here.agree(taken_in(here))
    assert payment(here).attempt == 2


def test_a_correction_that_was_sent_back_is_handed_in_again() -> None:
    here = returned()
    case_no = taken_in(here, correction(bank="不详"))
    here.send_back(case_no)
    here.do(KIND, correction(), CLERK, case_no)
    here.agree(case_no)
    assert payment(here).bank == "云溪农商银行"


@pytest.mark.parametrize("state", ["ordered", "sent", "paid"])
def test_only_what_came_back_is_corrected(state: str) -> None:
    here = office(a_payment(1, state=state))
    said(here.ask(KIND, correction(), CLERK, here.next_number(Series.CASE)), "payment_no", "payment.not_returned")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"payment_no": "1"}, "payment_no", "payment.unknown"),
        ({"bank_card": ""}, "bank_card", "field.required"),
        ({"bank_card": "6222021234567890127"}, "bank_card", "bank_card.check_digit"),
        ({"account_kind": "account", "bank_card": "", "bank_account": "12"}, "bank_account", "bank_account.form"),
        ({"bank": ""}, "bank", "field.required"),
    ],
)
def test_what_is_wrong_with_a_correction_is_said_at_its_field(changes: dict[str, Any], field: str, code: str) -> None:
    here = returned()
    said(here.ask(KIND, correction(**changes), CLERK, here.next_number(Series.CASE)), field, code)


def test_a_correction_is_for_the_outlet_of_the_payment() -> None:
    here = returned()
    number = here.next_number(Series.CASE, FAR_DEVICE)
    said(here.ask(KIND, correction(), FAR_CLERK, number, FAR_DEVICE), "payment_no", "payment.other_outlet")


def test_an_organisation_is_paid_again_to_its_account() -> None:
    here = office(a_payment(1, payee="云溪市人民法院", account_no="3301 0200"))
    here.centre(ANSWERED, answer(sent(here)))
    asked = correction(payee="云溪市人民法院", account_kind="account", bank_card="", bank_account="33010020260001")
    here.agree(taken_in(here, asked))
    assert payment(here).account_no == "33010020260001"


def test_the_form_tells_why_the_bank_sent_the_money_back() -> None:
    here = returned()
    advice = advise(here.context(here.command(KIND, correction())), correction())
    assert (advice.amount_fen, advice.findings) == (AMOUNT_FEN, ())
    assert ("银行退回原因", "户名不符") in advice.facts


def test_the_payments_of_several_heirs_go_their_own_ways() -> None:
    here = Office(PERSON, ACCOUNT)
    case_no = here.take_in(a_claim("death", ACCOUNT))
    here.agree(case_no, REVIEWER)
    here.agree(case_no, SUPERVISOR)
    one, two = here.world.where(Payment, "case_no", case_no)
    assert (one.key, two.key) == (case_no, f"{case_no}-2")
    here.centre(SEND, SendPayments(payments=(SendPayment(one.key, 1), SendPayment(two.key, 1))))
    batch = here.get(Payment, two.key).bank_batch
    done = answer(batch, "paid", one.amount_fen)
    here.centre(ANSWERED, msgspec.structs.replace(done, payment_no=one.key))
    here.centre(ANSWERED, msgspec.structs.replace(answer(batch), payment_no=two.key))
    others = correction(payment_no=two.key, payee=one.payee)
    said(here.ask(KIND, others, CLERK, here.next_number(Series.CASE)), "payee", "payment.other_payee")
    here.agree(taken_in(here, correction(payment_no=two.key, payee=two.payee)))
    after = [here.get(Payment, each.key) for each in (one, two)]
    assert [(each.state, each.attempt, each.account_no) for each in after] == [
        ("paid", 1, one.account_no),
        ("ordered", 2, OTHER_CARD),
    ]


@UNHURRIED
@given(st.integers(0, 2**32))
def test_whatever_is_sent_answered_and_corrected_no_payment_is_paid_twice_and_219_holds_what_came_back(
    seed: int,
) -> None:
    chance = Random(seed)  # noqa: S311 - draws examples, no secrets
    here = office(a_payment(1), a_payment(2), a_payment(3))
    open_cases: list[str] = []
    batches: list[str] = [""]
    for _ in range(25):
        counter = chance.choice((1, 2, 3))
        now = payment(here, counter)
        what = chance.choice(("send", "answer", "answer", "correct", "agree", "refuse"))
        if what == "send":
            attempt = chance.choice((now.attempt, now.attempt, 1))
            here.centre(SEND, SendPayments(payments=(SendPayment(now.key, attempt),)))
            batches += [order.bank_batch for order in payment(here, counter).orders]
        elif what == "answer":
            result = chance.choice(("paid", "partly", "returned"))
            paid_fen = chance.choice((0, 300_000, now.open_fen, AMOUNT_FEN))
            here.centre(ANSWERED, answer(chance.choice(batches[-3:]), result, paid_fen, counter))
        elif what == "correct":
            case_no = here.next_number(Series.CASE)
            done = here.post(here.command(KIND, correction(counter), CLERK, case_no))
            open_cases += [] if isinstance(done, Refusal) else [case_no]
        elif open_cases:
            case_no = open_cases.pop(chance.randrange(len(open_cases)))
            (here.agree if what == "agree" else here.turn_down)(case_no, SUPERVISOR)
        for each in (1, 2, 3):
            holds(here, each)


def holds(here: Office, counter: int) -> None:
    now = payment(here, counter)
    assert sum(order.paid_fen for order in now.orders) == now.paid_fen <= now.amount_fen
    assert owed_fen(here, counter) == (now.open_fen if now.state in {"returned", "partly"} else 0)
    assert (now.paid_fen == now.amount_fen) == (now.state == "paid")
    assert len({order.bank_batch for order in now.orders}) == len(now.orders) <= now.attempt
    assert sum(not order.answer for order in now.orders) == (now.state == "sent")


def test_a_correction_leaves_the_account_alone() -> None:
    here = returned()
    here.agree(taken_in(here))
    assert here.get(Account, ACCOUNT.personal_account_no) == ACCOUNT
