"""JSON written again as it was written: what stands beside a secret keeps its own bytes."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["write_like"]

#: How programs write JSON: with what between items and names, and how far each level is set in.
_STYLES: tuple[tuple[tuple[str, str], int | str | None], ...] = (
    ((",", ":"), None),
    ((", ", ": "), None),
    ((",", ": "), None),
    ((",", ": "), 2),
    ((",", ": "), 4),
    ((",", ": "), "\t"),
)


def write_like(text: str, value: Any, clean: Any) -> str:
    """Return ``clean`` as JSON in the manner of ``text``, which holds ``value``; where none is known, the nearest."""
    for separators, indent in _STYLES:
        for plain in (False, True):
            if json.dumps(value, ensure_ascii=plain, separators=separators, indent=indent) == text:
                return json.dumps(clean, ensure_ascii=plain, separators=separators, indent=indent)
    wide = '": ' in text or ": " in text
    return json.dumps(clean, ensure_ascii=False, separators=(", ", ": ") if wide else (",", ":"))
