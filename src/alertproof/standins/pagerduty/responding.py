"""REST API v2: what people do to incidents: open, acknowledge, resolve, reassign, escalate, snooze, merge, note.

Of a list of changes those before a refused one stand: what PagerDuty does then is not said. An acknowledged incident
that goes to other people is triggered again. Left out: priorities, responders, status updates, custom fields.
Source: the openapi description of developer.pagerduty.com.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alertproof.errors import NotModelled, nearest
from alertproof.pagerduty import Agent, EscalationPolicy, Incident, Status, Urgency, UrgencyRule
from alertproof.standins.pagerduty.asking import (
    Handler,
    RefusedError,
    body_of,
    document_of,
    invalid,
    missing,
    requester,
)
from alertproof.standins.pagerduty.fields import objects, optional_text, reference, references, text, whole
from alertproof.standins.pagerduty.part import Part, found

__all__ = ["Responding"]

_CHANGES = frozenset(
    {"assignments", "escalation_level", "escalation_policy", "id", "resolution", "status", "title", "type", "urgency"}
)
_NEW = frozenset(
    {"assignments", "body", "escalation_policy", "incident_key", "service", "title", "type", "urgency", "priority"}
)
#: Source: the openapi description (PUT /incidents).
_MOST_CHANGES = 250
#: A week. Source: the openapi description (snooze).
_LONGEST_SNOOZE = 604_800
_LONGEST_TITLE = 1024
_LONGEST_NOTE = 25_000


@final
class Responding(Part):
    """Who reacted, and how."""

    def _table(self) -> Iterable[tuple[str, str, Handler]]:
        one = "/incidents/{incident_id}"
        return [
            ("POST", "/incidents", self._open),
            ("PUT", "/incidents", self._change_many),
            ("PUT", one, self._change),
            ("PUT", f"{one}/merge", self._merge),
            ("POST", f"{one}/snooze", self._snooze),
            ("POST", f"{one}/notes", self._note),
            ("PUT", one + "/alerts/{alert_id}", self._change_alert),
        ]

    async def _open(self, request: Request) -> Response:
        user = requester(request, self._directory)
        body = await body_of(request, "incident")
        _known(body, _NEW, "of a new incident")
        show, now = self._happened(request), self._clock.now()
        service = self._directory.services.get(reference(body, "service"))
        if service is None:
            raise invalid("Service not found")
        key, users = optional_text(body, "incident_key") or None, self._assignees(body)
        policy_id = reference(body, "escalation_policy") if body.get("escalation_policy") else service.policy_id
        policy = found(self._directory.policies, policy_id, "Escalation policy")
        self._free(key, service.id)
        reason = self._desk.why_not(service, now)
        if reason is not None:
            raise invalid(reason)
        if not users and self._desk.life.someone(policy, now) is None:
            raise RefusedError(400, 1015, "Escalation policy has nobody on call", policy.name)
        details = body.get("body")
        urgency = Urgency.LOW if service.urgency is UrgencyRule.LOW else Urgency.HIGH
        incident = self._desk.life.open(
            service,
            policy,
            Agent("user", user.id),
            now,
            title=text(body, "title", longest=_LONGEST_TITLE),
            urgency=_urgency(body) or urgency,
            assigned=users,
            key=key,
            details=optional_text(details, "details") if isinstance(details, Mapping) else None,
        )
        return JSONResponse({"incident": show.incident(incident)}, 201)

    async def _change_many(self, request: Request) -> Response:
        user = requester(request, self._directory)
        given = objects(await document_of(request), "incidents")
        if len(given) > _MOST_CHANGES:
            raise RefusedError(413, 2001, "Invalid Input Provided", f"at most {_MOST_CHANGES} incidents at once")
        show = self._happened(request)
        found_ = [found(self._desk.incidents, reference({"incident": each}, "incident"), "Incident") for each in given]
        for body in given:
            _known(body, _CHANGES, "of an incident")
        changed = [self._apply(each.id, body, user.id) for each, body in zip(found_, given, strict=True)]
        return JSONResponse({"incidents": [show.incident(each) for each in changed]})

    async def _change(self, request: Request) -> Response:
        user = requester(request, self._directory)
        body = await body_of(request, "incident")
        show = self._happened(request)
        incident = self._find(request)
        _known(body, _CHANGES, "of an incident")
        return JSONResponse({"incident": show.incident(self._apply(incident.id, body, user.id))})

    async def _merge(self, request: Request) -> Response:
        user = requester(request, self._directory)
        sources = references(await document_of(request), "source_incidents")
        if not sources:
            raise invalid("Source incidents can't be blank")
        show = self._happened(request)
        target = self._desk.merge(self._find(request).id, list(sources), user.id, self._clock.now())
        return JSONResponse({"incident": show.incident(target)})

    async def _snooze(self, request: Request) -> Response:
        user = requester(request, self._directory)
        length = whole((await document_of(request)).get("duration"), "duration", most=_LONGEST_SNOOZE)
        if length < 1:
            raise invalid("duration must be at least 1 second")
        show, now = self._happened(request), self._clock.now()
        until = now + timedelta(seconds=length)
        incident = self._desk.snooze(self._find(request).id, user.id, now, until)
        return JSONResponse({"incident": show.incident(incident)}, 201)

    async def _note(self, request: Request) -> Response:
        user = requester(request, self._directory)
        content = text(await body_of(request, "note"), "content", longest=_LONGEST_NOTE)
        show = self._happened(request)
        note = self._desk.life.annotate(self._find(request), user.id, content, self._clock.now())
        return JSONResponse({"note": show.note(note)}, 201)

    async def _change_alert(self, request: Request) -> Response:
        user = requester(request, self._directory)
        body = await body_of(request, "alert")
        show = self._happened(request)
        alerts = {alert.id: alert for alert in self._desk.alerts_of(self._find(request).id)}
        alert = found(alerts, request.path_params["alert_id"], "Alert")
        if body.get("incident"):
            raise NotModelled("an alert's move to another incident is not modelled; merge the incidents")
        if body.get("status") != "resolved":
            raise invalid(f"Status must be 'resolved', got {body.get('status')!r}")
        if alert.status is Status.RESOLVED:
            raise invalid("Alert is already resolved")
        alert = self._desk.resolve_alert(alert, Agent("user", user.id), self._clock.now())
        return JSONResponse({"alert": show.alert(alert)})

    def _apply(self, incident_id: str, body: Mapping[str, Any], user_id: str) -> Incident:
        """Make all changes that a body asks for, or none: what is wrong is refused before the first."""
        now, life, agent = self._clock.now(), self._desk.life, Agent("user", user_id)
        status, resolution = body.get("status"), optional_text(body, "resolution")
        if status not in (None, "acknowledged", "resolved"):
            raise invalid(f"status must be 'acknowledged' or 'resolved', got {status!r}")
        if not set(body) - {"type", "id"}:
            raise invalid("nothing to change: give a status, title, urgency, assignment, level or policy")
        incident = self._desk.asked(incident_id, now)
        title = text(body, "title", longest=_LONGEST_TITLE) if "title" in body else None
        urgency, users = _urgency(body) or incident.urgency, self._assignees(body)
        destination = self._destination(incident, body, urgency, now)
        if status == "acknowledged" and not users and destination is None:
            incident = self._desk.acknowledge(incident_id, user_id, now)
        if urgency is not incident.urgency:
            incident = life.rise(incident, urgency, agent, now)
        if destination is not None:
            incident = life.move(incident, *destination, agent, now)
        if users:
            incident = life.assign(incident, users, agent, now)
        if title is not None:
            incident = life.rename(incident, title, now)
        if status == "acknowledged" and incident.status is Status.TRIGGERED:
            incident = self._desk.acknowledge(incident_id, user_id, now)
        elif status == "resolved":
            if resolution:
                life.annotate(incident, user_id, f"Resolution Note: {resolution}", now)
            incident = self._desk.resolve(incident_id, user_id, now)
        return incident

    def _destination(
        self, incident: Incident, body: Mapping[str, Any], urgency: Urgency, now: datetime
    ) -> tuple[EscalationPolicy, int] | None:
        """Return the policy and the level to which a body takes an incident, or None."""
        if not body.get("escalation_policy") and body.get("escalation_level") is None:
            return None
        policy = incident.policy
        if body.get("escalation_policy"):
            policy = found(self._directory.policies, reference(body, "escalation_policy"), "Escalation policy")
        elif urgency is Urgency.LOW:
            raise invalid("A low-urgency incident cannot be escalated")
        level = whole(body.get("escalation_level", 1), "escalation_level")
        if not 1 <= level <= len(policy.rules):
            raise invalid(f"escalation_level must be 1 to {len(policy.rules)}, got {level}")
        if self._desk.life.someone(policy, now, level) is None:
            raise RefusedError(400, 1015, "Escalation policy has nobody on call", f"level {level} and above")
        return policy, level

    def _assignees(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        if not body.get("assignments"):
            return ()
        users = tuple(dict.fromkeys(reference(each, "assignee") for each in objects(body, "assignments")))
        for user in users:
            if user not in self._directory.users:
                raise invalid(f"Assignee not found: {user!r}{nearest(user, self._directory.users)}")
        return users

    def _free(self, key: str | None, service_id: str) -> None:
        taken = key is not None and any(each.key == key for each in self._desk.records.open_of(service_id))
        if taken:
            text_ = "Open incident with matching dedup key already exists on this service"
            raise RefusedError(400, 2002, "Arguments Caused Error", text_)

    def _find(self, request: Request) -> Incident:
        incident = self._desk.incidents.get(request.path_params["incident_id"])
        if incident is None:
            raise missing("Incident not found")
        return incident


def _known(body: Mapping[str, Any], known: frozenset[str], what: str) -> None:
    unmodelled = sorted(set(body) - known)
    if unmodelled:
        raise NotModelled(f"{unmodelled[0]!r} {what} is not modelled{nearest(unmodelled[0], known)}")
    if body.get("priority"):
        raise NotModelled(f"'priority' {what} is not modelled")


def _urgency(body: Mapping[str, Any]) -> Urgency | None:
    value = body.get("urgency")
    if value is None:
        return None
    if value not in list(Urgency):
        raise invalid(f"Urgency is not included in the list: {value!r}")
    return Urgency(value)
