"""Sentry's issue alert rules, each a file of ``sentry/alerts``, in the project of the environment.

A rule has no place for a mark: one of the name that is there is used where it says the same, else held until it is
taken over by name, each time; it is never deleted. An action names a service of the PagerDuty integration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, final

from alertproof.sync.compare import Change, Fields
from alertproof.sync.sentry_account import SentryAccount
from alertproof.sync.sentry_services import SentryServices
from alertproof.sync.things import Existing, Ids, Reference, Wanted

__all__ = ["SENTRY_ALERT", "SentryAlerts", "declared_alert"]

_PAGERDUTY = "sentry.integrations.pagerduty.notify_action.PagerDutyNotifyServiceAction"
#: What the server adds to a condition, a filter or an action of itself.
_SHOWN = ("name", "uuid")
_LISTS = ("conditions", "filters", "actions")
SENTRY_ALERT = Fields(
    defaults={
        "name": (None,),
        "environment": (None,),
        "actionMatch": (None,),
        "filterMatch": ("all",),
        "frequency": (30,),
        "conditions": ([],),
        "filters": ([],),
        "actions": ([],),
    },
    servers=frozenset(
        {
            *("createdBy", "dateCreated", "id", "lastTriggered", "owner", "projects", "snooze", "snoozeCreatedBy"),
            *("snoozeForEveryone", "status"),
        }
    ),
)


def declared_alert(
    payload: Mapping[str, Any], *, origin: str, environment: str
) -> tuple[dict[str, Any], tuple[Reference, ...]]:
    """Return a rule's payload for an environment, and the services of the PagerDuty integration that it needs."""
    changed = {name: value for name, value in payload.items() if name not in SENTRY_ALERT.servers}
    if changed.get("environment") == origin:
        changed["environment"] = environment
    services = dict.fromkeys(str(each["service"]) for each in _paging(changed))
    return changed, tuple((SentryServices.name, name) for name in services)


def _paging(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in payload.get("actions") or () if each.get("id") == _PAGERDUTY and "service" in each]


@final
class SentryAlerts:
    """Rules of one project."""

    name = "Sentry alert"
    fields = SENTRY_ALERT
    fixed: frozenset[str] = frozenset()
    missing = ""

    def __init__(self, account: SentryAccount, project: str) -> None:
        self._account = account
        self._root = f"/api/0/projects/{account.organization}/{project}/rules/"
        self._project = project

    def read(self, wanted: Sequence[Wanted]) -> list[Existing]:
        if not wanted:
            return []
        rows = self._account.get(f"to list the alerts of {self._project}", self._root) or ()
        return [self._existing(row) for row in rows]

    def named(self, existing: Existing, ids: Ids) -> Existing:
        def swapped(action: Mapping[str, Any]) -> dict[str, Any]:
            identity = f"{action.get('account')}/{action.get('service')}"
            key = ids.by_id.get((SentryServices.name, identity))
            return dict(action) if key is None else {**_without(action, "account"), "service": key}

        return replace(existing, payload=_with_actions(existing.payload, swapped))

    def check(self, wanted: Wanted, existing: Existing | None, ids: Ids) -> None:
        """Do nothing: Sentry cannot be asked whether it would take a rule."""

    def create(self, wanted: Wanted, ids: Ids) -> Existing:
        body = _sent(wanted.payload, ids)
        return self._existing(self._account.send(f"to create the alert {wanted.name!r}", "POST", self._root, body))

    def update(self, existing: Existing, wanted: Wanted, changes: tuple[Change, ...], ids: Ids) -> Existing:  # noqa: ARG002 - sent whole
        doing, path = f"to update alert {existing.id}, {wanted.name!r}", f"{self._root}{existing.id}/"
        return self._existing(self._account.send(doing, "PUT", path, _sent(wanted.payload, ids)))

    def look(self, existing: Existing) -> Existing | None:
        row = self._account.get(f"to read alert {existing.id}", f"{self._root}{existing.id}/")
        return None if row is None else self._existing(row)

    def delete(self, existing: Existing) -> None:
        raise NotImplementedError("no alert is ours")

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        payload = dict(row)
        for name in _LISTS:
            payload[name] = [_without(each, *_SHOWN) for each in row.get(name) or ()]
        return Existing(kind=self.name, id=str(row["id"]), name=str(row["name"]), key=None, payload=payload)


def _sent(payload: Mapping[str, Any], ids: Ids) -> dict[str, Any]:
    """Return what Sentry takes: the ids of integration and service in the place of the service's name."""

    def swapped(action: Mapping[str, Any]) -> dict[str, Any]:
        if not _paging({"actions": [action]}):
            return dict(action)
        account, _, service = ids.by_key[SentryServices.name, str(action["service"])].partition("/")
        return {**action, "account": account, "service": service}

    return _with_actions(payload, swapped)


def _with_actions(payload: Mapping[str, Any], change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    return {**payload, "actions": [change(each) for each in payload.get("actions") or ()]}


def _without(document: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}
