"""`gjj-desktop doctor`: what is wrong on this machine, and how to mend it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from gjj_desktop.clock import CHINA, utc_now
from gjj_desktop.counter.opening import SERVICE
from gjj_desktop.paths import data_folder
from gjj_desktop.policy_files import read_policy
from gjj_desktop.terminal.health import Health, Line, worst
from gjj_desktop.terminal.machine_health import disk_line, font_line, keyring_line, printer_line
from gjj_desktop.terminal.output import print_json, print_table
from gjj_desktop.terminal.run import OUT_OF_REACH, REFUSED, Stop
from gjj_desktop.terminal.window_health import window_lines

WORDS = {Health.OK: "正常", Health.WARN: "注意", Health.BAD: "有问题"}


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Facts as JSON.")] = False) -> None:
    """Look at fonts, keyring, disk, printer, this window's data, its centre and its clock. Changes nothing."""
    try:
        folder = data_folder()
    except OSError as error:
        raise Stop(f"打不开程序的数据文件夹：{error.strerror}。请检查文件夹权限。", OUT_OF_REACH) from error
    lines = list(examine(folder, SERVICE))
    if as_json:
        print_json({"state": worst(lines), "checks": msgspec.to_builtins(lines)})
    else:
        print_table(("项目", "状态", "情况"), [_row(line) for line in lines], left=3)
    if worst(lines) is Health.BAD:
        raise Stop("有需要处理的问题，请按上面的提示处理。", REFUSED)


def examine(folder: Path, service: str) -> Iterator[Line]:
    """Every line about the machine and about the window whose store is in `folder`."""
    limits = read_policy().on("offline_limits", utc_now().astimezone(CHINA).date())
    yield font_line()
    yield keyring_line(service, folder)
    yield disk_line(folder, limits)
    yield printer_line()
    yield from window_lines(folder, service)


def _row(line: Line) -> tuple[str, str, str]:
    return line.name, WORDS[line.state], f"{line.what}{line.mend}"
