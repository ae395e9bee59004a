"""`gjj-desktop demo`: a seeded town with an embedded centre, to work in or, headless, worked through to the end."""

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from gjj_desktop.security.private_keyring import keyring_within_reach

DEFAULT_OUT = Path("out/demo")


def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="Drive the real widgets offscreen through the whole main job.")
    ] = False,
    out: Annotated[
        Path, typer.Option("--out", help="Where pictures and papers of the headless demo go.")
    ] = DEFAULT_OUT,
) -> int:
    """Open the window on a seeded town with an embedded centre of its own."""
    if headless:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with keyring_within_reach():
        return _headless(out) if headless else _at_the_screen()


def _headless(out: Path) -> int:
    from PySide6.QtCore import qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    from ui.demo.setting import Story
    from ui.demo.story import run

    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    qInstallMessageHandler(_qt_said)
    application = QApplication.instance() or QApplication(sys.argv[:1])
    application.setApplicationName("gjj-desktop demo")
    steps = 0

    def say(sentence: str) -> None:
        nonlocal steps
        steps += 1
        print(f"{steps:02} {sentence}", flush=True)

    with TemporaryDirectory(prefix="gjj-demo-", ignore_cleanup_errors=True) as state:
        run(Story(out, Path(state), say))
    papers, pictures = len(list(out.glob("*.pdf"))), len(list(out.glob("*.png")))
    print(f"{papers} 份单据、{pictures} 张截图在 {out}")
    return 0


def _qt_said(kind: object, context: object, message: str) -> None:
    """What Qt reports, save that a window without a screen can not be placed on one."""
    if not message.startswith("This plugin does not support"):
        print(message, file=sys.stderr)


def _at_the_screen() -> int:
    from ui.demo.town import open_town

    return open_town()
