"""Datadog's monitors, each a file of ``datadog/monitors``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast, final

from datadog_api_client.exceptions import NotFoundException
from datadog_api_client.v1.api.monitors_api import MonitorsApi

from alertproof.sync.compare import Change, Fields, with_resets
from alertproof.sync.datadog_account import DatadogAccount
from alertproof.sync.things import Existing, Ids, Marks, Reference, Wanted

__all__ = ["MONITOR", "Monitors", "declared_monitor"]

_SLO = re.compile(r'burn_rate\("([^"]+)"\)|error_budget\("([^"]+)"\)')
_PART = re.compile(r"(?<![\w-])(\d+)(?![\w-])")
_THRESHOLD = re.compile(r"(?:>=|<=|>|<)\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*$")
#: The values that mean the same as leaving a field out [OPTS, OPENAPI]; the first can be sent.
_DEFAULTS: Mapping[str, tuple[Any, ...]] = {
    "name": (None,),
    "type": (None,),
    "query": (None,),
    "message": ("",),
    "tags": ([],),
    "priority": (None,),
    "restricted_roles": (None,),
    "draft_status": ("published",),
    "options.enable_logs_sample": (False,),
    "options.escalation_message": ("",),
    "options.evaluation_delay": (None, 0),
    "options.group_retention_duration": (None,),
    "options.groupby_simple_monitor": (False,),
    "options.include_tags": (True,),
    "options.min_failure_duration": (0,),
    "options.min_location_failed": (1,),
    "options.new_group_delay": (None, 60),
    "options.new_host_delay": (300,),
    "options.no_data_timeframe": (None,),
    "options.notification_preset_name": ("show_all",),
    "options.notify_audit": (False,),
    "options.notify_by": ([],),
    "options.notify_no_data": (False,),
    "options.on_missing_data": ("default",),
    "options.renotify_interval": (None, 0),
    "options.renotify_occurrences": (None,),
    "options.renotify_statuses": (None,),
    "options.require_full_window": (False,),
    "options.scheduling_options": (None,),
    "options.threshold_windows": (None,),
    "options.thresholds": (None,),
    "options.timeout_h": (None, 0),
    "options.variables": (None,),
}
MONITOR = Fields(
    defaults=_DEFAULTS,
    servers=frozenset(
        {
            "created",
            "created_at",
            "creator",
            "deleted",
            "id",
            "matching_downtimes",
            "modified",
            "multi",
            "org_id",
            "overall_state",
            "overall_state_modified",
            "state",
        }
    ),
    # Datadog works it out of the window [OPTS]. Of restricted roles a change is a matter of the account.
    only_if_said=frozenset({"options.no_data_timeframe", "restricted_roles"}),
    unordered=frozenset({"tags", "options.notify_by", "options.renotify_statuses", "restricted_roles"}),
    numbers=frozenset({"options.thresholds"}),
    # The two are one type; the server answers the second [CASS].
    synonyms={"type": {"metric alert": "query alert"}},
)


def declared_monitor(
    payload: Mapping[str, Any], slos: frozenset[str], part: Callable[[str], str | None]
) -> tuple[dict[str, Any], tuple[Reference, ...]]:
    """Return a monitor's payload that names SLOs and the parts of a composite by keys, and what it so needs.

    ``part`` returns the key of the monitor that has an id among the files.
    """
    changed = dict(payload)
    query, kind = str(payload.get("query", "")), payload.get("type")
    needs: list[Reference] = []
    if kind == "slo alert":
        needs = [("SLO", name) for match in _SLO.finditer(query) if (name := match[1] or match[2]) in slos]
    elif kind == "composite":
        needs = [("monitor", key) for match in _PART.finditer(query) if (key := part(match[1]))]
        changed["query"] = _PART.sub(lambda match: _named(part(match[1]), match[1]), query)
    options = dict(payload.get("options") or {})
    found = _THRESHOLD.search(query)
    if found and kind != "composite" and (options.get("thresholds") or {}).get("critical") is None:
        # The server takes it from the query [OBS].
        options["thresholds"] = {**(options.get("thresholds") or {}), "critical": float(found[1])}
    return changed | ({"options": options} if options else {}), tuple(dict.fromkeys(needs))


def _named(key: str | None, number: str) -> str:
    return number if key is None else f"[{key}]"


@final
class Monitors:
    """Monitors of an account."""

    name = "monitor"
    fields = MONITOR
    fixed = frozenset({"type"})
    missing = ""

    def __init__(self, account: DatadogAccount, marks: Marks) -> None:
        self._account = account
        self._marks = marks
        self._api = MonitorsApi(account.client)

    def read(self, wanted: Sequence[Wanted]) -> list[Existing]:  # noqa: ARG002 - all are read at once
        with self._account.asking("to list the monitors"):
            rows = [dict(row.to_dict()) for row in self._api.list_monitors_with_pagination(page_size=100)]
        return [self._existing(row) for row in rows if not self._marks.elsewhere(row["tags"])]

    def named(self, existing: Existing, ids: Ids) -> Existing:
        query = str(existing.payload["query"])
        if existing.payload["type"] == "slo alert":
            query = _SLO.sub(lambda match: _swapped(match, ids.by_id, "SLO"), query)
        elif existing.payload["type"] == "composite":
            query = _PART.sub(lambda match: _named(ids.by_id.get(("monitor", match[1])), match[1]), query)
        return replace(existing, payload={**existing.payload, "query": query})

    def check(self, wanted: Wanted, existing: Existing | None, ids: Ids) -> None:
        body = cast("Any", _sent(wanted.payload, ids))
        with self._account.asking(f"the monitor {wanted.name!r}"):
            if existing is None:
                self._api.validate_monitor(body=body)
            else:
                self._api.validate_existing_monitor(int(existing.id), body=body)

    def create(self, wanted: Wanted, ids: Ids) -> Existing:
        with self._account.asking(f"to create the monitor {wanted.name!r}"):
            row = self._api.create_monitor(body=cast("Any", _sent(wanted.payload, ids)))
        return self._existing(dict(row.to_dict()))

    def update(self, existing: Existing, wanted: Wanted, changes: tuple[Change, ...], ids: Ids) -> Existing:
        body = _sent(with_resets(wanted.payload, changes, self.fields), ids)
        # Of what is there the type is known, and some servers refuse to be told it in the other word.
        del body["type"]
        with self._account.asking(f"to update monitor {existing.id}, {wanted.name!r}"):
            row = self._api.update_monitor(int(existing.id), body=cast("Any", body))
        return self._existing(dict(row.to_dict()))

    def look(self, existing: Existing) -> Existing | None:
        with self._account.asking(f"to read monitor {existing.id}"):
            try:
                return self._existing(dict(self._api.get_monitor(int(existing.id)).to_dict()))
            except NotFoundException:
                return None

    def delete(self, existing: Existing) -> None:
        with self._account.asking(f"to delete monitor {existing.id}, {existing.name!r}"):
            try:
                self._api.delete_monitor(int(existing.id))
            except NotFoundException:
                return

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        payload = {**row, "type": str(row["type"])}
        key = self._marks.key_of(row["tags"])
        return Existing(kind=self.name, id=str(row["id"]), name=str(row["name"]), key=key, payload=payload)


def _sent(payload: Mapping[str, Any], ids: Ids) -> dict[str, Any]:
    """Return what Datadog takes: ids in the place of keys."""
    query = str(payload["query"])
    if payload.get("type") == "slo alert":
        query = _SLO.sub(lambda match: _swapped(match, ids.by_key, "SLO"), query)
    elif payload.get("type") == "composite":
        query = re.sub(r"\[([^\]]+)\]", lambda match: ids.by_key[("monitor", match[1])], query)
    return {**payload, "query": query}


def _swapped(match: re.Match[str], names: Mapping[Reference, str], kind: str) -> str:
    name = match[1] or match[2]
    return match[0].replace(f'"{name}"', f'"{names.get((kind, name), name)}"')
