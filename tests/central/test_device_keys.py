"""A window goes over to a new device key: what the old one signed stays good, and nobody does it for another."""

import msgspec
import pytest

from gjj_desktop.cases.command import DEVICE_AUTHOR, Command, Envelope
from gjj_desktop.cases.device_key import ROTATE, RotateDeviceKey, proof_message
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Device, EarlierKey
from gjj_desktop.cases.state import need
from gjj_desktop.central.device_keys import TAKEN_OVER, DeviceKeys, end_key, keys_of_devices
from gjj_desktop.central.devices import revoke_device
from gjj_desktop.central.gateways import device_keys
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import Posted, post_all
from gjj_desktop.central.retrying import retry_set_aside
from gjj_desktop.central.row_tables import load_rows
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.security.keys import new_private_key, public_key, sign
from tests.central.small_kinds import SMALL_KINDS, Move, a_person, an_account
from tests.central.test_keys_and_people import codes
from tests.support.centre import CENTRE_KEY, TestCentre, TestClerk, TestDevice


def post(centre: TestCentre) -> Posted:
    return post_all(centre.admin, CENTRE_KEY, SMALL_KINDS)


@pytest.fixture
def device(centre: TestCentre) -> TestDevice:
    centre.add_outlet()
    taken_over = ImportLegacy(people=(a_person(),), accounts=(an_account(),))
    hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", taken_over)])
    return centre.add_device()


@pytest.fixture
def clerk(centre: TestCentre, device: TestDevice) -> TestClerk:
    clerk = centre.add_clerk(device, "990501")
    assert post(centre).grants == 1
    return clerk


def itself(device: TestDevice) -> TestClerk:
    return TestClerk(DEVICE_AUTHOR, device.key)


def asking(device: TestDevice, new: bytes, sequence: int = 0, of: str = "", old: bytes = b"") -> RotateDeviceKey:
    """What asks for the new key, in the device's next place unless told otherwise."""
    message = proof_message(
        of or device.device, sequence or device.sequence + 1, public_key(old or device.key), public_key(new)
    )
    return RotateDeviceKey(public_key=public_key(new), proof=sign(new, message))


def rotation(device: TestDevice, new: bytes) -> bytes:
    """The command by which a device goes over to the key `new`; it signs with it from then on."""
    envelope = device.command(itself(device), ROTATE, asking(device, new))
    device.key = new
    return envelope


def stored(centre: TestCentre, device: TestDevice) -> Device:
    (row,) = load_rows(centre.admin, [need(Device, device.device)])
    assert isinstance(row, Device)
    return row


def test_what_either_key_signed_in_its_time_counts(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    first, second = device.key, new_private_key()
    before = device.command(clerk, "test.move", Move(1))
    turn = rotation(device, second)
    after = device.command(clerk, "test.move", Move(1))
    assert device.hand_in(before, turn, after) == ["received"] * 3
    assert post(centre) == Posted(taken=3, accepted=3)
    device.hand_in(device.command(clerk, "test.move", Move(1)))
    assert post(centre).accepted == 1
    row = stored(centre, device)
    assert row.public_key == public_key(second)
    assert row.earlier_keys == (EarlierKey(public_key=public_key(first), last_sequence=2),)
    assert row.key_since is not None
    assert keys_of_devices(centre.admin, [device.device])[device.device] == DeviceKeys(row.public_key, row.earlier_keys)


def test_what_the_old_key_signed_is_posted_after_several_rotations(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    envelopes = [device.command(clerk, "test.move", Move(1))]
    for _ in range(3):
        envelopes += [rotation(device, new_private_key()), device.command(clerk, "test.move", Move(1))]
    for envelope in envelopes:  # each in a batch of its own
        device.hand_in(envelope)
        post(centre)
    assert codes(device) == [""] * 7
    assert [key.last_sequence for key in stored(centre, device).earlier_keys] == [2, 4, 6]


def test_a_command_that_was_set_aside_under_the_old_key_is_decided_later(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    broken = device.command(clerk, "test.break", Move(1))
    device.hand_in(broken, rotation(device, new_private_key()))
    assert post(centre) == Posted(taken=2, accepted=1, set_aside=1)
    mended = SMALL_KINDS | {"test.break": SMALL_KINDS["test.move"]}
    assert retry_set_aside(centre.admin, CENTRE_KEY, mended) == (1, 0)
    assert codes(device) == ["", ""]


def test_the_old_key_signs_nothing_more(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    old = device.key
    turn = rotation(device, new_private_key())
    device.key = old
    device.hand_in(turn, device.command(clerk, "test.move", Move(1)))
    post(centre)
    device.hand_in(device.command(clerk, "test.move", Move(1)))
    post(centre)
    assert codes(device) == ["", "envelope.not_genuine", "envelope.not_genuine"]


def test_a_rotation_that_is_refused_leaves_the_old_key(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    unproven = RotateDeviceKey(public_key=public_key(new_private_key()), proof=bytes(64))
    bad = device.command(itself(device), ROTATE, unproven)
    device.hand_in(bad, device.command(clerk, "test.move", Move(1)))
    post(centre)
    assert codes(device) == ["device.key_not_proven", ""]
    assert stored(centre, device).earlier_keys == ()


def test_a_rotation_is_not_replayed_nor_carried_to_another_place_or_device(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    other = centre.add_device(window="04")
    old, new = device.key, new_private_key()
    turn = rotation(device, new)
    device.hand_in(turn)
    post(centre)
    assert device.hand_in(turn) == ["seen_before"]
    assert other.hand_in(turn) == ["malformed"]
    again = device.command(itself(device), ROTATE, asking(device, old, old=new))  # back to the key that it had
    moved = device.command(itself(device), ROTATE, asking(device, new_private_key(), sequence=1))
    elsewhere = other.command(itself(other), ROTATE, asking(other, new_private_key(), of=device.device))
    named = other.command(itself(other), ROTATE, RotateDeviceKey(public_key=public_key(new), proof=bytes(64)))
    device.hand_in(again, moved)
    other.hand_in(elsewhere, named)
    post(centre)
    assert codes(device) == ["", "device.key_used", "device.key_not_proven"]
    assert codes(other) == ["device.key_not_proven", "device.key_not_proven"]


def test_nobody_rotates_the_key_of_another_device(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    other = centre.add_device(window="04")
    new = new_private_key()
    theirs = device.command(itself(device), ROTATE, asking(device, new))
    assert other.hand_in(theirs) == ["malformed"]
    device.sequence -= 1
    device.previous = bytes(32)
    forged = device.command(itself(other), ROTATE, asking(device, new, old=other.key))
    envelope = msgspec.msgpack.decode(forged, type=Envelope)
    stolen = msgspec.structs.replace(envelope, device_signature=sign(other.key, b"anything"))
    device.hand_in(msgspec.msgpack.encode(stolen))
    post(centre)
    assert codes(device) == ["envelope.not_genuine"]
    assert stored(centre, device).public_key == public_key(device.key)


def test_a_clerk_does_not_rotate_the_key_and_the_device_does_nothing_else(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    by_clerk = device.command(clerk, ROTATE, asking(device, new_private_key()))
    by_itself = device.command(itself(device), "test.move", Move(1))
    device.hand_in(by_clerk, by_itself)
    post(centre)
    assert codes(device) == ["command.device_only", "author.no_key"]
    assert stored(centre, device).earlier_keys == ()


def test_a_key_that_the_centre_did_not_take_signs_nothing_in_the_same_batch_either(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    old, case_no = device.key, make_number(Series.CASE, "9905", "03", 1)
    broken = device.command(clerk, "test.break", Move(1), case_no)
    by_clerk = device.command(clerk, ROTATE, asking(device, new_private_key()))
    behind_the_broken = device.command(itself(device), ROTATE, asking(device, new := new_private_key()), case_no)
    device.key = new
    by_the_new = device.command(clerk, "test.move", Move(1))
    device.key = old
    device.hand_in(broken, by_clerk, behind_the_broken, by_the_new, device.command(clerk, "test.move", Move(1)))
    post(centre)
    assert codes(device) == ["centre.set_aside", *["command.device_only"] * 2, "envelope.not_genuine", ""]
    assert stored(centre, device).earlier_keys == ()


def test_a_revoked_device_rotates_nothing(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    old = device.key
    device.hand_in(rotation(device, new_private_key()))
    revoke_device(centre.admin, device.device)
    post(centre)
    row = stored(centre, device)
    assert (row.state, row.public_key, row.earlier_keys) == ("revoked", public_key(old), ())


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"\xc1", "command.malformed"),
        (msgspec.msgpack.encode(RotateDeviceKey(public_key=b"short", proof=b"")), "command.malformed"),
        (msgspec.msgpack.encode(RotateDeviceKey(public_key=b"\xff" * 32, proof=b"")), "device.key_not_proven"),
        (
            msgspec.msgpack.encode(RotateDeviceKey(public_key=bytes(32), proof=bytes(64), suite="sm2-sm3")),
            "suite.unknown",
        ),
    ],
)
def test_a_hostile_rotation_is_refused(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, payload: bytes, code: str
) -> None:
    device.sequence += 1
    command = device.command_of(itself(device), ROTATE, Move(1))
    hostile: Command = msgspec.structs.replace(command, payload=payload)
    device.hand_in(device.sealed(hostile, itself(device)), device.command(clerk, "test.move", Move(1)))
    post(centre)
    assert codes(device) == [code, ""]


def test_a_revoked_window_keeps_the_keys_that_its_papers_were_signed_with(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    old = device.key
    device.hand_in(rotation(device, new_private_key()))
    post(centre)
    revoke_device(centre.admin, device.device)
    assert stored(centre, device).every_key == (public_key(device.key), public_key(old))


def test_a_rotation_that_is_posted_after_a_takeover_names_the_key_in_between(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    first, second, third = device.key, new_private_key(), new_private_key()
    waiting = [device.command(clerk, "test.move", Move(1)), rotation(device, second)]
    device.hand_in(*waiting, device.command(clerk, "test.move", Move(1)))
    end_key(centre.admin, device.device, public_key(third), 3, reason=TAKEN_OVER)
    device.key = third
    device.hand_in(device.command(clerk, "test.move", Move(1)))
    post(centre)
    assert codes(device) == ["", "", "", ""]
    row = stored(centre, device)
    assert row.public_key == public_key(third)
    assert [(key.public_key, key.last_sequence) for key in row.earlier_keys] == [
        (public_key(first), 2),
        (public_key(second), 3),
    ]


@pytest.mark.parametrize("behind", [0, 1])
def test_a_rotation_that_was_the_last_of_a_broken_machine_leaves_the_key_of_the_next(
    centre: TestCentre, device: TestDevice, clerk: TestClerk, behind: int
) -> None:
    """The key that it names went with the machine, and signed nothing."""
    first, lost, third = device.key, new_private_key(), new_private_key()
    before = device.command(clerk, "test.move", Move(1))
    turn = rotation(device, lost)
    end_key(centre.admin, device.device, public_key(third), 2, reason=TAKEN_OVER)
    device.key = third
    after = [device.command(clerk, "test.move", Move(1)) for _ in range(behind)]
    device.hand_in(before, turn, *after)
    post(centre)
    device.hand_in(device.command(clerk, "test.move", Move(1)))
    post(centre)
    assert codes(device) == [""] * (3 + behind)
    row = stored(centre, device)
    assert row.public_key == public_key(third)
    assert row.earlier_keys == (EarlierKey(public_key=public_key(first), last_sequence=2),)


def test_a_machine_that_is_taken_over_has_no_key_until_the_next_one_registers(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    old = device.key
    device.hand_in(device.command(clerk, "test.move", Move(1)))
    end_key(centre.admin, device.device, None, 1, reason=TAKEN_OVER)
    device.hand_in(device.command(clerk, "test.move", Move(1)))
    post(centre)
    assert codes(device) == ["", "envelope.not_genuine"]
    assert stored(centre, device).every_key == (public_key(old),)
    assert device_keys(centre.admin) == {}


def test_gateways_take_a_replaced_key_for_some_days_and_a_lost_one_not_at_all(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    first = device.key
    device.hand_in(rotation(device, new_private_key()))
    post(centre)
    now = public_key(device.key)
    assert device_keys(centre.admin) == {device.device: (now, public_key(first))}
    centre.admin.execute("update core.device_key_before set ended_at = now() - interval '8 days'")
    assert device_keys(centre.admin) == {device.device: (now,)}
    end_key(centre.admin, device.device, public_key(CENTRE_KEY), 1, reason=TAKEN_OVER)
    assert device_keys(centre.admin) == {device.device: (public_key(CENTRE_KEY),)}


def test_an_envelope_of_another_suite_asks_for_a_newer_centre(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    envelope = msgspec.msgpack.decode(device.command(clerk, "test.move", Move(1)), type=Envelope)
    device.hand_in(msgspec.msgpack.encode(msgspec.structs.replace(envelope, suite="sm2-sm3")))
    device.hand_in(device.command(clerk, "test.move", Move(1)))
    post(centre)
    assert codes(device) == ["suite.unknown", ""]
