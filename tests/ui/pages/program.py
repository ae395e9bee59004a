"""The program itself, started as a process of its own: says on which page it has come to rest, then is closed."""

import json
import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel

from ui.app import main
from ui.enrol import EnrolPage
from ui.sign_in import SignInPage
from ui.trouble import TroublePage

LOOK_MS, GIVE_UP_MS = 20, 30_000
AT_REST = (TroublePage, SignInPage, EnrolPage)


def look() -> None:
    """Once the program waits for somebody, say what they see and close its window."""
    for window in QApplication.topLevelWidgets():
        for page in (each for kind in AT_REST for each in window.findChildren(kind) if each.isVisible()):
            texts = [label.text() for label in page.findChildren(QLabel) if label.isVisible()]
            print(json.dumps({"page": type(page).__name__, "texts": texts}))
            window.close()
            return


if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    timer = QTimer(application, interval=LOOK_MS)
    timer.timeout.connect(look)
    timer.start()
    QTimer.singleShot(GIVE_UP_MS, lambda: application.exit(9))
    sys.exit(main())
