"""时限: how a case stands against the promised hour and against the last day that the law gives for its decision."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.rows import Case
from gjj_desktop.cases.workflow import RECEIVED, REVIEWED
from gjj_desktop.clock import china_time
from gjj_desktop.counter.window import Window
from gjj_desktop.rules.policy import Policy
from gjj_desktop.rules.service_clock import promised

RUNNING = frozenset({RECEIVED, REVIEWED})
"""States in which the office has the case before it; while the applicant corrects it, no clock runs."""


ClockOf = Callable[[Case], "Clock"]


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """Both limits in few words, each with its tone: "" in time, waiting when near, wrong when past.

    `promise` is "剩 29 分" or "超 5 分", `due` "11-25", "今天", "超 2 天"; "" where no such clock runs.
    """

    promise: str = ""
    promise_tone: str = ""
    due: str = ""
    due_tone: str = ""

    @property
    def words(self) -> str:
        """Both limits on one line, "" where neither runs."""
        return " · ".join(part for part in (self.promise, self.due) if part)

    @property
    def late(self) -> bool:
        """Whether either limit is past."""
        return "wrong" in (self.promise_tone, self.due_tone)

    @property
    def tone(self) -> str:
        """The tone of the worse of both."""
        tones = (self.promise_tone, self.due_tone)
        return next((tone for tone in ("wrong", "waiting") if tone in tones), "")


class Clocks:
    """The clocks of many cases at one moment; what policy says of a day is looked up once."""

    def __init__(self, policy: Policy, now: datetime, today: date) -> None:
        """`now` is in China's time, `today` the business date."""
        self.now, self.today, self._policy = now, today, policy
        near = next(iter(policy.rows("service_time", today, item="near")), None)
        self._near = timedelta(minutes=near.limit_minutes if near else 0)
        self._near_days = near.limit_days if near else 0
        self._promises: dict[date, timedelta] = {}
        self._dues: dict[date, tuple[str, str]] = {}

    def of(self, case: Case) -> Clock:
        """How the case stands; nothing runs on one that is done, or with its applicant."""
        if case.state not in RUNNING:
            return Clock()
        promise, promise_tone = self._promise(waiting_since(case))
        due, due_tone = self._due(case.due_on)
        return Clock(promise=promise, promise_tone=promise_tone, due=due, due_tone=due_tone)

    def _promise(self, since: datetime) -> tuple[str, str]:
        left = since + self._promised(since.date()) - self.now
        if left < timedelta():
            return f"超 {length_words(-left)}", "wrong"
        return f"剩 {length_words(left)}", "waiting" if left <= self._near else ""

    def _promised(self, day: date) -> timedelta:
        if day not in self._promises:
            self._promises[day] = promised(self._policy, day)
        return self._promises[day]

    def _due(self, due_on: date | None) -> tuple[str, str]:
        """Thousands of cases are due on a handful of days."""
        if due_on is None:
            return "", ""
        if due_on not in self._dues:
            left = (due_on - self.today).days
            words = f"超 {-left} 天" if left < 0 else f"{due_on:%m-%d}" if left else "今天"
            self._dues[due_on] = words, "wrong" if left < 0 else "waiting" if left <= self._near_days else ""
        return self._dues[due_on]


def clocks_of(window: Window, connection: Connection) -> ClockOf:
    """Answers the clock of any case at this moment; policy is asked for only with the first case.

    A window that never met its centre has neither.
    """
    made: list[Clocks] = []

    def of(case: Case) -> Clock:
        if not made:
            made.append(Clocks(window.policy(connection), window.now(connection), window.business_date(connection)))
        return made[0].of(case)

    return of


def waiting_since(case: Case) -> datetime:
    """When the case was taken in, or taken in again after its applicant corrected it; China's time."""
    taken_in = [action.at for action in case.history if action.what == RECEIVED] if case.round_no > 1 else ()
    return _moment(taken_in[-1] if taken_in else case.received_at)


@lru_cache(maxsize=20_000)
def _moment(text: str) -> datetime:
    """The same moments are read again with every list."""
    return china_time(text)


def length_words(length: timedelta) -> str:
    """How long something is, as people say it; less than a minute is 0 分.

    >>> length_words(timedelta(minutes=13)), length_words(timedelta(hours=30))
    ('13 分', '1 天')
    """
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} 分"
    return f"{minutes // 60} 小时" if minutes < 24 * 60 else f"{minutes // (24 * 60)} 天"
