"""Why did the centre's certificate not do: libpq only says that it did not, so the server is asked to show it again."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import NamedTemporaryFile

SECONDS_MAX = 5.0
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""What a PostgreSQL client says first when it wants TLS (PostgreSQL: Message Formats, SSLRequest)."""


class Fault(StrEnum):
    """What is wrong with the certificate that was shown."""

    EXPIRED = "expired"
    NOT_YET = "not_yet"
    OTHER_HOST = "other_host"
    NOT_VOUCHED = "not_vouched"


# Codes of X509_verify_cert (OpenSSL: X509_STORE_CTX_get_error).
_FAULTS = {10: Fault.EXPIRED, 9: Fault.NOT_YET, 62: Fault.OTHER_HOST, 64: Fault.OTHER_HOST}


@contextmanager
def as_file(ca: str) -> Iterator[str]:
    """The path of a file with the certificates in `ca` (PEM), for as long as the block lasts: libpq reads no text."""
    with NamedTemporaryFile("w", suffix=".crt", encoding="ascii", delete=False) as file:
        file.write(ca)
    try:
        yield file.name
    finally:
        Path(file.name).unlink(missing_ok=True)


async def fault_of(host: str, addresses: Sequence[str], port: int, ca: str) -> Fault:
    """What is wrong with the certificate that the server at one of `addresses` shows for `host`.

    NOT_VOUCHED where it shows none any more: whoever answered then is not to be trusted either.
    """
    return await asyncio.to_thread(_fault_of, host, addresses, port, ca)


def _fault_of(host: str, addresses: Sequence[str], port: int, ca: str) -> Fault:
    for address in addresses:
        try:
            _shake_hands(host, address, port, ca)
        except ssl.SSLCertVerificationError as error:
            return _FAULTS.get(error.verify_code, Fault.NOT_VOUCHED)
        except OSError:
            continue
    return Fault.NOT_VOUCHED


def _shake_hands(host: str, address: str, port: int, ca: str) -> None:
    trusting = ssl.create_default_context(cadata=ca or None)
    with socket.create_connection((address, port), SECONDS_MAX) as plain:
        plain.sendall(SSL_REQUEST)
        if plain.recv(1) == b"S":
            trusting.wrap_socket(plain, server_hostname=host).close()
