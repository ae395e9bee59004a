"""Commands signed by their author and their device, and whether such a pair of signatures is genuine."""

from gjj_desktop.cases.command import SUITE, Command, Envelope, author_message, device_message, encode_command
from gjj_desktop.security.keys import sign, verify


def seal(command: Command, author_key: bytes, device_key: bytes, previous: bytes) -> Envelope:
    """`command` in its envelope; `previous` is the digest of the device's envelope before it."""
    body = encode_command(command)
    author_signature = sign(author_key, author_message(body))
    device_signature = sign(device_key, device_message(body, author_signature, previous))
    return Envelope(body=body, author_signature=author_signature, previous=previous, device_signature=device_signature)


def envelope_is_genuine(envelope: Envelope, author_public: bytes, device_public: bytes) -> bool:
    """Whether both signed exactly this body after exactly that previous envelope; an unknown suite is no."""
    return envelope.suite == SUITE and author_signed(envelope, author_public) and device_signed(envelope, device_public)


def author_signed(envelope: Envelope, author_public: bytes) -> bool:
    """Whether the author signed this body."""
    return verify(author_public, author_message(envelope.body), envelope.author_signature)


def device_signed(envelope: Envelope, device_public: bytes) -> bool:
    """Whether the device signed this body, its author's signature and its place in the chain."""
    message = device_message(envelope.body, envelope.author_signature, envelope.previous)
    return verify(device_public, message, envelope.device_signature)
