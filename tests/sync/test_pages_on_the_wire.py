"""Pages of materials between windows and centre, over a real line cut anywhere and by programs that are killed."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest

from gjj_desktop import clock
from gjj_desktop.cases.material_pages import ANNOUNCED, HELD
from gjj_desktop.cases.rows import MaterialPage, PageRef
from gjj_desktop.central.city import mark_restored
from gjj_desktop.central.row_tables import publish
from gjj_desktop.clock import utc_now
from gjj_desktop.store import blobs, draft_pages, outbox, view
from gjj_desktop.sync import blobs as wire_of_pages
from gjj_desktop.sync import kept
from gjj_desktop.sync.exchange import exchange
from gjj_desktop.sync.link import open_link
from gjj_desktop.sync.outcomes import LinkError
from gjj_desktop.sync.pull import Changes
from gjj_desktop.sync.state import SyncKind, long_words, short_words
from gjj_desktop.sync.wire import CHUNK_BYTES, CentreAddress
from tests.support.centre import TestCentre
from tests.support.line import Line
from tests.support.window import OUTLET, Watched, Window, enrolled_window, post, until

CASE = "990503000001"
CHUNK_COUNT = 4


def mark(page: int, chunk: int) -> bytes:
    """What a chunk of a page is full of, so that it is recognised on the line."""
    return b"<page %02d chunk %02d>" % (page, chunk)


def a_page(number: int, chunks: int = CHUNK_COUNT) -> bytes:
    """Bytes of so many chunks, the last one short."""
    whole = b"".join((mark(number, chunk) * (CHUNK_BYTES // 18 + 1))[:CHUNK_BYTES] for chunk in range(chunks))
    return whole[: -CHUNK_BYTES // 2]


def digest_of(page: bytes) -> str:
    return sha256(page).hexdigest()


@pytest.fixture
def window(centre: TestCentre, tmp_path: Path, open_keyring: dict[str, str]) -> Iterator[Window]:
    centre.add_outlet(OUTLET)
    made = enrolled_window(centre, tmp_path / "03")
    yield made
    made.store.close()


@pytest.fixture
def colleague(centre: TestCentre, window: Window, tmp_path: Path) -> Iterator[Window]:
    made = enrolled_window(centre, tmp_path / "04", "04", "010002")
    yield made
    made.store.close()


@pytest.fixture
def line(centre: TestCentre, window: Window) -> Iterator[Line]:
    with Line(centre.server.port) as open_line:
        window.use_line(CentreAddress(host="127.0.0.1", port=open_line.port, dbname=centre.database))
        yield open_line


def take_in(window: Window, centre: TestCentre, *pages: bytes, named: bool = True) -> None:
    """The window handed in a case with these pages; the centre has posted it when it is `named`."""
    with window.store.work() as connection:
        for page in pages:
            blobs.put(connection, page, blobs.TO_SEND)
    if named:
        name(centre, *pages)


def name(centre: TestCentre, *pages: bytes, case_no: str = CASE) -> None:
    rows = [
        MaterialPage(
            material_page=f"{case_no}:no_home:{number}",
            case_no=case_no,
            outlet=OUTLET,
            material="no_home",
            page_no=number,
            digest=digest_of(page),
            size_bytes=len(page),
        )
        for number, page in enumerate(pages, 1)
    ]
    publish(centre.admin, rows)


def held_at(centre: TestCentre) -> set[str]:
    return {digest for (digest,) in centre.admin.execute("select digest from core.blob")}


def to_send(window: Window) -> int:
    with window.store.read() as connection:
        return blobs.count_to_send(connection)


def exchange_until_done(window: Window) -> None:
    """As the worker does: exchange again as long as there is more to move."""
    while asyncio.run(window.exchange()).more:
        pass


async def fetching(window: Window, wanted: wire_of_pages.Wanted) -> Changes:
    with window.store.read() as connection:
        settings = kept.settings(connection)
    async with open_link(settings.address, window.device, kept.password(window.vault)) as link:
        changes = await exchange(link, window.store, lambda total: None, wanted)
        while changes.more:
            changes = await exchange(link, window.store, lambda total: None, wanted)
        return changes


def test_pages_follow_their_case_and_every_window_hears_that_the_centre_holds_them(
    centre: TestCentre, window: Window, colleague: Window
) -> None:
    pages = [a_page(number) for number in range(3)]
    take_in(window, centre, *pages)
    exchange_until_done(window)
    assert held_at(centre) == {digest_of(page) for page in pages}
    assert to_send(window) == 0
    assert post(centre).held == 3
    for each in (window, colleague):
        asyncio.run(each.exchange())
        with each.store.read() as connection:
            rows = view.rows_of(connection, MaterialPage, "case_no", CASE)
            assert [row.state for row in rows] == [HELD] * 3


@pytest.mark.parametrize("asked", [True, False], ids=["while asked", "while answered"])
@pytest.mark.parametrize("chunk", range(CHUNK_COUNT))
def test_a_line_cut_at_any_chunk_costs_that_chunk_and_no_more(
    centre: TestCentre, window: Window, line: Line, chunk: int, asked: bool
) -> None:
    page = a_page(1)
    take_in(window, centre, page)
    if asked:
        line.cut_when_asked = lambda data: mark(1, chunk) in data
    else:
        line.lose_answer_to(mark(1, chunk))
    with pytest.raises(LinkError):
        exchange_until_done(window)
    assert line.cuts == 1
    line.mend()
    seen: set[int] = set()
    line.cut_when_asked = lambda data: (
        seen.update(each for each in range(CHUNK_COUNT) if mark(1, each) in data) or False
    )  # type: ignore[func-returns-value]
    exchange_until_done(window)
    assert held_at(centre) == {digest_of(page)}
    assert to_send(window) == 0
    assert seen <= set(range(chunk, CHUNK_COUNT))
    assert centre.admin.execute("select count(*) from core.blob_upload").fetchone() == (0,)


@pytest.mark.parametrize("chunk", range(CHUNK_COUNT))
def test_a_program_killed_at_any_chunk_goes_on_from_there(centre: TestCentre, window: Window, chunk: int) -> None:
    pages = [a_page(1), a_page(2)]
    take_in(window, centre, *pages)
    with Line(centre.server.port) as line:
        window.use_line(CentreAddress(host="127.0.0.1", port=line.port, dbname=centre.database))
        window.store.close()
        arguments = [str(window.folder), window.key.hex(), window.vault.service]
        program = subprocess.Popen([sys.executable, "-m", "tests.support.exchange_program", *arguments])

        def look(data: bytes) -> bool:
            if mark(1, chunk) in data:
                program.kill()
            return False

        line.cut_when_asked = look
        try:
            assert program.wait(60) == -9
        finally:
            program.kill()
    window.open()
    window.use_line(centre.address)
    assert window.store.faults() == []
    exchange_until_done(window)
    assert held_at(centre) == {digest_of(page) for page in pages}
    assert to_send(window) == 0


def test_a_page_whose_case_the_centre_has_not_posted_waits(centre: TestCentre, window: Window) -> None:
    page = a_page(1)
    with window.store.work() as connection:
        draft_pages.put(connection, "sheet", [PageRef(material="no_home", digest=digest_of(page), size_bytes=9)])
    window.save()
    with window.store.work() as connection:  # the case that was just saved names it
        command_id = outbox.entries(connection)[0].command_id
        draft_pages.put(connection, command_id, draft_pages.of_draft(connection, "sheet"))
    take_in(window, centre, page, named=False)
    exchange_until_done(window)
    assert held_at(centre) == set()
    name(centre, page)
    exchange_until_done(window)
    assert held_at(centre) == {digest_of(page)}


def test_a_command_that_is_handed_in_meanwhile_goes_first(
    centre: TestCentre, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(window, centre, a_page(1))
    asyncio.run(window.exchange())

    async def turn() -> wire_of_pages.Moved:
        with window.store.read() as connection:
            settings = kept.settings(connection)
        async with open_link(settings.address, window.device, kept.password(window.vault)) as link:
            return await wire_of_pages.move_pages(link, window.store, {})

    take_in(window, centre, a_page(2))
    window.save()
    assert asyncio.run(turn()) == wire_of_pages.Moved(more=True)
    exchange_until_done(window)
    assert len(held_at(centre)) == 2


def test_turns_are_short_and_follow_each_other_until_all_is_there(
    centre: TestCentre, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_of_pages, "TURN_BYTES", 2 * CHUNK_BYTES)
    take_in(window, centre, *(a_page(number) for number in range(3)))
    with Watched(window) as watched:
        until(lambda: to_send(window) == 0)
        until(lambda: watched.state.kind is SyncKind.SYNCED)
    counted = [state.pages for state, _ in watched.heard]
    assert counted[-1] == 0
    assert sorted(counted, reverse=True) == counted
    assert len(set(counted)) > 1


def test_synced_is_not_said_while_pages_are_still_to_be_sent(centre: TestCentre, window: Window, line: Line) -> None:
    exchange_until_done(window)
    take_in(window, centre, a_page(1), a_page(2))
    watched = Watched(window)
    state = watched.engine.state()
    assert state.pages == 2
    line.cut_when_asked = lambda data: mark(1, 1) in data
    with watched:
        until(
            lambda: (
                watched.heard and watched.state.kind is SyncKind.OFFLINE and watched.state.reason != "正在连接中心。"
            )
        )
        assert short_words(watched.state) == "离线 · 材料待传 2 页"
        line.mend()
        watched.engine.nudge(now=True)
        until(lambda: watched.state.kind is SyncKind.SYNCED)
    assert short_words(watched.state) == "已同步"


def test_a_window_whose_day_is_full_says_so_and_goes_on_with_its_cases(centre: TestCentre, window: Window) -> None:
    centre.admin.execute("update core.blob_limit set device_bytes_max_a_day = %s", (2 * CHUNK_BYTES,))
    take_in(window, centre, a_page(1))
    with Watched(window) as watched:
        until(lambda: watched.state.pages_full)
        window.save()
        watched.engine.nudge()
        until(lambda: window.counts().handed_in == 1)
        post(centre)
        until(lambda: window.counts().accepted == 1)
        until(lambda: watched.state.pending == 0)
        assert short_words(watched.state) == "材料待传 1 页"
        assert "今天可传的材料已满" in "".join(long_words(watched.state, utc_now()))


def test_a_page_is_fetched_when_somebody_wants_to_see_it_and_gone_on_with_after_a_cut(
    centre: TestCentre, window: Window, colleague: Window
) -> None:
    page, unseen = a_page(1), a_page(2)
    take_in(window, centre, page, unseen)
    exchange_until_done(window)
    post(centre)
    asyncio.run(colleague.exchange())
    wanted: wire_of_pages.Wanted = {digest_of(page): [], "00" * 32: []}
    with Line(centre.server.port) as line:
        colleague.use_line(CentreAddress(host="127.0.0.1", port=line.port, dbname=centre.database))
        line.cut_when_answered = lambda data: mark(1, 2) in data
        with pytest.raises(LinkError):
            asyncio.run(fetching(colleague, wanted))
        assert len(wanted[digest_of(page)]) == 2
        line.mend()
        passed: set[int] = set()
        line.cut_when_answered = lambda data: passed.update(each for each in range(4) if mark(1, each) in data) or False  # type: ignore[func-returns-value]
        changes = asyncio.run(fetching(colleague, wanted))
    assert passed == {2, 3}
    assert wanted == {}
    assert "Blob" in changes.row_types
    with colleague.store.read() as connection:
        assert blobs.get(connection, digest_of(page)) == page
        assert blobs.get(connection, digest_of(unseen)) is None


def test_the_worker_fetches_what_is_wanted_and_tells_its_listeners(
    centre: TestCentre, window: Window, colleague: Window
) -> None:
    page = a_page(1)
    take_in(window, centre, page)
    exchange_until_done(window)
    post(centre)
    with Watched(colleague) as watched:
        until(lambda: watched.state.kind is SyncKind.SYNCED)
        watched.engine.want([digest_of(page)])
        until(lambda: any("Blob" in changes.row_types for _, changes in watched.heard))
    with colleague.store.read() as connection:
        assert dict(blobs.states(connection)) == {digest_of(page): blobs.HELD}


def test_bytes_that_are_not_the_page_s_are_not_kept_and_stand_in_nobody_s_way(
    centre: TestCentre, window: Window, colleague: Window
) -> None:
    page = a_page(1)
    take_in(window, centre, page)
    exchange_until_done(window)
    post(centre)
    asyncio.run(colleague.exchange())
    centre.admin.execute("update core.blob_chunk set body = set_byte(body, 0, 0) where number = 1")
    wanted: wire_of_pages.Wanted = {digest_of(page): []}
    with pytest.raises(LinkError, match="摘要不符"):
        asyncio.run(fetching(colleague, wanted))
    asyncio.run(fetching(colleague, wanted))
    with colleague.store.read() as connection:
        assert blobs.states(connection) == []


def test_a_centre_restored_from_a_backup_is_brought_the_pages_again(centre: TestCentre, window: Window) -> None:
    page = a_page(1)
    take_in(window, centre, page)
    exchange_until_done(window)
    post(centre)
    exchange_until_done(window)
    centre.admin.execute("delete from core.blob")
    name(centre, page)
    centre.admin.execute("update core.material_pages set state = %s", (ANNOUNCED,))
    mark_restored(centre.admin)
    exchange_until_done(window)
    assert held_at(centre) == {digest_of(page)}


def test_pages_that_no_sheet_and_no_case_names_are_not_sent_and_those_that_none_ever_named_leave_the_disk(
    centre: TestCentre, window: Window
) -> None:
    given_up = a_page(2)
    with window.store.work() as connection:
        blobs.put(connection, a_page(1))
        blobs.put(connection, given_up, blobs.TO_SEND)
    exchange_until_done(window)
    assert held_at(centre) == set()
    with window.store.read() as connection:
        assert blobs.states(connection) == [(digest_of(given_up), blobs.GIVEN_UP)]


def test_pages_of_refused_cases_take_no_more_room_than_policy_gives(
    centre: TestCentre, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_of_pages, "MIB", CHUNK_BYTES // 512)  # as if policy said four chunks
    for number in range(3):
        take_in(window, centre, a_page(number), named=False)
        exchange_until_done(window)
    with window.store.read() as connection:
        assert blobs.states(connection) == [(digest_of(a_page(2)), blobs.GIVEN_UP)]


def test_a_page_that_the_centre_forgot_before_a_case_named_it_is_brought_again(
    centre: TestCentre, window: Window
) -> None:
    page = a_page(1)
    take_in(window, centre, page)
    exchange_until_done(window)
    centre.admin.execute("delete from core.blob")
    name(centre, page, case_no="990503000002")
    exchange_until_done(window)
    assert held_at(centre) == {digest_of(page)}


@pytest.mark.parametrize("days", [1_500, -800])
def test_a_clock_that_jumps_ages_no_page(
    centre: TestCentre, window: Window, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (a_page(number) for number in range(3))
    take_in(window, centre, first, named=False)
    name(centre, first, second, third)
    exchange_until_done(window)
    with monkeypatch.context() as jumped:
        jumped.setattr(clock, "datetime", SimpleNamespace(now=lambda zone: datetime.now(zone) + timedelta(days=days)))
        take_in(window, centre, second, named=False)
        exchange_until_done(window)
    take_in(window, centre, third, named=False)
    exchange_until_done(window)
    with window.store.read() as connection:
        assert [state for _, state in blobs.states(connection)] == [blobs.HELD] * 3
        every = [digest_of(page) for page in (first, second, third)]
        assert blobs.here(connection, every) == set(every)


def test_what_the_centre_holds_is_dropped_past_the_room_and_after_its_days_but_not_what_is_on_a_sheet(
    centre: TestCentre, window: Window
) -> None:
    old, fresh, on_sheet, waiting = (a_page(number) for number in range(4))
    with window.store.work() as connection:
        for page in (old, on_sheet, fresh):
            blobs.put(connection, page, blobs.HELD)
        blobs.put(connection, waiting, blobs.TO_SEND)
        draft_pages.put(
            connection, "sheet", [PageRef(material="no_home", digest=digest_of(on_sheet), size_bytes=len(on_sheet))]
        )
        assert blobs.drop_old(connection, 10 * len(old), utc_now() - timedelta(days=1)) == 0
        assert blobs.drop_old(connection, 2 * len(old), utc_now() - timedelta(days=1)) == 1
        assert blobs.here(connection, [digest_of(page) for page in (old, fresh, on_sheet, waiting)]) == {
            digest_of(page) for page in (fresh, on_sheet, waiting)
        }
        assert blobs.drop_old(connection, 10 * len(old), utc_now() + timedelta(days=1)) == 1
        assert {state for _, state in blobs.states(connection)} == {blobs.HELD, blobs.TO_SEND}
