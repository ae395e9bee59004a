"""At 150 % and 175 % and in high contrast every word of the main pages can still be read on a small screen."""

import time
from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.support.clipping import clipped, outside
from tests.ui.samples import FULL, RENT, DeskInMemory, DoorInMemory, FormInMemory
from ui.desk import DeskPage
from ui.form_page import FormPage
from ui.messages import Message, Messages
from ui.page import PageRow
from ui.shell import Desk, Person, Shell
from ui.sign_in import SignInPage
from ui.tasks import Tasks
from ui.theme import theme
from ui.trouble import TroublePage

SCREEN = (1366, 768)
SETTLED_SECONDS_MAX = 3
LONG = Message(
    "本机数据打不开：系统密钥环里的钥匙和本机数据不是一对，可能是换过用户或重装过系统。",
    "请用原来的系统用户登录后再打开；仍不行时请联系中心管理员，重新开一张登记票，把本机重新登记为窗口。",
)


@pytest.fixture(params=[(100, False), (150, False), (175, False), (150, True)])
def shell(request: pytest.FixtureRequest, qtbot: QtBot, tasks: Tasks) -> Shell:
    percent, high_contrast = request.param
    theme().set_percent(percent)
    theme().set_high_contrast(high_contrast)
    made = Shell(tasks, Messages())
    made.resize(*SCREEN)
    qtbot.addWidget(made)
    made.show()
    return made


def nothing_is_cut_off(shell: Shell, qtbot: QtBot) -> None:
    give_up = time.monotonic() + SETTLED_SECONDS_MAX
    while (cut := [*clipped(shell), *outside(shell)]) and time.monotonic() < give_up:
        qtbot.wait(20)
    assert cut == []
    assert (shell.width(), shell.height()) == SCREEN


def at_work(shell: Shell, page: Callable[[QWidget], FormPage | DeskPage]) -> None:
    person = Person("李秀英", "经办、信贷")
    rows = (PageRow("page", "提取", "受理", page, waiting=lambda: 12),)
    shell.open_work(Desk("公积金窗口", "青禾镇便民中心 · 3 号窗", person, rows, lambda _: [], DoorInMemory().unlock, 5))
    shell.show_line("离线 · 待同步 3 笔 · 10:42", "waiting")
    shell.show_gauge("可离线 6 天 · 号段余 182", "good")


def test_the_door(shell: Shell, qtbot: QtBot, tasks: Tasks) -> None:
    page = SignInPage(DoorInMemory(wait_seconds=30), tasks, "公积金窗口", "青禾镇便民中心 · 3 号窗")
    shell.show_door(page)
    nothing_is_cut_off(shell, qtbot)
    page._turn_to(page.first)
    nothing_is_cut_off(shell, qtbot)


def test_a_long_sentence_of_trouble(shell: Shell, qtbot: QtBot) -> None:
    shell.show_door(TroublePage("公积金窗口", LONG))
    nothing_is_cut_off(shell, qtbot)


def test_a_form_with_all_its_fields_filled_and_a_finding(shell: Shell, qtbot: QtBot, tasks: Tasks) -> None:
    at_work(shell, lambda parent: FormPage(RENT, FormInMemory(), tasks, parent, raw=FULL))
    assert shell.work is not None
    page = shell.work.page
    assert isinstance(page, FormPage)
    page.submit()
    nothing_is_cut_off(shell, qtbot)


def test_the_desk_with_a_decision_begun(shell: Shell, qtbot: QtBot, tasks: Tasks) -> None:
    at_work(shell, lambda parent: DeskPage(DeskInMemory("geheim"), tasks, parent))
    assert shell.work is not None
    page = shell.work.page
    assert isinstance(page, DeskPage)
    qtbot.waitUntil(lambda: page.case is not None)
    nothing_is_cut_off(shell, qtbot)
    page.begin("return")
    nothing_is_cut_off(shell, qtbot)
