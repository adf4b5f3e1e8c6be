"""Issue alerts: rules of projects and workflows of organizations, asked for each event as it is read.

Source: docs.sentry.io/api/alerts.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias, final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.clock import standing_at
from alertproof.sentry import Event
from alertproof.sentry.conditions import Occurrence
from alertproof.sentry.paging import issue_page
from alertproof.sentry.rules import IssueRule, read_rule, read_workflow, rule_fires
from alertproof.standins.sentry.alerts.integrations import Integrations
from alertproof.standins.sentry.alerts.kept import KeptAlerts
from alertproof.standins.sentry.alerts.outbox import Outbox
from alertproof.standins.sentry.issues import Issue, Project, Stored
from alertproof.standins.sentry.web.asking import PAGE, Asking, address, answer, guarded
from alertproof.standins.sentry.web.paging import BadRequestError, only, unpaged
from alertproof.standins.sentry.web.render import event_full, issue_summary

__all__ = ["IssueAlerts"]

#: Issues that an alert remembers to have told of.
_REMEMBERED = 10_000
_Document: TypeAlias = dict[str, Any]


@dataclass(slots=True)
class _Fired:
    issue: Issue
    event_id: str
    last: datetime
    count: int = 1


@dataclass(slots=True, kw_only=True)
class _Alert:
    """A rule or workflow: the document as it was written, and what it means."""

    id: str
    org: str
    project: Project | None
    created: datetime
    document: _Document
    rules: tuple[IssueRule, ...]
    fired: OrderedDict[str, _Fired] = field(default_factory=OrderedDict)
    modified: datetime | None = None

    @property
    def name(self) -> str:
        return str(self.document["name"])

    @property
    def enabled(self) -> bool:
        return self.document.get("enabled", True) is True and self.document.get("status", "active") == "active"


@final
class IssueAlerts(KeptAlerts[_Alert]):
    """The issue alerts of all projects, and their routes."""

    filters = ("query", "project")

    def __init__(self, asking: Asking, integrations: Integrations, outbox: Outbox) -> None:
        super().__init__(asking)
        self._integrations = integrations
        self._outbox = outbox
        #: Of each project, its releases in the order in which they were first seen.
        self._releases: dict[str, dict[str, None]] = {each.project_id: {} for each in asking.store.projects}
        asking.store.watchers.append(self._watch)

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        found = []
        for root in ("/api/0/projects/{org}/{project}/rules/", "/api/0/organizations/{org}/workflows/"):
            found += [*self._routes_below(root), guarded(f"{root}{{alert_id}}/group-history/", self._history)]
        return found

    # -- what happens ------------------------------------------------------------------------------------

    def _watch(self, stored: Stored) -> None:
        releases = self._releases[stored.project.project_id]
        if stored.event.release is not None and stored.event.release not in releases:
            releases[stored.event.release] = None
            if len(releases) > _REMEMBERED:
                del releases[next(iter(releases))]
        if stored.issue is None or stored.issue.status == "ignored":
            return
        for alert in self._alerts.values():
            here = alert.project == stored.project or (alert.project is None and alert.org == stored.project.org)
            if here and alert.enabled:
                self._consider(alert, stored, stored.issue)

    def _consider(self, alert: _Alert, stored: Stored, issue: Issue) -> None:
        occurrence = self._occurrence(stored, issue)
        fired = alert.fired.get(issue.id)
        now = stored.event.received
        silent = alert.rules[0].silent if alert.rules else timedelta(0)
        if fired is not None and silent and now - fired.last < silent:
            return
        firing = [rule for rule in alert.rules if rule_fires(rule, occurrence)]
        if not firing:
            return
        self._remember(alert, stored, issue, now)
        # It fires when the event comes, whenever that is read.
        with standing_at(now):
            for action in (action for rule in firing for action in rule.actions):
                self._outbox.put(alert.name, action, partial(self._page, stored, issue))

    def _page(self, stored: Stored, issue: Issue, routing_key: str, severity: str) -> dict[str, Any]:
        return issue_page(
            stored.event,
            routing_key=routing_key,
            severity=severity,
            short_id=issue.short_id,
            project=stored.project.slug,
            link=f"{self._address}/organizations/{stored.project.org}/issues/{issue.id}/",
            details=event_full(stored),
        )

    def _remember(self, alert: _Alert, stored: Stored, issue: Issue, now: datetime) -> None:
        before = alert.fired.pop(issue.id, None)
        count = before.count + 1 if before else 1
        alert.fired[issue.id] = _Fired(issue, stored.event.event_id, now, count)
        while len(alert.fired) > _REMEMBERED:
            alert.fired.popitem(last=False)

    def _occurrence(self, stored: Stored, issue: Issue) -> Occurrence:
        def recent(span: timedelta) -> Iterator[Event]:
            begins = stored.event.received - span
            for each in reversed(issue.events):
                if each.event.received < begins:
                    # What arrived before has also happened before.
                    return
                if each.event.timestamp > begins:
                    yield each.event

        return Occurrence(
            event=stored.event,
            first=stored.first,
            regressed=stored.regressed,
            seen=issue.seen,
            first_seen=issue.first_seen or stored.event.timestamp,
            latest_release=next(reversed(self._releases[stored.project.project_id]), None),
            recent=recent,
        )

    # -- what is asked -----------------------------------------------------------------------------------

    async def _history(self, request: Request) -> Response:
        only(request, "start", "end", "statsPeriod", *PAGE)
        shown = [
            {
                "group": issue_summary(fired.issue, address=address(request)) if fired.issue.events else None,
                "count": fired.count,
                "lastTriggered": fired.last,
                "eventId": fired.event_id,
            }
            for fired in reversed(self._found(request).fired.values())
        ]
        return answer(shown, unpaged(request))

    def _settle(self) -> None:
        # Events that wait to be read came before this request, and may fire.
        self._asking.store.settle()

    def _understood(self, request: Request, document: _Document) -> _Alert:
        project = self._asking.project(request) if "project" in request.path_params else None
        org = self._asking.projects(request)[0].org
        rules = (read_rule(document),) if project else read_workflow(document)
        if not isinstance(document.get("name"), str) or not document["name"].strip():
            raise BadRequestError("name: This field is required.")
        for action in (action for rule in rules for action in rule.actions):
            self._integrations.check(org, action, "actions" if project else "actionFilters")
        return _Alert(
            id=str(next(self._numbers)),
            org=org,
            project=project,
            created=self._asking.clock.now(),
            document=document,
            rules=rules,
        )

    def _replace(self, old: _Alert, new: _Alert) -> None:
        # The whole rule is replaced, but whom it told of what stays.
        old.document, old.rules, old.modified = new.document, new.rules, new.created

    def _here(self, request: Request, alert: _Alert) -> bool:
        project = self._asking.project(request) if "project" in request.path_params else None
        return alert.project == project and request.query_params.get("query", "").lower() in alert.name.lower()

    def _made_status(self, alert: _Alert) -> int:
        return 200 if alert.project else 201

    def _gone(self, alert: _Alert) -> Response:
        return answer(None, status=202) if alert.project else super()._gone(alert)

    def _row(self, alert: _Alert) -> _Document:
        return _row(alert)


def _row(alert: _Alert) -> dict[str, Any]:
    last = max((fired.last for fired in alert.fired.values()), default=None)
    shared = {"id": alert.id, "dateCreated": alert.created, "lastTriggered": last, "owner": None, "createdBy": None}
    if alert.project is None:
        defaults: _Document = {"enabled": True, "environment": None, "config": {}, "triggers": {}, "actionFilters": []}
        ours = {
            "organizationId": alert.org,
            "dateUpdated": alert.modified or alert.created,
            "detectorIds": alert.document.get("detectorIds", []),
        }
        return {**defaults, **alert.document, **shared, **ours}
    defaults = {
        "conditions": [],
        "filters": [],
        "filterMatch": "all",
        "frequency": 30,
        "environment": None,
        "status": "active",
        "snooze": False,
    }
    return {**defaults, **alert.document, **shared, "projects": [alert.project.slug]}
