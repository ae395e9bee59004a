"""Scanned pages at the window: kept with their sheet, handed in with their case, looked at by a colleague."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from gjj_desktop.cases.rows import Case, MaterialPage
from gjj_desktop.cases.withdrawal_form import KIND, SubmitWithdrawal
from gjj_desktop.central.row_tables import all_rows, publish
from gjj_desktop.central.verify import verify
from gjj_desktop.counter.corrections import acknowledge, reopen_case, reopen_task
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.scanning import CameraDesk, ScanDesk
from gjj_desktop.counter.syncing import unsynced
from gjj_desktop.counter.viewing import CasePages
from gjj_desktop.counter.window import Window
from gjj_desktop.errors import OperatingError
from gjj_desktop.imaging import camera
from gjj_desktop.store import audit, blobs, draft_pages, drafts, outbox, view
from gjj_desktop.sync import kept
from gjj_desktop.sync.link import open_link
from gjj_desktop.sync.pull import pull
from tests.cases.builders import CARD
from tests.counter.conftest import ACCOUNT, Seat
from tests.imaging.test_camera import a_video
from tests.support.centre import TestCentre
from tests.support.window import post
from tests.sync.test_pages_on_the_wire import held_at
from tests.sync.test_push_and_pull import backup_of, restore
from tests.ui.scans import a_scan, digest_of

RAW = {
    "personal_account_no": ACCOUNT.personal_account_no,
    "mobile": "13900000001",
    "reason": "rent",
    "first_month": "2026-05",
    "last_month": "2026-06",
    "bank_card": CARD,
    "bank": "云溪银行",
    "amount_fen": "1000.00",
    "materials": "no_home,marriage,identity_copy",
}


def scan_desk(window: Window, desk: FormDesk, raw: dict[str, str] = RAW) -> ScanDesk:
    return ScanDesk(window, desk.sheet(raw))


def stored(window: Window) -> dict[str, str]:
    with window.reading() as connection:
        return dict(blobs.states(connection))


def words(pages: Sequence[object]) -> list[tuple[str, int, str]]:
    return [(page.material, page.page_no, page.digest) for page in pages]  # type: ignore[attr-defined]


def exchange(seat: Seat) -> None:
    while asyncio.run(seat.machine.exchange()).more:
        pass


def pull_only(seat: Seat) -> None:
    """Take what is new, as an exchange that is cut before the first page does."""

    async def pulled() -> None:
        with seat.machine.store.read() as connection:
            settings = kept.settings(connection)
        async with open_link(settings.address, seat.machine.device, kept.password(seat.machine.vault)) as link:
            await pull(link, seat.machine.store)

    asyncio.run(pulled())


def tidy(seat: Seat) -> None:
    exchange(seat)


@pytest.fixture
def pages() -> list[bytes]:
    return [a_scan(lines, size=(400, 560)) for lines in (3, 6, 9)]


def test_pages_stand_in_their_order_and_can_be_moved_turned_and_taken_away(
    seats: tuple[Seat, Seat], pages: list[bytes]
) -> None:
    window = seats[0].window
    scans = scan_desk(window, FormDesk(window, KIND))
    assert scans.add("no_home", pages).added == 3
    assert scans.add("marriage", pages[:1]).added == 1
    first, second, third = (page.digest for page in scans.pages() if page.material == "no_home")
    assert scans.move("no_home", 3, -1) == 2
    assert scans.move("no_home", 1, -1) == 1
    assert [page.digest for page in scans.pages() if page.material == "no_home"] == [first, third, second]
    scans.remove("no_home", 1)
    assert [page.digest for page in scans.pages() if page.material == "no_home"] == [third, second]
    turned = scans.turned(third, 1)
    assert turned is not None
    scans.replace("no_home", 1, third, turned)
    own = [page for page in scans.pages() if page.material == "no_home"]
    assert own[0].digest not in (first, second, third)
    assert scans.picture(own[0].digest, 1000)[:2] == (560, 400)  # type: ignore[index]
    assert [page.words[:5] for page in own] == ["第 1 页", "第 2 页"]
    scans.replace("no_home", 2, third, turned)
    assert [page.digest for page in scans.pages() if page.material == "no_home"] == [own[0].digest, second]


def test_the_same_page_is_on_a_material_once(seats: tuple[Seat, Seat], pages: list[bytes]) -> None:
    scans = scan_desk(seats[0].window, FormDesk(seats[0].window, KIND))
    assert scans.add("no_home", [pages[0], pages[0]]) == msgspec.structs.replace(
        scans.add("no_home", []), added=1, already=1
    )
    assert (scans.add("no_home", pages).added, len(scans.pages())) == (2, 3)


def test_pages_are_on_the_disk_encrypted_before_anything_is_typed_and_outlive_the_program(
    seats: tuple[Seat, Seat], pages: list[bytes]
) -> None:
    seat = seats[0]
    desk = FormDesk(seat.window, KIND)
    scans = scan_desk(seat.window, desk, {})
    scans.add("no_home", pages[:2])
    before = words(scans.pages())
    desk.save_draft({})
    tidy(seat)
    for path in seat.machine.folder.rglob("*"):
        if path.is_file():
            assert pages[0][200:260] not in path.read_bytes()
            assert b"\xff\xd8\xff" not in path.read_bytes()[:64]
    pid = os.fork()
    if pid == 0:  # a copy of the program that dies with a page half added
        with seat.machine.store.work() as connection:
            blobs.put(connection, pages[2])
            os._exit(9)
    os.waitpid(pid, 0)
    seat.machine.store.close()
    seat.machine.open()
    window = Window(seat.machine.store, seat.window.device_key)
    window.session = seat.window.session
    with window.reading() as connection:
        [draft] = drafts.list_of(connection, seat.machine.clerk)
    assert draft.id == desk.draft_id
    assert words(ScanDesk(window, draft).pages()) == before
    assert len(stored(window)) == 2
    assert seat.machine.store.faults() == []


def test_a_sheet_thrown_away_takes_its_pages_with_it(seats: tuple[Seat, Seat], pages: list[bytes]) -> None:
    seat = seats[0]
    desk = FormDesk(seat.window, KIND)
    scan_desk(seat.window, desk).add("no_home", pages)
    tidy(seat)
    assert len(stored(seat.window)) == 3
    with seat.machine.store.work() as connection:
        drafts.remove(connection, desk.draft_id)
    tidy(seat)
    assert stored(seat.window) == {}


def test_the_form_says_how_many_pages_each_material_has(seats: tuple[Seat, Seat], pages: list[bytes]) -> None:
    window = seats[0].window
    desk = FormDesk(window, KIND)
    scan_desk(window, desk).add("no_home", pages[:2])
    details = {each.value: each.detail for each in desk.check(RAW).materials["materials"]}
    assert "2 页" in details["no_home"]
    assert "页" not in details["marriage"]


def test_pages_travel_with_their_case_and_a_colleague_sees_them(
    centre: TestCentre, seats: tuple[Seat, Seat], pages: list[bytes]
) -> None:
    front, back = seats
    exchange(front)
    desk = FormDesk(front.window, KIND)
    scan_desk(front.window, desk).add("no_home", pages[:2])
    answer = desk.submit(RAW)
    assert answer.findings == ()
    assert set(stored(front.window).values()) == {blobs.TO_SEND}
    assert ScanDesk(front.window, desk.sheet({})).pages() == ()
    with front.window.reading() as connection:
        case = view.one(connection, Case, answer.case_no)
    assert case is not None
    named = msgspec.msgpack.decode(case.payload, type=SubmitWithdrawal).pages
    assert len(named) == 2

    exchange(front)
    assert set(stored(front.window).values()) == {blobs.TO_SEND}  # not posted yet: nobody names them there
    assert [each.state_words for each in unsynced(front.window)] == ["已到中心，待处理"]
    assert post(centre).accepted == 1
    pull_only(front)
    assert [(each.state_words, each.subject) for each in unsynced(front.window)] == [("材料待传 2 页", ACCOUNT.name)]
    exchange(front)
    assert unsynced(front.window) == []
    assert set(stored(front.window).values()) == {blobs.HELD}
    assert post(centre).held == 2
    exchange(back)

    wanted: list[str] = []
    viewer = CasePages(back.window, wanted.extend)
    assert [page.missing_words for page in viewer.pages(answer.case_no)] == ["正在取", "正在取"]
    assert wanted == [page.digest for page in named]
    assert [page.missing_words for page in CasePages(front.window, wanted.extend).pages(answer.case_no)] == ["", ""]
    with back.window.reading() as connection:
        lines = [line for line in audit.read(connection) if line.what == "material.view"]
    assert [line.subject for line in lines] == [answer.case_no]
    viewer.pages(answer.case_no)
    with back.window.reading() as connection:
        assert len([line for line in audit.read(connection) if line.what == "material.view"]) == 1


def test_a_case_that_the_centre_refused_is_opened_again_with_its_pages(
    centre: TestCentre, seats: tuple[Seat, Seat], pages: list[bytes]
) -> None:
    front, back = seats
    for seat in seats:
        exchange(seat)
        desk = FormDesk(seat.window, KIND)
        scan_desk(seat.window, desk).add("no_home", pages[:1] if seat is front else pages[1:])
        assert desk.submit(RAW).findings == ()
    exchange(front)
    assert post(centre).accepted == 1
    exchange(back)
    assert post(centre).refused == 1
    exchange(back)
    assert set(stored(back.window).values()) == {blobs.GIVEN_UP}
    assert asyncio.run(back.machine.exchange()).more is False
    with back.window.reading() as connection:
        [task] = outbox.tasks(connection)
    draft = reopen_task(back.window, task.command_id)
    tidy(back)
    assert [page.material for page in ScanDesk(back.window, draft).pages()] == ["no_home"] * 2
    assert len(stored(back.window)) == 2


def test_a_returned_case_is_corrected_at_another_window_with_the_pages_it_had(
    centre: TestCentre, seats: tuple[Seat, Seat], pages: list[bytes]
) -> None:
    front, back = seats
    exchange(front)
    desk = FormDesk(front.window, KIND)
    scan_desk(front.window, desk).add("no_home", pages[:2])
    answer = desk.submit(RAW)
    exchange(front)
    post(centre)
    exchange(front)
    post(centre)
    [case] = [row for row in all_rows(centre.admin, Case) if isinstance(row, Case)]
    publish(centre.admin, [msgspec.structs.replace(case, state="returned")])
    exchange(back)
    draft = reopen_case(back.window, answer.case_no)
    wanted: list[str] = []
    scans = ScanDesk(back.window, draft, wanted.extend)
    first, second = (page.digest for page in scans.pages())
    assert scans.picture(first, 500) == "这一页在中心，正在取。"
    assert wanted == [first]
    scans.remove("no_home", 1)
    scans.add("no_home", pages[2:])
    corrected = FormDesk(back.window, KIND, draft)
    assert corrected.submit(draft.raw).findings == ()
    exchange(back)
    assert post(centre).accepted == 1
    states = {row.digest: row.state for row in all_rows(centre.admin, MaterialPage) if isinstance(row, MaterialPage)}
    assert states == {second: "held", digest_of(pages[2]): "announced"}
    exchange(back)
    assert post(centre).held == 1
    assert set(stored(back.window).values()) == {blobs.HELD}
    exchange(front)
    with front.window.reading() as connection:
        assert len(view.rows_of(connection, MaterialPage, "case_no", answer.case_no)) == 2
    assert verify(centre.admin) == []


def test_a_refused_case_that_nobody_opens_again_has_its_pages_when_a_restored_centre_takes_it(
    centre: TestCentre, seats: tuple[Seat, Seat], pages: list[bytes]
) -> None:
    front, back = seats
    backup = backup_of(centre)
    for seat in seats:
        exchange(seat)
        desk = FormDesk(seat.window, KIND)
        scan_desk(seat.window, desk).add("no_home", pages[:1] if seat is front else pages[1:])
        desk.submit(RAW)
    exchange(front)
    post(centre)
    exchange(back)
    assert post(centre).refused == 1
    exchange(back)
    with back.window.reading() as connection:
        [task] = outbox.tasks(connection)
    acknowledge(back.window, task.command_id)
    exchange(back)
    with back.window.reading() as connection:
        assert draft_pages.of_draft(connection, task.command_id) == ()
    assert set(stored(back.window)) == {digest_of(page) for page in pages[1:]}
    assert held_at(centre) == set(), "nobody asks for the pages of a case that was refused"

    restore(centre, backup)
    exchange(back)
    assert post(centre).accepted == 1, "the other window has not come yet"
    exchange(back)
    assert held_at(centre) == {digest_of(page) for page in pages[1:]}
    assert post(centre).held == 2


def test_more_pages_than_policy_allows_are_not_added(seats: tuple[Seat, Seat]) -> None:
    window = seats[0].window
    scans = scan_desk(window, FormDesk(window, KIND))
    many = [b"\xff\xd8\xff page %d" % number for number in range(61)]
    with pytest.raises(OperatingError, match="最多扫描 60 页"):
        scans.add("no_home", many)
    assert scans.pages() == ()
    assert scans.add("no_home", many[:60]).added == 60
    with pytest.raises(OperatingError, match="最多扫描 60 页"):
        scans.add("no_home", many[60:])


def test_the_folder_is_remembered_and_lists_the_newest_first(seats: tuple[Seat, Seat], tmp_path: Path) -> None:
    window = seats[0].window
    scans = scan_desk(window, FormDesk(window, KIND))
    assert (scans.folder(), scans.folder_files()) == (None, ())
    folder = tmp_path / "扫描"
    folder.mkdir()
    for age, name in enumerate(("new.JPG", "old.pdf", "~$a.jpg", ".b.png", "c.docx", "older.tif")):
        (folder / name).write_bytes(b"x" * (age + 1))
        os.utime(folder / name, (1_700_000_000 - age, 1_700_000_000 - age))
    scans.choose_folder(folder)
    assert scans.folder() == folder
    assert [file.name for file in scans.folder_files()] == ["new.JPG", "old.pdf", "older.tif"]
    (folder / "newest.png").write_bytes(b"y")
    assert scans.folder_files()[0].name == "newest.png"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert (scans.folder(), scans.folder_files()) == (None, ())


def test_a_picture_of_the_camera_is_a_page(
    seats: tuple[Seat, Seat], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = seats[0].window
    scans = scan_desk(window, FormDesk(window, KIND))
    monkeypatch.setenv(camera.DEVICE_VARIABLE, str(a_video(tmp_path / "v.avi")))
    taken = CameraDesk()
    assert taken.live()[:2] == (640, 480)
    assert scans.add("no_home", scans.made_of_picture(taken.shot())).added == 1
    taken.close()
    [page] = scans.pages()
    assert scans.picture(page.digest, 2000)[:2] == (640, 480)  # type: ignore[index]


def test_a_file_is_looked_into_before_it_is_added(seats: tuple[Seat, Seat], tmp_path: Path) -> None:
    scans = scan_desk(seats[0].window, FormDesk(seats[0].window, KIND))
    Image.new("RGB", (30, 20), "white").save(tmp_path / "a.png")
    assert scans.look_into(tmp_path / "a.png", 100)[:2] == (30, 20)  # type: ignore[index]
    assert len(scans.made_of_file(tmp_path / "a.png")) == 1
    with pytest.raises(OperatingError, match="找不到"):
        scans.made_of_file(tmp_path / "b.png")
