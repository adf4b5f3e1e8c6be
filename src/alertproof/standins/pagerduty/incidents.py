"""REST API v2: incidents, their alerts and notes, as they are read.

Without ``since`` and ``until`` all incidents are listed and not those of the last month, for a drill's clock may run
through months. Source: the openapi description of developer.pagerduty.com.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alertproof.errors import nearest
from alertproof.pagerduty import Alert, Incident, Status, Urgency
from alertproof.standins.pagerduty.asking import Handler, choices, included, invalid, missing, only, page, within
from alertproof.standins.pagerduty.part import Part, found

__all__ = ["Incidents"]

_SORTS = ("incident_number:asc", "incident_number:desc", "created_at:asc", "created_at:desc")


@final
class Incidents(Part):
    """What happened."""

    def _table(self) -> Iterable[tuple[str, str, Handler]]:
        one = "/incidents/{incident_id}"
        return [
            ("GET", "/incidents", self._list),
            ("GET", one, self._get),
            ("GET", f"{one}/alerts", self._alerts),
            ("GET", one + "/alerts/{alert_id}", self._alert),
            ("GET", f"{one}/notes", self._notes),
        ]

    async def _list(self, request: Request) -> Response:
        filters = ("statuses[]", "service_ids[]", "urgencies[]", "user_ids[]", "incident_key", "since", "until")
        only(request, *filters, "date_range", "sort_by", "include[]")
        show = self._view(request)
        parameters = request.query_params
        if parameters.get("date_range", "all") != "all":
            raise invalid(f"date_range must be 'all', got {parameters['date_range']!r}")
        sort = parameters.get("sort_by", _SORTS[0])
        if sort not in _SORTS:
            raise invalid(f"sort_by={sort} is not modelled{nearest(sort, _SORTS)}")
        rows = list(filter(self._filter(request), self._desk.incidents.values()))
        # Numbers are given in the order of creation, so that one order serves both names.
        rows.sort(key=lambda incident: incident.number, reverse=sort.endswith(":desc"))
        return page(request, "incidents", rows, show)

    async def _get(self, request: Request) -> Response:
        only(request, "include[]")
        return JSONResponse({"incident": self._view(request)(self._find(request))})

    def _view(self, request: Request) -> Callable[[Incident], dict[str, Any]]:
        asked = included(request, "assignees", "escalation_policies", "services")
        show, account = self._happened(request), self._account(request)

        def shown(incident: Incident) -> dict[str, Any]:
            row = dict(show.incident(incident))
            for plural, name in (("escalation_policies", "escalation_policy"), ("services", "service")):
                if plural in asked:
                    row[name] = account.whole(row[name])
            if "assignees" in asked:
                row["assignments"] = [
                    {**each, "assignee": account.whole(each["assignee"])} for each in row["assignments"]
                ]
            return row

        return shown

    async def _alerts(self, request: Request) -> Response:
        only(request, "alert_key", "statuses[]")
        show = self._happened(request)
        key, statuses = request.query_params.get("alert_key"), choices(request, "statuses[]", list(Status))
        rows = [
            alert
            for alert in self._desk.alerts_of(self._find(request).id)
            if (key is None or alert.key == key) and (not statuses or alert.status in statuses)
        ]
        return page(request, "alerts", rows, show.alert)

    async def _alert(self, request: Request) -> Response:
        only(request)
        show = self._happened(request)
        return JSONResponse({"alert": show.alert(self._find_alert(request))})

    async def _notes(self, request: Request) -> Response:
        only(request)
        show = self._happened(request)
        notes = self._desk.records.notes_of(self._find(request).id)
        return JSONResponse({"notes": [show.note(note) for note in reversed(notes)]})

    def _filter(self, request: Request) -> Callable[[Incident], bool]:
        """Return whether an incident is asked for; made before there is one, so that a bad value is always refused."""
        parameters = request.query_params
        statuses = choices(request, "statuses[]", list(Status))
        urgencies = choices(request, "urgencies[]", list(Urgency))
        services, users = set(parameters.getlist("service_ids[]")), set(parameters.getlist("user_ids[]"))
        key = parameters.get("incident_key")
        in_range = within(request)

        def wanted(incident: Incident) -> bool:
            return (
                (not statuses or incident.status in statuses)
                and (not urgencies or incident.urgency in urgencies)
                and (not services or incident.service_id in services)
                and (not users or bool(users.intersection(incident.assigned)))
                and (key is None or self._has_key(incident, key))
                and in_range(incident.opened_at)
            )

        return wanted

    def _has_key(self, incident: Incident, key: str) -> bool:
        return incident.key == key or any(alert.key == key for alert in self._desk.alerts_of(incident.id))

    def _find(self, request: Request) -> Incident:
        return found(self._desk.incidents, request.path_params["incident_id"], "Incident")

    def _find_alert(self, request: Request) -> Alert:
        wanted = request.path_params["alert_id"]
        alerts = self._desk.alerts_of(self._find(request).id)
        alert = next((alert for alert in alerts if alert.id == wanted), None)
        if alert is None:
            raise missing("Alert not found")
        return alert
