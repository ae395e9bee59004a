"""A machine nobody has worked at becomes a window, and a clerk signs in there for the first time."""

import secrets
from pathlib import Path

from pytestqt.qtbot import QtBot

from tests.support.office import REVIEWER, Hands, Office, until
from ui.app import open_app
from ui.enrol import EnrolPage
from ui.pages.home import HomePage


def test_from_the_ticket_to_the_first_page(qtbot: QtBot, tmp_path: Path, town_office: Office) -> None:
    app = open_app(tmp_path, f"gjj-new-machine-{secrets.token_hex(4)}")
    hands = Hands(app)
    until(lambda: app.shell.findChildren(EnrolPage), "the page for the ticket")
    enrol = app.shell.findChildren(EnrolPage)[0]
    enrol.ticket.set_raw(town_office.centre.ticket("9905", "02"))
    enrol.main.click()
    until(lambda: enrol.is_enrolled, "the enrolment")
    town_office.centre.approve("990502")
    enrol.main.click()
    door = hands.door()
    until(door.first.isVisible, "the card of the first sign-in: nobody has a key here yet")
    hands.take()
    hands.type_on(REVIEWER, town_office.centre.code_for(REVIEWER), "滨河的密码-22", "滨河的密码-22")
    until(lambda: app.shell.work is not None, "the work")
    assert isinstance(hands.page, HomePage)
    assert hands.app.window is not None
    assert hands.app.window.session is not None
    assert hands.app.window.session.clerk == REVIEWER
    until(lambda: hands.work.line_state.text().startswith("已同步"), "the state of the line")
    app.close()
