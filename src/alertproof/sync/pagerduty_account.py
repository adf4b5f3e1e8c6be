"""PagerDuty as an account that is written to, through its official client."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pagerduty import Error, HttpError, RestApiV2Client

from alertproof.addresses import is_loopback
from alertproof.errors import LoginRefused, VendorRejected, VendorUnavailable
from alertproof.redact import Secret
from alertproof.sync.kind import Refused
from alertproof.vendors.patience import trusting

__all__ = ["PagerDutyAccount"]

_TOO_MANY = 429


class _Client(RestApiV2Client):
    """Tries what reads once more where the connection broke; a write may have been done without an answer."""

    def request(self, method: str, url: str, **kwargs: Any) -> Any:  # type: ignore[override]  # as its parent's
        self.max_network_attempts = 1 if method.strip().upper() == "GET" else 0
        return super().request(method, url, **kwargs)


class PagerDutyAccount:
    """PagerDuty's REST API at ``base_url``; ``ca_file`` adds a trusted authority, ``sender`` is who it is told by."""

    def __init__(self, *, base_url: str, token: Secret, sender: str = "", ca_file: str = "") -> None:
        self.client = _Client(
            token.reveal(),
            default_from=sender or None,
            base_url=base_url,
            verify=trusting(ca_file),
            trust_env=not is_loopback(base_url),
        )
        self.base_url = base_url
        # Its own warnings say what our errors say again.
        logging.getLogger("pagerduty").setLevel(logging.CRITICAL)
        # Without this it tries for ever.
        self.client.retry[_TOO_MANY] = 3

    def close(self) -> None:
        """Close the client's connections."""
        self.client.close()

    def integration_key(self, name: str, service: str, *, vendor: str) -> str:
        """Return the key by which a vendor pages a service: that of its own integration, which is made if need be."""
        with self.asking(f"for the integration of the service {name!r} with {vendor}"):
            found = self.client.rget(f"services/{service}", params={"include[]": "integrations"})
            for each in found.get("integrations") or ():
                if each.get("integration_key") and vendor in (each.get("name"), each.get("summary")):
                    return str(each["integration_key"])
            body = {"type": "events_api_v2_inbound_integration", "name": vendor}
            return str(self.client.rpost(f"services/{service}/integrations", json=body)["integration_key"])

    @contextmanager
    def asking(self, doing: str) -> Iterator[None]:
        """Turn the client's errors into ours: what was being done, what PagerDuty said, and what to do."""
        try:
            yield
        except HttpError as error:
            raise _translated(error, doing) from error
        except Error as error:
            raise VendorUnavailable(
                f"PagerDuty did not answer {doing} at {self.base_url}: {error}; look at the network and at "
                "PAGERDUTY_API_HOST"
            ) from error


def _translated(error: HttpError, doing: str) -> VendorRejected | VendorUnavailable:
    answer = error.response
    if answer is None:
        return VendorUnavailable(f"PagerDuty did not answer {doing}: {error}")
    status, said = answer.status_code, _messages(answer)
    if status in (401, 403):
        return LoginRefused(f"PagerDuty refused {doing}: {status} {'; '.join(said)}: look at PAGERDUTY_API_TOKEN")
    if status == _TOO_MANY:
        wait = answer.headers.get("ratelimit-reset", "some")
        return VendorUnavailable(f"PagerDuty refused {doing}: too many requests (429); try again in {wait} seconds")
    if status >= 500:
        return VendorUnavailable(f"PagerDuty could not do it, {doing}: {status} {'; '.join(said)}; try again")
    return Refused(f"PagerDuty refused {doing}: {status} {'; '.join(said)}", said)


def _messages(answer: Any) -> list[str]:
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return [str(answer.text)[:500]]
    if not isinstance(error, dict):
        return [str(error)[:500]]
    return [str(each) for each in error.get("errors") or [error.get("message", error)]]
