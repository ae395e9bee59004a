"""Is an envelope in the inbox what it claims to be: whole, in its chain, and signed by its device and its author."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from gjj_desktop.cases.command import (
    CENTRE_AUTHOR,
    CENTRE_DEVICE,
    DEVICE_AUTHOR,
    FIRST_PREVIOUS,
    SUITE,
    UNREADABLE,
    Command,
    Envelope,
    PaperIssue,
    decode_command,
    envelope_digest,
)
from gjj_desktop.cases.device_key import ROTATE, RotateDeviceKey, key_problem, proof_message
from gjj_desktop.cases.kind import DEVICE_ROLE
from gjj_desktop.cases.outcome import Refusal, refuse
from gjj_desktop.cases.registry import KINDS
from gjj_desktop.cases.rows import ClerkKey, Gateway
from gjj_desktop.cases.state import need
from gjj_desktop.cases.verification import Verification, verifications_in
from gjj_desktop.central.authority import Authority, Signed, load_authority
from gjj_desktop.central.device_keys import DeviceKeys, centre_keys, keys_of_devices
from gjj_desktop.central.gateways import gateways_by_number
from gjj_desktop.central.row_tables import Database, load_rows
from gjj_desktop.clock import is_utc_text
from gjj_desktop.printing.papers import Paper
from gjj_desktop.printing.proof import Proof, is_signed_by
from gjj_desktop.security.envelopes import envelope_is_genuine
from gjj_desktop.security.keys import verify
from gjj_desktop.security.vouched import is_vouched

SEEN_MAX = 2**62
AT_WORK = ("approved", "taking_over")
"""States of a device whose commands count: what a machine handed in before it broke is posted during a takeover too."""
NO_KEYS = DeviceKeys(b"")
NOT_VOUCHED = "数据核验的答复不是本市认可的数据平台签名的，不能采信，请重新核验或收取原件"


class Waiting(NamedTuple):
    """One line of the inbox that waits to be posted; `arrival` is its place among all that came."""

    device: str
    sequence: int
    command_id: str
    digest: bytes
    envelope: bytes
    arrival: int


class Checked(NamedTuple):
    """A line of the inbox with its command, or with why it can not be taken (then the command may be None).

    `signed` says by when of what its author might do it is decided.
    """

    waiting: Waiting
    command: Command | None
    refusal: Refusal | None
    signed: Signed


class Keys(NamedTuple):
    """What signatures are checked with: state and keys of devices, keys of clerks at devices, heads of the chains,
    how far their windows had come, the gateways to shared data that answered, and the keys that clerks had before."""

    devices: dict[str, tuple[str, DeviceKeys]]
    clerks: dict[str, ClerkKey]
    heads: dict[str, bytes]
    seen: dict[str, int]
    gateways: dict[str, Gateway]
    authority: Authority


def check_envelopes(connection: Database, lines: Sequence[Waiting], centre_public: bytes) -> list[Checked]:
    """`lines` checked, in their order."""
    opened = [(line, *open_envelope(line.envelope)) for line in lines]
    commands = [command for _, _, command in opened if command is not None]
    keys = _load_keys(connection, {line.device for line in lines}, commands, centre_public)
    checked = []
    for line, envelope, command in opened:
        knew = keys.seen.get(line.device, -1)
        signed = signed_at(line.arrival, command, knew)
        refusal = _refusal(line, envelope, command, keys, signed)
        checked.append(Checked(line, command, refusal, signed))
        if refusal is None and command is not None and command.kind == ROTATE:
            state, known = keys.devices[line.device]
            keys.devices[line.device] = (state, known.turned(line.sequence, _rotation(command).public_key))
        keys.heads[line.device] = line.digest
        keys.seen[line.device] = max(signed.seen, knew)
    return checked


def checked_before(line: Waiting) -> Checked:
    """A line whose signatures were found right before."""
    command = command_in(line)
    return Checked(line, command, None, Signed(line.arrival, command.seen))


def signed_at(arrival: int, command: Command | None, knew: int) -> Signed:
    """Where a command stands whose window knew everything up to `knew` when it made the ones before (-1: nothing).

    A window that once knew of a change knows of it in every later command, whatever these say.
    """
    said = min(command.seen, SEEN_MAX) if command is not None else -1
    return Signed(arrival, max(said, knew) if said >= 0 else -1)


def open_envelope(encoded: bytes) -> tuple[Envelope | None, Command | None]:
    """The envelope in `encoded` and the command in it; both None where they can not be read."""
    try:
        envelope = msgspec.msgpack.decode(encoded, type=Envelope)
        return envelope, decode_command(envelope.body)
    except UNREADABLE:
        return None, None


def command_in(line: Waiting) -> Command:
    """The command of a line that was checked before."""
    _, command = open_envelope(line.envelope)
    assert command is not None
    return command


def _load_keys(connection: Database, devices: set[str], commands: Sequence[Command], centre_public: bytes) -> Keys:
    registered = connection.execute(
        "select device, state from core.registration where device = any(%s)", (list(devices),)
    ).fetchall()
    of_devices = keys_of_devices(connection, devices)
    known = {device: (state, of_devices[device]) for device, state in registered}
    heads = connection.execute(
        "select device, posted_digest, seen from core.posting_chain where device = any(%s)", (list(devices),)
    ).fetchall()
    names = {f"{command.author}@{command.device}" for command in commands}
    clerks = [
        row for row in load_rows(connection, [need(ClerkKey, name) for name in names]) if isinstance(row, ClerkKey)
    ]
    answering = {said.gateway for command in commands for said in _verifications(command)}
    return Keys(
        devices=known | {CENTRE_DEVICE: ("approved", centre_keys(connection, centre_public))},
        clerks={row.clerk_key: row for row in clerks},
        heads={device: bytes(digest) for device, digest, _ in heads},
        seen={device: seen for device, _, seen in heads},
        gateways=gateways_by_number(connection, answering),
        authority=load_authority(connection, (), names),
    )


def _verifications(command: Command) -> tuple[Verification, ...]:
    kind = KINDS.get(command.kind)
    return () if kind is None else verifications_in(kind.payload, command.payload)


def _refusal(
    line: Waiting, envelope: Envelope | None, command: Command | None, keys: Keys, signed: Signed
) -> Refusal | None:
    if envelope is None or command is None or not _is_the_line(line, envelope, command):
        return refuse("", "envelope.malformed", "中心读不出这笔业务，请更新程序后重新录入")
    if envelope.suite != SUITE:
        return refuse("", "suite.unknown", "这笔业务用了中心还不认识的签名算法，请等中心更新后重新录入")
    if envelope.previous != keys.heads.get(line.device, FIRST_PREVIOUS):
        return refuse("", "envelope.chain", "本窗口的业务记录前后不连，请联系管理员")
    state, device_keys = keys.devices.get(line.device, ("", NO_KEYS))
    if state not in AT_WORK:
        return refuse("", "device.not_approved", "本窗口已停用，请联系管理员")
    device_key = device_keys.at(line.sequence)
    of_author = author_keys(command, device_key, keys.clerks, keys.authority, signed)
    if not of_author:
        return refuse("", "author.no_key", "办理人员在本窗口的密钥未登记或已停用")
    if not any(envelope_is_genuine(envelope, author_key, device_key) for author_key in of_author):
        return refuse("", "envelope.not_genuine", "这笔业务的签名不对，请联系管理员")
    if not all(_is_proven(paper, command, device_key) for paper in command.papers):
        return refuse("", "paper.not_proven", "单据与它的编号、受理号或窗口的签名不符，请联系管理员")
    if not all(is_vouched(said, keys.gateways.get(said.gateway)) for said in _verifications(command)):
        return refuse("materials", "verification.not_vouched", NOT_VOUCHED)
    if command.kind == ROTATE and (wrong := _rotation_wrong(command, device_keys)) is not None:
        return wrong
    if not is_utc_text(command.made_at):
        return refuse("", "command.malformed", "业务的时间读不出来，请校准本机时钟后重新录入")
    if command.device != CENTRE_DEVICE and command.case_no and command.case_no[:4] != command.device[:4]:
        # Before anything is decided: a command that is set aside holds up every later one of its case.
        return refuse("", "case.other_outlet", "这笔业务由其他网点受理，请在原网点办理")
    return None


def _is_the_devices_own(command: Command) -> bool:
    """Whether the device itself is the author, without a clerk."""
    kind = KINDS.get(command.kind)
    return kind is not None and kind.role == DEVICE_ROLE and command.author == DEVICE_AUTHOR


def _is_the_centres_own(command: Command) -> bool:
    return (command.device, command.author) == (CENTRE_DEVICE, CENTRE_AUTHOR)


def _rotation(command: Command) -> RotateDeviceKey:
    return msgspec.msgpack.decode(command.payload, type=RotateDeviceKey)


def key_of_rotation(encoded: bytes, device: str, old_public: bytes) -> bytes | None:
    """The key that a device goes over to by this envelope, in which `old_public` says so; None for any other one."""
    try:
        envelope = msgspec.msgpack.decode(encoded, type=Envelope)
        command = decode_command(envelope.body)
        if command.kind != ROTATE or command.device != device or not _is_the_devices_own(command):
            return None
        asked = _rotation(command)
    except UNREADABLE:
        return None
    genuine = envelope_is_genuine(envelope, old_public, old_public)
    return asked.public_key if genuine and _rotation_wrong(command, DeviceKeys(old_public)) is None else None


def _rotation_wrong(command: Command, keys: DeviceKeys) -> Refusal | None:
    """Why the device does not go over to the key that the command names: later commands are checked with it, also
    those that stand in the same batch, so nothing may be left for `decide` to refuse."""
    if not _is_the_devices_own(command) or command.case_no or command.papers:
        return refuse("", "command.device_only", "这项操作只能由窗口程序自己办理")
    try:
        asked = _rotation(command)
    except UNREADABLE:
        return refuse("", "command.malformed", "业务内容读不出来，请重新录入")
    message = proof_message(command.device, command.sequence, keys.at(command.sequence), asked.public_key, asked.suite)
    if (wrong := key_problem(asked, keys.newest_first)) is not None:
        return wrong
    if not verify(asked.public_key, message, asked.proof):
        return refuse("", "device.key_not_proven", "新的本机密钥没有得到证明，请重新更换")
    return None


def author_keys(
    command: Command, device_key: bytes, clerks: Mapping[str, ClerkKey], authority: Authority, signed: Signed
) -> list[bytes]:
    """The author's keys at the device that count for this command: today's, and those that had not ended then.

    For what a device or the centre asks by itself it is `device_key`, with which the device signed that command.
    """
    if _is_the_devices_own(command) or _is_the_centres_own(command):
        return [device_key]
    name = f"{command.author}@{command.device}"
    today = clerks.get(name)
    active = [today.public_key] if today is not None and today.state == "active" else []
    return [*active, *authority.earlier_keys(name, signed)]


def _is_proven(issued: PaperIssue, command: Command, device_key: bytes) -> bool:
    """Whether the body is a paper that says of itself what is said of it, and the device vouches for it."""
    try:
        paper = msgspec.msgpack.decode(issued.body, type=Paper)
    except UNREADABLE:
        return False
    said = (paper.__struct_config__.tag, paper.head.paper_no, paper.head.case_no)
    proof = Proof(issued.paper_no, issued.digest, command.device, issued.signature)
    return said == (issued.kind, issued.paper_no, command.case_no) and is_signed_by(proof, device_key)


def _is_the_line(line: Waiting, envelope: Envelope, command: Command) -> bool:
    """Whether what is inside is what the inbox filed it under."""
    return (command.device, command.sequence, command.id) == (line.device, line.sequence, line.command_id) and (
        envelope_digest(envelope.body, envelope.author_signature, envelope.previous) == line.digest
    )
