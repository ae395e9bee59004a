"""A new window gets its scope in bulk while posting goes on: does it hold in the end what the feed holds?"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from gjj_desktop.cases.rows import Clerk, Employer, Outlet
from gjj_desktop.central.city import mark_restored
from gjj_desktop.central.devices import add_device, approve_device
from gjj_desktop.central.row_tables import publish, write_rows
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.vault import Vault
from gjj_desktop.store import meta, replica, schema, search
from gjj_desktop.store.store import Store, open_store
from gjj_desktop.sync import exchange as exchange_module
from gjj_desktop.sync import kept, snapshot
from gjj_desktop.sync.enrolment import enrol
from gjj_desktop.sync.exchange import exchange
from gjj_desktop.sync.link import Link, open_link
from gjj_desktop.sync.outcomes import CentreFaultError, UnreachableError, unreachable
from gjj_desktop.sync.pull import NO_CHANGES
from gjj_desktop.sync.snapshot import Snapshot
from gjj_desktop.sync.wire import FeedRow, ticket_line
from tests.support.centre import TestCentre
from tests.support.window import OUTLET, Window, enrolled_window, post

ELSEWHERE = "9906"
CLERKS = 12
Page = list[tuple[str, FeedRow]]


@pytest.fixture
def town(centre: TestCentre, tmp_path: Path, open_keyring: dict[str, str]) -> Iterator[Window]:
    """A window that has followed from the beginning, in a centre with some rows of each kind."""
    centre.add_outlet(OUTLET)
    centre.add_outlet(ELSEWHERE)
    made = enrolled_window(centre, tmp_path / "03")
    publish(centre.admin, [a_clerk(number) for number in range(CLERKS)])
    for _ in range(3):
        made.save()
    asyncio.run(made.exchange())
    post(centre)
    asyncio.run(made.exchange())
    yield made
    made.store.close()


def a_clerk(number: int, outlet: str = OUTLET, name: str = "沈砚") -> Clerk:
    return Clerk(clerk=f"02{number:04}", name=name, outlet=outlet, roles=("clerk",))


class New:
    """A window that was just enrolled and approved, and its line, on which something may happen after each page."""

    def __init__(self, centre: TestCentre, folder: Path) -> None:
        self.vault = Vault(f"gjj-test-{folder}")
        self.store: Store = open_store(folder, bytes(32))
        enrol(ticket_line(add_device(centre.admin, centre.address, OUTLET, "09")), self.vault, self.store)
        approve_device(centre.admin, f"{OUTLET}09")
        self.asked: list[tuple[str, str, str]] = []
        self.after_page: Callable[[Page], object] = lambda page: None
        self.cut: Callable[[], None] = lambda: None

    def meet(self) -> None:
        """One exchange, two rows a page."""

        async def run() -> None:
            with self.store.read() as connection:
                settings = kept.settings(connection)
            async with open_link(settings.address, f"{OUTLET}09", kept.password(self.vault)) as link:
                await exchange(_Watched(link, self), self.store, lambda total: None)

        asyncio.run(run())

    def progress(self) -> Snapshot | None:
        with self.store.read() as connection:
            return meta.get(connection, meta.SNAPSHOT, Snapshot)

    def cursor(self) -> int:
        with self.store.read() as connection:
            return replica.cursor(connection)

    def finds(self, asked: str) -> int:
        with self.store.read() as connection:
            return len(search.search(connection, asked, 100))


class _Watched(Link):
    def __init__(self, link: Link, new: New) -> None:
        super().__init__(link._connection)
        self._new = new
        new.cut = self.cut

    async def snapshot(self, upto: int, after: tuple[str, str, str], rows_max: int) -> Page:
        self._new.asked.append(after)
        page = await super().snapshot(upto, after, 2)
        changed = await asyncio.to_thread(self._new.after_page, page)
        return changed if isinstance(changed, list) else page


@pytest.fixture
def new(centre: TestCentre, town: Window, tmp_path: Path) -> Iterator[New]:
    made = New(centre, tmp_path / "09")
    yield made
    made.store.close()


def held(store: Store) -> tuple[dict[str, set[Any]], set[Any]]:
    """Every replicated row that is not of one device alone, and every search term."""
    with store.read() as connection:
        rows = {
            row_type.__name__: {
                (key, body) for key, scope, body in connection.execute(_columns(table)) if "d" not in scope
            }
            for row_type, table in schema.REPLICA.items()
        }
        terms = {tuple(row) for row in connection.execute(select(schema.search_term))}
    return rows, terms


def _columns(table: Any) -> Any:
    return select(table.c.key, table.c.scope, table.c.body)


def erase(centre: TestCentre, row: Employer) -> None:
    with centre.admin.transaction():
        write_rows(centre.admin, [row], (), [row])


def test_a_new_window_holds_what_one_holds_that_followed_from_the_beginning(town: Window, new: New) -> None:
    new.meet()
    asyncio.run(town.exchange())
    assert held(new.store) == held(town.store)
    assert (new.progress(), new.asked.count(("", "", ""))) == (None, 1)
    before = len(new.asked)
    new.meet()
    assert len(new.asked) == before, "from now on it follows the feed"


def test_rows_that_come_change_go_and_move_between_any_two_pages_are_right_in_the_end(
    centre: TestCentre, town: Window, new: New
) -> None:
    with town.store.read() as connection:
        employers = iter(replica.all_rows(connection, Employer))
    number = count()

    def meanwhile(page: Page) -> None:
        at = next(number)
        outlet = ELSEWHERE if at % 3 == 0 else OUTLET
        publish(
            centre.admin, [a_clerk(at % CLERKS, outlet, f"沈砚{at}"), a_clerk(100 + at), a_clerk((at + 5) % CLERKS)]
        )
        if at % 4 == 1 and (gone := next(employers, None)) is not None:
            erase(centre, gone)
        town.save()
        asyncio.run(town.exchange())
        post(centre)

    new.after_page = meanwhile
    new.meet()
    new.after_page = lambda page: None
    new.meet()
    asyncio.run(town.exchange())
    assert next(number) > 5
    assert held(new.store) == held(town.store)


@pytest.mark.parametrize("pages", [1, 4, 9])
def test_a_snapshot_that_is_cut_off_goes_on_after_the_last_page_that_is_here(
    town: Window, new: New, pages: int
) -> None:
    left = iter(range(pages))

    def cut(page: Page) -> None:
        if next(left, None) is None:
            raise unreachable()

    new.after_page = cut
    with pytest.raises(UnreachableError):
        new.meet()
    begun = new.progress()
    assert begun is not None
    assert (len(new.asked), new.asked[-1], new.cursor()) == (pages + 1, begun.after, 0)
    new.after_page = lambda page: None
    new.asked.clear()
    new.meet()
    assert new.asked[0] == begun.after != ("", "", "")
    asyncio.run(town.exchange())
    assert held(new.store) == held(town.store)


def test_search_terms_that_were_interrupted_are_made_to_the_end(
    town: Window, new: New, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "INDEX_ROWS", 1)
    index_rows, times = replica.index_rows, iter(range(2))

    def stopped(*asked: Any) -> str | None:
        if next(times, None) is None:
            raise OperatingError("磁盘已满。", "请清理磁盘。")
        return index_rows(*asked)

    monkeypatch.setattr(replica, "index_rows", stopped)
    with pytest.raises(OperatingError):
        new.meet()
    assert new.cursor() == 0
    monkeypatch.setattr(replica, "index_rows", index_rows)
    asked = len(new.asked)
    new.meet()
    assert len(new.asked) == asked, "every page was here already"
    asyncio.run(town.exchange())
    assert held(new.store) == held(town.store)


def test_the_sync_can_be_ended_between_two_steps_of_the_search_terms(
    town: Window, new: New, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "INDEX_ROWS", 1)
    index_rows, steps = replica.index_rows, count()

    def ended(*asked: Any) -> str | None:
        if next(steps) == 1:
            asyncio.get_running_loop().call_soon(new.cut)
        return index_rows(*asked)

    monkeypatch.setattr(replica, "index_rows", ended)
    with pytest.raises(UnreachableError):
        new.meet()
    assert next(steps) == 2, "not one step more"
    new.meet()
    asyncio.run(town.exchange())
    assert held(new.store) == held(town.store)


def test_a_courier_pack_that_was_taken_in_between_two_pages_ends_the_snapshot(town: Window, new: New) -> None:
    """What the pages still on their way say may be older than the pack."""
    left = iter(range(3))

    def taken(page: Page) -> None:
        if next(left, None) is None and new.progress() is not None:
            with new.store.work() as connection:
                replica.clear_replica(connection)
                replica.move_cursor(connection, 10**9)

    new.after_page = taken
    new.meet()
    assert (new.progress(), new.cursor()) == (None, 10**9)
    with new.store.read() as connection:
        assert replica.all_rows(connection, Outlet) == []


def test_a_centre_that_was_restored_in_between_is_begun_with_anew(centre: TestCentre, town: Window, new: New) -> None:
    """What came before may be what the restored centre has forgotten."""
    left = iter(range(6))

    def cut(page: Page) -> None:
        if next(left, None) is None:
            raise unreachable()

    new.after_page = cut
    with pytest.raises(UnreachableError):
        new.meet()
    with centre.admin.transaction():
        centre.admin.execute("alter table core.feed disable trigger never_deleted")
        centre.admin.execute("delete from core.feed where row_type = 'Clerk' and key like '02%'")
        centre.admin.execute("alter table core.feed enable trigger never_deleted")
    mark_restored(centre.admin)
    new.after_page = lambda page: None
    new.meet()
    asyncio.run(town.exchange())
    assert held(new.store) == held(town.store)
    assert new.progress() is None


def test_a_command_that_was_answered_meanwhile_is_settled_by_the_snapshot(centre: TestCentre, town: Window) -> None:
    """As at a window whose replica was lost, and whose outbox was not."""
    town.save()
    asyncio.run(town.exchange())
    assert post(centre).accepted == 1
    with town.store.work() as connection:
        replica.clear_replica(connection)
    asyncio.run(town.exchange())
    assert (town.counts().accepted, town.counts().handed_in) == (4, 0)
    with town.store.read() as connection:
        assert connection.execute(select(schema.pending)).all() == []
        assert len(replica.all_rows(connection, Employer)) == 4


@pytest.mark.parametrize(
    "forge",
    [
        lambda page: [*page, page[-1]],
        lambda page: [(scope, _with(row, position=10**9)) for scope, row in page],
        lambda page: [(scope, _with(row, row_type="Grant", body=b"\x80")) for scope, row in page],
    ],
    ids=["a row twice", "a row past the position", "a grant that nobody signed"],
)
def test_a_page_that_can_not_be_believed_is_not_taken(new: New, forge: Callable[[Page], Page]) -> None:
    new.after_page = lambda page: forge(page) if page else page
    with pytest.raises(CentreFaultError):
        new.meet()
    with new.store.read() as connection:
        assert replica.all_rows(connection, Outlet) == []


def _with(row: FeedRow, **changes: object) -> FeedRow:
    fields: dict[str, Any] = {name: getattr(row, name) for name in FeedRow.__struct_fields__} | changes
    return FeedRow(**fields)


@contextmanager
def _login(centre: TestCentre, window: str) -> Iterator[psycopg.Connection[Any]]:
    with centre.add_device(window=window).connect() as connection:
        yield connection


@pytest.mark.parametrize("after", [("", "", ""), (ELSEWHERE, "", ""), ("9905~", "", ""), ("device:990503", "", "")])
def test_a_snapshot_holds_nothing_of_another_outlet_or_device(
    centre: TestCentre, town: Window, after: tuple[str, str, str]
) -> None:
    publish(centre.admin, [a_clerk(77, ELSEWHERE)])
    with _login(centre, "10") as connection:
        given = connection.execute("select scope from api.snapshot(%s, %s, %s, %s, 5000)", (10**9, *after)).fetchall()
    assert {scope for (scope,) in given} <= {"*", OUTLET, f"device:{OUTLET}10"}


def test_a_device_that_waits_for_approval_gets_no_snapshot(centre: TestCentre, town: Window) -> None:
    with centre.add_device(window="11", approved=False).connect() as connection:
        for asked in ("api.snapshot(9, '', '', '', 9)", "api.feed_position()"):
            with pytest.raises(psycopg.Error) as refused:
                connection.execute(f"select * from {asked}")  # noqa: S608
            assert refused.value.sqlstate == "GJ002"


def test_the_snapshot_is_taken_once_and_not_by_a_window_that_follows(
    town: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(link: Link, store: Store, hello: object) -> object:
        assert await snapshot.take_snapshot(link, store, hello) is NO_CHANGES  # type: ignore[arg-type]
        return NO_CHANGES

    monkeypatch.setattr(exchange_module, "take_snapshot", never)
    asyncio.run(town.exchange())
