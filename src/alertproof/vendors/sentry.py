"""Sentry's web API, as drills and alert tests read it: a project's events, counts, sessions, check-ins and keys.

Every call is one of the public API: docs.sentry.io/api. Its searches are those of docs.sentry.io/concepts/search.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from alertproof.addresses import is_loopback
from alertproof.clock import Clock, SystemClock
from alertproof.errors import ConfigError, LoginRefused, VendorRejected, VendorUnavailable
from alertproof.redact import Secret
from alertproof.sentry.verify import (
    CheckIn,
    ClientKey,
    Outcome,
    Outcomes,
    ReleaseHealth,
    SentryEvent,
    read_dsn,
    read_seen_event,
)
from alertproof.vendors.patience import TOO_MANY, trusting, wait_told

__all__ = ["Sentry"]

_OUTCOMES = {"field": "sum(quantity)", "groupBy": ["category", "outcome", "reason"], "interval": "1h"}
_HEALTH = {"field": "sum(session)", "groupBy": "session.status", "interval": "1h"}
#: A search without a beginning looks back so far.
_LONG = "14d"
_PAGE = 100
_ATTEMPTS = 4
_PAUSE = timedelta(seconds=0.4)  # real, where the vendor says nothing


class Sentry:
    """Sentry's web API at ``base_url`` for one project; it has no official client to read with."""

    def __init__(
        self,
        *,
        base_url: str,
        token: Secret,
        organization: str,
        project: str,
        ca_file: str = "",
        clock: Clock | None = None,
    ) -> None:
        self.project = project
        self.organization = organization
        self._project = f"/api/0/projects/{organization}/{project}"
        self._organization = f"/api/0/organizations/{organization}"
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token.reveal()}"},
            timeout=10.0,
            trust_env=not is_loopback(base_url),
            verify=trusting(ca_file),
        )
        self._clock = clock or SystemClock()

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    # -- events -------------------------------------------------------------------------------------------

    def events(
        self,
        tags: Mapping[str, str] | None = None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        most: int = 100,
    ) -> list[SentryEvent]:
        """Return the error events that carry all of the tags, newest first, at most so many, with all they hold.

        Without a beginning it looks back for two weeks. Raises `ConfigError` for a value with an asterisk, which a
        search would take for any text, and `VendorUnavailable` while an event is listed and not shown yet.
        """
        wanted = dict(tags or {})
        if star := next((name for name, value in wanted.items() if "*" in value), None):
            raise ConfigError(f"the tag {star} is searched by {wanted[star]!r}: an asterisk stands for any text there")
        found = []
        for event_id in self._listed(wanted, since, until, most):
            event = self.shown(event_id)
            if since is not None and event.at < since:
                break  # the others are older
            if all(event.tags.get(name) == value for name, value in wanted.items()):
                found.append(event)
        return found

    def listed(self, *, since: datetime, until: datetime, most: int) -> list[str]:
        """Return the ids of the error events of a span, newest first, at most so many."""
        return self._listed({}, since, until, most)

    def shown(self, event_id: str) -> SentryEvent:
        """Return an event that was listed; raises `VendorUnavailable` while it is not shown: it may be soon."""
        event = self.event(event_id)
        if event is None:
            raise VendorUnavailable(f"Sentry lists event {event_id} but does not show it")
        return event

    def _listed(self, tags: Mapping[str, str], since: datetime | None, until: datetime | None, most: int) -> list[str]:
        terms = [f"project:{self.project}", *(f"{name}:{json.dumps(value)}" for name, value in tags.items())]
        asked = {"dataset": "errors", "field": ["id", "timestamp"], "query": " ".join(terms), "sort": "-timestamp"}
        return [str(row["id"]) for row in self._rows(asked | _span(since, until), most)]

    def event(self, event_id: str) -> SentryEvent | None:
        """Return an event by the id that the SDK gave it, None while there is none."""
        answer = self._answer(f"{self._project}/events/{event_id}/")
        return None if answer.status_code == 404 else read_seen_event(_taken(answer).json(), answer.text)

    def resolve_issue(self, issue: str) -> None:
        """Resolve an issue, as somebody does who has mended it."""
        path = f"{self._organization}/issues/{issue}/"
        try:
            answer = self._client.put(path, json={"status": "resolved"})
        except httpx.HTTPError as error:
            raise VendorUnavailable(f"Sentry did not answer {path}: {error}") from error
        _taken(answer)

    def issue_status(self, issue: str) -> str:
        """Return the status of an issue: resolved, unresolved or ignored."""
        return str(self._get(f"{self._organization}/issues/{issue}/").json()["status"])

    def address_of(self, event: SentryEvent) -> str:
        """Return the page of an event, for people."""
        base = str(self._client.base_url).rstrip("/")
        return f"{base}/organizations/{self.organization}/issues/{event.issue}/events/{event.id}/"

    def _rows(self, asked: Mapping[str, Any], most: int) -> list[dict[str, Any]]:
        """Return the rows of a table, page after page."""
        rows: list[dict[str, Any]] = []
        cursor = ""
        while len(rows) < most:
            answer = self._get(f"{self._organization}/events/", {**asked, "per_page": str(_PAGE), "cursor": cursor})
            rows += answer.json()["data"]
            following = answer.links.get("next", {})
            if following.get("results") != "true":
                break
            cursor = following["cursor"]
        return rows[:most]

    # -- counts -------------------------------------------------------------------------------------------

    def outcomes(self, *, since: datetime, until: datetime) -> Outcomes:
        """Return what became of everything that was sent to the project; whole hours, so take the difference."""
        project = {"project": str(self._get(f"{self._project}/").json()["id"])}
        asked = {**_OUTCOMES, **project, **_span(since, until)}
        groups = self._get(f"{self._organization}/stats_v2/", asked).json()["groups"]
        counts: dict[Outcome, int] = {}
        for group in groups:
            by = group["by"]
            reason = str(by["reason"]) if by.get("reason") not in (None, "none") else ""
            key = Outcome(str(by["category"]), str(by["outcome"]), reason)
            counts[key] = counts.get(key, 0) + int(group["totals"]["sum(quantity)"])
        return Outcomes(counts)

    def health(self, *, release: str, environment: str, since: datetime, until: datetime) -> ReleaseHealth:
        """Return the sessions of a release in an environment; whole hours, so take the difference."""
        project = {"project": str(self._get(f"{self._project}/").json()["id"])}
        search = {"query": f"release:{json.dumps(release)}", "environment": environment}
        asked = {**_HEALTH, **search, **project, **_span(since, until)}
        groups = self._get(f"{self._organization}/sessions/", asked).json()["groups"]
        counts = {str(group["by"]["session.status"]): int(group["totals"]["sum(session)"]) for group in groups}
        return ReleaseHealth({status: count for status, count in sorted(counts.items()) if count})

    def check_ins(self, slug: str) -> list[CheckIn]:
        """Return the newest check-ins of a cron monitor, newest first; none where there is no such monitor yet."""
        answer = self._answer(f"{self._organization}/monitors/{slug}/checkins/")
        if answer.status_code == 404:
            return []
        return [_check_in(row) for row in _taken(answer).json()]

    def keys(self) -> list[ClientKey]:
        """Return the keys by which SDKs may send to the project."""
        rows = self._get(f"{self._project}/keys/").json()
        return [ClientKey(dsn=read_dsn(str(row["dsn"]["public"])), active=bool(row["isActive"])) for row in rows]

    # -- the wire -----------------------------------------------------------------------------------------

    def _get(self, path: str, parameters: Mapping[str, Any] | None = None) -> httpx.Response:
        return _taken(self._answer(path, parameters))

    def _answer(self, path: str, parameters: Mapping[str, Any] | None = None) -> httpx.Response:
        """Ask, and once more where nobody answers or the rate was too high: what reads may be sent again."""
        for left in reversed(range(_ATTEMPTS)):
            try:
                answer = self._client.get(path, params=dict(parameters or {}))
            except httpx.HTTPError as error:
                if not left:
                    raise VendorUnavailable(f"Sentry did not answer {path}: {error!r}") from error
                wait = _PAUSE
            else:
                if answer.status_code != TOO_MANY or not left:
                    return answer
                wait = wait_told(answer.headers) or _PAUSE
            self._clock.sleep(wait)
        raise AssertionError("the last attempt returns or raises")


def _taken(answer: httpx.Response) -> httpx.Response:
    path, status = answer.request.url.path, answer.status_code
    if status >= 500 or status == 429:  # too many requests: later it answers
        raise VendorUnavailable(f"Sentry answered {path} with {status} {answer.text[:300]}")
    if status >= 400:
        kind = LoginRefused if status in {401, 403} else VendorRejected
        raise kind(f"Sentry refused {path}: {status} {answer.text[:300]}")
    return answer


def _span(since: datetime | None, until: datetime | None) -> dict[str, str]:
    if since is None or until is None:  # a range without an end is none
        return {"statsPeriod": _LONG}
    return {"start": since.isoformat(), "end": until.isoformat()}


def _check_in(row: Mapping[str, Any]) -> CheckIn:
    return CheckIn(
        id=str(row["id"]),
        status=str(row["status"]),
        environment=str(row.get("environment") or ""),
        at=datetime.fromisoformat(row["dateCreated"]),
        duration=_duration(row.get("duration")),
    )


def _duration(given: object) -> timedelta | None:
    return timedelta(milliseconds=given) if isinstance(given, int | float) else None
