"""The certificate that a platform shows, and what may be expected of it."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertproof.errors import ConfigError
from alertproof.probes.answer import Answer
from alertproof.probes.expect import Expected, Part, Seen
from alertproof.probes.wording import days
from alertproof.requirements import parse_span

__all__ = ["Certificate", "certificate", "fetch_certificate", "read_certificate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A leaf certificate: whose it is (``names``), who vouches for it (``issuer``), and from when to when."""

    names: tuple[str, ...]
    subject: str
    issuer: str
    begins: datetime
    ends: datetime

    def left(self, at: datetime) -> timedelta:
        """Return how long it is still valid at an instant; below zero when it no longer is."""
        return self.ends - at


def read_certificate(der: bytes) -> Certificate:
    """Read a certificate as TLS carries it (DER); raises `ValueError` for what is none."""
    from cryptography import x509  # noqa: PLC0415 - only who asks for certificates waits for its import

    found = x509.load_der_x509_certificate(der)
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = x509.SubjectAlternativeName([])
    hosts = names.get_values_for_type(x509.DNSName)
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return Certificate(
        names=(*hosts, *addresses),
        subject=found.subject.rfc4514_string(),
        issuer=found.issuer.rfc4514_string(),
        begins=found.not_valid_before_utc,
        ends=found.not_valid_after_utc,
    )


def fetch_certificate(host: str, port: int = 443, *, limit: timedelta = timedelta(seconds=5)) -> Certificate:
    """Return the certificate that a host shows, also one that has expired or that nobody trusts.

    A probe's own connection refuses such a one, so that it could only say that it is bad and not since when.
    ``limit`` bounds each wait on the network. Raises `OSError` when there is no TLS at that address.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent over this connection
    with (
        socket.create_connection((host, port), limit.total_seconds()) as connection,
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    if shown is None:
        raise ssl.SSLError(f"{host}:{port} shows no certificate")
    return read_certificate(shown)


def certificate(*, valid_for: timedelta | str, degraded: timedelta | str | None = None) -> Expected:
    """Expect the platform's certificate to be valid for at least so long: ``certificate(valid_for="21d")``.

    The same is expected of those that vouch for it. That they are trusted, and the host's, is expected of every probe
    by TLS. With less than ``degraded`` left, such as 30 days, the probe passes and says so.
    """
    wanted = _span(valid_for)
    near = None if degraded is None else _span(degraded)
    if wanted <= timedelta(0):
        raise ConfigError(f"certificate(valid_for=..) is above 0, got {valid_for}")
    if near is not None and near <= wanted:
        raise ConfigError(f"certificate(valid_for=..) is less than degraded, got {valid_for} and {degraded}")

    def look(answer: Answer) -> Seen:
        if not answer.chain:
            return Seen(False, f"no certificate: {answer.url.scheme} has none")
        shown = _first_to_end(answer)
        left = shown.left(answer.at)
        whose = "" if shown == read_certificate(answer.chain[0]) else f"that of {shown.subject}, which vouches for it: "
        seen = f"{whose}{days(left)} left, until {shown.ends:%Y-%m-%d %H:%M} UTC, by {shown.issuer}"
        return Seen(left >= wanted, seen)

    def nearly(answer: Answer) -> str:
        if near is None or not answer.chain or _first_to_end(answer).left(answer.at) >= near:
            return ""
        return f"a certificate with {look(answer).what}; less than {days(near)}"

    text = f"a certificate valid for {days(wanted)} or more"
    return Expected(Part.HEADER, lambda _: text, look, degraded=nearly, of=frozenset({"http", "tls"}))


def _first_to_end(answer: Answer) -> Certificate:
    return min(map(read_certificate, answer.chain), key=lambda one: one.ends)


def _span(given: timedelta | str) -> timedelta:
    if isinstance(given, timedelta):
        return given
    try:
        return parse_span(given)
    except ValueError as error:
        raise ConfigError(f"certificate(valid_for=..): {error}") from error
