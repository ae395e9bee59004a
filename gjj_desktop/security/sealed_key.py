"""A clerk's private key as it lies on the disk: only the clerk's password opens it."""

import os
import unicodedata

import msgspec
from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from gjj_desktop.domain.findings import Finding

SUITE = "argon2id-chacha20poly1305"
PASSWORD_CHARACTERS_MIN = 8
_KEY_BYTES, _SALT_BYTES, _NONCE_BYTES = 32, 16, 12


class Cost(msgspec.Struct, frozen=True):
    """What one try of a password costs (Argon2id): rounds, memory in KiB, lanes."""

    rounds: int = 3
    memory_kib: int = 65_536
    lanes: int = 4


class SealedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed private key and how it was sealed; it opens only as the key of this clerk at this device."""

    clerk: str
    device: str
    cost: Cost
    salt: bytes
    nonce: bytes
    sealed: bytes
    version: int = ARGON2_VERSION
    suite: str = SUITE


def check_password(password: str, field: str = "password") -> Finding | None:
    """What is wrong with a new password, or None; characters are counted after NFC, spaces count too."""
    if len(unicodedata.normalize("NFC", password)) >= PASSWORD_CHARACTERS_MIN:
        return None
    return Finding(field, "password.too_short", f"密码至少要 {PASSWORD_CHARACTERS_MIN} 个字符，请换一个长一些的")


def seal_key(private: bytes, password: str, clerk: str, device: str, cost: Cost | None = None) -> SealedKey:
    """`private` sealed under `password` with a fresh salt; takes about 0.1 s and 64 MiB at the standing cost."""
    empty = SealedKey(
        clerk=clerk,
        device=device,
        cost=cost or Cost(),
        salt=os.urandom(_SALT_BYTES),
        nonce=os.urandom(_NONCE_BYTES),
        sealed=b"",
    )
    cipher = ChaCha20Poly1305(_password_key(empty, password))
    return msgspec.structs.replace(empty, sealed=cipher.encrypt(empty.nonce, private, _bound_data(empty)))


def open_sealed(sealed: SealedKey, password: str) -> bytes | None:
    """The private key, or None when the password is wrong or anything about `sealed` was changed."""
    cipher = ChaCha20Poly1305(_password_key(sealed, password))
    try:
        return cipher.decrypt(sealed.nonce, sealed.sealed, _bound_data(sealed))
    except InvalidTag:
        return None


def _password_key(sealed: SealedKey, password: str) -> bytes:
    return hash_secret_raw(
        unicodedata.normalize("NFC", password).encode(),
        sealed.salt,
        time_cost=sealed.cost.rounds,
        memory_cost=sealed.cost.memory_kib,
        parallelism=sealed.cost.lanes,
        hash_len=_KEY_BYTES,
        type=Type.ID,
        version=sealed.version,
    )


def _bound_data(sealed: SealedKey) -> bytes:
    return msgspec.msgpack.encode(msgspec.structs.replace(sealed, sealed=b""))
