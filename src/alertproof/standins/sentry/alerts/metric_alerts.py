"""Metric alerts: rules, their evaluation at each whole minute of stack time, and the incidents that they open.

Source: docs.sentry.io/api/alerts (metric alert rules).
"""

from __future__ import annotations

import contextlib
import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.sentry.metric_rules import MetricRule, State, Trigger, change_in_percent, read_metric_rule, state_after
from alertproof.sentry.paging import metric_page
from alertproof.sentry.search import holds
from alertproof.standins.journal.journal import Journal
from alertproof.standins.ledger import LedgerError
from alertproof.standins.sentry.alerts.integrations import Integrations
from alertproof.standins.sentry.alerts.kept import KeptAlerts
from alertproof.standins.sentry.alerts.outbox import Outbox
from alertproof.standins.sentry.issues import Placed, Project, Stored
from alertproof.standins.sentry.web.asking import PAGE, Asking, answer, guarded, lookup
from alertproof.standins.sentry.web.paging import BadRequestError, only, unpaged
from alertproof.standins.sentry.web.table import rows_of

__all__ = ["MetricAlerts"]

_MINUTE = timedelta(minutes=1)
_KIND = b"t"
#: Incidents that are remembered.
_KEPT = 2_000
#: Minutes to make up for at most after a pause, as long as the longest window.
_LONGEST_PAUSE = 1440


@dataclass(slots=True, kw_only=True)
class _Incident:
    number: int
    alert: _Alert
    started: datetime
    state: State
    closed: datetime | None = None


@dataclass(slots=True, kw_only=True)
class _Alert:
    id: str
    org: str
    created: datetime
    document: dict[str, Any]
    rule: MetricRule
    projects: list[Project]
    state: State = State.RESOLVED
    value: float | None = None
    told: list[Trigger] = field(default_factory=list)
    incident: _Incident | None = None
    modified: datetime | None = None


@final
class MetricAlerts(KeptAlerts[_Alert]):
    """The metric alerts of all organizations, and their routes."""

    filters = ("project", "name")

    def __init__(
        self, asking: Asking, integrations: Integrations, outbox: Outbox, journal: Journal | None = None
    ) -> None:
        super().__init__(asking)
        self._integrations = integrations
        self._outbox = outbox
        self._incidents: deque[_Incident] = deque(maxlen=_KEPT)
        self._incident_numbers = itertools.count(1)
        self._evaluated = _whole_minute(asking.clock.now())
        self._journal = journal or Journal(asking.clock)
        self._journal.on(_KIND, lambda _: self._evaluate_all())

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        incidents = guarded("/api/0/organizations/{org}/incidents/", self._opened)
        return [*self._routes_below("/api/0/organizations/{org}/alert-rules/"), incidents]

    def settle(self) -> None:
        """Evaluate every alert at each whole minute since the last time, if that can be written down."""
        if not self._alerts or _whole_minute(self._asking.clock.now()) <= self._evaluated:
            self._evaluate_all()
            return
        with contextlib.suppress(LedgerError), self._journal.doing(_KIND):
            self._evaluate_all()

    def _evaluate_all(self) -> None:
        now = _whole_minute(self._asking.clock.now())
        if not self._alerts or now - self._evaluated > _LONGEST_PAUSE * _MINUTE:
            self._evaluated = now if not self._alerts else now - _LONGEST_PAUSE * _MINUTE
        while self._evaluated < now:
            self._evaluated += _MINUTE
            for alert in self._alerts.values():
                self._evaluate(alert, self._evaluated)

    # -- what happens ------------------------------------------------------------------------------------

    def _evaluate(self, alert: _Alert, at: datetime) -> None:
        rule = alert.rule
        rows: Sequence[Stored | Placed] = rows_of(self._asking.store, rule.dataset, alert.projects)
        alert.value = _value(rule, rows, at)
        if rule.compared is not None:
            alert.value = change_in_percent(alert.value, _value(rule, rows, at - rule.compared))
        state = state_after(rule, alert.state, alert.value)
        if state is not alert.state:
            self._change(alert, state, at)

    def _change(self, alert: _Alert, state: State, at: datetime) -> None:
        if alert.incident is None:
            number = next(self._incident_numbers)
            alert.incident = _Incident(number=number, alert=alert, started=at, state=state)
            self._incidents.append(alert.incident)
        incident = alert.incident
        alert.state = incident.state = state
        page = partial(self._page, alert, incident)
        if state is State.RESOLVED:
            told, alert.told = alert.told, []
            alert.incident, incident.closed = None, at
        else:
            # The one that is met now; one that was told before stays open until the end.
            told = [trigger for trigger in alert.rule.triggers if trigger.state is state]
            alert.told += [trigger for trigger in told if trigger not in alert.told]
        for trigger in told:
            for action in trigger.actions:
                self._outbox.put(alert.rule.name, action, page)

    def _page(self, alert: _Alert, incident: _Incident, routing_key: str, severity: str) -> dict[str, Any]:
        return metric_page(
            alert.rule,
            routing_key=routing_key,
            severity=severity,
            state=alert.state,
            value=alert.value,
            organization=alert.org,
            incident=incident.number,
            link=f"{self._address}/organizations/{alert.org}/alerts/{incident.number}/",
        )

    # -- what is asked -----------------------------------------------------------------------------------

    async def _opened(self, request: Request) -> Response:
        only(request, "project", "status", *PAGE)
        self._asking.projects(request)
        self.settle()
        shown = [
            {
                "id": str(each.number),
                "identifier": str(each.number),
                "title": each.alert.rule.name,
                "alertRule": {"id": each.alert.id, "name": each.alert.rule.name},
                "dateStarted": each.started,
                "dateClosed": each.closed,
                "status": {State.RESOLVED: 2, State.WARNING: 10, State.CRITICAL: 20}[each.state],
            }
            for each in reversed(self._incidents)
            if each.alert.org == request.path_params["org"]
        ]
        return answer(shown, unpaged(request))

    def _settle(self) -> None:
        self.settle()

    def _understood(self, request: Request, document: dict[str, Any]) -> _Alert:
        rule = read_metric_rule(document)
        projects = self._asking.projects(request)
        chosen = [each for each in projects if not rule.projects or {each.slug, each.project_id} & set(rule.projects)]
        if not chosen:
            raise BadRequestError(f"projects: Invalid project: {', '.join(rule.projects)}")
        for action in (action for trigger in rule.triggers for action in trigger.actions):
            self._integrations.check(projects[0].org, action, "triggers")
        return _Alert(
            id=str(next(self._numbers)),
            org=projects[0].org,
            created=self._asking.clock.now(),
            document=document,
            rule=rule,
            projects=chosen,
        )

    def _replace(self, old: _Alert, new: _Alert) -> None:
        old.document, old.rule, old.projects, old.modified = new.document, new.rule, new.projects, new.created

    def _here(self, request: Request, alert: _Alert) -> bool:
        chosen = {project.project_id for project in self._asking.chosen(request)}
        name = request.query_params.get("name", "").lower()
        return name in alert.rule.name.lower() and any(project.project_id in chosen for project in alert.projects)

    def _row(self, alert: _Alert) -> dict[str, Any]:
        return _row(alert)


def _value(rule: MetricRule, rows: Sequence[Stored | Placed], at: datetime) -> float | None:
    inside = [row for row in rows if at - rule.window < row.order[0] <= at and _environment(rule, row)]
    looks = [look for look in map(lookup, inside) if holds(look, rule.search)]
    value = rule.aggregate.over(looks, rule.window)
    return value if isinstance(value, float | int) else None


def _environment(rule: MetricRule, row: Stored | Placed) -> bool:
    environment = row.event.environment if isinstance(row, Stored) else row.row.environment
    return rule.environment is None or rule.environment == environment


def _whole_minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def _row(alert: _Alert) -> dict[str, Any]:
    defaults: dict[str, Any] = {"query": "", "environment": None, "resolveThreshold": None, "comparisonDelta": None}
    shown = {
        "id": alert.id,
        "dateCreated": alert.created,
        "dateModified": alert.modified or alert.created,
        "organizationId": alert.org,
        "createdBy": {},
        "projects": [project.slug for project in alert.projects],
        "status": 0,
        "owner": None,
        "latestIncident": str(alert.incident.number) if alert.incident else None,
    }
    triggers = [
        {**trigger, "id": f"{alert.id}{place}", "alertRuleId": alert.id}
        for place, trigger in enumerate(alert.document["triggers"], 1)
    ]
    return {**defaults, **alert.document, **shown, "triggers": triggers}
