"""REST API v2: alert grouping settings, the newer way to say how services group alerts. Pages go by cursor.

A service has one setting at most; while it has one, its own parameters show that and cannot say otherwise.
Source: the openapi description of developer.pagerduty.com.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any, final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alertproof.clock import Clock
from alertproof.errors import nearest
from alertproof.pagerduty import Desk, Grouping
from alertproof.standins.pagerduty.asking import Handler, body_of, invalid, only, page_size
from alertproof.standins.pagerduty.fields import optional_text, references
from alertproof.standins.pagerduty.groupings import SECOND, read_grouping, shown_grouping
from alertproof.standins.pagerduty.links import Links, wire_instant
from alertproof.standins.pagerduty.part import Part, found

__all__ = ["GroupingSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    id: str
    name: str
    description: str
    grouping: Grouping
    services: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


@final
class GroupingSettings(Part):
    """Which services group alike."""

    KEPT = 10_000

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__(desk, clock)
        self._kept: dict[str, _Setting] = {}
        self._numbers = count(1)

    def _table(self) -> Iterable[tuple[str, str, Handler]]:
        one = "/alert_grouping_settings/{setting_id}"
        return [
            ("GET", "/alert_grouping_settings", self._list),
            ("POST", "/alert_grouping_settings", self._create),
            ("GET", one, self._get),
            ("PUT", one, self._update),
            ("DELETE", one, self._delete),
        ]

    async def _list(self, request: Request) -> Response:
        only(request, "after", "service_ids[]")
        self._let_go()
        services = set(request.query_params.getlist("service_ids[]"))
        rows = [each for each in self._kept.values() if not services or services.intersection(each.services)]
        ids, after = [each.id for each in rows], request.query_params.get("after")
        if after is not None and after not in ids:
            raise invalid(f"after is no cursor of this list: {after!r}")
        start = ids.index(after) + 1 if after is not None else 0
        size = page_size(request)
        shown, links = rows[start : start + size], self._account(request)
        return JSONResponse(
            {
                "alert_grouping_settings": [_shown(each, links) for each in shown],
                "limit": size,
                "after": shown[-1].id if start + size < len(rows) else None,
                "before": ids[start - 1] if start else None,
                "total": None,
            }
        )

    async def _create(self, request: Request) -> Response:
        body = await body_of(request, "alert_grouping_setting")
        self._let_go()
        if len(self._kept) >= self.KEPT:
            raise invalid(f"the stand-in keeps at most {self.KEPT} alert grouping settings")
        grouping, services = self._grouping(body), self._services(body, None)
        now = self._clock.now()
        made = _Setting(
            id=f"PG{next(self._numbers):05}",
            name=optional_text(body, "name"),
            description=optional_text(body, "description"),
            grouping=grouping,
            services=services,
            created_at=now,
            updated_at=now,
        )
        return self._answer(request, self._keep(made), 201)

    async def _get(self, request: Request) -> Response:
        only(request)
        self._let_go()
        return self._answer(request, self._find(request))

    async def _update(self, request: Request) -> Response:
        body = await body_of(request, "alert_grouping_setting")
        self._let_go()
        before = self._find(request)
        changed = replace(
            before,
            name=optional_text(body, "name", before.name),
            description=optional_text(body, "description", before.description),
            grouping=self._grouping({**shown_grouping(before.grouping, SECOND), **body}),
            services=self._services(body, before) if "services" in body else before.services,
            updated_at=self._clock.now(),
        )
        for service in set(before.services) - set(changed.services):
            self._apply(service, None)
        return self._answer(request, self._keep(changed))

    async def _delete(self, request: Request) -> Response:
        self._let_go()
        one = self._find(request)
        for service in one.services:
            self._apply(service, None)
        del self._kept[one.id]
        return Response(status_code=204)

    def _keep(self, one: _Setting) -> _Setting:
        for service in one.services:
            self._apply(service, one)
        self._kept[one.id] = one
        return one

    def _apply(self, service_id: str, setting: _Setting | None) -> None:
        service = self._directory.services[service_id]
        grouping, identity = (setting.grouping, setting.id) if setting else (None, None)
        self._directory.put_service(replace(service, grouping=grouping, grouping_setting=identity))

    def _let_go(self) -> None:
        """Leave out services that were deleted."""
        for one in self._kept.values():
            left = tuple(service for service in one.services if service in self._directory.services)
            self._kept[one.id] = replace(one, services=left)

    def _grouping(self, body: Mapping[str, Any]) -> Grouping:
        grouping = read_grouping(body, SECOND)
        if grouping is None:
            raise invalid("Type can't be blank")
        return grouping

    def _services(self, body: Mapping[str, Any], own: _Setting | None) -> tuple[str, ...]:
        services = references(body, "services")
        if not services:
            raise invalid("Services can't be blank")
        known = self._directory.services
        for service in services:
            if service not in known:
                raise invalid(f"Service not found: {service!r}{nearest(service, known)}")
            other = known[service].grouping_setting
            if other is not None and (own is None or other != own.id):
                raise invalid(f"Service {service!r} has the alert grouping setting {other!r} already")
        return services

    def _find(self, request: Request) -> _Setting:
        return found(self._kept, request.path_params["setting_id"], "Alert grouping setting")

    def _answer(self, request: Request, one: _Setting, status: int = 200) -> Response:
        return JSONResponse({"alert_grouping_setting": _shown(one, self._account(request))}, status)


def _shown(one: _Setting, links: Links) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        **shown_grouping(one.grouping, SECOND),
        "services": [links.service_reference(service) for service in one.services],
        "created_at": wire_instant(one.created_at),
        "updated_at": wire_instant(one.updated_at),
    }
