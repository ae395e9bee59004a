"""受理日: the centre holds a case to be taken in on the day that is on the receipt, also when it hears of it later."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from gjj_desktop.cases.command import CENTRE_AUTHOR, CENTRE_DEVICE, decode_command, encode_command
from gjj_desktop.cases.outcome import Outcome, Refusal
from gjj_desktop.cases.rows import Evidence
from gjj_desktop.cases.taken_in import taken_in_on
from gjj_desktop.cases.withdrawal_form import KIND, SubmitWithdrawal
from gjj_desktop.domain.numbers import Series
from gjj_desktop.rules.service_clock import decision_due
from tests.cases.builders import CLERK, POLICY, SECOND_CLERK, TODAY, Office, a_person, an_account, application, said
from tests.cases.claims import FIRST_DAY_OF_NEW_LAW, LAST_DAY_OF_OLD_LAW, a_claim

PERSON = a_person(1)
ACCOUNT = an_account(PERSON, 1, current_year_fen=821_637)
A_MONTH = {"first_month": "2026-08", "last_month": "2026-08", "amount_fen": 150_000}
LIMIT_DAYS = POLICY.on("offline_limits", TODAY).oldest_unsent_days


def arrives(here: Office, asked: msgspec.Struct, said_on: date, kind: str = KIND) -> tuple[str, Outcome]:
    """A window that says it took this in on a day; the centre hears of it on the office's day."""
    case_no = here.next_number(Series.CASE)
    command = here.command(kind, asked, CLERK, case_no)
    return case_no, here.post(msgspec.structs.replace(command, taken_in_on=said_on))


def of_the_old_law(**changes: Any) -> SubmitWithdrawal:
    return a_claim("rent", ACCOUNT, LAST_DAY_OF_OLD_LAW, **{**A_MONTH, **changes})


def test_a_window_without_a_line_over_the_change_of_law_is_decided_by_the_law_of_its_receipt() -> None:
    here = Office(PERSON, ACCOUNT, day=FIRST_DAY_OF_NEW_LAW + timedelta(days=2))
    without = of_the_old_law(materials=("no_home", "marriage", "identity_copy"))
    _, refused = arrives(here, without, LAST_DAY_OF_OLD_LAW)
    assert said(refused, "materials", "materials.missing") == "还缺：单位提取证明"
    case_no, outcome = arrives(here, of_the_old_law(), LAST_DAY_OF_OLD_LAW)
    assert not isinstance(outcome, Refusal), outcome.findings
    case = here.case(case_no)
    assert case.received_on == LAST_DAY_OF_OLD_LAW
    assert case.due_on == decision_due(POLICY, "withdrawal", LAST_DAY_OF_OLD_LAW)
    used = here.world.where(Evidence, "case_no", case_no)
    assert {each.used_on for each in used} == {LAST_DAY_OF_OLD_LAW}
    here.agree(case_no)
    assert here.case(case_no).state == "posted"


@pytest.mark.parametrize(("taken_in", "days"), [(LAST_DAY_OF_OLD_LAW, 15), (FIRST_DAY_OF_NEW_LAW, 10)])
def test_a_loan_that_arrives_late_keeps_the_days_of_its_receipt(taken_in: date, days: int) -> None:
    here = Office(PERSON, ACCOUNT, day=FIRST_DAY_OF_NEW_LAW + timedelta(days=1))
    case_no, _ = arrives(here, application(ACCOUNT), taken_in, "loan.submit")
    case = here.case(case_no)
    assert (case.received_on, case.due_on) == (taken_in, decision_due(POLICY, "loan", taken_in))
    assert POLICY.on("service_time", taken_in, item="loan").limit_days == days


def test_what_was_in_time_at_the_window_is_in_time_at_the_centre() -> None:
    here = Office(PERSON, ACCOUNT, day=TODAY)
    works_ended = date(2021, 11, 20)
    asked = a_claim("elevator", ACCOUNT, happened_on=works_ended)
    _, outcome = arrives(here, asked, date(2026, 11, 21))
    said(outcome, "happened_on", "withdrawal.too_late")
    case_no, _ = arrives(here, asked, date(2026, 11, 20))
    assert here.case(case_no).received_on == date(2026, 11, 20)


def test_a_second_claim_is_too_early_whichever_of_the_two_the_centre_hears_of_first() -> None:
    here = Office(PERSON, ACCOUNT, day=TODAY)
    arrives(here, a_claim("low_income", ACCOUNT), TODAY)
    _, outcome = arrives(here, a_claim("low_income", ACCOUNT), TODAY - timedelta(days=3))
    said(outcome, "", "withdrawal.too_soon")


@pytest.mark.parametrize(
    ("claimed", "believed"),
    [
        (TODAY, TODAY),
        (TODAY - timedelta(days=LIMIT_DAYS), TODAY - timedelta(days=LIMIT_DAYS)),
        (TODAY - timedelta(days=LIMIT_DAYS + 1), TODAY - timedelta(days=LIMIT_DAYS)),
        (date.min, TODAY - timedelta(days=LIMIT_DAYS)),
        (TODAY + timedelta(days=1), TODAY),
        (date.max, TODAY),
    ],
)
def test_no_window_is_believed_beyond_what_it_may_go_without_the_centre(claimed: date, believed: date) -> None:
    here = Office(PERSON, ACCOUNT)
    case_no, outcome = arrives(here, a_claim("low_income", ACCOUNT), claimed)
    assert not isinstance(outcome, Refusal), outcome.findings
    assert here.case(case_no).received_on == believed


def test_the_centres_own_and_a_program_that_says_no_day_are_of_the_business_date() -> None:
    here = Office(PERSON, ACCOUNT)
    plain = here.command(KIND, a_claim("low_income", ACCOUNT), CLERK)
    assert taken_in_on(plain, POLICY, TODAY) is None
    own = here.command("day.none", a_claim("low_income", ACCOUNT), CENTRE_AUTHOR, device=CENTRE_DEVICE)
    assert taken_in_on(msgspec.structs.replace(own, taken_in_on=date(2026, 1, 1)), POLICY, TODAY) is None


def test_a_command_of_a_program_that_said_no_day_is_read_as_it_is() -> None:
    here = Office(PERSON, ACCOUNT)
    command = here.command(KIND, a_claim("low_income", ACCOUNT), CLERK)
    said_before = msgspec.structs.asdict(command)
    del said_before["taken_in_on"]
    assert decode_command(msgspec.msgpack.encode(said_before)) == command
    assert decode_command(encode_command(command)) == command


def test_a_correction_keeps_the_day_of_its_first_receipt() -> None:
    here = Office(PERSON, ACCOUNT, day=FIRST_DAY_OF_NEW_LAW)
    case_no, _ = arrives(here, of_the_old_law(), LAST_DAY_OF_OLD_LAW)
    here.send_back(case_no)
    here.day += timedelta(days=4)
    again = here.command(KIND, of_the_old_law(amount_fen=100_000), SECOND_CLERK, case_no)
    outcome = here.post(msgspec.structs.replace(again, taken_in_on=here.day))
    assert not isinstance(outcome, Refusal), outcome.findings
    assert here.case(case_no).received_on == LAST_DAY_OF_OLD_LAW
