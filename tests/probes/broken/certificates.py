"""Certificates of servers: good ones, and each kind of bad."""

from __future__ import annotations

import ssl
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

__all__ = ["Certificates"]

_HOST = "127.0.0.1"


class Certificates:
    """An authority that a probe trusts by ``ca_file``, and what its servers show."""

    def __init__(self, ca_file: Path) -> None:
        self.ca_file = ca_file
        self._authority = trustme.CA()
        self._authority.cert_pem.write_to_path(ca_file)

    def of_server(self, kind: str, *, http2: bool) -> ssl.SSLContext:
        """Return a server's context: good, expired, early, another, self-signed, untrusted or old."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if http2:
            context.set_alpn_protocols(["h2"])
        if kind == "self-signed":
            context.load_cert_chain(self._self_signed())
            return context
        now = datetime.now(UTC)
        begins = now + timedelta(days={"expired": -9, "early": 1}.get(kind, -1))
        authority = trustme.CA() if kind == "untrusted" else self._authority
        names = "another.example" if kind == "another" else _HOST
        authority.issue_cert(names, not_before=begins, not_after=begins + timedelta(days=8)).configure_cert(context)
        if kind == "old":
            context.set_ciphers("ALL:@SECLEVEL=0")
            with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # it is what the case is about
                context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
                context.maximum_version = ssl.TLSVersion.TLSv1_1
        return context

    def _self_signed(self) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _HOST)])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=9))
            .sign(key, hashes.SHA256())
        )
        path = self.ca_file.with_name("self-signed.pem")
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(private + made.public_bytes(Encoding.PEM))
        return path
