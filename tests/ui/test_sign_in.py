"""The door: signing in, waiting after wrong passwords, the first time, and enrolling the machine."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gjj_desktop.errors import OperatingError
from tests.ui.samples import DoorInMemory, EnrolInMemory
from ui.enrol import EnrolPage
from ui.sign_in import Door, SignInPage
from ui.tasks import Tasks


def shown(qtbot: QtBot, page: Door) -> None:
    qtbot.addWidget(page)
    with qtbot.waitActive(page):
        page.show()
        page.activateWindow()


def sign_in_page(qtbot: QtBot, tasks: Tasks, model: DoorInMemory) -> SignInPage:
    page = SignInPage(model, tasks, "公积金窗口", "青禾镇 · 3 号窗")
    shown(qtbot, page)
    if model.known:
        qtbot.waitUntil(lambda: page.daily.raw("clerk") == "030017")
    return page


def enter(qtbot: QtBot, text: str) -> None:
    qtbot.keyClicks(QApplication.focusWidget(), text)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)


def test_the_usual_clerk_types_only_the_password(qtbot: QtBot, tasks: Tasks) -> None:
    model = DoorInMemory()
    page = sign_in_page(qtbot, tasks, model)
    with qtbot.waitSignal(page.signed_in):
        enter(qtbot, model.PASSWORD)
    assert model.asked == [("030017", model.PASSWORD)]
    assert page.daily.raw("password") == ""


def test_a_wrong_password_is_emptied_and_said_beside_the_line(qtbot: QtBot, tasks: Tasks) -> None:
    page = sign_in_page(qtbot, tasks, DoorInMemory())
    enter(qtbot, "wrong")
    line = page.daily.lines["password"]
    qtbot.waitUntil(lambda: line.finding == "密码不对")
    assert line.raw() == ""
    assert QApplication.focusWidget() is line.control


def test_while_it_must_be_waited_nothing_is_asked_and_the_seconds_run(qtbot: QtBot, tasks: Tasks) -> None:
    model = DoorInMemory(wait_seconds=2)
    page = sign_in_page(qtbot, tasks, model)
    enter(qtbot, "wrong")
    line = page.daily.lines["password"]
    qtbot.waitUntil(lambda: line.finding == "密码不对，2 秒后再试")
    enter(qtbot, model.PASSWORD)
    assert len(model.asked) == 1
    qtbot.waitUntil(lambda: not page.daily.is_held, timeout=4_000)
    page.daily.empty()
    with qtbot.waitSignal(page.signed_in):
        enter(qtbot, model.PASSWORD)


def test_the_seconds_are_still_seen_while_typing_goes_on(qtbot: QtBot, tasks: Tasks) -> None:
    page = sign_in_page(qtbot, tasks, DoorInMemory(wait_seconds=9))
    enter(qtbot, "wrong")
    line = page.daily.lines["password"]
    qtbot.waitUntil(lambda: "9 秒" in line.finding)
    qtbot.keyClicks(QApplication.focusWidget(), "again")
    qtbot.waitUntil(lambda: "8 秒" in line.finding, timeout=3_000)


def test_two_presses_ask_once(qtbot: QtBot, tasks: Tasks) -> None:
    model = DoorInMemory()
    page = sign_in_page(qtbot, tasks, model)
    qtbot.keyClicks(QApplication.focusWidget(), model.PASSWORD)
    with qtbot.waitSignal(page.signed_in):
        page.daily.main.click()
        page.daily.main.click()
    assert len(model.asked) == 1


def test_the_first_time_a_code_and_a_new_password_twice(qtbot: QtBot, tasks: Tasks) -> None:
    model = DoorInMemory()
    page = sign_in_page(qtbot, tasks, model)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_F2)
    for text in ("030099", "7391-2264", "a good password"):
        enter(qtbot, text)
    enter(qtbot, "another password")
    again = page.first.lines["again"]
    assert "不一样" in again.finding
    assert model.asked == []
    with qtbot.waitSignal(page.signed_in):
        enter(qtbot, "a good password")
    assert model.asked == [("030099", "7391-2264", "a good password")]


def test_a_password_is_changed_by_the_old_one_and_the_new_one_twice(qtbot: QtBot, tasks: Tasks) -> None:
    model = DoorInMemory()
    page = sign_in_page(qtbot, tasks, model)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_F4)
    assert page.change.raw("clerk") == "030017"
    assert QApplication.focusWidget() is page.change.lines["password"].control
    for text in (model.PASSWORD, "a better password", "a bitter password"):
        enter(qtbot, text)
    assert "不一样" in page.change.lines["again"].finding
    assert model.asked == []
    enter(qtbot, "a better password")
    qtbot.waitUntil(page.daily.isVisible)
    assert model.asked == [("030017", model.PASSWORD, "a better password")]
    assert page.daily.raw("clerk") == "030017"
    assert "密码已改" in page.daily.lines["password"].finding
    assert [line.raw() for name, line in page.change.lines.items() if name != "clerk"] == ["", "", ""]


def test_a_wrong_old_password_is_said_beside_it(qtbot: QtBot, tasks: Tasks) -> None:
    page = sign_in_page(qtbot, tasks, DoorInMemory())
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_F4)
    for text in ("wrong", "a better password", "a better password"):
        enter(qtbot, text)
    line = page.change.lines["password"]
    qtbot.waitUntil(lambda: line.finding == "密码不对")
    assert QApplication.focusWidget() is line.control
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_F4)
    assert page.daily.isVisible()
    assert line.finding == ""


def test_a_window_without_clerks_begins_with_the_first_time(qtbot: QtBot, tasks: Tasks) -> None:
    page = sign_in_page(qtbot, tasks, DoorInMemory(clerks=()))
    qtbot.waitUntil(page.first.isVisible)
    assert not page.daily.isVisible()
    for text in ("030099", "wrong code", "a good password", "a good password"):
        enter(qtbot, text)
    qtbot.waitUntil(lambda: "登录码不对" in page.first.lines["code"].finding)


def test_enrolling_shows_its_steps_and_ends_at_the_door(qtbot: QtBot, tasks: Tasks) -> None:
    model = EnrolInMemory()
    page = EnrolPage(model, tasks, "公积金窗口")
    shown(qtbot, page)
    page.ticket.setFocus()
    enter(qtbot, "tic ket")
    qtbot.waitUntil(lambda: page.is_enrolled)
    assert model.tickets == ["ticket"]
    assert [line[2:] for line in page.steps.text().splitlines()] == [
        "已生成窗口机密钥，存入系统密钥环",
        "已向市中心登记",
        "等待市中心批准，批准后即可登录",
    ]
    with qtbot.waitSignal(page.enrolled):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)


def test_a_bad_ticket_stays_on_the_screen_with_what_to_do(qtbot: QtBot, tasks: Tasks) -> None:
    page = EnrolPage(EnrolInMemory(OperatingError("登记票已过期。", "请向市中心重新领取。")), tasks, "公积金窗口")
    shown(qtbot, page)
    page.ticket.setFocus()
    enter(qtbot, "old")
    qtbot.waitUntil(lambda: page.ticket.finding == "登记票已过期。")
    assert page.steps.text().endswith("请向市中心重新领取。")
    assert page.ticket.raw() == "old"
    assert not page.is_enrolled


def test_an_empty_ticket_is_not_sent(qtbot: QtBot, tasks: Tasks) -> None:
    model = EnrolInMemory()
    page = EnrolPage(model, tasks, "公积金窗口")
    shown(qtbot, page)
    page.main.click()
    assert page.ticket.finding == "请粘贴登记票"
    assert model.tickets == []
