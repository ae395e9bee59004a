"""Each page does its work on the real program: papers, sync, roster, letters, contracts, the day's end."""

import re
from pathlib import Path

from PySide6.QtCore import Qt

from gjj_desktop.counter.facts import facts_of
from gjj_desktop.counter.roster_sheet import Sheet, read_roster
from gjj_desktop.demo.roster import write_roster
from gjj_desktop.security.vault import DEVICE_KEY, DEVICE_KEY_NEXT, DEVICE_PASSWORD
from tests.support.office import Hands, Office, until
from tests.ui.pages.typing_in import CONTROL, ENTER, GOOD_CARD, type_rent, wait_synced, withdrawal_form
from ui.pages.day_close import DayClosePage
from ui.pages.menu import MenuPage
from ui.pages.overdue import OverduePage
from ui.pages.papers import PapersPage
from ui.pages.roster import RosterPage
from ui.pages.sync import SyncPage
from ui.preview import PreviewPage


def open_page(hands: Hands, digit: Qt.Key, kind: type) -> object:
    """Reach a page by its key, loaded."""
    hands.press(digit, CONTROL)
    assert isinstance(hands.page, kind), hands.page
    hands.rest()
    return hands.page


def wait_preview(hands: Hands) -> PreviewPage:
    until(lambda: isinstance(hands.page, PreviewPage) and hands.page.count, "the preview")
    preview = hands.page
    assert isinstance(preview, PreviewPage)
    return preview


def rent(hands: Hands, person: str) -> None:
    """Take in one month's rent of somebody and come back from its receipt."""
    page = withdrawal_form(hands)
    type_rent(hands, page, person, GOOD_CARD, "2026-08", "2026-08")
    hands.press(Qt.Key.Key_F9)
    wait_preview(hands)
    hands.press(Qt.Key.Key_Escape)


def test_a_letter_is_made_for_who_is_far_behind_and_for_nobody_else(front: Hands) -> None:
    page = open_page(front, Qt.Key.Key_6, OverduePage)
    assert isinstance(page, OverduePage)
    by_name = {row.borrower: row for row in page._loaded}
    assert {name: row.overdue_periods for name, row in by_name.items()} == {"徐立峰": 5, "高雅琴": 2}
    front.type("高雅琴")
    until(lambda: page.current is not None and page.current.borrower == "高雅琴", "the row")
    assert "overdue.letter" not in [action.name for action in page.action_rows()]
    page.table.filter_line.clear()
    front.type("徐立峰")
    until(lambda: page.current is not None and page.current.borrower == "徐立峰", "the row")
    front.press(ENTER)
    preview = wait_preview(front)
    assert preview._model.title == "逾期催收函"
    wait_synced(front)


def test_a_reprint_asks_why_and_shows_its_count(front: Hands) -> None:
    rent(front, "陆婉清")
    page = open_page(front, Qt.Key.Key_7, PapersPage)
    assert isinstance(page, PapersPage)
    until(lambda: page.current is not None, "the papers")
    paper_no = page.current.paper_no  # type: ignore[union-attr]
    front.press(Qt.Key.Key_F6)
    front.press(ENTER)
    assert page.strip.line.finding == "请写明补打的原因"
    front.type("卡纸")
    front.press(ENTER)
    wait_preview(front)
    front.press(Qt.Key.Key_Escape)
    until(lambda: any(row.paper_no == paper_no and row.reprints == 1 for row in page._loaded), "the count")


def test_a_voided_paper_stays_with_its_number_and_can_not_be_reprinted(front: Hands) -> None:
    rent(front, "陈晓燕")
    page = open_page(front, Qt.Key.Key_7, PapersPage)
    assert isinstance(page, PapersPage)
    until(lambda: page.current is not None, "the papers")
    paper_no = page.current.paper_no  # type: ignore[union-attr]
    front.press(Qt.Key.Key_F7)
    front.type("姓名打印不清")
    front.press(ENTER)
    until(lambda: any(row.paper_no == paper_no and row.state == "已作废" for row in page._loaded), "the void")
    assert page.strip.isHidden()
    front.rest()
    until(lambda: page.current is not None and page.current.state == "已作废", "the row")
    assert "papers.reprint" not in [action.name for action in page.action_rows()]


def test_a_code_of_somebody_else_is_not_ours(front: Hands) -> None:
    page = open_page(front, Qt.Key.Key_7, PapersPage)
    assert isinstance(page, PapersPage)
    front.press(Qt.Key.Key_J, CONTROL)
    front.type("https://example.org/12345")
    front.press(ENTER)
    until(lambda: page.verdict.isVisible(), "the answer")
    assert page.verdict.text() == "这不是本系统单据的二维码。"


def test_with_the_line_cut_work_goes_on_and_the_page_says_what_waits(front: Hands, town_office: Office) -> None:
    wait_synced(front)
    town_office.centre.cut()
    try:
        rent(front, "古丽努尔")
        page = open_page(front, Qt.Key.Key_9, SyncPage)
        assert isinstance(page, SyncPage)
        until(lambda: "离线" in front.work.line_state.text(), "the state of the line")
        until(lambda: len(page._loaded) == 1, "the item")
        assert (page._loaded[0].subject, page._loaded[0].state_words) == ("古丽努尔·买买提", "待同步")
        assert "连不上中心" in page.words.text()
        promised, due = page._loaded[0].clock.words.split(" · ")
        assert re.fullmatch("剩 (1 小时|5[0-9] 分)", promised)
        assert front.app.window is not None
        known = facts_of(front.app.window, "Case", page._loaded[0].case_no)
        assert known is not None
        assert dict(known.pairs)["时限"].endswith(due)
        assert dict(known.pairs)["法定期限"].endswith(due)
        day = open_page(front, Qt.Key.Key_0, DayClosePage)
        assert isinstance(day, DayClosePage)
        assert "还有 1 笔待同步" in day.open_words.text()
        front.press(Qt.Key.Key_F9)
        until(lambda: front.work.banner.isVisible(), "why not")
        assert "不能日结" in front.work.banner.what.text()
        assert front.page is day
    finally:
        town_office.centre.restore()
    front.press(Qt.Key.Key_9, CONTROL)
    front.press(Qt.Key.Key_F9)
    wait_synced(front)
    until(lambda: front.work.line_state.text().startswith("已同步"), "the state of the line")
    until(lambda: not page._loaded, "an empty list")


def test_a_roster_opens_its_good_rows_and_gives_the_wrong_ones_back(front: Hands, tmp_path: Path) -> None:
    menu = open_page(front, Qt.Key.Key_2, MenuPage)
    assert isinstance(menu, MenuPage)
    front.press(Qt.Key.Key_F5)
    page = front.page
    assert isinstance(page, RosterPage)
    made = write_roster(tmp_path / "roster.xlsx", "云溪市青禾服饰有限公司")
    front.type("青禾服饰")
    until(lambda: page.employer.control.list.isVisible(), "the hits")  # type: ignore[attr-defined]
    front.press(ENTER)
    front.type_on("2026-11", str(made.path))
    until(lambda: page.tried is not None, "the rows")
    assert page.tried is not None
    assert len(page.tried.good) == len(made.openings)
    assert {error.row_no for error in page.tried.errors} == {row.row_no for row in made.errors}
    page.export(tmp_path / "wrong.xlsx")
    front.rest()
    given_back = read_roster(tmp_path / "wrong.xlsx")
    assert isinstance(given_back, Sheet)
    assert len(given_back.rows) == len({row.row_no for row in made.errors})
    front.press(Qt.Key.Key_F9)
    preview = wait_preview(front)
    assert preview._model.title == "批量开户清册回执"
    front.press(Qt.Key.Key_Escape)
    assert page.tried is None, "nothing is there to be handed in twice"
    front.press(Qt.Key.Key_Escape)
    until(lambda: front.page is menu, "the menu")
    until(lambda: any(line.title == "清册开户" for line in menu._loaded), "the case of today")
    wait_synced(front)


def test_the_keys_of_the_machine_are_changed_by_keyboard_after_one_word(front: Hands) -> None:
    wait_synced(front)
    page = open_page(front, Qt.Key.Key_9, SyncPage)
    machine = front.app.machine
    assert machine is not None
    before, password = machine.vault.get(DEVICE_KEY), machine.vault.get(DEVICE_PASSWORD)
    front.press(Qt.Key.Key_F4)
    front.type("不换")
    front.press(ENTER)
    front.rest()
    assert (machine.vault.get(DEVICE_KEY_NEXT), machine.vault.get(DEVICE_KEY)) == (None, before)
    front.press(Qt.Key.Key_Escape)
    assert front.page is page
    front.press(Qt.Key.Key_F4)
    front.type("更换")
    front.press(ENTER)
    front.rest()
    until(lambda: "本机密钥已更换" in front.work.bottom.told.text(), "what was done")
    until(lambda: machine.vault.get(DEVICE_KEY) != before, "the centre's word")
    until(lambda: machine.vault.get(DEVICE_KEY_NEXT) is None, "the old key to be dropped")
    until(lambda: machine.vault.get(DEVICE_PASSWORD) != password, "the new password")
    rent(front, "赵根娣")
    wait_synced(front)
