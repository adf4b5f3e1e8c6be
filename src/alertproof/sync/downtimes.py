"""Datadog's downtimes, each a file of ``datadog/downtimes``.

A downtime has no name: it is called by the first line of its message, and what is ours is marked in the last one. What
is over or was cancelled cannot be changed any more, and is not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, final

from alertproof.errors import ConfigError
from alertproof.sync.compare import Fields
from alertproof.sync.json_kind import JsonKind
from alertproof.sync.things import Existing, Ids, Reference, tags_below

__all__ = ["DOWNTIME", "Downtimes", "called", "declared_downtime"]

_OVER = ("canceled", "ended")
_PAGE = 100
DOWNTIME = Fields(
    defaults={
        "message": ("",),
        "monitor_identifier": (None,),
        "scope": (None,),
        "display_timezone": ("UTC",),
        "schedule": (None,),
        "schedule.timezone": ("UTC",),
        "mute_first_recovery_notification": (False,),
        "notify_end_states": (["alert", "no data", "warn"],),
        "notify_end_types": (["expired"],),
    },
    servers=frozenset({"canceled", "created", "modified", "run_as", "status"}),
    # Without one it begins when it is created.
    only_if_said=frozenset({"schedule.start"}),
    unordered=frozenset({"monitor_identifier.monitor_tags", "notify_end_states", "notify_end_types"}),
)


def declared_downtime(
    payload: Mapping[str, Any], part: Callable[[str], str | None], *, origin: str, environment: str
) -> tuple[dict[str, Any], tuple[Reference, ...]]:
    """Return a downtime's payload for an environment that names its monitor by key, and what it so needs.

    Raises `ConfigError` for a scope that is not plainly one of ``origin``, where another environment is meant.
    """
    changed = dict(payload)
    if environment != origin:
        changed["scope"] = _scope_there(str(payload.get("scope", "")), origin, environment)
    number = (payload.get("monitor_identifier") or {}).get("monitor_id")
    key = None if number is None else part(str(number))
    if key is None:
        return changed, ()
    return changed | {"monitor_identifier": {"monitor_id": key}}, (("monitor", key),)


def _scope_there(scope: str, origin: str, environment: str) -> str:
    tag = re.compile(rf"(NOT\s+|[!-])?(?<![\w:.-])env:{re.escape(origin)}(?![\w:.*-])")
    found = list(tag.finditer(scope))
    if not found or any(match[1] for match in found):
        raise ConfigError(
            f"the scope {scope!r} of a downtime does not say env:{origin}, to be pointed at env:{environment}: it "
            f"would mute another environment; add it, or push where DD_ENV is {origin}"
        )
    return tag.sub(f"env:{environment}", scope)


def called(message: object) -> str:
    """Return the first line of a message."""
    return str(message or "").strip().partition("\n")[0]


@final
class Downtimes(JsonKind):
    """Downtimes of an account that are not over."""

    name = "downtime"
    root = "/api/v2/downtime"
    fields = DOWNTIME
    changed_by = "PATCH"

    def _rows(self) -> Sequence[Mapping[str, Any]]:
        rows: list[Mapping[str, Any]] = []
        while True:
            asked = {"page[limit]": _PAGE, "page[offset]": len(rows)}
            page = self._account.plain("GET", self.root, None, **asked)["data"]
            rows += page
            if len(page) < _PAGE:
                return rows

    def _is_mine(self, row: Mapping[str, Any]) -> bool:
        attributes = row["attributes"]
        return attributes["status"] not in _OVER and not self._marks.elsewhere(tags_below(attributes.get("message")))

    def named(self, existing: Existing, ids: Ids) -> Existing:
        number = (existing.payload.get("monitor_identifier") or {}).get("monitor_id")
        key = ids.by_id.get(("monitor", str(number)))
        if key is None:
            return existing
        return replace(existing, payload={**existing.payload, "monitor_identifier": {"monitor_id": key}})

    def _sent(self, payload: Mapping[str, Any], ids: Ids, identity: str | None) -> Mapping[str, Any]:
        attributes = {name: value for name, value in payload.items() if value is not None}
        about = {} if identity is None else {"id": identity}
        monitor = (payload.get("monitor_identifier") or {}).get("monitor_id")
        if isinstance(monitor, str):
            attributes["monitor_identifier"] = {"monitor_id": int(ids.by_key["monitor", monitor])}
        return {"data": {"type": "downtime", **about, "attributes": attributes}}

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        payload = dict(row["attributes"])
        # When it is next in force, which the server works out.
        payload["schedule"] = {
            name: value for name, value in (payload.get("schedule") or {}).items() if name != "current_downtime"
        }
        message = payload.get("message")
        key = self._marks.key_of(tags_below(message))
        return Existing(kind=self.name, id=str(row["id"]), name=called(message), key=key, payload=payload)
