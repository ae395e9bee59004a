"""Dated rows: which one holds on a day, how a policy travels, and what a bad table is told."""

import itertools
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gjj_desktop.policy_files import read_policy
from gjj_desktop.rules.policy import (
    NoRuleInForce,
    Policy,
    PolicyError,
    policy_bytes,
    policy_from_bytes,
    policy_from_tables,
)

LOAN_RATES = [
    # first day, then first home up to 5 years, over 5 years, second home up to 5 years, over 5 years
    (date(2015, 6, 28), "3.00", "3.50", "3.300", "3.850"),
    (date(2015, 8, 26), "2.75", "3.25", "3.025", "3.575"),
    (date(2022, 10, 1), "2.60", "3.10", "3.025", "3.575"),
    (date(2024, 5, 18), "2.35", "2.85", "2.775", "3.325"),
    (date(2025, 5, 8), "2.10", "2.60", "2.525", "3.075"),
]


def loan_rates_on(policy: Policy, day: date) -> tuple[Decimal, ...]:
    bands = [(1, 60), (1, 360), (2, 60), (2, 360)]
    return tuple(policy.on("loan_rate", day, home_order=home, months_max=band).rate_percent for home, band in bands)


@pytest.mark.parametrize("row", LOAN_RATES)
def test_a_loan_rate_holds_from_its_first_day(policy: Policy, row: tuple[Any, ...]) -> None:
    assert loan_rates_on(policy, row[0]) == tuple(map(Decimal, row[1:]))


@pytest.mark.parametrize(("before", "after"), list(itertools.pairwise(LOAN_RATES)))
def test_the_day_before_a_change_the_old_loan_rate_holds(
    policy: Policy, before: tuple[Any, ...], after: tuple[Any, ...]
) -> None:
    assert loan_rates_on(policy, after[0] - timedelta(days=1)) == tuple(map(Decimal, before[1:]))


def test_before_the_first_row_there_is_no_rule(policy: Policy) -> None:
    with pytest.raises(NoRuleInForce, match="loan_rate"):
        policy.on("loan_rate", date(2015, 6, 27), home_order=1, months_max=360)


@pytest.mark.parametrize(
    ("day", "loan_days", "rent_item"),
    [(date(2026, 9, 19), 15, "第（六）项"), (date(2026, 9, 20), 10, "第（一）项")],
)
def test_the_regulation_of_2026_changes_days_and_articles(
    policy: Policy, day: date, loan_days: int, rent_item: str
) -> None:
    assert policy.on("service_time", day, item="loan").limit_days == loan_days
    assert policy.on("withdrawal_reason", day, reason="rent").legal.endswith(rent_item)


def test_every_row_of_the_demo_city_says_its_source_and_every_table_its_unit(policy: Policy) -> None:
    assert len(policy.tables) >= 20
    for table in policy.tables.values():
        assert table.unit
        assert all(row.source for row in table.rows)


def test_every_material_that_a_reason_or_case_asks_for_has_its_words(policy: Policy) -> None:
    day = date(2026, 11, 22)
    known = {row.material for row in policy.rows("material", day)}
    asked = (*policy.rows("withdrawal_reason", day), *policy.rows("case_materials", day))
    assert {material for row in asked for material in row.materials} <= known


def test_a_policy_comes_back_from_its_bytes_with_the_same_version(policy: Policy) -> None:
    again = policy_from_bytes(policy_bytes(policy))
    assert again == policy
    assert policy_bytes(again) == policy_bytes(policy)
    assert len(policy.version) == 12


def test_one_changed_figure_makes_another_version() -> None:
    def with_rate(rate: str) -> Policy:
        row = {"in_force": date(2025, 1, 1), "source": "云溪市", "rate_percent": Decimal(rate)}
        return policy_from_tables({"rate": {"unit": "percent", "rows": [row]}})

    assert with_rate("1.5").version != with_rate("1.6").version


def test_bytes_that_are_no_policy_are_refused() -> None:
    with pytest.raises(PolicyError):
        policy_from_bytes(b"\x00nothing")


ROW = {"in_force": date(2025, 1, 1), "source": "云溪市", "kind": "a", "limit_fen": 100}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({**ROW, "source": ""}, "limits, row 1: a row needs a source"),
        ({**ROW, "in_force": "2025-01-01"}, "limits, row 1: in_force and until must be dates"),
        ({**ROW, "limit_fen": Decimal("1.5")}, "limits, row 1: limit_fen must be int"),
        ({**ROW, "limit_percent": 5}, "limits, row 1: limit_percent must be Decimal"),
        (
            {name: value for name, value in ROW.items() if name != "kind"},
            "limits, row 1: the key column kind is missing",
        ),
    ],
)
def test_a_bad_row_is_named_with_its_table(row: dict[str, Any], sentence: str) -> None:
    with pytest.raises(PolicyError, match=sentence):
        policy_from_tables({"limits": {"unit": "fen", "key": ["kind"], "rows": [row]}})


def test_two_rows_of_one_key_can_not_start_on_one_day() -> None:
    with pytest.raises(PolicyError, match="row 2: another row has the same key"):
        policy_from_tables({"limits": {"unit": "fen", "key": ["kind"], "rows": [ROW, ROW]}})


def test_a_row_ends_with_its_last_day_and_open_selectors_are_noticed() -> None:
    rows = [{**ROW, "until": date(2025, 6, 30)}, {**ROW, "kind": "b"}]
    policy = policy_from_tables({"limits": {"unit": "fen", "key": ["kind"], "rows": rows}})
    assert policy.on("limits", date(2025, 6, 30), kind="a").limit_fen == 100
    with pytest.raises(NoRuleInForce):
        policy.on("limits", date(2025, 7, 1), kind="a")
    with pytest.raises(PolicyError, match="2 rows"):
        policy.on("limits", date(2025, 6, 30))


def test_a_later_row_hides_the_earlier_one_also_from_selectors() -> None:
    rows = [{**ROW, "open": True}, {**ROW, "in_force": date(2026, 1, 1), "open": False}]
    policy = policy_from_tables({"limits": {"unit": "fen", "key": ["kind"], "rows": rows}})
    assert policy.rows("limits", date(2026, 1, 1), open=True) == ()
    assert len(policy.rows("limits", date(2025, 12, 31), open=True)) == 1


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("rows = [", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"broken\.toml"):
        read_policy(tmp_path)


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no policy tables"):
        read_policy(tmp_path)
