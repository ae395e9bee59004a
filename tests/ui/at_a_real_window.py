"""The program in a window of the window system, worked as a clerk does: python -m … FOLDER SERVICE CLERK PICTURES.

Says in one line of JSON what was on the screen. What was typed is thrown away again.
"""

import json
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from tests.support.office import Hands, run_for, until
from tests.ui.pages.typing_in import CONTROL, GOOD_CARD, type_rent, withdrawal_form
from ui.app import open_app
from ui.desk import DeskPage
from ui.page import Page

SAMPLED_PX = 7


def main() -> None:
    folder, service, clerk, pictures = sys.argv[1:]
    application = QApplication(sys.argv[:1])
    hands = opened(Path(folder), service)
    said: dict[str, object] = {"platform": application.platformName()}
    said["sign_in"] = picture_of(hands, Path(pictures) / "sign-in.png")
    hands.sign_in(clerk)
    if "approval" in hands.work.names:
        said["desk"] = see_the_desk(hands, Path(pictures) / "desk.png")
    else:
        said |= type_a_withdrawal(hands, Path(pictures) / "withdrawal.png")
    hands.app.close()
    print(json.dumps(said))


def opened(folder: Path, service: str) -> Hands:
    app = open_app(folder, service)
    reached: list[bool] = []
    app.at_the_door.connect(lambda: reached.append(True))
    until(lambda: reached, "the door")
    return Hands(app)


def type_a_withdrawal(hands: Hands, target: Path) -> dict[str, object]:
    page = withdrawal_form(hands)
    type_rent(hands, page, "郑雨桐", GOOD_CARD)
    until(lambda: page.panel.amount.text(), "the advice")
    said = {
        "withdrawal": picture_of(hands, target),
        "amount": page.panel.amount.text(),
        "lines": page.panel.lines.texts(),
        "main_has_keyboard": QApplication.focusWidget() is hands.work.bottom.main,
    }
    page.begin_anew()
    throw_away(hands, page)
    return said


def throw_away(hands: Hands, page: Page) -> None:
    done: list[None] = []
    hands.app.tasks.run(lambda: page.desk.save_draft({}), done.append)  # type: ignore[attr-defined]
    until(lambda: done, "the draft gone")


def see_the_desk(hands: Hands, target: Path) -> float:
    hands.press(Qt.Key.Key_5, CONTROL)
    assert isinstance(hands.page, DeskPage)
    hands.rest()
    return picture_of(hands, target)


def picture_of(hands: Hands, target: Path) -> float:
    """The screen as the window system shows it, kept in a file; how much of it is what the program drew, 0 to 1."""
    shell = hands.app.shell
    run_for(300)
    seen = shell.screen().grabWindow(shell.winId()).toImage()
    seen.save(str(target))
    return alike(seen, shell.grab().toImage())


def alike(one: QImage, other: QImage) -> float:
    """The share of sampled pixels that two pictures have in common; 0 when they differ in size."""
    if one.size() != other.size():
        return 0.0
    places = [(x, y) for x in range(0, one.width(), SAMPLED_PX) for y in range(0, one.height(), SAMPLED_PX)]
    return sum(one.pixelColor(*at) == other.pixelColor(*at) for at in places) / len(places)


if __name__ == "__main__":
    main()
