"""Ed25519 keys and signatures: raw keys of 32 bytes, signatures of 64."""

from collections.abc import Callable

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey


def new_private_key() -> bytes:
    """A fresh random private key, 32 bytes."""
    return bytes(SigningKey.generate())


def public_key(private: bytes) -> bytes:
    """The public key that belongs to `private`, 32 bytes."""
    return bytes(SigningKey(private).verify_key)


def sign(private: bytes, message: bytes) -> bytes:
    """The signature of `message`; the same message gives the same signature."""
    return signer(private)(message)


def signer(private: bytes) -> Callable[[bytes], bytes]:
    """`sign` with one key, for many messages: reading the key takes as long as signing with it."""
    key = SigningKey(private)
    return lambda message: key.sign(message).signature


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the owner of `public` signed exactly `message`; a malformed key or signature is no."""
    try:
        VerifyKey(public).verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True
