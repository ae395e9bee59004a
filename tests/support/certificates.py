"""Certificates as a city would have them, and such as it should not: made anew for each test, kept nowhere."""

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Certificate(NamedTuple):
    """A certificate and its key, both PEM."""

    certificate: str
    key: str


class Authority:
    """Somebody who vouches for servers."""

    def __init__(self, name: str = "云溪市住房公积金管理中心 根证书") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self._own = (
            _builder(self._name, self._name, self._key, -1, 3650)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def certificate(self) -> str:
        """The authority's own certificate, PEM."""
        return self._own.public_bytes(serialization.Encoding.PEM).decode()

    def vouch(self, *hosts: str, from_days: int = -1, until_days: int = 365) -> Certificate:
        """A server's certificate for these hosts, good from and until so many days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = (
            _builder(_name(hosts[0]), self._name, key, from_days, until_days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return _pem(made, key)


def self_made(*hosts: str) -> Certificate:
    """A certificate that nobody vouches for but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(hosts[0])
    names = x509.SubjectAlternativeName([_host(host) for host in hosts])
    return _pem(_builder(name, name, key, -1, 365).add_extension(names, False).sign(key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, from_days: int, until_days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=from_days))
        .not_valid_after(now + timedelta(days=until_days))
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Certificate:
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Certificate(certificate.public_bytes(serialization.Encoding.PEM).decode(), secret.decode())
