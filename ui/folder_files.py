"""The folder that a scanner or a phone puts its pictures into: the newest first, added with Enter."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from gjj_desktop.clock import CHINA, china_time, utc_now
from gjj_desktop.counter.scanning import FolderFile, ScanDesk, size_words
from gjj_desktop.errors import OperatingError
from ui.page import Action, Page, Place
from ui.picture import Picture, PictureView
from ui.table import Column, Table
from ui.tasks import Latest, Queue, Tasks
from ui.theme import spaced
from ui.widgets import Card, ElidedLabel, text_label

LOOK_MS = 2_000
LOOK_INTO_PAUSE_MS = 150
PREVIEW_EDGE_PX = 1_200
NOT_CHOSEN = "还没有选定扫描文件夹。按 F3 选一次，以后就记住了。"
NOTHING = "文件夹里还没有图片或 PDF。扫描或拍照后会自动出现在这里。"


def _when(file: FolderFile) -> str:
    at, today = china_time(file.at), utc_now().astimezone(CHINA).date()
    return f"{at:%H:%M:%S}" if at.date() == today else f"{at:%Y-%m-%d %H:%M}"


class FolderPage(Page):
    """Lists the files of the chosen folder. `chosen` brings the path of one whose pages are to be added."""

    chosen = Signal(str)

    def __init__(self, desk: ScanDesk, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._tasks = desk, tasks
        self._added: set[str] = set()
        self._known: Sequence[FolderFile] = ()
        self._asked = self._looking = False
        self._opening = Latest(tasks, LOOK_INTO_PAUSE_MS, self)
        self.about = ElidedLabel("", "small", self)
        self._list_card = Card("", self)
        self.table = Table(
            (
                Column("文件", lambda file: file.name),
                Column("时间", _when, 152),
                Column("大小", lambda file: size_words(file.size_bytes), 80, right=True),
                Column("", self._state, 64, chip=True, tone=lambda file: "good" if self._state(file) else ""),
            ),
            tasks,
            self._list_card,
            key=lambda file: str(file.key),
            empty=NOT_CHOSEN,
            unit="个",
        )
        self.view = PictureView(self)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look_again)
        self._lay_out()
        self.table.moved.connect(self._preview)
        self.table.chosen.connect(self.add)
        self.refresh()

    def action_rows(self) -> tuple[Action, ...]:
        return (
            Action("folder.back", "返回", "Esc", self.done.emit),
            Action("folder.choose", "换文件夹", "F3", self.ask_for_folder),
            Action("folder.refresh", "刷新", "F5", self.refresh),
            Action("folder.add", "添加这一个", "F9", self._add_current, Place.MAIN),
        )

    def opened(self) -> None:
        self.table.take_keyboard()
        self._timer.start()

    def refresh(self) -> None:
        self._tasks.run(self._load, self._show, self._failed, owner=self)

    def concerned_by(self, changes: frozenset[str]) -> bool:
        return False

    def ask_for_folder(self) -> None:
        """Choose the folder, once for this window."""
        name = QFileDialog.getExistingDirectory(self, "选择扫描文件夹")
        if name:
            self.choose(Path(name))

    def choose(self, folder: Path) -> None:
        """Look into this folder from now on."""
        self._tasks.run(partial(self._desk.choose_folder, folder), lambda _: self.refresh(), owner=self)

    def add(self, file: FolderFile) -> None:
        """Add the pages of a file; it stays in the list, marked."""
        self._added.add(file.key)
        self.chosen.emit(file.path)
        self.table.view.viewport().update()

    def _add_current(self) -> None:
        if self.table.current is not None:
            self.add(self.table.current)

    def _load(self) -> tuple[Path | None, Sequence[FolderFile]]:
        return self._desk.folder(), self._desk.folder_files()

    def _look_again(self) -> None:
        if self.isVisible() and not self._looking:
            self._looking = True
            self._tasks.run(self._load, self._show, self._stopped, queue=Queue.PICTURES, owner=self)

    def _show(self, found: tuple[Path | None, Sequence[FolderFile]]) -> None:
        self._looking = False
        folder, files = found
        self.about.setText("" if folder is None else f"{folder}　新的在最上面，自动刷新")
        self.table.set_empty(NOT_CHOSEN if folder is None else NOTHING)
        if [file.key for file in files] != [file.key for file in self._known] or not files:
            self._known = files
            self.table.set_rows(files)
        if folder is None and not self._asked and self.isVisible():
            self._asked = True
            self.ask_for_folder()

    def _failed(self, wrong: BaseException) -> None:
        self._looking = False
        self._tasks.failed.emit(wrong)

    def _stopped(self, wrong: BaseException) -> None:
        """What goes wrong by itself is said once, not every two seconds."""
        self._timer.stop()
        self._failed(wrong)

    def _state(self, file: FolderFile) -> str:
        return "已添加" if file.key in self._added else ""

    def _preview(self, file: FolderFile | None) -> None:
        if file is None:
            self._opening.forget()
            self.view.say("")
            return
        self._opening.ask(partial(self._look_into, Path(file.path)), self._draw, queue=Queue.PICTURES)

    def _look_into(self, path: Path) -> Picture | str:
        try:
            return self._desk.look_into(path, PREVIEW_EDGE_PX) or ""
        except OperatingError as wrong:
            return f"{wrong.what}\n{wrong.what_to_do}"

    def _draw(self, seen: Picture | str) -> None:
        if isinstance(seen, str):
            self.view.say(seen)
        else:
            self.view.show_picture(seen)

    def _lay_out(self) -> None:
        head = spaced(QHBoxLayout(), gap=12)
        head.addWidget(text_label("从文件夹添加", "title", self))
        head.addWidget(self.about, 1)
        self._list_card.title.hide()
        self._list_card.side.hide()
        self._list_card.body.addWidget(self.table, 1)
        big = Card("", self)
        big.title.hide()
        big.side.hide()
        spaced(big.body, (12, 12, 12, 12))
        big.body.addWidget(self.view, 1)
        row = spaced(QHBoxLayout(), gap=12)
        row.addWidget(self._list_card, 1)
        row.addWidget(big, 1)
        whole = spaced(QVBoxLayout(self), (20, 14, 20, 12), 8)
        whole.addLayout(head)
        whole.addLayout(row, 1)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
