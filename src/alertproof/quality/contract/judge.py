"""Compares what is asked for with what the platform emitted: what is missing. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from alertproof.errors import nearest
from alertproof.quality.contract.asked import Asked

__all__ = ["Emitted", "Gap", "Points", "gap_of"]

#: A count that DogStatsD sends is a rate at Datadog; ``as_count`` and ``as_rate`` are of both.
_TYPES = {"count": ("count", "rate"), "distribution": ("distribution",)}

#: Facets that every record has, whether or not the API shows them.
_ALWAYS = ("*", "@duration", "status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """What a query answered over the run: how many points it made, and whether all of them are zero."""

    count: int
    zero: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitted:
    """What arrived during the run: the type of each metric, its tags as ``key:value``, and the facets of records."""

    types: Mapping[str, str]
    tags: Mapping[str, frozenset[str]]
    facets: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that is asked for and was not emitted.

    ``signal`` is the metric, alone or with the key of a tag or with the tag ``key:value`` that it lacks, or a search.
    """

    asked: Asked
    signal: str
    problem: str

    def __str__(self) -> str:
        return f"{self.asked.where}\n  {self.asked.whole or self.asked.query}\n  {self.problem}"


def gap_of(asked: Asked, emitted: Emitted, points: Points, *, zeros: Collection[str] = ()) -> Gap | None:
    """Return what is missing of one thing that is asked for, None where it was emitted as asked."""
    of_metric = asked.kind == "metric"
    signal, problem = _metric(asked, emitted, points, zeros) if of_metric else _records(asked, emitted, points)
    return Gap(asked=asked, signal=signal, problem=problem) if problem else None


def _metric(asked: Asked, emitted: Emitted, points: Points, zeros: Collection[str]) -> tuple[str, str]:
    name = asked.name
    if name not in emitted.types:
        return name, f"the metric {name} was not emitted{_near(name, emitted.types)}"
    kind = emitted.types[name]
    if asked.type and kind not in _TYPES[asked.type]:
        return name, f"the metric {name} is a {kind}; the query needs a {asked.type}"
    lacking, missing = _missing_tag(asked, emitted.tags.get(name, frozenset()))
    if missing:
        return f"{name} {lacking}", missing
    if not points.count:
        problem = f"the metric {name} has each of these tags, but no series of the run has all of them: {asked.query}"
        return _narrowest(asked), problem
    if points.zero and name not in zeros:
        return (
            name,
            f"the metric {name} was zero throughout; if that is healthy, list it in telemetry.zeros of spec.yaml",
        )
    return name, ""


def _narrowest(asked: Asked) -> str:
    """Return the metric with the first tag that picks some of its series: what it is that was not there."""
    for key, values in asked.tags:
        if key not in ("env", "service") and len(values) == 1 and "*" not in values[0]:
            return f"{asked.name} {key}:{values[0]}"
    return asked.name


def _near(name: str, known: Collection[str]) -> str:
    """Return the nearest name in words, nothing where none is near: a platform emits too many to list them all."""
    hint = nearest(name, known)
    return hint if "did you mean" in hint else ""


def _missing_tag(asked: Asked, tags: frozenset[str]) -> tuple[str, str]:
    """Return the key or the tag that is asked for and that no series has, and why; empty texts where all are there."""
    keys = {tag.partition(":")[0] for tag in tags}
    for key in (*(key for key, _ in asked.tags), *asked.by):
        if key not in keys:
            return key, f"the metric {asked.name} has no tag {key!r}{_near(key, keys)}"
    for key, values in asked.tags:
        wanted = [f"{key}:{value}" for value in values]
        if wanted and not any(_matches(each, tags) for each in wanted):
            near = _near(wanted[0], sorted(tag for tag in tags if tag.startswith(f"{key}:")))
            return wanted[0], f"no series of the metric {asked.name} is tagged {' or '.join(wanted)}{near}"
    return "", ""


def _matches(wanted: str, tags: frozenset[str]) -> bool:
    if "*" not in wanted:
        return wanted.lower() in tags
    before, _, behind = wanted.lower().partition("*")
    return any(tag.startswith(before) and tag.endswith(behind) for tag in tags)


def _records(asked: Asked, emitted: Emitted, points: Points) -> tuple[str, str]:
    known = emitted.facets.get(asked.kind, frozenset())
    if not known:
        return asked.kind, f"no {asked.kind} arrived"
    for facet in asked.facets:
        if facet.removeprefix("@") not in known and facet not in _ALWAYS:
            name = facet.removeprefix("@")
            return facet, f"no record of {asked.kind} has {facet}{_near(name, known)}"
    if not points.count:
        return _signal(asked), f"no record of {asked.kind} is found by {asked.query!r}"
    return _signal(asked), ""


def _signal(asked: Asked) -> str:
    """Return how a search of records is called where it is not yet proven: its kind and what it says of its own."""
    said = [f"{key}:{values[0]}" for key, values in asked.tags if values and key not in ("env", "service")]
    return " ".join([asked.kind, *said])
