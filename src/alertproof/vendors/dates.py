"""What time it is at a vendor, by the header ``Date`` of its answers."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx

from alertproof.addresses import is_loopback
from alertproof.errors import VendorUnavailable
from alertproof.vendors.patience import trusting

__all__ = ["time_at"]


def time_at(address: str, *, ca_file: str = "") -> datetime:
    """Return the instant that whoever answers at an address says, whatever the answer; raises `VendorUnavailable`."""
    try:
        with httpx.Client(timeout=10.0, trust_env=not is_loopback(address), verify=trusting(ca_file)) as client:
            answer = client.get(address)
        return parsedate_to_datetime(answer.headers["date"])
    except httpx.HTTPError as error:
        raise VendorUnavailable(f"{address} did not answer: {error!r}") from error
    except (KeyError, ValueError) as error:
        raise VendorUnavailable(f"{address} did not say what time it is there") from error
