"""The bar at the bottom: a page's keys at the left, its main action at the right, and what was saved beside it."""

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeySequence, QMouseEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ui.page import Action, Page, Place
from ui.theme import spaced, theme
from ui.widgets import ElidedLabel, button, empty, key_cap

HEIGHT = 59
ROWS_OF_KEYS_MAX = 3
TOLD_FOR_MS = 4_000
READ_AFTER_MS = 1_200
"""A key before that was still meant for what went before."""


def shortcut(key: str, call: Callable[[], object], parent: QWidget) -> QShortcut:
    """`key` calls once for each press, while `parent` is in sight."""
    made = QShortcut(QKeySequence(key), parent)
    made.setAutoRepeat(False)
    made.activated.connect(call)
    return made


class KeyHint(QWidget):
    """A key and what it does; a click does it too."""

    def __init__(self, action: Action, parent: QWidget) -> None:
        super().__init__(parent)
        self._call = action.call
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{action.label} {action.key}")
        row = spaced(QHBoxLayout(self), gap=8)
        row.addWidget(key_cap(action.key.replace("PgDown", "PgDn"), self))
        row.addWidget(ElidedLabel(action.label, "small", self))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            self._call()


class BottomBar(QWidget):
    """Draws the actions of one page and listens for their keys; says beside them what went well."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("look", "bottom")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._page: Page | None = None
        self._shortcuts: list[QShortcut] = []
        self.main: QPushButton | None = None
        row = spaced(QHBoxLayout(self), (20, 9, 20, 9), 10)
        self._hints: list[KeyHint] = []
        self._arranged: list[list[KeyHint]] = []
        self._lines_of_keys = [QWidget(self) for _ in range(ROWS_OF_KEYS_MAX)]
        self._rows_of_keys = [spaced(QHBoxLayout(each), gap=12) for each in self._lines_of_keys]
        self._keys = spaced(QVBoxLayout(), gap=4)
        for each in self._lines_of_keys:
            self._keys.addWidget(each, 0, Qt.AlignmentFlag.AlignLeft)
            each.hide()
        self._buttons = spaced(QHBoxLayout(), gap=10)
        self._note = ElidedLabel("", "small", self)
        self._note.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.told = ElidedLabel("", "told", self)
        self.told.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.told.hide()
        self._told_for = QTimer(self, singleShot=True, interval=TOLD_FOR_MS)
        self._told_for.timeout.connect(self.forget)
        self._since = QElapsedTimer()
        for words in (self._note, self.told):  # they give way to the keys
            words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        row.addLayout(self._keys)
        row.addWidget(self._note, 1)
        row.addWidget(self.told, 1)
        row.addLayout(self._buttons)
        theme().changed.connect(self._fit)
        self._fit()

    def show_page(self, page: Page) -> None:
        """Serve this page from now on."""
        if self._page is not None:
            self._page.actions_changed.disconnect(self._draw)
            self._page.noted.disconnect(self._note.setText)
            self._page.going_on.disconnect(self._focus_main)
        self._page = page
        page.actions_changed.connect(self._draw)
        page.noted.connect(self._note.setText)
        page.going_on.connect(self._focus_main)
        self._draw()
        self._note.setText(page.note())

    def tell(self, sentence: str) -> None:
        """Say what went well, beside the main action, for a few seconds or until the next key; nothing moves."""
        self.told.setText(f"✓ {sentence}")
        self.told.setAccessibleName(sentence)
        self.told.show()
        self._note.hide()
        self._since.start()
        self._told_for.start()
        self._application().installEventFilter(self)

    def forget(self) -> None:
        """What went well has been read."""
        self._told_for.stop()
        self._application().removeEventFilter(self)
        self.told.hide()
        self._note.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and self._since.elapsed() > READ_AFTER_MS:
            self.forget()
        return False

    def _application(self) -> QApplication:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        return application

    def _fit(self) -> None:
        """As high with buttons as without, so that no page jumps."""
        self.setMinimumHeight(theme().px(HEIGHT))
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:  # the keys have got their type
            self._arrange()
        return super().event(event)

    def _arrange(self) -> None:
        """In large type the keys stand in several rows rather than without their words."""
        room, used, rows = self._room(), 0, list[list[KeyHint]]([[]])
        for hint in self._hints:
            wanted = hint.sizeHint().width()
            if used and used + wanted > room and len(rows) < ROWS_OF_KEYS_MAX:
                rows.append([])
                used = 0
            rows[-1].append(hint)
            used += wanted + self._rows_of_keys[0].spacing()
        if rows == self._arranged:
            return
        self._arranged = rows
        for keys in self._rows_of_keys:
            for hint in self._hints:
                keys.removeWidget(hint)
        for place, keys in enumerate(self._rows_of_keys):
            hints = rows[place] if place < len(rows) else []
            for hint in hints:
                keys.addWidget(hint)
            self._lines_of_keys[place].setVisible(bool(hints))

    def _room(self) -> int:
        """How wide the keys may be beside the buttons."""
        buttons, row = self._buttons.sizeHint().width(), self.layout()
        assert row is not None
        around = row.contentsMargins()
        return self.width() - around.left() - around.right() - buttons - 2 * row.spacing()

    def _focus_main(self) -> None:
        if self.main is not None:
            self.main.setFocus(Qt.FocusReason.TabFocusReason)

    def _draw(self) -> None:
        held = self.main is not None and self.main.hasFocus()
        for each in self._shortcuts:
            each.setEnabled(False)
            each.deleteLater()
        self._shortcuts, self.main = [], None
        for keys in self._rows_of_keys:
            empty(keys)
        self._hints = []
        empty(self._buttons)
        for action in self._page.action_rows() if self._page is not None else ():
            self._add(action)
        self._arrange()
        if held:  # the button that had the keyboard is another one now
            self._focus_main()

    def _add(self, action: Action) -> None:
        if action.key:
            self._shortcuts.append(shortcut(action.key, action.call, self))
        if action.place is Place.PAGE:
            return
        if action.place is Place.KEY:
            self._hints.append(KeyHint(action, self))
            return
        made = button(f"{action.label}  {action.key}".strip(), self, "main" if action.place is Place.MAIN else "")
        made.setAccessibleName(action.label)
        made.clicked.connect(action.call)
        self._buttons.addWidget(made)
        if action.place is Place.MAIN:
            self.main = made
