"""Sentry, as the drills see it: the events of a project, by tag, with everything they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from alertproof.addresses import is_loopback
from alertproof.errors import VendorRejected, VendorUnavailable
from alertproof.redact import Secret

__all__ = ["Sentry", "SentryEvent"]

_STATS = {"field": "sum(quantity)", "category": "error", "outcome": "accepted", "groupBy": "outcome", "interval": "1h"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SentryEvent:
    """An event as Sentry's API returns it; ``raw`` is the whole answer, in which secrets are looked for."""

    id: str
    at: datetime
    title: str
    tags: Mapping[str, str]
    environment: str
    release: str
    raw: str


class Sentry:
    """Sentry's web API at ``base_url`` for one project; it has no official client to read with."""

    def __init__(self, *, base_url: str, token: Secret, organization: str, project: str) -> None:
        self._project = f"/api/0/projects/{organization}/{project}"
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token.reveal()}"},
            timeout=10.0,
            trust_env=not is_loopback(base_url),
        )

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def event_by_correlation_id(self, correlation_id: str) -> SentryEvent | None:
        """Return the newest error event that carries the correlation id as a tag, None while there is none."""
        issues = self._get(f"{self._project}/issues/", {"query": f"correlation_id:{correlation_id}"})
        for issue in issues.json():
            found = self._in_issue(str(issue["id"]), correlation_id)
            if found is not None:
                return found
        return None

    def events(self, *, since: datetime, until: datetime) -> int:
        """Return how many events the project took in a span, by the organization's statistics."""
        organization = self._project.split("/")[4]
        span = {"start": since.isoformat(), "end": until.isoformat()}
        answer = self._get(f"/api/0/organizations/{organization}/stats_v2/", {**_STATS, **span})
        return sum(int(group["totals"]["sum(quantity)"]) for group in answer.json()["groups"])

    def _in_issue(self, issue: str, correlation_id: str) -> SentryEvent | None:
        organization = self._project.split("/")[4]
        path = f"/api/0/organizations/{organization}/issues/{issue}/events/"
        listed = self._get(path, {"query": f"correlation_id:{correlation_id}", "full": "true"})
        for row in listed.json():
            answer = self._get(f"{self._project}/events/{row['eventID']}/")
            event = _event(answer)
            if event.tags.get("correlation_id") == correlation_id:
                return event
        return None

    def _get(self, path: str, parameters: Mapping[str, str] | None = None) -> httpx.Response:
        try:
            answer = self._client.get(path, params=dict(parameters or {}))
        except httpx.HTTPError as error:
            raise VendorUnavailable(f"Sentry did not answer {path}: {error}") from error
        if answer.status_code >= 500:
            raise VendorUnavailable(f"Sentry answered {path} with {answer.status_code} {answer.text[:300]}")
        if answer.status_code >= 400:
            raise VendorRejected(f"Sentry refused {path}: {answer.status_code} {answer.text[:300]}")
        return answer


def _event(answer: httpx.Response) -> SentryEvent:
    body: dict[str, Any] = answer.json()
    tags = {str(tag["key"]): str(tag["value"]) for tag in body["tags"]}
    release = body.get("release")
    return SentryEvent(
        id=str(body["eventID"]),
        at=datetime.fromisoformat(body["dateCreated"]),
        title=str(body["title"]),
        tags=tags,
        environment=tags.get("environment", ""),
        release=str(release["version"] if isinstance(release, dict) else release or tags.get("release", "")),
        raw=answer.text,
    )
