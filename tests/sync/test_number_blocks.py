"""Numbers for work without a line: leased anew in time, used up with a sentence, never the same at two windows."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.home import home
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.errors import OperatingError
from gjj_desktop.store import drafts, numbers, outbox
from gjj_desktop.sync import kept, leases
from gjj_desktop.sync.link import Block
from gjj_desktop.sync.wire import CentreAddress
from tests.counter.conftest import seat
from tests.store.released.make_store import EMPLOYER
from tests.support.centre import TestCentre, TestDevice
from tests.support.line import Line
from tests.support.window import OUTLET, Window, credit_code_of, enrolled_window

CASE = Series.CASE.name
BLOCK = 200
"""Case numbers in one block, by policy offline_limits; more are asked for below 30 %."""


@pytest.fixture
def window(centre: TestCentre, tmp_path: Path, open_keyring: dict[str, str]) -> Iterator[Window]:
    centre.add_outlet(OUTLET)
    made = enrolled_window(centre, tmp_path / "03")
    yield made
    made.store.close()


@pytest.fixture
def other(centre: TestCentre, window: Window, tmp_path: Path) -> Iterator[Window]:
    made = enrolled_window(centre, tmp_path / "04", "04", "010002")
    yield made
    made.store.close()


def left(window: Window, series: str = CASE) -> int:
    with window.store.read() as connection:
        return numbers.left(connection)[Series[series]]


def take(window: Window, count: int, series: Series = Series.CASE) -> list[str]:
    """So many numbers of the window, as they stand on paper."""
    with window.store.work() as connection:
        day = kept.business_date(connection)
        assert day is not None
        counters = [numbers.take(connection, series.name, day) for _ in range(count)]
    return [make_number(series, OUTLET, window.device[4:], counter) for counter in counters]


def meet(window: Window) -> None:
    asyncio.run(window.exchange())


@pytest.mark.parametrize("series", list(Series))
def test_a_block_is_asked_for_once_less_than_thirty_percent_are_left(window: Window, series: Series) -> None:
    block = left(window, series.name)
    kept_back = block * 3 // 10
    take(window, block - kept_back, series)
    meet(window)
    assert left(window, series.name) == kept_back
    take(window, 1, series)
    meet(window)
    assert left(window, series.name) == kept_back - 1 + block
    meet(window)
    assert left(window, series.name) == kept_back - 1 + block


def test_the_old_block_is_used_to_its_end_before_the_new_one(window: Window) -> None:
    take(window, BLOCK - 10)
    meet(window)
    assert take(window, 12) == [make_number(Series.CASE, OUTLET, "03", counter) for counter in range(191, 203)]


def test_used_up_without_a_line_the_form_stays_and_goes_on_after_the_next_meeting(window: Window) -> None:
    counter = seat(window).window
    take(window, BLOCK)
    form = FormDesk(counter, "employer.register")
    raw = EMPLOYER | {"name": "云溪市西河陶瓷厂", "credit_code": credit_code_of("990503009999")}
    form.save_draft(raw)
    assert any(gauge.name == "号段余" and gauge.left == "0 个" for gauge in home(counter).gauges)
    with pytest.raises(OperatingError, match="号段") as told:
        form.submit(raw)
    assert "联网" in told.value.what_to_do
    with window.store.read() as connection:
        assert drafts.get(connection, form.draft_id)
        assert outbox.chain_head(connection)[0] == 1
    meet(window)
    assert form.submit(raw).paper_nos


def test_two_windows_never_give_the_same_number_however_they_come_and_go(window: Window, other: Window) -> None:
    given: list[str] = []
    for round_no in range(4):
        for each in (window, other):
            given += take(each, left(each) if round_no % 2 else 150)
            meet(each)
    assert len(set(given)) == len(given) > 4 * BLOCK


def test_one_device_that_leases_on_many_lines_at_once_gets_each_counter_once(centre: TestCentre) -> None:
    centre.add_outlet(OUTLET)
    device = centre.add_device()
    with ThreadPoolExecutor(4) as pool:
        blocks = [block for found in pool.map(lambda _: lease(device, 10), range(4)) for block in found]
    counters = [counter for block in blocks for counter in range(block.first, block.last + 1)]
    assert sorted(counters) == list(range(1, 4 * 10 * 7 + 1))


def lease(device: TestDevice, times: int) -> list[Block]:
    with device.connect() as connection:
        rows = [connection.execute("select first, last from api.lease('CASE', 7)").fetchone() for _ in range(times)]
    return [Block(*row) for row in rows if row]


def test_a_lease_whose_answer_is_lost_costs_its_numbers_and_gives_none_twice(
    centre: TestCentre, window: Window
) -> None:
    before = take(window, BLOCK)
    with Line(centre.server.port) as line:
        window.use_line(CentreAddress(host="127.0.0.1", port=line.port, dbname=centre.database))
        asked = []

        def lost(data: bytes) -> bool:
            asked.append(b"api.lease" in data)
            return False

        line.cut_when_asked = lost
        line.cut_when_answered = lambda data: any(asked)
        with pytest.raises(OperatingError):
            meet(window)
    assert left(window) == 0
    window.use_line(centre.address)
    meet(window)
    leased = centre.admin.execute("select leased from core.number_lease where series = 'CASE'").fetchone()
    assert leased == (3 * BLOCK,)
    assert not set(before) & set(take(window, BLOCK))


def test_the_share_below_which_more_is_asked_for_is_policys(window: Window) -> None:
    with window.store.read() as connection:
        row = leases.row_in_force(connection, "offline_limits")
    assert row is not None
    assert row["refill_below_percent"] == 30
