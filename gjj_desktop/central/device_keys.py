"""With which key does a window sign, and with which did it before: kept by the sequence of its commands."""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

import msgspec

from gjj_desktop.cases.command import CENTRE_DEVICE, SUITE
from gjj_desktop.cases.rows import Device, EarlierKey
from gjj_desktop.cases.state import need
from gjj_desktop.central.city import today
from gjj_desktop.central.row_tables import Database, load_rows, lock_state, publish

ROTATED, TAKEN_OVER = "rotated", "taken_over"
"""Why a key ended: its window went over to another, or the machine is lost, and whoever has it may have the key."""


class DeviceKeys(NamedTuple):
    """The keys of one device: `now` (empty where it has none), and the earlier ones, that ended first first."""

    now: bytes
    earlier: tuple[EarlierKey, ...] = ()

    def at(self, sequence: int) -> bytes:
        """The key that signs the command with this sequence."""
        return next((key.public_key for key in self.earlier if sequence <= key.last_sequence), self.now)

    def turned(self, last_sequence: int, new_public: bytes) -> "DeviceKeys":
        """The same once the key that signs `last_sequence` has ended there and another has taken its place.

        Where it ended there already, because the machine broke behind this command, the one named now is lost with it.
        """
        if any(key.last_sequence == last_sequence for key in self.earlier):
            return self
        ended = EarlierKey(public_key=self.at(last_sequence), last_sequence=last_sequence)
        before = tuple(key for key in self.earlier if key.last_sequence < last_sequence)
        after = [key for key in self.earlier if key.last_sequence > last_sequence]
        if not after:
            return DeviceKeys(new_public, (*before, ended))
        after[0] = msgspec.structs.replace(after[0], public_key=new_public)
        return DeviceKeys(self.now, (*before, ended, *after))

    @property
    def newest_first(self) -> tuple[bytes, ...]:
        """All keys that the device ever had, as its row lists them."""
        now = (self.now,) if self.now else ()
        return (*now, *(key.public_key for key in reversed(self.earlier)))


def keys_of_devices(connection: Database, devices: Collection[str]) -> dict[str, DeviceKeys]:
    """The keys of those of `devices` that are registered."""
    earlier = _earlier(connection, devices)
    now = connection.execute(
        "select device, public_key from core.registration where device = any(%s)", (list(devices),)
    )
    return {device: DeviceKeys(bytes(key or b""), earlier[device]) for device, key in now}


def _earlier(connection: Database, devices: Collection[str]) -> dict[str, tuple[EarlierKey, ...]]:
    found: dict[str, tuple[EarlierKey, ...]] = defaultdict(tuple)
    for device, last_sequence, public_key, suite in connection.execute(
        "select device, last_sequence, public_key, suite from core.device_key_before where device = any(%s)"
        " order by last_sequence",
        (list(devices),),
    ):
        found[device] += (EarlierKey(public_key=bytes(public_key), last_sequence=last_sequence, suite=suite),)
    return found


def centre_keys(connection: Database, now: bytes) -> DeviceKeys:
    """The keys with which the centre signs its own commands; `now` is the present one."""
    return DeviceKeys(now, _earlier(connection, [CENTRE_DEVICE])[CENTRE_DEVICE])


def end_key(
    connection: Database, device: str, new_public_key: bytes | None, last_sequence: int, reason: str = ROTATED
) -> None:
    """Let the key of a registered device end with its command `last_sequence`; the next ones are signed with another.

    What the old key signed up to there stays checkable, in the inbox and on papers. `new_public_key` is None where the
    machine that takes the device over has not registered its key yet. Where the place lies before another end, because
    a rotation is posted after a takeover, the new key is the one in between. A key that signed no command, because
    two ends fall on one place, is not kept: a rotation that was the last command of a machine which is taken over
    changes nothing. The windows learn of it.
    """
    with connection.transaction():
        lock_state(connection)
        if reason != ROTATED or not _has_ended(connection, device, last_sequence):
            _write(connection, device, new_public_key, last_sequence, reason)
        row = next(iter(load_rows(connection, [need(Device, device)])), None)
        keys = keys_of_devices(connection, [device])[device]
        if isinstance(row, Device) and (row.public_key, row.earlier_keys) != (keys.now, keys.earlier):
            since = today() if row.public_key != keys.now else row.key_since
            changes = {"public_key": keys.now, "earlier_keys": keys.earlier, "suite": SUITE, "key_since": since}
            publish(connection, [msgspec.structs.replace(row, **changes)])
        about = f"{device} {last_sequence} {reason}"
        connection.execute("insert into core.audit (what, about) values ('device_key_ended', %s)", (about,))


def _has_ended(connection: Database, device: str, last_sequence: int) -> bool:
    found = connection.execute(
        "select from core.device_key_before where device = %s and last_sequence = %s", (device, last_sequence)
    )
    return found.fetchone() is not None


def _write(connection: Database, device: str, new: bytes | None, last_sequence: int, reason: str) -> None:
    later = connection.execute(
        "select last_sequence, public_key from core.device_key_before where device = %s and last_sequence > %s"
        " order by last_sequence limit 1",
        (device, last_sequence),
    ).fetchone()
    now = connection.execute("select public_key from core.registration where device = %s", (device,)).fetchone()
    assert now is not None, "the device is registered"
    ended = later[1] if later else now[0]
    if ended is not None:
        connection.execute(
            "insert into core.device_key_before (device, last_sequence, public_key, suite, reason)"
            " values (%s, %s, %s, %s, %s) on conflict do nothing",
            (device, last_sequence, ended, SUITE, reason),
        )
    if later:
        assert new is not None, "a machine is taken over behind everything that it handed in"
        connection.execute(
            "update core.device_key_before set public_key = %s where device = %s and last_sequence = %s",
            (new, device, later[0]),
        )
    else:
        connection.execute(
            "update core.registration set public_key = %s, registered_at = now() where device = %s", (new, device)
        )


def device_row(connection: Database, device: str, outlet: str, state: str) -> Device:
    """The row by which windows know a device whose state has changed, with all its keys."""
    keys = keys_of_devices(connection, [device])[device]
    before = next(iter(load_rows(connection, [need(Device, device)])), None)
    same_key = isinstance(before, Device) and before.public_key == keys.now
    since = before.key_since if isinstance(before, Device) and same_key else today()
    return Device(
        device=device, outlet=outlet, public_key=keys.now, state=state, earlier_keys=keys.earlier, key_since=since
    )
