"""Ed25519 keys and signatures: raw keys of 32 bytes, signatures of 64."""

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def new_private_key() -> bytes:
    """A fresh random private key, 32 bytes."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def public_key(private: bytes) -> bytes:
    """The public key that belongs to `private`, 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def sign(private: bytes, message: bytes) -> bytes:
    """The signature of `message`; the same message gives the same signature."""
    return Ed25519PrivateKey.from_private_bytes(private).sign(message)


def signer(private: bytes) -> Callable[[bytes], bytes]:
    """`sign` with one key, for many messages: reading the key takes as long as signing with it."""
    return Ed25519PrivateKey.from_private_bytes(private).sign


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the owner of `public` signed exactly `message`; a malformed key or signature is no."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
