"""REST API v2: incidents, their alerts and their log: what a drill reads, and what a responder changes.

Source: the openapi description of developer.pagerduty.com.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.errors import NotModelled, nearest
from alertproof.pagerduty import Desk, Incident, LogEntry, Status, Urgency
from alertproof.standins.pagerduty.asking import (
    RefusedError,
    body_of,
    guarded,
    instant,
    invalid,
    missing,
    only,
    page,
)
from alertproof.standins.pagerduty.render import Renderer

__all__ = ["Incidents"]

_SORTS = ("incident_number:asc", "incident_number:desc", "created_at:asc", "created_at:desc")
_CHANGES = frozenset({"type", "status", "id"})


@final
class Incidents:
    """What happened, who was told, and who reacted."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        one = "/incidents/{incident_id}"
        table = [
            ("GET", "/incidents", self._incidents),
            ("GET", one, self._incident),
            ("PUT", one, self._change),
            ("GET", f"{one}/alerts", self._alerts),
            ("GET", f"{one}/log_entries", self._incident_log),
            ("GET", "/log_entries", self._log),
        ]
        return [Route(path, guarded(handler), methods=[method]) for method, path, handler in table]

    async def _incidents(self, request: Request) -> Response:
        filters = ("statuses[]", "service_ids[]", "urgencies[]", "incident_key", "since", "until")
        only(request, *filters, "date_range", "sort_by")
        show = self._now(request)
        parameters = request.query_params
        if parameters.get("date_range", "all") != "all":
            raise invalid(f"date_range must be 'all', got {parameters['date_range']!r}")
        sort = parameters.get("sort_by", _SORTS[0])
        if sort not in _SORTS:
            raise invalid(f"sort_by={sort} is not modelled{nearest(sort, _SORTS)}")
        rows = list(filter(self._filter(request), self._desk.incidents.values()))
        # Numbers are given in the order of creation, so that one order serves both names.
        rows.sort(key=lambda incident: incident.number, reverse=sort.endswith(":desc"))
        return page(request, "incidents", rows, show.incident)

    async def _incident(self, request: Request) -> Response:
        only(request)
        show = self._now(request)
        return JSONResponse({"incident": show.incident(self._find(request))})

    async def _change(self, request: Request) -> Response:
        email = request.headers.get("from", "")
        if not email:
            raise invalid("The From header is required: the email address of a user")
        user = self._desk.directory.user_by_email(email)
        if user is None:
            raise RefusedError(400, 1008, "Requester User Not Found", email)
        body = await body_of(request, "incident")
        show = self._now(request)
        incident = self._find(request)
        unmodelled = sorted(set(body) - _CHANGES)
        if unmodelled:
            raise NotModelled(f"changing {unmodelled[0]!r} of an incident is not modelled; use 'status'")
        actions = {"acknowledged": self._desk.acknowledge, "resolved": self._desk.resolve}
        action = actions.get(str(body.get("status")))
        if action is None:
            raise invalid(f"status must be 'acknowledged' or 'resolved', got {body.get('status')!r}")
        return JSONResponse({"incident": show.incident(action(incident.id, user.id, self._clock.now()))})

    async def _alerts(self, request: Request) -> Response:
        only(request, "alert_key", "statuses[]")
        show = self._now(request)
        key, statuses = request.query_params.get("alert_key"), _choices(request, "statuses[]", list(Status))
        rows = [
            alert
            for alert in self._desk.alerts_of(self._find(request).id)
            if (key is None or alert.key == key) and (not statuses or alert.status in statuses)
        ]
        return page(request, "alerts", rows, show.alert)

    async def _incident_log(self, request: Request) -> Response:
        return self._entries(request, self._find(request))

    async def _log(self, request: Request) -> Response:
        return self._entries(request, None)

    def _entries(self, request: Request, incident: Incident | None) -> Response:
        only(request, "since", "until", "is_overview", "include[]")
        show = self._now(request)
        if request.query_params.get("is_overview", "false") != "false":
            raise NotModelled("is_overview=true is not modelled: the log is always complete")
        unmodelled = sorted(set(request.query_params.getlist("include[]")) - {"channels"})
        if unmodelled:
            raise NotModelled(f"include[]={unmodelled[0]} is not modelled; channels are always included")
        entries: list[LogEntry] = self._desk.log_of(incident.id) if incident else self._desk.log
        within = _range(request)
        rows = [entry for entry in reversed(entries) if within(entry.at)]
        return page(request, "log_entries", rows, show.log_entry)

    def _filter(self, request: Request) -> Callable[[Incident], bool]:
        """Return whether an incident is asked for; made before there is one, so that a bad value is always refused."""
        parameters = request.query_params
        statuses = _choices(request, "statuses[]", list(Status))
        urgencies = _choices(request, "urgencies[]", list(Urgency))
        services, key = parameters.getlist("service_ids[]"), parameters.get("incident_key")
        within = _range(request)

        def wanted(incident: Incident) -> bool:
            return (
                (not statuses or incident.status in statuses)
                and (not urgencies or incident.urgency in urgencies)
                and (not services or incident.service_id in services)
                and (key is None or any(alert.key == key for alert in self._desk.alerts_of(incident.id)))
                and within(incident.opened_at)
            )

        return wanted

    def _find(self, request: Request) -> Incident:
        incident = self._desk.incidents.get(request.path_params["incident_id"])
        if incident is None:
            raise missing("Incident not found")
        return incident

    def _now(self, request: Request) -> Renderer:
        # What is due happens when somebody looks, each thing at its own instant.
        self._desk.advance(self._clock.now())
        return Renderer(self._desk, f"{request.url.scheme}://{request.url.netloc}")


def _choices(request: Request, name: str, known: list[Status] | list[Urgency]) -> list[str]:
    wanted = request.query_params.getlist(name)
    for value in wanted:
        if value not in known:
            raise invalid(f"{name} has no value {value!r}{nearest(value, known)}")
    return wanted


def _range(request: Request) -> Callable[[datetime], bool]:
    since, until = instant(request, "since"), instant(request, "until")
    return lambda at: (since is None or at >= since) and (until is None or at <= until)
