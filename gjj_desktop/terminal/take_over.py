"""`gjj-desktop take-over FOLDER`: become the machine of the window whose broken machine's disk is at FOLDER."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from gjj_desktop.counter.opening import SERVICE, open_machine
from gjj_desktop.paths import data_folder
from gjj_desktop.terminal.run import refuse


def take_over(
    folder: Annotated[Path, typer.Argument(help="The folder of the old machine that holds store.db; only read.")],
) -> None:
    """Take a window over from the disk of its broken machine; the ticket of the centre is read from the terminal.

    The same ticket once more goes on where it was interrupted. Then the window program opens as that window.
    """
    if sys.stdin.isatty():
        print("接管票：", end="", file=sys.stderr, flush=True)
    ticket = sys.stdin.readline().strip()
    if not ticket:
        refuse("没有接管票。请把中心给的整行接管票贴到这里")
    opened = open_machine(data_folder(), SERVICE)
    try:
        opened.take_over(ticket, folder)
    finally:
        opened.close()
    print("已接管。请运行 gjj-desktop 打开窗口")
