"""Pictures of every page for looking at: python -m tests.ui.take_screens FOLDER [percent] [high]."""

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.ui.samples import (
    FULL,
    RENT,
    DeskInMemory,
    DoorInMemory,
    EnrolInMemory,
    FormInMemory,
    PaperInMemory,
)
from tests.ui.scans import PagesInMemory, a_scan
from ui.desk import DeskPage
from ui.enrol import EnrolPage
from ui.form_page import FormPage
from ui.messages import Message, Messages
from ui.page import Page, PageRow
from ui.preview import PreviewPage
from ui.shell import Desk, Person, Shell
from ui.sign_in import SignInPage
from ui.tasks import Tasks
from ui.theme import theme

NAMES = (
    ("home", "工作台", ""),
    ("contrib", "归集", "受理"),
    ("withdrawal", "提取", "受理"),
    ("loan", "贷款", "受理"),
    ("approval", "审批", "办理"),
    ("dunning", "催收", "办理"),
    ("papers", "票据", "办理"),
    ("search", "查询", "查看"),
    ("reports", "报表", "查看"),
    ("sync", "同步", "查看"),
)
ABOUT = "受理号 9905 03 000417 4 · 10:31 受理 · 一小时内办结，余 49 分"


def scans() -> PagesInMemory:
    """The contract on four pages and the invoice on one."""
    contract = [a_scan(lines) for lines in (24, 20, 16, 8)]
    return PagesInMemory(("contract", "商品房买卖合同", contract), ("invoice", "首付款发票", [a_scan(12)]))


def wait(ms: int) -> None:
    """Let the program run; unlike QTest.qWait this lets other threads run too."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    app = QApplication([])
    tasks, messages = Tasks(app), Messages(app)
    theme().set_percent(int(sys.argv[2]) if len(sys.argv) > 2 else 100)
    theme().set_high_contrast("high" in sys.argv)
    shell = Shell(tasks, messages)
    shell.resize(1366, 768)
    shell.show()

    def take(name: str) -> None:
        wait(400)
        shell.grab().save(str(out / f"{name}.png"))

    sign_in = SignInPage(DoorInMemory(wait_seconds=30), tasks, "公积金窗口", "青禾镇便民中心 · 3 号窗")
    shell.show_door(sign_in)
    take("sign_in")
    QTest.keyClicks(QApplication.focusWidget(), "wrong")
    sign_in.daily.main.click()
    take("sign_in_wrong")
    sign_in._turn_to(sign_in.first)
    take("sign_in_first")
    enrol = EnrolPage(EnrolInMemory(), tasks, "公积金窗口")
    shell.show_door(enrol)
    enrol.ticket.set_raw("good" * 30)
    enrol.main.click()
    take("enrol")

    forms: dict[str, dict[str, str]] = {"home": {}, "withdrawal": FULL}

    def form(name: str):  # type: ignore[no-untyped-def]
        def made(parent: QWidget) -> Page:
            return FormPage(RENT, FormInMemory(), tasks, parent, about=ABOUT, raw=forms.get(name, {}))

        return made

    rows = tuple(
        PageRow(
            name,
            title,
            group,
            (lambda parent: DeskPage(DeskInMemory("geheim"), tasks, parent, pages=scans()))
            if name == "approval"
            else form(name),
            waiting={"approval": lambda: 12, "sync": lambda: 3}.get(name),
        )
        for name, title, group in NAMES
    )
    work = shell.open_work(
        Desk(
            "公积金窗口",
            "青禾镇便民中心 · 3 号窗",
            Person("李秀英", "经办"),
            rows,
            lambda text: [],
            DoorInMemory().unlock,
            5,
        )
    )
    shell.show_line("离线 · 待同步 3 笔 · 10:42", "waiting")
    shell.show_gauge("可离线 6 天 · 号段余 182", "good")
    take("form_empty")
    work.page.submit()  # type: ignore[attr-defined]
    take("form_errors")
    page = work.open_page("withdrawal")
    wait(300)
    QTest.keyClick(page.cards.editors["bank_card"].control, "9")  # type: ignore[attr-defined]
    page.cards.editors["first_month"].setFocus()  # type: ignore[attr-defined]
    wait(1800)
    take("form_full")
    work.open_page("approval")
    wait(300)
    work.page.table.view.selectRow(1)  # type: ignore[attr-defined]
    take("desk")
    work.page.show_pages("invoice")  # type: ignore[attr-defined]
    take("desk_pages")
    work.page.show_list()  # type: ignore[attr-defined]
    work.page.approve()  # type: ignore[attr-defined]
    take("desk_password")
    work.banner.say(Message("磁盘空间不够，这一笔没有存下。", "请清理磁盘后再按 F9，录入的内容都还在。"))
    take("banner")
    work.banner.hide()
    work.show_above(PreviewPage(PaperInMemory(), tasks, work))
    take("preview")
    shell.lock()
    take("lock")
    tasks.close()


if __name__ == "__main__":
    main()
