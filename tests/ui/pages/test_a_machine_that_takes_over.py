"""A new machine takes a broken one's window over by keys: ticket, folder of the old disk, and the same password."""

import os
import secrets
import shutil
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gjj_desktop.central.taking_over import agree_take_over, ask_take_over
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.demo.centre import DATABASE
from gjj_desktop.store import outbox
from gjj_desktop.store.shares import SHARES_NAME
from gjj_desktop.sync.wire import CentreAddress, take_over_line
from tests.store.released.make_store import EMPLOYER
from tests.support.office import CLERK, Hands, Office, until
from tests.support.window import credit_code_of
from ui.app import open_app
from ui.enrol import EnrolPage

DEVICE = "990511"
PICTURES = os.environ.get("GJJ_TEST_PICTURES", "")
"""A folder for pictures of what is seen, for looking at."""


def picture(hands: Hands, name: str) -> None:
    if PICTURES:
        hands.app.shell.grab().save(str(Path(PICTURES) / f"{name}.png"))


def broken(office: Office) -> Path:
    """The disk of window 11, which broke with a case on it that was not sent."""
    office.services["11"] = f"gjj-office-11-{secrets.token_hex(4)}"
    office.introduce("11", CLERK)
    hands = office.open("11")
    hands.sign_in(CLERK)
    window, machine = hands.app.window, hands.app.machine
    assert window is not None
    assert machine is not None
    until((hands.app.folder / SHARES_NAME).exists, "the halves of the key")
    machine.engine.stop(10)
    raw = EMPLOYER | {"name": "云溪市南塘机械厂", "credit_code": credit_code_of("990511000001")}
    assert not FormDesk(window, "employer.register").submit(raw).findings
    disk = office.folder / "disk-11"
    shutil.copytree(hands.app.folder, disk, ignore=shutil.ignore_patterns("store.lock"))
    office.put_away(hands)
    return disk


def ticket(office: Office) -> str:
    """What two administrators give."""
    address = CentreAddress(host="127.0.0.1", port=office.centre.server.port, dbname=DATABASE)
    with office.centre.administration() as connection:
        ask_take_over(connection, DEVICE)
        connection.execute("create role gjj_second superuser login password 'second'")
        own = {"user": "gjj_second", "password": "second"}
        with psycopg.connect(make_conninfo(office.centre.server.url(DATABASE), **own), autocommit=True) as second:
            return take_over_line(agree_take_over(second, address, DEVICE))


def test_from_the_old_disk_to_the_work_of_the_same_person(qtbot: QtBot, tmp_path: Path, town_office: Office) -> None:
    disk = broken(town_office)
    app = open_app(tmp_path / "new", f"gjj-new-machine-{secrets.token_hex(4)}")
    hands = Hands(app)
    until(lambda: app.shell.findChildren(EnrolPage), "the page for the ticket")
    page = app.shell.findChildren(EnrolPage)[0]
    hands.take()
    page.ticket.set_raw(ticket(town_office))
    page.main.setFocus()
    hands.press(Qt.Key.Key_Space)
    until(page.disk.isVisible, "the line for the disk")
    picture(hands, "takeover-1-disk")
    hands.type(str(tmp_path))
    hands.press(Qt.Key.Key_Return)
    until(lambda: page.disk.finding, "that there is no window in this folder")
    assert "没有窗口数据" in page.disk.finding
    picture(hands, "takeover-2-wrong-folder")
    page.disk.set_raw("")
    hands.type(str(disk))
    hands.press(Qt.Key.Key_Return)
    until(lambda: page.is_enrolled, "the takeover")
    picture(hands, "takeover-3-done")
    hands.press(Qt.Key.Key_Space)
    hands.sign_in(CLERK)
    machine = app.machine
    assert machine is not None
    assert machine.device == DEVICE
    until(lambda: hands.work.line_state.text().startswith("已同步"), "the unsent case at the centre")
    with machine.store.read() as connection:
        assert outbox.counts(connection).accepted == 1
    picture(hands, "takeover-4-work")
    app.close()
