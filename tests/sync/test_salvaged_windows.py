"""A window whose file was damaged and made anew from what could be read: at the centre everything is once."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from gjj_desktop.cases.rows import Employer
from gjj_desktop.central.courier import courier_in, courier_out
from gjj_desktop.central.verify import verify
from gjj_desktop.counter.courier import take_in, take_out
from gjj_desktop.domain.numbers import Series, parse_number
from gjj_desktop.errors import OperatingError
from gjj_desktop.store import drafts, meta, numbers, older_image, outbox, replica, salvage
from gjj_desktop.store.damaged_file import PAGE_BYTES, DamagedFile
from gjj_desktop.store.salvage import Salvaged
from gjj_desktop.sync.high_water import FILE_ID
from tests.support.centre import CENTRE_KEY, TestCentre
from tests.support.window import OUTLET, Window, credit_code_of, enrolled_window, post
from tests.sync.test_older_images import Desk
from tests.sync.test_push_and_pull import backup_of, restore


@pytest.fixture
def desk(centre: TestCentre, tmp_path: Path, open_keyring: dict[str, str]) -> Iterator[Desk]:
    """Four cases answered, six more waiting, at a window that is offline since."""
    centre.add_outlet(OUTLET)
    machine = enrolled_window(centre, tmp_path / "03")
    made = Desk(machine)
    for _ in range(4):
        made.register()
    made.meet()
    post(centre)
    made.meet()
    for _ in range(6):
        made.register()
    yield made
    machine.store.close()


def pages_of(machine: Window, table: str) -> dict[object, frozenset[int]]:
    """On which pages the rows of a table stand, by their first column."""
    file = DamagedFile(machine.folder / "store.db", machine.key)
    root, _ = file.tables()[table]
    found = {
        record.rowid if table == "outbox" else record.values[0]: record.pages for record in file.tree(root).records
    }
    file.close()
    return found


def damage(desk: Desk, *pages: int) -> Salvaged:
    """The disk spoils these pages; the program is opened twice."""
    machine = desk.machine
    machine.store.close()
    with (machine.folder / "store.db").open("r+b") as file:
        for page in (*pages, 1):
            file.seek((page - 1) * PAGE_BYTES + 500)
            file.write(b"\xee" * 700)
    with pytest.raises(OperatingError, match="已损坏"):
        machine.open()
    machine.open()
    desk.start()
    with machine.store.read() as connection:
        told = salvage.last_salvage(connection)
    assert told is not None
    return told


def settle(desk: Desk, centre: TestCentre) -> None:
    desk.meet()
    post(centre)
    desk.meet()


def at_the_centre(centre: TestCentre, device: str) -> list[int]:
    found = centre.admin.execute("select sequence from core.inbox where device = %s order by 1", (device,)).fetchall()
    return [sequence for (sequence,) in found]


def test_everything_that_could_be_read_reaches_the_centre_once_and_the_window_goes_on(
    centre: TestCentre, desk: Desk
) -> None:
    with desk.machine.store.read() as connection:
        used = numbers.highest(connection, Series.CASE.name)
    told = damage(desk)
    assert (told.commands, told.unanswered, told.lost, told.enrolled, told.clerks) == (10, 6, 0, True, 1)
    assert desk.machine.counts().waiting == 6
    with pytest.raises(OperatingError, match="号段余"):
        desk.register()
    settle(desk, centre)
    assert at_the_centre(centre, desk.machine.device) == list(range(1, 11))
    counter = parse_number(Series.CASE, desk.register()).counter  # type: ignore[union-attr]
    assert counter > used, "no number of the damaged file is taken a second time"
    settle(desk, centre)
    assert desk.machine.counts().accepted == 11
    with desk.machine.store.read() as connection:
        assert len(replica.all_rows(connection, Employer)) == 11
        assert older_image.found(connection) is None
    assert verify(centre.admin) == []


def test_what_was_handed_in_without_the_file_knowing_is_not_done_again(centre: TestCentre, desk: Desk) -> None:
    """The centre has all, its receipts got lost, and the pages of two of these commands as well."""
    image = desk.image("before")
    settle(desk, centre)
    desk.machine.store.close()
    desk.restore(image, desk.machine.vault.get("window_mark"))
    spoilt = pages_of_closed(desk, 7)
    told = damage(desk, *spoilt)
    assert told.lost >= 1
    again = told.to_do_again
    desk.meet()
    assert at_the_centre(centre, desk.machine.device) == list(range(1, 11))
    with desk.machine.store.read() as connection:
        assert drafts.list_of(connection, desk.machine.clerk) == [], f"{again} had been made drafts again"
        assert older_image.found(connection) is None
        assert outbox.chain_head(connection)[0] == 11
    desk.register()
    settle(desk, centre)
    assert at_the_centre(centre, desk.machine.device) == list(range(1, 12))
    assert verify(centre.admin) == []


def pages_of_closed(desk: Desk, sequence: int) -> frozenset[int]:
    desk.machine.store.close()
    found = pages_of(desk.machine, "outbox")[sequence]
    desk.machine.open()
    return found


def test_a_command_that_is_lost_for_good_stops_the_window_and_the_later_ones_are_drafts(
    centre: TestCentre, desk: Desk
) -> None:
    told = damage(desk, *pages_of_closed(desk, 8))
    assert told.lost >= 1
    with desk.machine.store.read() as connection:
        kept = drafts.list_of(connection, desk.machine.clerk)
        noticed = older_image.found(connection)
    assert len(kept) == told.to_do_again
    assert noticed is not None
    assert (noticed.had_come_to, noticed.forked) == (10, False)
    with pytest.raises(OperatingError, match=r"旧备份|没有上送"):
        desk.register()
    with pytest.raises(OperatingError, match="没有上送就丢失了"):
        desk.meet()
    post(centre)
    upto = at_the_centre(centre, desk.machine.device)
    assert upto == list(range(1, upto[-1] + 1))
    assert upto[-1] == 10 - told.to_do_again - told.lost
    assert verify(centre.admin) == []


@pytest.mark.parametrize("seed", range(6))
def test_wherever_the_file_is_damaged_nothing_is_at_the_centre_twice(centre: TestCentre, desk: Desk, seed: int) -> None:
    rng = Random(seed)  # noqa: S311 - the same pages the next time
    desk.machine.store.close()
    count = (desk.machine.folder / "store.db").stat().st_size // PAGE_BYTES
    needed = pages_of_the_door(desk)
    bad = set(rng.sample([page for page in range(2, count + 1) if page not in needed], rng.choice((3, 20, 60))))
    readable = {sequence for sequence, pages in pages_of(desk.machine, "outbox").items() if not pages & bad}
    desk.machine.open()
    told = damage(desk, *bad)
    assert told.commands + told.to_do_again + told.given_up == len(readable)
    for _ in range(2):
        try:
            settle(desk, centre)
        except OperatingError:
            post(centre)
    sent = at_the_centre(centre, desk.machine.device)
    assert sent == list(range(1, len(sent) + 1))
    first_lost = min({5, 6, 7, 8, 9, 10} - readable, default=11)
    assert len(sent) == first_lost - 1, "all up to the first that is lost"
    assert verify(centre.admin) == []


def pages_of_the_door(desk: Desk) -> frozenset[int]:
    """Where stands what signing in needs: without it a window is enrolled anew (tests/store/test_salvage.py).

    The machine is closed.
    """
    tables = ("meta", "clerk_key", "replica_grant")
    return frozenset().union(*(pages for table in tables for pages in pages_of(desk.machine, table).values()))


def test_the_mark_is_this_files_also_when_its_name_is_lost(centre: TestCentre, desk: Desk) -> None:
    with desk.machine.store.work() as connection:
        meta.drop(connection, FILE_ID)
        for table in ("number_block",):
            connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608
        connection.exec_driver_sql("DELETE FROM outbox WHERE sequence = 10")
    told = damage(desk)
    assert told.commands == 9
    with desk.machine.store.read() as connection:
        noticed = older_image.found(connection)
    assert noticed is not None
    assert noticed.had_come_to == 10


def test_a_window_without_a_line_gets_going_again_by_the_courier(
    centre: TestCentre, desk: Desk, tmp_path: Path
) -> None:
    damage(desk)
    out, back = tmp_path / "out.gjjpack", tmp_path / "back.gjjpack"
    assert take_out(desk.window, out).commands == 6
    assert courier_in(centre.admin, CENTRE_KEY, out).received == 6
    sent = courier_out(centre.admin, CENTRE_KEY, desk.machine.device, back)
    assert sent.after == 0, "the replica is gone, so the whole feed comes"
    assert take_in(desk.window, back).answers == 6
    desk.register()
    settle(desk, centre)
    assert desk.machine.counts().accepted == 11
    assert verify(centre.admin) == []


@pytest.mark.parametrize("is_readable", [True, False], ids=["the epoch is readable", "the epoch is lost"])
def test_a_window_hears_anew_what_a_centre_decides_that_was_restored_while_its_file_was_damaged(
    centre: TestCentre, desk: Desk, tmp_path: Path, is_readable: bool
) -> None:
    colleague = enrolled_window(centre, tmp_path / "04", "04", "010002")
    desk.meet()
    backup = backup_of(centre)
    post(centre)
    desk.meet()
    assert desk.machine.counts().accepted == 10
    if not is_readable:
        with desk.machine.store.work() as connection:
            meta.drop(connection, meta.EPOCH)
    damage(desk)
    restore(centre, backup)
    colleague.save(credit_code_of("990503000008"))
    asyncio.run(colleague.exchange())
    assert post(centre).refused == 1, "the colleague has handed in less, so it goes first"
    desk.meet()
    counts = desk.machine.counts()
    assert (counts.accepted, counts.refused, counts.handed_in, counts.waiting) == (9, 1, 0, 0)
    colleague.store.close()
