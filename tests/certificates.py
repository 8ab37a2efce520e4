"""An authority of the tests, and certificates that it signs for servers of the tests."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Authority:
    """Signs certificates; `path` is its own one, as PEM."""

    path: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def server(self, folder: Path, *, host: str, days: int = 1) -> ssl.SSLContext:
        """The TLS of a server that is `host`; a negative number of days makes it expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(
            host, key.public_key(), issuer=self.certificate.subject, key=self.key, days=days
        )
        path = folder / f"{host}-{days}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def make_authority(folder: Path) -> Authority:
    """A new authority whose certificate is written into `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Authority of the tests")
    certificate = _certificate(
        "Authority of the tests", key.public_key(), issuer=name, key=key, days=1, authority=True
    )
    path = folder / "authority.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(path=path, key=key, certificate=certificate)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: str,
    public_key: ec.EllipticCurvePublicKey,
    *,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    days: int,
    authority: bool = False,
) -> x509.Certificate:
    end = datetime.now(UTC) + timedelta(days=days)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=2))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if not authority:
        try:
            alternative: x509.GeneralName = x509.IPAddress(ip_address(subject))
        except ValueError:
            alternative = x509.DNSName(subject)
        builder = builder.add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
    return builder.sign(key, hashes.SHA256())
