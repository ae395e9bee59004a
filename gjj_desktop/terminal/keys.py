"""`gjj-desktop keys`: how old this machine's own keys are, and new ones in their place."""

from typing import Annotated

import typer

from gjj_desktop.counter.opening import SERVICE, open_machine
from gjj_desktop.counter.own_keys import LABELS, KeyAge, OwnKeys, key_ages
from gjj_desktop.errors import OperatingError
from gjj_desktop.paths import data_folder
from gjj_desktop.security.vault import STORE_KEY
from gjj_desktop.store import own_key
from gjj_desktop.terminal.output import print_json
from gjj_desktop.terminal.run import refuse

CHANGE = "更换"


def keys(
    change: Annotated[bool, typer.Option("--change", help="Go over to new keys; asks once more.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the facts as JSON.")] = False,
) -> None:
    """Say since when this machine's keys are in use, or change them. The program must not be open.

    The file is encrypted anew at the next start after a sync (at once where no machine could take this one's window
    over), the device's key changes with the next command, the password at the next sync.
    """
    if change and not yes and typer.prompt(f"更换本机的密钥和口令，业务和单据不受影响。输入“{CHANGE}”确认") != CHANGE:
        refuse("没有更换。")
    folder = data_folder()
    if change:
        _change()
    opened = open_machine(folder, SERVICE)
    try:
        if not opened.enrolled:
            raise OperatingError("本机还没有登记为窗口。", "请打开程序，输入中心给的登记票。")
        window = opened.window_without_sync()
        with window.reading() as connection:
            ages, trouble = key_ages(window, connection), own_key.store_key_trouble(connection)
    finally:
        opened.close()
    facts = {"keys": [_facts(age) for age in ages], "trouble": trouble}
    print_json(facts) if as_json else print("\n".join([*map(_line, ages), *([trouble] if trouble else [])]))


def _change() -> None:
    """Ask for the file's key too, which is changed as the machine is opened the next time."""
    opened = open_machine(data_folder(), SERVICE)
    try:
        if not opened.enrolled:
            raise OperatingError("本机还没有登记为窗口。", "请打开程序，输入中心给的登记票。")
        window = opened.window_without_sync()
        OwnKeys(window, opened.vault).change_now()
    finally:
        opened.close()


def _facts(age: KeyAge) -> dict[str, object]:
    return {"name": age.name, "since": age.since.isoformat(), "days": age.days, "days_max": age.days_max}


def _line(age: KeyAge) -> str:
    limit = "" if age.days_max is None else f"，满 {age.days_max} 天自动更换"
    later = "（下次打开程序时更换）" if age.is_old and age.name == STORE_KEY else ""
    return f"{LABELS[age.name]}　从 {age.since} 起使用，{age.days} 天{limit}{later}"
