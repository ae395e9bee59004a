"""A signature holds for exactly the bytes that were signed."""

import msgspec
import pytest

from gjj_desktop.cases.command import FIRST_PREVIOUS, Command, decode_command, encode_command
from gjj_desktop.security.envelopes import envelope_is_genuine, seal
from gjj_desktop.security.keys import new_private_key, public_key, sign, verify

AUTHOR, DEVICE = new_private_key(), new_private_key()


def command(**changes):
    base = Command(
        id="0190-a",
        kind="withdrawal.submit",
        case_no="9905030004174",
        device="990503",
        sequence=1,
        author="990501",
        made_at="2026-11-02T01:02:03+00:00",
        policy_version="2026-1",
        payload=b"payload",
    )
    return msgspec.structs.replace(base, **changes)


def genuine(envelope):
    return envelope_is_genuine(envelope, public_key(AUTHOR), public_key(DEVICE))


def test_keys_are_raw_and_signatures_bind_the_message():
    assert len(AUTHOR) == len(public_key(AUTHOR)) == 32
    signature = sign(AUTHOR, b"one")
    assert verify(public_key(AUTHOR), b"one", signature)
    assert not verify(public_key(AUTHOR), b"two", signature)
    assert not verify(public_key(DEVICE), b"one", signature)
    assert not verify(b"short", b"one", signature)
    assert not verify(public_key(AUTHOR), b"one", b"short")


def test_a_sealed_command_is_genuine_and_comes_back():
    envelope = seal(command(), AUTHOR, DEVICE, FIRST_PREVIOUS)
    assert genuine(envelope)
    assert decode_command(envelope.body) == command()


@pytest.mark.parametrize(
    "change",
    [
        {"body": encode_command(command(case_no="9905030004175"))},
        {"previous": b"\1" * 32},
        {"author_signature": bytes(64)},
        {"device_signature": bytes(64)},
        {"suite": "none"},
    ],
)
def test_an_envelope_that_was_touched_is_not_genuine(change):
    envelope = seal(command(), AUTHOR, DEVICE, FIRST_PREVIOUS)
    assert not genuine(msgspec.structs.replace(envelope, **change))


def test_author_and_device_can_not_stand_for_each_other():
    envelope = seal(command(), DEVICE, AUTHOR, FIRST_PREVIOUS)
    assert not genuine(envelope)
