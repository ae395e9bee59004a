"""An outlet without a line carries its cases to the centre on a stick, and the answers back."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, event, select

from gjj_desktop.cases.rows import Case, MaterialPage
from gjj_desktop.central.city import mark_restored, publish_policy, read_city
from gjj_desktop.central.courier import courier_in, courier_out
from gjj_desktop.central.day_end import advance_to
from gjj_desktop.central.devices import revoke_device
from gjj_desktop.central.refused import RefusedError
from gjj_desktop.central.verify import verify
from gjj_desktop.clock import utc_text
from gjj_desktop.counter import courier, limits
from gjj_desktop.counter.courier import take_in, take_out
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.domain.numbers import Series
from gjj_desktop.errors import OperatingError
from gjj_desktop.policy_files import read_policy
from gjj_desktop.rules.policy import Policy
from gjj_desktop.security.keys import new_private_key, public_key, sign
from gjj_desktop.store import blobs, meta, numbers, outbox, replica, schema, search_index, view
from gjj_desktop.sync import kept, pack
from gjj_desktop.sync.leases import BLOCK_OF
from gjj_desktop.sync.link import Link, open_link
from gjj_desktop.sync.outcomes import LinkError, unreachable
from gjj_desktop.sync.pack import TO_CENTRE, TO_WINDOW, PackError, ToCentre, open_pack, read_pack, seal_pack, write_pack
from gjj_desktop.sync.wire import FeedRow
from tests.counter.conftest import Seat
from tests.counter.test_refused_by_the_centre import PURCHASE, submit
from tests.counter.test_scanning import RAW, scan_desk
from tests.support.centre import CENTRE_KEY, TestCentre
from tests.sync.test_push_and_pull import backup_of, restore
from tests.ui.scans import a_scan


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def carry(centre: TestCentre, seat: Seat, stick: Path) -> courier.TakenIn:
    """There and back, without any line."""
    to_centre, to_window = stick / courier.file_name(seat.window), stick / "back.gjjpack"
    take_out(seat.window, to_centre)
    courier_in(centre.admin, CENTRE_KEY, to_centre)
    courier_out(centre.admin, CENTRE_KEY, seat.window.device, to_window)
    return take_in(seat.window, to_window)


def inbox(centre: TestCentre) -> list[tuple[str, int]]:
    return centre.admin.execute(
        "select device, sequence from core.inbox where device <> '000000' order by 1, 2"
    ).fetchall()


def counts(seat: Seat) -> outbox.Counts:
    return seat.machine.counts()


def test_cases_go_out_on_a_stick_and_signed_answers_come_back(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    here, _ = seats
    asked = submit(here)
    out = take_out(here.window, stick / "out.gjjpack")
    assert "业务 1 笔" in out.sentence
    assert counts(here).waiting == 1  # nothing is taken for handed in that only lies on a stick
    taken = courier_in(centre.admin, CENTRE_KEY, stick / "out.gjjpack")
    assert (taken.received, taken.seen_before, taken.not_taken, taken.posted) == (1, 0, 0, 1)
    sent = courier_out(centre.admin, CENTRE_KEY, here.window.device, stick / "back.gjjpack")
    assert sent.after > 0
    back = take_in(here.window, stick / "back.gjjpack")
    assert (back.answers, back.not_accepted) == (1, 0)
    assert counts(here).accepted == 1
    with here.window.reading() as connection:
        assert view.one(connection, Case, asked.case_no)
    assert verify(centre.admin) == []


def test_a_refusal_comes_back_as_a_task(centre: TestCentre, seats: tuple[Seat, Seat], stick: Path) -> None:
    here, there = seats
    submit(here)
    submit(there, contract_no="云网签2026110088")
    carry(centre, there, stick)
    back = carry(centre, here, stick)
    assert back.not_accepted == 1
    assert "1 笔需处理" in back.sentence
    assert counts(here).tasks == 1


def test_a_pack_carried_twice_or_an_old_one_changes_nothing(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    here, _ = seats
    submit(here)
    take_out(here.window, stick / "old.gjjpack")
    FormDesk(here.window, "withdrawal.submit").save_draft(PURCHASE)
    carry(centre, here, stick)
    shutil.copy(stick / "back.gjjpack", stick / "back-old.gjjpack")
    for _ in range(2):
        again = courier_in(centre.admin, CENTRE_KEY, stick / "old.gjjpack")
        assert (again.received, again.seen_before, again.posted) == (0, 1, 0)
    with pytest.raises(PackError, match="不用再读"):
        take_in(here.window, stick / "back.gjjpack")
    carry(centre, here, stick)
    with pytest.raises(PackError, match="不用再读"):
        take_in(here.window, stick / "back-old.gjjpack")
    assert inbox(centre) == [(here.window.device, 1)]
    assert counts(here).accepted == 1


def test_a_stick_and_then_a_line_and_then_a_stick_lose_and_double_nothing(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    here, _ = seats
    submit(here, amount_fen="1,000.00")
    take_out(here.window, stick / "early.gjjpack")
    asyncio.run(here.machine.exchange())
    FormDesk(here.window, "employer.register")
    courier_in(centre.admin, CENTRE_KEY, stick / "early.gjjpack")
    courier_out(centre.admin, CENTRE_KEY, here.window.device, stick / "back.gjjpack")
    asyncio.run(here.machine.exchange())
    with pytest.raises(PackError, match="不用再读"):
        take_in(here.window, stick / "back.gjjpack")
    assert counts(here).accepted == 1
    assert inbox(centre) == [(here.window.device, 1)]


def test_another_windows_or_citys_pack_is_refused_with_a_sentence(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    here, there = seats
    submit(there)
    take_out(there.window, stick / "there.gjjpack")
    courier_in(centre.admin, CENTRE_KEY, stick / "there.gjjpack")
    courier_out(centre.admin, CENTRE_KEY, there.window.device, stick / "back.gjjpack")
    with pytest.raises(PackError, match="990504 号窗口的回执包"):
        take_in(here.window, stick / "back.gjjpack")
    with pytest.raises(PackError, match="业务包，不是中心的回执包"):
        take_in(here.window, stick / "there.gjjpack")
    with pytest.raises(PackError, match="回执包，不是窗口的业务包"):
        courier_in(centre.admin, CENTRE_KEY, stick / "back.gjjpack")
    centre.admin.execute("update core.city set city = '8800'")
    with pytest.raises(RefusedError, match="另一个城市"):
        courier_in(centre.admin, CENTRE_KEY, stick / "there.gjjpack")
    take_out(here.window, stick / "here.gjjpack")
    courier_out(centre.admin, CENTRE_KEY, here.window.device, stick / "other-city.gjjpack")
    with pytest.raises(PackError, match="另一个城市"):
        take_in(here.window, stick / "other-city.gjjpack")


def test_a_pack_for_us_under_another_windows_name_is_not_believed(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    """The head says our number, the rest was made for another window."""
    here, there = seats
    courier_out(centre.admin, CENTRE_KEY, there.window.device, stick / "back.gjjpack")
    theirs = read_pack(stick / "back.gjjpack", TO_WINDOW)
    renamed = msgspec.structs.replace(theirs, device=here.window.device)
    write_pack(stick / "renamed.gjjpack", renamed)
    with pytest.raises(PackError, match="签名不对"):
        take_in(here.window, stick / "renamed.gjjpack")


def test_what_is_on_the_stick_can_not_be_read_changed_or_forged(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    here, _ = seats
    submit(here)
    path = stick / "out.gjjpack"
    take_out(here.window, path)
    assert "王𬭩".encode() not in path.read_bytes()
    whole = read_pack(path, TO_CENTRE)
    with pytest.raises(PackError, match="打不开"):
        open_pack(whole, ToCentre, [here.window.device_key], device_public(here))
    stranger = new_private_key()
    empty = ToCentre(envelopes=(), pages=(), epoch="", cursor=0, wanted={})
    with here.window.reading() as connection:
        centre_public = kept.settings(connection).enrolled.centre_public_key
    head = msgspec.structs.replace(whole, sealed=b"", signature=b"")
    write_pack(path, seal_pack(head, empty, centre_public, lambda message: sign(stranger, message)))
    with pytest.raises(PackError, match="签名不对"):
        courier_in(centre.admin, CENTRE_KEY, path)
    write_pack(path, msgspec.structs.replace(whole, suite="sm2-sm4"))
    with pytest.raises(PackError, match="加密方式"):
        courier_in(centre.admin, CENTRE_KEY, path)
    assert inbox(centre) == []


def device_public(seat: Seat) -> bytes:
    return public_key(seat.window.device_key)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.7, 0.999])
def test_a_pack_cut_off_anywhere_is_refused_and_the_whole_one_taken_after_it(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path, share: float
) -> None:
    here, _ = seats
    submit(here)
    path = stick / "out.gjjpack"
    take_out(here.window, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(PackError, match=r"数据包不完整|不是数据交换包") as told:
        courier_in(centre.admin, CENTRE_KEY, path)
    assert told.value.what_to_do
    assert inbox(centre) == []
    path.write_bytes(whole)
    assert courier_in(centre.admin, CENTRE_KEY, path).received == 1


@pytest.mark.parametrize("at", range(0, 1000, 90))
def test_a_byte_that_the_stick_lost_is_noticed(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path, at: int
) -> None:
    here, _ = seats
    courier_out(centre.admin, CENTRE_KEY, here.window.device, stick / "back.gjjpack")
    content = bytearray((stick / "back.gjjpack").read_bytes())
    content[at * len(content) // 1000] ^= 0x20
    (stick / "back.gjjpack").write_bytes(content)
    with pytest.raises(PackError):
        take_in(here.window, stick / "back.gjjpack")


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_a_stick_pulled_out_while_writing_leaves_the_old_pack_or_none(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = seats
    path = stick / "out.gjjpack"
    submit(here)
    take_out(here.window, path)
    before = path.read_bytes()

    def gone(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        if step == "open":
            patched.setattr(Path, "open", gone)
        else:
            patched.setattr(pack.os, step, gone)
        with pytest.raises(PackError, match="没有写到移动介质上"):
            take_out(here.window, path)
    assert path.read_bytes() == before
    assert [each.name for each in stick.iterdir()] == ["out.gjjpack"]
    with pytest.raises(PackError, match="读不出来"):
        read_pack(stick / "nothing.gjjpack", TO_CENTRE)
    assert courier_in(centre.admin, CENTRE_KEY, path).received == 1


def test_a_window_out_of_service_brings_nothing_in_by_a_stick_either(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    here, _ = seats
    submit(here)
    take_out(here.window, stick / "out.gjjpack")
    revoke_device(centre.admin, here.window.device)
    with pytest.raises(RefusedError, match="不在使用中"):
        courier_in(centre.admin, CENTRE_KEY, stick / "out.gjjpack")
    assert inbox(centre) == []


def test_fresh_numbers_come_back_with_the_answers(centre: TestCentre, seats: tuple[Seat, Seat], stick: Path) -> None:
    here, _ = seats
    with here.window.store.work() as connection:
        left = numbers.left(connection)[Series.CASE]
        day = here.window.business_date(connection)
        last = [numbers.take(connection, Series.CASE.name, day) for _ in range(left)][-1]
    carry(centre, here, stick)
    with here.window.store.work() as connection:
        assert numbers.left(connection)[Series.CASE] == 2 * left, "for the way there and back"
        assert numbers.take(connection, Series.CASE.name, day) == last + 1


def test_pages_of_materials_travel_on_the_stick(centre: TestCentre, seats: tuple[Seat, Seat], stick: Path) -> None:
    here, there = seats
    case_no = with_pages(here)
    carry(centre, here, stick)
    assert page_states(here, case_no) == ["held"]
    with here.window.reading() as connection:
        assert blobs.count_to_send(connection) == 0
    asyncio.run(there.machine.exchange())
    assert page_states(there, case_no) == ["held"]


def test_pages_past_the_room_of_a_pack_go_with_the_next(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = seats
    case_no = with_pages(here)
    with monkeypatch.context() as patched:
        patched.setattr(courier, "PAGES_BYTES_MAX", 10)
        out = take_out(here.window, stick / "out.gjjpack")
        assert (out.pages, out.pages_left) == (0, 1)
        assert "材料 1 页下次再带" in out.sentence
        carry(centre, here, stick)
    assert page_states(here, case_no) == ["announced"]
    carry(centre, here, stick)
    assert page_states(here, case_no) == ["held"]


def with_pages(seat: Seat) -> str:
    desk = FormDesk(seat.window, "withdrawal.submit")
    scans = scan_desk(seat.window, desk)
    assert scans.add("no_home", [a_scan(3, size=(400, 560))]).added == 1
    answer = desk.submit(RAW)
    assert not answer.findings, answer.findings
    return answer.case_no


def page_states(seat: Seat, case_no: str) -> list[str]:
    with seat.window.reading() as connection:
        return [row.state for row in view.rows_of(connection, MaterialPage, "case_no", case_no)]


def test_answers_that_do_not_join_on_are_not_taken(centre: TestCentre, seats: tuple[Seat, Seat], stick: Path) -> None:
    """The window's folder was put back to before the pack from which the centre counts."""
    here, _ = seats
    submit(here)
    take_out(here.window, stick / "out.gjjpack")
    courier_in(centre.admin, CENTRE_KEY, stick / "out.gjjpack")
    courier_out(centre.admin, CENTRE_KEY, here.window.device, stick / "back.gjjpack")
    with here.window.store.work() as connection:
        replica.clear_replica(connection)
    with pytest.raises(PackError, match="缺少前面的内容"):
        take_in(here.window, stick / "back.gjjpack")
    courier_out(centre.admin, CENTRE_KEY, here.window.device, stick / "whole.gjjpack", whole=True)
    assert take_in(here.window, stick / "whole.gjjpack").rows > 0
    assert counts(here).accepted == 1


def test_everybody_is_found_after_a_pack_that_came_before_the_line_had_brought_everything(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line broke when all rows were there and nothing of them could be searched yet."""
    here, _ = seats
    with here.window.store.work() as connection:
        replica.clear_replica(connection)

    async def broken(link: Link) -> None:
        raise unreachable()

    with monkeypatch.context() as patch:
        patch.setattr(Link, "rest", broken)
        with pytest.raises(LinkError):
            asyncio.run(here.machine.exchange())
    courier_out(centre.admin, CENTRE_KEY, here.window.device, stick / "whole.gjjpack", whole=True)
    assert take_in(here.window, stick / "whole.gjjpack").rows > 0
    found = terms(here)
    with here.window.store.work() as connection:
        search_index.rebuild(connection)
    assert found == terms(here) != set()


def terms(seat: Seat) -> set[Any]:
    with seat.window.reading() as connection:
        return {tuple(row) for row in connection.execute(select(schema.search_term))}


def test_a_centre_restored_from_a_backup_is_met_on_a_stick_with_the_whole_feed(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    here, _ = seats
    backup = backup_of(centre)
    submit(here, amount_fen="1,000.00")
    carry(centre, here, stick)
    assert counts(here).accepted == 1
    restore(centre, backup)
    courier_out(centre.admin, CENTRE_KEY, here.window.device, stick / "back.gjjpack")
    assert take_in(here.window, stick / "back.gjjpack").rows > 0
    assert counts(here).waiting == 1
    carry(centre, here, stick)
    assert counts(here).accepted == 1
    assert inbox(centre) == [(here.window.device, 1)]


def test_nobody_signed_in_writes_no_pack(seats: tuple[Seat, Seat], stick: Path) -> None:
    here, _ = seats
    here.window.session = None
    with pytest.raises(OperatingError, match="登录"):
        take_out(here.window, stick / "out.gjjpack")
    assert not list(stick.iterdir())


def test_a_forged_greeting_or_row_is_not_believed(centre: TestCentre, seats: tuple[Seat, Seat], stick: Path) -> None:
    """Signed by the centre, but by a centre that no longer holds this window for its own."""
    here, _ = seats
    centre.admin.execute("update core.registration set outlet = '9906' where device = %s", (here.window.device,))
    courier_out(centre.admin, CENTRE_KEY, here.window.device, stick / "back.gjjpack")
    with pytest.raises(LinkError):
        take_in(here.window, stick / "back.gjjpack")


class PowerCutError(Exception):
    """The power went."""


@contextmanager
def power_lasts_for(seat: Seat, statements: int) -> Iterator[Callable[[], bool]]:
    """The window's process ends before statement number `statements`; says whether it came to that."""
    left = [statements]

    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise PowerCutError

    event.listen(seat.window.store._writer, "before_cursor_execute", count)
    try:
        yield lambda: left[0] < 0
    finally:
        event.remove(seat.window.store._writer, "before_cursor_execute", count)


def state_of(seat: Seat) -> object:
    with seat.window.reading() as connection:
        return (
            outbox.counts(connection),
            replica.cursor(connection),
            kept.heard_at(connection),
            kept.business_date(connection),
            [numbers.left(connection)[series] for series in Series],
        )


def test_a_window_that_dies_anywhere_while_it_reads_a_pack_has_taken_nothing_and_reads_it_again(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    here, _ = seats
    submit(here)
    take_out(here.window, stick / "out.gjjpack")
    courier_in(centre.admin, CENTRE_KEY, stick / "out.gjjpack")
    courier_out(centre.admin, CENTRE_KEY, here.window.device, stick / "back.gjjpack")
    before = state_of(here)
    died = 0
    while True:
        with power_lasts_for(here, died) as has_died, suppress(PowerCutError):
            take_in(here.window, stick / "back.gjjpack")
        if not has_died():
            break
        assert state_of(here) == before
        died += 1
    assert died > 20
    assert counts(here).accepted == 1


class _Failing:
    """The administrator's connection, on which call number `calls` never reaches the server."""

    def __init__(self, connection: Any, calls: int) -> None:
        self._connection, self.left = connection, calls

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, query: Any, *values: Any, **options: Any) -> Any:
        self.left -= 1
        if self.left < 0 and query != "reset session authorization":
            raise PowerCutError
        return self._connection.execute(query, *values, **options)


def test_a_pack_of_which_the_centre_took_a_part_is_read_again_and_gone_on_with(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    here, _ = seats
    case_no = with_pages(here)
    take_out(here.window, stick / "out.gjjpack")
    for calls in count():
        admin = _Failing(centre.admin, calls)
        with suppress(PowerCutError):
            courier_in(admin, CENTRE_KEY, stick / "out.gjjpack")  # type: ignore[arg-type]
        assert centre.admin.execute(
            "select session_user = current_user and usesuper from pg_user where usename = session_user"
        ).fetchone() == (True,)
        if admin.left >= 0:
            break
    assert calls > 10
    courier_out(centre.admin, CENTRE_KEY, here.window.device, stick / "back.gjjpack")
    take_in(here.window, stick / "back.gjjpack")
    assert inbox(centre) == [(here.window.device, 1)]
    assert page_states(here, case_no) == ["held"]
    assert counts(here).accepted == 1


def test_an_outlet_that_never_has_a_line_goes_on_for_ever(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    """Twelve trips, each after four days and a whole block of numbers: grants, business date and numbers come along."""
    here, _ = seats
    first = here.window.signed_in().grant.not_after
    with here.window.reading() as connection:
        day = here.window.business_date(connection)
    block = read_policy().on("offline_limits", day)
    for _ in range(12):
        with here.window.store.work() as connection:
            for series in Series:
                for _ in range(block[BLOCK_OF[series]] - 1):
                    numbers.take(connection, series.name, day)
        here.machine.save()
        day += timedelta(days=4)
        advance_to(centre.admin, CENTRE_KEY, day)
        back = carry(centre, here, stick)
        assert (back.answers, counts(here).waiting) == (1, 0)
        with here.window.reading() as connection:
            assert kept.business_date(connection) == day
            told = {gauge.name: gauge for gauge in limits.gauges(here.window, connection)}
        assert {name: gauge.left for name, gauge in told.items() if gauge.tone is limits.Tone.WRONG} == {}
        assert (told["最早待同步"].left, told["号段余"].tone) == ("无", limits.Tone.GOOD)
    with here.window.reading() as connection:
        now = here.window.grant(connection)
    assert now is not None
    assert now.not_after > first + timedelta(days=40), "without having signed in again"


def test_policy_that_was_published_meanwhile_comes_on_the_stick(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    here, _ = seats
    tables = dict(read_policy().tables)
    row = {**tables["offline_limits"].rows[0].values, "oldest_unsent_days": 9}
    tables["offline_limits"] = msgspec.structs.replace(
        tables["offline_limits"], rows=(msgspec.structs.replace(tables["offline_limits"].rows[0], values=row),)
    )
    publish_policy(centre.admin, Policy("later", tables))
    carry(centre, here, stick)
    with here.window.reading() as connection:
        limits_now = here.window.policy(connection).on("offline_limits", here.window.business_date(connection))
    assert limits_now.oldest_unsent_days == 9


def test_a_pack_of_a_centre_whose_clock_was_ahead_once_does_not_keep_later_ones_out(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    here, _ = seats
    submit(here)
    with here.window.store.work() as connection:
        kept_hello_later_by_a_year(connection)
    assert carry(centre, here, stick).answers == 1
    with here.window.reading() as connection:
        assert kept.heard_at(connection) < "2027-06"


def test_the_line_broke_after_its_greeting_and_the_pack_is_older_than_that_but_has_the_answers(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    here, _ = seats
    submit(here)
    take_out(here.window, stick / "out.gjjpack")
    courier_in(centre.admin, CENTRE_KEY, stick / "out.gjjpack")
    courier_out(centre.admin, CENTRE_KEY, here.window.device, stick / "back.gjjpack")
    day = read_city(centre.admin).business_date + timedelta(days=1)
    advance_to(centre.admin, CENTRE_KEY, day)
    asyncio.run(greeted_only(here))
    assert take_in(here.window, stick / "back.gjjpack").answers == 1
    with here.window.reading() as connection:
        assert kept.business_date(connection) == day, "it does not go back"
    asyncio.run(here.machine.exchange())
    assert counts(here).accepted == 1


def test_a_pack_that_comes_in_between_a_page_of_the_line_and_its_writing_is_not_undone(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = seats
    submit(here)
    take_out(here.window, stick / "out.gjjpack")
    courier_in(centre.admin, CENTRE_KEY, stick / "out.gjjpack")
    pulled = Link.pull
    cursors: list[int] = []

    async def slow(link: Link, after: int, rows_max: int) -> list[FeedRow]:
        page = await pulled(link, after, rows_max)
        if not cursors and page:
            advance_to(centre.admin, CENTRE_KEY, read_city(centre.admin).business_date + timedelta(days=5))
            courier_out(centre.admin, CENTRE_KEY, here.window.device, stick / "back.gjjpack")
            take_in(here.window, stick / "back.gjjpack")
            with here.window.reading() as connection:
                cursors.append(replica.cursor(connection))
        return page

    monkeypatch.setattr(Link, "pull", slow)
    asyncio.run(here.machine.exchange())
    with here.window.reading() as connection:
        assert replica.cursor(connection) >= cursors[0]
    assert counts(here).accepted == 1
    assert verify(centre.admin) == []


def test_what_is_more_than_a_device_may_hand_in_on_a_day_waits_for_the_same_pack_tomorrow(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    here, _ = seats
    for _ in range(3):
        here.machine.save()
    take_out(here.window, stick / "out.gjjpack")
    centre.admin.execute(
        "insert into core.intake_day (device, day, commands) values (%s, core.today(), %s)"
        " on conflict (device, day) do update set commands = excluded.commands",
        (here.window.device, 50_000 - 2),
    )
    taken = courier_in(centre.admin, CENTRE_KEY, stick / "out.gjjpack")
    assert (taken.received, taken.not_taken, taken.stopped_at) == (2, 1, "full")
    assert "明天" in taken.what_to_do
    centre.admin.execute("update core.intake_day set commands = 0")
    again = courier_in(centre.admin, CENTRE_KEY, stick / "out.gjjpack")
    assert (again.received, again.seen_before, again.what_to_do) == (1, 2, "")


def test_a_centre_that_misses_what_it_once_took_is_noticed_by_the_pack(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    """Restored, and nobody told it so: the epoch is the same, the mark of what it holds is behind."""
    here, _ = seats
    backup = backup_of(centre)
    submit(here)
    carry(centre, here, stick)
    restore(centre, backup)
    centre.admin.execute("update core.city set epoch = %s", (epoch_of(here),))
    courier_out(centre.admin, CENTRE_KEY, here.window.device, stick / "whole.gjjpack", whole=True)
    take_in(here.window, stick / "whole.gjjpack")
    assert counts(here).waiting == 1
    carry(centre, here, stick)
    assert counts(here).accepted == 1


def test_a_centre_that_was_restored_sends_the_whole_feed_by_itself(
    centre: TestCentre, seats: tuple[Seat, Seat], stick: Path
) -> None:
    here, _ = seats
    submit(here)
    carry(centre, here, stick)
    take_out(here.window, stick / "out.gjjpack")
    mark_restored(centre.admin)
    courier_in(centre.admin, CENTRE_KEY, stick / "out.gjjpack")
    assert courier_out(centre.admin, CENTRE_KEY, here.window.device, stick / "back.gjjpack").after == 0
    take_in(here.window, stick / "back.gjjpack")
    assert counts(here).accepted == 1


def epoch_of(seat: Seat) -> str:
    with seat.window.reading() as connection:
        return meta.get(connection, meta.EPOCH, str) or ""


def kept_hello_later_by_a_year(connection: Connection) -> None:
    heard = datetime.fromisoformat(kept.heard_at(connection))
    meta.put(connection, kept.HEARD_AT, utc_text(heard + timedelta(days=365)))


async def greeted_only(seat: Seat) -> None:
    """The line breaks after the greeting."""
    machine = seat.machine
    with machine.store.read() as connection:
        settings = kept.settings(connection)
    async with open_link(settings.address, machine.device, kept.password(machine.vault)) as link:
        hello = await link.hello()
    with machine.store.work() as connection:
        kept.keep_greeting(connection, hello, 0)
