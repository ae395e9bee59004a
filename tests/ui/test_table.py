"""The list: filter, keyboard, sums, and as little work at the 50,000th row as at the first."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gjj_desktop.domain.money import format_yuan
from tests.ui.samples import WAITING, Item
from ui.table import Column, Table, filtered
from ui.tasks import Tasks


def amount(item: Item) -> str:
    return "—" if item.amount_fen is None else format_yuan(item.amount_fen)


COLUMNS = (
    Column("事项", lambda item: item.title, 120),
    Column("申请人", lambda item: item.subject),
    Column("金额（元）", amount, 120, right=True),
    Column("状态", lambda item: item.promise, 90, chip=True, tone=lambda item: item.promise_tone),
)


@pytest.fixture
def asked() -> list[Item]:
    """The rows whose title the list asked for."""
    return []


@pytest.fixture
def table(qtbot: QtBot, tasks: Tasks, asked: list[Item]) -> Iterator[Table]:
    def title(item: Item) -> str:
        asked.append(item)
        return item.title

    window = QWidget()
    qtbot.addWidget(window)
    made = Table(
        (COLUMNS[0]._replace(text=title), *COLUMNS[1:]),
        tasks,
        window,
        key=lambda item: str(item.case_no),
        empty="没有待办",
        fen=lambda item: item.amount_fen,
    )
    window.resize(700, 560)
    made.resize(700, 560)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    made.take_keyboard()
    yield made
    window.close()


def show(qtbot: QtBot, table: Table, rows: tuple[Item, ...]) -> None:
    table.set_rows(rows)
    qtbot.waitUntil(lambda: table.model.rowCount() == len(rows))


def test_typing_filters_at_once_and_says_how_many_and_how_much(qtbot: QtBot, table: Table) -> None:
    show(qtbot, table, WAITING)
    assert table.foot.text() == "12 笔　合计 1,494,524.44 元"
    qtbot.keyClicks(QApplication.focusWidget(), "9000.00")
    qtbot.waitUntil(lambda: table.model.rowCount() == 2)
    assert table.foot.text() == "12 笔中的 2 笔　合计 18,000.00 元"


def test_the_filter_looks_for_every_word_in_every_column() -> None:
    places = filtered(WAITING, COLUMNS, "提取 王", None).places
    assert [WAITING[place].subject for place in places] == ["王锌"]
    assert filtered(WAITING, COLUMNS, "", None).places == list(range(12))


def test_enter_does_the_main_thing_with_the_row_that_the_arrows_chose(qtbot: QtBot, table: Table) -> None:
    show(qtbot, table, WAITING)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
    with qtbot.waitSignal(table.chosen) as chosen:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert chosen.args == [WAITING[2]]


def test_the_same_row_stays_current_when_the_list_is_loaded_anew(qtbot: QtBot, table: Table) -> None:
    show(qtbot, table, WAITING)
    table.view.selectRow(4)
    show(qtbot, table, WAITING[2:])
    assert table.current == WAITING[4]
    show(qtbot, table, WAITING[6:])
    assert table.current == WAITING[8]  # the row is gone; the one in its place


def test_an_empty_list_says_what_to_do(qtbot: QtBot, table: Table) -> None:
    assert not table.nothing.isVisible()  # nobody knows yet
    table.set_rows(())
    qtbot.waitUntil(table.nothing.isVisible)
    assert table.nothing.text() == "没有待办"
    show(qtbot, table, WAITING)
    qtbot.keyClicks(QApplication.focusWidget(), "nobody")
    qtbot.waitUntil(table.nothing.isVisible)
    assert "清空筛选" in table.nothing.text()
    assert table.current is None


def test_the_model_keeps_qts_rules(qtbot: QtBot, table: Table) -> None:
    tester = QAbstractItemModelTester(table.model, QAbstractItemModelTester.FailureReportingMode.Fatal, table)
    show(qtbot, table, WAITING)
    assert tester.model() is table.model


def test_the_50000th_row_scrolls_like_the_first(qtbot: QtBot, table: Table, asked: list[Item]) -> None:
    many = tuple(Item(str(number), "租房提取", f"缴存人 {number}", number * 100, "1 分") for number in range(50_000))
    show(qtbot, table, many)

    def asked_from(row: int) -> int:
        """How many texts the list asks for on its way down from this row."""
        table.view.scrollTo(table.model.index(row, 0))
        table.view.viewport().repaint()
        asked.clear()
        for step in range(20):
            table.view.scrollTo(table.model.index(row + step * 20, 0))
            table.view.viewport().repaint()
        return len(asked)

    first, last = asked_from(0), asked_from(49_500)
    assert 0 < last <= first * 1.2
    qtbot.keyClicks(QApplication.focusWidget(), "49999")
    qtbot.waitUntil(lambda: table.model.rowCount() == 1, timeout=5_000)
