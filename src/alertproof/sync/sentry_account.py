"""Sentry's web API as an account that is written to; it has no official client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from alertproof.addresses import is_loopback
from alertproof.errors import LoginRefused, VendorError, VendorUnavailable
from alertproof.redact import Secret
from alertproof.sync.kind import Refused
from alertproof.vendors.patience import trusting

__all__ = ["SentryAccount"]

_NOT_FOUND, _TOO_MANY = 404, 429


class SentryAccount:
    """One organization at ``base_url``.

    What reads is tried once more where the connection broke; a write may have been done without an answer.
    """

    def __init__(self, *, base_url: str, token: Secret, organization: str, ca_file: str = "") -> None:
        self.organization = organization
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token.reveal()}"},
            verify=trusting(ca_file),
            timeout=20.0,
            trust_env=not is_loopback(base_url),
        )

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def get(self, doing: str, path: str) -> Any:
        """Return what is there, None where nothing is; a list with all of its pages."""
        answer = self._asked(doing, "GET", path)
        if answer.status_code == _NOT_FOUND:
            return None
        found = answer.json()
        while isinstance(found, list) and _has_more(answer):
            answer = self._asked(doing, "GET", str(answer.links["next"]["url"]))
            found += answer.json()
        return found

    def send(self, doing: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Change something and return the answer, None where it has no body."""
        answer = self._asked(doing, method, path, body)
        if answer.status_code == _NOT_FOUND and method != "DELETE":
            raise _translated(answer, doing)
        return answer.json() if answer.content and answer.status_code != _NOT_FOUND else None

    def _asked(self, doing: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        try:
            answer = self._sent(method, path, body)
        except httpx.HTTPError as error:
            raise VendorUnavailable(
                f"Sentry did not answer {doing} at {self._client.base_url}: {error!r}; look at the network and at "
                "SENTRY_URL"
            ) from error
        if answer.status_code >= 400 and answer.status_code != _NOT_FOUND:
            raise _translated(answer, doing)
        return answer

    def _sent(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx.Response:
        try:
            return self._client.request(method, path, json=None if body is None else dict(body))
        except httpx.TransportError:
            if method != "GET":
                raise
            return self._client.request(method, path)


def _has_more(answer: httpx.Response) -> bool:
    following = answer.links.get("next", {})
    return bool(following.get("url")) and following.get("results") == "true"


def _translated(answer: httpx.Response, doing: str) -> VendorError:
    status, said = answer.status_code, _messages(answer)
    if status in (401, 403):
        return LoginRefused(
            f"Sentry refused {doing}: {status} {'; '.join(said)}: look at SENTRY_AUTH_TOKEN and its scopes "
            "(project:write, alerts:write, org:integrations)"
        )
    if status == _TOO_MANY:
        return VendorUnavailable(f"Sentry refused {doing}: too many requests (429); try again in a minute")
    if status >= 500:
        return VendorUnavailable(f"Sentry could not do it, {doing}: {status} {'; '.join(said)}; try again")
    return Refused(f"Sentry refused {doing}: {status} {'; '.join(said)}", said)


def _messages(answer: httpx.Response) -> list[str]:
    try:
        body = answer.json()
    except ValueError:
        return [answer.text[:500]]
    if isinstance(body, dict) and "detail" in body:
        return [str(body["detail"])[:500]]
    if isinstance(body, dict):
        return [
            f"{name}: {', '.join(map(str, each)) if isinstance(each, list) else each}" for name, each in body.items()
        ]
    return [str(body)[:500]]
