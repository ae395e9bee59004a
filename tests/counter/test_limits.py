"""How far a window goes without the centre: each limit just before it, at it and past it, and the way out."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from gjj_desktop.clock import utc_now, utc_text
from gjj_desktop.counter import limits
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.home import home
from gjj_desktop.counter.limits import Gauge, Tone
from gjj_desktop.domain.numbers import Series
from gjj_desktop.errors import OperatingError
from gjj_desktop.policy_files import read_policy
from gjj_desktop.store import centre_time, drafts, meta, numbers, schema
from gjj_desktop.sync import kept
from tests.counter.conftest import Seat
from tests.counter.test_refused_by_the_centre import PURCHASE, submit
from tests.support.centre import TestCentre
from tests.support.window import BUSINESS_DATE, post

LIMITS = read_policy().on("offline_limits", BUSINESS_DATE)
MIB = 1 << 20


@pytest.fixture
def here(seats: tuple[Seat, Seat]) -> Seat:
    return seats[0]


def gauge(seat: Seat, name: str) -> Gauge:
    """As the home page shows it."""
    return next(each for each in home(seat.window).gauges if each.name == name)


def takes_in(seat: Seat, name: str) -> bool:
    """Whether a case is taken in; past a limit the sentence names it and what to do, and the form stays as a draft."""
    desk = FormDesk(seat.window, "withdrawal.submit")
    desk.save_draft(PURCHASE)
    stopped = stop_of(desk)
    if stopped is None:
        return True
    told = gauge(seat, name)
    assert (name in stopped.what, stopped.what_to_do) == (True, told.way_out), stopped
    with seat.window.reading() as connection:
        assert drafts.list_of(connection, seat.window.signed_in().clerk)
    return False


def stop_of(desk: FormDesk) -> OperatingError | None:
    try:
        findings = desk.submit(PURCHASE).findings
    except OperatingError as stopped:
        return stopped
    assert not findings, findings
    return None


def put(seat: Seat, name: str, value: object) -> None:
    with seat.window.store.work() as connection:
        meta.put(connection, name, value)


def at(monkeypatch: pytest.MonkeyPatch, moment: Callable[[], datetime]) -> None:
    """The machine's clock, as the limits and the window read it."""
    for module in (limits, centre_time):
        monkeypatch.setattr(module, "utc_now", moment)


@pytest.mark.parametrize(
    ("days_left", "tone", "words", "goes_on"),
    [
        (2, Tone.GOOD, "2 天", True),
        (1, Tone.WAITING, "1 天", True),
        (0, Tone.WAITING, "0 天", True),
        (-1, Tone.WRONG, "授权已到期", False),
    ],
)
def test_days_of_the_grant(here: Seat, days_left: int, tone: Tone, words: str, goes_on: bool) -> None:
    put(here, meta.BUSINESS_DATE, here.window.signed_in().grant.not_after - timedelta(days=days_left))
    told = gauge(here, "可离线")
    assert (told.tone, told.left) == (tone, words)
    assert takes_in(here, "可离线") is goes_on


@pytest.mark.parametrize("series", [Series.CASE, Series.PAPER])
@pytest.mark.parametrize(
    ("left", "tone", "goes_on"),
    [
        (LIMITS.numbers_warn + 1, Tone.GOOD, True),
        (LIMITS.numbers_warn, Tone.WAITING, True),
        (LIMITS.numbers_left + 1, Tone.WAITING, True),
        (LIMITS.numbers_left, Tone.WRONG, False),
        (0, Tone.WRONG, False),
    ],
)
def test_numbers_that_every_case_takes(here: Seat, series: Series, left: int, tone: Tone, goes_on: bool) -> None:
    keep(here, series, left)
    told = gauge(here, "号段余")
    assert (told.tone, told.left) == (tone, f"{left} 个")
    assert takes_in(here, "号段余") is goes_on
    if not goes_on:
        asyncio.run(here.machine.exchange())
        assert takes_in(here, "号段余"), "the way out"


def keep(seat: Seat, series: Series, left: int) -> None:
    """Use up numbers until so many are left."""
    with seat.window.store.work() as connection:
        for _ in range(numbers.left(connection)[series] - left):
            numbers.take(connection, series.name, BUSINESS_DATE)


@pytest.mark.parametrize("series", [Series.EMPLOYER, Series.ACCOUNT, Series.LOAN])
def test_numbers_that_some_cases_take_are_warned_of_by_name_and_stop_only_those(here: Seat, series: Series) -> None:
    keep(here, series, LIMITS.numbers_warn + 1)
    assert gauge(here, "号段余").tone is Tone.GOOD
    keep(here, series, LIMITS.numbers_warn)
    told = gauge(here, "号段余")
    assert (told.tone, told.left) == (Tone.WAITING, f"{series.label} {LIMITS.numbers_warn} 个")
    keep(here, series, 0)
    assert gauge(here, "号段余").left == f"{series.label} 0 个"
    assert takes_in(here, "号段余")
    with (
        pytest.raises(OperatingError, match=f"{series.label}的号段已用完") as stopped,
        here.window.store.work() as work,
    ):
        numbers.take(work, series.name, BUSINESS_DATE)
    assert "同步" in stopped.value.what_to_do


@pytest.mark.parametrize(
    ("days", "tone", "goes_on"),
    [
        (LIMITS.oldest_unsent_days - 3, Tone.GOOD, True),
        (LIMITS.oldest_unsent_days - 2, Tone.WAITING, True),
        (LIMITS.oldest_unsent_days, Tone.WAITING, True),
        (LIMITS.oldest_unsent_days + 1, Tone.WRONG, False),
    ],
)
def test_the_oldest_case_that_the_centre_has_not_answered(
    centre: TestCentre, here: Seat, days: int, tone: Tone, goes_on: bool
) -> None:
    here.machine.save()
    with here.window.store.work() as connection:
        made_at = utc_text(utc_now() - timedelta(days=days, minutes=1))
        connection.execute(schema.outbox.update().values(made_at=made_at))
    told = gauge(here, "最早待同步")
    assert (told.tone, told.left) == (tone, f"{days} 天前")
    assert takes_in(here, "最早待同步") is goes_on
    if not goes_on:
        asyncio.run(here.machine.exchange())
        assert gauge(here, "最早待同步").tone is Tone.WRONG, "handed in is not answered"
        post(centre)
        asyncio.run(here.machine.exchange())
        assert gauge(here, "最早待同步").left == "无"
        assert takes_in(here, "最早待同步"), "the way out"


@pytest.mark.parametrize(
    ("free_mib", "tone", "goes_on"),
    [
        (2 * LIMITS.disk_free_mib + 1, Tone.GOOD, True),
        (2 * LIMITS.disk_free_mib, Tone.WAITING, True),
        (LIMITS.disk_free_mib + 1, Tone.WAITING, True),
        (LIMITS.disk_free_mib, Tone.WRONG, False),
    ],
)
def test_room_on_the_disk(
    here: Seat, monkeypatch: pytest.MonkeyPatch, free_mib: int, tone: Tone, goes_on: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free_mib * MIB))
    told = gauge(here, "磁盘可用")
    assert (told.tone, told.left) == (tone, f"{free_mib} MB")
    assert takes_in(here, "磁盘可用") is goes_on


@pytest.mark.parametrize("way", [1, -1], ids=["ahead", "behind"])
@pytest.mark.parametrize(
    ("minutes", "tone", "goes_on"),
    [
        (LIMITS.clock_skew_minutes / 2 - 1, Tone.GOOD, True),
        (LIMITS.clock_skew_minutes / 2, Tone.WAITING, True),
        (LIMITS.clock_skew_minutes - 1, Tone.WAITING, True),
        (LIMITS.clock_skew_minutes, Tone.WRONG, False),
    ],
)
def test_a_clock_that_a_greeting_found_wrong(here: Seat, way: int, minutes: float, tone: Tone, goes_on: bool) -> None:
    put(here, kept.HEARD_AT, utc_text(utc_now() - timedelta(days=1)))
    put(here, meta.CLOCK_SKEW_SECONDS, int(way * minutes * 60))
    told = gauge(here, "时钟偏差")
    assert (told.tone, told.left) == (tone, f"{minutes:.0f} 分钟")
    assert takes_in(here, "时钟偏差") is goes_on
    if not goes_on:
        asyncio.run(here.machine.exchange())
        assert takes_in(here, "时钟偏差"), "put right and greeted again"


@pytest.mark.parametrize(("minutes", "tone"), [(4, Tone.GOOD), (6, Tone.WAITING), (11, Tone.WRONG)])
def test_a_clock_that_was_turned_back_without_a_line_is_noticed_and_turned_right_goes_on(
    here: Seat, monkeypatch: pytest.MonkeyPatch, minutes: int, tone: Tone
) -> None:
    with here.window.reading() as connection:
        heard = datetime.fromisoformat(kept.heard_at(connection))
    with monkeypatch.context() as patched:
        at(patched, lambda: heard - timedelta(minutes=minutes))
        assert gauge(here, "时钟偏差").tone is tone
        assert takes_in(here, "时钟偏差") is (tone is not Tone.WRONG)
    if tone is Tone.WRONG:
        assert takes_in(here, "时钟偏差")


def test_the_business_date_never_goes_back_behind_what_the_centre_said(
    here: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    with here.window.reading() as connection:
        heard = kept.business_date(connection)
    assert heard is not None
    at(monkeypatch, lambda: datetime.fromisoformat("2020-01-01T00:00:00+00:00"))
    with here.window.reading() as connection:
        assert here.window.business_date(connection) == heard


def test_a_damaged_file_stops_work_and_says_how_to_mend_it(here: Seat) -> None:
    here.window.store.note_damage()
    told = gauge(here, "本机数据")
    assert (told.tone, told.left) == (Tone.WRONG, "文件有损坏")
    with pytest.raises(OperatingError, match="损坏") as stopped:
        submit(here)
    assert "退出程序再打开" in stopped.value.what_to_do
