"""骗提骗贷登记 by the keyboard: found, registered, decided by a supervisor at the next window, and shown."""

import os
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gjj_desktop.cases.fraud_ban import CASE_KIND
from gjj_desktop.cases.rows import Case
from gjj_desktop.store import view
from tests.support.office import PASSWORD, Hands, until
from tests.ui.pages.typing_in import CONTROL, ENTER, wait_synced
from ui.desk import DeskPage
from ui.pages.case_form import CaseForm
from ui.pages.search import SearchPage

PICTURES = os.environ.get("GJJ_PICTURES", "")


def picture(hands: Hands, name: str) -> None:
    if PICTURES:
        hands.app.shell.resize(1366, 768)
        hands.rest()
        hands.app.shell.grab().save(str(Path(PICTURES) / f"{name}.png"))


def found(hands: Hands, name: str) -> SearchPage:
    hands.press(Qt.Key.Key_8, CONTROL)
    page = hands.page
    assert isinstance(page, SearchPage)
    page.table.filter_line.clear()
    page.table.filter_line.setFocus()
    hands.type(name)
    until(lambda: page._facts is not None and page._facts.title == name, "the facts")
    return page


def registered(front: Hands) -> list[Case]:
    window = front.app.window
    assert window is not None
    with window.reading() as connection:
        return [case for case in view.rows_of(connection, Case) if case.kind == CASE_KIND]


def test_a_fraud_is_registered_from_the_person_and_decided_by_another(front: Hands, back: Hands) -> None:
    found(front, "陈㐂")
    front.press(Qt.Key.Key_F4)
    until(lambda: isinstance(front.page, CaseForm), "the registration")
    form = front.page
    assert isinstance(form, CaseForm)
    front.rest()
    assert form.cards.raw()["personal_account_no"], "the person stands there already"
    form.cards.editors["fraud_kind"].setFocus()
    front.type("1")
    front.rest()
    front.press(ENTER)
    front.type_on("云金稽〔2026〕7 号", "2026-10-08", "2026-11-20", "182000")
    front.type("购房合同编号查无备案")
    until(lambda: "2029-11-20（含当日）" in str(form.panel.fact_rows.texts()), "the last day of the ban")
    picture(front, "fraud_form")
    front.press(Qt.Key.Key_F9)
    until(lambda: registered(front), "the registration kept")
    wait_synced(front)
    [case] = registered(front)
    desk = desk_of(back, case.case_no)
    assert [way.label for way in desk.case.ways] == ["不予批准", "退回补正", "批准"]  # type: ignore[union-attr]
    picture(back, "fraud_desk")
    back.press(Qt.Key.Key_F9)
    until(desk.strip.password.isVisible, "the password, for so much money")
    back.type_on(PASSWORD)
    until(lambda: case.case_no not in {item.case_no for item in desk.table.rows}, "the decision")
    wait_synced(back)
    until(lambda: registered(front)[0].state == "posted", "the ban")
    page = found(front, "陈㐂")
    until(lambda: "不能提取和贷款至 2029-11-20" in str(page.pairs.texts()), "the ban with the person's facts")
    picture(front, "fraud_facts")


def desk_of(back: Hands, case_no: str) -> DeskPage:
    back.press(Qt.Key.Key_5, CONTROL)
    page = back.page
    assert isinstance(page, DeskPage)
    until(lambda: case_no in {item.case_no for item in page.table.rows}, "the case on the desk")
    page.table.move_to(case_no)
    page.refresh()
    until(lambda: page.case is not None and page.case.case_no == case_no, "the case beside the list")
    back.rest()
    assert QApplication.focusWidget() is not None
    return page
