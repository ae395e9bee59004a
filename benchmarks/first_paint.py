"""A process for `starting`: opens the program, or a bare window, says when it is painted, and ends."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QLabel


class Painted(QObject):
    """Says after the first paint of all, and after the first at which the window is `usable`; then goes on to `end`."""

    def __init__(self, usable: Callable[[], bool], end: Callable[[], None]) -> None:
        super().__init__()
        self._usable, self._end = usable, end
        self._shown = self._said = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Looks at every paint of the process."""
        if event.type() is QEvent.Type.Paint and not self._shown:
            self._shown = True
            QTimer.singleShot(0, partial(print, "shown", flush=True))
        if event.type() is QEvent.Type.Paint and not self._said and self._usable():
            self._said = True
            QTimer.singleShot(0, self._say)
        return False

    def _say(self) -> None:
        print("usable", flush=True)
        self._end()


def bare() -> int:
    """A window with one line of text."""
    application = QApplication([])
    watcher = Painted(lambda: True, application.quit)
    application.installEventFilter(watcher)
    window = QLabel("公积金窗口")
    window.show()
    return application.exec()


def program(folder: Path, service: str) -> int:
    """The program itself; usable once the clerks of this window can be chosen."""
    from ui.app import open_app
    from ui.sign_in import SignInPage

    application = QApplication([])
    app = open_app(folder, service)

    def usable() -> bool:
        page = app.shell.findChild(SignInPage)
        return page is not None and bool(page.daily.raw("clerk"))

    watcher = Painted(usable, application.quit)
    application.installEventFilter(watcher)
    app.in_trouble.connect(lambda message: (print(message.what, flush=True), application.exit(1)))
    code = application.exec()
    app.close()
    return code


if __name__ == "__main__":
    sys.exit(bare() if sys.argv[1] == "bare" else program(Path(sys.argv[2]), sys.argv[3]))
