"""Goes on at a window of the demo and types a case that is never handed in: this process gets killed."""

import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from ui.demo.hands import Hands, pause
from ui.form_page import FormPage


def main() -> None:
    """Sign in with the name and the password given on standard input, type, and say so."""
    folder, service = sys.argv[1:]
    name, password = sys.stdin.readline().strip(), sys.stdin.readline().strip()
    application = QApplication([])
    application.setApplicationName("gjj-desktop demo")
    hands = Hands(Path(folder), service, Path(folder))
    hands.sign_in(name, password)
    hands.go("Ctrl+2")
    hands.press("F4")
    page = hands.fill({"name": "何小满", "identity_no": "99050119"})
    assert isinstance(page, FormPage)
    hands.wait(lambda: "草稿已存" in page.note(), "the draft saved while typing")
    print("typing", flush=True)
    while True:
        hands.into(page.cards.editors["mobile"].control, "199")
        pause(5)


if __name__ == "__main__":
    main()
