"""核对: every line of the desk stands for a rule that ran, and turns when that rule is broken."""

from datetime import date
from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.loan_form import SubmitLoan
from gjj_desktop.cases.loan_payout import Disburse, loan_digest
from gjj_desktop.cases.rows import Account, Case, Clerk, Evidence, Person
from gjj_desktop.cases.withdrawal_form import SubmitWithdrawal
from gjj_desktop.counter.checks import CheckItem, decision_checks, rule_checks
from gjj_desktop.counter.looked import LOOKED
from tests.cases.builders import (
    CLERK,
    EVERY_ROLE,
    OUTLET,
    REVIEWER,
    SECOND_SUPERVISOR,
    SUPERVISOR,
    TODAY,
    Office,
    a_person,
    an_account,
    application,
    purchase,
    rent,
)

PERSON = a_person(1)
ACCOUNT = an_account(PERSON, 1)
BANNED = {"withdrawals_banned_until": TODAY, "loans_banned_until": TODAY}


def looked(payload: SubmitWithdrawal | SubmitLoan, by: Clerk = SUPERVISOR, *also: Any, **later: Any) -> list[CheckItem]:
    """What the desk says of a case taken in, after these rows came to be there or changed."""
    here = Office(PERSON, ACCOUNT)
    case_no = here.take_in(payload)
    for row in also:
        here.world.put(row)
    account = here.get(Account, ACCOUNT.personal_account_no)
    here.world.put(msgspec.structs.replace(account, version=account.version + 1, **later))
    return _said(here, case_no, by)


def _said(here: Office, case_no: str, by: Clerk) -> list[CheckItem]:
    context = here.context(here.command("case.decide", here.decision(case_no), by, case_no))
    by_rules = rule_checks(context, here.get(Case, case_no))
    return [*by_rules, *decision_checks(context, by_rules)]


def wrong(items: list[CheckItem]) -> list[str]:
    return [item.text for item in items if item.tone == "wrong"]


def good(items: list[CheckItem]) -> list[str]:
    return [item.text for item in items if item.tone == "good"]


@pytest.mark.parametrize(
    ("payload", "own", "not_own"),
    [(rent(ACCOUNT), "月份没有重复", "配偶信息相符"), (purchase(ACCOUNT), "配偶信息相符", "月份没有重复")],
)
def test_a_reason_has_the_lines_of_its_own_rules_only(payload: SubmitWithdrawal, own: str, not_own: str) -> None:
    items = looked(payload)
    assert not wrong(items)
    assert any(text.startswith(own) for text in good(items))
    assert not any(text.startswith(not_own) for text in good(items))


@pytest.mark.parametrize(
    ("gone", "later", "also", "says"),
    [
        ("账户可以支取，没有止付冻结", {"freeze": "1"}, (), "冻结"),
        ("账户可以支取，没有止付冻结", {"state": "04"}, (), "不能提取"),
        ("金额在可用余额和限额以内", {"carried_forward_fen": 0, "current_year_fen": 100_000}, (), "最多可提取"),
        ("不在提取限制期内", {}, (msgspec.structs.replace(PERSON, version=2, **BANNED),), "骗提"),
    ],
)
def test_a_line_turns_when_its_rule_is_broken_after_the_case_was_taken_in(
    gone: str, later: dict[str, Any], also: tuple[Person, ...], says: str
) -> None:
    before, after = looked(rent(ACCOUNT)), looked(rent(ACCOUNT), SUPERVISOR, *also, **later)
    assert gone in good(before)
    assert gone not in good(after)
    assert any(says in text for text in wrong(after))


def test_a_month_claimed_twice_turns_the_line_of_the_period() -> None:
    document = f"rent:{PERSON.person_id}"
    claimed = Evidence(
        evidence=f"{document}:2026-06",
        document=document,
        case_no="x",
        outlet=OUTLET,
        used_on=date(2026, 7, 1),
        person_id=PERSON.person_id,
    )
    assert any("2026-06 已提取过" in text for text in wrong(looked(rent(ACCOUNT), SUPERVISOR, claimed)))


def test_a_loan_has_its_own_lines_and_they_turn_too() -> None:
    payload = application(ACCOUNT)
    assert not wrong(looked(payload, REVIEWER))
    assert len(good(looked(payload, REVIEWER))) == len(LOOKED["loan"]) + 1
    poor = looked(payload, REVIEWER, carried_forward_fen=100, current_year_fen=0)
    assert "金额在可贷额度以内" not in good(poor)
    assert any("最多可贷" in text for text in wrong(poor))


def test_the_rules_are_looked_at_at_the_review_too_not_only_at_the_last_step() -> None:
    """Agreeing at the review posts nothing, so the decision alone would find nothing wrong."""
    items = looked(application(ACCOUNT), REVIEWER, months_paid=0)
    assert any("须满" in text for text in wrong(items))


def test_who_acted_before_is_told_so_and_nobody_else() -> None:
    here = Office(PERSON, ACCOUNT)
    case_no = here.take_in(rent(ACCOUNT), author=EVERY_ROLE)
    assert any("您已经手" in text for text in wrong(_said(here, case_no, EVERY_ROLE)))
    assert "您没有经手过，也不是本人或亲属的业务" in good(_said(here, case_no, SUPERVISOR))
    assert here.case(case_no).maker == EVERY_ROLE.clerk != CLERK.clerk


def test_a_payout_says_that_the_contract_is_signed_while_it_may_be_paid() -> None:
    here = Office(PERSON, ACCOUNT)
    case_no = here.take_in(application(ACCOUNT))
    here.agree(case_no, REVIEWER)
    here.agree(case_no, SUPERVISOR)
    loan = here.contract(case_no)

    def of(clerk: Clerk) -> list[CheckItem]:
        command = here.command("loan.disburse", Disburse(seen=loan_digest(loan)), clerk, case_no)
        return list(decision_checks(here.context(command), ()))

    assert "借款合同已签，还没有放款" in good(of(SECOND_SUPERVISOR))
    assert any("您已经手" in text for text in wrong(of(SUPERVISOR)))
    here.disburse(loan)
    assert not good(of(SECOND_SUPERVISOR))


def test_every_code_in_the_table_is_one_that_the_rules_make() -> None:
    """A line whose rule is gone would be good for ever."""
    from pathlib import Path

    import gjj_desktop

    room = Path(gjj_desktop.__file__).parent
    sources = "".join(path.read_text() for folder in ("cases", "rules") for path in (room / folder).rglob("*.py"))
    codes = [code for rules in LOOKED.values() for rule in rules for code in rule.codes]
    assert codes
    assert [code for code in codes if f'"{code}{"" if code.endswith(".") else chr(34)}' not in sources] == []
