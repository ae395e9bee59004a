"""A paper before it is printed: its pages as pictures, printing, saving as PDF, and whether it really came out."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from gjj_desktop.errors import OperatingError
from ui.messages import Message
from ui.models import PreviewModel
from ui.page import Action, Page, Place
from ui.printing import PrintJob
from ui.tasks import Tasks
from ui.theme import spaced, theme
from ui.widgets import ElidedLabel, scrolling, text_label

SCREEN_DPI = 144
MARGIN = 24
UPRIGHT_WIDTH_MAX = 840
"""As wide as a letter is comfortably read, px at 100 %."""
READ_ON_PERCENT = 90
"""How much of the screen one key goes on: the last lines read stay in sight."""


class _Sheet(QWidget):
    """One page, drawn as a sheet of paper on the ground."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._image = QImage()
        self.whole_page = True

    def show_image(self, image: QImage) -> None:
        """Show this page."""
        self._image = image
        self.fit()

    def fit(self) -> None:
        """Take the size that the room and the zoom ask for."""
        area = self.parent()
        if self._image.isNull() or not isinstance(area, QWidget):
            return
        margin = theme().px(MARGIN)
        width = area.width() - 2 * margin
        if self._image.height() > self._image.width():
            width = min(width, theme().px(UPRIGHT_WIDTH_MAX))
        if self.whole_page:
            width = min(width, (area.height() - 2 * margin) * self._image.width() // self._image.height())
        height = width * self._image.height() // self._image.width()
        self._target = (width, height)
        self.setMinimumHeight(height + 2 * margin)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        width, height = self._target
        left, top = (self.width() - width) // 2, theme().px(MARGIN)
        ratio = self.devicePixelRatioF()
        shown = self._image.scaled(
            int(width * ratio),
            int(height * ratio),
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        shown.setDevicePixelRatio(ratio)
        painter.fillRect(left + 2, top + 3, width, height, theme().colour("line"))
        painter.drawImage(left, top, shown)
        painter.setPen(theme().colour("field_line"))
        painter.drawRect(left - 1, top - 1, width + 1, height + 1)


def default_printer() -> QPrinter | None:
    """The system's default printer, None when it has none."""
    info = QPrinterInfo.defaultPrinter()
    return None if info.isNull() else QPrinter(info, QPrinter.PrinterMode.HighResolution)


class PreviewPage(Page):
    """Shows, prints and saves one paper: a receipt as a whole, an upright page in its full width.

    `printed` is said once the clerk has seen it come out. A paper that came out before is only looked at here.
    """

    printed = Signal()

    def __init__(
        self,
        model: PreviewModel,
        tasks: Tasks,
        parent: QWidget | None = None,
        *,
        find_printer: Callable[[], QPrinter | None] = default_printer,
    ) -> None:
        super().__init__(parent)
        self._model, self._tasks, self.find_printer = model, tasks, find_printer
        self.number, self.count = 0, 0
        self._job: PrintJob | None = None
        self._spooled = self._shown = self._from_the_end = False
        self.sheet = _Sheet(self)
        self._area = scrolling(self.sheet, self)
        self.place = text_label("", "small", self)
        self.question = text_label("", "card_title", self)
        head = spaced(QHBoxLayout(), gap=12)
        head.addWidget(text_label(model.title, "title", self))
        about = model.about if model.printable else f"{model.about} · 再要一份请按“补打”"
        head.addWidget(ElidedLabel(about, "small", self), 1)
        head.addWidget(self.place)
        column = spaced(QVBoxLayout(self), (20, 14, 20, 12), 8)
        column.addLayout(head)
        column.addWidget(self._area, 1)
        column.addWidget(self.question)
        self.question.hide()
        tasks.run(model.page_count, self._begin, owner=self)
        theme().changed.connect(self.sheet.fit)

    def action_rows(self) -> tuple[Action, ...]:
        looking: tuple[Action, ...] = (
            Action("preview.back", "返回", "Esc", self._leave),
            Action("preview.previous", "上页", "PgUp", partial(self.read_on, -1)),
            Action("preview.next", "下页", "PgDown", partial(self.read_on, +1)),
            Action("preview.zoom", "整页或页宽", "F4", self.toggle_zoom),
        )
        if not self._model.printable:
            return looking
        looking = (*looking, Action("preview.save", "另存 PDF", "Ctrl+S", self.ask_where_to_save))
        if self._job is not None:
            return (*looking, Action("preview.stop", "停止打印", "F8", self._job.stop, Place.BUTTON))
        if not self._spooled:
            return (*looking, Action("preview.print", "打印", "F9", self.print_paper, Place.MAIN))
        return (
            *looking,
            Action("preview.again", "没打好，重打", "F9", self.print_paper, Place.BUTTON),
            Action("preview.confirm", "已打印好", "F10", self.confirm, Place.MAIN),
        )

    @property
    def is_spooled(self) -> bool:
        """Whether the paper went to the printer and the clerk is asked how it came out."""
        return self._spooled

    def opened(self) -> None:
        self.going_on.emit()

    def turn(self, step: int) -> None:
        """To the next page or back, as far as there is one."""
        if 0 <= self.number + step < self.count:
            self.number += step
            self._from_the_end = step < 0
            self._load()

    def read_on(self, step: int) -> None:
        """On through a page that is larger than the screen, then to the next one; -1 goes back the same way."""
        bar = self._area.verticalScrollBar()
        before = bar.value()
        bar.setValue(before + step * bar.pageStep() * READ_ON_PERCENT // 100)
        if bar.value() == before:
            self.turn(step)

    def toggle_zoom(self) -> None:
        """Between the page's width and the whole page."""
        self.sheet.whole_page = not self.sheet.whole_page
        self.sheet.fit()

    def print_paper(self) -> None:
        """Send every page to the printer; the screen goes on meanwhile."""
        if self._job is not None or not self.count or not self._model.printable:
            return
        printer = self.find_printer()
        if printer is None:
            self._tasks.failed.emit(
                OperatingError("没有找到打印机。", "请在系统设置里添加打印机，或按 Ctrl+S 另存 PDF；单据已经保存。")
            )
            return
        self._job = PrintJob(self._model, self.count, printer, self._tasks, self)
        self._job.advanced.connect(self._on_advanced)
        self._job.ended.connect(self._on_job_ended)
        self._job.stopped.connect(self._on_job_stopped)
        self._job.start()
        self.actions_changed.emit()

    def confirm(self) -> None:
        """The clerk saw that the paper is good."""
        self._tasks.run(self._model.confirmed, lambda _: self._leave(said=True), owner=self)

    def ask_where_to_save(self) -> None:
        """Ask for a file name and save the PDF there."""
        name, _ = QFileDialog.getSaveFileName(self, "另存 PDF", f"{self._model.title}.pdf", "PDF (*.pdf)")
        if name:
            self.save(Path(name))

    def save(self, path: Path) -> None:
        """Write the PDF to `path`."""
        self._tasks.run(
            partial(_write, self._model, path),
            lambda _: self.said.emit(Message(f"已另存为 {path.name}。", tone="good")),
            owner=self,
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.sheet.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Past the edge of a page the wheel turns it."""
        self.turn(-1 if event.angleDelta().y() > 0 else +1)
        event.accept()

    def _begin(self, count: int) -> None:
        self.count = count
        self._load()

    def _load(self) -> None:
        self._tasks.run(partial(self._model.page, self.number, SCREEN_DPI), self._show, owner=self)

    def _show(self, page: tuple[int, int, bytes]) -> None:
        width, height, _ = page
        if not self._shown:
            self._shown, self.sheet.whole_page = True, width >= height
        self.sheet.show_image(image_of(page))
        self.place.setText(f"第 {self.number + 1} 页，共 {self.count} 页")
        self._area.verticalScrollBar().setValue(0)
        if self._from_the_end:
            QTimer.singleShot(0, self, self._to_the_end)

    def _to_the_end(self) -> None:
        bar = self._area.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _on_advanced(self, done: int) -> None:
        self.noted.emit(f"正在送打印 {done}/{self.count}")

    def _forget_job(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.deleteLater()
        self.noted.emit("")
        self.actions_changed.emit()

    def _on_job_stopped(self) -> None:
        self._forget_job()
        self.said.emit(Message("已停止打印。", "纸上可能已有几页；要整份重打请按 F9。", "waiting"))

    def _on_job_ended(self, wrong: BaseException | None) -> None:
        self._forget_job()
        if wrong is not None:
            self._tasks.failed.emit(wrong)
            return
        self._tasks.run(self._model.spooled, self._on_spooled, owner=self)

    def _on_spooled(self, _: None) -> None:
        self._spooled = True
        self.question.setText("已送到打印机。请看一下纸：字迹完整清楚吗？")
        self.question.show()
        self.actions_changed.emit()

    def _leave(self, *, said: bool = False) -> None:
        if said:
            self.printed.emit()
        self.done.emit()


def image_of(page: tuple[int, int, bytes]) -> QImage:
    """A page as a picture of its own."""
    width, height, pixels = page
    return QImage(pixels, width, height, width * 3, QImage.Format.Format_RGB888).copy()


def _write(model: PreviewModel, path: Path) -> None:
    try:
        path.write_bytes(model.pdf())
    except OSError as wrong:
        raise OperatingError("PDF 没有存下来。", "请换一个能写入的文件夹再试；单据本身已经保存。") from wrong
