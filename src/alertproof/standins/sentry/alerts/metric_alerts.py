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

from alertproof.sentry.metric_rules import MetricRule, State, Trigger, read_metric_rule, state_after
from alertproof.sentry.paging import metric_page
from alertproof.sentry.search import holds
from alertproof.standins.journal.journal import Journal
from alertproof.standins.ledger import LedgerError
from alertproof.standins.sentry.alerts.integrations import Integrations
from alertproof.standins.sentry.alerts.outbox import Outbox
from alertproof.standins.sentry.issues import Placed, Project, Stored
from alertproof.standins.sentry.web.asking import PAGE, Asking, MissingError, address, answer, guarded, lookup, read
from alertproof.standins.sentry.web.paging import BadRequestError, only, unpaged
from alertproof.standins.sentry.web.table import rows_of

__all__ = ["MetricAlerts"]

_MINUTE = timedelta(minutes=1)
_MOST = 500
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


@final
class MetricAlerts:
    """The metric alerts of all organizations, and their routes."""

    def __init__(
        self, asking: Asking, integrations: Integrations, outbox: Outbox, journal: Journal | None = None
    ) -> None:
        self._asking = asking
        self._integrations = integrations
        self._outbox = outbox
        self._numbers = itertools.count(1)
        self._alerts: dict[str, _Alert] = {}
        self._incidents: deque[_Incident] = deque(maxlen=_KEPT)
        self._incident_numbers = itertools.count(1)
        self._address = ""
        self._evaluated = _whole_minute(asking.clock.now())
        self._journal = journal or Journal(asking.clock)
        self._journal.on(_KIND, lambda _: self._evaluate_all())

    def __bool__(self) -> bool:
        return bool(self._alerts)

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        root = "/api/0/organizations/{org}/alert-rules/"
        one = f"{root}{{alert_id}}/"
        return [
            guarded(root, self._listed),
            guarded(root, self._made, "POST"),
            guarded(one, self._shown),
            guarded(one, self._changed, "PUT"),
            guarded(one, self._deleted, "DELETE"),
            guarded("/api/0/organizations/{org}/incidents/", self._opened),
        ]

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
        inside = [row for row in rows if at - rule.window < row.order[0] <= at and _environment(rule, row)]
        looks = [look for look in map(lookup, inside) if holds(look, rule.search)]
        value = rule.aggregate.over(looks, rule.window)
        alert.value = value if isinstance(value, float | int) else None
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

    async def _listed(self, request: Request) -> Response:
        only(request, "project", "name", *PAGE)
        return answer([_row(alert) for alert in self._of(request)], unpaged(request))

    async def _made(self, request: Request) -> Response:
        self.settle()
        alert = self._read(request, await read(request, dict[str, Any]))
        if len(self._alerts) >= _MOST:
            raise BadRequestError(f"You may not exceed {_MOST} metric alerts per organization")
        self._alerts[alert.id] = alert
        return answer(_row(alert), status=201)

    async def _shown(self, request: Request) -> Response:
        only(request, "expand")
        return answer(_row(self._found(request)))

    async def _changed(self, request: Request) -> Response:
        old = self._found(request)
        new = self._read(request, await read(request, dict[str, Any]))
        old.document, old.rule, old.projects = new.document, new.rule, new.projects
        return answer(_row(old))

    async def _deleted(self, request: Request) -> Response:
        del self._alerts[self._found(request).id]
        return Response(status_code=204)

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

    def _read(self, request: Request, document: dict[str, Any]) -> _Alert:
        self._address = address(request)
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

    def _of(self, request: Request) -> list[_Alert]:
        self._asking.projects(request)
        self.settle()
        return [alert for alert in self._alerts.values() if alert.org == request.path_params["org"]]

    def _found(self, request: Request) -> _Alert:
        found = {alert.id: alert for alert in self._of(request)}.get(request.path_params["alert_id"])
        if found is None:
            raise MissingError
        return found


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
