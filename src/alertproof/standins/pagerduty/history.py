"""REST API v2: the log of incidents, who was notified, and changes.

Source: the openapi description of developer.pagerduty.com.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alertproof.errors import NotModelled
from alertproof.pagerduty import Change, EntryType, LogEntry
from alertproof.standins.pagerduty.asking import Handler, choices, instant, invalid, missing, only, page, within
from alertproof.standins.pagerduty.links import Links, wire_instant
from alertproof.standins.pagerduty.part import Part, found

__all__ = ["History"]

#: Source: the openapi description (GET /notifications): a range is at most three months.
_LONGEST_RANGE = timedelta(days=93)
_WAYS = ("sms_notification", "email_notification", "phone_notification", "push_notification")


@final
class History(Part):
    """What happened when, newest first."""

    def _table(self) -> Iterable[tuple[str, str, Handler]]:
        return [
            ("GET", "/log_entries", self._log),
            ("GET", "/log_entries/{entry_id}", self._entry),
            ("GET", "/incidents/{incident_id}/log_entries", self._incident_log),
            ("GET", "/notifications", self._notifications),
            ("GET", "/change_events", self._changes),
            ("GET", "/change_events/{change_id}", self._change),
            ("GET", "/services/{service_id}/change_events", self._changes),
        ]

    async def _incident_log(self, request: Request) -> Response:
        show = self._happened(request)
        incident = found(self._desk.incidents, request.path_params["incident_id"], "Incident")
        return page(request, "log_entries", self._rows(request, self._desk.log_of(incident.id)), show.log_entry)

    async def _log(self, request: Request) -> Response:
        show = self._happened(request)
        return page(request, "log_entries", self._rows(request, self._desk.log), show.log_entry)

    async def _entry(self, request: Request) -> Response:
        only(request, "include[]")
        show = self._happened(request)
        entry = self._desk.records.entry(request.path_params["entry_id"])
        if entry is None:
            raise missing("Log entry not found")
        return JSONResponse({"log_entry": show.log_entry(entry)})

    async def _notifications(self, request: Request) -> Response:
        only(request, "since", "until", "filter", "include[]")
        show = self._happened(request)
        since, until = instant(request, "since"), instant(request, "until")
        if since is None or until is None:
            raise invalid("since and until are required")
        if not since <= until <= since + _LONGEST_RANGE:
            raise invalid(f"until must not be before since, nor more than {_LONGEST_RANGE.days} days after it")
        ways = choices(request, "filter", _WAYS)
        in_range = within(request)
        rows = [
            entry
            for entry in reversed(self._desk.log)
            if entry.type is EntryType.NOTIFY and in_range(entry.at) and (not ways or "email_notification" in ways)
        ]
        return page(request, "notifications", rows, show.notification)

    async def _changes(self, request: Request) -> Response:
        only(request, "since", "until", "integration_ids[]")
        links: Links = self._happened(request)
        service = request.path_params.get("service_id")
        if service is not None:
            found(self._directory.services, service, "Service")
        integrations = set(request.query_params.getlist("integration_ids[]"))
        in_range = within(request)
        rows = [
            change
            for change in reversed(list(self._desk.changes))
            if in_range(change.at)
            and (service is None or change.service_id == service)
            and (not integrations or change.integration_id in integrations)
        ]
        return page(request, "change_events", rows, lambda change: _shown(change, links))

    async def _change(self, request: Request) -> Response:
        only(request)
        links: Links = self._happened(request)
        changes = {change.id: change for change in self._desk.changes}
        change = found(changes, request.path_params["change_id"], "Change event")
        return JSONResponse({"change_event": _shown(change, links)})

    def _rows(self, request: Request, entries: list[LogEntry]) -> list[LogEntry]:
        only(request, "since", "until", "is_overview", "include[]", "time_zone")
        if request.query_params.get("is_overview", "false").lower() != "false":
            raise NotModelled("is_overview=true is not modelled: the log is always complete")
        unmodelled = sorted(set(request.query_params.getlist("include[]")) - {"channels"})
        if unmodelled:
            raise NotModelled(f"include[]={unmodelled[0]} is not modelled; channels are always included")
        in_range = within(request)
        return [entry for entry in reversed(entries) if in_range(entry.at)]


def _shown(change: Change, links: Links) -> dict[str, Any]:
    payload = change.event.body["payload"]
    summary = change.event.summary
    return links.entity("change_event", "change_events", change.id, summary) | {
        "timestamp": payload.get("timestamp") or wire_instant(change.at),
        "source": payload.get("source"),
        "integration": links.integration_reference(change.service_id, change.integration_id),
        "services": [links.service_reference(change.service_id)],
        "routing_key": change.event.routing_key,
        "links": change.event.body.get("links") or [],
        "images": change.event.body.get("images") or [],
        "custom_details": payload.get("custom_details") or {},
    }
