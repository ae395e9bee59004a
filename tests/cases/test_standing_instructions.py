"""委托按月提取: agreed once, run once for each month, decided as the withdrawal would be at the window."""

from datetime import date
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.cases.command import CENTRE_AUTHOR, CENTRE_DEVICE
from gjj_desktop.cases.fraud_ban import RegisterFraud
from gjj_desktop.cases.instruction_form import CASE_KIND, KIND, SignInstruction, agreeable
from gjj_desktop.cases.instruction_run import CENTRE_WINDOW, RUN, RunInstruction
from gjj_desktop.cases.outcome import Outcome, Refusal
from gjj_desktop.cases.payment import ANSWERED, SEND, BankAnswered, SendPayment, SendPayments
from gjj_desktop.cases.payment_correction import KIND as CORRECT
from gjj_desktop.cases.payment_correction import CorrectPayment
from gjj_desktop.cases.rows import Account, Case, Evidence, Hold, Instalment, Loan, Payment, StandingInstruction
from gjj_desktop.cases.standing_instruction import STOP, StopInstruction, advise
from gjj_desktop.domain.bank_card import bank_card_check_digit
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.numbers import Series
from gjj_desktop.rules.standing_instruction import due_months
from tests.cases.builders import (
    CLERK,
    EVERY_ROLE,
    FAR_CLERK,
    FAR_DEVICE,
    OUTLET,
    POLICY,
    SUPERVISOR,
    UNHURRIED,
    Office,
    a_person,
    agreement,
    an_account,
    rent,
    said,
    with_column,
)

PERSON = a_person(1)
ACCOUNT = an_account(PERSON, 1)
SIGNED = date(2026, 11, 10)
LEADING = "622202123456789055"
OTHER_CARD = LEADING + bank_card_check_digit(LEADING)
RENT_FEN = 150_000


def office(account: Account = ACCOUNT, day: date = SIGNED, **more: Any) -> Office:
    return Office(PERSON, account, day=day, **more)


def signed(here: Office, asked: SignInstruction | None = None) -> str:
    """An agreement that was taken in and approved; its number."""
    case_no = here.next_number(Series.CASE)
    here.do(KIND, asked or agreement(ACCOUNT), CLERK, case_no)
    here.agree(case_no)
    return case_no


def run(here: Office, instruction_no: str, month: str) -> Outcome:
    """What day-end hands in for a month, with a number of the centre's own."""
    number = here.next_number(Series.CASE, f"{OUTLET}{CENTRE_WINDOW}")
    asked = RunInstruction(instruction_no=instruction_no, month=month)
    return here.post(here.command(RUN, asked, CENTRE_AUTHOR, number, CENTRE_DEVICE))


def held(here: Office, instruction_no: str) -> StandingInstruction:
    return here.get(StandingInstruction, instruction_no)


def payments(here: Office) -> list[int]:
    return [row.amount_fen for row in here.world.rows[Payment].values() if isinstance(row, Payment)]


def sign_refused(here: Office, field: str, code: str, **changes: Any) -> str:
    asked = agreement(ACCOUNT, **changes)
    return said(here.ask(KIND, asked, CLERK, here.next_number(Series.CASE)), field, code)


def test_an_agreement_stands_once_a_supervisor_approved_it() -> None:
    here = office()
    case_no = here.next_number(Series.CASE)
    here.do(KIND, agreement(ACCOUNT), EVERY_ROLE, case_no)
    case = here.case(case_no)
    assert (case.kind, case.steps, case.amount_fen) == (CASE_KIND, ("approve",), 0)
    assert here.world.get(StandingInstruction, case_no) is None
    said(here.ask("case.decide", here.decision(case_no), EVERY_ROLE, case_no), "", "case.acted_before")
    here.agree(case_no)
    agreed = held(here, case_no)
    assert (agreed.state, agreed.first_month, agreed.next_month, agreed.last_month) == (
        "active",
        "2026-11",
        "2026-11",
        "2027-10",
    )
    assert here.world.rows[Payment] == {}


def test_a_month_runs_on_its_day_and_is_paid_like_a_withdrawal_at_the_window() -> None:
    here = office()
    instruction_no = signed(here)
    here.day = date(2026, 11, 15)
    run(here, instruction_no, "2026-11")
    [payment] = here.world.rows[Payment].values()
    assert isinstance(payment, Payment)
    case = here.case(payment.case_no)
    assert (payment.amount_fen, payment.payee, payment.account_no) == (
        RENT_FEN,
        PERSON.name,
        agreement(ACCOUNT).bank_card,
    )
    assert (case.title, case.state, case.maker, case.posted_fen) == (
        "租房提取（委托）",
        "posted",
        CENTRE_AUTHOR,
        RENT_FEN,
    )
    assert here.balance_fen(ACCOUNT) == ACCOUNT.balance_fen - RENT_FEN
    assert here.held_fen(ACCOUNT) == 0
    assert here.world.where(Evidence, "case_no", case.case_no) != []
    now = held(here, instruction_no)
    assert (now.next_month, now.last_note) == ("2026-12", "2026-11 已提取 1,500.00 元")


def test_a_month_runs_once_however_often_day_end_is_started() -> None:
    here = office()
    instruction_no = signed(here)
    here.day = date(2026, 11, 15)
    run(here, instruction_no, "2026-11")
    for _ in range(3):
        assert run(here, instruction_no, "2026-11") == ()
    assert payments(here) == [RENT_FEN]


def test_a_month_does_not_run_before_its_day_or_before_the_month_before_it() -> None:
    here = office()
    instruction_no = signed(here)
    here.day = date(2026, 11, 14)
    said(run(here, instruction_no, "2026-11"), "month", "instruction.not_due")
    here.day = date(2026, 12, 15)
    said(run(here, instruction_no, "2026-12"), "month", "instruction.not_due")
    assert payments(here) == []


def test_skipped_months_are_caught_up_each_by_the_rules_of_its_own_day() -> None:
    here = office()
    instruction_no = signed(here)
    here.day = date(2027, 2, 3)
    for month in ("2026-11", "2026-12", "2027-01"):
        run(here, instruction_no, month)
    assert payments(here) == [RENT_FEN] * 3
    used = {row.used_on for row in here.world.rows[Evidence].values() if isinstance(row, Evidence)}
    assert used == {date(2026, 11, 15), date(2026, 12, 15), date(2027, 1, 15)}
    entry = next(iter(here.world.rows[Payment].values()))
    assert isinstance(entry, Payment)
    assert entry.ordered_on == here.day


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"freeze": "2"}, "冻结"),
        ({"state": "05", "closed_on": SIGNED}, "销户"),
        ({"carried_forward_fen": 0, "current_year_fen": 900}, "没有可提取的金额"),
    ],
)
def test_a_run_that_can_not_be_leaves_a_note_and_the_next_month_goes_on(change: dict[str, Any], words: str) -> None:
    here = office()
    instruction_no = signed(here)
    here.world.put(msgspec.structs.replace(here.get(Account, ACCOUNT.key), **change))
    here.day = date(2026, 11, 15)
    run(here, instruction_no, "2026-11")
    now = held(here, instruction_no)
    assert (now.state, now.next_month) == ("active", "2026-12")
    assert now.last_note.startswith("2026-11 未提取：")
    assert words in now.last_note
    assert payments(here) == []
    here.world.put(here.get(Account, ACCOUNT.key).__class__(**msgspec.structs.asdict(ACCOUNT)))
    here.day = date(2026, 12, 15)
    run(here, instruction_no, "2026-12")
    assert payments(here) == [RENT_FEN]


def test_a_ban_keeps_the_months_that_it_covers() -> None:
    here = office()
    instruction_no = signed(here)
    banned = msgspec.structs.replace(PERSON, version=9, withdrawals_banned_until=date(2026, 11, 30))
    here.world.put(banned)
    for month in ("2026-11", "2026-12"):
        here.day = date.fromisoformat(f"{month}-15")
        run(here, instruction_no, month)
    assert payments(here) == [RENT_FEN]


def test_less_than_agreed_is_taken_where_policy_says_so_and_nothing_where_it_does_not() -> None:
    poor = an_account(PERSON, 1, carried_forward_fen=0, current_year_fen=51_000)
    for when_short, expected in (("less", [50_000]), ("skip", [])):
        policy = with_column("standing_instruction", "when_short", {"less": when_short})
        here = office(poor, policy=policy)
        instruction_no = signed(here, agreement(ACCOUNT, amount_fen=100_000))
        here.day = date(2026, 11, 15)
        run(here, instruction_no, "2026-11")
        assert payments(here) == expected
        assert held(here, instruction_no).next_month == "2026-12"


def test_an_agreed_amount_below_the_limit_is_what_is_taken() -> None:
    here = office()
    instruction_no = signed(here, agreement(ACCOUNT, amount_fen=100_000))
    here.day = date(2026, 11, 15)
    run(here, instruction_no, "2026-11")
    assert payments(here) == [100_000]


def test_no_month_is_paid_twice_by_window_and_agreement() -> None:
    here = office(day=date(2026, 11, 3))
    instruction_no = signed(here)
    here.agree(here.take_in(rent(ACCOUNT, first_month="2026-11", last_month="2026-11", amount_fen=RENT_FEN)))
    here.day = date(2026, 11, 15)
    run(here, instruction_no, "2026-11")
    assert payments(here) == [RENT_FEN]
    assert "未提取" in held(here, instruction_no).last_note
    here.day = date(2026, 12, 15)
    run(here, instruction_no, "2026-12")
    assert payments(here) == [RENT_FEN] * 2
    here.day = date(2027, 1, 20)
    again = rent(ACCOUNT, first_month="2026-12", last_month="2026-12", amount_fen=RENT_FEN)
    said(
        here.ask("withdrawal.submit", again, CLERK, here.next_number(Series.CASE)),
        "first_month",
        "withdrawal.month_taken",
    )


def test_a_card_that_was_put_right_is_the_one_that_the_next_month_goes_to() -> None:
    here = office()
    instruction_no = signed(here)
    here.day = date(2026, 11, 15)
    run(here, instruction_no, "2026-11")
    [payment] = here.world.rows[Payment].values()
    here.centre(SEND, SendPayments(payments=(SendPayment(payment.key, 1),)))
    sent = here.get(Payment, payment.key)
    answer = BankAnswered(
        bank_batch=sent.bank_batch,
        payment_no=sent.key,
        result="returned",
        paid_fen=0,
        answered_on=here.day,
        reason="账户已销户",
    )
    here.centre(ANSWERED, answer)
    case_no = here.next_number(Series.CASE)
    corrected = CorrectPayment(payment_no=sent.key, payee=PERSON.name, bank_card=OTHER_CARD, bank="云溪农商银行")
    here.do(CORRECT, corrected, CLERK, case_no)
    here.agree(case_no)
    assert (held(here, instruction_no).bank_card, held(here, instruction_no).bank) == (OTHER_CARD, "云溪农商银行")
    here.day = date(2026, 12, 15)
    run(here, instruction_no, "2026-12")
    cards = {row.account_no for row in here.world.rows[Payment].values() if isinstance(row, Payment)}
    assert cards == {OTHER_CARD}


def test_an_agreement_ends_after_its_last_month() -> None:
    here = office()
    instruction_no = signed(here, agreement(ACCOUNT, last_month="2026-12"))
    here.day = date(2026, 12, 15)
    for month in ("2026-11", "2026-12"):
        run(here, instruction_no, month)
    now = held(here, instruction_no)
    assert (now.state, now.next_month) == ("ended", "2027-01")
    assert now.last_note.endswith("委托到期")
    assert run(here, instruction_no, "2027-01") == ()


def test_the_applicant_stops_it_and_nothing_runs_any_more() -> None:
    here = office()
    instruction_no = signed(here)
    said(here.ask(STOP, StopInstruction(reason=" "), CLERK, instruction_no), "reason", "field.required")
    said(here.ask(STOP, StopInstruction(reason="停"), FAR_CLERK, instruction_no, FAR_DEVICE), "", "case.other_outlet")
    here.do(STOP, StopInstruction(reason="搬家"), CLERK, instruction_no)
    assert (held(here, instruction_no).state, held(here, instruction_no).last_note) == (
        "stopped",
        "2026-11-10 终止：搬家",
    )
    here.day = date(2026, 11, 15)
    assert run(here, instruction_no, "2026-11") == ()
    said(here.ask(STOP, StopInstruction(reason="再停"), CLERK, instruction_no), "", "instruction.not_active")
    assert signed(here) != instruction_no


def test_a_closing_withdrawal_ends_the_agreement() -> None:
    here = office()
    instruction_no = signed(here)
    retired = rent(
        ACCOUNT,
        reason="retirement",
        first_month="",
        last_month="",
        amount_fen=0,
        happened_on=SIGNED,
        materials=tuple(POLICY.on("withdrawal_reason", SIGNED, reason="retirement")["materials"]),
    )
    case_no = here.take_in(retired)
    while here.case(case_no).state != "posted":
        here.agree(case_no, SUPERVISOR)
    assert held(here, instruction_no).state == "ended"


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"reason": "purchase"}, "reason", "instruction.reason"),
        ({"first_month": "2026-10"}, "first_month", "instruction.past_month"),
        ({"first_month": "2027-02", "last_month": "2027-01"}, "last_month", "instruction.period"),
        ({"last_month": "2027-11"}, "last_month", "instruction.too_many_months"),
        ({"bank_card": ""}, "bank_card", "field.required"),
        ({"materials": ("marriage", "identity_copy")}, "materials", "materials.missing"),
        ({"personal_account_no": "1"}, "personal_account_no", "account.unknown"),
    ],
)
def test_what_can_not_be_agreed_is_said_at_its_field(changes: dict[str, Any], field: str, code: str) -> None:
    sign_refused(office(), field, code, **changes)


def test_whose_account_is_closed_frozen_or_who_is_banned_agrees_nothing() -> None:
    sign_refused(office(an_account(PERSON, 1, state="05")), "personal_account_no", "account.closed")
    sign_refused(office(an_account(PERSON, 1, freeze="2")), "", "withdrawal.frozen")
    banned = msgspec.structs.replace(PERSON, withdrawals_banned_until=date(2027, 1, 1))
    here = Office(banned, ACCOUNT, day=SIGNED)
    sign_refused(here, "", "withdrawal.banned")


def test_a_balance_that_is_short_today_keeps_nobody_from_agreeing() -> None:
    signed(office(an_account(PERSON, 1, carried_forward_fen=0, current_year_fen=0)))


def test_a_purpose_is_agreed_once_at_a_time_also_when_two_are_approved() -> None:
    here = office()
    first, second = here.next_number(Series.CASE), here.next_number(Series.CASE)
    for case_no in (first, second):
        here.do(KIND, agreement(ACCOUNT), CLERK, case_no)
    here.agree(first)
    assert first in said(
        here.ask("case.decide", here.decision(second), SUPERVISOR, second), "reason", "instruction.agreed_already"
    )
    assert first in sign_refused(here, "reason", "instruction.agreed_already")


def test_the_form_says_what_a_month_gives_and_when_it_runs_first() -> None:
    here = office()
    advice = advise(here.context(here.command(KIND, agreement(ACCOUNT))), agreement(ACCOUNT))
    assert (advice.amount_fen, advice.findings) == (RENT_FEN, ())
    assert "每月 15 日" in advice.next_step
    assert "2026-11-15" in advice.next_step
    assert {choice.value for choice in agreeable(POLICY, SIGNED)} == {
        "rent",
        "rent_public",
        "loan_offset",
        "repay_commercial_loan",
    }


def test_months_that_are_due_are_those_whose_day_has_come() -> None:
    months = [str(each) for each in due_months(POLICY, date(2027, 1, 14), "rent", Month(2026, 11), Month(2027, 10))]
    assert months == ["2026-11", "2026-12"]
    later = due_months(POLICY, date(2027, 1, 15), "rent", Month(2026, 11), Month(2026, 12))
    assert [str(each) for each in later] == ["2026-11", "2026-12"]
    assert not list(due_months(POLICY, date(2026, 11, 14), "rent", Month(2026, 11), Month(2027, 10)))


def test_where_policy_agrees_the_reason_no_more_each_month_ends_with_a_note() -> None:
    here = office()
    instruction_no = signed(here)
    here.policy = with_column("standing_instruction", "reason", {"rent": "rent_of_old"})
    here.day = date(2026, 12, 1)
    assert [str(each) for each in due_months(here.policy, here.day, "rent", Month(2026, 11), Month(2027, 10))] == [
        "2026-11",
        "2026-12",
    ]
    run(here, instruction_no, "2026-11")
    assert held(here, instruction_no).last_note == "2026-11 未提取：现行规定不再办理这项委托"


def a_loan(**changes: Any) -> Loan:
    values: dict[str, Any] = {
        "loan_account_no": "9905000000000017",
        "outlet": OUTLET,
        "case_no": "9905030009999",
        "person_id": PERSON.person_id,
        "personal_account_no": ACCOUNT.personal_account_no,
        "borrower": PERSON.name,
        "principal_fen": 2_400_000,
        "balance_fen": 2_400_000,
        "rate_percent": "2.6",
        "months": 12,
        "method": "02",
        "state": "normal",
        "paid_out_on": date(2026, 10, 8),
    }
    return Loan(**{**values, **changes})


def schedule(loan: Loan) -> list[Instalment]:
    return [
        Instalment(
            instalment=f"{loan.loan_account_no}:{number:03}",
            outlet=OUTLET,
            loan_account_no=loan.loan_account_no,
            period_no=number,
            due_on=Month(2026, 11).plus(number - 1).first_day.replace(day=8),
            principal_fen=200_000,
            interest_fen=5_000,
            balance_fen=2_400_000 - 200_000 * number,
        )
        for number in range(1, 13)
    ]


def test_no_month_is_paid_by_itself_while_a_fraud_waits_for_its_approval() -> None:
    here = office()
    instruction_no = signed(here, agreement(ACCOUNT))
    finding = RegisterFraud(
        personal_account_no=ACCOUNT.personal_account_no,
        fraud_kind="withdrawal",
        document_no="云金稽〔2026〕9 号",
        happened_on=date(2026, 10, 8),
        decided_on=here.day,
        facts="租赁合同系伪造",
        amount_fen=900_000,
    )
    here.do("fraud.register", finding, CLERK, here.next_number(Series.CASE))
    here.day = date(2026, 11, 30)
    run(here, instruction_no, "2026-11")
    assert "骗提待审" in held(here, instruction_no).last_note
    assert payments(here) == []


def test_the_own_loan_is_repaid_month_by_month_and_nothing_goes_to_the_bank() -> None:
    loan = a_loan()
    here = Office(PERSON, ACCOUNT, loan, *schedule(loan), day=SIGNED)
    asked = agreement(
        ACCOUNT,
        reason="loan_offset",
        loan_account_no=loan.loan_account_no,
        bank_card="",
        bank="",
        materials=("marriage", "identity_copy"),
    )
    instruction_no = signed(here, asked)
    for month, day in (("2026-11", date(2026, 11, 10)), ("2026-12", date(2026, 12, 10))):
        here.day = day
        run(here, instruction_no, month)
        assert "已提取" in held(here, instruction_no).last_note, held(here, instruction_no).last_note
    assert payments(here) == []
    assert here.get(Loan, loan.key).balance_fen < loan.balance_fen
    paid = loan.balance_fen - here.get(Loan, loan.key).balance_fen
    assert ACCOUNT.balance_fen - here.balance_fen(ACCOUNT) >= paid


def test_a_commercial_loan_is_agreed_monthly_though_the_window_pays_it_once_a_year() -> None:
    here = office()
    asked = agreement(
        ACCOUNT,
        reason="repay_commercial_loan",
        contract_no="SD-2024-1",
        cost_fen=300_000,
        happened_on=date(2024, 6, 20),
        home_place="local",
        materials=tuple(POLICY.on("withdrawal_reason", SIGNED, reason="repay_commercial_loan")["materials"]),
    )
    instruction_no = signed(here, asked)
    for month in ("2026-11", "2026-12", "2027-01"):
        here.day = date.fromisoformat(f"{month}-20")
        run(here, instruction_no, month)
    assert payments(here) == [300_000] * 3


def test_a_public_rent_is_paid_as_it_is_and_shared_by_the_home() -> None:
    here = office()
    materials = tuple(POLICY.on("withdrawal_reason", SIGNED, reason="rent_public")["materials"])
    asked = agreement(ACCOUNT, reason="rent_public", rent_fen=88_000, lease_no="YXGZ-2026-0007", materials=materials)
    instruction_no = signed(here, asked)
    for month in ("2026-11", "2026-12"):
        here.day = date.fromisoformat(f"{month}-15")
        run(here, instruction_no, month)
    assert payments(here) == [88_000] * 2


@UNHURRIED
@given(st.integers(0, 2**32))
def test_in_whatever_order_day_ends_windows_and_stops_come_no_month_is_paid_twice(seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - draws examples, no secrets
    here = office(an_account(PERSON, 1, carried_forward_fen=400_000, current_year_fen=0))
    signed_now = [signed(here)]
    open_cases: list[str] = []
    for _ in range(20):
        here.day = date.fromordinal(here.day.toordinal() + chance.choice((0, 1, 9, 25, 40)))
        what = chance.choice(("day-end", "day-end", "again", "window", "agree", "stop", "sign"))
        if what in {"day-end", "again"}:
            for number in signed_now:
                each = held(here, number)
                months = due_months(
                    POLICY, here.day, each.reason, Month.stored(each.next_month), Month.stored(each.last_month)
                )
                for month in months if each.state == "active" else ():
                    run(here, number, str(month))
                    if what == "again":
                        run(here, number, str(month))
        elif what == "window":
            month = str(Month.of(here.day).plus(-chance.randrange(3)))
            asked = rent(ACCOUNT, first_month=month, last_month=month, amount_fen=chance.choice((100, RENT_FEN)))
            case_no = here.next_number(Series.CASE)
            done = here.post(here.command("withdrawal.submit", asked, CLERK, case_no))
            open_cases += [] if isinstance(done, Refusal) else [case_no]
        elif what == "agree" and open_cases:
            case_no = open_cases.pop()
            here.post(here.command("case.decide", here.decision(case_no), SUPERVISOR, case_no))
        elif what == "stop":
            here.post(here.command(STOP, StopInstruction(reason="停"), CLERK, chance.choice(signed_now)))
        elif what == "sign":
            case_no = here.next_number(Series.CASE)
            first = Month.of(here.day)
            new = agreement(ACCOUNT, first_month=str(first), last_month=str(first.plus(chance.randrange(12))))
            if not isinstance(here.post(here.command(KIND, new, CLERK, case_no)), Refusal):
                agreed = here.post(here.command("case.decide", here.decision(case_no), SUPERVISOR, case_no))
                signed_now += [] if isinstance(agreed, Refusal) else [case_no]
        posted_months = [
            row.evidence
            for row in here.world.rows[Evidence].values()
            if isinstance(row, Evidence) and here.case(row.case_no).state == "posted"
        ]
        assert len(posted_months) == len(set(posted_months))
        paid = sum(payments(here))
        assert paid == sum(
            row.posted_fen
            for row in here.world.rows[Case].values()
            if isinstance(row, Case) and row.kind == "withdrawal"
        )
        assert here.balance_fen(ACCOUNT) == 400_000 - paid
        assert paid <= 400_000 - 1_000
        holds = [row for row in here.world.rows[Hold].values() if isinstance(row, Hold)]
        assert all(here.case(row.case_no).state == "received" for row in holds)
