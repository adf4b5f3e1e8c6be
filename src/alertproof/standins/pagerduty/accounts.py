"""REST API v2: users, escalation policies, services and integrations: what is set up before a drill.

Options that are known but not modelled (schedules, support hours, alert grouping, ..) are answered with 400
and their name. Source: the openapi description of developer.pagerduty.com.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Protocol, TypeVar, final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.errors import NotModelled
from alertproof.pagerduty import Desk, EscalationRule, Service, UrgencyRule
from alertproof.standins.pagerduty.asking import body_of, guarded, invalid, missing, only, page
from alertproof.standins.pagerduty.render import INTEGRATION_TYPE, Renderer

__all__ = ["Accounts"]

_UNMODELLED_SERVICE = frozenset(
    {
        "alert_grouping",
        "alert_grouping_parameters",
        "alert_grouping_timeout",
        "auto_pause_notifications_parameters",
        "response_play",
        "scheduled_actions",
        "support_hours",
    }
)


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_N = TypeVar("_N", bound=_Named)


@final
class Accounts:
    """What an account is made of."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._directory = desk.directory
        self._clock = clock

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        integrations = "/services/{service_id}/integrations"
        table = [
            ("GET", "/abilities", self._abilities),
            ("GET", "/users", self._users),
            ("POST", "/users", self._new_user),
            ("GET", "/users/{user_id}", self._user),
            ("GET", "/escalation_policies", self._policies),
            ("POST", "/escalation_policies", self._new_policy),
            ("GET", "/escalation_policies/{policy_id}", self._policy),
            ("GET", "/services", self._services),
            ("POST", "/services", self._new_service),
            ("GET", "/services/{service_id}", self._service),
            ("POST", integrations, self._new_integration),
            ("GET", integrations + "/{integration_id}", self._integration),
        ]
        return [Route(path, guarded(handler), methods=[method]) for method, path, handler in table]

    async def _abilities(self, request: Request) -> Response:
        only(request)
        return JSONResponse({"abilities": []})

    async def _users(self, request: Request) -> Response:
        only(request, "query")
        wanted = request.query_params.get("query", "").lower()
        found = [
            user
            for user in self._directory.users.values()
            if wanted in user.name.lower() or wanted in user.email.lower()
        ]
        return page(request, "users", found, self._show(request).user)

    async def _new_user(self, request: Request) -> Response:
        body = await body_of(request, "user")
        user = self._directory.add_user(_text(body, "name"), _text(body, "email"))
        return JSONResponse({"user": self._show(request).user(user)}, 201)

    async def _user(self, request: Request) -> Response:
        only(request)
        user = self._directory.users.get(request.path_params["user_id"])
        if user is None:
            raise missing("User not found")
        return JSONResponse({"user": self._show(request).user(user)})

    async def _policies(self, request: Request) -> Response:
        only(request, "query")
        found = _by_name(self._directory.policies.values(), request)
        return page(request, "escalation_policies", found, self._show(request).policy)

    async def _new_policy(self, request: Request) -> Response:
        body = await body_of(request, "escalation_policy")
        rules = body.get("escalation_rules")
        if not isinstance(rules, list):
            raise invalid("Escalation rules cannot be empty")
        policy = self._directory.add_policy(
            _text(body, "name"),
            [_rule(rule) for rule in rules],
            loops=_whole(body.get("num_loops", 0), "num_loops"),
            description=str(body.get("description") or ""),
        )
        return JSONResponse({"escalation_policy": self._show(request).policy(policy)}, 201)

    async def _policy(self, request: Request) -> Response:
        only(request)
        policy = self._directory.policies.get(request.path_params["policy_id"])
        if policy is None:
            raise missing("Escalation policy not found")
        return JSONResponse({"escalation_policy": self._show(request).policy(policy)})

    async def _services(self, request: Request) -> Response:
        only(request, "query", "include[]")
        return page(
            request,
            "services",
            _by_name(self._directory.services.values(), request),
            self._service_view(request),
        )

    async def _new_service(self, request: Request) -> Response:
        body = await body_of(request, "service")
        unmodelled = sorted(name for name in _UNMODELLED_SERVICE if body.get(name) is not None)
        if unmodelled:
            raise NotModelled(f"the service option {unmodelled[0]!r} is not modelled")
        if body.get("alert_creation", "create_alerts_and_incidents") != "create_alerts_and_incidents":
            raise NotModelled(f"alert_creation={body['alert_creation']!r} is not modelled")
        if body.get("status") not in {None, "active"}:
            raise NotModelled(f"a service that is created with status={body['status']!r} is not modelled")
        policy = body.get("escalation_policy")
        if not isinstance(policy, Mapping):
            raise invalid("Escalation policy can't be blank")
        service = self._directory.add_service(
            _text(body, "name"),
            str(policy.get("id")),
            self._clock.now(),
            urgency=_urgency(body.get("incident_urgency_rule")),
            acknowledgement_timeout=_timeout(body, "acknowledgement_timeout", 1800),
            auto_resolve_timeout=_timeout(body, "auto_resolve_timeout", 14400),
            description=str(body.get("description") or ""),
        )
        return JSONResponse({"service": self._show(request).service(service)}, 201)

    async def _service(self, request: Request) -> Response:
        only(request, "include[]")
        return JSONResponse({"service": self._service_view(request)(self._find_service(request))})

    async def _new_integration(self, request: Request) -> Response:
        service = self._find_service(request)
        body = await body_of(request, "integration")
        kind = str(body.get("type", "")).removesuffix("_reference")
        if kind != INTEGRATION_TYPE:
            raise NotModelled(f"the integration type {kind!r} is not modelled; use {INTEGRATION_TYPE!r}")
        name = str(body.get("name") or body.get("summary") or "Events API V2")
        integration = self._directory.add_integration(service.id, name, self._clock.now())
        return JSONResponse({"integration": self._show(request).integration(integration)}, 201)

    async def _integration(self, request: Request) -> Response:
        only(request)
        service = self._find_service(request)
        integration = self._directory.integrations.get(request.path_params["integration_id"])
        if integration is None or integration.service_id != service.id:
            raise missing("Integration not found")
        return JSONResponse({"integration": self._show(request).integration(integration)})

    def _find_service(self, request: Request) -> Service:
        service = self._directory.services.get(request.path_params["service_id"])
        if service is None:
            raise missing("Service not found")
        return service

    def _service_view(self, request: Request) -> Callable[[Service], dict[str, Any]]:
        included = set(request.query_params.getlist("include[]"))
        unmodelled = sorted(included - {"integrations"})
        if unmodelled:
            raise NotModelled(f"include[]={unmodelled[0]} is not modelled; use include[]=integrations")
        show, whole = self._show(request), bool(included)
        return lambda service: show.service(service, with_integrations=whole)

    def _show(self, request: Request) -> Renderer:
        # A page that is asked for shows the desk as it is now: escalations that are due have happened.
        self._desk.advance(self._clock.now())
        return Renderer(self._desk, f"{request.url.scheme}://{request.url.netloc}")


def _by_name(entities: Iterable[_N], request: Request) -> list[_N]:
    wanted = request.query_params.get("query", "").lower()
    return sorted((each for each in entities if wanted in each.name.lower()), key=lambda each: each.name.lower())


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise invalid(f"{name.capitalize()} can't be blank")
    return value


def _whole(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise invalid(f"{name} must be a whole number, got {value!r}")
    return value


def _timeout(body: Mapping[str, Any], name: str, default: int) -> timedelta | None:
    # 0 and null turn a timeout off.
    value = body.get(name, default)
    return timedelta(seconds=_whole(value, name)) if value else None


def _urgency(rule: object) -> UrgencyRule:
    if rule is None:
        return UrgencyRule.HIGH
    if not isinstance(rule, Mapping) or rule.get("type") != "constant":
        raise NotModelled(f"the urgency rule {rule!r} is not modelled; use the type 'constant'")
    if rule.get("urgency") not in list(UrgencyRule):
        raise invalid(f"Incident urgency rule is invalid: urgency {rule.get('urgency')!r}")
    return UrgencyRule(rule["urgency"])


def _rule(rule: object) -> EscalationRule:
    if not isinstance(rule, Mapping) or not isinstance(rule.get("targets"), list):
        raise invalid("Escalation rule targets cannot be empty")
    strategy = rule.get("escalation_rule_assignment_strategy")
    # Written as a name or as {"type": name}.
    strategy = strategy.get("type") if isinstance(strategy, Mapping) else strategy
    if strategy not in {None, "assign_to_everyone"}:
        raise NotModelled(f"escalation_rule_assignment_strategy={strategy!r} is not modelled; use 'assign_to_everyone'")
    targets = []
    for target in rule["targets"]:
        kind = target.get("type") if isinstance(target, Mapping) else None
        if kind not in {"user", "user_reference"}:
            raise NotModelled(f"the escalation target {kind!r} is not modelled; use 'user_reference'")
        targets.append(str(target.get("id")))
    delay = _whole(rule.get("escalation_delay_in_minutes"), "escalation_delay_in_minutes")
    return EscalationRule(delay=timedelta(minutes=delay), targets=tuple(targets))
