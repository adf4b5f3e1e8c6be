"""Takes what was found at one place out of all the others: a password from a variable stands in the message, too."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from m3core.scrubbing.policy import FILTERED
from m3core.scrubbing.walk import Meta, note, remark

__all__ = ["without_traces"]

_MOST = 200
#: What ``repr`` writes as it is.
_AS_IT_IS = re.compile(r"[A-Za-z0-9 .,:;@+/=_\-]+")


def without_traces(clean: Any, meta: Meta, taken: Iterable[str]) -> tuple[Any, Meta]:
    """Return what a walk made of a value without the texts that it took out anywhere, and the remarks on both."""
    texts = sorted(taken, key=lambda text: (-len(text), text))[:_MOST]
    if not texts:
        return clean, meta
    try:
        written = repr(clean)  # most are nowhere else: one look at all is much faster than one at each text
    except Exception:  # noqa: BLE001 - of an object that a policy allows: then each text is looked for
        written = None
    if written is not None:
        texts = [text for text in texts if max(_AS_IT_IS.findall(text), key=len, default="") in written]
    if not texts:
        return clean, meta
    pattern = re.compile("|".join(re.escape(text) for text in texts))
    return _without(clean, meta, pattern)


def _without(clean: Any, meta: Meta, pattern: re.Pattern[str]) -> tuple[Any, Meta]:
    if isinstance(clean, str):
        return _text(clean, meta, pattern)
    if isinstance(clean, dict):
        remarks = dict(meta or {})
        done = {}
        for key, item in clean.items():
            done[key], inner = _without(item, remarks.get(str(key)) if key != "" else None, pattern)
            note(remarks, key, inner)
        return done, remarks or None
    if isinstance(clean, list):
        remarks = dict(meta or {})
        items = []
        for index, item in enumerate(clean):
            found, inner = _without(item, remarks.get(str(index)), pattern)
            items.append(found)
            note(remarks, index, inner)
        return items, remarks or None
    return clean, meta


def _text(text: str, meta: Meta, pattern: re.Pattern[str]) -> tuple[str, Meta]:
    found = pattern.sub(FILTERED, text)
    if found == text:
        return text, meta
    rules = [rule.removeprefix("m3core:") for rule, *_ in (meta or {}).get("", {}).get("rem", [])]
    return found, remark([*rules, "seen-elsewhere"])
