"""Datadog's log archives, each a file of ``datadog/logs/archives``.

An archive has no place for a mark: one of the name that is there is used where it says the same, else held until it is
taken over by name, each time. It is there once for all environments, and never deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from alertproof.sync.compare import Fields
from alertproof.sync.json_kind import JsonKind
from alertproof.sync.things import Existing, Ids

__all__ = ["LOG_ARCHIVE", "LogArchives"]

LOG_ARCHIVE = Fields(
    defaults={
        "name": (None,),
        "query": (None,),
        "destination": (None,),
        "include_tags": (False,),
        "rehydration_tags": ([],),
        "rehydration_max_scan_size_in_gb": (None,),
        "compression_method": (None, "GZIP"),
    },
    servers=frozenset({"state"}),
    unordered=frozenset({"rehydration_tags"}),
)


@final
class LogArchives(JsonKind):
    """Archives of an account."""

    name = "log archive"
    root = "/api/v2/logs/config/archives"
    fields = LOG_ARCHIVE

    def _sent(self, payload: Mapping[str, Any], ids: Ids, identity: str | None) -> Mapping[str, Any]:  # noqa: ARG002
        return {"data": {"type": "archives", "attributes": payload}}

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        payload = dict(row["attributes"])
        return Existing(kind=self.name, id=str(row["id"]), name=str(payload["name"]), key=None, payload=payload)
