"""What every client of a vendor needs of its connection: whom to trust, and how long to wait for one that is busy."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.rest import ClientRetry

from alertproof.clock import SystemClock
from alertproof.redact import Secret

__all__ = ["LONGEST_WAIT", "TOO_MANY", "datadog_client", "trusting", "wait_told"]

TOO_MANY = 429
#: Real: nobody in front of a terminal waits longer, and a drill looks again.
LONGEST_WAIT = timedelta(seconds=60)


def trusting(ca_file: str = "") -> ssl.SSLContext:
    """Return what checks certificates: the public authorities (``SSL_CERT_FILE``), and that of a PEM file besides."""
    context = httpx.create_ssl_context()
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context


class _Patience(ClientRetry):
    """Tries again what was refused for its rate, and what reads; a write may have been done without an answer."""

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: ARG002 - urllib3's own
        return status_code == TOO_MANY or (method == "GET" and status_code in self.RETRY_AFTER_STATUS_CODES)

    def get_retry_after(self, response: Any) -> float | None:
        """Wait as long as Datadog says, and no longer than somebody in front of a terminal would."""
        wait = super().get_retry_after(response)
        return None if wait is None else min(float(wait), LONGEST_WAIT.total_seconds())


def datadog_client(
    *, host: str, api_key: Secret, app_key: Secret, ca_file: str = "", timeout: float = 20.0, connect: int = 1
) -> ApiClient:
    """Return Datadog's official client; requests that are refused for their rate are sent four times at most.

    ``timeout`` is in seconds, ``connect`` how often a connection that fails is tried again.
    """
    patience = _Patience(total=3, connect=connect, backoff_factor=2, allowed_methods=["GET"], raise_on_status=False)
    configuration = Configuration(
        host=host,
        api_key={"apiKeyAuth": api_key.reveal(), "appKeyAuth": app_key.reveal()},
        request_timeout=timeout,
        retry_policy=patience,
    )
    client = ApiClient(configuration)
    if ca_file:
        # Its own setting would trust that file alone.
        client.rest_client.pool_manager.connection_pool_kw["ssl_context"] = trusting(ca_file)
    return client


def wait_told(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long the headers of a 429 say to wait, at most a minute; None where they say nothing.

    Sentry's web API says the instant of the reset in epoch seconds [docs.sentry.io/api/ratelimits], others
    ``Retry-After`` in seconds or as a date [RFC 9110, 10.2.3].
    """
    told, now = headers.get("retry-after", ""), SystemClock().now()
    try:
        if told:
            wait = timedelta(seconds=float(told)) if told.isdigit() else parsedate_to_datetime(told) - now
        else:
            wait = datetime.fromtimestamp(float(headers["x-sentry-rate-limit-reset"]), UTC) - now
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), LONGEST_WAIT)
