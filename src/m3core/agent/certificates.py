"""How long the certificates of the platform's hosts, and of those that it calls, are still valid."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import final

from cryptography import x509

from m3core.agent.gauges import Gauges
from m3core.agent.rounds import NotHere

__all__ = ["CertificateCollector"]

_TIMEOUT = 3.0


@final
class CertificateCollector:
    """Sends synthetics.certificate.days of each host: below zero once it has expired.

    A host that does not answer is said to be missing, and the others are measured all the same.
    """

    name = "certificates"

    def __init__(self, hosts: Sequence[tuple[str, int]]) -> None:
        self._hosts = hosts

    def collect(self, gauges: Gauges) -> None:
        missing = []
        for host, port in self._hosts:
            try:
                left = _ends(host, port) - datetime.now(UTC)
            except (OSError, ValueError) as error:
                missing.append(f"{host}:{port}: {error}")
            else:
                gauges.gauge("synthetics.certificate.days", left / timedelta(days=1), host=host)
        if missing:
            raise NotHere("; ".join(missing))


def _ends(host: str, port: int) -> datetime:
    """Return when the certificate ends that a host shows, whether or not anybody trusts it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent over this connection
    with (
        socket.create_connection((host, port), _TIMEOUT) as connection,
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    if shown is None:
        raise ValueError("it shows no certificate")
    return x509.load_der_x509_certificate(shown).not_valid_after_utc
