"""Repayment schedules against published and computed figures, and what must hold for any loan."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gjj_desktop.domain.codes import RepaymentMethod
from gjj_desktop.domain.money import parse_yuan
from gjj_desktop.rules.rescheduling import (
    LoanState,
    after_prepayment_keeping_instalment,
    after_prepayment_keeping_term,
    after_repricing,
    split_interest_fen,
)
from gjj_desktop.rules.schedule import Schedule, equal_instalment_fen, first_due_day, interest_total_fen, schedule

INSTALMENT, PRINCIPAL = RepaymentMethod.EQUAL_INSTALMENT, RepaymentMethod.EQUAL_PRINCIPAL


def fen(text: str) -> int:
    found = parse_yuan(text)
    assert isinstance(found, int)
    return found


def v1(first_due: date | None = None) -> Schedule:
    return schedule(fen("500000.00"), Decimal("2.6"), 360, INSTALMENT, first_due)


@pytest.mark.parametrize(
    ("principal", "rate", "months", "amount", "last", "interest"),
    [
        ("500000.00", "2.6", 360, "2001.70", "2000.84", "220611.14"),  # V1
        ("300000.00", "2.1", 60, "5271.46", "5271.60", "16287.74"),  # V2
        ("400000.00", "3.075", 180, "2776.78", "2776.19", "99819.81"),  # V3
        ("100000.00", "2.1", 12, "8428.43", "8428.40", "1141.13"),  # V4
        ("800000.00", "3.5", 360, "3592.36", "3590.84", None),  # A
        ("800000.00", "3.25", 360, "3481.65", "3482.15", None),  # A
        ("1000000.00", "2.85", 360, "4135.57", None, None),  # B
        ("1000000.00", "2.6", 360, "4003.40", None, None),  # B
    ],
)
def test_equal_instalments_are_right_to_the_fen(
    principal: str, rate: str, months: int, amount: str, last: str | None, interest: str | None
) -> None:
    periods = schedule(fen(principal), Decimal(rate), months, INSTALMENT)
    assert {period.amount_fen for period in periods[:-1]} == {fen(amount)}
    assert last is None or periods[-1].amount_fen == fen(last)
    assert interest is None or interest_total_fen(periods) == fen(interest)


def test_v1_splits_into_principal_and_interest() -> None:
    periods = v1()
    parts = [(each.principal_fen, each.interest_fen) for each in (periods[0], periods[1], periods[-1])]
    assert parts == [(91_837, 108_333), (92_036, 108_134), (199_651, 433)]


@pytest.mark.parametrize(
    ("principal", "rate", "months", "firsts", "last", "interest"),
    [
        ("500000.00", "2.6", 360, ["2472.22", "2469.21"], "1391.50", "195541.52"),  # V5
        ("360000.00", "2.1", 36, ["10630.00", "10612.50"], "10017.50", "11655.00"),  # V6
    ],
)
def test_equal_principal_is_right_to_the_fen(
    principal: str, rate: str, months: int, firsts: list[str], last: str, interest: str
) -> None:
    periods = schedule(fen(principal), Decimal(rate), months, PRINCIPAL)
    assert [period.amount_fen for period in periods[:2]] == [fen(each) for each in firsts]
    assert periods[-1].amount_fen == fen(last)
    assert interest_total_fen(periods) == fen(interest)


def test_v5_takes_the_difference_in_the_last_period() -> None:
    periods = schedule(fen("500000.00"), Decimal("2.6"), 360, PRINCIPAL)
    assert periods[0].principal_fen == fen("1388.89")
    assert (periods[-1].principal_fen, periods[-1].interest_fen) == (fen("1388.49"), fen("3.01"))


def v1_after_24() -> LoanState:
    return LoanState(
        balance_fen=v1()[23].balance_fen,
        rate_percent=Decimal("2.6"),
        months_left=336,
        method=INSTALMENT,
        instalment_fen=fen("2001.70"),
        next_no=25,
    )


def test_v7_prepayment_keeps_the_term_and_lowers_the_instalment() -> None:
    assert v1_after_24().balance_fen == fen("477401.18")
    rest = after_prepayment_keeping_term(v1_after_24(), fen("100000.00"))
    assert rest[0].principal_fen + rest[0].balance_fen == fen("377401.18")
    assert (len(rest), rest[0].no, rest[-1].no) == (336, 25, 360)
    assert (rest[0].amount_fen, rest[-1].amount_fen) == (fen("1582.41"), fen("1581.15"))
    assert interest_total_fen(rest) == fen("154287.32")


def test_v8_prepayment_keeps_the_instalment_and_shortens_the_term() -> None:
    rest = after_prepayment_keeping_instalment(v1_after_24(), fen("100000.00"))
    assert len(rest) == 243
    assert (rest[0].amount_fen, rest[-1].amount_fen) == (fen("2001.70"), fen("1234.62"))
    assert (rest[-1].principal_fen, rest[-1].interest_fen) == (fen("1231.95"), fen("2.67"))
    assert interest_total_fen(rest) == fen("108244.84")
    assert interest_total_fen(v1()[24:]) == fen("195169.16")


def test_prepaying_everything_leaves_nothing_and_more_is_refused() -> None:
    loan = v1_after_24()
    assert after_prepayment_keeping_term(loan, loan.balance_fen) == ()
    assert after_prepayment_keeping_instalment(loan, loan.balance_fen) == ()
    with pytest.raises(ValueError, match="does not fit"):
        after_prepayment_keeping_term(loan, loan.balance_fen + 1)
    with pytest.raises(ValueError, match="does not fit"):
        after_prepayment_keeping_instalment(loan, 0)


def test_equal_principal_keeps_its_share_when_the_term_is_shortened() -> None:
    loan = LoanState(
        balance_fen=1_000_000, rate_percent=Decimal("2.6"), months_left=10, method=PRINCIPAL, instalment_fen=100_000
    )
    rest = after_prepayment_keeping_instalment(loan, 250_000)
    assert [period.principal_fen for period in rest] == [100_000] * 7 + [50_000]


def v9() -> LoanState:
    paid_out_on = date(2024, 6, 20)
    periods = schedule(fen("500000.00"), Decimal("2.85"), 360, INSTALMENT, first_due_day(paid_out_on), paid_out_on.day)
    assert (periods[0].amount_fen, periods[17].due) == (fen("2067.79"), date(2025, 12, 20))
    return LoanState(
        balance_fen=periods[17].balance_fen,
        rate_percent=Decimal("2.85"),
        months_left=342,
        method=INSTALMENT,
        instalment_fen=fen("2067.79"),
        next_no=19,
        next_due=periods[18].due,
        due_day=paid_out_on.day,
    )


def test_v9_repricing_splits_the_period_over_new_year_by_days() -> None:
    rest = after_repricing(v9(), Decimal("2.6"), date(2025, 12, 20), date(2026, 1, 1))
    assert v9().balance_fen == fen("483830.80")
    assert rest[0].interest_fen == fen("1123.56")
    assert (rest[1].amount_fen, rest[-1].amount_fen, len(rest)) == (fen("2004.47"), fen("2005.23"), 342)
    assert (rest[0].due, rest[-1].due) == (date(2026, 1, 20), date(2054, 6, 20))
    assert rest[0].amount_fen == rest[0].principal_fen + rest[0].interest_fen


def test_v9_whole_months_carry_one_rate_or_the_other() -> None:
    new = after_repricing(v9(), Decimal("2.6"), date(2025, 12, 20), date(2025, 12, 20))
    assert (new[0].interest_fen, new[0].amount_fen) == (fen("1048.30"), fen("2004.47"))
    loan = v9()
    assert loan.next_due is not None
    old = schedule(loan.balance_fen, loan.rate_percent, 342, INSTALMENT)
    assert old[0].interest_fen == fen("1149.10")
    start, end = date(2025, 12, 20), date(2026, 1, 19)
    assert split_interest_fen(loan, Decimal("2.6"), start, start, end) == fen("1048.30")


def test_a_change_of_rate_after_the_next_due_day_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="within the next period"):
        after_repricing(v9(), Decimal("2.6"), date(2025, 12, 20), date(2026, 1, 21))


def test_due_days_return_to_the_day_of_payout_after_short_months() -> None:
    paid_out_on = date(2026, 1, 31)
    periods = schedule(1_200_000, Decimal("2.1"), 4, INSTALMENT, first_due_day(paid_out_on), paid_out_on.day)
    assert [period.due for period in periods] == [
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
        date(2026, 5, 31),
    ]


LOANS = st.tuples(
    st.integers(1, 200_000_000),
    st.decimals(0, 20, places=4),
    st.integers(1, 480),
    st.sampled_from([INSTALMENT, PRINCIPAL]),
)


@settings(deadline=None, max_examples=60)
@given(LOANS)
def test_principal_sums_to_the_loan_and_the_balance_ends_at_zero(
    loan: tuple[int, Decimal, int, RepaymentMethod],
) -> None:
    periods = schedule(*loan)
    assert len(periods) == loan[2]
    assert sum(period.principal_fen for period in periods) == loan[0]
    assert periods[-1].balance_fen == 0
    balance = loan[0]
    for period in periods:
        balance -= period.principal_fen
        assert period.balance_fen == balance >= 0
        assert period.principal_fen >= 0
        assert period.interest_fen >= 0
        assert period.amount_fen == period.principal_fen + period.interest_fen


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1_000_000, 100_000_000),
    st.decimals("0.5", 8, places=3),
    st.integers(2, 360),
    st.integers(1, 99),
    st.sampled_from([INSTALMENT, PRINCIPAL]),
)
def test_a_prepayment_never_makes_the_loan_longer_or_dearer(
    principal: int, rate: Decimal, months: int, share: int, method: RepaymentMethod
) -> None:
    plain = schedule(principal, rate, months, method)
    running = plain[0].amount_fen if method is INSTALMENT else plain[0].principal_fen
    loan = LoanState(
        balance_fen=principal, rate_percent=rate, months_left=months, method=method, instalment_fen=running
    )
    prepaid = principal * share // 100
    for rest in (after_prepayment_keeping_term(loan, prepaid), after_prepayment_keeping_instalment(loan, prepaid)):
        assert len(rest) <= months
        assert sum(period.principal_fen for period in rest) == principal - prepaid
        assert rest[-1].balance_fen == 0
        assert interest_total_fen(rest) <= interest_total_fen(plain)


@pytest.mark.parametrize(("principal", "rate", "months"), [(0, "2.6", 12), (100, "2.6", 0), (100, "-1", 12)])
def test_a_loan_of_nothing_has_no_schedule(principal: int, rate: str, months: int) -> None:
    with pytest.raises(ValueError, match="a schedule needs"):
        schedule(principal, Decimal(rate), months, INSTALMENT)


def test_other_methods_have_no_schedule() -> None:
    with pytest.raises(ValueError, match="03"):
        schedule(100, Decimal(1), 1, RepaymentMethod.BULLET)


def test_without_interest_the_instalment_is_an_equal_share() -> None:
    assert equal_instalment_fen(100_000, Decimal(0), 3) == 33_333
    assert [period.amount_fen for period in schedule(100_000, Decimal(0), 3, INSTALMENT)] == [33_333, 33_333, 33_334]
