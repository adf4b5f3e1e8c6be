"""REST API v2: escalation policies.

Source: the openapi description of developer.pagerduty.com.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alertproof.errors import NotModelled
from alertproof.pagerduty import EscalationPolicy, EscalationRule
from alertproof.standins.pagerduty.asking import Handler, body_of, invalid, only, page
from alertproof.standins.pagerduty.fields import optional_text, reference, text, unmodelled, whole
from alertproof.standins.pagerduty.part import Part, by_name, found

__all__ = ["Policies"]

_TARGETS = frozenset({"user", "user_reference", "schedule", "schedule_reference"})
#: Source: the openapi description (EscalationRule.targets).
_MOST_TARGETS = 10
#: Source: support.pagerduty.com (escalation policies): up to 20 rules.
_MOST_RULES = 20


@final
class Policies(Part):
    """Who is told, and after whom."""

    def _table(self) -> Iterable[tuple[str, str, Handler]]:
        one = "/escalation_policies/{policy_id}"
        return [
            ("GET", "/escalation_policies", self._list),
            ("POST", "/escalation_policies", self._create),
            ("GET", one, self._get),
            ("PUT", one, self._update),
            ("DELETE", one, self._delete),
        ]

    async def _list(self, request: Request) -> Response:
        only(request, "query", "user_ids[]")
        users = set(request.query_params.getlist("user_ids[]"))
        rows = [
            policy
            for policy in by_name(self._directory.policies.values(), request)
            if not users or any(target in users for rule in policy.rules for target in rule.targets)
        ]
        return page(request, "escalation_policies", rows, self._account(request).policy)

    async def _create(self, request: Request) -> Response:
        body = await body_of(request, "escalation_policy")
        unmodelled(body, "escalation policy", ["teams"])
        policy = self._directory.add_policy(
            text(body, "name"),
            _rules(body),
            loops=whole(body.get("num_loops", 0), "num_loops"),
            description=optional_text(body, "description"),
        )
        return JSONResponse({"escalation_policy": self._account(request).policy(policy)}, 201)

    async def _get(self, request: Request) -> Response:
        only(request)
        return JSONResponse({"escalation_policy": self._account(request).policy(self._find(request))})

    async def _update(self, request: Request) -> Response:
        before = self._find(request)
        body = await body_of(request, "escalation_policy")
        unmodelled(body, "escalation policy", ["teams"])
        policy = self._directory.put_policy(
            replace(
                before,
                name=text({"name": before.name, **body}, "name"),
                rules=_rules(body) if "escalation_rules" in body else before.rules,
                loops=whole(body.get("num_loops", before.loops), "num_loops"),
                description=optional_text(body, "description", before.description),
            )
        )
        return JSONResponse({"escalation_policy": self._account(request).policy(policy)})

    async def _delete(self, request: Request) -> Response:
        self._directory.remove_policy(self._find(request).id)
        return Response(status_code=204)

    def _find(self, request: Request) -> EscalationPolicy:
        return found(self._directory.policies, request.path_params["policy_id"], "Escalation policy")


def _rules(body: Mapping[str, Any]) -> tuple[EscalationRule, ...]:
    rules = body.get("escalation_rules")
    if not isinstance(rules, list):
        raise invalid("Escalation rules cannot be empty")
    if len(rules) > _MOST_RULES:
        raise invalid(f"Escalation rules are too many (maximum is {_MOST_RULES})")
    return tuple(_rule(rule) for rule in rules)


def _rule(rule: object) -> EscalationRule:
    if not isinstance(rule, Mapping) or not isinstance(rule.get("targets"), list):
        raise invalid("Escalation rule targets cannot be empty")
    strategy = rule.get("escalation_rule_assignment_strategy")
    # Written as a name or as {"type": name}.
    strategy = strategy.get("type") if isinstance(strategy, Mapping) else strategy
    if strategy not in (None, "assign_to_everyone"):
        raise NotModelled(f"escalation_rule_assignment_strategy={strategy!r} is not modelled; use 'assign_to_everyone'")
    if len(rule["targets"]) > _MOST_TARGETS:
        raise invalid(f"Escalation rule targets are too many (maximum is {_MOST_TARGETS})")
    targets = []
    for target in rule["targets"]:
        kind = target.get("type") if isinstance(target, Mapping) else None
        if not isinstance(kind, str) or kind not in _TARGETS:
            known = "'user_reference' or 'schedule_reference'"
            raise NotModelled(f"the escalation target {kind!r} is not modelled; use {known}")
        targets.append(reference({"target": target}, "target"))
    delay = whole(rule.get("escalation_delay_in_minutes"), "escalation_delay_in_minutes")
    return EscalationRule(delay=timedelta(minutes=delay), targets=tuple(targets))
