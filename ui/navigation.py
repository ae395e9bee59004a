"""The dark column at the left: the pages in their groups, and what waits for this person."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from ui.page import PageRow
from ui.theme import set_mark, spaced
from ui.widgets import ElidedLabel, scrolling, text_label


class _Entry(QPushButton):
    """One page; the amber mark says that it is the one in sight, the figure how much waits there."""

    def __init__(self, row: PageRow, parent: QWidget) -> None:
        super().__init__(row.title, parent)
        self.setProperty("look", "navigation_entry")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(row.key)
        self.waiting = text_label("", "navigation_count", self)
        inside = spaced(QHBoxLayout(self), (0, 0, 40, 0))
        inside.addStretch(1)
        inside.addWidget(self.waiting)
        self.toggled.connect(lambda chosen: set_mark(self.waiting, "chosen", "yes" if chosen else ""))


class Navigation(QWidget):
    """Lists the pages of one person; says which was chosen."""

    chosen = Signal(str)

    def __init__(self, name: str, place: str, rows: Sequence[PageRow], person: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("look", "navigation")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._entries: dict[str, _Entry] = {}
        column = spaced(QVBoxLayout(self), (0, 14, 0, 18), 3)
        for text, look in ((name, "navigation_name"), (place, "navigation_place")):
            label = ElidedLabel(text, look, self)
            label.setContentsMargins(0, 0, 0, 0)
            column.addLayout(_indented(label, 20))
        column.addSpacing(8)
        self._area = self._entries_in_groups(rows)
        column.addWidget(self._area, 1)
        column.addLayout(_indented(ElidedLabel(person, "navigation_person", self), 19))

    def show_chosen(self, name: str) -> None:
        """Mark the page in sight; none when it has no entry of its own."""
        for each, entry in self._entries.items():
            entry.setChecked(each == name)
        if name in self._entries:
            self._area.ensureWidgetVisible(self._entries[name], 0, 8)

    def show_waiting(self, waiting: dict[str, int]) -> None:
        """Show how much waits at each page; nothing where nothing does."""
        for name, count in waiting.items():
            self._entries[name].waiting.setText(str(count) if count else "")
            self._entries[name].setAccessibleDescription(f"{count} 笔待办" if count else "")

    def waiting(self) -> dict[str, str]:
        """The figures shown."""
        return {name: entry.waiting.text() for name, entry in self._entries.items()}

    def _entries_in_groups(self, rows: Sequence[PageRow]) -> QScrollArea:
        entries = QWidget(self)
        column = spaced(QVBoxLayout(entries))
        group = ""
        for row in rows:
            if row.group and row.group != group:
                column.addLayout(_indented(text_label(row.group, "navigation_group", self), 16))
                group = row.group
            column.addWidget(self._entry(row))
        column.addStretch(1)
        area = scrolling(entries, self)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for widget in (area, area.viewport(), entries):
            widget.setProperty("look", "navigation_room")
        return area

    def _entry(self, row: PageRow) -> _Entry:
        entry = _Entry(row, self)
        entry.clicked.connect(lambda: self.chosen.emit(row.name))
        self._entries[row.name] = entry
        return entry


def _indented(label: QLabel, left: int) -> QHBoxLayout:
    row = spaced(QHBoxLayout(), (left, 0, 12, 0))
    row.addWidget(label)
    return row
