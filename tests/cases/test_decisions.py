"""复核审批、撤回: over exactly what was seen, and nobody in two capacities, whatever the order of steps."""

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.cases.decision import DecideCase, WithdrawCase, next_step, opens_for
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.rows import Account, Clerk, MaterialPage
from gjj_desktop.cases.withdrawal_form import KIND
from gjj_desktop.cases.workflow import content_digest
from gjj_desktop.domain.numbers import Series
from tests.cases.builders import (
    CLERK,
    EVERY_ROLE,
    FAR_CLERK,
    FAR_DEVICE,
    OTHER_DEVICE,
    OUTLET,
    REVIEWER,
    SECOND_CLERK,
    SECOND_SUPERVISOR,
    SUPERVISOR,
    UNHURRIED,
    Office,
    a_person,
    an_account,
    rent,
    said,
    with_column,
)

PERSON = a_person(1)
ACCOUNT = an_account(PERSON, 1)
TWO_STEPS = with_column("approval", "steps", {("approve",): ("review", "approve")})
ANOTHER_WITH_EVERY_ROLE = msgspec.structs.replace(EVERY_ROLE, clerk="990506", name="吴永福")


def office() -> Office:
    return Office(PERSON, ACCOUNT, ANOTHER_WITH_EVERY_ROLE, policy=TWO_STEPS)


def refusal(here: Office, case_no: str, author: Clerk, code: str, field: str = "", **changes: Any) -> str:
    asked = msgspec.structs.replace(here.decision(case_no), **changes)
    return said(here.ask("case.decide", asked, author, case_no), field, code)


def test_review_and_approval_follow_each_other() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    assert next_step(here.case(case_no)) == "review"
    here.agree(case_no, REVIEWER)
    assert (here.case(case_no).state, next_step(here.case(case_no))) == ("reviewed", "approve")
    here.agree(case_no, SUPERVISOR)
    case = here.case(case_no)
    assert (case.state, next_step(case)) == ("posted", None)
    assert [(actor.clerk, actor.capacity) for actor in case.actors] == [
        (CLERK.clerk, "maker"),
        (REVIEWER.clerk, "review"),
        (SUPERVISOR.clerk, "approve"),
    ]
    assert [action.what for action in case.history] == ["received", "review.approve", "approve.approve"]
    assert case.history[1].seen != case.history[0].seen == ""


def test_a_step_is_not_left_out() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    assert "刷新" in refusal(here, case_no, SUPERVISOR, "case.not_waiting", step="approve")
    refusal(here, case_no, SUPERVISOR, "case.not_waiting", step="disburse")


@pytest.mark.parametrize("author", [CLERK, SUPERVISOR])
def test_each_step_belongs_to_a_role(author: Clerk) -> None:
    here = office()
    assert "复核" in refusal(here, here.take_in(rent(ACCOUNT)), author, "clerk.role")


def test_who_took_the_case_in_decides_nothing_on_it() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT), EVERY_ROLE)
    refusal(here, case_no, EVERY_ROLE, "case.acted_before")
    here.agree(case_no, ANOTHER_WITH_EVERY_ROLE)
    refusal(here, case_no, ANOTHER_WITH_EVERY_ROLE, "case.acted_before")
    refusal(here, case_no, EVERY_ROLE, "case.acted_before")


def test_a_second_key_at_another_window_makes_no_second_person() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT), EVERY_ROLE)
    decided = here.ask("case.decide", here.decision(case_no), EVERY_ROLE, case_no, OTHER_DEVICE)
    said(decided, "", "case.acted_before")


def test_who_sent_a_case_back_does_not_correct_it() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    here.send_back(case_no, EVERY_ROLE)
    said(here.ask(KIND, rent(ACCOUNT), EVERY_ROLE, case_no), "", "case.acted_before")
    here.do(KIND, rent(ACCOUNT), SECOND_CLERK, case_no)
    refusal(here, case_no, SECOND_CLERK, "case.acted_before")
    here.agree(case_no, EVERY_ROLE)


def test_who_decided_does_not_take_the_case_back_for_the_applicant() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    here.agree(case_no, EVERY_ROLE)
    said(here.ask("case.withdraw", WithdrawCase(reason="撤回"), EVERY_ROLE, case_no), "", "case.acted_before")


@UNHURRIED
@given(st.lists(st.tuples(st.sampled_from(["take", "agree", "return", "withdraw"]), st.integers(0, 2)), max_size=12))
def test_no_order_of_steps_lets_one_clerk_act_in_two_capacities(steps: list[tuple[str, int]]) -> None:
    """Everybody has every role; only what they did before keeps them apart."""
    third = msgspec.structs.replace(EVERY_ROLE, clerk="990505", name="林志强")
    here = Office(PERSON, ACCOUNT, ANOTHER_WITH_EVERY_ROLE, third, policy=TWO_STEPS)
    everybody = (EVERY_ROLE, ANOTHER_WITH_EVERY_ROLE, third)
    case_no = here.take_in(rent(ACCOUNT), EVERY_ROLE)
    for what, who in steps:
        author = everybody[who]
        if what == "take":
            here.post(here.command(KIND, rent(ACCOUNT), author, case_no))
        elif what == "withdraw":
            here.post(here.command("case.withdraw", WithdrawCase(reason="撤回"), author, case_no))
        else:
            decision = "approve" if what == "agree" else "return"
            case = here.case(case_no)
            asked = DecideCase(
                step=next_step(case) or "", decision=decision, seen=content_digest(case), opinion="材料不清"
            )
            here.post(here.command("case.decide", asked, author, case_no))
        clerks = [actor.clerk for actor in here.case(case_no).actors]
        assert len(set(clerks)) == len(clerks)


@pytest.mark.parametrize("person_ids", [(PERSON.person_id,), ("01:somebody", PERSON.person_id)])
def test_ones_own_and_ones_familys_matter_is_anothers_to_handle(person_ids: tuple[str, ...]) -> None:
    roles = ("clerk", "reviewer", "supervisor")
    relative = Clerk(clerk="990598", name="王秀兰", outlet=OUTLET, roles=roles, person_ids=person_ids)
    here = Office(PERSON, ACCOUNT, relative, policy=TWO_STEPS)
    said(here.ask(KIND, rent(ACCOUNT), relative, here.next_number(Series.CASE)), "", "case.own_matter")
    case_no = here.take_in(rent(ACCOUNT))
    assert "亲属" in refusal(here, case_no, relative, "case.own_matter")
    said(here.ask("case.withdraw", WithdrawCase(reason="撤回"), relative, case_no), "", "case.own_matter")
    here.send_back(case_no, REVIEWER)
    said(here.ask(KIND, rent(ACCOUNT), relative, case_no), "", "case.own_matter")


def test_another_outlet_neither_decides_nor_corrects_nor_takes_back() -> None:
    theirs = an_account(a_person(2), 2, outlet=FAR_DEVICE[:4])
    here = Office(PERSON, ACCOUNT, a_person(2), theirs)
    case_no = here.take_in(rent(ACCOUNT))
    decided = here.ask("case.decide", here.decision(case_no), FAR_CLERK, case_no, FAR_DEVICE)
    said(decided, "", "case.other_outlet")
    taken_back = here.ask("case.withdraw", WithdrawCase(reason="撤回"), FAR_CLERK, case_no, FAR_DEVICE)
    said(taken_back, "", "case.other_outlet")
    here.send_back(case_no)
    said(here.ask(KIND, rent(theirs), FAR_CLERK, case_no, FAR_DEVICE), "", "case.other_outlet")


def test_a_decision_over_what_the_case_was_before_is_refused() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    seen = content_digest(here.case(case_no))
    here.send_back(case_no, REVIEWER)
    here.do(KIND, rent(ACCOUNT), CLERK, case_no)
    assert seen != content_digest(here.case(case_no)), "the same content in another round is another content"
    refusal(here, case_no, REVIEWER, "case.changed_since_seen", seen=seen)
    refusal(here, case_no, REVIEWER, "case.changed_since_seen", seen="")
    here.agree(case_no, REVIEWER)


@pytest.mark.parametrize(
    "changes",
    [{"bank_card": "6222021234567890003"}, {"amount_fen": 899_999}, {"bank": "青禾银行"}, {"mobile": "19900008817"}],
)
def test_everything_that_was_handed_in_is_part_of_what_was_seen(changes: dict[str, Any]) -> None:
    one, other = office(), office()
    first = one.case(one.take_in(rent(ACCOUNT)))
    second = msgspec.structs.replace(first, payload=msgspec.msgpack.encode(rent(ACCOUNT, **changes)))
    assert content_digest(first) != content_digest(second)
    assert content_digest(first) == content_digest(other.case(other.take_in(rent(ACCOUNT))))


def test_a_decision_must_be_one_of_three_and_give_its_reason() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    refusal(here, case_no, REVIEWER, "decision.unknown", "decision", decision="agree")
    refusal(here, case_no, REVIEWER, "field.required", "opinion", decision="return", opinion=" ")
    refusal(here, case_no, REVIEWER, "field.required", "opinion", decision="refuse")


def page(case_no: str, number: int, state: str) -> MaterialPage:
    return MaterialPage(
        material_page=f"{case_no}:no_home:{number}",
        case_no=case_no,
        outlet=OUTLET,
        material="no_home",
        page_no=number,
        digest=f"{number}" * 64,
        size_bytes=1,
        state=state,
    )


def test_nobody_agrees_before_every_page_has_come_to_the_centre() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    for row in (page(case_no, 1, "held"), page(case_no, 2, "announced")):
        here.world.put(row)
    assert "还有 1 页" in refusal(here, case_no, REVIEWER, "case.pages_missing")
    here.world.put(msgspec.structs.replace(page(case_no, 2, "held"), version=2))
    here.agree(case_no, REVIEWER)


@pytest.mark.parametrize("way_back", ["send_back", "turn_down"])
def test_a_case_goes_back_without_its_pages(way_back: str) -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    here.world.put(page(case_no, 1, "announced"))
    getattr(here, way_back)(case_no, REVIEWER)


def test_what_marks_a_case_and_what_confirms_it_is_part_of_what_was_seen() -> None:
    here = office()
    case = here.case(here.take_in(rent(ACCOUNT)))
    for change in ({"marks": ("out_of_town",)}, {"verified": True}, {"steps": ("approve",)}):
        assert content_digest(msgspec.structs.replace(case, **change)) != content_digest(case)


def test_the_legal_clock_stands_still_while_the_applicant_corrects_the_case() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    assert here.case(case_no).due_on == date(2026, 11, 25)
    here.send_back(case_no, REVIEWER)
    command = here.command(KIND, rent(ACCOUNT), CLERK, case_no)
    here.day = date(2026, 11, 24)
    here.post(msgspec.structs.replace(command, made_at="2026-11-24T02:31:00Z"))
    assert (here.case(case_no).state, here.case(case_no).due_on) == ("received", date(2026, 11, 27))


def test_a_window_whose_clock_is_ahead_gives_the_office_no_more_days() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    here.send_back(case_no, REVIEWER)
    command = here.command(KIND, rent(ACCOUNT), CLERK, case_no)
    here.post(msgspec.structs.replace(command, made_at="9998-12-31T02:31:00Z"))
    assert here.case(case_no).due_on == date(2026, 11, 25)


@pytest.mark.parametrize("end", ["turn_down", "withdraw", "agree"])
def test_a_case_that_has_ended_is_not_decided_again(end: str) -> None:
    here = Office(PERSON, ACCOUNT)
    case_no = here.take_in(rent(ACCOUNT))
    getattr(here, end)(case_no)
    refusal(here, case_no, SECOND_SUPERVISOR, "case.not_waiting")
    said(here.ask("case.withdraw", WithdrawCase(reason="撤回"), CLERK, case_no), "", "case.not_open")


@pytest.mark.parametrize("before", ["nothing", "send_back", "review"])
def test_the_applicant_takes_a_case_back_until_it_is_decided(before: str) -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    if before == "send_back":
        here.send_back(case_no, REVIEWER)
    if before == "review":
        here.agree(case_no, REVIEWER)
    here.withdraw(case_no)
    assert here.case(case_no).state == "withdrawn"
    assert here.held_fen(ACCOUNT) == 0


def test_taking_back_needs_a_reason_and_a_case() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT))
    said(here.ask("case.withdraw", WithdrawCase(reason=" "), CLERK, case_no), "reason", "field.required")
    nowhere = here.ask("case.withdraw", WithdrawCase(reason="撤回"), CLERK, here.next_number(Series.CASE))
    said(nowhere, "", "case.not_open")


def test_the_list_of_waiting_cases_shows_only_what_one_may_decide() -> None:
    here = office()
    case_no = here.take_in(rent(ACCOUNT), EVERY_ROLE)
    case = here.case(case_no)
    relative = msgspec.structs.replace(REVIEWER, clerk="990598", person_ids=(PERSON.person_id,))
    shown = [clerk.clerk for clerk in (CLERK, REVIEWER, SUPERVISOR, EVERY_ROLE, relative) if opens_for(clerk, case)]
    assert shown == [REVIEWER.clerk]
    for clerk in (CLERK, REVIEWER, SUPERVISOR, EVERY_ROLE):
        outcome = here.ask("case.decide", here.decision(case_no), clerk, case_no)
        assert isinstance(outcome, Refusal) is (clerk.clerk not in shown)
    here.agree(case_no, REVIEWER)
    assert not opens_for(REVIEWER, here.case(case_no))
    assert opens_for(SUPERVISOR, here.case(case_no))
    assert here.get(Account, ACCOUNT.personal_account_no) == ACCOUNT
