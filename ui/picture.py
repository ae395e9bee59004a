"""A picture of a paper, as large as there is room for or larger, turned as one likes; or words why there is none."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QTransform, QWheelEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from ui.preview import image_of
from ui.theme import theme

MARGIN = 12
ZOOM_STEPS = (1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0)
"""How much larger than the whole picture fitted into the room."""
PAN_PERCENT = 30

Picture = tuple[int, int, bytes]


class _Canvas(QWidget):
    """Draws the picture in the middle of itself."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.image, self.words = QImage(), ""
        self.drawn = QRect()
        self._made: tuple[int, QSize, QImage] = (0, QSize(), QImage())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.image.isNull():
            painter.setPen(theme().colour("second_ink"))
            painter.setFont(theme().font("text"))
            flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(self.rect().adjusted(24, 24, -24, -24), flags, self.words)
            return
        painter.drawImage(self.drawn.topLeft(), self._smooth())
        painter.setPen(theme().colour("field_line"))
        painter.drawRect(self.drawn.adjusted(-1, -1, 0, 0))

    def _smooth(self) -> QImage:
        """The picture in the size it is drawn in, made once: small print stays readable in a small picture."""
        ratio = self.devicePixelRatioF()
        size = self.drawn.size() * ratio
        if self._made[:2] != (self.image.cacheKey(), size):
            aspect, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            made = self.image.scaled(size, aspect, smooth)
            made.setDevicePixelRatio(ratio)
            self._made = (self.image.cacheKey(), size, made)
        return self._made[2]


class PictureView(QScrollArea):
    """Shows one picture; `zoom` is a step of ZOOM_STEPS, `turns` the quarters it is turned clockwise on the screen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setProperty("look", "picture")
        self._original = QImage()
        self._canvas = _Canvas(self)
        self.setWidget(self._canvas)
        self.zoom, self.turns = 0, 0
        self._held_at: QPoint | None = None
        theme().changed.connect(self._fit)

    @property
    def words(self) -> str:
        """What stands in place of a picture; "" while there is one."""
        return self._canvas.words if self._original.isNull() else ""

    @property
    def shown(self) -> QSize:
        """How large the picture itself is, in its own pixels; empty while there is none."""
        return self._original.size()

    def show_picture(self, picture: Picture) -> None:
        """Show this picture, from its top, as large as before."""
        self._original = image_of(picture)
        self._draw()

    def say(self, words: str) -> None:
        """Show these words and no picture."""
        self._original, self._canvas.words = QImage(), words
        self._canvas.setAccessibleName(words)
        self._draw()

    def begin(self) -> None:
        """Whatever comes next is shown whole and upright."""
        self.zoom, self.turns = 0, 0

    def zoom_by(self, step: int) -> None:
        """Larger or smaller by a step, the middle of what is seen staying in the middle."""
        across, down = self._middle()
        self.zoom = min(max(self.zoom + step, 0), len(ZOOM_STEPS) - 1)
        self._fit()
        self._look_at(across, down)

    def turn(self, quarters: int = 1) -> None:
        """Turn what is shown clockwise; the paper itself stays as it is."""
        self.turns = (self.turns + quarters) % 4
        self._draw()

    def pan(self, across: int, down: int) -> bool:
        """Move what is seen by a part of the room; False when it was at the edge already."""
        moved = False
        for bar, step in ((self.horizontalScrollBar(), across), (self.verticalScrollBar(), down)):
            before = bar.value()
            bar.setValue(before + step * bar.pageStep() * PAN_PERCENT // 100)
            moved = moved or bar.value() != before
        return moved

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._held_at = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held_at is not None:
            now = event.position().toPoint()
            for bar, by in (
                (self.horizontalScrollBar(), self._held_at.x() - now.x()),
                (self.verticalScrollBar(), self._held_at.y() - now.y()),
            ):
                bar.setValue(bar.value() + by)
            self._held_at = now

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held_at = None

    def _draw(self) -> None:
        turned = self._original
        if self.turns and not turned.isNull():
            turned = turned.transformed(QTransform().rotate(90 * self.turns))
        self._canvas.image = turned
        self._fit()
        self.verticalScrollBar().setValue(0)
        self.horizontalScrollBar().setValue(0)
        self._canvas.update()

    def _fit(self) -> None:
        room = self.viewport().size()
        image = self._canvas.image
        if image.isNull():
            self._canvas.resize(room)
            return
        margin = theme().px(MARGIN)
        free = QSize(max(1, room.width() - 2 * margin), max(1, room.height() - 2 * margin))
        size = image.size().scaled(free, Qt.AspectRatioMode.KeepAspectRatio) * ZOOM_STEPS[self.zoom]
        canvas = QSize(max(room.width(), size.width() + 2 * margin), max(room.height(), size.height() + 2 * margin))
        self._canvas.drawn = QRect(QPoint(0, 0), size)
        self._canvas.drawn.moveCenter(QRect(QPoint(0, 0), canvas).center())
        self._canvas.resize(canvas)
        self._canvas.update()

    def _middle(self) -> tuple[float, float]:
        """Which part of the picture is in the middle of the room, each way 0 to 1."""
        canvas, room = self._canvas.size(), self.viewport().size()
        x = self.horizontalScrollBar().value() + room.width() / 2
        y = self.verticalScrollBar().value() + room.height() / 2
        return x / max(1, canvas.width()), y / max(1, canvas.height())

    def _look_at(self, across: float, down: float) -> None:
        canvas, room = self._canvas.size(), self.viewport().size()
        self.horizontalScrollBar().setValue(round(across * canvas.width() - room.width() / 2))
        self.verticalScrollBar().setValue(round(down * canvas.height() - room.height() / 2))
