"""A machine moves to another outlet, by keys alone: the steps, the centre's word, the wipe, and the new ticket."""

import os
import secrets
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gjj_desktop.central.moving import order_move, take_back
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.moving import StepKind
from gjj_desktop.security.vault import DEVICE_KEY, DEVICE_PASSWORD, Vault
from gjj_desktop.store import drafts
from tests.store.released.make_store import EMPLOYER
from tests.support.office import CLERK, Hands, Office, until
from ui.enrol import EnrolPage
from ui.leaving import LeavePage
from ui.pages.day_close import DayClosePage
from ui.pages.move import MovePage
from ui.pages.sync import SyncPage

FAR = "9906"
PICTURES = os.environ.get("GJJ_TEST_PICTURES", "")
"""A folder for pictures of what is seen, for looking at."""


def picture(hands: Hands, name: str) -> None:
    if PICTURES:
        hands.app.shell.grab().save(str(Path(PICTURES) / f"{name}.png"))


def mover(office: Office, number: str) -> Hands:
    """A window of its own with 李秀英 signed in, which is told to move."""
    office.services[number] = f"gjj-office-{number}-{secrets.token_hex(4)}"
    office.introduce(number, CLERK)
    hands = office.open(number)
    hands.sign_in(CLERK)
    return hands


def order(office: Office, device: str, window: str) -> None:
    with office.centre.administration() as connection:
        order_move(connection, device, FAR, window)


def show_steps(hands: Hands) -> MovePage:
    hands.press(Qt.Key.Key_9, Qt.KeyboardModifier.ControlModifier)
    assert isinstance(hands.page, SyncPage)
    sync = hands.page
    until(lambda: any(action.key == "F8" for action in sync.action_rows()), "the way to the steps")
    hands.press(Qt.Key.Key_F8)
    until(lambda: isinstance(hands.page, MovePage), "the steps")
    hands.rest()
    assert isinstance(hands.page, MovePage)
    return hands.page


def go_to(hands: Hands, page: MovePage, kind: StepKind) -> None:
    """Move down to a step with the arrow keys."""
    page.table.take_keyboard()
    hands.press(Qt.Key.Key_Home)
    for _ in range(20):
        if page.current is not None and page.current.kind is kind:
            return
        hands.press(Qt.Key.Key_Down)
    raise AssertionError(f"no step {kind}")


def leave_page(hands: Hands) -> LeavePage:
    until(lambda: [each for each in hands.app.shell.findChildren(LeavePage) if each.isVisible()], "the leaving page")
    return next(each for each in hands.app.shell.findChildren(LeavePage) if each.isVisible())


def close_the_day(hands: Hands, page: MovePage) -> None:
    go_to(hands, page, StepKind.DAY)
    hands.press(Qt.Key.Key_F8)
    until(lambda: isinstance(hands.page, DayClosePage), "the day close")
    hands.rest()
    hands.press(Qt.Key.Key_F9)
    until(lambda: not isinstance(hands.page, DayClosePage), "the sheet of the day")
    hands.press(Qt.Key.Key_Escape)
    machine = hands.app.machine
    assert machine is not None
    until(lambda: machine.engine.state().pending == 0, "the centre's answer")


@pytest.fixture
def moving(qtbot: QtBot, town_office: Office) -> Office:
    return town_office


def test_from_the_order_to_the_ticket_of_the_new_outlet(moving: Office) -> None:
    hands = mover(moving, "07")
    window, machine = hands.app.window, hands.app.machine
    assert window is not None
    assert machine is not None
    FormDesk(window, "employer.register").save_draft(EMPLOYER | {"name": "云溪市南塘机械厂"})
    order(moving, "990507", "21")
    page = show_steps(hands)
    until(lambda: len(page._loaded) == 6, "all steps")
    picture(hands, "move-1-steps")
    assert not any(action.key == "F10" for action in page.action_rows())
    go_to(hands, page, StepKind.DRAFT)
    hands.press(Qt.Key.Key_F6)
    hands.type("作废")
    picture(hands, "move-2-void")
    hands.press(Qt.Key.Key_Return)
    hands.rest()
    with window.reading() as connection:
        assert drafts.all_of(connection) == []
    page = show_steps(hands)
    if any(step.kind is StepKind.DAY and step.open for step in page._loaded):
        close_the_day(hands, page)
        page = show_steps(hands)
    until(lambda: any(action.key == "F10" for action in page.action_rows()), "the question to the centre")
    picture(hands, "move-3-ready")
    hands.press(Qt.Key.Key_F10)
    leaving = leave_page(hands)
    picture(hands, "move-4-waiting")
    until(lambda: leaving.is_confirmed, "the centre's word")
    hands.take()
    leaving.device.setFocus()
    hands.type("990501")
    hands.press(Qt.Key.Key_Return)
    assert hands.app.machine is machine
    picture(hands, "move-5-confirmed")
    leaving.device.set_raw("990507")
    leaving.device.setFocus()
    hands.press(Qt.Key.Key_Return)
    until(lambda: [e for e in hands.app.shell.findChildren(EnrolPage) if e.isVisible()], "the page for the ticket")
    picture(hands, "move-6-new-ticket")
    vault = Vault(moving.services["07"])
    assert vault.get(DEVICE_KEY) is None
    assert vault.get(DEVICE_PASSWORD) is None
    enrol = next(each for each in hands.app.shell.findChildren(EnrolPage) if each.isVisible())
    enrol.ticket.set_raw(moving.centre.ticket(FAR, "21"))
    enrol.main.click()
    until(lambda: enrol.is_enrolled, "the enrolment at the new outlet")
    moving.put_away(hands)


def test_a_move_that_is_taken_back_lets_people_in_again(moving: Office) -> None:
    hands = mover(moving, "08")
    order(moving, "990508", "22")
    page = show_steps(hands)
    if any(step.kind is StepKind.DAY and step.open for step in page._loaded):
        close_the_day(hands, page)
        page = show_steps(hands)
    until(lambda: any(action.key == "F10" for action in page.action_rows()), "the question to the centre")
    with moving.centre.administration() as connection:
        take_back(connection, "990508")
    hands.press(Qt.Key.Key_F10)
    hands.rest()
    machine = hands.app.machine
    assert machine is not None
    until(lambda: machine.leaving is None, "the end of the move")
    moving.put_away(hands)
