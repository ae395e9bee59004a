"""Rows that go, that move to another outlet, and that a restored centre has forgotten: what does a window hold then?"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg.sql import SQL, Identifier

from gjj_desktop.cases.rows import Clerk, Employer
from gjj_desktop.central.city import connect, mark_restored
from gjj_desktop.central.row_tables import feed_line, publish, write_feed, write_rows
from gjj_desktop.store import search, view
from gjj_desktop.sync.outcomes import NotAuthorisedError
from tests.support.centre import TestCentre
from tests.support.window import OUTLET, Window, enrolled_window, post

ELSEWHERE = "9906"


@pytest.fixture
def window(centre: TestCentre, tmp_path: Path, open_keyring: dict[str, str]) -> Iterator[Window]:
    centre.add_outlet(OUTLET)
    made = enrolled_window(centre, tmp_path / "03")
    yield made
    made.store.close()


@contextmanager
def another_window(centre: TestCentre, tmp_path: Path) -> Iterator[Window]:
    made = enrolled_window(centre, tmp_path / "04", "04", "010002")
    try:
        yield made
    finally:
        made.store.close()


def meet(window: Window) -> None:
    asyncio.run(window.exchange())


def clerks(window: Window) -> set[str]:
    with window.store.read() as connection:
        return {row.clerk for row in view.rows_of(connection, Clerk)}


def employers(window: Window) -> list[Employer]:
    with window.store.read() as connection:
        return view.rows_of(connection, Employer)


def found(window: Window, asked: str) -> int:
    with window.store.read() as connection:
        return len(search.search(connection, asked))


def a_clerk(outlet: str) -> Clerk:
    return Clerk(clerk="010077", name="沈砚", outlet=outlet, roles=("clerk",))


def erase(centre: TestCentre, row: Employer) -> None:
    """Take a row away as a decision that removes it does."""
    with centre.admin.transaction():
        write_rows(centre.admin, [row], (), [row])


def test_a_row_that_went_is_gone_from_the_window_and_from_its_search(
    centre: TestCentre, window: Window, tmp_path: Path
) -> None:
    window.save()
    meet(window)
    post(centre)
    meet(window)
    [employer] = employers(window)
    assert found(window, employer.name) > 0
    erase(centre, employer)
    meet(window)
    assert (employers(window), found(window, employer.employer_account_no)) == ([], 0)
    with another_window(centre, tmp_path) as fresh:
        assert employers(fresh) == []


def test_a_row_that_goes_and_comes_back_between_two_exchanges_is_there(centre: TestCentre, window: Window) -> None:
    window.save()
    meet(window)
    post(centre)
    meet(window)
    [employer] = employers(window)
    erase(centre, employer)
    with centre.admin.transaction():
        write_rows(centre.admin, (), [employer], ())
    meet(window)
    assert employers(window) == [employer]


@pytest.mark.parametrize("met_in_between", [True, False])
def test_a_row_follows_its_outlet(centre: TestCentre, window: Window, met_in_between: bool) -> None:
    centre.add_outlet(ELSEWHERE)
    for outlet, here in ((OUTLET, True), (ELSEWHERE, False), (OUTLET, True), (ELSEWHERE, False)):
        publish(centre.admin, [a_clerk(outlet)])
        if met_in_between:
            meet(window)
            assert ("010077" in clerks(window)) is here
    meet(window)
    assert "010077" not in clerks(window)
    publish(centre.admin, [a_clerk(OUTLET)])
    meet(window)
    assert "010077" in clerks(window)


def test_a_row_of_another_outlet_never_comes(centre: TestCentre, window: Window) -> None:
    centre.add_outlet(ELSEWHERE)
    publish(centre.admin, [a_clerk(ELSEWHERE)])
    meet(window)
    assert "010077" not in clerks(window)


def test_a_window_whose_outlet_was_changed_at_the_centre_takes_nothing_before_it_is_enrolled_anew(
    centre: TestCentre, window: Window
) -> None:
    """What its new outlet has in the feed lies behind its position: it would miss it without a word."""
    before = clerks(window)
    centre.add_outlet(ELSEWHERE)
    publish(centre.admin, [a_clerk(ELSEWHERE)])
    centre.admin.execute("update core.registration set outlet = %s where device = %s", (ELSEWHERE, window.device))
    window.save()
    with pytest.raises(NotAuthorisedError):
        meet(window)
    assert (clerks(window), window.counts().waiting) == (before, 1)


def restored_to(centre: TestCentre, backup: str) -> None:
    centre.admin.close()
    with connect(centre.server.url()) as connection:
        connection.execute(SQL("drop database {} with (force)").format(Identifier(centre.database)))
    copy(centre, backup, centre.database)
    centre.admin = connect(centre.url)
    mark_restored(centre.admin)


def copy(centre: TestCentre, source: str, target: str) -> None:
    with connect(centre.server.url()) as connection:
        connection.execute(SQL("create database {} template {}").format(Identifier(target), Identifier(source)))
        connection.execute(SQL("grant connect on database {} to gjj_device, gjj_post").format(Identifier(target)))


def test_what_a_restored_centre_has_forgotten_is_gone_also_where_its_feed_has_passed_the_window_again(
    centre: TestCentre, window: Window
) -> None:
    centre.admin.close()
    copy(centre, centre.database, f"{centre.database}_backup")
    centre.admin = connect(centre.url)
    publish(centre.admin, [a_clerk(OUTLET)])
    meet(window)
    assert "010077" in clerks(window)
    restored_to(centre, f"{centre.database}_backup")
    lost = Clerk(clerk="010088", name="顾澜", outlet=OUTLET, roles=("clerk",))
    publish(centre.admin, [lost])
    for _ in range(20):
        write_feed(centre.admin, [feed_line(lost)])
    window.save()
    meet(window)
    assert clerks(window) == {window.clerk, "010088"}
    assert post(centre).accepted == 1
    meet(window)
    assert window.counts().accepted == 1
