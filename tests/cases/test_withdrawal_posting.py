"""提取入账: what leaves the account, who is paid, what is booked, and what the own loan gets."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.cases.bank_credit import BankCreditArrived
from gjj_desktop.cases.decision import next_step
from gjj_desktop.cases.heirs import Heir
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.outcome import Event, Outcome, Refusal
from gjj_desktop.cases.remittance import SubmitRemittance
from gjj_desktop.cases.rows import (
    Account,
    AccountEntry,
    Case,
    Hold,
    Instalment,
    Loan,
    Payment,
    Row,
    StandingInstruction,
    changed,
)
from gjj_desktop.cases.state import Need, State
from gjj_desktop.cases.withdrawal_form import SubmitWithdrawal
from gjj_desktop.cases.withdrawal_posting import posting, posting_needs
from gjj_desktop.domain.codes import RepaymentMethod
from gjj_desktop.domain.numbers import Series, group_number
from gjj_desktop.rules.schedule import first_due_day, schedule
from gjj_desktop.rules.shares import split
from tests.cases.builders import (
    CARD,
    CLERK,
    FAR_OUTLET,
    OUTLET,
    REVIEWER,
    SUPERVISOR,
    TODAY,
    UNHURRIED,
    Office,
    a_person,
    an_account,
    an_employer,
    answer,
    application,
    number,
    said,
)
from tests.cases.claims import a_claim
from tests.cases.test_openings import opening

PERSON = a_person(1)
SPOUSE = a_person(2, "沈国华", spouse_id=PERSON.person_id)
ACCOUNT = an_account(PERSON, 1)
CASE_NO = number(Series.CASE, 1)
LOAN_NO = number(Series.LOAN, 1, "990500")


def asked(reason: str, account: Account = ACCOUNT, **changes: Any) -> SubmitWithdrawal:
    values: dict[str, Any] = {
        "personal_account_no": account.personal_account_no,
        "reason": reason,
        "bank_card": CARD,
        "bank": "云溪银行",
    }
    return SubmitWithdrawal(**{**values, **changes})


def a_case(here: Office, what: SubmitWithdrawal, account: Account) -> Case:
    return Case(
        case_no=CASE_NO,
        outlet=OUTLET,
        device="990503",
        kind="withdrawal",
        reason=what.reason,
        title="提取",
        state="approved",
        subject=account.name,
        person_ids=(account.person_id,),
        personal_account_no=account.personal_account_no,
        maker=CLERK.clerk,
        maker_name=CLERK.name,
        received_at="2026-11-22T02:31:00Z",
        received_on=here.day,
    )


def outcome_of(here: Office, what: SubmitWithdrawal, amount_fen: int = 0) -> Outcome:
    """What posting says who knows the account, its hold and what `posting_needs` names, and nothing else."""
    account = here.get(Account, what.personal_account_no)
    known = State([account])
    command = here.command("case.decide", what, case_no=CASE_NO)
    context = Context(known, command, here.policy, here.day)
    asked_for: set[Need] = set()
    while fresh := set(posting_needs(context, what)) - asked_for:
        for need in fresh:
            known.load(answer(here.world, need))
        asked_for |= fresh
    return posting(context, a_case(here, what, account), what, account, amount_fen, here.world.get(Hold, CASE_NO))


def post(here: Office, what: SubmitWithdrawal, amount_fen: int = 0) -> Event:
    outcome = outcome_of(here, what, amount_fen)
    assert not isinstance(outcome, Refusal), outcome.findings
    here.happen(outcome)
    (event,) = outcome
    assert event.central
    return event


def account_now(here: Office, account: Account = ACCOUNT) -> Account:
    return here.get(Account, account.personal_account_no)


def entries_of(here: Office, account: Account = ACCOUNT) -> list[AccountEntry]:
    found = here.world.where(AccountEntry, "personal_account_no", account.personal_account_no)
    return sorted(found, key=lambda each: int(each.account_entry.rpartition(":")[2]))


def payments(here: Office) -> list[tuple[str, str, str, int]]:
    found = here.world.where(Payment, "case_no", CASE_NO)
    return [(each.payment_no, each.payee, each.account_no, each.amount_fen) for each in found]


def lines(event: Event) -> list[tuple[str, str, int, str]]:
    assert event.entry is not None
    return [(line.account, line.side, line.amount_fen, line.owner) for line in event.entry.lines]


def history(account: Account, *movements: tuple[date, int]) -> tuple[Account, tuple[AccountEntry, ...]]:
    """The account with these entries, from nothing on; all of one interest year."""
    balance, found = 0, []
    for place, (day, amount_fen) in enumerate(movements, start=1):
        balance += amount_fen
        found.append(
            AccountEntry(
                account_entry=f"{account.personal_account_no}:{place}",
                personal_account_no=account.personal_account_no,
                outlet=account.outlet,
                day=day,
                year=day.year + (day.month > 6),
                kind="01",
                amount_fen=amount_fen,
                balance_fen=balance,
            )
        )
    moved = {"carried_forward_fen": 0, "current_year_fen": balance, "entries": len(found)}
    return msgspec.structs.replace(account, **moved), tuple(found)


def v13() -> tuple[Account, tuple[AccountEntry, ...]]:
    months = [(2025, month) for month in range(7, 13)] + [(2026, 1), (2026, 2)]
    return history(ACCOUNT, (date(2025, 7, 1), 1_000_000), *((date(*month, 15), 120_000) for month in months))


# Partial.


def test_a_partial_withdrawal_leaves_its_entry_and_is_ordered_for_payment() -> None:
    here = Office(PERSON, ACCOUNT)
    event = post(here, asked("rent"), 900_000)
    assert event.kind == "withdrawal.posted"
    assert lines(event) == [
        ("201", "debit", 900_000, ACCOUNT.personal_account_no),
        ("101", "credit", 900_000, CASE_NO),
    ]
    assert payments(here) == [(CASE_NO, PERSON.name, CARD, 900_000)]
    (entry,) = entries_of(here)
    assert (entry.day, entry.year, entry.kind, entry.amount_fen) == (TODAY, 2027, "11", -900_000)
    assert (entry.balance_fen, entry.case_no, account_now(here).entries) == (4_821_637 - 900_000, CASE_NO, 1)
    case = here.case(CASE_NO)
    assert (case.state, case.posted_fen, case.interest_fen) == ("posted", 900_000, 0)


def test_a_court_or_a_sales_account_is_paid_instead_of_the_person() -> None:
    here = Office(PERSON, ACCOUNT)
    court = asked("court_deduction", payee_name="云溪市人民法院", payee_account="3301009", payee_bank="云溪银行")
    post(here, court, 50_000)
    assert payments(here) == [(CASE_NO, "云溪市人民法院", "3301009", 50_000)]


# What the account can not pay now.


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"state": "05"}, "withdrawal.account_state"),
        ({"state": "04"}, "withdrawal.account_state"),
        ({"freeze": "1"}, "withdrawal.frozen"),
        ({"freeze": "2"}, "withdrawal.frozen"),
    ],
)
def test_an_account_that_was_closed_or_frozen_meanwhile_pays_nothing(changes: dict[str, Any], code: str) -> None:
    here = Office(PERSON, changed(ACCOUNT, **changes))
    said(outcome_of(here, asked("rent"), 1), "", code)
    said(outcome_of(here, asked("retirement")), "", code)


def test_a_person_who_was_banned_meanwhile_is_paid_nothing() -> None:
    here = Office(a_person(1, withdrawals_banned_until=TODAY), ACCOUNT)
    said(outcome_of(here, asked("rent"), 1), "", "withdrawal.banned")
    here.day = date(2026, 11, 23)
    post(here, asked("rent"), 1)


def test_what_a_court_froze_is_the_courts_to_take() -> None:
    here = Office(PERSON, changed(ACCOUNT, freeze="2"))
    post(here, asked("court_deduction", payee_name="云溪市人民法院", payee_account="3301009"), 50_000)


@pytest.mark.parametrize("amount_fen", [0, -1, 4_820_638])
def test_no_more_and_no_less_than_there_is_can_leave(amount_fen: int) -> None:
    code = "withdrawal.balance" if amount_fen > 0 else "withdrawal.not_positive"
    said(outcome_of(Office(PERSON, ACCOUNT), asked("rent"), amount_fen), "amount_fen", code)


def test_what_another_case_holds_and_what_is_frozen_in_part_stays() -> None:
    other = Hold(
        case_no=number(Series.CASE, 2),
        outlet=OUTLET,
        personal_account_no=ACCOUNT.personal_account_no,
        amount_fen=800_000,
    )
    here = Office(PERSON, changed(ACCOUNT, freeze="3", frozen_fen=4_000_000), other)
    assert "206.37" in said(outcome_of(here, asked("rent"), 20_638), "amount_fen", "withdrawal.balance")
    assert "40,000.00" in said(outcome_of(here, asked("retirement")), "", "withdrawal.frozen")
    said_of_other = said(outcome_of(here, asked("retirement")), "", "withdrawal.other_case")
    assert group_number(Series.CASE, other.case_no) in said_of_other
    post(here, asked("rent"), 20_637)


# Closing.


def test_v13_an_account_that_is_closed_pays_19_757_20() -> None:
    account, entries = v13()
    hold = Hold(case_no=CASE_NO, outlet=OUTLET, personal_account_no=account.personal_account_no, amount_fen=1)
    agreed = StandingInstruction(
        instruction_no=number(Series.CASE, 7),
        outlet=OUTLET,
        personal_account_no=account.personal_account_no,
        person_id=PERSON.person_id,
        name=PERSON.name,
        reason="rent",
        first_month="2026-01",
        last_month="2026-12",
        next_month="2026-04",
        signed_on=date(2026, 1, 5),
    )
    here = Office(PERSON, account, *entries, hold, agreed, day=date(2026, 3, 10))
    event = post(here, asked("retirement"))
    assert event.kind == "withdrawal.closed"
    assert payments(here) == [(CASE_NO, PERSON.name, CARD, 1_975_720)]
    assert lines(event) == [
        ("201", "debit", 1_960_000, account.personal_account_no),
        ("41101", "debit", 15_720, account.personal_account_no),
        ("101", "credit", 1_975_720, CASE_NO),
    ]
    closed, last = account_now(here), entries_of(here)[-1]
    assert (closed.state, closed.closed_on, closed.closed_for) == ("05", date(2026, 3, 10), "retirement")
    assert (closed.balance_fen, closed.entries, last.balance_fen) == (0, 10, 0)
    assert (last.kind, last.amount_fen, last.interest_fen) == ("12", -1_960_000, 15_720)
    case = here.case(CASE_NO)
    assert (case.posted_fen, case.interest_fen) == (1_960_000, 15_720)
    assert here.world.get(Hold, CASE_NO) is None
    assert here.get(StandingInstruction, agreed.instruction_no).state == "ended"


def test_an_account_closed_on_the_first_of_july_has_no_interest_beside_what_was_settled() -> None:
    here = Office(PERSON, changed(ACCOUNT, current_year_fen=0), day=date(2026, 7, 1))
    assert post(here, asked("retirement")).kind == "withdrawal.closed"
    assert here.case(CASE_NO).interest_fen == 0


def test_this_years_money_without_entries_earns_nothing_and_is_paid_all_the_same() -> None:
    here = Office(PERSON, ACCOUNT)
    post(here, asked("retirement"))
    # 4 000 000 fen for the 144 days from 1 July to 21 November: 4 000 000 x 144 x 1.5 % / 360
    assert here.case(CASE_NO).interest_fen == 24_000
    assert payments(here)[0][-1] == 4_821_637 + 24_000


def test_an_empty_account_is_closed_without_money() -> None:
    here = Office(PERSON, changed(ACCOUNT, carried_forward_fen=0, current_year_fen=0))
    event = post(here, asked("retirement"))
    assert (event.entry, payments(here)) == (None, [])
    assert (account_now(here).state, entries_of(here)[-1].amount_fen) == ("05", 0)


def test_interest_of_an_account_that_was_emptied_this_year_is_paid_when_it_closes() -> None:
    account, entries = history(ACCOUNT, (date(2026, 7, 1), 3_600_000), (date(2026, 7, 31), -3_600_000))
    here = Office(PERSON, account, *entries)
    event = post(here, asked("retirement"))
    assert lines(event) == [
        ("41101", "debit", 4_500, account.personal_account_no),
        ("101", "credit", 4_500, CASE_NO),
    ]


# Heirs.


def heirs(*shares: str) -> tuple[Heir, ...]:
    return tuple(
        Heir(
            name=f"继承人{place}", identity_no=str(place), relation="子女", share=share, bank_card=CARD, bank="云溪银行"
        )
        for place, share in enumerate(shares, start=1)
    )


@pytest.mark.parametrize(
    ("shares", "parts"),
    [
        (("1",), [1_975_720]),
        (("1/2", "1/2"), [987_860, 987_860]),
        (("1/3", "1/3", "1/3"), [658_573, 658_573, 658_574]),
        (("1/7", "2/7", "4/7"), [282_246, 564_491, 1_128_983]),
    ],
)
def test_heirs_are_paid_by_their_shares_to_the_fen(shares: tuple[str, ...], parts: list[int]) -> None:
    account, entries = v13()
    here = Office(PERSON, account, *entries, day=date(2026, 3, 10))
    event = post(here, asked("death", heirs=heirs(*shares)))
    numbers = [CASE_NO, *(f"{CASE_NO}-{place}" for place in range(2, len(parts) + 1))]
    assert [(no, fen) for no, _, _, fen in payments(here)] == list(zip(numbers, parts, strict=True))
    assert [line for line in lines(event) if line[0] == "101"] == [
        ("101", "credit", fen, no) for no, fen in zip(numbers, parts, strict=True)
    ]
    assert here.case(CASE_NO).posted_fen == 1_960_000


def test_an_heir_whose_share_is_less_than_half_a_fen_gets_no_order() -> None:
    here = Office(PERSON, changed(ACCOUNT, carried_forward_fen=0, current_year_fen=2))
    post(here, asked("death", heirs=heirs("1/4", "1/4", "1/4", "1/4")))
    assert [fen for *_, fen in payments(here)] == [1, 1]


@pytest.mark.parametrize("shares", [(), ("1/2", "1/3"), ("half",), ("1/2", "1/2", "1/2")])
def test_shares_that_do_not_make_one_whole_are_not_paid(shares: tuple[str, ...]) -> None:
    said(outcome_of(Office(PERSON, ACCOUNT), asked("death", heirs=heirs(*shares))), "heirs", "heirs.shares")


WEIGHTS = st.lists(st.integers(1, 50), min_size=1, max_size=20)


@UNHURRIED
@given(total_fen=st.integers(0, 10**12), weights=WEIGHTS)
def test_shares_are_exact_together_and_none_is_negative(total_fen: int, weights: list[int]) -> None:
    shares = [Fraction(weight, sum(weights)) for weight in weights]
    parts = split(total_fen, shares)
    assert (sum(parts), len(parts), min(parts) >= 0) == (total_fen, len(shares), True)
    for part, share in zip(parts[:-1], shares[:-1], strict=True):
        assert abs(part - total_fen * share) <= Fraction(1, 2) or sum(parts) - sum(parts[:-1]) == 0


@UNHURRIED
@given(carried=st.integers(0, 10**9), current=st.integers(0, 10**8), weights=WEIGHTS)
def test_heirs_get_the_balance_and_the_interest_and_not_a_fen_else(
    carried: int, current: int, weights: list[int]
) -> None:
    here = Office(PERSON, changed(ACCOUNT, carried_forward_fen=carried, current_year_fen=current))
    shares = [str(Fraction(weight, sum(weights))) for weight in weights]
    post(here, asked("death", heirs=heirs(*shares)))
    case = here.case(CASE_NO)
    assert case.posted_fen == carried + current
    assert sum(fen for *_, fen in payments(here)) == case.posted_fen + case.interest_fen
    assert account_now(here).balance_fen == 0


# The own loan.

PAID_OUT_ON = date(2026, 3, 16)


def v14_loan(**changes: Any) -> tuple[Row, ...]:
    """V1's loan paid out on 2026-03-16; nothing was paid on it."""
    values: dict[str, Any] = {
        "loan_account_no": LOAN_NO,
        "outlet": OUTLET,
        "case_no": "",
        "person_id": PERSON.person_id,
        "personal_account_no": ACCOUNT.personal_account_no,
        "borrower": PERSON.name,
        "principal_fen": 50_000_000,
        "balance_fen": 50_000_000,
        "rate_percent": "2.6",
        "months": 360,
        "method": "01",
        "state": "overdue",
        "paid_out_on": PAID_OUT_ON,
    }
    loan = Loan(**{**values, **changes})
    rate = Decimal(loan.rate_percent)
    periods = schedule(50_000_000, rate, 360, RepaymentMethod.EQUAL_INSTALMENT, first_due_day(PAID_OUT_ON))
    return (
        loan,
        *(
            Instalment(
                instalment=f"{LOAN_NO}:{each.no:03}",
                outlet=OUTLET,
                loan_account_no=LOAN_NO,
                period_no=each.no,
                due_on=each.due or PAID_OUT_ON,
                principal_fen=each.principal_fen,
                interest_fen=each.interest_fen,
                balance_fen=each.balance_fen,
            )
            for each in periods
        ),
    )


def an_offset(**changes: Any) -> SubmitWithdrawal:
    return asked("loan_offset", bank_card="", bank="", loan_account_no=LOAN_NO, **changes)


def office_with_loan(*more: Row, day: date = date(2026, 6, 5), **changes: Any) -> Office:
    return Office(PERSON, ACCOUNT, *v14_loan(**changes), *more, day=day)


def test_v14_arrears_with_penalty_are_paid_first_then_the_current_instalment() -> None:
    here = office_with_loan()
    event = post(here, an_offset(), 4_000_000)
    # 15.18 of penalty, three instalments of 2 001.70 of which April and May are overdue
    assert event.kind == "withdrawal.offset"
    assert lines(event) == [
        ("201", "debit", 602_028, ACCOUNT.personal_account_no),
        ("122", "credit", 91_837 + 92_036, LOAN_NO),
        ("121", "credit", 92_235, LOAN_NO),
        ("40103", "credit", 108_333 + 108_134 + 107_935, LOAN_NO),
        ("40105", "credit", 1_518, LOAN_NO),
    ]
    assert payments(here) == []
    loan = here.get(Loan, LOAN_NO)
    assert (loan.state, loan.balance_fen) == ("normal", 50_000_000 - 91_837 - 92_036 - 92_235)
    first, second, third, fourth = here.world.where(Instalment, "loan_account_no", LOAN_NO)[:4]
    for each in (first, second, third):
        assert (each.paid_principal_fen, each.paid_interest_fen) == (each.principal_fen, each.interest_fen)
        assert (each.paid_on, each.offset_fen) == (here.day, 200_170)
    assert (first.paid_penalty_fen, second.paid_penalty_fen, third.paid_penalty_fen) == (1_084, 434, 0)
    assert (fourth.version, fourth.paid_on) == (1, None)
    assert account_now(here).balance_fen == 4_821_637 - 602_028
    assert (here.case(CASE_NO).posted_fen, entries_of(here)[-1].amount_fen) == (602_028, -602_028)


@pytest.mark.parametrize(
    ("amount_fen", "penalty", "interest", "overdue", "current", "state"),
    [
        (1_084, 1_084, 0, 0, 0, "overdue"),  # April's penalty, not May's
        (1_517, 1_084, 433, 0, 0, "overdue"),
        (1_518, 1_518, 0, 0, 0, "overdue"),
        (1_519, 1_518, 1, 0, 0, "overdue"),
        (1_518 + 108_333, 1_518, 108_333, 0, 0, "overdue"),
        (1_518 + 108_334, 1_518, 108_333, 1, 0, "overdue"),
        (1_518 + 200_170, 1_518, 108_333, 91_837, 0, "overdue"),
        (1_518 + 2 * 200_170, 1_518, 216_467, 183_873, 0, "normal"),
        (1_518 + 2 * 200_170 + 1, 1_518, 216_468, 183_873, 0, "normal"),
        (1_518 + 3 * 200_170 - 1, 1_518, 324_402, 183_873, 92_234, "normal"),
        (1_518 + 3 * 200_170 + 1, 1_518, 324_402, 183_873, 92_235, "normal"),
    ],
)
def test_what_does_not_reach_is_put_to_penalty_interest_and_principal_oldest_first(
    amount_fen: int, penalty: int, interest: int, overdue: int, current: int, state: str
) -> None:
    here = office_with_loan()
    event = post(here, an_offset(), amount_fen)
    booked = {account: fen for account, _, fen, _ in lines(event)}
    assert [booked.get(account, 0) for account in ("40105", "40103", "122", "121")] == [
        penalty,
        interest,
        overdue,
        current,
    ]
    assert here.get(Loan, LOAN_NO).state == state


def test_a_penalty_that_was_paid_begins_anew_on_that_day() -> None:
    here = office_with_loan()
    post(here, an_offset(), 1_518)
    assert "罚息" not in str(outcome_of(here, an_offset(), 1))
    here.day = date(2026, 6, 6)
    event = post(here, an_offset(), 500_000)
    # one day on each instalment of 2 001.70 at 2.6 % x 1.5 / 360: 0.22 each
    assert [fen for account, _, fen, _ in lines(event) if account == "40105"] == [44]


def test_what_is_too_little_for_the_oldest_penalty_is_not_taken() -> None:
    message = said(outcome_of(office_with_loan(), an_offset(), 1_083), "amount_fen", "withdrawal.penalty_first")
    assert "15.18" in message


def test_an_instalment_paid_before_its_day_leaves_nothing_to_take_this_month() -> None:
    here = office_with_loan(day=date(2026, 4, 2), state="normal")
    event = post(here, an_offset(), 500_000)
    assert [fen for account, _, fen, _ in lines(event) if account == "201"] == [200_170]
    said(outcome_of(here, an_offset(), 500_000), "loan_account_no", "withdrawal.nothing_owed")
    here.day = date(2026, 4, 17)
    post(here, an_offset(), 500_000)


def test_the_last_instalment_settles_the_loan() -> None:
    loan, *instalments = v14_loan(balance_fen=199_651, state="normal")
    paid = [
        changed(each, paid_principal_fen=each.principal_fen, paid_interest_fen=each.interest_fen)
        for each in instalments[:-1]
        if isinstance(each, Instalment)
    ]
    here = Office(PERSON, ACCOUNT, loan, *paid, instalments[-1], day=date(2056, 3, 1))
    post(here, an_offset(), 500_000)
    after = here.get(Loan, LOAN_NO)
    assert (after.balance_fen, after.state) == (0, "settled")
    said(outcome_of(here, an_offset(), 500_000), "loan_account_no", "withdrawal.no_such_loan")


def test_spouses_repay_each_others_loan_and_nobody_elses() -> None:
    spouses = an_account(SPOUSE, 2)
    here = office_with_loan(SPOUSE, spouses)
    post(here, asked("loan_offset", spouses, loan_account_no=LOAN_NO), 100_000)
    stranger = a_person(4, "马文杰")
    theirs = an_account(stranger, 4)
    here = office_with_loan(stranger, theirs)
    outcome = outcome_of(here, asked("loan_offset", theirs, loan_account_no=LOAN_NO), 100_000)
    said(outcome, "loan_account_no", "withdrawal.no_such_loan")


@pytest.mark.parametrize("changes", [{"state": "settled"}, {"state": "awaiting_disbursement"}, {"outlet": FAR_OUTLET}])
def test_a_loan_that_is_not_running_here_is_not_repaid(changes: dict[str, Any]) -> None:
    outcome = outcome_of(office_with_loan(**changes), an_offset(), 100_000)
    said(outcome, "loan_account_no", "withdrawal.no_such_loan")


@UNHURRIED
@given(
    amounts=st.lists(st.integers(1, 900_000), min_size=1, max_size=8),
    days=st.lists(st.integers(0, 40), min_size=8, max_size=8),
)
def test_the_loan_gets_what_leaves_the_account_and_no_more_than_is_owed(amounts: list[int], days: list[int]) -> None:
    here = office_with_loan(day=date(2026, 4, 20))
    for amount_fen, wait in zip(amounts, days, strict=False):
        here.day = date.fromordinal(here.day.toordinal() + wait)
        before, loan = account_now(here), here.get(Loan, LOAN_NO)
        outcome = outcome_of(here, an_offset(), min(amount_fen, before.balance_fen))
        if isinstance(outcome, Refusal):
            continue
        here.happen(outcome)
        after, then = account_now(here), here.get(Loan, LOAN_NO)
        taken = before.balance_fen - after.balance_fen
        assert 0 < taken <= amount_fen
        instalments = here.world.where(Instalment, "loan_account_no", LOAN_NO)
        for each in instalments:
            assert 0 <= each.paid_principal_fen <= each.principal_fen
            assert 0 <= each.paid_interest_fen <= each.interest_fen
            assert each.offset_fen == each.paid_principal_fen + each.paid_interest_fen
        assert then.balance_fen == 50_000_000 - sum(each.paid_principal_fen for each in instalments) <= loan.balance_fen
        assert sum(entry.amount_fen for entry in entries_of(here)) == after.balance_fen - 4_821_637


# A closed account.


def closed_office() -> tuple[Office, Account, Account]:
    """An employer's two people; the first has retired and closed the account."""
    employer = an_employer()
    retired, staying = (
        an_account(person, place, employer_account_no=employer.employer_account_no)
        for place, person in enumerate((PERSON, SPOUSE), start=1)
    )
    here = Office(employer, PERSON, SPOUSE, retired, staying)
    here.take_in(a_claim("retirement", retired))
    (case_no,) = (row.key for row in here.world.rows[Case].values())
    while here.case(case_no).state != "posted":
        here.agree(case_no, REVIEWER if next_step(here.case(case_no)) == "review" else SUPERVISOR)
    return here, here.get(Account, retired.key), staying


def test_a_closed_account_is_on_no_roster() -> None:
    here, closed, staying = closed_office()
    both = SubmitRemittance(employer_account_no=closed.employer_account_no, month="2026-11", amount_fen=2 * 105_200)
    case_no = here.next_number(Series.CASE)
    said(here.ask("remittance.submit", both, CLERK, case_no), "amount_fen", "remittance.amount")
    one = msgspec.structs.replace(both, amount_fen=105_200)
    here.do("remittance.submit", one, CLERK, case_no)
    credit = BankCreditArrived(
        bank_reference="YX1", outlet=OUTLET, payer="", amount_fen=105_200, arrived_on=TODAY, quoted_case_no=case_no
    )
    here.centre("bank.credit", credit)
    assert here.get(Account, closed.key) == closed
    assert here.balance_fen(staying) == staying.balance_fen + 105_200


def test_a_roster_that_waited_while_an_account_was_closed_is_not_allocated_to_it() -> None:
    employer = an_employer()
    account = an_account(PERSON, 1, employer_account_no=employer.employer_account_no)
    here = Office(employer, PERSON, account)
    case_no = here.next_number(Series.CASE)
    month = SubmitRemittance(employer_account_no=employer.employer_account_no, month="2026-11", amount_fen=105_200)
    here.do("remittance.submit", month, CLERK, case_no)
    closed = changed(account, state="05", carried_forward_fen=0, current_year_fen=0)
    here.world.put(closed)
    credit = BankCreditArrived(
        bank_reference="YX1", outlet=OUTLET, payer="", amount_fen=105_200, arrived_on=TODAY, quoted_case_no=case_no
    )
    here.centre("bank.credit", credit)
    assert (here.case(case_no).state, here.get(Account, account.key)) == ("received", closed)


def test_a_closed_account_gives_no_withdrawal_and_no_loan() -> None:
    here, closed, staying = closed_office()
    for reason in ("rent", "retirement", "court_deduction"):
        said(here.ask("withdrawal.submit", a_claim(reason, closed), CLERK, "9"), "", "withdrawal.account_state")
    said(here.ask("loan.submit", application(closed), CLERK, "9"), "personal_account_no", "loan.account_state")
    with_closed = application(staying, closed)
    said(here.ask("loan.submit", with_closed, CLERK, "9"), "co_borrower_account_no", "loan.account_state")


def test_who_closed_an_account_may_be_enrolled_again() -> None:
    here, closed, _ = closed_office()
    again = opening(
        employer_account_no=closed.employer_account_no,
        personal_account_no=here.next_number(Series.ACCOUNT),
        identity_no=PERSON.identity_no,
        name=PERSON.name,
    )
    here.do("account.open", again, CLERK, here.next_number(Series.CASE))
