"""骗提骗贷: begun from a person, and told with their facts."""

from datetime import date
from typing import Any

import pytest

from gjj_desktop.counter.frauds import ban_words, begin_registration
from tests.cases.builders import TODAY, a_person
from tests.counter.conftest import ACCOUNT, Seat


@pytest.mark.parametrize(
    ("withdrawals", "loans", "words"),
    [
        (None, None, "无"),
        (date(2029, 11, 22), date(2029, 11, 22), "不能提取和贷款至 2029-11-22（含当日）"),
        (TODAY, TODAY, "不能提取和贷款至 2026-11-22（含当日）"),
        (date(2026, 11, 21), date(2026, 11, 21), "提取和贷款限制已于 2026-11-21 期满"),
        (date(2026, 11, 21), date(2031, 1, 1), "提取限制已于 2026-11-21 期满；不能贷款至 2031-01-01（含当日）"),
    ],
)
def test_a_persons_facts_say_what_is_closed_to_them_and_until_when(withdrawals: Any, loans: Any, words: str) -> None:
    person = a_person(1, withdrawals_banned_until=withdrawals, loans_banned_until=loans)
    assert ban_words(person, TODAY) == words


def test_a_registration_begun_twice_is_one_draft(seats: tuple[Seat, Seat]) -> None:
    here, _ = seats
    first = begin_registration(here.window, ACCOUNT.personal_account_no)
    assert begin_registration(here.window, ACCOUNT.personal_account_no).id == first.id
