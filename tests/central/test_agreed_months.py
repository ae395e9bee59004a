"""委托按月提取 at the centre: day-end hands each month in once, wherever it is killed, and the books agree."""

import multiprocessing
import os
from datetime import date

import msgspec
import pytest

from gjj_desktop.cases.instruction_form import CASE_KIND, SignInstruction
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Case, Payment, StandingInstruction
from gjj_desktop.cases.state import need
from gjj_desktop.central import day_end, own_commands
from gjj_desktop.central.city import connect, read_city
from gjj_desktop.central.day_end import advance_to
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import post_all
from gjj_desktop.central.row_tables import all_rows, load_rows, publish
from gjj_desktop.central.verify import verify
from gjj_desktop.domain.numbers import Series, check_number, make_number
from gjj_desktop.policy_files import read_policy
from tests.central.small_kinds import ACCOUNT_NO, OWNER, a_person, an_account
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre

NUMBERS = tuple(make_number(Series.CASE, "9905", "03", counter) for counter in (1, 2))
RENT_FEN = 150_000


def an_agreement(number: str, account_no: str) -> tuple[Case, StandingInstruction]:
    """An approved agreement on rent from December on, and the case in which it was taken in."""
    policy = read_policy()
    asked = SignInstruction(
        personal_account_no=account_no,
        reason="rent",
        bank_card="6222021234567890128",
        bank="云溪银行",
        first_month="2026-12",
        last_month="2027-11",
        materials=tuple(policy.on("withdrawal_reason", BUSINESS_DATE, reason="rent")["materials"]),
    )
    case = Case(
        case_no=number,
        outlet="9905",
        device="990503",
        kind=CASE_KIND,
        reason="rent",
        title="委托按月提取",
        state="posted",
        subject="周宁",
        person_ids=(OWNER,),
        personal_account_no=account_no,
        maker="990501",
        maker_name="林晓",
        received_at="2026-11-20T02:31:00Z",
        received_on=BUSINESS_DATE,
        payload=msgspec.msgpack.encode(asked),
    )
    agreed = StandingInstruction(
        instruction_no=number,
        outlet="9905",
        personal_account_no=account_no,
        person_id=OWNER,
        name="周宁",
        reason="rent",
        first_month="2026-12",
        last_month="2027-11",
        next_month="2026-12",
        signed_on=BUSINESS_DATE,
        bank_card="6222021234567890128",
        bank="云溪银行",
    )
    return case, agreed


@pytest.fixture
def agreed(centre: TestCentre) -> TestCentre:
    """A centre with an account of 6,000.00 and an agreement on its rent."""
    centre.add_outlet()
    legacy = ImportLegacy(people=(a_person(),), accounts=(an_account(carried_forward_fen=600_000),))
    hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", legacy)])
    assert post_all(centre.admin, CENTRE_KEY).accepted == 1
    publish(centre.admin, an_agreement(NUMBERS[0], ACCOUNT_NO))
    return centre


def end_days(centre: TestCentre, *days: date) -> None:
    for day in days:
        advance_to(centre.admin, CENTRE_KEY, day)
        post_all(centre.admin, CENTRE_KEY)


def instruction(centre: TestCentre) -> StandingInstruction:
    [row] = load_rows(centre.admin, [need(StandingInstruction, NUMBERS[0])])
    assert isinstance(row, StandingInstruction)
    return row


def paid(centre: TestCentre) -> list[int]:
    return [row.amount_fen for row in all_rows(centre.admin, Payment) if isinstance(row, Payment)]


def test_a_month_runs_on_the_day_of_policy_once(agreed: TestCentre) -> None:
    end_days(agreed, date(2026, 12, 14))
    assert paid(agreed) == []
    end_days(agreed, date(2026, 12, 15), date(2026, 12, 15), date(2026, 12, 16))
    assert paid(agreed) == [RENT_FEN]
    assert instruction(agreed).last_note == "2026-12 已提取 1,500.00 元"
    [payment] = all_rows(agreed.admin, Payment)
    assert payment.key[:6] == "990500"
    assert check_number(Series.CASE, payment.key) == payment.key
    assert verify(agreed.admin) == []


def test_skipped_days_are_caught_up_and_the_balance_ends_it(agreed: TestCentre) -> None:
    end_days(agreed, date(2027, 5, 1))
    assert paid(agreed) == [RENT_FEN, RENT_FEN, RENT_FEN, 149_000]
    now = instruction(agreed)
    assert (now.next_month, now.state) == ("2027-05", "active")
    assert now.last_note.startswith("2027-04 未提取")
    assert verify(agreed.admin) == []


def test_months_that_posting_has_not_reached_are_not_paid_twice(agreed: TestCentre) -> None:
    for day in (date(2026, 12, 15), date(2026, 12, 16), date(2026, 12, 17)):
        assert advance_to(agreed.admin, CENTRE_KEY, day).agreed_months == 1
    posted = post_all(agreed.admin, CENTRE_KEY)
    assert (posted.accepted, posted.refused, posted.set_aside) == (3, 0, 0)
    assert paid(agreed) == [RENT_FEN]
    assert verify(agreed.admin) == []


def _end_day_and_die(url: str, day: date, where: str) -> None:
    """Run a day-end in a process that is killed at one of its steps."""

    def die(*_: object) -> None:
        os._exit(9)

    for module in (day_end, own_commands):
        if hasattr(module, where):
            setattr(module, where, die)
    with connect(url) as connection:
        advance_to(connection, CENTRE_KEY, day)
        if where == "after":
            os._exit(9)
        post_all(connection, CENTRE_KEY)


@pytest.mark.parametrize("where", ["hand_in_due", "_file", "_turn_loans", "_renew_grants", "after"])
def test_a_day_end_killed_anywhere_is_started_again_and_nothing_happens_twice(agreed: TestCentre, where: str) -> None:
    day = date(2026, 12, 15)
    child = multiprocessing.get_context("spawn").Process(target=_end_day_and_die, args=(agreed.url, day, where))
    child.start()
    child.join(60)
    assert child.exitcode == 9
    assert read_city(agreed.admin).business_date == (day if where == "after" else BUSINESS_DATE)
    assert paid(agreed) == []
    end_days(agreed, day, date(2026, 12, 16))
    assert paid(agreed) == [RENT_FEN]
    assert verify(agreed.admin) == []


def _end_day(url: str, day: date) -> None:
    with connect(url) as connection:
        advance_to(connection, CENTRE_KEY, day)
        post_all(connection, CENTRE_KEY)


def test_two_day_ends_at_once_run_a_month_once(agreed: TestCentre) -> None:
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=_end_day, args=(agreed.url, date(2027, 1, 20))) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0, 0, 0]
    post_all(agreed.admin, CENTRE_KEY)
    assert paid(agreed) == [RENT_FEN, RENT_FEN]
    assert verify(agreed.admin) == []
