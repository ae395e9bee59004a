"""Whether the rows of withdrawal_reason can be worked with, before a city publishes them."""

from collections.abc import Collection, Iterator

from gjj_desktop.rules.policy import NoRuleInForce, Policy, Row
from gjj_desktop.rules.withdrawal.conditions import BAN, FORBID, FREEZE
from gjj_desktop.rules.withdrawal.formulas import FORMULAS, asks_months

TABLE = "withdrawal_reason"
REQUIRED = {
    "reason": str,
    "code": str,
    "title": str,
    "label": str,
    "fields": list,
    "rule": str,
    "interval_months": int,
    "minimum_balance_fen": int,
    "closes": bool,
    "pays": str,
    "purpose": str,
    "materials": list,
    "legal": str,
}
"""The columns that every row has; the others stand for nothing when they are left out."""
FIGURES = {
    "monthly": ("monthly_limit_fen",),
    "cost_share": ("share_percent", "cap_fen"),
    "flat": ("flat_limit_fen",),
}
"""The figures of a formula beside those that its fields ask for."""
NEEDED_FIELDS = {
    "price_cap": ("price_fen",),
    "cost_left": ("cost_fen",),
    "cost_share": ("cost_fen",),
    "monthly": ("first_month", "last_month"),
    "repaid": ("first_month", "last_month"),
    "owed": ("loan_account_no",),
}
PAYEES = {
    "self": ("bank_card", "bank"),
    "payee": ("payee_name", "payee_account", "payee_bank"),
    "heirs": ("heirs",),
    "loan": ("loan_account_no",),
}
"""Whom a reason pays, and the fields that say where."""


def wrong_rows(policy: Policy, fields: Collection[str]) -> tuple[str, ...]:
    """What is wrong with the rows, a sentence each that names the row; `fields` are those that a form may ask for."""
    if TABLE not in policy.tables:
        return ()
    rows = policy.tables[TABLE].rows
    return tuple(
        f"{TABLE} 第 {number} 行（{row.get('reason', '')}，{row.in_force} 起）：{wrong}"
        for number, row in enumerate(rows, start=1)
        for wrong in _wrong(row, policy, fields)
    )


def _wrong(row: Row, policy: Policy, fields: Collection[str]) -> Iterator[str]:
    missing = [name for name, kind in REQUIRED.items() if not isinstance(row.get(name), kind)]
    if missing:
        yield f"缺少或填错 {'、'.join(missing)}"
        return
    if row.rule not in FORMULAS:
        yield f"没有公式 {row.rule}"
        return
    figures = (*FIGURES.get(row.rule, ()), *(("claim_months",) if asks_months(row) else ()))
    yield from (f"公式 {row.rule} 需要 {name}" for name in figures if name not in row.values)
    yield from _wrong_fields(row, fields)
    yield from _wrong_words(row, policy)


def _wrong_fields(row: Row, fields: Collection[str]) -> Iterator[str]:
    asked = row["fields"]
    yield from (f"表单没有 {name} 这一项" for name in asked if name not in fields)
    if row.pays not in PAYEES:
        yield f"pays 不能是 {row.pays}"
        return
    amount = () if row.closes else ("amount_fen",)
    needed = (*amount, *PAYEES[row.pays], *NEEDED_FIELDS.get(row.rule, ()))
    yield from (f"fields 里缺 {name}" for name in dict.fromkeys(needed) if name not in asked)
    for column in ("words", "counted_on", "of_one_family", "once"):
        yield from (f"{column} 里的 {name} 不在 fields 里" for name in row.get(column, ()) if name not in asked)


def _wrong_words(row: Row, policy: Policy) -> Iterator[str]:
    if row.closes is not (row.rule == "whole"):
        yield "closes 与公式 whole 须一致"
    if row.get("unsettled_loan", FORBID) not in {FORBID, "allow"}:
        yield "unsettled_loan 只能是 forbid 或 allow"
    yield from (f"despite 不能是 {word}" for word in row.get("despite", ()) if word not in {FREEZE, BAN})
    for table, column, code in (("material", "materials", "material"), ("shared_data", "checks", "item")):
        for each in row.get(column, ()):
            try:
                policy.on(table, row.in_force, **{code: each})
            except NoRuleInForce:
                yield f"{table} 里没有 {each}"
