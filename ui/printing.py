"""Sends a paper to a printer page by page, without holding up the screen."""

from functools import partial

from PySide6.QtCore import QMarginsF, QObject, QRect, QSizeF, Signal
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrinter

from gjj_desktop.errors import OperatingError
from ui.models import PreviewModel
from ui.tasks import Tasks

DPI_MAX = 300
MM_PER_INCH = 25.4


class _Press:
    """A printer and the painter at work on it, which must end before the printer goes."""

    def __init__(self, printer: QPrinter) -> None:
        self.printer = printer
        self.painter = QPainter()

    def __del__(self) -> None:
        self.end()

    def end(self, *, abort: bool = False) -> None:
        """Let go of the painter; `abort` tells the printer to drop what it has."""
        if self.painter.isActive():
            if abort:
                self.printer.abort()
            self.painter.end()


class PrintJob(QObject):
    """One paper on its way. `advanced` counts pages sent, `ended` brings None or what went wrong; or it was `stopped`.

    Each page is drawn at the printer's own resolution (300 dpi at most), on a sheet of the page's own size.
    """

    advanced = Signal(int)
    ended = Signal(object)
    stopped = Signal()

    def __init__(self, model: PreviewModel, count: int, printer: QPrinter, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self._model, self._count, self._tasks = model, count, tasks
        self._dpi = min(printer.resolution(), DPI_MAX)
        self._press = _Press(printer)
        self._stopped = False
        printer.setResolution(self._dpi)
        printer.setDocName(model.title)

    def start(self) -> None:
        """Begin with the first page."""
        self._ask_for(0)

    def stop(self) -> None:
        """Send no further page and tell the printer to drop those it has."""
        self._stopped = True

    def _ask_for(self, number: int) -> None:
        work = partial(self._model.page, number, self._dpi)
        self._tasks.run(work, partial(self._draw, number), self._give_up, owner=self)

    def _draw(self, number: int, page: tuple[int, int, bytes]) -> None:
        if self._stopped:
            self._press.end(abort=True)
            self.stopped.emit()
            return
        width, height, pixels = page
        self._set_sheet(width, height)
        printer, painter = self._press.printer, self._press.painter
        if not (printer.newPage() if painter.isActive() else painter.begin(printer)):
            self._give_up(OperatingError("打印机没有响应。", "请看打印机是否开机、有纸，再按 F9；单据已经保存。"))
            return
        image = QImage(pixels, width, height, width * 3, QImage.Format.Format_RGB888)
        painter.drawImage(QRect(0, 0, width, height), image)
        self.advanced.emit(number + 1)
        if number + 1 < self._count:
            self._ask_for(number + 1)
        else:
            self._press.end()
            self.ended.emit(None)

    def _set_sheet(self, width: int, height: int) -> None:
        size = QSizeF(width, height) * (MM_PER_INCH / self._dpi)
        sheet = QPageSize(size, QPageSize.Unit.Millimeter, "", QPageSize.SizeMatchPolicy.FuzzyMatch)
        upright = QPageLayout.Orientation.Portrait
        self._press.printer.setFullPage(True)
        self._press.printer.setPageLayout(QPageLayout(sheet, upright, QMarginsF(), QPageLayout.Unit.Millimeter))

    def _give_up(self, wrong: BaseException) -> None:
        self._press.end(abort=True)
        self.ended.emit(wrong)
