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


# RFC 8032, section 7.1: secret key, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe2465"
        "5141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb0"
        "0d291612bb0c00",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_signatures_are_those_of_the_standard(secret, public, message, signature):
    key = bytes.fromhex(secret)
    assert public_key(key).hex() == public
    assert sign(key, bytes.fromhex(message)).hex() == signature
    assert verify(bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))


@pytest.mark.parametrize("public", [b"\1" + bytes(31), bytes(32)])
def test_a_key_under_which_anybody_could_sign_anything_vouches_for_nothing(public):
    neutral = b"\1" + bytes(31)
    assert not any(verify(public, bytes([n]), point + bytes(32)) for n in range(16) for point in (public, neutral))


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
