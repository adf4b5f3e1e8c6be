"""The services of Sentry's PagerDuty integration: what an alert's action reaches, by the names of PagerDuty's services.

Sentry keeps the key of each in one table. A service that is in it is used as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

from alertproof.errors import VendorRejected
from alertproof.sync.compare import Change, Fields
from alertproof.sync.pagerduty_account import PagerDutyAccount
from alertproof.sync.sentry_account import SentryAccount
from alertproof.sync.things import Existing, Ids, Wanted

__all__ = ["SentryServices"]

_NOT_GIVEN = "Sentry's PagerDuty integration has none of this name, and PAGERDUTY_API_TOKEN is not set"


@final
class SentryServices:
    """Services in the table of an organization; an id is that of the integration and that of the row."""

    name = "Sentry service"
    fields = Fields(defaults={"service": (None,)})
    fixed: frozenset[str] = frozenset({"service"})

    def __init__(self, account: SentryAccount, pagerduty: PagerDutyAccount | None) -> None:
        self._account = account
        self._pagerduty = pagerduty
        self.missing = (
            ""
            if pagerduty
            else "Sentry's PagerDuty integration has none of this name, and PAGERDUTY_API_TOKEN is not set"
        )

    def read(self, wanted: Sequence[Wanted]) -> list[Existing]:
        if not wanted:
            return []
        return [
            _service(str(integration["id"]), row) for integration in self._integrations() for row in _table(integration)
        ]

    def named(self, existing: Existing, ids: Ids) -> Existing:  # noqa: ARG002 - it names its service by name
        return existing

    def check(self, wanted: Wanted, existing: Existing | None, ids: Ids) -> None:
        """Do nothing: Sentry cannot be asked whether it would take a service."""

    def create(self, wanted: Wanted, ids: Ids) -> Existing:
        integration = next(iter(self._integrations()), None)
        if integration is None:
            organization = self._account.organization
            raise VendorRejected(
                f"the organization {organization} of Sentry has no PagerDuty integration: install it, and push again"
            )
        assert self._pagerduty is not None  # noqa: S101 - without it none is created
        key = self._pagerduty.integration_key(wanted.name, ids.by_key["service", wanted.key], vendor="Sentry")
        identity = str(integration["id"])
        table = [*_table(integration), {"service": wanted.name, "integration_key": key, "id": ""}]
        path = f"{self._root()}{identity}/"
        doing = f"to add the service {wanted.name!r} to the PagerDuty integration"
        shown = self._account.send(doing, "POST", path, {"service_table": table})
        (made,) = [row for row in _table(shown) if row["service"] == wanted.name][-1:]
        return _service(identity, made)

    def update(self, existing: Existing, wanted: Wanted, changes: tuple[Change, ...], ids: Ids) -> Existing:
        raise NotImplementedError("a service has nothing that could differ")

    def look(self, existing: Existing) -> Existing | None:
        there = (_service(str(each["id"]), row) for each in self._integrations() for row in _table(each))
        return next((one for one in there if one.id == existing.id), None)

    def delete(self, existing: Existing) -> None:
        raise NotImplementedError("no service is ours")

    def _root(self) -> str:
        return f"/api/0/organizations/{self._account.organization}/integrations/"

    def _integrations(self) -> list[Mapping[str, Any]]:
        path = f"{self._root()}?provider_key=pagerduty&includeConfig=1"
        return list(self._account.get("for the PagerDuty integration", path) or ())


def _table(integration: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list((integration.get("configData") or {}).get("service_table") or ())


def _service(integration: str, row: Mapping[str, Any]) -> Existing:
    name = str(row["service"])
    identity = f"{integration}/{row['id']}"
    return Existing(kind=SentryServices.name, id=identity, name=name, key=None, payload={"service": name})
