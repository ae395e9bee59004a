"""How a withdrawal goes on: by its amount, by what shared data confirmed, and never alone with a risk mark."""

from datetime import date
from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.fraud_ban import CASE_KIND as FRAUD
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.rows import Account, Case, Person, Row
from gjj_desktop.cases.state import State
from gjj_desktop.cases.verification import Verification
from gjj_desktop.cases.withdrawal_form import SubmitWithdrawal
from gjj_desktop.cases.withdrawal_steps import Steps, steps_for
from gjj_desktop.rules.policy import Row as PolicyRow
from tests.cases.builders import MADE_AT, OUTLET, POLICY, TODAY, Office, a_person, an_account, rent

PERSON = a_person(1)
ACCOUNT = an_account(PERSON, 1)
TWO = ("review", "approve")


def reason(**columns: Any) -> PolicyRow:
    values = {"reason": "rent", "checks": ["no_home", "marriage", "identity"], "materials": [], **columns}
    return PolicyRow(date(2026, 9, 20), "试用", values)


def answers(result: str, *items: str) -> tuple[Verification, ...]:
    return tuple(
        Verification(item=item, gateway="g1", asked_at=MADE_AT, result=result)
        for item in items or ("no_home", "marriage", "identity")
    )


CONFIRMED = answers("confirmed")


def steps(
    amount_fen: int = 900_000,
    verifications: tuple[Verification, ...] = CONFIRMED,
    row: PolicyRow | None = None,
    also: tuple[Row, ...] = (),
    person: Person = PERSON,
    **asked: Any,
) -> Steps:
    payload: SubmitWithdrawal = rent(ACCOUNT, verifications=verifications, amount_fen=amount_fen, **asked)
    here = Office()
    command = here.command("withdrawal.submit", payload, case_no="new")
    context = Context(State((person, ACCOUNT, *also)), command, POLICY, TODAY)
    return steps_for(context, payload, row or reason(), amount_fen)


def earlier(**changes: Any) -> Case:
    values: dict[str, Any] = {
        "case_no": "earlier",
        "outlet": OUTLET,
        "device": "990501",
        "kind": "withdrawal",
        "reason": "purchase",
        "title": "购房提取",
        "state": "refused",
        "subject": "王𬭩",
        "person_ids": (PERSON.person_id,),
        "personal_account_no": ACCOUNT.personal_account_no,
        "maker": "990501",
        "maker_name": "李秀英",
        "received_at": MADE_AT,
        "received_on": TODAY,
    }
    return Case(**{**values, **changes})


@pytest.mark.parametrize(
    ("amount_fen", "verifications", "expected"),
    [
        (2_000_000, CONFIRMED, ()),
        (2_000_001, CONFIRMED, ("approve",)),
        (2_000_000, answers("confirmed", "no_home", "marriage"), ("approve",)),
        (2_000_000, (*CONFIRMED[:2], *answers("not_found", "identity")), ("approve",)),
        (2_000_000, (*CONFIRMED[:2], *answers("unreachable", "identity")), ("approve",)),
        (2_000_000, (*CONFIRMED[:2], *answers("by_hand", "identity")), ("approve",)),
        (2_000_000, (), ("approve",)),
        (2_000_001, (), TWO),
    ],
)
def test_a_small_one_passes_by_itself_once_shared_data_confirm_everything(
    amount_fen: int, verifications: tuple[Verification, ...], expected: tuple[str, ...]
) -> None:
    assert steps(amount_fen, verifications).steps == expected


def test_a_material_that_no_register_replaces_needs_somebody_to_look_at_it() -> None:
    assert steps(row=reason(materials=["no_home"])).steps == ()
    assert steps(row=reason(materials=["no_home", "overhaul_invoice"])).steps == ("approve",)


@pytest.mark.parametrize(
    ("mark", "how"),
    [
        ("illness_papers", {"row": reason(marks=["illness_papers"])}),
        ("out_of_town", {"row": reason(marks_when=["home_place=elsewhere:out_of_town"]), "home_place": "elsewhere"}),
        ("contradicted", {"verifications": (*CONFIRMED[:2], *answers("contradicted", "identity"))}),
        ("by_hand", {"verifications": (*CONFIRMED[:2], *answers("by_hand", "identity")), "amount_fen": 10_000_000}),
        ("refused_before", {"also": (earlier(),)}),
        ("refused_before", {"also": (earlier(received_on=date(2026, 5, 26)),)}),
        ("sample_bad", {"also": (earlier(state="posted", sample="bad"),)}),
        ("fraud_waiting", {"also": (earlier(kind=FRAUD, state="received"),)}),
        ("fraud_before", {"person": a_person(1, withdrawals_banned_until=date(2026, 11, 21))}),
    ],
)
def test_a_risk_mark_sends_a_case_before_two_more_people_whatever_confirms_it(mark: str, how: dict[str, Any]) -> None:
    answer = steps(**how)
    assert answer.marks == (mark,)
    assert answer.steps == TWO


@pytest.mark.parametrize(
    "how",
    [
        {"row": reason(marks_when=["home_place=elsewhere:out_of_town"]), "home_place": "local"},
        {"verifications": (*CONFIRMED[:2], *answers("by_hand", "identity")), "amount_fen": 9_999_999},
        {"also": (earlier(received_on=date(2026, 5, 25)),)},
        {"also": (earlier(state="posted"), earlier(case_no="new", state="returned"))},
        {"also": (earlier(kind=FRAUD),)},
    ],
)
def test_nothing_else_marks_a_case(how: dict[str, Any]) -> None:
    assert steps(**how).marks == ()


def test_no_row_of_policy_lets_a_marked_case_pass_with_fewer_than_two() -> None:
    rows = tuple(
        msgspec.structs.replace(row, values={**row.values, "steps": [], "verified_steps": [], "marked_steps": each})
        for row in POLICY.tables["approval"].rows
        for each in ([],)
    )
    tables = {**POLICY.tables, "approval": msgspec.structs.replace(POLICY.tables["approval"], rows=rows)}
    policy = msgspec.structs.replace(POLICY, tables=tables)
    payload = rent(ACCOUNT, verifications=CONFIRMED)
    command = Office().command("withdrawal.submit", payload, case_no="new")
    context = Context(State((PERSON, ACCOUNT)), command, policy, TODAY)
    assert steps_for(context, payload, reason(), 900_000).steps == ()
    assert steps_for(context, payload, reason(marks=["illness_papers"]), 900_000).steps == TWO


def test_every_mark_has_its_words() -> None:
    assert isinstance(ACCOUNT, Account)
    for row in POLICY.rows("risk_mark", TODAY):
        assert row.label
        assert row.help
