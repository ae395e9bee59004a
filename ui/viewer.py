"""The scanned pages of a case, beside a decision or above it: page by page, larger and smaller, by the keyboard."""

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gjj_desktop.counter.viewing import CasePage
from ui.page import Action, Page, Place
from ui.picture import Picture, PictureView
from ui.tasks import Latest, Queue, Tasks
from ui.theme import spaced
from ui.widgets import Card, ElidedLabel, chip, set_chip, text_label

LONGEST_EDGE_PX = 2400
OPEN_PAUSE_MS = 30
NO_PAGES = "这笔业务没有扫描页。"


class PagesModel(Protocol):
    """What a viewer asks; `counter.viewing.CasePages` answers."""

    def pages(self, case_no: str) -> Sequence[CasePage]: ...
    def picture(self, digest: str, longest_edge_px: int) -> Picture | None: ...


class PageViewer(Card):
    """Shows the pages of one case. `turned` says that another page came into sight, or none.

    What is not here yet says why, and shows itself as soon as it came (`reload`, when "Blob" or "MaterialPage"
    changed).
    """

    turned = Signal()

    def __init__(self, model: PagesModel, tasks: Tasks, parent: QWidget) -> None:
        super().__init__("", parent)
        self._model, self._tasks = model, tasks
        self.case_no = ""
        self.pages: Sequence[CasePage] = ()
        self.number = 0
        self._wanted_material = ""
        self._shown = ""
        self._asks = Latest(tasks, OPEN_PAUSE_MS, self)
        self.state = chip("", "", self)
        self.foot = ElidedLabel("", "small", self)
        self.view = PictureView(self)
        self.head.addWidget(self.state)
        spaced(self.body, (12, 10, 12, 8), 6)
        self.body.addWidget(self.view, 1)
        self.body.addWidget(self.foot)
        self._say_place()

    @property
    def page(self) -> CasePage | None:
        """The page in sight; None where there is none."""
        return self.pages[self.number] if self.number < len(self.pages) else None

    def show_case(self, case_no: str, material: str = "") -> None:
        """Show the pages of this case, beginning with those of `material`; "" shows nothing."""
        if case_no == self.case_no and self.pages:
            self.go_to_material(material)
            return
        self.case_no, self.pages, self.number, self._shown = case_no, (), 0, ""
        self._wanted_material = material
        self.view.begin()
        self.view.say("")
        self._say_place()
        if case_no:
            self.reload()
        else:
            self._asks.forget()

    def reload(self) -> None:
        """Look again at what is here: pages may have come."""
        if self.case_no:
            self._asks.ask(partial(self._model.pages, self.case_no), self._take_pages)

    def turn_page(self, step: int) -> None:
        """To the next page or back, through all materials."""
        self._go_to(self.number + step)

    def turn_material(self, step: int) -> None:
        """To the first page of the next material, or of the one before."""
        if self.page is None:
            return
        materials = list(dict.fromkeys(page.material for page in self.pages))
        place = materials.index(self.page.material) + step
        if 0 <= place < len(materials):
            self.go_to_material(materials[place])

    def go_to_material(self, material: str) -> None:
        """To the first page of this material, if it has one."""
        self._go_to(next((place for place, page in enumerate(self.pages) if page.material == material), self.number))

    def look(self, across: int, down: int) -> None:
        """Move what is seen of a page that is larger than the room."""
        self.view.pan(across, down)

    def action_rows(self, place: Place = Place.KEY) -> tuple[Action, ...]:
        """The keys, for the page that the viewer stands on."""
        return (
            Action("pages.previous", "上页", "PgUp", partial(self.turn_page, -1), place),
            Action("pages.next", "下页", "PgDown", partial(self.turn_page, +1), place),
            Action("pages.material", "下一材料", "Ctrl+PgDown", partial(self.turn_material, +1), place),
            Action("pages.material_back", "上一材料", "Ctrl+PgUp", partial(self.turn_material, -1), Place.PAGE),
            Action("pages.larger", "放大", "Ctrl+Up", partial(self.view.zoom_by, +1), place),
            Action("pages.smaller", "缩小", "Ctrl+Down", partial(self.view.zoom_by, -1), place),
            Action("pages.turn", "旋转", "Ctrl+R", self.view.turn, place),
            Action("pages.left", "左移", "Ctrl+Left", partial(self.look, -1, 0), Place.PAGE),
            Action("pages.right", "右移", "Ctrl+Right", partial(self.look, +1, 0), Place.PAGE),
            Action("pages.up", "上移", "Shift+Up", partial(self.look, 0, -1), Place.PAGE),
            Action("pages.down", "下移", "Shift+Down", partial(self.look, 0, +1), Place.PAGE),
        )

    def _take_pages(self, pages: Sequence[CasePage]) -> None:
        before = self.page
        self.pages = pages
        if before is not None:
            same = (before.material, before.number)
            self.number = next((at for at, page in enumerate(pages) if (page.material, page.number) == same), 0)
        elif self._wanted_material:
            wanted = (at for at, page in enumerate(pages) if page.material == self._wanted_material)
            self.number = next(wanted, 0)
        self._wanted_material = ""
        self._show()

    def _go_to(self, number: int) -> None:
        if 0 <= number < len(self.pages) and number != self.number:
            self.number = number
            self.view.turns = 0
            self._show()

    def _show(self) -> None:
        self._say_place()
        self.turned.emit()
        page = self.page
        if page is None:
            self._shown = ""
            self.view.say(NO_PAGES)
        elif not page.here:
            self._shown = ""
            self.view.say(page.missing_words)
        elif page.digest != self._shown:
            self._tasks.run(
                partial(self._model.picture, page.digest, LONGEST_EDGE_PX),
                partial(self._take_picture, page.digest),
                queue=Queue.PICTURES,
                owner=self,
            )

    def _take_picture(self, digest: str, picture: Picture | None) -> None:
        if self.page is None or self.page.digest != digest:
            return
        if picture is None:
            self._shown = ""
            self.view.say("这一页打不开，请退回补正，重新扫描。")
        else:
            self._shown = digest
            self.view.show_picture(picture)

    def _say_place(self) -> None:
        page = self.page
        self.title.setText("材料" if page is None else page.label)
        count = len(self.pages)
        missing = sum(not each.held for each in self.pages)
        self.side.setText("" if page is None else f"{page.place} · 全部 {self.number + 1}/{count}")
        set_chip(self.state, f"{missing} 页没有传到中心" if missing else "", "waiting")
        self.foot.setText("" if page is None else page.mark)
        self.setAccessibleName("" if page is None else f"{page.label} {page.place}")


class ViewerPage(Page):
    """The pages of a case over the whole screen."""

    def __init__(
        self, model: PagesModel, tasks: Tasks, case_no: str, material: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.viewer = PageViewer(model, tasks, self)
        head = spaced(QHBoxLayout(), gap=12)
        head.addWidget(text_label("材料", "title", self))
        head.addStretch(1)
        column = spaced(QVBoxLayout(self), (20, 14, 20, 12), 8)
        column.addLayout(head)
        column.addWidget(self.viewer, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewer.show_case(case_no, material)

    def action_rows(self) -> tuple[Action, ...]:
        return (Action("viewer.back", "返回", "Esc", self.done.emit), *self.viewer.action_rows())

    def opened(self) -> None:
        self.setFocus()

    def refresh(self) -> None:
        self.viewer.reload()

    def concerned_by(self, changes: frozenset[str]) -> bool:
        return bool(changes & {"Blob", "MaterialPage"})

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrows alone move what is seen, and past its edge go on to the next page."""
        steps = {Qt.Key.Key_Down: (0, 1), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Left: (-1, 0)}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        elif not self.viewer.view.pan(*step):
            self.viewer.turn_page(step[0] + step[1])
