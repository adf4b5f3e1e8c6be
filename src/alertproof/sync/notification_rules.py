"""Datadog's monitor notification rules, each a file of ``datadog/rules``.

A rule has no place for a mark: one of the name that is there is used where it says the same, else held until it is
taken over by name, each time. It is there once for all environments, and never deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from alertproof.sync.compare import Fields
from alertproof.sync.json_kind import JsonKind
from alertproof.sync.things import Existing, Ids

__all__ = ["NOTIFICATION_RULE", "NotificationRules"]

_TYPE = "monitor-notification-rule"
NOTIFICATION_RULE = Fields(
    defaults={
        "name": (None,),
        "filter": (None,),
        "recipients": ([],),
        "conditional_recipients": (None,),
        "bundle_config": (None,),
    },
    servers=frozenset({"created", "created_at", "creator_uuid", "modified", "modified_at"}),
    unordered=frozenset({"filter.tags", "recipients"}),
)


@final
class NotificationRules(JsonKind):
    """Rules of an account."""

    name = "notification rule"
    root = "/api/v2/monitor/notification_rule"
    fields = NOTIFICATION_RULE
    changed_by = "PATCH"

    def _sent(self, payload: Mapping[str, Any], ids: Ids, identity: str | None) -> Mapping[str, Any]:  # noqa: ARG002
        about = {} if identity is None else {"id": identity}
        attributes = {name: value for name, value in payload.items() if value is not None}
        return {"data": {"type": _TYPE, **about, "attributes": attributes}}

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        payload = dict(row["attributes"])
        return Existing(kind=self.name, id=str(row["id"]), name=str(payload["name"]), key=None, payload=payload)
