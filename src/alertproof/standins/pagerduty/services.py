"""REST API v2: services and their integrations.

Options that are known but not modelled (support hours, paused notifications, intelligent grouping, ..) are answered
with 400 and their name. A service with open incidents is not deleted: what PagerDuty does to those is not said.
Source: the openapi description of developer.pagerduty.com.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alertproof.errors import NotModelled
from alertproof.pagerduty import Grouping, Integration, Service, UrgencyRule
from alertproof.standins.pagerduty.asking import Handler, body_of, included, invalid, missing, only, page
from alertproof.standins.pagerduty.fields import optional_text, reference, seconds, text, unmodelled
from alertproof.standins.pagerduty.groupings import MINUTE, read_grouping, shown_grouping
from alertproof.standins.pagerduty.links import INTEGRATION_TYPE
from alertproof.standins.pagerduty.part import Part, by_name, found

__all__ = ["Services"]

_UNMODELLED = (
    "alert_grouping",
    "alert_grouping_timeout",
    "auto_pause_notifications_parameters",
    "response_play",
    "scheduled_actions",
    "support_hours",
    "teams",
)
_INCLUDED = frozenset({"integrations", "escalation_policies"})
_STATUSES = {"active": True, "warning": True, "critical": True, "maintenance": True, "disabled": False}


@final
class Services(Part):
    """What alerts are about."""

    def _table(self) -> Iterable[tuple[str, str, Handler]]:
        one = "/services/{service_id}"
        integrations = f"{one}/integrations"
        return [
            ("GET", "/services", self._list),
            ("POST", "/services", self._create),
            ("GET", one, self._get),
            ("PUT", one, self._update),
            ("DELETE", one, self._delete),
            ("POST", integrations, self._new_integration),
            ("GET", integrations + "/{integration_id}", self._integration),
            ("PUT", integrations + "/{integration_id}", self._rename_integration),
        ]

    async def _list(self, request: Request) -> Response:
        only(request, "query", "include[]")
        view = self._view(request)
        return page(request, "services", by_name(self._directory.services.values(), request), view)

    async def _create(self, request: Request) -> Response:
        body = await body_of(request, "service")
        made = _read(body, Service(id="", name="", policy_id="", created_at=self._clock.now()))
        service = self._directory.put_service(replace(made, id=self._directory.new_id("PS")))
        return JSONResponse({"service": self._account(request).service(service)}, 201)

    async def _get(self, request: Request) -> Response:
        only(request, "include[]")
        return JSONResponse({"service": self._view(request)(self._find(request))})

    async def _update(self, request: Request) -> Response:
        before = self._find(request)
        body = await body_of(request, "service")
        # What was due under the old timeouts has happened.
        show = self._account(request)
        service = self._directory.put_service(_read(body, before))
        self._desk.life.reconsider(service.id)
        return JSONResponse({"service": show.service(service)})

    async def _delete(self, request: Request) -> Response:
        service = self._find(request)
        self._desk.advance(self._clock.now())
        if self._desk.records.open_of(service.id):
            raise invalid("Service has open incidents: resolve them first")
        self._directory.remove_service(service.id)
        return Response(status_code=204)

    async def _new_integration(self, request: Request) -> Response:
        service = self._find(request)
        body = await body_of(request, "integration")
        kind = str(body.get("type", "")).removesuffix("_reference")
        if kind != INTEGRATION_TYPE:
            raise NotModelled(f"the integration type {kind!r} is not modelled; use {INTEGRATION_TYPE!r}")
        name = optional_text(body, "name") or optional_text(body, "summary") or "Events API V2"
        integration = self._directory.add_integration(service.id, name, self._clock.now())
        return JSONResponse({"integration": self._account(request).integration(integration)}, 201)

    async def _integration(self, request: Request) -> Response:
        only(request)
        return JSONResponse({"integration": self._account(request).integration(self._find_integration(request))})

    async def _rename_integration(self, request: Request) -> Response:
        before = self._find_integration(request)
        body = await body_of(request, "integration")
        changed = self._directory.put_integration(replace(before, name=text({"name": before.name, **body}, "name")))
        return JSONResponse({"integration": self._account(request).integration(changed)})

    def _find(self, request: Request) -> Service:
        return found(self._directory.services, request.path_params["service_id"], "Service")

    def _find_integration(self, request: Request) -> Integration:
        service = self._find(request)
        integration = self._directory.integrations.get(request.path_params["integration_id"])
        if integration is None or integration.service_id != service.id:
            raise missing("Integration not found")
        return integration

    def _view(self, request: Request) -> Callable[[Service], dict[str, Any]]:
        whole, show = included(request, *_INCLUDED), self._account(request)
        return lambda service: show.service(service, included=whole)


def _read(body: Mapping[str, Any], before: Service) -> Service:
    unmodelled(body, "service", _UNMODELLED)
    if body.get("alert_creation", "create_alerts_and_incidents") != "create_alerts_and_incidents":
        raise NotModelled(f"alert_creation={body['alert_creation']!r} is not modelled")
    policy = before.policy_id
    if "escalation_policy" in body or not policy:
        policy = reference(body, "escalation_policy")
    return replace(
        before,
        name=text({"name": before.name, **body}, "name"),
        policy_id=policy,
        urgency=_urgency(body, before.urgency),
        acknowledgement_timeout=seconds(body, "acknowledgement_timeout", before.acknowledgement_timeout),
        auto_resolve_timeout=seconds(body, "auto_resolve_timeout", before.auto_resolve_timeout),
        description=optional_text(body, "description", before.description),
        enabled=_enabled(body, enabled=before.enabled),
        grouping=_grouping(body, before),
    )


def _enabled(body: Mapping[str, Any], *, enabled: bool) -> bool:
    # Only disabled and active are set; the others are how a service stands, and are sent back as they were read.
    status = body.get("status")
    if status is None:
        return enabled
    if status not in list(_STATUSES):
        raise invalid(f"Status is not included in the list: {status!r}")
    return _STATUSES[status]


def _urgency(body: Mapping[str, Any], before: UrgencyRule) -> UrgencyRule:
    rule = body.get("incident_urgency_rule")
    if rule is None:
        return before
    if not isinstance(rule, Mapping) or rule.get("type") != "constant":
        raise NotModelled(f"the urgency rule {rule!r} is not modelled; use the type 'constant'")
    if rule.get("urgency") not in list(UrgencyRule):
        raise invalid(f"Incident urgency rule is invalid: urgency {rule.get('urgency')!r}")
    return UrgencyRule(rule["urgency"])


def _grouping(body: Mapping[str, Any], before: Service) -> Grouping | None:
    if "alert_grouping_parameters" not in body:
        return before.grouping
    grouping = read_grouping(body["alert_grouping_parameters"], MINUTE)
    if before.grouping_setting is None or before.grouping is None:
        return grouping
    # Sent back as it was read: in whole minutes.
    if grouping is None or shown_grouping(grouping, MINUTE) != shown_grouping(before.grouping, MINUTE):
        raise invalid(f"The service groups by the alert grouping setting {before.grouping_setting!r}: change that")
    return before.grouping
