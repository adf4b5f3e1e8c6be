"""Reads ``pagerduty/webhooks`` and ``datadog/webhooks``: whom the vendors call when something is wrong.

The files say ``$M3CORE_WEBHOOKS_URL`` for where the platform takes webhooks. The environment says that, and the
secrets; without them none is declared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from alertproof.errors import ConfigError
from alertproof.requirements import read_struct
from alertproof.sync.declared import Declared
from alertproof.sync.file import read_files
from alertproof.sync.notification_rules import NotificationRules
from alertproof.sync.pagerduty_kinds import marked
from alertproof.sync.settings import URL_NAME, Receivers
from alertproof.sync.things import Wanted
from alertproof.sync.webhooks import DatadogWebhooks, WebhookTokens

__all__ = ["read_datadog_webhooks", "read_pagerduty_webhooks"]

_PLACE = f"${URL_NAME}"


class _Subscription(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A subscription's file: ``service`` is the name of the service whose incidents are told."""

    description: str
    url: str
    service: str
    events: tuple[str, ...]


class _Webhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A webhook's file, as Datadog's API takes it."""

    name: str
    url: str
    payload: str
    custom_headers: str
    encode_as: str = "json"


def read_pagerduty_webhooks(folder: Path, receivers: Receivers, *, people: Declared) -> Declared:
    """Return what is declared for PagerDuty and its webhooks; raises `ConfigError` for a file that is wrong."""
    base = folder / "pagerduty" / "webhooks"
    missing = receivers.missing_for_pagerduty()
    wanted = list(_subscriptions(base, receivers))
    services = {each.key for each in people.wanted if each.kind == "service"}
    for each in wanted:
        if each.payload["service"] not in services:
            place = each.written.place(("service",))
            raise ConfigError(f"{place}: services.json declares no service {each.payload['service']!r}")
    return _beside(people, base, wanted, missing)


def _subscriptions(base: Path, receivers: Receivers) -> Iterator[Wanted]:
    for each in read_files(base, "url"):
        said = read_struct(each.path, _Subscription)
        payload = msgspec.to_builtins(said) | {
            "url": said.url.replace(_PLACE, receivers.url),
            "events": list(said.events),
            "description": marked(said.description, each.key),
        }
        yield Wanted(
            kind="webhook subscription",
            key=each.key,
            name=said.description,
            payload=payload,
            written=each.written,
            needs=(("service", said.service),),
        )


def read_datadog_webhooks(folder: Path, receivers: Receivers, *, others: Declared) -> Declared:
    """Return what is declared for Datadog and its webhooks; raises `ConfigError` for a file that is wrong."""
    base = folder / "datadog" / "webhooks"
    wanted: list[Wanted] = []
    for each in read_files(base, "name", "url"):
        said = read_struct(each.path, _Webhook)
        payload = msgspec.to_builtins(said) | {"url": said.url.replace(_PLACE, receivers.url)}
        token = (WebhookTokens.name, WebhookTokens.VARIABLE)
        if not wanted:
            variable = {"name": WebhookTokens.VARIABLE}
            wanted.append(
                Wanted(kind=token[0], key=token[1], name=token[1], payload=variable, written=each.written, needs=())
            )
        wanted.append(
            Wanted(
                kind=DatadogWebhooks.name,
                key=each.key,
                name=said.name,
                payload=payload,
                written=each.written,
                needs=(token,),
            )
        )
    missing = receivers.missing_for_datadog()
    if missing:
        others = _without_rules_for({f"webhook-{each.name}" for each in wanted}, others, missing)
    return _beside(others, base, wanted, missing)


def _without_rules_for(handles: Collection[str], declared: Declared, missing: str) -> Declared:
    """Leave out the notification rules that tell a webhook that is left out: what is told to nobody is a loss."""
    kept, left = [], [*declared.left_out]
    for each in declared.wanted:
        told = {*handles} & {*_recipients(each.payload)} if each.kind == NotificationRules.name else None
        if told:
            left.append(f"{each.written.file}: it tells {', '.join(sorted(told))}, and {missing} is not set")
        else:
            kept.append(each)
    return Declared(wanted=tuple(kept), left_out=tuple(left))


def _recipients(rule: Mapping[str, Any]) -> Iterator[str]:
    conditional = rule.get("conditional_recipients") or {}
    yield from rule.get("recipients") or ()
    yield from conditional.get("fallback_recipients") or ()
    for each in conditional.get("conditions") or ():
        yield from each.get("recipients") or ()


def _beside(declared: Declared, base: Path, wanted: list[Wanted], missing: str) -> Declared:
    if missing and wanted:
        return Declared(wanted=declared.wanted, left_out=(*declared.left_out, f"{base}: {missing} is not set"))
    return Declared(wanted=(*declared.wanted, *wanted), left_out=declared.left_out)
