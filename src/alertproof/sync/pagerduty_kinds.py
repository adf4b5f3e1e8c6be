"""PagerDuty's users, schedules, escalation policies and services, out of ``pagerduty/services.json``.

PagerDuty has no tags on services: what is ours is marked at the end of its description. A name is there once in an
account, so that the name is the key, whatever the environment. Users and schedules are created where there is none of
the name, and neither changed nor deleted: people swap their turns in PagerDuty.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, final
from urllib.parse import quote, unquote

from pagerduty import HttpError

from alertproof.sync.compare import Change, Fields
from alertproof.sync.pagerduty_account import PagerDutyAccount
from alertproof.sync.pagerduty_file import Rotation
from alertproof.sync.things import MANAGED_BY, Existing, Ids, Wanted

__all__ = ["PagerDutyKind", "Policies", "Schedules", "Services", "Users", "marked"]

_NOT_FOUND = 404
_MARK = re.compile(rf"{MANAGED_BY} alertproof_key:(\S+)\s*$")


def marked(description: str, key: str) -> str:
    """Return a description that says whose it is."""
    return f"{description}\n{MANAGED_BY} alertproof_key:{quote(key)}".lstrip()


class PagerDutyKind(ABC):
    """What the kinds have in common: ``path`` is that of their list."""

    name: str
    path: str
    fields: Fields
    fixed: frozenset[str] = frozenset()
    missing = ""

    def __init__(self, account: PagerDutyAccount) -> None:
        self._account = account

    def read(self, wanted: Sequence[Wanted]) -> list[Existing]:  # noqa: ARG002 - all are read at once
        with self._account.asking(f"to list the {self.path.replace('_', ' ')}"):
            return [self._existing(row) for row in self._account.client.iter_all(self.path)]

    def named(self, existing: Existing, ids: Ids) -> Existing:  # noqa: ARG002 - a user names nothing
        return existing

    def check(self, wanted: Wanted, existing: Existing | None, ids: Ids) -> None:  # noqa: B027 - of all
        """Do nothing: PagerDuty cannot be asked whether it would take something."""

    def create(self, wanted: Wanted, ids: Ids) -> Existing:
        with self._account.asking(f"to create the {self.name} {wanted.name!r}"):
            return self._existing(self._account.client.rpost(self.path, json=self._sent(wanted, ids)))

    def update(self, existing: Existing, wanted: Wanted, changes: tuple[Change, ...], ids: Ids) -> Existing:  # noqa: ARG002 - sent whole
        with self._account.asking(f"to update the {self.name} {wanted.name!r}"):
            sent = self._sent(wanted, ids)
            return self._existing(self._account.client.rput(f"{self.path}/{existing.id}", json=sent))

    def look(self, existing: Existing) -> Existing | None:
        with self._account.asking(f"to read the {self.name} {existing.name!r}"):
            try:
                return self._existing(self._account.client.rget(f"{self.path}/{existing.id}"))
            except HttpError as error:
                if error.response is not None and error.response.status_code == _NOT_FOUND:
                    return None
                raise

    def delete(self, existing: Existing) -> None:
        with self._account.asking(f"to delete the {self.name} {existing.name!r}"):
            try:
                self._account.client.rdelete(f"{self.path}/{existing.id}")
            except HttpError as error:
                if error.response is None or error.response.status_code != _NOT_FOUND:
                    raise

    def _key(self, row: Mapping[str, Any]) -> str | None:
        match = _MARK.search(str(row.get("description") or ""))
        return unquote(match[1]) if match else None

    @abstractmethod
    def _existing(self, row: Mapping[str, Any]) -> Existing: ...

    @abstractmethod
    def _sent(self, wanted: Wanted, ids: Ids) -> dict[str, Any]: ...


@final
class Users(PagerDutyKind):
    """People, by their addresses; none is ours, for they are people."""

    name = "user"
    path = "users"
    fields = Fields(defaults={"email": (None,)}, only_created=frozenset({"name"}))

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        email = str(row["email"]).lower()
        return Existing(kind=self.name, id=str(row["id"]), name=email, key=None, payload={"email": email})

    def _sent(self, wanted: Wanted, ids: Ids) -> dict[str, Any]:  # noqa: ARG002 - a user names nothing
        return {"type": "user", **wanted.payload}


@final
class Schedules(PagerDutyKind):
    """Who is on call, in turn; none is ours, for people swap their turns."""

    name = "schedule"
    path = "schedules"
    fields = Fields(defaults={"name": (None,)}, only_created=frozenset({"rotation", "users"}))

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        name = str(row["name"])
        return Existing(kind=self.name, id=str(row["id"]), name=name, key=None, payload={"name": name})

    def _sent(self, wanted: Wanted, ids: Ids) -> dict[str, Any]:
        rotation: Rotation = wanted.payload["rotation"]
        return rotation.body([ids.by_key["user", email] for email in wanted.payload["users"]])


@final
class Policies(PagerDutyKind):
    """Who is told, and after whom."""

    name = "escalation policy"
    path = "escalation_policies"
    fields = Fields(
        defaults={"name": (None,), "description": ("",), "num_loops": (0,), "escalation_rules": (None,)},
    )

    def named(self, existing: Existing, ids: Ids) -> Existing:
        rules = [
            {**rule, "targets": [_named_target(ids, target) for target in rule["targets"]]}
            for rule in existing.payload["escalation_rules"]
        ]
        return replace(existing, payload={**existing.payload, "escalation_rules": rules})

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        rules = [
            {
                "escalation_delay_in_minutes": rule["escalation_delay_in_minutes"],
                "targets": [str(target["id"]) for target in rule["targets"]],
            }
            for rule in row["escalation_rules"]
        ]
        payload = {name: row.get(name) for name in ("name", "description", "num_loops")}
        payload["escalation_rules"] = rules
        return Existing(kind=self.name, id=str(row["id"]), name=str(row["name"]), key=self._key(row), payload=payload)

    def _sent(self, wanted: Wanted, ids: Ids) -> dict[str, Any]:
        rules = [
            {
                **rule,
                "targets": [_reference(ids, one) for one in rule["targets"]],
            }
            for rule in wanted.payload["escalation_rules"]
        ]
        return {"type": "escalation_policy", **wanted.payload, "escalation_rules": rules}


def _named_target(ids: Ids, identity: str) -> str:
    """Return the address or the name of whom a rule tells; the id of one that no file declares."""
    return ids.by_id.get(("user", identity)) or ids.by_id.get(("schedule", identity), identity)


def _reference(ids: Ids, target: str) -> dict[str, str]:
    kind = "user" if "@" in target else "schedule"
    return {"id": ids.by_key[kind, target], "type": f"{kind}_reference"}


@final
class Services(PagerDutyKind):
    """What alerts are about."""

    name = "service"
    path = "services"
    fields = Fields(
        defaults={
            "name": (None,),
            "description": ("",),
            "escalation_policy": (None,),
            "incident_urgency_rule": (None,),
            "status": (None,),
        },
    )

    def named(self, existing: Existing, ids: Ids) -> Existing:
        policy = existing.payload["escalation_policy"]
        known = ids.by_id.get(("escalation policy", policy), policy)
        return replace(existing, payload={**existing.payload, "escalation_policy": known})

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        payload = {
            "name": row["name"],
            "description": row.get("description"),
            "escalation_policy": str(row["escalation_policy"]["id"]),
            "incident_urgency_rule": row.get("incident_urgency_rule"),
            # The other statuses are how it stands, by its incidents.
            "status": "disabled" if row.get("status") == "disabled" else "active",
        }
        return Existing(kind=self.name, id=str(row["id"]), name=str(row["name"]), key=self._key(row), payload=payload)

    def _sent(self, wanted: Wanted, ids: Ids) -> dict[str, Any]:
        policy = ids.by_key["escalation policy", wanted.payload["escalation_policy"]]
        return {
            "type": "service",
            **wanted.payload,
            "escalation_policy": {"id": policy, "type": "escalation_policy_reference"},
            "alert_creation": "create_alerts_and_incidents",
        }
