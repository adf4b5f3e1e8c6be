"""Datadog's log pipelines, each a file of ``datadog/logs/pipelines``; there once for all environments.

A new one comes last; the order of pipelines is left to the account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

from alertproof.sync.compare import Fields
from alertproof.sync.json_kind import JsonKind
from alertproof.sync.things import Existing

__all__ = ["LOG_PIPELINE", "LogPipelines", "declared_pipeline"]

LOG_PIPELINE = Fields(
    defaults={
        "name": (None,),
        "is_enabled": (False,),
        "filter": (None, {"query": ""}),
        "processors": ([],),
        "description": ("",),
        "tags": ([],),
    },
    servers=frozenset({"id", "is_read_only", "type"}),
    unordered=frozenset({"tags"}),
)
#: What a processor may leave out. [OPENAPI]
_UNSAID: Mapping[str, Any] = {
    "is_enabled": False,
    "is_encoded": False,
    "is_replace_missing": False,
    "normalize_ending_slashes": False,
    "override_on_conflict": False,
    "preserve_source": False,
    "samples": [],
    "source_type": "attribute",
    "target_type": "attribute",
}


def declared_pipeline(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pipeline's payload whose processors say nothing that goes without saying."""
    return {**payload, "processors": [_plain(each) for each in payload.get("processors") or ()]}


def _plain(processor: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in processor.items() if name not in _UNSAID or value != _UNSAID[name]}
    if isinstance(said.get("processors"), list):
        said["processors"] = [_plain(each) for each in said["processors"]]
    return said


@final
class LogPipelines(JsonKind):
    """Pipelines of an account; those of integrations cannot be changed and are left alone."""

    name = "log pipeline"
    root = "/api/v1/logs/config/pipelines"
    fields = LOG_PIPELINE

    def _rows(self) -> Sequence[Mapping[str, Any]]:
        return list(self._account.plain("GET", self.root))

    def _row(self, answer: Any) -> Mapping[str, Any]:
        return dict(answer)

    def _is_mine(self, row: Mapping[str, Any]) -> bool:
        return not row.get("is_read_only")

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        key = self._marks.key_of(list(row.get("tags") or ()))
        payload = declared_pipeline(row)
        return Existing(kind=self.name, id=str(row["id"]), name=str(row["name"]), key=key, payload=payload)
