"""What time it is at a vendor, by the header ``Date`` of its answers."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx

from alertproof.addresses import is_loopback
from alertproof.errors import VendorUnavailable
from alertproof.vendors.patience import trusting

__all__ = ["time_at"]

_ATTEMPTS = 3  # a connection that breaks says nothing about a clock


def time_at(address: str, *, ca_file: str = "") -> datetime:
    """Return the instant that whoever answers at an address says, whatever the answer; raises `VendorUnavailable`."""
    error: Exception | None = None
    with httpx.Client(timeout=10.0, trust_env=not is_loopback(address), verify=trusting(ca_file)) as client:
        for _ in range(_ATTEMPTS):
            try:
                return parsedate_to_datetime(client.get(address).headers["date"])
            except (httpx.HTTPError, KeyError, ValueError) as seen:
                error = seen
    said = "did not answer" if isinstance(error, httpx.HTTPError) else "did not say what time it is there"
    raise VendorUnavailable(f"{address} {said}: {error!r}") from error
