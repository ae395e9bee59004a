"""A clerk scans at the real program, keyboard only; the supervisor's window shows what was scanned."""

import os
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from gjj_desktop.cases.rows import Account, Case
from gjj_desktop.counter.viewing import CasePages
from gjj_desktop.imaging import camera
from gjj_desktop.store import blobs, view
from gjj_desktop.store.store import Store
from tests.imaging.test_camera import a_video
from tests.support.office import Hands, Office, until
from tests.ui.pages.typing_in import CONTROL, GOOD_CARD, withdrawal_form
from tests.ui.scans import a_scan
from ui.desk import DeskPage
from ui.folder_files import FolderPage
from ui.pages.case import CasePage
from ui.pages.case_form import CaseForm
from ui.preview import PreviewPage
from ui.scanning import ScanPage
from ui.viewer import ViewerPage

PICTURES = os.environ.get("GJJ_PICTURES", "")


def picture(hands: Hands, name: str) -> None:
    """Kept for looking at, where a folder is named."""
    if PICTURES:
        hands.rest()
        hands.app.shell.resize(1366, 768)
        hands.rest()
        hands.app.shell.grab().save(str(Path(PICTURES) / f"{name}.png"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "扫描仪"
    made.mkdir()
    for age, lines in enumerate((24, 18, 9)):
        path = made / f"scan-{3 - age}.jpg"
        path.write_bytes(a_scan(lines))
        os.utime(path, (1_790_000_000 - age * 60, 1_790_000_000 - age * 60))
    (made / "broken.pdf").write_bytes(b"%PDF-1.7 nothing more")
    os.utime(made / "broken.pdf", (1_780_000_000, 1_780_000_000))
    return made


@pytest.fixture
def form(front: Hands) -> CaseForm:
    """A rent withdrawal, typed but for its scans; no sheet has claimed these months before."""
    page = withdrawal_form(front)
    window = front.app.window
    assert window is not None
    with window.reading() as connection:
        accounts = [row for row in view.rows_of(connection, Account) if row.state == "01"]
    accounts.sort(key=lambda row: (row.months_paid < 24, row.balance_fen < 5_000_000, row.personal_account_no))
    typed = {
        "personal_account_no": accounts[0].personal_account_no,
        "mobile": "19900008816",
        "reason": "rent",
        "first_month": "2026-05",
        "last_month": "2026-10",
        "amount_fen": "1500.00",
        "bank_card": GOOD_CARD,
        "bank": "云溪银行营业部",
        "materials": "no_home,marriage,identity_copy",
    }
    page.cards.set_raw(typed)
    front.rest()
    page.cards.set_raw(typed)
    page.refresh()
    control = page.cards.editors["materials"].control
    until(lambda: control.boxes, "the materials")  # type: ignore[attr-defined]
    front.rest()
    return page


def scan_page(hands: Hands) -> ScanPage:
    hands.press(Qt.Key.Key_F6)
    until(lambda: isinstance(hands.page, ScanPage), "the page of scans")
    page = hands.page
    assert isinstance(page, ScanPage)
    hands.rest()
    return page


def idle(hands: Hands, page: ScanPage) -> None:
    until(lambda: not page._busy and not page._waiting, "the pages made")
    hands.rest()


def states_of_pages(store: Store) -> set[str]:
    with store.read() as connection:
        return {state for _, state in blobs.states(connection)}


def test_pages_come_from_files_a_folder_and_a_camera_and_go_with_the_case(
    front: Hands, form: CaseForm, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, town_office: Office
) -> None:
    page = scan_page(front)
    picture(front, "scan-empty")
    names = [str(folder / name) for name in ("scan-2.jpg", "scan-1.jpg", "broken.pdf")]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (names, ""))
    front.press(Qt.Key.Key_F2)
    idle(front, page)
    assert len(page.own) == 2, "the broken one gave no page and stopped none of the others"
    assert "损坏" in front.work.banner.what.text()
    front.work.banner.hide()
    until(lambda: not page.view.shown.isEmpty(), "the picture")
    picture(front, "scan-two-pages")
    second = page.own[1].digest
    front.press(Qt.Key.Key_Up, CONTROL)
    front.rest()
    assert page.own[0].digest == second
    upright = page.view.shown
    front.press(Qt.Key.Key_R)
    until(lambda: page.view.shown == upright.transposed(), "the page turned")
    assert page.own[0].digest != second
    picture(front, "scan-turned")
    front.press(Qt.Key.Key_Delete)
    front.rest()
    assert len(page.own) == 1

    front.press(Qt.Key.Key_Right)
    front.rest()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    front.press(Qt.Key.Key_F3)
    until(lambda: isinstance(front.page, FolderPage), "the folder")
    files = front.page
    assert isinstance(files, FolderPage)
    until(lambda: len(files.table.rows) == 4, "the files")
    until(lambda: not files.view.shown.isEmpty(), "the newest file's picture")
    assert [file.name for file in files.table.rows][:3] == ["scan-3.jpg", "scan-2.jpg", "scan-1.jpg"]
    front.press(Qt.Key.Key_Return)
    idle(front, page)
    picture(front, "scan-folder")
    (folder / "newest.png").write_bytes(a_scan(30))
    until(lambda: files.table.rows[0].name == "newest.png", "the file that just came")
    front.press(Qt.Key.Key_Escape)
    front.rest()
    assert front.page is page
    assert len(page.pages) == 2

    monkeypatch.setenv(camera.DEVICE_VARIABLE, str(a_video(tmp_path / "v.avi", frames=400)))
    front.press(Qt.Key.Key_F4)
    until(lambda: not page.view.shown.isEmpty(), "the live picture")
    picture(front, "scan-camera")
    front.press(Qt.Key.Key_F9)
    idle(front, page)
    front.press(Qt.Key.Key_Escape)
    assert not page.live
    assert len(page.pages) == 3
    front.press(Qt.Key.Key_F9)
    front.rest()
    assert front.page is form
    picture(front, "form-with-pages")
    detail = {each.value: each.detail for each in form.desk.check(form.cards.raw()).materials["materials"]}
    assert sum("页" in words for words in detail.values()) == len({each.material for each in page.pages})

    front.press(Qt.Key.Key_F9)
    until(lambda: isinstance(front.page, PreviewPage), "the receipt")
    picture(front, "line-with-pages")
    machine = front.app.machine
    assert machine is not None
    until(lambda: machine.engine.state().pages == 0 and machine.engine.state().pending == 0, "the pages at the centre")
    until(lambda: states_of_pages(machine.store) == {blobs.HELD}, "what the sheet gave up to be forgotten")
    with machine.store.read() as connection:
        case_no = max(row.case_no for row in view.rows_of(connection, Case, "state", "received"))
    see_them_on_the_case_s_own_page(front, case_no)
    see_them_at_the_other_window(town_office, case_no)


def see_them_on_the_case_s_own_page(front: Hands, case_no: str) -> None:
    front.press(Qt.Key.Key_Escape)
    page = CasePage(front.app.shell.work.pages[0].office, case_no)  # type: ignore[union-attr, attr-defined]
    front.page.wants_page.emit(page)
    until(lambda: page.has_materials, "the case")
    front.press(Qt.Key.Key_F8)
    viewer = front.page
    assert isinstance(viewer, ViewerPage)
    until(lambda: not viewer.viewer.view.shown.isEmpty(), "the page")
    front.press(Qt.Key.Key_Escape)
    assert front.page is page
    front.press(Qt.Key.Key_Escape)


def see_them_at_the_other_window(office: Office, case_no: str) -> None:
    back = office.open("01")
    back.sign_in("990509")
    machine, window = back.app.machine, back.app.window
    assert machine is not None
    assert window is not None
    viewer = ViewerPage(CasePages(window, machine.engine.want), back.app.tasks, case_no)
    back.page.wants_page.emit(viewer)
    until(lambda: len(viewer.viewer.pages) == 3, "the case's pages")
    for place in range(3):
        until(lambda place=place: viewer.viewer.page is not None and viewer.viewer.page.here, "the page fetched")
        until(lambda: not viewer.viewer.view.shown.isEmpty(), "the picture")
        picture(back, f"viewer-{place + 1}")
        back.press(Qt.Key.Key_PageDown)
    back.press(Qt.Key.Key_Escape)
    see_them_beside_the_decision(back)
    office.put_away(back)


def see_them_beside_the_decision(back: Hands) -> None:
    back.press(Qt.Key.Key_5, CONTROL)
    desk = back.page
    assert isinstance(desk, DeskPage)
    until(lambda: desk.case is not None, "the case that waits")
    viewer = desk.viewer
    assert viewer is not None
    desk.panel.material_wanted.emit(desk.case.materials[0].value)  # type: ignore[union-attr]
    until(lambda: not viewer.view.shown.isEmpty(), "the page beside the decision")
    picture(back, "approval-with-pages")


def test_a_window_without_a_camera_says_so_and_goes_on(
    front: Hands, form: CaseForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "sources", lambda: ())
    page = scan_page(front)
    front.press(Qt.Key.Key_F4)
    until(lambda: not page.live, "the camera given up")
    assert front.work.banner.what.text() == "没有找到摄像头或高拍仪。"
    picture(front, "scan-no-camera")
    front.press(Qt.Key.Key_Escape)
    assert front.page is form


def test_scans_outlive_the_lock_and_the_sign_out(front: Hands, form: CaseForm, folder: Path) -> None:
    page = scan_page(front)
    page.add_files([folder / "scan-1.jpg"])
    idle(front, page)
    digest = page.own[0].digest
    front.app.shell.lock()
    front.rest()
    assert not page.isVisible()
    front.type("青禾镇的密码-1")
    front.press(Qt.Key.Key_Return)
    until(lambda: not front.app.shell.is_locked, "the lock open")
    front.rest()
    assert [each.digest for each in page.own] == [digest]
    front.press(Qt.Key.Key_Escape)
    front.rest()
    assert front.page is form
    assert scan_page(front).own[0].digest == digest


def test_pages_that_are_still_being_made_are_kept_although_the_clerk_goes_on(
    front: Hands, form: CaseForm, folder: Path
) -> None:
    page = scan_page(front)
    page.add_files([folder / "scan-1.jpg", folder / "scan-2.jpg", folder / "scan-3.jpg"])
    front.press(Qt.Key.Key_F9)
    until(lambda: front.page is form, "the form")
    front.rest()
    assert len(scan_page(front).pages) >= 3
