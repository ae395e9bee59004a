"""时限: the promised hour and the last day of the law, near and past, on every list."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gjj_desktop.cases.rows import Action, Case
from gjj_desktop.clock import CHINA
from gjj_desktop.counter.clocks import Clock, Clocks
from tests.cases.builders import OUTLET, POLICY, TODAY

NOW = datetime(2026, 11, 22, 10, 31, tzinfo=CHINA)


def taken_in(minutes_ago: float, **changes: Any) -> Case:
    at = (NOW - timedelta(minutes=minutes_ago)).astimezone(UTC).isoformat()
    values: dict[str, Any] = {
        "case_no": "9905030000017",
        "outlet": OUTLET,
        "device": "990503",
        "kind": "withdrawal",
        "reason": "rent",
        "title": "租房提取",
        "state": "received",
        "subject": "王𬭩",
        "person_ids": ("x",),
        "maker": "990501",
        "maker_name": "李秀英",
        "received_at": at,
        "received_on": TODAY,
        "due_on": date(2026, 11, 25),
        "history": (Action(what="received", clerk="990501", name="李秀英", device="990503", at=at),),
    }
    return Case(**{**values, **changes})


def clock(minutes_ago: float = 0, **changes: Any) -> Clock:
    return Clocks(POLICY, NOW, TODAY).of(taken_in(minutes_ago, **changes))


@pytest.mark.parametrize(
    ("minutes_ago", "words", "tone"),
    [
        (0, "剩 1 小时", ""),
        (13, "剩 47 分", ""),
        (44.9, "剩 15 分", ""),
        (45, "剩 15 分", "waiting"),
        (60, "剩 0 分", "waiting"),
        (60.5, "超 0 分", "wrong"),
        (65, "超 5 分", "wrong"),
        (60 + 125, "超 2 小时", "wrong"),
        (60 + 3 * 24 * 60, "超 3 天", "wrong"),
    ],
)
def test_the_promised_hour_runs_out_minute_by_minute(minutes_ago: float, words: str, tone: str) -> None:
    assert (clock(minutes_ago).promise, clock(minutes_ago).promise_tone) == (words, tone)


@pytest.mark.parametrize(
    ("due_on", "words", "tone"),
    [
        (date(2026, 11, 25), "11-25", ""),
        (date(2026, 11, 24), "11-24", ""),
        (date(2026, 11, 23), "11-23", "waiting"),
        (TODAY, "今天", "waiting"),
        (date(2026, 11, 20), "超 2 天", "wrong"),
        (None, "", ""),
    ],
)
def test_the_last_day_of_the_law_is_near_a_day_before(due_on: date | None, words: str, tone: str) -> None:
    assert (clock(due_on=due_on).due, clock(due_on=due_on).due_tone) == (words, tone)


def test_the_worse_of_both_is_what_a_list_is_coloured_by() -> None:
    assert (clock(50).tone, clock(50).late) == ("waiting", False)
    assert (clock(50, due_on=date(2026, 11, 20)).tone, clock(50, due_on=date(2026, 11, 20)).late) == ("wrong", True)
    assert clock(1).tone == ""


@pytest.mark.parametrize("state", ["returned", "posted", "refused", "withdrawn", "contracted"])
def test_no_clock_runs_on_what_is_done_or_with_its_applicant(state: str) -> None:
    assert clock(500, state=state) == Clock()


def test_the_hour_begins_again_when_a_corrected_case_comes_in() -> None:
    first = taken_in(600).history[0]
    again = taken_in(5).history[0]
    assert clock(600, round_no=2, history=(first, again)).promise == "剩 55 分"
