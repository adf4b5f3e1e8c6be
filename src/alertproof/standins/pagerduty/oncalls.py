"""REST API v2: who is on call, by escalation policy and level.

A user who is named by a policy is on call always: such a row has no start and no end. Of a schedule's shifts the
rows show the whole shift, looked for a month around the range.
Source: the openapi description of developer.pagerduty.com.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, final

from starlette.requests import Request
from starlette.responses import Response

from alertproof.pagerduty import EscalationPolicy, shifts
from alertproof.standins.pagerduty.asking import Handler, included, instant, invalid, only, page
from alertproof.standins.pagerduty.links import wire_instant
from alertproof.standins.pagerduty.part import Part
from alertproof.standins.pagerduty.render import AccountRenderer

__all__ = ["OnCalls"]

_LONGEST_RANGE = timedelta(days=93)
_AROUND = timedelta(days=31)
#: What can be shown whole, and how ``include[]`` calls it.
_INCLUDED_AS = {"escalation_policy": "escalation_policies", "schedule": "schedules", "user": "users"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnCall:
    policy_id: str
    level: int
    user: str
    schedule_id: str | None = None
    start: datetime | None = None
    end: datetime | None = None


@final
class OnCalls(Part):
    """Who would be told."""

    def _table(self) -> Iterable[tuple[str, str, Handler]]:
        return [("GET", "/oncalls", self._list)]

    async def _list(self, request: Request) -> Response:
        filters = ("escalation_policy_ids[]", "schedule_ids[]", "user_ids[]")
        only(request, *filters, "since", "until", "earliest", "time_zone", "include[]")
        since = instant(request, "since") or self._clock.now()
        until = instant(request, "until") or since
        if not since <= until <= since + _LONGEST_RANGE:
            raise invalid(f"until must not be before since, nor more than {_LONGEST_RANGE.days} days after it")
        policies, schedules, users = (set(request.query_params.getlist(name)) for name in filters)
        rows = [
            row
            for policy in self._directory.policies.values()
            if not policies or policy.id in policies
            for row in self._rows(policy, since, until)
            if (not schedules or row.schedule_id in schedules) and (not users or row.user in users)
        ]
        if request.query_params.get("earliest", "").lower() == "true":
            rows = _earliest(rows)
        return page(
            request, "oncalls", rows, self._shown(self._account(request), included(request, *_INCLUDED_AS.values()))
        )

    def _rows(self, policy: EscalationPolicy, since: datetime, until: datetime) -> Iterator[_OnCall]:
        for level, rule in enumerate(policy.rules, 1):
            for target in rule.targets:
                schedule = self._directory.schedules.get(target)
                if schedule is None:
                    yield _OnCall(policy_id=policy.id, level=level, user=target)
                    continue
                for shift in shifts(schedule, since - _AROUND, until + _AROUND):
                    if shift.start <= until and shift.end > since:
                        yield _OnCall(
                            policy_id=policy.id,
                            level=level,
                            user=shift.user,
                            schedule_id=target,
                            start=shift.start,
                            end=shift.end,
                        )

    def _shown(self, show: AccountRenderer, whole: frozenset[str]) -> Callable[[_OnCall], dict[str, Any]]:
        def shown(row: _OnCall) -> dict[str, Any]:
            references = {
                "escalation_policy": show.policy_reference(row.policy_id),
                "schedule": show.schedule_reference(row.schedule_id) if row.schedule_id else None,
                "user": show.user_reference(row.user),
            }
            return {
                "escalation_level": row.level,
                "start": wire_instant(row.start) if row.start else None,
                "end": wire_instant(row.end) if row.end else None,
            } | {
                name: show.whole(each) if each is not None and _INCLUDED_AS[name] in whole else each
                for name, each in references.items()
            }

        return shown


def _earliest(rows: list[_OnCall]) -> list[_OnCall]:
    """Return of each policy, level and user the first row."""
    first: dict[tuple[str, int, str], _OnCall] = {}
    for row in rows:
        first.setdefault((row.policy_id, row.level, row.user), row)
    return list(first.values())
