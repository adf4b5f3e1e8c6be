"""Datadog's SLOs, each a file of ``datadog/slos``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast, final

from datadog_api_client.exceptions import NotFoundException
from datadog_api_client.v1.api.service_level_objectives_api import ServiceLevelObjectivesApi

from alertproof.sync.compare import Change, Fields, with_resets
from alertproof.sync.datadog_account import DatadogAccount
from alertproof.sync.things import Existing, Ids, Marks, Reference, Wanted

__all__ = ["SLO", "Slos", "declared_slo"]

SLO = Fields(
    defaults={
        "name": (None,),
        "type": (None,),
        "description": ("",),
        "tags": ([],),
        "thresholds": (None,),
        "query": (None,),
        "sli_specification": (None,),
        # [OPENAPI SLOTimeSliceInterval]
        "sli_specification.time_slice.query_interval_seconds": (300,),
        "groups": ([],),
        "monitor_ids": (None,),
    },
    # The numbers of the first threshold are shown outside of the list, too.
    servers=frozenset(
        {
            "created_at",
            "creator",
            "id",
            "modified_at",
            "monitor_tags",
            "target_threshold",
            "timeframe",
            "type_id",
            "warning_threshold",
        }
    ),
    unordered=frozenset({"tags", "thresholds", "groups", "monitor_ids"}),
)
#: Of a threshold the server adds how to show it.
_THRESHOLD = ("timeframe", "target", "warning")


def declared_slo(
    payload: Mapping[str, Any], part: Callable[[str], str | None]
) -> tuple[dict[str, Any], tuple[Reference, ...]]:
    """Return an SLO's payload that names monitors by keys, and what it so needs."""
    changed, needs = dict(payload), []
    if payload.get("monitor_ids"):
        keys = [part(str(number)) for number in payload["monitor_ids"]]
        changed["monitor_ids"] = [key or number for key, number in zip(keys, payload["monitor_ids"], strict=True)]
        needs = [("monitor", key) for key in keys if key]
    changed["thresholds"] = _thresholds(payload)
    return changed, tuple(needs)


def _thresholds(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = payload.get("thresholds")
    return [
        {name: str(row[name]) if name == "timeframe" else row[name] for name in _THRESHOLD if row.get(name) is not None}
        for row in (rows if isinstance(rows, list) else ())
    ]


@final
class Slos:
    """SLOs of an account."""

    name = "SLO"
    fields = SLO
    fixed = frozenset({"type"})
    missing = ""

    def __init__(self, account: DatadogAccount, marks: Marks) -> None:
        self._account = account
        self._marks = marks
        self._api = ServiceLevelObjectivesApi(account.client)

    def read(self, wanted: Sequence[Wanted]) -> list[Existing]:  # noqa: ARG002 - all are read at once
        with self._account.asking("to list the SLOs"):
            rows = [dict(row.to_dict()) for row in self._api.list_slos_with_pagination(limit=100)]
        return [self._existing(row) for row in rows if not self._marks.elsewhere(_tags(row))]

    def named(self, existing: Existing, ids: Ids) -> Existing:
        monitors = existing.payload.get("monitor_ids") or ()
        names = [ids.by_id.get(("monitor", str(number)), number) for number in monitors]
        return replace(existing, payload={**existing.payload, "monitor_ids": names or None})

    def check(self, wanted: Wanted, existing: Existing | None, ids: Ids) -> None:
        """Do nothing: Datadog cannot be asked whether it would take an SLO."""

    def create(self, wanted: Wanted, ids: Ids) -> Existing:
        with self._account.asking(f"to create the SLO {wanted.name!r}"):
            answer = self._api.create_slo(body=cast("Any", _sent(wanted.payload, ids)))
        return self._existing(dict(answer.to_dict()["data"][0]))

    def update(self, existing: Existing, wanted: Wanted, changes: tuple[Change, ...], ids: Ids) -> Existing:
        body = _sent(with_resets(wanted.payload, changes, self.fields), ids)
        body = {name: value for name, value in body.items() if value is not None}
        with self._account.asking(f"to update SLO {existing.id}, {wanted.name!r}"):
            answer = self._api.update_slo(existing.id, body=cast("Any", body))
        return self._existing(dict(answer.to_dict()["data"][0]))

    def look(self, existing: Existing) -> Existing | None:
        with self._account.asking(f"to read SLO {existing.id}"):
            try:
                return self._existing(dict(self._api.get_slo(existing.id).to_dict()["data"]))
            except NotFoundException:
                return None

    def delete(self, existing: Existing) -> None:
        with self._account.asking(f"to delete SLO {existing.id}, {existing.name!r}"):
            try:
                self._api.delete_slo(existing.id)
            except NotFoundException:
                return

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        payload = {**row, "type": str(row["type"]), "thresholds": _thresholds(row)}
        key = self._marks.key_of(_tags(row))
        return Existing(kind=self.name, id=str(row["id"]), name=str(row["name"]), key=key, payload=payload)


def _tags(row: Mapping[str, Any]) -> list[str]:
    return list(row.get("tags") or ())


def _sent(payload: Mapping[str, Any], ids: Ids) -> dict[str, Any]:
    """Return what Datadog takes: ids in the place of keys."""
    body = dict(payload)
    if body.get("monitor_ids"):
        named = body["monitor_ids"]
        body["monitor_ids"] = [int(ids.by_key[("monitor", each)]) if isinstance(each, str) else each for each in named]
    return body
