"""The PagerDuty integration of each organization: a table of services with their routing keys.

It is installed from the start with the id 1 and an empty table.
Source: docs.sentry.io/api/integrations; getsentry/sentry (integrations/pagerduty).
"""

from __future__ import annotations

from typing import Any, final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.sentry.conditions import RuleError
from alertproof.sentry.rules import Action
from alertproof.standins.sentry.web.asking import PAGE, Asking, MissingError, answer, guarded, read
from alertproof.standins.sentry.web.paging import BadRequestError, only

__all__ = ["Integrations"]

_ID = "1"
_MAX_SERVICES = 1000
_KEY_LENGTH = 32


class _Service(msgspec.Struct):
    service: str
    integration_key: str
    id: int | str | None = None


class _Config(msgspec.Struct, forbid_unknown_fields=True):
    service_table: list[_Service]


@final
class Integrations:
    """The services of all organizations, and their routes."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._next = 0
        self._tables: dict[str, dict[str, _Service]] = {}

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        root = "/api/0/organizations/{org}/integrations/"
        one = f"{root}{{integration_id}}/"
        return [
            guarded(root, self._listed),
            guarded(one, self._shown),
            guarded(one, self._changed, "POST", "PUT"),
        ]

    def key(self, account: str, service: str) -> str | None:
        """Return the routing key of a service, or None."""
        tables = self._tables.values() if account == _ID else ()
        return next((table[service].integration_key for table in tables if service in table), None)

    def check(self, org: str, action: Action, field: str) -> None:
        """Refuse an action for a service that the organization has not; raises `RuleError`."""
        if action.kind != "pagerduty":
            return
        if action.account != _ID or action.service not in self._tables.get(org, {}):
            known = ", ".join(sorted(self._tables.get(org, {}))) or "none"
            raise RuleError(
                field,
                f"The PagerDuty service {action.service!r} does not exist in integration {action.account!r} "
                f"(services of integration {_ID!r}: {known}).",
            )

    async def _listed(self, request: Request) -> Response:
        only(request, "providerKey", "provider_key", "includeConfig", *PAGE)
        self._asking.projects(request)
        provider = request.query_params.get("providerKey") or request.query_params.get("provider_key")
        return answer([self._row(request)] if provider in {None, "pagerduty"} else [])

    async def _shown(self, request: Request) -> Response:
        only(request)
        self._known(request)
        return answer(self._row(request))

    async def _changed(self, request: Request) -> Response:
        self._known(request)
        rows = (await read(request, _Config)).service_table
        if len(rows) > _MAX_SERVICES:
            raise BadRequestError(f"more than {_MAX_SERVICES} services")
        known = self._tables.get(request.path_params["org"], {})
        table = {}
        for row in rows:
            if not row.service or len(row.integration_key) != _KEY_LENGTH:
                raise BadRequestError(
                    f"service_table: {row.service!r} needs a name and an integration_key of {_KEY_LENGTH} characters"
                )
            identity = str(row.id) if row.id not in {None, ""} else self._new()
            if identity not in known and row.id not in {None, ""}:
                raise BadRequestError(f"service_table: there is no service {identity!r}; leave id empty for a new one")
            table[identity] = row
        self._tables[request.path_params["org"]] = table
        return answer(self._row(request))

    def _new(self) -> str:
        self._next += 1
        return str(self._next)

    def _known(self, request: Request) -> None:
        self._asking.projects(request)
        if request.path_params["integration_id"] != _ID:
            raise MissingError

    def _row(self, request: Request) -> dict[str, Any]:
        table = self._tables.get(request.path_params["org"], {})
        services = [
            {"id": int(identity), "service": row.service, "integration_key": row.integration_key}
            for identity, row in table.items()
        ]
        return {
            "id": _ID,
            "name": "PagerDuty",
            "status": "active",
            "organizationIntegrationStatus": "active",
            "provider": {"key": "pagerduty", "slug": "pagerduty", "name": "PagerDuty", "features": ["alert-rule"]},
            "configData": {"service_table": services},
        }
