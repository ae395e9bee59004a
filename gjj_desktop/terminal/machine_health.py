"""Is this machine fit for a window: fonts, keyring, disk, printer."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from gjj_desktop.counter.limits import disk_gauge
from gjj_desktop.errors import OperatingError
from gjj_desktop.printing import fonts
from gjj_desktop.rules.policy import Row
from gjj_desktop.security.vault import DEVICE_KEY, DEVICE_PASSWORD, STORE_KEY, Vault
from gjj_desktop.store.store import store_exists
from gjj_desktop.terminal.health import Health, Line, of_error, of_gauge

PRINTER_SECONDS_MAX = 10.0
ROLES = {fonts.TEXT: "正文", fonts.SONG: "宋体", fonts.FANG: "仿宋", "rare": "生僻字"}
SECRETS = {STORE_KEY: "数据密钥", DEVICE_KEY: "本机密钥", DEVICE_PASSWORD: "登录口令"}

_LIST_PRINTERS = "Get-Printer | Select-Object -ExpandProperty Name"


def font_line() -> Line:
    """Which faces the papers would be printed with."""
    faces = {report.role: report.family for report in fonts.faces_here()}
    mend = fonts.MEND.get(sys.platform, fonts.MEND["linux"]) + "。"
    if not faces[fonts.TEXT]:
        return Line(name="字体", state=Health.BAD, what="本机没有可用于打印的中文字体。", mend=mend)
    what = "，".join(f"{ROLES[role]} {family}" for role, family in faces.items() if family)
    if not faces["rare"]:
        return Line(name="字体", state=Health.WARN, what=f"{what}；没有生僻字字体，部分姓名打印不出来。", mend=mend)
    return Line(name="字体", state=Health.OK, what=what)


def keyring_line(service: str, folder: Path) -> Line:
    """Whether the keyring answers and holds what opens the store in `folder`."""
    try:
        vault = Vault(service)
        held = [name for name in SECRETS if vault.get(name) is not None]
    except OperatingError as error:
        return of_error("密钥环", error)
    if not store_exists(folder):
        return Line(name="密钥环", state=Health.OK, what="可以使用")
    lost = [word for name, word in SECRETS.items() if name not in held]
    if STORE_KEY in held and lost in ([], [SECRETS[DEVICE_KEY], SECRETS[DEVICE_PASSWORD]]):
        return Line(name="密钥环", state=Health.OK, what="可以使用" if not lost else "可以使用，本机尚未登记")
    return Line(
        name="密钥环",
        state=Health.BAD,
        what=f"密钥环里没有{'、'.join(lost)}。",
        mend="请用平时的系统账户登录；密钥丢失时请联系中心管理员重新登记本机。",
    )


def disk_line(folder: Path, limits: Row) -> Line:
    """Whether there is room, and whether `folder` can be written to; `limits` is of policy offline_limits."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError:
        return Line(
            name="磁盘可用",
            state=Health.BAD,
            what=f"数据文件夹 {folder} 不能写入。",
            mend="请检查文件夹权限和磁盘空间，或联系管理员。",
        )
    return of_gauge(disk_gauge(folder, limits))


def printer_line() -> Line:
    """How many printers the system knows."""
    try:
        names = _printers()
    except (OSError, subprocess.TimeoutExpired):
        return Line(
            name="打印机",
            state=Health.WARN,
            what="查不到打印机，打印系统没有安装或没有回答。",
            mend="请安装打印系统（Linux 为 CUPS）；在此之前凭单可存为 PDF。",
        )
    if not names:
        return Line(
            name="打印机", state=Health.WARN, what="系统里没有打印机。", mend="请连接并添加打印机；凭单可存为 PDF。"
        )
    return Line(name="打印机", state=Health.OK, what=f"{len(names)} 台：{'、'.join(names)}")


def _printers() -> list[str]:
    """The names of the system's printers; OSError or TimeoutExpired when it can not be asked."""
    if sys.platform == "win32":
        return [line for line in _said("powershell", "-NoProfile", "-Command", _LIST_PRINTERS).splitlines() if line]
    if shutil.which("lpstat") is None:
        raise FileNotFoundError("lpstat")
    return re.findall(r"^printer (\S+)", _said("lpstat", "-p"), re.MULTILINE)


def _said(*command: str) -> str:
    """What a program printed, in English where it knows how; a failure of its own counts as nothing printed."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PRINTER_SECONDS_MAX,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"LC_ALL": "C"},
    )
    return done.stdout
