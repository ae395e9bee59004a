"""The demo to work in: the centre runs, both windows are open, and the terminal says who may sign in how."""

import json
import secrets
import shutil
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from gjj_desktop.demo.centre import DemoCentre
from gjj_desktop.demo.content import read_town
from gjj_desktop.demo.desk import DemoDesk
from gjj_desktop.demo.shared_data import open_shared_data
from gjj_desktop.paths import data_folder
from gjj_desktop.security.vault import STORE_KEY, Vault
from gjj_desktop.store.one_process import lock_folder
from ui.app import open_app

OUTLET, FRONT, BACK = "9905", "03", "01"
AT = {"990501": FRONT, "990502": FRONT, "990508": BACK, "990509": BACK}
CENTRE_SERVICE, WINDOW_SERVICE = "gjj-demo-centre", "gjj-demo-window-{}"
PASSWORDS = "demo_passwords"


def open_town() -> int:
    """Start the centre, set the town up the first time, and open both windows; ends when the last one is closed."""
    folder = data_folder() / "demo"
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("公积金窗口（演示）")
    folder.mkdir(parents=True, exist_ok=True)
    with lock_folder(folder):
        return _run(application, folder)


def _run(application: QApplication, folder: Path) -> int:
    if Vault(CENTRE_SERVICE).get(PASSWORDS) is None:  # its secrets went with a keyring that did not last
        for old in (folder / "centre", *(_folder(folder, number) for number in (FRONT, BACK))):
            shutil.rmtree(old, ignore_errors=True)
    print("启动内嵌的市中心 …", flush=True)
    with DemoCentre(folder / "centre", CENTRE_SERVICE) as centre, open_shared_data(centre):
        passwords = _settle(centre, folder)
        names = {clerk.clerk: clerk.name for clerk in read_town().clerks}
        print("演示人员（都是虚构的），密码只在本机密钥环里：")
        for clerk, number in AT.items():
            print(f"  {number} 号窗口　{names[clerk]}　{clerk}　密码 {passwords[clerk]}")
        apps = [open_app(_folder(folder, number), WINDOW_SERVICE.format(number)) for number in (BACK, FRONT)]
        apps[0].messages.take_unexpected()
        code = application.exec()
        for app in apps:
            app.close()
    return code


def _folder(folder: Path, number: str) -> Path:
    return folder / f"window-{number}"


def _settle(centre: DemoCentre, folder: Path) -> dict[str, str]:
    """Everybody's passwords; the first time both machines are enrolled and everybody makes a key."""
    vault = Vault(CENTRE_SERVICE)
    kept = vault.get(PASSWORDS)
    if kept is not None:
        return dict(json.loads(kept))
    print("首次启动：登记两个窗口，给四位人员建密钥 …", flush=True)
    for number in (FRONT, BACK):
        Vault(WINDOW_SERVICE.format(number)).delete(STORE_KEY)
    passwords = {clerk: secrets.token_urlsafe(6) for clerk in AT}
    for number in (FRONT, BACK):
        desk = DemoDesk(_folder(folder, number), WINDOW_SERVICE.format(number))
        if desk.window is None:
            desk.enrol(centre, OUTLET, number)
        for clerk in (each for each, place in AT.items() if place == number):
            desk.introduce(centre, clerk, passwords[clerk])
        desk.close()
    vault.put(PASSWORDS, json.dumps(passwords).encode())
    return passwords
