"""Does `gjj-central verify` find accepted commands that their device or their author had not signed?"""

from collections.abc import Callable

import msgspec
import pytest

from gjj_desktop.cases.command import Command, Envelope, author_message, decode_command, device_message
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Clerk
from gjj_desktop.central.clerks import add_clerk, stop_clerk
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.posting import Posted, post_all
from gjj_desktop.central.verify import verify
from gjj_desktop.security.envelopes import seal
from gjj_desktop.security.keys import new_private_key, sign
from tests.central.small_kinds import SMALL_KINDS, a_person, an_account
from tests.central.test_device_keys import rotation
from tests.central.test_keys_and_people import codes, known, move, registers
from tests.support.centre import CENTRE_KEY, TestCentre, TestClerk, TestDevice

OWN_IMPORT = 1
"""The sequence of the centre's own command that took over the old system's data."""


@pytest.fixture
def device(centre: TestCentre) -> TestDevice:
    centre.add_outlet()
    taken_over = ImportLegacy(people=(a_person(),), accounts=(an_account(),))
    hand_in_own(centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", taken_over)])
    return centre.add_device()


@pytest.fixture
def clerk(centre: TestCentre, device: TestDevice) -> TestClerk:
    """A clerk by whom one command is posted."""
    clerk = centre.add_clerk(device, "990501")
    post(centre)
    move(device, clerk, known(device))
    assert post(centre).accepted == 1
    return clerk


def post(centre: TestCentre) -> Posted:
    return post_all(centre.admin, CENTRE_KEY, SMALL_KINDS)


def found(centre: TestCentre) -> list[tuple[str, str]]:
    return [(each.check, each.about) for each in verify(centre.admin)]


def with_new_key(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> TestClerk:
    """The clerk once another key has taken the place of the one they had at the device."""
    code = add_clerk(centre.admin, Clerk(clerk=clerk.number, name="林晓", outlet="9905", roles=("clerk",)))
    fresh = TestClerk(clerk.number, new_private_key())
    assert registers(device, fresh, code) == "registered"
    assert post(centre).grants == 1
    return fresh


def keep(centre: TestCentre, device: str, sequence: int, envelope: bytes) -> None:
    """Write over what the inbox keeps there, as one who owns the server could."""
    with centre.admin.transaction():
        centre.admin.execute("set local session_replication_role = replica")
        centre.admin.execute(
            "update core.inbox set envelope = %s where (device, sequence) = (%s, %s)", (envelope, device, sequence)
        )


def kept(centre: TestCentre, device: str, sequence: int) -> Envelope:
    row = centre.admin.execute(
        "select envelope from core.inbox where (device, sequence) = (%s, %s)", (device, sequence)
    ).fetchone()
    assert row is not None
    return msgspec.msgpack.decode(row[0], type=Envelope)


def signed_anew(envelope: Envelope, author_signature: bytes, device_key: bytes) -> bytes:
    """The envelope with another signature of its author, over which the device has signed."""
    message = device_message(envelope.body, author_signature, envelope.previous)
    changed = msgspec.structs.replace(
        envelope, author_signature=author_signature, device_signature=sign(device_key, message)
    )
    return msgspec.msgpack.encode(changed)


def sealed_anew(
    centre: TestCentre, device: TestDevice, author: TestClerk, change: Callable[[Command], Command] = lambda same: same
) -> None:
    """Put the device's last command, `change`d, there once more: signed by `author` and the device."""
    before = kept(centre, device.device, device.sequence)
    command = change(decode_command(before.body))
    envelope = seal(command, author.key, device.key, before.previous)
    keep(centre, device.device, device.sequence, msgspec.msgpack.encode(envelope))


def test_a_broken_signature_of_the_author_is_found_though_the_device_signed_over_it(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    assert found(centre) == []
    keep(centre, device.device, 1, signed_anew(kept(centre, device.device, 1), bytes(64), device.key))
    assert found(centre) == [("author signature", f"{device.device} 1")]


def test_a_broken_signature_of_the_device_is_found_though_the_author_signed(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    before = kept(centre, device.device, 1)
    keep(centre, device.device, 1, signed_anew(before, before.author_signature, new_private_key()))
    assert found(centre) == [("device signature", f"{device.device} 1")]


def test_a_key_that_the_clerk_never_had_is_found(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    sealed_anew(centre, device, TestClerk(clerk.number, new_private_key()))
    assert found(centre) == [("author signature", f"{device.device} 1")]


def test_the_key_of_another_clerk_or_of_another_window_is_found(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    elsewhere = centre.add_device(window="04")
    others = [centre.add_clerk(device, "990502"), centre.add_clerk(elsewhere, clerk.number)]
    post(centre)
    for other in others:
        sealed_anew(centre, device, other)
        assert found(centre) == [("author signature", f"{device.device} 1")]


def test_an_author_who_never_was_is_found(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    sealed_anew(centre, device, clerk, lambda command: msgspec.structs.replace(command, author="990599"))
    assert found(centre) == [("author signature", f"{device.device} 1")]


def test_nothing_is_wrong_with_what_was_signed_before_and_after_a_new_key(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    late = known(device)
    fresh = with_new_key(centre, device, clerk)
    move(device, clerk, late)
    move(device, fresh, known(device))
    newest = with_new_key(centre, device, fresh)
    move(device, newest, known(device))
    post(centre)
    assert codes(device) == [""] * 4, "the second was signed with the old key by a window that had not heard"
    assert found(centre) == []


def test_nor_with_what_was_signed_before_the_clerk_left(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    move(device, clerk, -1)
    stop_clerk(centre.admin, clerk.number, at_once=True)
    post(centre)
    assert codes(device) == ["", ""]
    assert found(centre) == []


def test_an_earlier_key_that_signs_after_its_end_is_found(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    late = known(device)
    fresh = with_new_key(centre, device, clerk)
    move(device, fresh, known(device))
    post(centre)
    sealed_anew(centre, device, clerk)
    assert found(centre) == [("author signature", f"{device.device} 2")]
    sealed_anew(centre, device, clerk, lambda command: msgspec.structs.replace(command, seen=late))
    assert found(centre) == [], "at a window that had not heard of the end the old key counts"


def test_a_window_does_not_forget_what_it_knew_when_it_made_a_command_that_was_refused(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    late = known(device)
    fresh = with_new_key(centre, device, clerk)
    move(device, clerk, known(device))
    move(device, fresh, known(device))
    post(centre)
    assert codes(device) == ["", "envelope.not_genuine", ""]
    sealed_anew(centre, device, clerk, lambda command: msgspec.structs.replace(command, seen=late))
    assert found(centre) == [("author signature", f"{device.device} 3")]


def test_what_a_window_asks_by_itself_is_signed_by_its_own_key_of_that_time(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    first = device.key
    device.hand_in(rotation(device, new_private_key()))
    assert post(centre).accepted == 1
    assert found(centre) == []
    turn = kept(centre, device.device, 2)
    keep(centre, device.device, 2, signed_anew(turn, sign(device.key, author_message(turn.body)), first))
    assert found(centre) == [("author signature", f"{device.device} 2")]


def test_the_centres_own_commands_are_signed_by_its_key(
    centre: TestCentre, device: TestDevice, clerk: TestClerk
) -> None:
    keep(centre, "000000", OWN_IMPORT, signed_anew(kept(centre, "000000", OWN_IMPORT), bytes(64), CENTRE_KEY))
    assert found(centre) == [("author signature", "000000 1")]


def test_what_can_not_be_read_any_more_is_found(centre: TestCentre, device: TestDevice, clerk: TestClerk) -> None:
    keep(centre, device.device, 1, b"\xc1")
    assert found(centre) == [("envelope", f"{device.device} 1")]
