"""The centre has no registration of a window any more: the screen says what to do, and takes the new ticket."""

import secrets

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gjj_desktop.security.vault import DEVICE_KEY
from tests.support.office import CLERK, Office, until
from ui.pages.sync import SyncPage


def test_the_new_ticket_is_entered_on_the_sync_page(qtbot: QtBot, town_office: Office) -> None:
    town_office.services["08"] = f"gjj-office-08-{secrets.token_hex(4)}"
    town_office.introduce("08", CLERK)
    hands = town_office.open("08")
    hands.sign_in(CLERK)
    machine = hands.app.machine
    assert machine is not None
    key = machine.vault.get(DEVICE_KEY)
    with town_office.centre.administration() as connection:
        connection.execute("delete from core.registration where device = '990508'")
    hands.press(Qt.Key.Key_9, Qt.KeyboardModifier.ControlModifier)
    page = hands.page
    assert isinstance(page, SyncPage)
    machine.engine.nudge(now=True)
    until(lambda: "中心没有本机的登记" in page.words.text(), "the reason")
    assert "请联系中心管理员给本窗口号重新开登记票" in page.words.text()
    until(lambda: any(action.key == "F3" for action in page.action_rows()), "the way to the ticket")
    hands.press(Qt.Key.Key_F3)
    hands.type("不是登记票")
    hands.press(Qt.Key.Key_Return)
    until(lambda: "登记票不完整" in page.strip.line.finding, "why not")
    assert page.strip.line.raw() == "不是登记票"
    hands.press(Qt.Key.Key_Escape)
    hands.press(Qt.Key.Key_F3)
    hands.type(town_office.centre.ticket("9905", "08"))
    hands.press(Qt.Key.Key_Return)
    until(lambda: "已重新登记" in hands.work.bottom.told.text(), "what was done")
    until(lambda: "等待中心批准" in page.words.text(), "what is missing")
    town_office.centre.approve("990508")
    hands.press(Qt.Key.Key_F9)
    until(lambda: hands.work.line_state.text().startswith("已同步"), "the state of the line")
    assert machine.vault.get(DEVICE_KEY) == key
    assert not any(action.key == "F3" for action in page.action_rows())
    town_office.put_away(hands)
