"""Sentry's issue alert rules, each a file of ``sentry/alerts``, in the project of the environment.

A rule has no place for a mark: one of the name that is there is used where it says the same, else held until it is
taken over by name, each time; it is never deleted. An action names a service of the PagerDuty integration.

Where the account has workflows in the place of rules, a rule is one there. An account that has both keeps its rules;
one that is there as a workflow alone is used as that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, final

from alertproof.sync.compare import Change, Fields
from alertproof.sync.sentry_account import SentryAccount
from alertproof.sync.sentry_services import SentryServices
from alertproof.sync.sentry_workflows import PAGERDUTY, as_rule, as_workflow
from alertproof.sync.things import Existing, Ids, Reference, Wanted

__all__ = ["SENTRY_ALERT", "SentryAlerts", "declared_alert"]

#: What the id of an alert begins with that is a workflow.
_WORKFLOW = "workflow/"
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
        # What a workflow has and no rule can say.
        "actionFilters": ([],),
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
    return [each for each in payload.get("actions") or () if each.get("id") == PAGERDUTY and "service" in each]


@final
class SentryAlerts:
    """Rules of one project, or the workflows of its organization where it has no rules."""

    name = "Sentry alert"
    fields = SENTRY_ALERT
    fixed: frozenset[str] = frozenset()
    missing = ""

    def __init__(self, account: SentryAccount, project: str) -> None:
        self._account = account
        self._root = f"/api/0/projects/{account.organization}/{project}/rules/"
        self._workflows = f"/api/0/organizations/{account.organization}/workflows/"
        self._project = project
        self._has_rules = True

    def read(self, wanted: Sequence[Wanted]) -> list[Existing]:
        if not wanted:
            return []
        rows = self._account.get(f"to list the alerts of {self._project}", self._root)
        self._has_rules = rows is not None
        found = [self._existing(row) for row in rows or ()]
        here, said = {each.name for each in found}, {each.name: each for each in wanted}
        others = self._account.get(f"to list the workflows of {self._account.organization}", self._workflows) or ()
        found += [
            _alike(self._workflow(row), said[row["name"]])
            for row in others
            if row["name"] in said and row["name"] not in here and _of_its_environment(row, said[row["name"]])
        ]
        return found

    def named(self, existing: Existing, ids: Ids) -> Existing:
        def swapped(action: Mapping[str, Any]) -> dict[str, Any]:
            identity = f"{action.get('account')}/{action.get('service')}"
            key = ids.by_id.get((SentryServices.name, identity))
            return dict(action) if key is None else {**_without(action, "account"), "service": key}

        return replace(existing, payload=_with_actions(existing.payload, swapped))

    def check(self, wanted: Wanted, existing: Existing | None, ids: Ids) -> None:
        """Do nothing: Sentry cannot be asked whether it would take a rule."""

    def create(self, wanted: Wanted, ids: Ids) -> Existing:
        doing, body = f"to create the alert {wanted.name!r}", _sent(wanted.payload, ids)
        if self._has_rules:
            return self._existing(self._account.send(doing, "POST", self._root, body))
        made = self._account.send(doing, "POST", self._workflows, as_workflow(body))
        return _alike(self._workflow(made), wanted)

    def update(self, existing: Existing, wanted: Wanted, changes: tuple[Change, ...], ids: Ids) -> Existing:  # noqa: ARG002 - sent whole
        doing, body = f"to update alert {existing.id}, {wanted.name!r}", _sent(wanted.payload, ids)
        if not existing.id.startswith(_WORKFLOW):
            return self._existing(self._account.send(doing, "PUT", self._path(existing.id), body))
        made = self._account.send(doing, "PUT", self._path(existing.id), as_workflow(body))
        return _alike(self._workflow(made), wanted)

    def look(self, existing: Existing) -> Existing | None:
        row = self._account.get(f"to read alert {existing.id}", self._path(existing.id))
        if row is None or not existing.id.startswith(_WORKFLOW):
            return None if row is None else self._existing(row)
        return _alike(self._workflow(row), existing)

    def delete(self, existing: Existing) -> None:
        raise NotImplementedError("no alert is ours")

    def take_away(self, identity: str) -> None:
        """Delete an alert that a drill has made."""
        self._account.send(f"to delete the alert {identity}", "DELETE", self._path(identity))

    def _path(self, identity: str) -> str:
        root = self._workflows if identity.startswith(_WORKFLOW) else self._root
        return f"{root}{identity.removeprefix(_WORKFLOW)}/"

    def _workflow(self, row: Mapping[str, Any]) -> Existing:
        payload = as_rule(row)
        identity = f"{_WORKFLOW}{row['id']}"
        return Existing(kind=self.name, id=identity, name=str(row["name"]), key=None, payload=payload)

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        payload = dict(row)
        for name in _LISTS:
            payload[name] = [_without(each, *_SHOWN) for each in row.get(name) or ()]
        return Existing(kind=self.name, id=str(row["id"]), name=str(row["name"]), key=None, payload=payload)


def _of_its_environment(row: Mapping[str, Any], wanted: Wanted) -> bool:
    """Tell whether a workflow is of the wanted one's environment: an organization has those of all."""
    return bool(row.get("environment") == wanted.payload.get("environment"))


def _alike(existing: Existing, other: Wanted | Existing) -> Existing:
    """Return a workflow as a rule whose matches are the other's where there is no more than one that could match."""
    payload = dict(existing.payload)
    for match, of in (("actionMatch", "conditions"), ("filterMatch", "filters")):
        if len(payload[of]) <= 1 and match in other.payload:
            payload[match] = other.payload[match]
    return replace(existing, payload=payload)


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
