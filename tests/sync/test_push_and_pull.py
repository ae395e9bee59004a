import asyncio
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import msgspec
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import Connection, select

from gjj_desktop.cases.command import Command
from gjj_desktop.cases.rows import Case, Employer
from gjj_desktop.central.city import connect, mark_restored
from gjj_desktop.central.devices import revoke_device
from gjj_desktop.clock import new_id, utc_text
from gjj_desktop.domain.numbers import Series
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.envelopes import seal
from gjj_desktop.security.keys import new_private_key, sign
from gjj_desktop.store import meta, numbers, outbox, replica, schema, view
from gjj_desktop.sync import kept, push
from gjj_desktop.sync.link import open_link
from gjj_desktop.sync.outcomes import NotAuthorisedError, OtherCityError, UnreachableError, WindowFaultError
from gjj_desktop.sync.pull import Changes, pull
from gjj_desktop.sync.wire import Answer, CentreAddress, answer_message
from tests.support.centre import BUSINESS_DATE, TestCentre
from tests.support.line import Line
from tests.support.window import OUTLET, POLICY, Window, credit_code_of, enrolled_window, post


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


CODE = credit_code_of("990503000017")


def arrived(centre: TestCentre) -> list[int]:
    """The sequences of the window's commands in the centre's inbox."""
    found = centre.admin.execute("select sequence from core.inbox where device = '990503' order by sequence").fetchall()
    return [sequence for (sequence,) in found]


def employers(window: Window) -> set[str]:
    with window.store.read() as connection:
        return {row.name for row in view.rows_of(connection, Employer)}


def backup_of(centre: TestCentre, kind: str = "backup") -> str:
    """The name of a copy of the centre's database."""
    backup = f"{centre.database}_{kind}"
    centre.admin.close()
    copy(centre, centre.database, backup)
    centre.admin = connect(centre.url)
    return backup


def restore(centre: TestCentre, backup: str) -> None:
    """Put the copy in the place of the centre's database, as its administrator does: with a new epoch."""
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


def meet(window: Window) -> None:
    asyncio.run(window.exchange())


def test_what_is_saved_reaches_the_centre_and_its_answer_settles_it(centre: TestCentre, window: Window) -> None:
    window.save()
    window.save()
    assert window.counts().waiting == 2
    meet(window)
    assert (window.counts().waiting, window.counts().handed_in) == (0, 2)
    assert post(centre).accepted == 2
    changes = asyncio.run(window.exchange())
    assert (changes.answers, changes.not_accepted) == (2, 0)
    assert {"Employer", "Case"} <= changes.row_types
    assert window.counts().accepted == 2
    assert len(employers(window)) == 2


def test_a_refusal_comes_back_as_a_task(centre: TestCentre, window: Window, colleague: Window) -> None:
    for each in (window, colleague):
        each.save(credit_code=CODE)
    for each in (window, colleague):
        meet(each)
    post(centre)
    for each in (window, colleague):
        meet(each)
    assert (window.counts().accepted, colleague.counts().refused, colleague.counts().tasks) == (1, 1, 1)
    with colleague.store.read() as connection:
        assert outbox.tasks(connection)[0].findings[0].code == "employer.registered"


def test_a_lost_answer_loses_and_doubles_nothing(centre: TestCentre, window: Window, line: Line) -> None:
    for _ in range(3):
        window.save()
    line.lose_answer_to(b"api.hand_in")
    with pytest.raises(UnreachableError):
        meet(window)
    assert arrived(centre) == [1, 2, 3]
    assert window.counts().waiting == 3
    line.mend()
    meet(window)
    assert arrived(centre) == [1, 2, 3]
    assert window.counts().handed_in == 3
    assert post(centre).accepted == 3


def test_a_page_cut_off_on_its_way_is_not_there_at_all_and_then_wholly(
    centre: TestCentre, window: Window, line: Line
) -> None:
    for _ in range(3):
        window.save()
    line.cut_when_asked = lambda data: b"api.hand_in" in data
    with pytest.raises(UnreachableError):
        meet(window)
    assert arrived(centre) == []
    line.mend()
    meet(window)
    assert arrived(centre) == [1, 2, 3]


def test_many_commands_go_in_pages(centre: TestCentre, window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "PAGE_ENVELOPES_MAX", 2)
    for _ in range(5):
        window.save()
    totals: list[int] = []

    async def hand_in() -> int:
        with window.store.read() as connection:
            settings = kept.settings(connection)
        async with open_link(settings.address, window.device, kept.password(window.vault)) as link:
            return await push.push(link, window.store, totals.append, 0)

    assert asyncio.run(hand_in()) == 5
    assert totals == [5, 5, 5]
    assert arrived(centre) == [1, 2, 3, 4, 5]


def test_a_command_larger_than_a_page_says_so_and_is_kept(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    case_no = window.save()
    monkeypatch.setattr(push, "PAGE_BYTES_MAX", 100)
    with pytest.raises(WindowFaultError, match=case_no):
        meet(window)
    with window.store.read() as connection:
        (entry,) = outbox.entries(connection)
    assert (entry.state, "太大" in entry.note) == (outbox.WAITING, True)


def save_large(window: Window) -> None:
    """A command that no page holds, in the outbox."""
    with window.store.work() as connection:
        sequence, previous = outbox.chain_head(connection)
        command = Command(
            id=new_id(),
            kind="note",
            case_no="99050300000001",
            device=window.device,
            sequence=sequence,
            author=window.clerk,
            made_at=utc_text(),
            policy_version=POLICY.version,
            payload=bytes(2 << 20),
        )
        outbox.append(connection, command, seal(command, *window.keys, previous), ())


def test_what_arrived_before_a_command_larger_than_a_page_is_marked(centre: TestCentre, window: Window) -> None:
    window.save()
    window.save()
    save_large(window)
    for _ in range(2):
        with pytest.raises(WindowFaultError, match="99050300000001"):
            meet(window)
        assert arrived(centre) == [1, 2]
        assert (window.counts().handed_in, window.counts().waiting) == (2, 1)


def test_a_page_that_is_lost_after_others_arrived_leaves_those_marked(
    centre: TestCentre, window: Window, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "PAGE_ENVELOPES_MAX", 2)
    for _ in range(6):
        window.save()
    pages = count(1)
    line.cut_when_asked = lambda data: b"api.hand_in" in data and next(pages) == 3
    with pytest.raises(UnreachableError):
        meet(window)
    assert arrived(centre) == [1, 2, 3, 4]
    assert (window.counts().handed_in, window.counts().waiting) == (4, 2)
    line.mend()
    meet(window)
    assert post(centre).accepted == 6


def no_room_for_a_mark(connection: Connection, first: int, last: int) -> None:
    """SQLite's own error of a full disk, in the transaction of the mark."""
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    try:
        connection.exec_driver_sql("CREATE TABLE more AS SELECT randomblob(1000000)")
    finally:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")


def test_a_disk_that_is_full_while_a_page_is_away_loses_and_doubles_nothing(
    centre: TestCentre, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "PAGE_ENVELOPES_MAX", 2)
    for _ in range(6):
        window.save()
    with monkeypatch.context() as full:
        full.setattr(outbox, "mark_handed_in", no_room_for_a_mark)
        with pytest.raises(OperatingError, match="磁盘已满"):
            meet(window)
    assert arrived(centre) == [1, 2, 3, 4]
    assert window.counts().waiting == 6
    meet(window)
    assert (arrived(centre), window.counts().handed_in) == ([1, 2, 3, 4, 5, 6], 6)
    assert post(centre).accepted == 6


def take(window: Window, rows_max: int) -> Changes:
    """One pull with small pages."""

    async def pull_pages() -> Changes:
        with window.store.read() as connection:
            settings = kept.settings(connection)
        async with open_link(settings.address, window.device, kept.password(window.vault)) as link:
            return await pull(link, window.store, rows_max)

    return asyncio.run(pull_pages())


def cursor(window: Window) -> int:
    with window.store.read() as connection:
        return replica.cursor(connection)


def test_a_pull_that_is_interrupted_goes_on_where_it_was(
    centre: TestCentre, window: Window, colleague: Window, line: Line
) -> None:
    for _ in range(4):
        colleague.save()
    meet(colleague)
    post(centre)
    pages = iter((False, False, True))
    line.cut_when_answered = lambda data: next(pages) if b"Employer" in data or b"Case" in data else False
    before = cursor(window)
    with pytest.raises(UnreachableError):
        take(window, 2)
    assert cursor(window) > before
    line.mend()
    take(window, 2)
    assert len(employers(window)) == 4


def test_answers_are_taken_only_together_with_every_row_that_comes_after_them(
    centre: TestCentre, window: Window, line: Line
) -> None:
    """The feed holds a row where it changed last, which may be long after the answer to our command."""
    for _ in range(2):
        window.save()
    meet(window)
    post(centre)
    centre.admin.execute("update core.feed set body = body where row_type in ('Employer', 'Case')")
    pages = iter((False, True))
    line.cut_when_answered = lambda data: next(pages) if b"Employer" in data or b"Case" in data else False
    with pytest.raises(UnreachableError):
        take(window, 2)
    assert window.counts().handed_in == 2
    assert len(employers(window)) == 2
    line.mend()
    assert take(window, 2).answers == 2
    assert len(employers(window)) == 2


def test_numbers_are_leased_again_before_they_run_out(window: Window) -> None:
    with window.store.work() as connection:
        before = {series: numbers.left(connection)[series] for series in Series}
        assert min(before.values()) > 0
        for _ in range(before[Series.CASE] - 1):
            numbers.take(connection, Series.CASE.name, kept.business_date(connection))
    meet(window)
    with window.store.read() as connection:
        assert numbers.left(connection)[Series.CASE] == before[Series.CASE] + 1
        assert numbers.left(connection)[Series.PAPER] == before[Series.PAPER]


def use_up(window: Window, series: Series) -> None:
    with window.store.work() as connection:
        for _ in range(numbers.left(connection)[series]):
            numbers.take(connection, series.name, kept.business_date(connection))


def test_a_series_that_ends_gives_its_rest_and_then_stops_no_exchange(centre: TestCentre, window: Window) -> None:
    centre.admin.execute("update core.number_lease set leased = 999990 where series = 'CASE'")
    use_up(window, Series.CASE)
    meet(window)
    with window.store.work() as connection:
        assert numbers.left(connection)[Series.CASE] == 9
        assert numbers.take(connection, Series.CASE.name, kept.business_date(connection)) == 999_991
    use_up(window, Series.CASE)
    meet(window)
    with window.store.work() as connection, pytest.raises(OperatingError, match="受理号的号段已用完"):
        numbers.take(connection, Series.CASE.name, kept.business_date(connection))


def test_clock_business_date_and_last_success_are_kept(window: Window) -> None:
    with window.store.read() as connection:
        assert kept.business_date(connection) == BUSINESS_DATE
        assert abs(meta.get(connection, meta.CLOCK_SKEW_SECONDS, int) or 0) < 10
        assert kept.last_success(connection) is not None


def test_another_citys_centre_is_not_given_anything(centre: TestCentre, window: Window) -> None:
    window.save()
    centre.admin.execute("update core.city set city = '9800', city_name = '外市'")
    with pytest.raises(OtherCityError, match="外市"):
        meet(window)
    assert arrived(centre) == []


def test_a_centre_with_another_key_is_not_given_anything(centre: TestCentre, window: Window) -> None:
    window.save()
    centre.admin.execute("update core.city set public_key = %s", (bytes(32),))
    with pytest.raises(OtherCityError, match="公钥"):
        meet(window)
    assert arrived(centre) == []


def test_a_revoked_window_keeps_its_cases(centre: TestCentre, window: Window) -> None:
    window.save()
    revoke_device(centre.admin, window.device)
    with pytest.raises(NotAuthorisedError):
        meet(window)
    assert (arrived(centre), window.counts().waiting) == ([], 1)


def test_an_answer_that_the_centre_did_not_sign_is_not_believed(centre: TestCentre, window: Window) -> None:
    window.save()
    meet(window)
    post(centre)
    genuine = centre.admin.execute("select body from core.feed where row_type = 'Answer'").fetchone()
    assert genuine is not None
    answer = msgspec.msgpack.decode(genuine[0], type=Answer)
    forged = msgspec.structs.replace(answer, signature=sign(new_private_key(), answer_message(answer.body)))
    put = "update core.feed set body = %s where row_type = 'Answer'"
    centre.admin.execute(put, (msgspec.msgpack.encode(forged),))
    with pytest.raises(OperatingError, match="签发"):
        meet(window)
    assert (window.counts().handed_in, window.counts().accepted) == (1, 0)
    centre.admin.execute(put, (genuine[0],))
    meet(window)
    assert window.counts().accepted == 1


def test_an_answer_that_can_not_be_read_is_not_taken(centre: TestCentre, window: Window) -> None:
    window.save()
    meet(window)
    post(centre)
    centre.admin.execute("update core.feed set body = 'nonsense' where row_type = 'Answer'")
    with pytest.raises(OperatingError, match="读不出来"):
        meet(window)
    assert window.counts().handed_in == 1


def test_what_a_restored_centre_has_forgotten_is_offered_again(centre: TestCentre, window: Window) -> None:
    """The centre is set back to before the second command, as by a backup taken then."""
    window.save()
    meet(window)
    post(centre)
    backup = backup_of(centre)
    window.save()
    meet(window)
    post(centre)
    meet(window)
    assert (window.counts().accepted, len(employers(window))) == (2, 2)
    restore(centre, backup)
    meet(window)
    assert arrived(centre) == [1, 2]
    assert post(centre).accepted == 1
    meet(window)
    assert (window.counts().accepted, len(employers(window))) == (2, 2)
    with window.store.read() as connection:
        rows = connection.execute(select(schema.REPLICA[Case].c.key)).all()
    assert len(rows) == 2


def test_a_restored_centre_that_forgot_a_lease_gives_no_number_twice(centre: TestCentre, window: Window) -> None:
    backup = backup_of(centre)
    with window.store.read() as connection:
        had = numbers.left(connection)[Series.CASE]
    use_up(window, Series.CASE)
    meet(window)
    restore(centre, backup)
    use_up(window, Series.CASE)
    meet(window)
    with window.store.work() as connection:
        day = kept.business_date(connection)
        assert numbers.take(connection, Series.CASE.name, day) == 2 * had + 1


def test_a_window_restored_from_an_old_backup_is_stopped_from_handing_in(
    centre: TestCentre, window: Window, tmp_path: Path
) -> None:
    window.store.close()
    shutil.copytree(window.folder, tmp_path / "before")
    window.open()
    window.save()
    meet(window)
    window.store.close()
    window.folder = tmp_path / "before"
    window.open()
    with pytest.raises(WindowFaultError, match="备份"):
        meet(window)
    with pytest.raises(OperatingError, match="号段已用完"):
        window.save()
    with pytest.raises(WindowFaultError, match="备份"):
        meet(window)
