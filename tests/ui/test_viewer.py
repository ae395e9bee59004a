"""The pages of a case on the screen: turned, enlarged and waited for by the keyboard alone."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.ui.scans import PagesInMemory, a_scan, digest_of
from ui.tasks import Tasks
from ui.viewer import ViewerPage

PAGES = [a_scan(lines) for lines in (4, 8, 12)]


@pytest.fixture
def model() -> PagesInMemory:
    return PagesInMemory(("no_home", "无房证明", PAGES[:2]), ("identity_copy", "身份证影印件", PAGES[2:]))


@pytest.fixture
def page(qtbot: QtBot, tasks: Tasks, model: PagesInMemory) -> ViewerPage:
    made = ViewerPage(model, tasks, "990503000001")
    made.resize(900, 600)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: not made.viewer.view.shown.isEmpty())
    return made


def heading(page: ViewerPage) -> str:
    return f"{page.viewer.title.text()} {page.viewer.side.text()}"


def call(page: ViewerPage, name: str) -> None:
    next(row for row in page.action_rows() if row.name == name).call()


def test_pages_are_turned_one_by_one_and_material_by_material(page: ViewerPage, qtbot: QtBot) -> None:
    assert heading(page) == "无房证明 第 1 页，共 2 页 · 全部 1/3"
    call(page, "pages.next")
    assert heading(page) == "无房证明 第 2 页，共 2 页 · 全部 2/3"
    call(page, "pages.next")
    assert heading(page) == "身份证影印件 第 1 页，共 1 页 · 全部 3/3"
    call(page, "pages.next")
    assert heading(page).endswith("3/3")
    call(page, "pages.material_back")
    assert heading(page).endswith("1/3")
    call(page, "pages.material")
    assert heading(page).endswith("3/3")
    call(page, "pages.previous")
    assert heading(page).endswith("2/3")
    assert page.viewer.foot.text() == f"摘要 {digest_of(PAGES[1])[:4]} {digest_of(PAGES[1])[4:8]}"


def test_the_picture_is_that_of_the_page_in_sight_however_fast_one_turns(page: ViewerPage, qtbot: QtBot) -> None:
    for name in ("pages.next", "pages.next", "pages.previous", "pages.next"):
        call(page, name)
    qtbot.waitUntil(lambda: page.viewer._shown == digest_of(PAGES[2]))


def test_a_page_is_enlarged_moved_and_turned(page: ViewerPage, qtbot: QtBot) -> None:
    view = page.viewer.view
    upright = view._canvas.drawn
    assert upright.height() > upright.width()
    assert view._canvas.width() <= view.viewport().width()
    call(page, "pages.larger")
    call(page, "pages.larger")
    assert view._canvas.drawn.height() > upright.height()
    assert view.verticalScrollBar().maximum() > 0
    before = view.verticalScrollBar().value()
    QTest.keyClick(page, Qt.Key.Key_Down)
    assert view.verticalScrollBar().value() > before
    call(page, "pages.turn")
    assert view._canvas.drawn.width() > view._canvas.drawn.height()
    for _ in range(9):
        call(page, "pages.smaller")
    assert view.zoom == 0
    call(page, "pages.next")
    assert view.turns == 0


def test_what_has_not_come_says_why_and_shows_itself_as_soon_as_it_came(
    qtbot: QtBot, tasks: Tasks, model: PagesInMemory
) -> None:
    first = digest_of(PAGES[0])
    model.here.remove(first)
    model.held.remove(first)
    page = ViewerPage(model, tasks, "990503000001")
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: page.viewer.view.words == "还没有传到中心")
    assert page.viewer.state.text() == "1 页没有传到中心"
    model.held.add(first)
    page.on_changed(frozenset({"MaterialPage"}))
    qtbot.waitUntil(lambda: page.viewer.view.words == "正在取")
    assert page.viewer.state.isHidden()
    model.here.add(first)
    page.on_changed(frozenset({"Blob"}))
    qtbot.waitUntil(lambda: page.viewer._shown == first)
    assert page.viewer.view.words == ""


def test_a_case_without_pages_and_a_page_that_is_none_say_so(qtbot: QtBot, tasks: Tasks, model: PagesInMemory) -> None:
    model.bodies[digest_of(PAGES[0])] = b"\xff\xd8\xff rubbish"
    page = ViewerPage(model, tasks, "990503000001")
    qtbot.addWidget(page)
    qtbot.waitUntil(lambda: "打不开" in page.viewer.view.words)
    model.materials = ()
    page.viewer.show_case("990503000002")
    qtbot.waitUntil(lambda: "没有扫描页" in page.viewer.view.words)
    page.viewer.show_case("")
    assert page.viewer.view.words == ""


def test_the_viewer_begins_with_the_material_that_was_asked_for(
    qtbot: QtBot, tasks: Tasks, model: PagesInMemory
) -> None:
    page = ViewerPage(model, tasks, "990503000001", "identity_copy")
    qtbot.addWidget(page)
    qtbot.waitUntil(lambda: page.viewer._shown == digest_of(PAGES[2]))
