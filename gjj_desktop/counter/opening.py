"""Opening this machine's window: keyring, store and sync, in the order that lets each say what it lacks."""

import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from gjj_desktop.cases.command import DEVICE_AUTHOR
from gjj_desktop.clock import utc_now
from gjj_desktop.counter.door import SignInDesk
from gjj_desktop.counter.own_keys import OwnKeys
from gjj_desktop.counter.taking_over import forget_stage, read_take_over, take_over
from gjj_desktop.counter.window import Window
from gjj_desktop.counter.wiping import Away, away, begin_wiping, go_on_wiping
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.vault import DEVICE_KEY, DEVICE_KEY_NEXT, STORE_KEY, STORE_KEY_COMING, Vault
from gjj_desktop.store import audit, leaving, own_key, shares
from gjj_desktop.store.engine import KEY_BYTES
from gjj_desktop.store.file_check import FileCheck
from gjj_desktop.store.salvage import Salvaged, last_salvage
from gjj_desktop.store.store import FILE_NAME, Store, open_store
from gjj_desktop.store.store_key import change_store_key, key_that_opens
from gjj_desktop.sync import kept
from gjj_desktop.sync.engine import SyncEngine
from gjj_desktop.sync.enrolment import enrol, register_clerk

SERVICE = "gjj-desktop"
NO_HALVES_YET = "新数据密钥的恢复份额还没有送到中心，联网同步后、下次打开程序时再换。"


class Opened:
    """A machine with its keyring, store and sync open; `close` ends all of them."""

    def __init__(self, vault: Vault, store: Store) -> None:
        self.vault, self.store = vault, store
        self.engine = SyncEngine(store, vault)
        self.keys: OwnKeys | None = None
        self.is_closed = False
        self.on_damage: Callable[[], None] = lambda: None
        """Called on a thread of its own when something is found wrong with the file while the window works."""
        self._check = FileCheck(store, lambda: self.on_damage())

    def salvaged(self) -> Salvaged | None:
        """What was saved when a damaged file was replaced, until everything else has come from the centre again."""
        with self.store.read() as connection:
            told, success = last_salvage(connection), kept.last_success(connection)
        return None if told is None or (success and success > datetime.fromisoformat(told.at)) else told

    @property
    def enrolled(self) -> bool:
        """Whether this machine is a window of a centre."""
        with self.store.read() as connection:
            return kept.enrolled(connection) is not None

    @property
    def device(self) -> str:
        """The window's number; "" for a machine that is none."""
        with self.store.read() as connection:
            known = kept.enrolled(connection)
        return known.device if known else ""

    def enrol(self, ticket: str) -> None:
        """Make this machine the window that the ticket names; OperatingError says why not."""
        enrol(ticket, self.vault, self.store)

    def take_over(self, ticket: str, disk: Path) -> None:
        """Become the machine of the window whose data lie in the folder `disk`, and close this machine: the next start
        is that of the window.

        Raises:
            OperatingError: this machine is a window already; why else it is not taken over says what it is.
        """
        if self.enrolled:
            raise OperatingError(f"本机已登记为 {self.device} 号窗口。", "请在没有登记过的机器上接管。")
        folder = self.store.path.parent
        read_take_over(ticket, utc_now())
        self.close()
        take_over(ticket, disk, folder, self.vault)

    @property
    def leaving(self) -> Away | None:
        """How far this window has come with leaving its outlet; None while it is at work."""
        return away(self.store)

    def go_on_leaving(self) -> None:
        """Let the sync bring what this window has said to the centre, and hear the answer; nobody is signed in."""
        if not self.engine.is_running:
            self.engine.high_water.compare()
            self.engine.start()

    def wipe(self) -> None:
        """Make this machine forget all that it kept as a window, and close it; the next start is that of a new one.

        Raises:
            OperatingError: the centre has not confirmed that it holds everything; nothing was wiped. Or a file can not
                be removed: the same call again goes on.
        """
        if not self.is_closed:
            begin_wiping(self.store, self.vault)
            self.close()
        go_on_wiping(self.store.path.parent, self.vault)

    def window(self) -> Window:
        """The window to work at, with the sync running; OperatingError before the machine was enrolled."""
        window = self.window_without_sync()
        if not self.engine.is_running:
            self.engine.start()
        return window

    def window_without_sync(self) -> Window:
        """The window, for what needs no centre; OperatingError as `window`."""
        device_key = self.vault.get(DEVICE_KEY)
        if device_key is None:
            raise OperatingError("密钥环里没有本机的密钥。", "请用平时的系统账户登录，或联系中心管理员重新登记本机。")
        self.engine.high_water.compare()
        if away(self.store) is not None:
            raise OperatingError("本机正在迁出，不能办理业务。", "请等中心确认，或请中心管理员收回。")
        next_key = self.vault.get(DEVICE_KEY_NEXT)
        window = Window(self.store, device_key, self.engine.nudge, self.engine.high_water.keep, next_key)
        self.keys = OwnKeys(window, self.vault, self.engine.want_new_password)
        self.engine.after_exchange = self.keys.look
        self._check.begin()
        return window

    def door(self, window: Window) -> SignInDesk:
        """The sign-in of this window."""
        return SignInDesk(
            window, lambda clerk, code, password: register_clerk(clerk, code, password, self.vault, self.store)
        )

    def close(self) -> None:
        """Stop the sync and close the file."""
        self.is_closed = True
        self._check.end()
        self.engine.stop()
        self.store.close()


def open_machine(folder: Path, service: str = SERVICE) -> Opened:
    """Open keyring and store; the store's key is made at the first start, and changed where that was asked for.

    Raises:
        OperatingError: no keyring, or it is locked; the store is open elsewhere, newer, damaged, under another key.
    """
    vault = Vault(service)
    go_on_wiping(folder, vault)
    key = key_that_opens(folder, vault)
    if key is None:
        if (folder / FILE_NAME).exists():
            raise OperatingError(
                "密钥环里没有打开本机数据的密钥。", "请用平时的系统账户登录；密钥丢失时请联系中心管理员重新登记本机。"
            )
        key = secrets.token_bytes(32)
        vault.put(STORE_KEY, key)
    store = open_store(folder, key)
    forget_stage(folder)
    return Opened(vault, with_key_wanted(folder, vault, store))


def with_key_wanted(folder: Path, vault: Vault, store: Store) -> Store:
    """The store, under another key where somebody asked for one; where that can not be, as it is.

    A machine that could be taken over if it broke keeps its key until halves of the next one are made.
    """
    with store.read() as connection:
        if not own_key.is_wanted(connection, STORE_KEY) or leaving.said(connection) is not None:
            return store
    now, coming = vault.get(STORE_KEY), vault.get(STORE_KEY_COMING)
    assert now is not None, "it opened the file"
    if coming is None or not shares.is_shared(folder, coming):
        if shares.is_shared(folder, now):
            with store.work() as connection:
                own_key.store_key_changed(connection, kept.today(), NO_HALVES_YET)
            return store
        coming = secrets.token_bytes(KEY_BYTES)
    store.close()
    said = ""
    if coming != now:  # else the change was cut off behind it
        try:
            change_store_key(folder, vault, coming)
        except OperatingError as error:
            said = str(error)
    if not said:
        vault.delete(STORE_KEY_COMING)
    key = key_that_opens(folder, vault)
    assert key is not None, "it opened the file before"
    store = open_store(folder, key)
    with store.work() as connection:
        own_key.store_key_changed(connection, kept.today(), said)
        audit.append(connection, DEVICE_AUTHOR, "store.key_not_changed" if said else "store.key_changed")
    return store
