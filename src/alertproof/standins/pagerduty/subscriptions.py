"""REST API v2: webhook subscriptions, and the webhooks v3 that they ask for.

The signing secret is shown once, when a subscription is made. Left out: filters by team, OAuth of the receiver.
Source: the openapi description of developer.pagerduty.com; developer.pagerduty.com/docs/webhooks.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alertproof.clock import Clock
from alertproof.errors import ConfigError, NotModelled, nearest
from alertproof.pagerduty import Desk, Happening
from alertproof.redact import Secret
from alertproof.standins.journal import drawn
from alertproof.standins.pagerduty.asking import Handler, body_of, invalid, only, page
from alertproof.standins.pagerduty.courier import Courier, Delivery, Receiver
from alertproof.standins.pagerduty.fields import objects, optional_text, reference, text, unmodelled
from alertproof.standins.pagerduty.links import wire_instant
from alertproof.standins.pagerduty.part import Part, address_of, found
from alertproof.standins.pagerduty.render_incidents import IncidentRenderer

__all__ = ["Subscriptions"]

#: Source: developer.pagerduty.com/docs/webhooks (event types). Of these the stand-in brings about those of its desk.
_EVENTS = (
    "incident.acknowledged",
    "incident.action_invocation.created",
    "incident.action_invocation.terminated",
    "incident.action_invocation.updated",
    "incident.annotated",
    "incident.conference_bridge.updated",
    "incident.custom_field_values.updated",
    "incident.delegated",
    "incident.escalated",
    "incident.incident_type.changed",
    "incident.priority_updated",
    "incident.reassigned",
    "incident.reopened",
    "incident.resolved",
    "incident.responder.added",
    "incident.responder.replied",
    "incident.role.assigned",
    "incident.role.unassigned",
    "incident.service_updated",
    "incident.status_update_published",
    "incident.task.created",
    "incident.task.updated",
    "incident.triggered",
    "incident.unacknowledged",
    "incident.workflow.completed",
    "incident.workflow.started",
    "pagey.ping",
    "service.created",
    "service.custom_field_values.updated",
    "service.deleted",
    "service.updated",
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,1000}")
_URL = re.compile(r"https?://[\x21-\x7e]{1,2000}")
#: Source: the openapi description: at most ten custom headers.
_MOST_HEADERS = 10


@dataclass(slots=True, kw_only=True)
class _Subscription:
    id: str
    receiver: Receiver
    events: tuple[str, ...]
    service_id: str | None
    description: str
    address: str
    active: bool = True
    told: int = 0


@final
class Subscriptions(Part):
    """Who is called of what happens."""

    KEPT = 1000

    def __init__(self, desk: Desk, clock: Clock, courier: Courier) -> None:
        super().__init__(desk, clock)
        self._courier = courier
        self._kept: dict[str, _Subscription] = {}
        desk.life.subscribe(self._tell)

    def _table(self) -> Iterable[tuple[str, str, Handler]]:
        one = "/webhook_subscriptions/{subscription_id}"
        return [
            ("GET", "/webhook_subscriptions", self._list),
            ("POST", "/webhook_subscriptions", self._create),
            ("GET", one, self._get),
            ("PUT", one, self._update),
            ("DELETE", one, self._delete),
            ("POST", f"{one}/enable", self._enable),
            ("POST", f"{one}/ping", self._ping),
        ]

    async def deliveries(self, _request: Request) -> Response:
        """Answer ``{"deliveries": [..]}``: what waits and what is done, with the reason of each failure."""
        rows = [*self._courier.done, *self._courier.waiting()]
        return JSONResponse({"count": len(rows), "deliveries": [_delivery(each) for each in rows]})

    async def _list(self, request: Request) -> Response:
        only(request, "filter_type", "filter_id")
        wanted, of = request.query_params.get("filter_type"), request.query_params.get("filter_id")
        if wanted not in (None, "account", "service"):
            raise NotModelled(f"filter_type={wanted} is not modelled; use 'account' or 'service'")
        rows = [
            each
            for each in self._kept.values()
            if (wanted is None or (each.service_id is None) == (wanted == "account"))
            and (of is None or each.service_id == of)
        ]
        return page(request, "webhook_subscriptions", rows, self._shown)

    async def _create(self, request: Request) -> Response:
        body = await body_of(request, "webhook_subscription")
        if len(self._kept) >= self.KEPT:
            raise invalid(f"the stand-in keeps at most {self.KEPT} subscriptions")
        method = body.get("delivery_method")
        if not isinstance(method, Mapping) or method.get("type") != "http_delivery_method":
            raise invalid("Delivery method must be {'type': 'http_delivery_method', 'url': ..}")
        url = text(method, "url", longest=2000)
        if not _URL.fullmatch(url):
            raise invalid(f"Url is invalid: {url!r}")
        secret = optional_text(method, "secret") or drawn.token(32)
        made = _Subscription(
            id=str(drawn.uuid4()),
            receiver=Receiver(url=url, secret=Secret(secret), headers=_headers(method)),
            events=_events(body),
            service_id=self._filter(body),
            description=optional_text(body, "description"),
            address=address_of(request),
        )
        self._kept[made.id] = made
        shown = self._shown(made)
        shown["delivery_method"]["secret"] = secret
        return JSONResponse({"webhook_subscription": shown}, 201)

    async def _get(self, request: Request) -> Response:
        only(request)
        return self._answer(self._find(request))

    async def _update(self, request: Request) -> Response:
        one = self._find(request)
        body = await body_of(request, "webhook_subscription")
        method = body.get("delivery_method") or {}
        if not isinstance(method, Mapping) or method.get("url", one.receiver.url) != one.receiver.url:
            raise invalid("Delivery method's url cannot be changed: make another subscription")
        events = _events(body) if "events" in body else one.events
        service = self._filter(body) if "filter" in body else one.service_id
        description = optional_text(body, "description", one.description)
        active = body.get("active", one.active)
        if not isinstance(active, bool):
            raise invalid(f"Active must be true or false, got {active!r}")
        if "custom_headers" in method:
            one.receiver.headers = _headers(method)
        one.events, one.service_id, one.description, one.active = events, service, description, active
        return self._answer(one)

    async def _delete(self, request: Request) -> Response:
        one = self._find(request)
        del self._kept[one.id]
        self._courier.forget(one.id)
        return Response(status_code=204)

    async def _enable(self, request: Request) -> Response:
        one = self._find(request)
        one.receiver.enable()
        return self._answer(one)

    async def _ping(self, request: Request) -> Response:
        one = self._find(request)
        at = wire_instant(self._clock.now())
        data = {"message": "Hello from your friend Pagey!", "type": "ping"}
        event = {"event_type": "pagey.ping", "resource_type": "pagey", "occurred_at": at, "agent": None, "data": data}
        self._send(one, event, order="pagey")
        return Response(status_code=202)

    def _tell(self, happening: Happening) -> None:
        incident = happening.incident
        for one in self._kept.values():
            if not one.active or happening.kind not in one.events or one.service_id not in (None, incident.service_id):
                continue
            show = IncidentRenderer(self._desk, one.address)
            event = {
                "event_type": happening.kind,
                "resource_type": "incident",
                "occurred_at": happening.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "agent": show.agent(happening.agent, incident.service_id),
                "data": show.told(incident) if happening.note is None else show.told_note(happening.note),
            }
            self._send(one, event, order=incident.id)

    def _send(self, one: _Subscription, event: Mapping[str, Any], *, order: str) -> None:
        one.told += 1
        # Counted, not drawn: what is told by itself is told again by the same name after a kill.
        identity = str(uuid.uuid5(uuid.UUID(one.id), str(one.told)))
        body = msgspec.json.encode({"event": {"id": identity, "client": None, **event}})
        self._courier.put(
            one.receiver, body, identity=identity, kind=event["event_type"], subscription_id=one.id, order=order
        )

    def _find(self, request: Request) -> _Subscription:
        return found(self._kept, request.path_params["subscription_id"], "Webhook subscription")

    def _filter(self, body: Mapping[str, Any]) -> str | None:
        given = body.get("filter")
        kind = given.get("type") if isinstance(given, Mapping) else None
        if kind == "account_reference":
            return None
        if kind != "service_reference":
            raise NotModelled(f"the filter {kind!r} is not modelled; use 'account_reference' or 'service_reference'")
        service = reference(body, "filter")
        if service not in self._directory.services:
            raise ConfigError(f"Service not found: {service!r}{nearest(service, self._directory.services)}")
        return service

    def _answer(self, one: _Subscription) -> Response:
        return JSONResponse({"webhook_subscription": self._shown(one)})

    def _shown(self, one: _Subscription) -> dict[str, Any]:
        filtered = {"type": "account_reference"}
        if one.service_id is not None:
            filtered = {"type": "service_reference", "id": one.service_id}
        return {
            "id": one.id,
            "type": "webhook_subscription",
            "active": one.active,
            "description": one.description,
            "events": list(one.events),
            "filter": filtered,
            "delivery_method": {
                "id": f"{one.id}M",
                "type": "http_delivery_method",
                "url": one.receiver.url,
                "secret": None,
                "temporarily_disabled": one.receiver.disabled(self._clock.now()),
                "custom_headers": [{"name": name, "value": "<redacted>"} for name in one.receiver.headers],
            },
        }


def _events(body: Mapping[str, Any]) -> tuple[str, ...]:
    events = body.get("events")
    if not isinstance(events, list) or not events:
        raise invalid("Events can't be blank")
    for event in events:
        if event not in _EVENTS:
            raise invalid(f"Events is invalid: {event!r}{nearest(str(event), _EVENTS)}")
    return tuple(dict.fromkeys(events))


def _headers(method: Mapping[str, Any]) -> dict[str, str]:
    unmodelled(method, "delivery method", ["oauth_client_id"])
    if not method.get("custom_headers"):
        return {}
    given = objects(method, "custom_headers")
    if len(given) > _MOST_HEADERS:
        raise invalid(f"Custom headers are too many (maximum is {_MOST_HEADERS})")
    headers = {text(each, "name"): optional_text(each, "value") for each in given}
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise invalid(f"Custom header {name!r} is invalid")
    return headers


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "subscription": delivery.subscription_id,
        "event_type": delivery.kind,
        "url": delivery.receiver.url,
        "outcome": delivery.outcome.value,
        "reason": delivery.reason,
        "tries": delivery.tries,
    }
