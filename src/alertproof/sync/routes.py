"""The routes of Datadog's PagerDuty integration: what ``@pagerduty-NAME`` reaches.

Datadog tells neither the key of a route nor whose it is: a route that is there is used as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from datadog_api_client.exceptions import NotFoundException
from datadog_api_client.v1.api.pager_duty_integration_api import PagerDutyIntegrationApi
from datadog_api_client.v1.model.pager_duty_service import PagerDutyService

from alertproof.sync.compare import Change, Fields
from alertproof.sync.datadog_account import DatadogAccount
from alertproof.sync.pagerduty_account import PagerDutyAccount
from alertproof.sync.things import Existing, Ids, Wanted

__all__ = ["Routes"]


@final
class Routes:
    """Routes from Datadog to PagerDuty's services, by the services' names."""

    name = "route"
    fields = Fields(defaults={"service": (None,)})
    fixed: frozenset[str] = frozenset({"service"})
    missing = ""

    def __init__(self, datadog: DatadogAccount, pagerduty: PagerDutyAccount) -> None:
        self._datadog = datadog
        self._pagerduty = pagerduty
        self._api = PagerDutyIntegrationApi(datadog.client)

    def read(self, wanted: Sequence[Wanted]) -> list[Existing]:
        return [found for each in wanted if (found := self._get(each.name)) is not None]

    def named(self, existing: Existing, ids: Ids) -> Existing:  # noqa: ARG002 - it names its service by name
        return existing

    def check(self, wanted: Wanted, existing: Existing | None, ids: Ids) -> None:
        """Do nothing: Datadog cannot be asked whether it would take a route."""

    def create(self, wanted: Wanted, ids: Ids) -> Existing:
        key = self._pagerduty.integration_key(wanted.name, ids.by_key["service", wanted.key], vendor="Datadog")
        with self._datadog.asking(f"to route to the PagerDuty service {wanted.name!r}"):
            self._api.create_pager_duty_integration_service(
                body=PagerDutyService(service_name=wanted.name, service_key=key)
            )
        return _route(wanted.name)

    def update(self, existing: Existing, wanted: Wanted, changes: tuple[Change, ...], ids: Ids) -> Existing:
        raise NotImplementedError("a route has nothing that could differ")

    def look(self, existing: Existing) -> Existing | None:
        return self._get(existing.name)

    def delete(self, existing: Existing) -> None:
        raise NotImplementedError("no route is ours")

    def _get(self, name: str) -> Existing | None:
        with self._datadog.asking(f"whether there is a route to the PagerDuty service {name!r}"):
            try:
                self._api.get_pager_duty_integration_service(name)
            except NotFoundException:
                return None
        return _route(name)


def _route(name: str) -> Existing:
    return Existing(kind=Routes.name, id=name, name=name, key=None, payload={"service": name})
