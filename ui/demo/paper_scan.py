"""A certificate as a scanner sees it: invented words on paper a little aslant, for the demo's materials."""

from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen

from ui.theme import theme

SIZE_PX = (1240, 1754)
ASLANT_DEGREES = 0.7
INK, SEAL = QColor("#2b2a33"), QColor("#c0392b")


def write_scan(path: Path, title: str, lines: tuple[tuple[str, str], ...], sealed_by: str) -> Path:
    """Write a picture of a paper with a title, rows of words and a seal, and answer where it is."""
    image = QImage(*SIZE_PX, QImage.Format.Format_RGB888)
    image.fill(QColor("#f4f1e8"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(SIZE_PX[0] / 2, SIZE_PX[1] / 2)
    painter.rotate(ASLANT_DEGREES)
    painter.translate(-SIZE_PX[0] / 2, -SIZE_PX[1] / 2)
    painter.setPen(QPen(QColor("#b9b29d"), 5))
    painter.drawRect(QRectF(90, 90, SIZE_PX[0] - 180, SIZE_PX[1] - 180))
    painter.setPen(INK)
    painter.setFont(_font(74, bold=True))
    painter.drawText(QRectF(0, 190, SIZE_PX[0], 120), int(Qt.AlignmentFlag.AlignCenter), title)
    for place, (name, words) in enumerate(lines):
        top = 440 + place * 104
        painter.setFont(_font(36))
        painter.setPen(QColor("#6d6878"))
        painter.drawText(QRectF(190, top, 270, 60), int(Qt.AlignmentFlag.AlignVCenter), name)
        painter.setFont(_font(40))
        painter.setPen(INK)
        painter.drawText(QRectF(470, top, 640, 60), int(Qt.AlignmentFlag.AlignVCenter), words)
        painter.setPen(QPen(QColor("#d8d2c0"), 2))
        painter.drawLine(QPointF(460, top + 68), QPointF(1090, top + 68))
    _seal(painter, QPointF(880, 1420), sealed_by)
    painter.end()
    path.parent.mkdir(parents=True, exist_ok=True)
    if not image.save(str(path), quality=82):
        raise OSError(path)
    return path


def _seal(painter: QPainter, centre: QPointF, words: str) -> None:
    painter.setPen(QPen(SEAL, 9))
    painter.setOpacity(0.8)
    painter.drawEllipse(centre, 165, 165)
    painter.setFont(_font(34, bold=True))
    half = (len(words) + 1) // 2
    for row, part in enumerate((words[:half], words[half:])):
        box = QRectF(centre.x() - 150, centre.y() - 62 + row * 60, 300, 60)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), part)
    painter.setOpacity(1)


def _font(size_px: int, *, bold: bool = False) -> QFont:
    font = QFont(theme().font("text", semibold=bold))
    font.setPixelSize(size_px)
    return font
