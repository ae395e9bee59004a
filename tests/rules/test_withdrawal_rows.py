"""A row of withdrawal_reason that could not be worked with is named before it is published."""

from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.withdrawal_form import FORM, SubmitWithdrawal
from gjj_desktop.rules.policy import Policy
from gjj_desktop.rules.withdrawal import FORMULAS, wrong_rows
from gjj_desktop.rules.withdrawal.formulas import asks_months

FIELDS = SubmitWithdrawal.__struct_fields__


def changed_row(policy: Policy, reason: str, **changes: Any) -> Policy:
    """The policy with some columns of the latest row of a reason changed, or left out where they are None."""
    table = policy.tables["withdrawal_reason"]
    place = max(number for number, row in enumerate(table.rows) if row["reason"] == reason)
    values = {name: value for name, value in {**table.rows[place].values, **changes}.items() if value is not None}
    rows = list(table.rows)
    rows[place] = msgspec.structs.replace(rows[place], values=values)
    tables = {**policy.tables, "withdrawal_reason": msgspec.structs.replace(table, rows=tuple(rows))}
    return Policy(policy.version, tables)


def test_the_demo_city_s_rows_can_all_be_worked_with(policy: Policy) -> None:
    assert wrong_rows(policy, FIELDS) == ()
    assert wrong_rows(Policy("none", {}), FIELDS) == ()


def test_every_formula_is_some_reason_s(policy: Policy) -> None:
    assert {row.rule for row in policy.tables["withdrawal_reason"].rows} == set(FORMULAS)


def test_who_shares_a_limit_can_be_asked_for_the_spouse(policy: Policy) -> None:
    for row in policy.tables["withdrawal_reason"].rows:
        assert ("spouse_identity_no" in row.fields) >= bool(row.get("family")), row.reason
        assert asks_months(row) is ("last_month" in row.fields)


def test_what_a_reason_calls_its_fields_tells_them_apart_and_says_what_is_money(policy: Policy) -> None:
    labels = {field.name: field.label for field in FORM.fields}
    for row in policy.tables["withdrawal_reason"].rows:
        called = {**{name: labels[name] for name in row.fields}, **row.get("words", {})}
        assert len(set(called.values())) == len(called), row.reason
        assert all(word.endswith("（元）") is name.endswith("_fen") for name, word in called.items()), row.reason


@pytest.mark.parametrize(
    ("reason", "changes", "sentence"),
    [
        ("renovation", {"title": None}, "缺少或填错 title"),
        ("renovation", {"closes": "no"}, "缺少或填错 closes"),
        ("renovation", {"rule": "cost_shar"}, "没有公式 cost_shar"),
        ("renovation", {"cap_fen": None}, "公式 cost_share 需要 cap_fen"),
        ("rent", {"claim_months": None}, "公式 monthly 需要 claim_months"),
        ("low_income", {"flat_limit_fen": None}, "公式 flat 需要 flat_limit_fen"),
        ("low_income", {"fields": ["bank_card", "bank", "amount"]}, "表单没有 amount 这一项"),
        ("low_income", {"fields": ["bank_card", "bank"]}, "fields 里缺 amount_fen"),
        ("purchase", {"fields": ["bank_card", "bank", "amount_fen"]}, "fields 里缺 price_fen"),
        ("death", {"fields": ["certificate_no", "happened_on"]}, "fields 里缺 heirs"),
        ("death", {"pays": "nobody"}, "pays 不能是 nobody"),
        ("renovation", {"words": {"permit_no": "许可证"}}, "words 里的 permit_no 不在 fields 里"),
        ("renovation", {"once": ["permit_no"]}, "once 里的 permit_no 不在 fields 里"),
        ("retirement", {"closes": False}, "closes 与公式 whole 须一致"),
        ("retirement", {"unsettled_loan": "forbidden"}, "unsettled_loan 只能是 forbid 或 allow"),
        ("court_deduction", {"despite": ["seal"]}, "despite 不能是 seal"),
        ("elevator", {"materials": ["elevator_plan"]}, "material 里没有 elevator_plan"),
        ("elevator", {"checks": ["elevators"]}, "shared_data 里没有 elevators"),
    ],
)
def test_a_row_that_could_not_be_worked_with_is_named(
    policy: Policy, reason: str, changes: dict[str, Any], sentence: str
) -> None:
    found = wrong_rows(changed_row(policy, reason, **changes), FIELDS)
    assert any(each.endswith(f"：{sentence}") for each in found), found
    assert all(f"（{reason}，" in each for each in found)
