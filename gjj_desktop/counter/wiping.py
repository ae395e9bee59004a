"""How a machine forgets that it was a window: only once the centre has confirmed that it holds everything.

The key of the file goes first: from then on the file is noise, wherever its blocks lie on the disk. That the machine
is being wiped stands in the keyring until the last step, so that a start after a kill goes on with it.
"""

from pathlib import Path

import msgspec

from gjj_desktop.cases.rows import Outlet
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.vault import OWN_SECRETS, Vault
from gjj_desktop.store import leaving, view
from gjj_desktop.store.one_process import lock_folder
from gjj_desktop.store.shares import SHARES_NAME
from gjj_desktop.store.store import FILE_NAME, Store
from gjj_desktop.sync.high_water import WINDOW_MARK

WIPING = "wiping"
"""In the keyring from the first step of wiping to the last; says which window this machine was."""
OF_THE_FILE = (f"{FILE_NAME}*", "store.key-check", "store.salt", "store.damaged", f"{SHARES_NAME}*")


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """A window that has said that it leaves. `new_device` is "" until the centre has confirmed it; then the machine may
    be wiped."""

    new_device: str = ""
    outlet_name: str = ""

    @property
    def confirmed(self) -> bool:
        """Whether the centre holds everything, by its signed word."""
        return bool(self.new_device)


def away(store: Store) -> Away | None:
    """How far this window has come with leaving; None while it is at work."""
    with store.read() as connection:
        if leaving.said(connection) is None:
            return None
        found = leaving.confirmed(connection)
        if found is None:
            return Away()
        outlet = view.one(connection, Outlet, found.new_device[:4])
    return Away(new_device=found.new_device, outlet_name=outlet.name if outlet else found.new_device[:4])


def begin_wiping(store: Store, vault: Vault) -> None:
    """Find the centre's confirmation in the store, and note in the keyring that this machine is being wiped.

    Raises:
        OperatingError: there is none, or it is not the centre's for what this very file has said.
    """
    with store.read() as connection:
        found = leaving.confirmed(connection)
    if found is None:
        raise OperatingError("中心还没有确认收齐本机的数据，不能清除。", "请联网等中心确认。")
    vault.put(WIPING, found.device.encode())


def go_on_wiping(folder: Path, vault: Vault) -> bool:
    """Take every step of a wiping that was begun; False where none was. Nobody may have the store open.

    Raises:
        OperatingError: another process has the store open, or a file can not be removed.
    """
    if vault.get(WIPING) is None:
        return False
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock_folder(folder):
        for secret in (*OWN_SECRETS, WINDOW_MARK):
            vault.delete(secret)
        try:
            for pattern in OF_THE_FILE:
                for path in folder.glob(pattern):
                    path.unlink()
        except OSError as error:
            raise OperatingError(
                "本机数据的密钥已销毁，但有文件删不掉。", f"请关闭其他程序后重试，或请管理员删除 {folder.name} 文件夹。"
            ) from error
        vault.delete(WIPING)
    return True
