"""Short examples for the pages of rules: a monitor of the API in a few lines of JSON."""

from __future__ import annotations

import json
from typing import Any

from alertproof.quality.lint.rule import Example

__all__ = ["monitor"]


def monitor(
    query: str,
    *,
    message: str = "Runbook: https://runbooks.example.com/x @slack-ops",
    kind: str = "query alert",
    tags: tuple[str, ...] = (),
    **options: Any,
) -> Example:
    """Return a monitor of the API; ``options`` are those of the payload."""
    payload: dict[str, Any] = {"name": "Example", "type": kind, "query": query, "message": message}
    if tags:
        payload["tags"] = list(tags)
    if options:
        payload["options"] = options
    return Example(json.dumps(payload, indent=2, ensure_ascii=False))
