"""The window around the pages: navigation, keys, counts, staleness, messages, the lock."""

from collections.abc import Callable, Sequence

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gjj_desktop.clock import steady_seconds
from gjj_desktop.errors import OperatingError
from tests.ui.samples import PEOPLE, Choosable, DoorInMemory
from ui import bottom_bar, shell
from ui.fields.line import LineControl
from ui.messages import Message, Messages
from ui.page import Action, Page, PageRow, Place
from ui.shell import Desk, Person, Shell, Work
from ui.tasks import Tasks


class Sheet(Page):
    """A page with one line to type into, which counts what is asked of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = LineControl(self)
        QVBoxLayout(self).addWidget(self.line)
        self.done_things: list[str] = []
        self.refreshed = self.flushed = 0

    def action_rows(self) -> tuple[Action, ...]:
        return (
            Action("help", "帮助", "F1", lambda: self.done_things.append("help")),
            Action("go", "受理", "F9", lambda: self.done_things.append("go"), Place.MAIN),
        )

    def opened(self) -> None:
        self.line.setFocus()

    def refresh(self) -> None:
        self.refreshed += 1

    def flush(self) -> None:
        self.flushed += 1

    def concerned_by(self, changes: frozenset[str]) -> bool:
        return "Case" in changes


class Town:
    """A window with three pages and a door that knows one password."""

    def __init__(self, qtbot: QtBot, tasks: Tasks) -> None:
        self.qtbot, self.tasks, self.messages = qtbot, tasks, Messages()
        self.waiting = 12
        self.made: list[str] = []
        self.door = DoorInMemory()
        self.shell = Shell(tasks, self.messages)
        qtbot.addWidget(self.shell)
        self.work: Work = self.shell.open_work(self.desk())
        with qtbot.waitActive(self.shell):
            self.shell.show()
            self.shell.activateWindow()

    def desk(self, idle_minutes: int = 5) -> Desk:
        rows = (
            PageRow("home", "工作台", "", self._factory("home"), "Alt+1"),
            PageRow("withdrawal", "提取", "受理", self._factory("withdrawal"), "Alt+2"),
            PageRow("approval", "审批", "办理", self._factory("approval"), "Alt+3", lambda: self.waiting),
        )
        person = Person("李秀英", "经办")
        return Desk("公积金窗口", "青禾镇 · 3 号窗", person, rows, self.search, self.door.unlock, idle_minutes)

    def search(self, text: str) -> Sequence[Choosable]:
        return [each for each in PEOPLE if text in each.label]

    def _factory(self, name: str) -> Callable[[QWidget], Page]:
        def make(parent: QWidget) -> Page:
            self.made.append(name)
            return Sheet(parent)

        return make

    @property
    def page(self) -> Sheet:
        assert isinstance(self.work.page, Sheet)
        return self.work.page

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.keyClick(QApplication.focusWidget() or self.shell, key, modifier)


@pytest.fixture
def town(qtbot: QtBot, tasks: Tasks) -> Town:
    return Town(qtbot, tasks)


def test_pages_are_made_when_first_asked_for_and_keep_what_was_typed(town: Town) -> None:
    assert town.made == ["home"]
    town.qtbot.keyClicks(town.page.line, "typed")
    town.press(Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert town.made == ["home", "withdrawal"]
    town.press(Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert town.page.line.text() == "typed"
    assert town.made == ["home", "withdrawal"]


def test_leaving_a_page_keeps_its_draft(town: Town) -> None:
    home = town.page
    town.work.open_page("withdrawal")
    assert home.flushed == 1


def test_the_keys_of_the_page_in_sight_act_and_those_of_others_do_not(town: Town) -> None:
    home = town.page
    town.press(Qt.Key.Key_F9)
    assert home.done_things == ["go"]
    town.work.open_page("withdrawal")
    town.press(Qt.Key.Key_F1)
    assert (home.done_things, town.page.done_things) == (["go"], ["help"])


def test_the_main_button_says_its_key_and_acts(town: Town) -> None:
    main = town.work.bottom.main
    assert main is not None
    assert main.text() == "受理  F9"
    town.qtbot.mouseClick(main, Qt.MouseButton.LeftButton)
    assert town.page.done_things == ["go"]


def test_after_the_last_field_enter_is_the_main_action(town: Town) -> None:
    town.page.going_on.emit()
    town.press(Qt.Key.Key_Return)
    assert town.page.done_things == ["go"]


def test_only_what_waits_for_this_person_is_counted(town: Town) -> None:
    town.qtbot.waitUntil(lambda: town.work.navigation.waiting()["approval"] == "12")
    assert town.work.navigation.waiting()["withdrawal"] == ""
    town.waiting = 0
    town.work.changed(frozenset({"Case"}))
    town.qtbot.waitUntil(lambda: town.work.navigation.waiting()["approval"] == "")


def test_a_change_refreshes_the_page_in_sight_and_the_others_when_they_come_into_sight(town: Town) -> None:
    home = town.page
    town.work.open_page("withdrawal")
    town.work.changed(frozenset({"Case"}))
    town.work.changed(frozenset({"Case"}))
    assert (town.page.refreshed, home.refreshed, home.stale) == (2, 0, True)
    town.work.open_page("home")
    assert (home.refreshed, home.stale) == (1, False)


def test_a_change_that_is_no_concern_of_a_page_leaves_it_alone(town: Town) -> None:
    town.work.changed(frozenset({"Clerk"}))
    assert town.page.refreshed == 0


def test_a_page_above_goes_back_to_where_it_came_from(town: Town) -> None:
    home, above = town.page, Sheet()
    home.wants_page.emit(above)
    assert town.page is above
    above.done.emit()
    assert town.page is home
    town.press(Qt.Key.Key_F9)
    assert home.done_things == ["go"]


def test_ctrl_k_searches_from_anywhere_and_enter_opens_the_hit(town: Town) -> None:
    town.press(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget() is town.work.search
    commit = QInputMethodEvent("", [])
    commit.setCommitString("王")
    QApplication.sendEvent(town.work.search, commit)
    town.qtbot.waitUntil(town.work.search.list.isVisible)
    with town.qtbot.waitSignal(town.work.found) as found:
        town.press(Qt.Key.Key_Return)
    assert found.args == [PEOPLE[0]]
    assert town.work.search.text() == ""


def test_what_went_wrong_is_said_in_the_banner_with_what_to_do(town: Town) -> None:
    def work() -> None:
        raise OperatingError("磁盘已满。", "请清理磁盘后再按 F9。")

    town.tasks.run(work, print)
    town.qtbot.waitUntil(town.work.banner.isVisible)
    assert town.work.banner.what.text() == "磁盘已满。"
    assert town.work.banner.what_to_do.text() == "请清理磁盘后再按 F9。"
    assert town.work.banner.property("tone") == "wrong"


def test_at_the_door_and_while_locked_it_is_said_under_everything(town: Town) -> None:
    town.shell.lock()
    town.messages.show(OperatingError("钥匙环已锁。", "请先解锁系统钥匙环。"))
    assert (town.shell.banner.isVisible(), town.shell.banner.what.text()) == (True, "钥匙环已锁。")
    unlock(town, DoorInMemory.PASSWORD)
    town.qtbot.waitUntil(lambda: not town.shell.is_locked)
    assert not town.shell.banner.isVisible()


def test_a_page_can_say_that_something_went_well(town: Town) -> None:
    height = town.work.stack.height()
    town.page.said.emit(Message("已保存，待同步。", tone="good"))
    told = town.work.bottom.told
    assert (told.isVisible(), told.text()) == (True, "✓ 已保存，待同步。")
    assert not town.work.banner.isVisible()
    town.qtbot.wait(20)
    assert town.work.stack.height() == height, "the page has moved"


def test_good_news_goes_with_the_next_key_once_it_could_be_read(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    told = town.work.bottom.told
    town.page.said.emit(Message("已保存，待同步。", tone="good"))
    QTest.keyClick(town.page, Qt.Key.Key_A)
    assert told.isVisible()
    monkeypatch.setattr(bottom_bar, "READ_AFTER_MS", -1)
    QTest.keyClick(town.page, Qt.Key.Key_A)
    assert not told.isVisible()


def test_what_went_wrong_stays_until_it_is_put_away_or_something_went_well(town: Town) -> None:
    town.page.said.emit(Message("磁盘已满。"))
    QTest.keyClick(town.page, Qt.Key.Key_A)
    assert town.work.banner.isVisible()
    town.page.said.emit(Message("已保存，待同步。", tone="good"))
    assert not town.work.banner.isVisible()


def test_the_state_of_the_line_is_always_in_words(town: Town) -> None:
    town.shell.show_line("离线 · 待同步 3 笔", "waiting")
    assert (town.work.line_state.text(), town.work.line_state.isVisible()) == ("离线 · 待同步 3 笔", True)
    assert not town.work.gauge.isVisible()


def test_the_lock_covers_everything_and_loses_nothing(town: Town) -> None:
    page = town.page
    town.qtbot.keyClicks(page.line, "half a na")
    town.shell.lock()
    assert town.shell.is_locked
    assert not town.work.isVisible()
    assert page.flushed == 1
    for key in (Qt.Key.Key_F9, Qt.Key.Key_F1):
        town.press(key)
    assert page.done_things == []
    unlock(town, "wrong")
    lock = town.shell._lock_page
    assert lock is not None
    town.qtbot.waitUntil(lambda: lock.card.lines["password"].finding == "密码不对")
    assert town.shell.is_locked
    unlock(town, DoorInMemory.PASSWORD)
    town.qtbot.waitUntil(lambda: not town.shell.is_locked)
    assert QApplication.focusWidget() is page.line
    town.qtbot.keyClicks(QApplication.focusWidget(), "me")
    assert page.line.text() == "half a name"


def unlock(town: Town, password: str) -> None:
    town.qtbot.keyClicks(QApplication.focusWidget(), password)
    town.press(Qt.Key.Key_Return)


def test_an_idle_window_locks_and_typing_puts_it_off(town: Town) -> None:
    town.shell._idle.setInterval(120)
    town.shell._start_idle()
    for _ in range(4):
        town.qtbot.wait(60)
        town.qtbot.keyClicks(town.page.line, "x")
    assert not town.shell.is_locked
    town.qtbot.waitUntil(lambda: town.shell.is_locked)


def test_the_lock_puts_an_open_file_dialog_away(town: Town) -> None:
    QTimer.singleShot(100, town.shell.lock)
    name, _ = QFileDialog.getOpenFileName(town.page, "选择清册")
    assert name == ""
    assert town.shell.is_locked
    assert QApplication.activeModalWidget() is None


def test_who_wakes_a_machine_that_slept_types_into_the_lock(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    slept = steady_seconds() + 6 * 60
    monkeypatch.setattr(shell, "steady_seconds", lambda: slept)
    town.qtbot.keyClicks(town.page.line, "x")
    assert town.shell.is_locked
    assert town.page.line.text() == ""


def test_a_machine_that_slept_locks_before_anybody_types(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    slept = steady_seconds() + 6 * 60
    monkeypatch.setattr(shell, "steady_seconds", lambda: slept)
    town.qtbot.waitUntil(lambda: town.shell.is_locked)


def test_somebody_else_may_sign_in_at_a_locked_window(town: Town) -> None:
    town.shell.lock()
    with town.qtbot.waitSignal(town.shell.other_person):
        town.press(Qt.Key.Key_F3)
    door = QWidget()
    town.shell.show_door(door)
    assert door.isVisible()
    assert not town.shell.is_locked
    again = town.shell.open_work(town.desk())
    assert again.isVisible()


def test_text_grows_with_the_keyboard(town: Town) -> None:
    before = town.page.line.height()
    town.press(Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    town.qtbot.waitUntil(lambda: town.page.line.height() > before)
    town.press(Qt.Key.Key_Minus, Qt.KeyboardModifier.ControlModifier)
    town.qtbot.waitUntil(lambda: town.page.line.height() == before)


@pytest.mark.parametrize("percent", [100, 150])
def test_the_window_fits_the_smallest_screen(town: Town, percent: int) -> None:
    from ui.theme import theme

    theme().set_percent(percent)
    town.qtbot.wait(20)
    least = town.shell.minimumSizeHint()
    assert (least.width() <= 1366, least.height() <= 768) == (True, True)


def test_closing_the_window_keeps_drafts(town: Town) -> None:
    page = town.page
    with town.qtbot.waitSignal(town.shell.closing):
        town.shell.close()
    assert page.flushed == 1
