"""扫描材料: the pages of a sheet's materials above the form: added from files, a folder or a camera, in order."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gjj_desktop.counter.scanning import Added, CameraDesk, ScanDesk, SheetPage
from gjj_desktop.errors import OperatingError
from ui.folder_files import FolderPage
from ui.messages import Message
from ui.models import Option
from ui.page import Action, Page, Place
from ui.picture import Picture, PictureView
from ui.tasks import Latest, Queue, Tasks
from ui.theme import spaced, theme
from ui.widgets import Card, ElidedLabel, as_tip, text_label

LEFT_WIDTH, LEFT_PERCENT_MAX = 320, 42
LONGEST_EDGE_PX = 2400
FILES = "图片或 PDF (*.jpg *.jpeg *.png *.tif *.tiff *.bmp *.pdf);;所有文件 (*)"
NO_PAGES = "这项材料还没有扫描。\nF2 从文件，F3 从文件夹，F4 用摄像头或高拍仪。"
OTHER_KEYS = "↑ ↓ 选页　Ctrl+↑ ↓ 换次序　+ - 放大缩小"
_ROW = Qt.ItemDataRole.UserRole


class _List(QListWidget):
    """Short rows of text; what it does not need of a key goes on to the page."""

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("look", "rows")
        self.setAccessibleName(name)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)

    def show_rows(self, rows: Sequence[tuple[str, str]], current: int) -> None:
        """Show these (key, text) with this one the current."""
        self.blockSignals(True)
        self.clear()
        for key, words in rows:
            item = QListWidgetItem(words)
            item.setData(_ROW, key)
            item.setToolTip(as_tip(words))
            item.setSizeHint(QSize(0, theme().px(theme().tokens.size["row"])))
            self.addItem(item)
        self.setCurrentRow(min(current, len(rows) - 1))
        self.blockSignals(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if plain and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End):
            super().keyPressEvent(event)
        else:
            event.ignore()


class ScanPage(Page):
    """The pages of each material that a case asks for. `added` names the material that has got pages."""

    added = Signal(str)

    def __init__(
        self,
        desk: ScanDesk,
        tasks: Tasks,
        materials: Sequence[Option],
        material: str = "",
        parent: QWidget | None = None,
        *,
        about: str = "",
        camera: CameraDesk | None = None,
    ) -> None:
        """`materials` are those asked for, `material` the code of the one to begin with."""
        super().__init__(parent)
        self._desk, self._tasks, self._materials = desk, tasks, list(materials)
        self._camera = camera or CameraDesk()
        self.material = material or (materials[0].value if materials else "")
        self.pages: Sequence[SheetPage] = ()
        self.live = self._busy = self._leaving = False
        self._waiting: list[tuple[str, Path]] = []
        self._opening = Latest(tasks, 20, self)
        self._place = 0
        self.materials_list = _List("材料", self)
        self.materials_list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.pages_list = _List("页", self)
        self.view = PictureView(self)
        self.caption = ElidedLabel("", "small", self)
        self.about = ElidedLabel(about, "small", self)
        self._lay_out()
        self.materials_list.currentRowChanged.connect(self._on_material)
        self.pages_list.currentRowChanged.connect(self._on_page)
        self.reload()

    @property
    def own(self) -> list[SheetPage]:
        """The pages of the current material."""
        return [page for page in self.pages if page.material == self.material]

    @property
    def page(self) -> SheetPage | None:
        """The current page; None where the material has none."""
        return self.own[self._place] if self._place < len(self.own) else None

    def action_rows(self) -> tuple[Action, ...]:
        if self.live:
            return (
                Action("scan.camera_off", "关闭摄像头", "Esc", self.stop_live, Place.BUTTON),
                Action("scan.shoot", "拍这一页", "F9", self.shoot, Place.MAIN),
            )
        return (
            Action("scan.back", "返回表单", "Esc", self.leave),
            Action("scan.file", "文件", "F2", self.ask_for_files),
            Action("scan.folder", "文件夹", "F3", self.open_folder),
            Action("scan.camera", "摄像头", "F4", self.start_live),
            Action("scan.turn", "旋转", "R", self.turn),
            Action("scan.remove", "移除", "Del", self.remove),
            Action("scan.earlier", "前移", "Ctrl+Up", partial(self.move_page, -1), Place.PAGE),
            Action("scan.later", "后移", "Ctrl+Down", partial(self.move_page, +1), Place.PAGE),
            Action("scan.larger", "放大", "+", partial(self.view.zoom_by, +1), Place.PAGE),
            Action("scan.larger_too", "放大", "=", partial(self.view.zoom_by, +1), Place.PAGE),
            Action("scan.smaller", "缩小", "-", partial(self.view.zoom_by, -1), Place.PAGE),
            Action("scan.done", "完成", "F9", self.leave, Place.MAIN),
        )

    def leave(self) -> None:
        """Back to the form, as soon as the pages that are being made are kept."""
        if self._busy or self._waiting:
            self._leaving = True
            self.noted.emit("正在存完最后几页")
        else:
            self.done.emit()

    def opened(self) -> None:
        self.pages_list.setFocus()

    def refresh(self) -> None:
        self.reload()

    def concerned_by(self, changes: frozenset[str]) -> bool:
        return "Blob" in changes

    def reload(self) -> None:
        """Show the pages as they are kept."""
        self._tasks.run(self._desk.pages, self._take_pages, owner=self)

    def turn_material(self, step: int) -> None:
        """To the next material, or the one before."""
        codes = [each.value for each in self._materials]
        if self.material in codes and 0 <= codes.index(self.material) + step < len(codes):
            self.materials_list.setCurrentRow(codes.index(self.material) + step)

    def ask_for_files(self) -> None:
        """Choose one or many files and add their pages in the order of their names."""
        names, _ = QFileDialog.getOpenFileNames(self, "选择扫描文件", "", FILES)
        self.add_files([Path(name) for name in sorted(names)])

    def add_files(self, paths: Sequence[Path]) -> None:
        """Add the pages of these files to the current material, one after the other; one that gives none says why."""
        self._waiting += [(self.material, path) for path in paths]
        self._add_next()

    def _add_next(self) -> None:
        if self._waiting and not self._busy:
            material, path = self._waiting.pop(0)
            self._add(material, partial(self._desk.made_of_file, path), f"正在读取 {path.name}")

    def open_folder(self) -> None:
        """Show the scanner's or the phone's folder, the newest first; ask for it when it was never chosen."""
        page = FolderPage(self._desk, self._tasks, self)
        page.chosen.connect(self._add_from_folder)
        page.done.connect(self.reload)
        self.wants_page.emit(page)

    def start_live(self) -> None:
        """Show what the camera sees, until a page is taken or it is switched off."""
        if self.live or not self.material:
            return
        self.live = True
        self.view.begin()
        self.view.say("正在打开摄像头")
        self.caption.setText("把材料放正、放平，看清四边后按 F9。")
        self.actions_changed.emit()
        self._look()

    def stop_live(self) -> None:
        """Let go of the camera and show the page again."""
        if self.live:
            self.live = False
            self._tasks.run(self._camera.close, lambda _: None, queue=Queue.PICTURES)
            self.actions_changed.emit()
            self._show_page()

    def shoot(self) -> None:
        """Take what the camera sees as a page; it goes on being shown for the next."""
        if self.live and not self._busy:
            self._add(self.material, lambda: self._desk.made_of_picture(self._camera.shot()), "正在拍照")

    def move_page(self, step: int) -> None:
        """Let the current page change places with its neighbour."""
        if self.page is not None:
            work = partial(self._desk.move, self.material, self.page.page_no, step)
            self._tasks.run(work, self._moved, owner=self)

    def remove(self) -> None:
        """Take the current page away."""
        if self.page is not None:
            work = partial(self._desk.remove, self.material, self.page.page_no)
            self._tasks.run(work, lambda _: self.reload(), owner=self)

    def turn(self) -> None:
        """Turn the current page clockwise by a quarter, for good."""
        page = self.page
        if page is None or self._busy:
            return
        self._set_busy("正在旋转")

        def turned(body: bytes | None) -> None:
            if body is None:
                self._now_free(lambda: None)
                return
            work = partial(self._desk.replace, page.material, page.page_no, page.digest, body)
            self._tasks.run(work, lambda _: self._now_free(self.reload), self._failed, owner=self)

        self._tasks.run(
            partial(self._desk.turned, page.digest, 1), turned, self._failed, queue=Queue.PICTURES, owner=self
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.stop_live()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go through the materials; page up and down through what is larger than the screen."""
        steps = {Qt.Key.Key_Right: partial(self.turn_material, +1), Qt.Key.Key_Left: partial(self.turn_material, -1)}
        pans = {Qt.Key.Key_PageDown: +1, Qt.Key.Key_PageUp: -1}
        key = Qt.Key(event.key())
        if key in steps:
            steps[key]()
        elif key in pans:
            self.view.pan(0, pans[key])
        else:
            super().keyPressEvent(event)

    def _add(self, material: str, make: Callable[[], list[bytes]], words: str) -> None:
        """Make pages on the queue of pictures, then keep them on the store's."""
        self._set_busy(words)

        def made(pages: list[bytes]) -> None:
            work = partial(self._desk.add, material, pages)
            self._tasks.run(work, partial(self._added, material), self._failed, owner=self)

        self._tasks.run(make, made, self._failed, queue=Queue.PICTURES, owner=self)

    def _added(self, material: str, answer: Added) -> None:
        already = f"，{answer.already} 页已经在了，没有重复添加" if answer.already else ""
        self.said.emit(Message(f"已添加 {answer.added} 页{already}。", tone="good"))
        if answer.added:
            self.added.emit(material)
        if material == self.material and answer.added:
            self._place = len(self.own) + answer.added - 1
        self._now_free(self.reload)

    def _add_from_folder(self, path: str) -> None:
        self.add_files([Path(path)])

    def _moved(self, page_no: int) -> None:
        self._place = page_no - 1
        self.reload()

    def _failed(self, wrong: BaseException) -> None:
        self._now_free(lambda: self._tasks.failed.emit(wrong))

    def _now_free(self, then: Callable[[], None]) -> None:
        self._set_busy("")
        then()
        self._add_next()
        if self._leaving and not self._busy:
            self._leaving = False
            self.leave()

    def _set_busy(self, words: str) -> None:
        self._busy = bool(words)
        self.noted.emit(words)

    def _look(self) -> None:
        if self.live:
            self._tasks.run(self._camera.live, self._seen, self._not_seen, queue=Queue.PICTURES, owner=self)

    def _seen(self, picture: Picture) -> None:
        if self.live:
            self.view.show_picture(picture)
            self._look()

    def _not_seen(self, wrong: BaseException) -> None:
        self.stop_live()
        if not isinstance(wrong, OperatingError):
            self._tasks.failed.emit(wrong)
            return
        self.said.emit(Message(wrong.what, wrong.what_to_do, "waiting"))

    def _take_pages(self, pages: Sequence[SheetPage]) -> None:
        self.pages = pages
        counts = {each.value: sum(page.material == each.value for page in pages) for each in self._materials}
        rows = [(each.value, _with_count(each.label, counts[each.value])) for each in self._materials]
        codes = [each.value for each in self._materials]
        self.materials_list.show_rows(rows, codes.index(self.material) if self.material in codes else 0)
        self._show_rows()

    def _show_rows(self) -> None:
        own = self.own
        self._place = max(0, min(self._place, len(own) - 1))
        self.pages_list.show_rows([(page.digest, page.words) for page in own], self._place)
        label = next((each.label for each in self._materials if each.value == self.material), "")
        self._pages_card.title.setText(label)
        self._pages_card.side.setText(f"{len(own)} 页" if own else "还没有")
        self._show_page()

    def _on_material(self, row: int) -> None:
        if 0 <= row < len(self._materials):
            self.material, self._place = self._materials[row].value, 0
            self.view.begin()
            self._show_rows()

    def _on_page(self, row: int) -> None:
        if row >= 0:
            self._place = row
            self._show_page()

    def _show_page(self) -> None:
        if self.live:
            return
        page = self.page
        if page is None:
            self._opening.forget()
            self.caption.setText("")
            self.view.say(NO_PAGES if self._materials else "请先在表单上选好提取原因，这里才知道要收哪些材料。")
            return
        self.caption.setText(page.words)
        self._opening.ask(
            partial(self._desk.picture, page.digest, LONGEST_EDGE_PX),
            partial(self._draw, page.digest),
            at_once=True,
            queue=Queue.PICTURES,
        )

    def _draw(self, digest: str, picture: Picture | str) -> None:
        if self.live or self.page is None or self.page.digest != digest:
            return
        if isinstance(picture, str):
            self.view.say(picture)
        else:
            self.view.show_picture(picture)

    def _lay_out(self) -> None:
        head = spaced(QHBoxLayout(), gap=12)
        head.addWidget(text_label("扫描材料", "title", self))
        head.addWidget(self.about, 1)
        materials_card = Card("要收的材料", self, "← → 换材料")
        materials_card.body.addWidget(self.materials_list)
        self._pages_card = Card("", self)
        self._pages_card.body.addWidget(self.pages_list, 1)
        for card in (materials_card, self._pages_card):
            spaced(card.body, (8, 10, 8, 8), 6)
            spaced(card.head, (8, 0, 8, 0), 12)
        left = QWidget(self)
        column = spaced(QVBoxLayout(left), gap=12)
        column.addWidget(materials_card, 2)
        column.addWidget(self._pages_card, 3)
        self._left = left
        big = Card("", self)
        big.title.hide()
        big.side.hide()
        spaced(big.body, (12, 12, 12, 8), 6)
        big.body.addWidget(self.view, 1)
        foot = spaced(QHBoxLayout(), gap=12)
        keys = ElidedLabel(OTHER_KEYS, "faint", big)
        keys.setAlignment(Qt.AlignmentFlag.AlignRight)
        foot.addWidget(self.caption, 1)
        foot.addWidget(keys, 1)
        big.body.addLayout(foot)
        row = spaced(QHBoxLayout(), gap=12)
        row.addWidget(left)
        row.addWidget(big, 1)
        whole = spaced(QVBoxLayout(self), (20, 14, 20, 12), 8)
        whole.addLayout(head)
        whole.addLayout(row, 1)
        theme().changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        """The picture keeps the larger part of the page also while the type is large."""
        self._left.setFixedWidth(min(theme().px(LEFT_WIDTH), self.width() * LEFT_PERCENT_MAX // 100))


def _with_count(label: str, count: int) -> str:
    """The count first: a long name gives way.

    >>> _with_count("无房证明", 2)
    '2 页 · 无房证明'
    """
    return f"{count} 页 · {label}" if count else label
