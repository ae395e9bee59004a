"""The machine's own keys: how old they are, and how the window goes over to new ones without losing anything.

A new key is in the keyring, beside the old one and under a name of its own, before anybody hears of it. The command
that says it is in the file before anything is signed with it. The old key is dropped once the centre's signed answer to
that command is here.
"""

import threading
from collections.abc import Callable
from datetime import date

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.command import DEVICE_AUTHOR, Command
from gjj_desktop.cases.decide import decide
from gjj_desktop.cases.device_key import ROTATE, RotateDeviceKey, proof_message
from gjj_desktop.cases.outcome import Refusal
from gjj_desktop.cases.rows import Device
from gjj_desktop.clock import new_id, utc_text
from gjj_desktop.counter.window import Window
from gjj_desktop.errors import OperatingError
from gjj_desktop.rules.policy import NoRuleInForce, Row
from gjj_desktop.security.envelopes import seal
from gjj_desktop.security.keys import new_private_key, public_key, sign
from gjj_desktop.security.vault import DEVICE_KEY, DEVICE_KEY_NEXT, DEVICE_PASSWORD, STORE_KEY, Vault
from gjj_desktop.store import audit, leaving, older_image, outbox, own_key, view
from gjj_desktop.store.replica import cursor as feed_position

DAYS = {DEVICE_KEY: "device_key_days", DEVICE_PASSWORD: "device_password_days", STORE_KEY: "store_key_days"}
"""The column of policy `key_rotation` that says after how many days a secret is old."""
LABELS = {DEVICE_KEY: "本机密钥", DEVICE_PASSWORD: "登录口令", STORE_KEY: "数据密钥"}


class KeyAge(msgspec.Struct, frozen=True, kw_only=True):
    """Since when one of the machine's secrets is in use; `days_max` is None where policy does not say."""

    name: str
    since: date
    days: int
    days_max: int | None

    @property
    def is_old(self) -> bool:
        """Whether policy wants another one."""
        return self.days_max is not None and self.days >= self.days_max


def key_ages(window: Window, connection: Connection) -> list[KeyAge]:
    """How old the machine's secrets are, on the business date; one that nobody has dated counts from today."""
    today, row = window.business_date(connection), _policy(window, connection)
    ages = []
    for name, column in DAYS.items():
        begun = _since(window, connection, name) or today
        days_max = None if row is None else int(row[column])
        ages.append(KeyAge(name=name, since=begun, days=(today - begun).days, days_max=days_max))
    return ages


def _policy(window: Window, connection: Connection) -> Row | None:
    try:
        return window.policy(connection).on("key_rotation", window.business_date(connection))
    except (OperatingError, NoRuleInForce, KeyError):
        return None


def _since(window: Window, connection: Connection, name: str) -> date | None:
    device = view.one(connection, Device, window.device) if name == DEVICE_KEY else None
    return (device.key_since if device else None) or own_key.since(connection, name)


class OwnKeys:
    """Keeps the keys of one window young; `change_password` asks the sync for a new password of the login."""

    def __init__(self, window: Window, vault: Vault, change_password: Callable[[], None] = lambda: None) -> None:
        self._window, self._vault, self._change_password = window, vault, change_password

    def look(self) -> None:
        """After an exchange: go on with what was begun, and begin what policy wants.

        Raises:
            OperatingError: the keyring does not answer, the disk is full; the next look goes on.
        """
        finish_device_key(self._window, self._vault)
        self._stop_without_its_key()
        self._date_what_is_undated()
        with self._window.reading() as connection:
            wanted = self._wanted(connection)
            asked_for = own_key.is_wanted(connection, DEVICE_PASSWORD)
        if asked_for and DEVICE_PASSWORD not in wanted:
            self._change_password()
        if not wanted:
            return
        with self._window.store.work() as connection:
            for name in wanted:
                own_key.keep_tried(connection, name, self._window.business_date(connection))
        if DEVICE_KEY in wanted:
            change_device_key(self._window, self._vault)
        if DEVICE_PASSWORD in wanted:
            self._change_password()
        if STORE_KEY in wanted:
            with self._window.store.work() as connection:
                own_key.want(connection, STORE_KEY)

    def _wanted(self, connection: Connection) -> list[str]:
        """What is old and was not tried today: what the centre refuses is not asked again every half minute."""
        if older_image.found(connection) is not None or leaving.said(connection) is not None:
            return []
        today = self._window.business_date(connection)
        ages = [age for age in key_ages(self._window, connection) if age.is_old]
        return [age.name for age in ages if own_key.tried(connection, age.name) != today]

    def _stop_without_its_key(self) -> None:
        """A machine that was put back whole, with its keyring, to before a change of key signs nothing that counts."""
        with self._window.reading() as connection:
            row = view.one(connection, Device, self._window.device)
            ours = {public_key(key) for key in self._window.device_keys}
            if row is None or row.public_key in ours or not ours & set(row.every_key):
                return
        with self._window.store.work() as connection:
            older_image.noticed(connection, outbox.last_here(connection).sequence, forked=True)

    def _date_what_is_undated(self) -> None:
        with self._window.reading() as connection:
            undated = [name for name in DAYS if _since(self._window, connection, name) is None]
        if undated:
            with self._window.store.work() as connection:
                for name in undated:
                    own_key.keep_since(connection, name, self._window.business_date(connection))

    def change_now(self) -> str:
        """Change all three whatever their age; answers what to tell whoever asked."""
        begun = change_device_key(self._window, self._vault)
        with self._window.store.work() as connection:
            own_key.want(connection, DEVICE_PASSWORD)
            own_key.want(connection, STORE_KEY)
        self._change_password()
        key = "本机密钥已更换" if begun else "本机密钥上次更换还在等中心确认"
        return f"{key}；登录口令下次同步时换，数据密钥同步以后、下次打开程序时换。"


_ONE_AT_A_TIME = threading.Lock()
"""The clerk may ask while the sync asks: a second new key would take the place of the first in the keyring."""


def change_device_key(window: Window, vault: Vault) -> bool:
    """Go over to a new device key, from the next command on; works without a line. False when one is under way.

    Raises:
        OperatingError: the file is an older image, the centre has not approved this window yet, or the keyring or the
            disk does not do its part; then the old key goes on signing.
    """
    with _ONE_AT_A_TIME:
        begun = _begin_turn(window, vault)
    if begun:
        window.before_leaving()
        window.nudge()
    return begun


def _begin_turn(window: Window, vault: Vault) -> bool:
    with window.reading() as connection:
        older_image.stop(connection)
        leaving.stop(connection)
        if own_key.turn(connection) is not None:
            return False
        old = window.signing_key(connection)
    if old == vault.get(DEVICE_KEY_NEXT):  # an older image of this file did not know that it had taken hold
        _took_hold(window, vault, old)
    new = new_private_key()
    vault.put(DEVICE_KEY_NEXT, new)
    window.use_keys(old, new)
    with window.store.work() as connection:
        command = _append(window, connection, new)
        own_key.begin(connection, own_key.Turn(command_id=command.id, public_key=public_key(new)))
        audit.append(connection, DEVICE_AUTHOR, ROTATE)
    return True


def _append(window: Window, connection: Connection, new: bytes) -> Command:
    old = window.signing_key(connection)
    older_image.stop(connection)
    sequence, previous = outbox.chain_head(connection)
    message = proof_message(window.device, sequence, public_key(old), public_key(new))
    command = Command(
        id=new_id(),
        kind=ROTATE,
        case_no="",
        device=window.device,
        sequence=sequence,
        author=DEVICE_AUTHOR,
        made_at=utc_text(),
        policy_version=window.policy(connection).version,
        payload=msgspec.msgpack.encode(RotateDeviceKey(public_key=public_key(new), proof=sign(new, message))),
        seen=feed_position(connection),
    )
    outcome = decide(window.context(connection, command))
    if isinstance(outcome, Refusal):
        raise OperatingError(f"{outcome.findings[0].message}。", "本机密钥没有更换。")
    outbox.append(connection, command, seal(command, old, old, previous), outcome)
    return command


def finish_device_key(window: Window, vault: Vault) -> bool:
    """Drop the old key once the centre has confirmed the new one, or the new one where it refused; False while nothing
    is to be done.

    Raises:
        OperatingError: the keyring does not answer; both keys are kept and the next call goes on.
    """
    with _ONE_AT_A_TIME:
        return _finish_turn(window, vault)


def _finish_turn(window: Window, vault: Vault) -> bool:
    with window.reading() as connection:
        begun = own_key.turn(connection)
        said = own_key.verdict(connection, begun) if begun is not None else ""
    if begun is None or said not in (Verdict.ACCEPTED, Verdict.REFUSED):
        return False
    new = vault.get(DEVICE_KEY_NEXT)
    if new is None and said == Verdict.ACCEPTED and public_key(window.device_key) != begun.public_key:
        raise OperatingError("密钥环里没有本机的新密钥。", "请用平时的系统账户登录，或联系中心管理员重新登记本机。")
    if new is not None and said == Verdict.ACCEPTED:
        _took_hold(window, vault, new)
    elif new is not None:
        vault.delete(DEVICE_KEY_NEXT)
        window.use_keys(window.device_key)
    with window.store.work() as connection:
        own_key.over(connection)
        if leaving.said(connection) is None:
            audit.append(connection, DEVICE_AUTHOR, f"{ROTATE}.{said}")
    return True


def _took_hold(window: Window, vault: Vault, new: bytes) -> None:
    vault.put(DEVICE_KEY, new)
    vault.delete(DEVICE_KEY_NEXT)
    window.use_keys(new)
