"""Forty cases before noon: a supervisor at the real desk, real store, real centre, by the keyboard alone."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Case
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.inbox import Inbox
from gjj_desktop.counter.viewing import CasePages
from gjj_desktop.store import view
from tests.cases.builders import CARD, a_person, an_account
from tests.counter.conftest import Seat, seat
from tests.support.centre import CENTRE_KEY, TestCentre, centre, centre_server
from tests.support.window import OUTLET, PASSWORD, enrolled_window, post
from ui.bottom_bar import BottomBar
from ui.desk import DeskPage
from ui.tasks import Tasks

__all__ = ["centre", "centre_server"]

FORTY = 40
PEOPLE = tuple(a_person(counter, f"缴存人{counter}") for counter in range(1, FORTY + 1))
ACCOUNTS = tuple(an_account(person, counter) for counter, person in enumerate(PEOPLE, 1))
SENT_BACK_EVERY = 10
OPINION = "租房起止月与合同不符"
TYPED = {
    "reason": "rent",
    "mobile": "19900008816",
    "first_month": "2026-05",
    "last_month": "2026-10",
    "bank_card": CARD,
    "bank": "云溪银行",
    "amount_fen": "9,000.00",
    "materials": "no_home,marriage,identity_copy",
}


class Morning(NamedTuple):
    """A clerk's window that takes cases in, and the supervisor's."""

    centre: TestCentre
    front: Seat
    back: Seat

    def take_in(self, count: int) -> None:
        """So many rent withdrawals on paper at the clerk's window, told to the supervisor's."""
        for account in ACCOUNTS[:count]:
            raw = {"personal_account_no": account.personal_account_no, **TYPED}
            done = FormDesk(self.front.window, "withdrawal.submit").submit(raw)
            assert not done.findings, done.findings
        self.meet()

    def meet(self) -> None:
        for each in (self.front, self.back):
            asyncio.run(each.machine.exchange())
        post(self.centre)
        for each in (self.front, self.back):
            asyncio.run(each.machine.exchange())

    def states(self) -> Counter[str]:
        with self.front.window.reading() as connection:
            return Counter(case.state for case in view.rows_of(connection, Case))


@pytest.fixture
def morning(centre: TestCentre, tmp_path: Path, open_keyring: dict[str, str]) -> Iterator[Morning]:
    centre.add_outlet(OUTLET)
    taken_over = ImportLegacy(people=PEOPLE, accounts=ACCOUNTS)
    hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", taken_over)])
    assert post(centre).accepted == 1
    machines = [
        enrolled_window(centre, tmp_path / "03", "03", "010003"),
        enrolled_window(centre, tmp_path / "04", "04", "010004", ("supervisor",), "周敏"),
    ]
    made = Morning(centre, *(seat(machine) for machine in machines))
    yield made
    for machine in machines:
        machine.store.close()


class Keys:
    """The keys of one person; counts what was pressed."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot, self.pressed = qtbot, 0

    def press(self, key: Qt.Key) -> None:
        self.pressed += 1
        target = QApplication.focusWidget()
        assert target is not None, "nothing has the keyboard"
        self.qtbot.keyClick(target, key)

    def write(self, text: str) -> None:
        """Words as an input method brings them; not counted, as how many keys they take is its matter."""
        event = QInputMethodEvent("", [])
        event.setCommitString(text)
        QApplication.sendEvent(QApplication.focusWidget(), event)


@pytest.fixture
def whole(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def desk_of(qtbot: QtBot, tasks: Tasks, whole: QWidget, back: Seat) -> DeskPage:
    """The desk with the bar that listens for its keys, as the shell has them."""
    page = DeskPage(Inbox(back.window), tasks, whole, pages=CasePages(back.window, lambda digests: None))
    bar = BottomBar(whole)
    bar.show_page(page)
    column = QVBoxLayout(whole)
    column.addWidget(page, 1)
    column.addWidget(bar)
    whole.resize(1182, 720)
    with qtbot.waitActive(whole):
        whole.show()
        whole.activateWindow()
    page.opened()
    qtbot.waitUntil(lambda: page.case is not None, timeout=30_000)
    return page


def test_forty_cases_are_decided_with_one_key_each_and_the_next_comes_by_itself(
    qtbot: QtBot, tasks: Tasks, whole: QWidget, morning: Morning
) -> None:
    morning.take_in(FORTY)
    page, keys = desk_of(qtbot, tasks, whole, morning.back), Keys(qtbot)
    decided: list[str] = []
    for number in range(1, FORTY + 1):
        qtbot.waitUntil(lambda: page.case is not None and page.case.case_no not in decided, timeout=30_000)
        assert page.case is not None
        decided.append(page.case.case_no)
        if number % SENT_BACK_EVERY == 0:
            keys.press(Qt.Key.Key_F7)
            keys.write(OPINION)
            keys.press(Qt.Key.Key_Return)
        else:
            keys.press(Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: page.case is None, timeout=30_000)
    sent_back = FORTY // SENT_BACK_EVERY
    assert len(set(decided)) == FORTY
    assert keys.pressed == FORTY - sent_back + 2 * sent_back
    assert decided == sorted(decided), "what has waited longest comes first"
    morning.meet()
    assert morning.states() == {"posted": FORTY - sent_back, "returned": sent_back}


def test_the_password_comes_once_and_not_with_every_case(
    qtbot: QtBot, tasks: Tasks, whole: QWidget, morning: Morning
) -> None:
    """Within the minutes that policy gives; here they have passed since the sign-in."""
    morning.take_in(3)
    session = morning.back.window.signed_in()
    session._password_at = float("-inf")
    page, keys = desk_of(qtbot, tasks, whole, morning.back), Keys(qtbot)
    first = page.case
    assert first is not None
    keys.press(Qt.Key.Key_F9)
    qtbot.waitUntil(page.strip.password.isVisible, timeout=30_000)
    keys.write(PASSWORD)
    keys.press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.case is not None and page.case.case_no != first.case_no, timeout=30_000)
    second = page.case
    assert second is not None
    keys.press(Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: page.case is not None and page.case.case_no != second.case_no, timeout=30_000)
    assert keys.pressed == 3
    assert page.strip.isHidden()


def test_pages_are_read_beside_the_decision_and_the_next_case_brings_its_own(
    qtbot: QtBot, tasks: Tasks, whole: QWidget, morning: Morning
) -> None:
    morning.take_in(3)
    page, keys = desk_of(qtbot, tasks, whole, morning.back), Keys(qtbot)
    first = page.case
    assert first is not None
    keys.press(Qt.Key.Key_F8)
    assert page.viewing
    assert not page.table.isVisible()
    keys.press(Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: page.case is not None and page.case.case_no != first.case_no, timeout=30_000)
    assert page.viewer is not None
    assert page.case is not None
    assert page.viewer.case_no == page.case.case_no
    keys.press(Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: page.case is not None and page.case.case_no == first.case_no, timeout=30_000)
    keys.press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.case is not None and page.case.case_no != first.case_no, timeout=30_000)
    assert page.viewing, "the next case lies there with its pages"
    keys.press(Qt.Key.Key_Escape)
    assert not page.viewing
    assert page.table.isVisible()
