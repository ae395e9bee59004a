"""抽查: what passed by itself is put to the draw once; who had no hand in it looks at it once."""

from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.rows import Case, Clerk
from gjj_desktop.cases.sampling import DrawSample, RecordSample, is_checked_by
from gjj_desktop.cases.workflow import content_digest
from tests.cases.builders import (
    CLERK,
    EVERY_ROLE,
    MADE_AT,
    OUTLET,
    POLICY,
    REVIEWER,
    SECOND_SUPERVISOR,
    SUPERVISOR,
    Office,
    a_person,
    an_account,
    rent,
    said,
    with_column,
)

PERSON = a_person(1)
ACCOUNT = an_account(PERSON, 1)
BY_ITSELF = with_column("approval", "steps", {("approve",): ()})
"""The demo city's policy with every single step left out."""


def passed(author: Clerk = CLERK, *rows: Any) -> tuple[Office, str]:
    here = Office(PERSON, ACCOUNT, *rows, policy=BY_ITSELF)
    return here, here.take_in(rent(ACCOUNT), author)


def drawn(author: Clerk = CLERK, *rows: Any) -> tuple[Office, str]:
    here, case_no = passed(author, *rows)
    here.centre("sample.draw", DrawSample(pool=(case_no,), drawn=(case_no,)))
    return here, case_no


def record(here: Office, case_no: str, result: str = "good", opinion: str = "与共享数据一致") -> RecordSample:
    return RecordSample(result=result, opinion=opinion, seen=content_digest(here.case(case_no)))


def test_what_passes_by_itself_is_posted_at_once_and_waits_for_the_draw() -> None:
    here, case_no = passed()
    assert (here.case(case_no).state, here.case(case_no).sample) == ("posted", "passed")
    assert here.balance_fen(ACCOUNT) == ACCOUNT.balance_fen - 900_000


def test_what_somebody_agreed_to_is_not_sampled() -> None:
    here = Office(PERSON, ACCOUNT)
    case_no = here.take_in(rent(ACCOUNT))
    here.agree(case_no)
    assert (here.case(case_no).state, here.case(case_no).sample) == ("posted", "")


@pytest.mark.parametrize("is_drawn", [True, False])
def test_a_case_is_put_to_the_draw_once(is_drawn: bool) -> None:
    here, case_no = passed()
    first = DrawSample(pool=(case_no,), drawn=(case_no,) if is_drawn else ())
    second = DrawSample(pool=(case_no,), drawn=() if is_drawn else (case_no,))
    here.centre("sample.draw", first)
    assert here.case(case_no).sample == ("drawn" if is_drawn else "")
    after = here.case(case_no)
    here.centre("sample.draw", second)
    assert here.case(case_no) == after


def test_no_window_draws() -> None:
    here, case_no = passed()
    asked = DrawSample(pool=(case_no,), drawn=())
    said(here.ask("sample.draw", asked, EVERY_ROLE), "", "command.centre_only")


@pytest.mark.parametrize("result", ["good", "bad"])
def test_a_supervisor_records_what_was_found_once(result: str) -> None:
    here, case_no = drawn()
    here.do("sample.record", record(here, case_no, result), SUPERVISOR, case_no)
    case = here.case(case_no)
    assert (case.sample, case.state) == (result, "posted")
    assert (case.history[-1].what, case.history[-1].opinion) == (f"check.{result}", "与共享数据一致")
    said(here.ask("sample.record", record(here, case_no), SECOND_SUPERVISOR, case_no), "", "sample.not_drawn")


def test_who_handled_the_case_does_not_check_it() -> None:
    here, case_no = drawn(EVERY_ROLE)
    assert not is_checked_by(EVERY_ROLE, here.case(case_no))
    said(here.ask("sample.record", record(here, case_no), EVERY_ROLE, case_no), "", "case.acted_before")


def test_it_is_a_supervisors_matter_and_not_ones_own_familys() -> None:
    relative = Clerk(
        clerk="990598", name="王秀兰", outlet=OUTLET, roles=("supervisor",), person_ids=(PERSON.person_id,)
    )
    here, case_no = drawn(CLERK, relative)
    case = here.case(case_no)
    assert [is_checked_by(each, case) for each in (SUPERVISOR, REVIEWER, relative)] == [True, False, False]
    said(here.ask("sample.record", record(here, case_no), REVIEWER, case_no), "", "clerk.role")
    said(here.ask("sample.record", record(here, case_no), relative, case_no), "", "case.own_matter")


def test_an_opinion_is_always_written_and_what_was_seen_is_signed() -> None:
    here, case_no = drawn()
    refused = [
        (record(here, case_no, opinion=" "), "opinion", "field.required"),
        (record(here, case_no, "fine"), "result", "decision.unknown"),
        (msgspec.structs.replace(record(here, case_no), seen=""), "", "case.changed_since_seen"),
    ]
    for asked, field, code in refused:
        said(here.ask("sample.record", asked, SUPERVISOR, case_no), field, code)


def test_after_a_bad_check_the_persons_next_withdrawal_goes_before_two_people() -> None:
    here, case_no = drawn()
    here.do("sample.record", record(here, case_no, "bad", "租房备案查无此号"), SUPERVISOR, case_no)
    before = here.case(case_no)
    assert isinstance(before, Case)
    assert before.history[-1].at == MADE_AT
    assert POLICY.on("risk_mark", here.day, mark="sample_bad").label == "抽查有问题"
