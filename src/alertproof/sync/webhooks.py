"""Webhooks that tell the platform of incidents: PagerDuty's subscriptions, and Datadog's with the token they send.

No vendor tells a secret that it has. One that is there is taken to have the right secret: after another one was put
into the environment, delete the subscription, or the variable, and push again.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, final

from datadog_api_client.exceptions import NotFoundException

from alertproof.errors import VendorRejected
from alertproof.redact import Secret
from alertproof.sync.compare import Change, Fields
from alertproof.sync.datadog_account import DatadogAccount
from alertproof.sync.pagerduty_account import PagerDutyAccount
from alertproof.sync.pagerduty_kinds import PagerDutyKind
from alertproof.sync.things import Existing, Ids, Wanted

__all__ = ["DatadogWebhooks", "Subscriptions", "WebhookTokens"]

_ROOT = "/api/v1/integration/webhooks/configuration"


@final
class Subscriptions(PagerDutyKind):
    """PagerDuty's webhook subscriptions, each to the incidents of one service."""

    name = "webhook subscription"
    path = "webhook_subscriptions"
    fields = Fields(
        defaults={"description": ("",), "url": (None,), "service": (None,), "events": ([],)},
        unordered=frozenset({"events"}),
    )
    fixed = frozenset({"url"})

    def __init__(self, account: PagerDutyAccount, secret: Secret) -> None:
        super().__init__(account)
        self._secret = secret

    def create(self, wanted: Wanted, ids: Ids) -> Existing:
        """Create it with our secret; raises `VendorRejected`, and takes it away, where PagerDuty signs with another."""
        with self._account.asking(f"to create the {self.name} {wanted.name!r}"):
            body = self._sent(wanted, ids)
            body["delivery_method"]["secret"] = self._secret.reveal()
            row = self._account.client.rpost(self.path, json=body)
        made = self._existing(row)
        given = str((row.get("delivery_method") or {}).get("secret") or "")
        if not hmac.compare_digest(given.encode(), self._secret.reveal().encode()):
            self.delete(made)
            raise VendorRejected(
                f"PagerDuty would sign the {self.name} {wanted.name!r} with a secret of its own, so it was deleted "
                "again; make it in PagerDuty, set M3CORE_PAGERDUTY_WEBHOOK_SECRET to the secret that is shown there "
                f"once, and push with --adopt {wanted.name!r}"
            )
        return made

    def named(self, existing: Existing, ids: Ids) -> Existing:
        service = existing.payload["service"]
        return replace(existing, payload={**existing.payload, "service": ids.by_id.get(("service", service), service)})

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        payload = {
            "description": row.get("description"),
            "url": row["delivery_method"]["url"],
            "service": str(row["filter"].get("id") or ""),
            "events": list(row["events"]),
        }
        name = str(row.get("description") or "").partition("\n")[0]
        return Existing(kind=self.name, id=str(row["id"]), name=name, key=self._key(row), payload=payload)

    def _sent(self, wanted: Wanted, ids: Ids) -> dict[str, Any]:
        return {
            "type": "webhook_subscription",
            "description": wanted.payload["description"],
            "events": list(wanted.payload["events"]),
            "filter": {"type": "service_reference", "id": ids.by_key["service", wanted.payload["service"]]},
            "delivery_method": {"type": "http_delivery_method", "url": wanted.payload["url"]},
        }


class _ByName:
    """What Datadog's webhooks integration keeps by name: it cannot be listed, and has no place for a mark."""

    name: str
    path: str
    fields: Fields
    fixed: frozenset[str] = frozenset()
    missing = ""

    def __init__(self, account: DatadogAccount) -> None:
        self._account = account

    def read(self, wanted: Sequence[Wanted]) -> list[Existing]:
        return [found for each in wanted if (found := self._get(each.name)) is not None]

    def named(self, existing: Existing, ids: Ids) -> Existing:  # noqa: ARG002 - it names nothing by an id
        return existing

    def check(self, wanted: Wanted, existing: Existing | None, ids: Ids) -> None:
        """Do nothing: Datadog cannot be asked whether it would take one."""

    def create(self, wanted: Wanted, ids: Ids) -> Existing:  # noqa: ARG002 - as above
        with self._account.asking(f"to create the {self.name} {wanted.name!r}"):
            return self._existing(self._account.plain("POST", f"{_ROOT}/{self.path}", self._sent(wanted)))

    def update(self, existing: Existing, wanted: Wanted, changes: tuple[Change, ...], ids: Ids) -> Existing:  # noqa: ARG002 - sent whole
        with self._account.asking(f"to update the {self.name} {wanted.name!r}"):
            path = f"{_ROOT}/{self.path}/{existing.name}"
            return self._existing(self._account.plain("PUT", path, self._sent(wanted)))

    def look(self, existing: Existing) -> Existing | None:
        return self._get(existing.name)

    def delete(self, existing: Existing) -> None:
        raise NotImplementedError(f"no {self.name} is ours")

    def _get(self, name: str) -> Existing | None:
        with self._account.asking(f"whether there is a {self.name} {name!r}"):
            try:
                return self._existing(self._account.plain("GET", f"{_ROOT}/{self.path}/{name}"))
            except NotFoundException:
                return None

    def _sent(self, wanted: Wanted) -> dict[str, Any]:
        return dict(wanted.payload)

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        payload = {name: row.get(name) for name in self.fields.defaults}
        return Existing(kind=self.name, id=str(row["name"]), name=str(row["name"]), key=None, payload=payload)


@final
class WebhookTokens(_ByName):
    """The secret variable of Datadog that holds the token of the platform's receiver."""

    VARIABLE = "M3CORE_WEBHOOK_TOKEN"
    name = "webhook variable"
    path = "custom-variables"
    fields = Fields(defaults={"name": (None,)})

    def __init__(self, account: DatadogAccount, token: Secret) -> None:
        super().__init__(account)
        self._token = token

    def _sent(self, wanted: Wanted) -> dict[str, Any]:
        return {**wanted.payload, "value": self._token.reveal(), "is_secret": True}


@final
class DatadogWebhooks(_ByName):
    """What a ``@webhook-NAME`` handle calls."""

    name = "webhook"
    path = "webhooks"
    fields = Fields(
        defaults={
            "name": (None,),
            "url": (None,),
            "payload": (None,),
            "custom_headers": (None,),
            "encode_as": ("json",),
        }
    )
