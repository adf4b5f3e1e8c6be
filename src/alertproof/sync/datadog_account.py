"""Datadog as an account that is written to: its official client, with patience where that is safe."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from datadog_api_client.exceptions import ApiException, ApiTypeError, ApiValueError
from urllib3.exceptions import HTTPError

from alertproof.errors import LoginRefused, VendorRejected, VendorUnavailable
from alertproof.redact import Secret
from alertproof.sync.kind import Refused
from alertproof.vendors.patience import TOO_MANY, datadog_client

__all__ = ["DatadogAccount"]

_KEYS = "look at DD_API_KEY, DD_APP_KEY and its scopes, and DD_SITE"


class DatadogAccount:
    """Datadog's public API at ``host``. Requests are refused for their rate three times at most."""

    def __init__(self, *, host: str, api_key: Secret, app_key: Secret, ca_file: str = "") -> None:
        self.host = host
        self.client = datadog_client(host=host, api_key=api_key, app_key=app_key, ca_file=ca_file)

    def close(self) -> None:
        """Close the client's connections."""
        self.client.close()

    def plain(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: int) -> Any:
        """Ask by the client's own connection and read the answer as JSON, without the client's models.

        Theirs of a dashboard try every kind of widget on every part of it, which takes seconds for each.
        """
        keys = self.client.configuration.api_key
        answer = self.client.rest_client.request(
            method,
            f"{self.host}{path}",
            query_params=list(query.items()),
            headers={
                **self.client.default_headers,
                "Accept": "application/json",
                "DD-API-KEY": keys["apiKeyAuth"],
                "DD-APPLICATION-KEY": keys["appKeyAuth"],
            },
            body=body,
            request_timeout=self.client.configuration.request_timeout,
        )
        return json.loads(answer.data) if answer.data else None

    @contextmanager
    def asking(self, doing: str) -> Iterator[None]:
        """Turn the client's errors into ours: what was being done, what Datadog said, and what to do."""
        try:
            yield
        except ApiException as error:
            raise _translated(error, doing) from error
        except (ApiTypeError, ApiValueError) as error:
            # The client refuses what its schema does not allow before anything is sent.
            raise Refused(f"Datadog's client refuses {doing}: {error}", [str(error)]) from error
        except (HTTPError, OSError) as error:
            raise VendorUnavailable(
                f"Datadog did not answer {doing} at {self.host}: {error}; look at the network and at DD_SITE"
            ) from error


def _translated(error: ApiException, doing: str) -> VendorRejected | VendorUnavailable:
    status, said = error.status, _messages(error.body)
    if status in (401, 403):
        return LoginRefused(f"Datadog refused {doing}: {status} {'; '.join(said)}: {_KEYS}")
    if status == TOO_MANY:
        headers = {name.lower(): value for name, value in dict(error.headers or {}).items()}
        wait = headers.get("x-ratelimit-reset", "some")
        return VendorUnavailable(f"Datadog refused {doing}: too many requests (429); try again in {wait} seconds")
    if status is None or status >= 500:
        return VendorUnavailable(f"Datadog could not do it, {doing}: {status} {'; '.join(said)}; try again")
    return Refused(f"Datadog refused {doing}: {status} {'; '.join(said)}", said)


def _messages(body: Any) -> list[str]:
    errors = body.get("errors") if isinstance(body, Mapping) else None
    if isinstance(errors, list):
        return [str(each.get("detail", each) if isinstance(each, Mapping) else each) for each in errors]
    return [str(errors or body)[:500]]
