"""Keys and people by the keyboard: a key reset by two supervisors, and the door for who may not go on as they are."""

from PySide6.QtCore import Qt

from gjj_desktop.cases.rows import Clerk
from gjj_desktop.central.clerks import change_clerk
from gjj_desktop.counter.people import PersonLine
from gjj_desktop.store import drafts, view
from tests.support.office import (
    CLERK,
    OTHER_SUPERVISOR,
    PASSWORD,
    SUPERVISOR,
    Hands,
    Office,
    until,
)
from tests.ui.pages.typing_in import CONTROL, wait_synced
from ui.pages.case_form import CaseForm
from ui.pages.people import PeoplePage


def people_page(hands: Hands) -> PeoplePage:
    hands.press(Qt.Key.Key_U, CONTROL)
    page = hands.page
    assert isinstance(page, PeoplePage)
    until(lambda: page.table.rows, "the people of the outlet")
    return page


def line_of(page: PeoplePage, clerk: str) -> PersonLine:
    return next(row for row in page.table.rows if row.clerk == clerk)


def other_person(hands: Hands, clerk: str) -> None:
    hands.app.sign_out()
    hands.sign_in(clerk)


def test_two_supervisors_reset_a_key_and_the_clerk_goes_on_with_a_new_password(front: Hands, back: Hands) -> None:
    page = people_page(back)
    page.table.move_to(CLERK)
    back.rest()
    back.press(Qt.Key.Key_F6)
    back.rest()
    until(page.half_card.isVisible, "the first half")
    first = page.half.text()
    back.press(Qt.Key.Key_1, CONTROL)
    back.press(Qt.Key.Key_U, CONTROL)
    assert page.half.text() == "", "a code is not left standing"
    wait_synced(back)
    other_person(back, OTHER_SUPERVISOR)
    page = people_page(back)
    until(lambda: line_of(page, CLERK).may_agree, "the request at the second supervisor's")
    page.table.move_to(CLERK)
    back.rest()
    back.press(Qt.Key.Key_F9)
    until(page.half_card.isVisible, "the second half")
    second = page.half.text()
    until(lambda: front.app.shell.work is None, "the end of the clerk's session")
    door = front.door()
    until(front.app.shell.banner.isVisible, "why it ended")
    front.press(Qt.Key.Key_F2)
    door.first.lines["clerk"].set_raw(CLERK)
    door.first.lines["code"].set_raw(f"{first}{second}")
    door.first.lines["password"].set_raw(PASSWORD)
    door.first.lines["again"].setFocus()
    front.type(PASSWORD)
    front.press(Qt.Key.Key_Return)
    until(lambda: front.app.shell.work is not None, "the work, with the new key")
    other_person(back, SUPERVISOR)


def test_other_roles_show_the_door_and_keep_what_was_typed(front: Hands, town_office: Office) -> None:
    front.press(Qt.Key.Key_2, CONTROL)
    front.rest()
    front.press(Qt.Key.Key_F2)
    until(lambda: isinstance(front.page, CaseForm), "a form")
    front.rest()
    front.type("云溪新来的单位")
    window = front.app.window
    assert window is not None
    with window.reading() as connection:
        roles = next(row.roles for row in view.rows_of(connection, Clerk) if row.clerk == CLERK)
    assert "overdue" in front.work.names
    with town_office.centre.administration() as administration:
        change_clerk(administration, CLERK, ["clerk"])
    try:
        until(lambda: front.app.shell.work is None, "the door")
        front.door()
        until(front.app.shell.banner.isVisible, "why")
        with window.reading() as connection:
            kept = [draft for draft in drafts.list_of(connection, CLERK) if "云溪新来的单位" in draft.raw.values()]
        assert kept, "what was typed is a draft"
        front.sign_in(CLERK)
        assert "overdue" not in front.work.names, "the page of the role that was taken"
    finally:
        with town_office.centre.administration() as administration:
            change_clerk(administration, CLERK, roles)
    until(lambda: front.app.shell.work is None, "the door again")
    front.sign_in(CLERK)
    with window.store.work() as connection:
        for draft in kept:
            drafts.remove(connection, draft.id)
