"""Bytes that only the holder of an Ed25519 key opens: for what travels on a stick, where no line protects it.

An ephemeral X25519 key meets the X25519 form of the receiver's Ed25519 key (RFC 7748 §4.1 gives the map, libsodium uses
it the same way), so that no second key of anybody has to be registered, kept and rotated.
"""

from hashlib import sha512

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SUITE = "ed25519-x25519-hkdf-sha256-chacha20poly1305"
_FIELD = 2**255 - 19
_PUBLIC_BYTES = 32
_NONCE = bytes(12)
"""Each box has a key of its own, which seals once."""


def seal_box(message: bytes, receiver_public: bytes, bound: bytes) -> bytes:
    """`message` for the holder of the Ed25519 key with this public half; who opens it must know `bound` too.

    Raises:
        ValueError: that is no public key.
    """
    receiver = X25519PublicKey.from_public_bytes(_public_form(receiver_public))
    once = X25519PrivateKey.generate()
    public = once.public_key().public_bytes_raw()
    key = _key(once.exchange(receiver), public, receiver_public)
    return public + ChaCha20Poly1305(key).encrypt(_NONCE, message, bound)


def open_box(box: bytes, private: bytes, receiver_public: bytes, bound: bytes) -> bytes | None:
    """The message in `box`; None when it is not for this key, or anything about it was changed."""
    receiver = X25519PrivateKey.from_private_bytes(sha512(private).digest()[:32])
    public = box[:_PUBLIC_BYTES]
    try:
        shared = receiver.exchange(X25519PublicKey.from_public_bytes(public))
        return ChaCha20Poly1305(_key(shared, public, receiver_public)).decrypt(_NONCE, box[_PUBLIC_BYTES:], bound)
    except (InvalidTag, ValueError):
        return None


def _key(shared: bytes, once_public: bytes, receiver_public: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"gjj.sealed-box.1\0" + once_public + receiver_public).derive(shared)


def _public_form(ed25519_public: bytes) -> bytes:
    """The point's u on the Montgomery curve, of its y on the Edwards curve: u = (1 + y) / (1 - y)."""
    y = int.from_bytes(ed25519_public, "little") & (2**255 - 1)
    if len(ed25519_public) != _PUBLIC_BYTES or y >= _FIELD or y == 1:
        raise ValueError("not an Ed25519 public key")
    return ((1 + y) * pow(1 - y, -1, _FIELD) % _FIELD).to_bytes(32, "little")
