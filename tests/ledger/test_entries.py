"""Entries balance, whatever the event; a reversal takes back exactly what was booked."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.ledger.entry import Entry, JournalLine
from gjj_desktop.ledger.recipes import RECIPES, entry_for, reversal_of
from gjj_desktop.policy_files import read_policy
from tests.cases.builders import TODAY, UNHURRIED

AMOUNTS = st.integers(min_value=1, max_value=10**15)


def test_every_account_of_a_recipe_is_on_the_chart() -> None:
    chart = {row["number"] for row in read_policy().rows("chart_of_accounts", TODAY)}
    assert {leg.account for legs in RECIPES.values() for leg in legs} <= chart


@pytest.mark.parametrize("event", sorted(RECIPES))
def test_every_recipe_has_both_sides(event: str) -> None:
    assert {leg.side for leg in RECIPES[event]} == {"debit", "credit"}


@pytest.mark.parametrize(
    ("event", "booked"),
    [
        ("money.arrived", [("101", "debit"), ("219", "credit")]),
        ("remittance.allocated", [("219", "debit"), ("201", "credit")]),
        ("withdrawal.posted", [("201", "debit"), ("101", "credit")]),
        ("loan.disbursed", [("121", "debit"), ("101", "credit")]),
        ("loan.turned_overdue", [("122", "debit"), ("121", "credit")]),
        ("opening.balance", [("101", "debit"), ("201", "credit")]),
        ("payment.returned", [("101", "debit"), ("219", "credit")]),
        ("payment.repaid", [("219", "debit"), ("101", "credit")]),
    ],
)
@UNHURRIED
@given(amount_fen=AMOUNTS)
def test_an_event_is_booked_by_its_recipe(event: str, booked: list[tuple[str, str]], amount_fen: int) -> None:
    """Accounts by 住房公积金会计核算办法 (domain reference 10.2)."""
    parts = {leg.part: (("owner", amount_fen),) for leg in RECIPES[event]}
    entry = entry_for(event, "9905030000013", parts)
    assert [(line.account, line.side) for line in entry.lines] == booked
    assert {line.amount_fen for line in entry.lines} == {amount_fen}


@UNHURRIED
@given(st.lists(AMOUNTS, min_size=1, max_size=50))
def test_one_payment_is_credited_to_many_owners(amounts: list[int]) -> None:
    credited = [(str(owner), amount_fen) for owner, amount_fen in enumerate(amounts)]
    entry = entry_for("remittance.allocated", "", {"received": (("bank", sum(amounts)),), "credited": credited})
    assert len(entry.lines) == len(amounts) + 1


def test_a_repayment_splits_into_principal_and_interest() -> None:
    entry = entry_for(
        "loan.repaid", "", {"received": (("L", 200_170),), "principal": (("L", 91_837),), "interest": (("L", 108_333),)}
    )
    assert [(line.account, line.amount_fen) for line in entry.lines] == [
        ("101", 200_170),
        ("121", 91_837),
        ("40103", 108_333),
    ]


@pytest.mark.parametrize(
    ("event", "parts", "booked"),
    [
        (
            "withdrawal.closed",
            {"balance": 1_960_000, "interest": 15_720, "paid": 1_975_720},
            [("201", 1_960_000), ("41101", 15_720), ("101", 1_975_720)],
        ),
        (
            "withdrawal.offset",
            {"balance": 402_340, "overdue": 91_837, "principal": 92_036, "interest": 216_467, "penalty": 2_000},
            [("201", 402_340), ("122", 91_837), ("121", 92_036), ("40103", 216_467), ("40105", 2_000)],
        ),
        (
            "opening.loan",
            {"principal": 47_000_000, "overdue": 1_000_000, "paid": 48_000_000},
            [("121", 47_000_000), ("122", 1_000_000), ("101", 48_000_000)],
        ),
    ],
)
def test_what_goes_to_several_accounts_is_booked_line_by_line(
    event: str, parts: dict[str, int], booked: list[tuple[str, int]]
) -> None:
    entry = entry_for(event, "9905030000013", {part: (("owner", fen),) for part, fen in parts.items()})
    assert [(line.account, line.amount_fen) for line in entry.lines] == booked


def test_a_part_of_nothing_leaves_no_line() -> None:
    entry = entry_for("loan.repaid", "", {"received": (("L", 5),), "principal": (("L", 5),), "interest": (("L", 0),)})
    assert [line.account for line in entry.lines] == ["101", "121"]


@UNHURRIED
@given(AMOUNTS, AMOUNTS)
def test_what_does_not_balance_is_no_entry(debit_fen: int, credit_fen: int) -> None:
    parts = {"balance": (("A", debit_fen),), "paid": (("B", credit_fen),)}
    if debit_fen == credit_fen:
        entry_for("withdrawal.posted", "", parts)
    else:
        with pytest.raises(ValueError, match="does not balance"):
            entry_for("withdrawal.posted", "", parts)


def test_an_entry_has_lines_and_each_has_a_side() -> None:
    with pytest.raises(ValueError, match="does not balance"):
        Entry(event="nothing", case_no="", lines=())
    with pytest.raises(ValueError, match="neither debit nor credit"):
        Entry(event="odd", case_no="", lines=(JournalLine("101", "left", 5), JournalLine("201", "left", -5)))  # type: ignore[arg-type]


def test_a_recipe_takes_its_own_parts_only() -> None:
    with pytest.raises(ValueError, match="has no part interest"):
        entry_for("withdrawal.posted", "", {"balance": (("A", 5),), "paid": (("B", 5),), "interest": (("C", 1),)})
    with pytest.raises(KeyError):
        entry_for("gift", "", {})


@UNHURRIED
@given(st.lists(AMOUNTS, min_size=1, max_size=9))
def test_an_entry_and_its_reversal_leave_nothing(amounts: list[int]) -> None:
    credited = [(str(owner), amount_fen) for owner, amount_fen in enumerate(amounts)]
    entry = entry_for("remittance.allocated", "1", {"received": (("bank", sum(amounts)),), "credited": credited})
    back = reversal_of(entry, 17)
    assert (back.reverses, back.summary, back.event) == (17, "冲正", "remittance.allocated.reversed")
    left: Counter[tuple[str, str, str]] = Counter()
    for line in (*entry.lines, *back.lines):
        left[line.account, line.side, line.owner] += line.amount_fen
    assert set(left.values()) == {0}
