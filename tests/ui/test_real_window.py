"""Qt opens a real window on this machine, not only an offscreen one: all system libraries are there."""

import os
import subprocess
import sys

import pytest

OPEN_A_WINDOW = """
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication([])
label = QLabel("公积金窗口")
label.setFixedSize(400, 200)
label.show()
app.processEvents()
picture = label.screen().grabWindow(label.winId())
print(app.platformName(), label.isVisible(), picture.width(), picture.height())
"""


@pytest.mark.real_window
def test_a_real_window_opens_on_a_virtual_screen(virtual_screen: dict[str, str]) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", OPEN_A_WINDOW],
        env=os.environ | virtual_screen,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert shown.stdout.split() == ["xcb", "True", "400", "200"], shown.stderr
