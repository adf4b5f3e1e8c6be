"""REST API v2: the orchestration of a service, whose rules suppress events or change them.

What was suppressed is listed by the control door's ``dropped``. Left out: the orchestrations of an account and
their routes, and actions that need more than an event (pauses, variables, automation); they are refused by name.
Source: the openapi description of developer.pagerduty.com.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alertproof.errors import ConfigError, NotModelled, nearest
from alertproof.pagerduty import Action, Service, Severity
from alertproof.pagerduty.orchestration import Actions, Orchestration, Rule, parse_condition
from alertproof.standins.pagerduty.asking import Handler, body_of, document_of, invalid, only
from alertproof.standins.pagerduty.fields import objects, text
from alertproof.standins.pagerduty.part import Part, found

__all__ = ["Orchestrations"]

_MODELLED = frozenset({"event_action", "route_to", "severity", "suppress"})
_MOST_RULES = 1000
_EMPTY: Mapping[str, Any] = {"sets": [{"id": "start", "rules": []}], "catch_all": {"actions": {}}}


@final
class Orchestrations(Part):
    """What becomes of an event before it is an alert."""

    def _table(self) -> Iterable[tuple[str, str, Handler]]:
        one = "/event_orchestrations/services/{service_id}"
        return [
            ("GET", one, self._get),
            ("PUT", one, self._update),
            ("GET", f"{one}/active", self._active),
            ("PUT", f"{one}/active", self._activate),
        ]

    async def _get(self, request: Request) -> Response:
        only(request)
        return self._answer(request, self._find(request))

    async def _update(self, request: Request) -> Response:
        service = self._find(request)
        path = await body_of(request, "orchestration_path")
        active = service.orchestration.active if service.orchestration else True
        changed = replace(service, orchestration=replace(_read(path), active=active))
        return self._answer(request, self._directory.put_service(changed))

    async def _active(self, request: Request) -> Response:
        only(request)
        orchestration = self._find(request).orchestration
        return JSONResponse({"active": orchestration is not None and orchestration.active})

    async def _activate(self, request: Request) -> Response:
        service = self._find(request)
        active = (await document_of(request)).get("active")
        if not isinstance(active, bool):
            raise invalid(f"Active must be true or false, got {active!r}")
        orchestration = replace(service.orchestration or _read(_EMPTY), active=active)
        self._directory.put_service(replace(service, orchestration=orchestration))
        return JSONResponse({"active": active})

    def _find(self, request: Request) -> Service:
        return found(self._directory.services, request.path_params["service_id"], "Service")

    def _answer(self, request: Request, service: Service) -> Response:
        wire = service.orchestration.wire if service.orchestration else _EMPTY
        parent = self._account(request).service_reference(service.id)
        return JSONResponse({"orchestration_path": {"type": "service", "parent": parent, **wire}})


def _read(path: Mapping[str, Any]) -> Orchestration:
    sets = objects(path, "sets")
    names = [text(each, "id") for each in sets]
    if "start" not in names or len(set(names)) != len(names):
        raise invalid("Sets must have ids of their own, one of them 'start'")
    if sum(len(objects(each, "rules")) for each in sets) > _MOST_RULES:
        raise invalid(f"Rules are too many (maximum is {_MOST_RULES})")
    catch_all = path.get("catch_all") or {"actions": {}}
    if not isinstance(catch_all, Mapping):
        raise invalid("Catch all must be {'actions': {..}}")
    shown = [
        {
            "id": name,
            "rules": [
                {"label": None, "disabled": False, **rule, "id": f"{place:02}{number:06}"}
                for number, rule in enumerate(objects(each, "rules"), 1)
            ],
        }
        for place, (name, each) in enumerate(zip(names, sets, strict=True))
    ]
    return Orchestration(
        sets={
            name: tuple(_rule(rule, names) for rule in objects(each, "rules") if rule.get("disabled") is not True)
            for name, each in zip(names, sets, strict=True)
        },
        catch_all=_actions(catch_all, names),
        wire={"sets": shown, "catch_all": {"actions": catch_all.get("actions") or {}}},
    )


def _rule(rule: Mapping[str, Any], sets: list[str]) -> Rule:
    conditions = objects(rule, "conditions") if rule.get("conditions") else []
    parsed = tuple(parse_condition(text(each, "expression", longest=10_000)) for each in conditions)
    return Rule(conditions=parsed, actions=_actions(rule, sets))


def _actions(rule: Mapping[str, Any], sets: list[str]) -> Actions:
    given = rule.get("actions") or {}
    if not isinstance(given, Mapping):
        raise invalid("Actions must be an object")
    unmodelled = sorted(
        name for name, value in given.items() if name not in _MODELLED and value not in (None, [], {}, False)
    )
    if unmodelled:
        raise NotModelled(f"the action {unmodelled[0]!r} of a rule is not modelled; use one of {sorted(_MODELLED)}")
    severity, action, route = given.get("severity"), given.get("event_action"), given.get("route_to")
    if severity is not None and severity not in list(Severity):
        raise ConfigError(f"Severity is not included in the list: {severity!r}")
    if action not in (None, Action.TRIGGER, Action.RESOLVE):
        raise ConfigError(f"Event action is not included in the list: {action!r}")
    if route is not None and route not in sets:
        raise ConfigError(f"route_to names no set: {route!r}{nearest(str(route), sets)}")
    if not isinstance(given.get("suppress"), bool | None):
        raise ConfigError(f"Suppress must be true or false, got {given['suppress']!r}")
    return Actions(
        suppress=bool(given.get("suppress")),
        severity=Severity(severity) if severity else None,
        event_action=Action(action) if action else None,
        next_set=route,
    )
