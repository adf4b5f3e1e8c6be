"""The journal of a drill as a JSON schema, so that other tools can read it: docs/drill-journal.schema.json."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from alertproof.journal.drill import DrillJournal

__all__ = ["drill_schema", "dump_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def drill_schema() -> dict[str, Any]:
    """Return the schema of what stands under ``journal`` in a line of ``run.jsonl`` of the type ``DrillJournal``.

    Fields may be added to it; none is taken away and none changes its meaning without a word in the history of
    changes.
    """
    # Instants are RFC 3339 in UTC, spans ISO 8601 such as PT2M35S.
    return {"$schema": _DIALECT, "title": "The journal of a drill", **msgspec.json.schema(DrillJournal)}


def dump_schema() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(drill_schema(), indent=2, sort_keys=True) + "\n"
