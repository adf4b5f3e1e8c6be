"""Where requests spent their time, by the platform's traces: each span's time less that of the spans below. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

__all__ = ["PhaseSeen", "phases_of"]

#: What a span is about, by its type, operation or service; the first that fits. What fits none is the API's own work.
_PHASES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "database",
        re.compile(r"^(sql|postgres|mysql|psycopg|sqlite|mongodb?)\b|\b(postgres|mysql|psycopg)", re.IGNORECASE),
    ),
    ("cache", re.compile(r"^(redis|valkey|cache|memcached)\b|\b(redis|valkey|memcache)", re.IGNORECASE)),
    ("queue", re.compile(r"^(queue|worker|job|jobs)\b|\b(rq|celery|kafka|sqs|consumer|producer)\b", re.IGNORECASE)),
)


class PhaseSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the platform: how many spans it had, and their own time, in seconds; ``share`` is of that of all."""

    phase: str
    spans: int
    seconds: float
    share: float


def phases_of(spans: Iterable[Mapping[str, Any]]) -> tuple[PhaseSeen, ...]:
    """Return the parts by their own time, the longest first; ``spans`` are records as Datadog's API shows them.

    A child that runs beside its parent, as one in another process may, counts whole, and no span less than nothing.
    """
    seconds: dict[tuple[str, str], float] = {}
    phase: dict[tuple[str, str], str] = {}
    below: defaultdict[tuple[str, str], float] = defaultdict(float)
    for span in spans:
        trace, own = str(span["trace_id"]), str(span["span_id"])
        seconds[trace, own] = float(span["custom"]["duration"]) / 1e9
        phase[trace, own] = _phase(span)
        below[trace, str(span.get("parent_id") or "0")] += seconds[trace, own]
    total: defaultdict[str, float] = defaultdict(float)
    count: defaultdict[str, int] = defaultdict(int)
    for key, taken in seconds.items():
        total[phase[key]] += max(0.0, taken - below[key])
        count[phase[key]] += 1
    whole = sum(total.values())
    found = [
        PhaseSeen(phase=name, spans=count[name], seconds=own, share=own / whole if whole else 0.0)
        for name, own in total.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.seconds, one.phase)))


def _phase(span: Mapping[str, Any]) -> str:
    told = [str(span.get(name) or "") for name in ("type", "operation_name", "service")]
    for name, pattern in _PHASES:
        if any(pattern.search(text) for text in told):
            return name
    return "queue" if str(span.get("resource_name") or "").startswith("jobs.") else "api"
