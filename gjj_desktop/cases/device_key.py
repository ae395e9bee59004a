"""更换本机密钥: a window goes over to a new device key, which the old one names and the new one has signed for.

The window asks by itself, nobody's authority is needed: the command is signed by the device alone, with its old key, in
its place in the chain. From the next command on the new key signs.
"""

from collections.abc import Collection

import msgspec

from gjj_desktop.cases.command import DEVICE_AUTHOR, SUITE
from gjj_desktop.cases.kind import DEVICE_ROLE, CommandKind, Context
from gjj_desktop.cases.outcome import Event, Outcome, Refusal, refuse
from gjj_desktop.cases.rows import Device, EarlierKey, changed
from gjj_desktop.cases.state import Need, need

ROTATE = "device.rotate_key"
ROTATED = "device.key_rotated"
"""The event upon which the centre checks later commands of the device with the new key."""
KEY_BYTES = 32

__all__ = ["DEVICE_AUTHOR", "KINDS", "ROTATE", "ROTATED", "RotateDeviceKey", "key_problem", "proof_message"]


class RotateDeviceKey(msgspec.Struct, frozen=True, kw_only=True):
    """The key that signs from the next command on; `proof` is its own signature of `proof_message`."""

    public_key: bytes
    proof: bytes
    suite: str = SUITE


def proof_message(device: str, sequence: int, old_public: bytes, new_public: bytes, suite: str = SUITE) -> bytes:
    """What the new key signs: that it follows `old_public` at this device behind this command, and no other."""
    parts = (suite.encode(), device.encode(), str(sequence).encode(), old_public, new_public)
    return b"gjj.device.key.1\0" + b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def key_problem(asked: RotateDeviceKey, known: Collection[bytes]) -> Refusal | None:
    """Why the device may not go over to this key, apart from its proof; `known` are all keys it ever had."""
    if asked.suite != SUITE:
        return refuse("", "suite.unknown", "新密钥的签名算法中心还不认识，请更新程序")
    if len(asked.public_key) != KEY_BYTES:
        return refuse("", "command.malformed", "业务内容读不出来，请重新录入")
    if asked.public_key in known:
        return refuse("", "device.key_used", "新的本机密钥以前用过，请重新更换")
    return None


def needs(context: Context, asked: RotateDeviceKey) -> list[Need]:
    """The window itself."""
    return [need(Device, context.command.device)]


def decide(context: Context, asked: RotateDeviceKey) -> Outcome:
    """The window's row says the new key, and the old one up to which command it signed."""
    command = context.command
    device = context.state.get(Device, command.device)
    if device is None:
        return refuse("", "device.unknown", "本机还没有收到中心的批准，请先同步")
    problem = key_problem(asked, device.every_key)
    if problem is not None:
        return problem
    ended = EarlierKey(public_key=device.public_key, last_sequence=command.sequence, suite=device.suite)
    row = changed(
        device,
        public_key=asked.public_key,
        suite=asked.suite,
        key_since=context.business_date,
        earlier_keys=(*device.earlier_keys, ended),
    )
    return (Event(kind=ROTATED, case_no="", rows=(row,)),)


KINDS = (
    CommandKind(
        name=ROTATE,
        title="更换本机密钥",
        payload=RotateDeviceKey,
        needs=needs,
        decide=decide,
        role=DEVICE_ROLE,
        opens_case=False,
    ),
)
