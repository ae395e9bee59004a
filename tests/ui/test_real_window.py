"""The program in windows of the window system, under Xvfb: what is drawn is what is seen."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.office import CLERK, SUPERVISOR, Office, town_office, worker_office

__all__ = ["town_office", "worker_office"]

pytestmark = pytest.mark.real_window

SECONDS_MAX = 120
ALIKE_MIN = 0.98
"""A cursor blinks, a second passes between the two pictures."""
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


def shown(arguments: list[str], screen: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command, environment = [sys.executable, *arguments], os.environ | screen
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX)


def at_the_window(office: Office, number: str, clerk: str, screen: dict[str, str], pictures: Path) -> dict[str, Any]:
    """What a clerk sees at a real window of this office."""
    folder, service = office.folder / f"window-{number}", office.services[number]
    ended = shown(["-m", "tests.ui.at_a_real_window", str(folder), service, clerk, str(pictures)], screen)
    assert ended.returncode == 0, ended.stderr
    said: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    assert said["platform"] == "xcb"
    return said


def test_a_real_window_opens_on_a_virtual_screen(virtual_screen: dict[str, str]) -> None:
    ended = shown(["-c", OPEN_A_WINDOW], virtual_screen)
    assert ended.stdout.split() == ["xcb", "True", "400", "200"], ended.stderr


def test_a_withdrawal_is_typed_and_its_advice_seen(
    town_office: Office, virtual_screen: dict[str, str], tmp_path: Path
) -> None:
    said = at_the_window(town_office, "03", CLERK, virtual_screen, tmp_path)
    assert said["sign_in"] > ALIKE_MIN
    assert said["withdrawal"] > ALIKE_MIN
    assert said["amount"] == said["lines"][-1][1], "the amount is the last line, the lowest"
    assert said["main_has_keyboard"], "after the last field the keyboard is on the main action"


def test_the_desk_of_the_supervisor(town_office: Office, virtual_screen: dict[str, str], tmp_path: Path) -> None:
    said = at_the_window(town_office, "01", SUPERVISOR, virtual_screen, tmp_path)
    assert said["desk"] > ALIKE_MIN
