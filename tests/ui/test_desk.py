"""The approver's desk: choose, look, decide, with the password typed where it is asked for."""

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.samples import WAITING, DeskInMemory, Way
from ui.desk import DeskPage
from ui.tasks import Tasks


def desk_of(qtbot: QtBot, tasks: Tasks, model: DeskInMemory) -> DeskPage:
    page = DeskPage(model, tasks)
    qtbot.addWidget(page)
    page.resize(1182, 654)
    with qtbot.waitActive(page):
        page.show()
        page.activateWindow()
    page.opened()
    qtbot.waitUntil(lambda: page.case is not None)
    return page


def press(qtbot: QtBot, key: Qt.Key) -> None:
    qtbot.keyClick(QApplication.focusWidget(), key)


def commit(text: str) -> None:
    event = QInputMethodEvent("", [])
    event.setCommitString(text)
    QApplication.sendEvent(QApplication.focusWidget(), event)


def test_the_first_case_is_open_and_the_arrows_open_the_next(qtbot: QtBot, tasks: Tasks) -> None:
    page = desk_of(qtbot, tasks, DeskInMemory())
    assert page.panel.heading.text() == "王锌　租房提取"
    press(qtbot, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: page.panel.heading.text() == "沈国华　购房提取")
    assert (page.panel.amount.text(), page.panel.in_capitals.text()) == ("182,000.00", "人民币壹拾捌万贰仟元整")
    assert page.panel.checks_card.side.text() == "4 项通过，1 项请看"
    assert page.panel.history.texts()[0] == ("10:14", "李秀英 受理，材料 3 份")


def test_approving_takes_the_case_away_and_goes_on_with_the_next(qtbot: QtBot, tasks: Tasks) -> None:
    model = DeskInMemory()
    page = desk_of(qtbot, tasks, model)
    with qtbot.waitSignal(page.said) as said:
        page.approve()
    assert said.args[0].what == "已批准，待同步。"
    assert model.decisions == [(WAITING[0].case_no, "d1", "approve", "")]
    qtbot.waitUntil(lambda: page.case is not None and page.case.case_no == WAITING[1].case_no)


def test_the_password_is_asked_for_on_the_page_and_a_wrong_one_decides_nothing(qtbot: QtBot, tasks: Tasks) -> None:
    model = DeskInMemory(password="geheim99")
    page = desk_of(qtbot, tasks, model)
    page.approve()
    qtbot.waitUntil(page.strip.password.isVisible)
    assert "9,000.00" in page.strip.title.text()
    qtbot.keyClicks(QApplication.focusWidget(), "wrong")
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.strip.password.finding == "密码不对，请再输一次")
    assert page.strip.password.raw() == ""
    assert model.decisions == []
    with qtbot.waitSignal(page.said):
        qtbot.keyClicks(QApplication.focusWidget(), "geheim99")
        press(qtbot, Qt.Key.Key_Return)
    assert len(model.decisions) == 1
    assert page.strip.password.raw() == ""


@pytest.mark.parametrize(("decision", "asks"), [("return", "请写明要补什么"), ("refuse", "请写明理由和依据")])
def test_returning_and_refusing_need_a_reason(qtbot: QtBot, tasks: Tasks, decision: str, asks: str) -> None:
    model = DeskInMemory()
    page = desk_of(qtbot, tasks, model)
    page.begin(decision)
    qtbot.waitUntil(page.strip.reason.isVisible)
    press(qtbot, Qt.Key.Key_Return)
    assert page.strip.reason.finding == asks
    assert model.decisions == []
    commit("缺购房发票")
    with qtbot.waitSignal(page.said):
        press(qtbot, Qt.Key.Key_Return)
    assert model.decisions == [(WAITING[0].case_no, "d1", decision, "缺购房发票")]


def test_escape_gives_a_decision_up(qtbot: QtBot, tasks: Tasks) -> None:
    model = DeskInMemory()
    page = desk_of(qtbot, tasks, model)
    page.begin("return")
    qtbot.waitUntil(page.strip.reason.isVisible)
    press(qtbot, Qt.Key.Key_Escape)
    assert not page.strip.isVisible()
    assert model.decisions == []


def test_pressing_f9_twice_decides_once(qtbot: QtBot, tasks: Tasks) -> None:
    model = DeskInMemory()
    page = desk_of(qtbot, tasks, model)
    with qtbot.waitSignal(page.said):
        page.approve()
        page.approve()
    assert len(model.decisions) == 1


def test_moving_to_another_case_gives_the_decision_up(qtbot: QtBot, tasks: Tasks) -> None:
    page = desk_of(qtbot, tasks, DeskInMemory(password="geheim99"))
    page.approve()
    qtbot.waitUntil(page.strip.password.isVisible)
    page.table.view.selectRow(3)
    assert not page.strip.isVisible()
    assert page.strip.password.raw() == ""


def test_the_tabs_choose_what_is_listed(qtbot: QtBot, tasks: Tasks) -> None:
    page = desk_of(qtbot, tasks, DeskInMemory())
    tab = next(each for each in page.findChildren(QPushButton) if each.text() == "有标记 1")
    qtbot.mouseClick(tab, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.table.model.rowCount() == 1)
    qtbot.waitUntil(lambda: page.case is not None and page.case.case_no == WAITING[1].case_no)


def test_a_case_drawn_for_a_check_offers_its_two_answers_and_each_wants_an_opinion(qtbot: QtBot, tasks: Tasks) -> None:
    model = DeskInMemory()
    model.ways = (Way("bad", "有问题", "哪里不对", "F7"), Way("good", "无误", "看了什么", "F9", True))
    page = desk_of(qtbot, tasks, model)
    assert [(row.label, row.key) for row in page.action_rows()][-2:] == [("有问题", "F7"), ("无误", "F9")]
    page.approve()
    qtbot.waitUntil(page.strip.reason.isVisible)
    press(qtbot, Qt.Key.Key_Return)
    assert page.strip.reason.finding == "请写明看了什么"
    commit("房产、婚姻数据与申请一致")
    with qtbot.waitSignal(page.said):
        press(qtbot, Qt.Key.Key_Return)
    assert model.decisions == [(WAITING[0].case_no, "d1", "good", "房产、婚姻数据与申请一致")]


def test_long_numbers_and_long_reckonings_break_rather_than_push_the_case_out_of_sight(
    qtbot: QtBot, tasks: Tasks
) -> None:
    page = desk_of(qtbot, tasks, DeskInMemory())
    assert any("\u200b" in text for _, text in page.panel.facts.texts())
    room = page.panel._area.viewport().width()
    assert page.panel._body.minimumSizeHint().width() <= room


def test_five_thousand_cases_are_one_list(qtbot: QtBot, tasks: Tasks) -> None:
    model = DeskInMemory()
    model.items = [msgspec.structs.replace(WAITING[0], case_no=f"{number:013}") for number in range(5_000)]
    page = desk_of(qtbot, tasks, model)
    assert page.about.text() == "5,000 笔"
    page.table.view.selectRow(4_999)
    qtbot.waitUntil(lambda: page.case is not None and page.case.case_no == f"{4_999:013}")
    page.approve()
    qtbot.waitUntil(lambda: page.case is not None and page.case.case_no == f"{4_998:013}")


def test_an_empty_desk_offers_no_decision(qtbot: QtBot, tasks: Tasks) -> None:
    model = DeskInMemory()
    page = desk_of(qtbot, tasks, model)
    assert [row.name for row in page.action_rows()][-1] == "desk.approve"
    model.items = []
    page.refresh()
    qtbot.waitUntil(lambda: page.case is None)
    assert [row.name for row in page.action_rows()] == ["desk.refresh", "desk.tab"]
    assert "没有等您审批的" in page.table.nothing.text()
