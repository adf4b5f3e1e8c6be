"""Reads drills from ``*.drill.yaml``; a step, key or alert that is not known gets the nearest known name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from alertproof.drills.course import budget, flapping, issues, joining, message, muting, records, steps
from alertproof.drills.course.steps import Step
from alertproof.drills.repeats import Repeat
from alertproof.errors import ConfigError, nearest
from alertproof.requirements import converted, read_raw

__all__ = ["STEPS", "WrittenDrill", "load_drills"]

_MODULES = (budget, flapping, issues, joining, message, muting, records, steps)


def _written(name: str) -> str:
    """Return ``ResolveIssue`` as files write it: ``resolve_issue``."""
    return re.sub(r"(?<=.)([A-Z])", r"_\1", name).lower()


#: What a step is called in a file: each step that a module of steps names in its ``__all__``.
STEPS: Mapping[str, type[msgspec.Struct]] = {
    _written(name): found
    for module in _MODULES
    for name in module.__all__
    if isinstance(found := getattr(module, name), type) and issubclass(found, msgspec.Struct)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenDrill:
    """A drill of a file: a course of ``steps`` on signals, or a ``side`` of the alert on a platform that is broken."""

    name: str
    alert: str
    side: Literal["fires", "quiet"] | None
    steps: tuple[Step, ...]
    may: tuple[str, ...] = ()
    repeat: Repeat | None = None


class _Drill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    alert: str
    side: Literal["fires", "quiet"] | None = None
    steps: list[Any] = msgspec.field(default_factory=list)
    may: tuple[str, ...] = ()
    repeat: Repeat | None = None


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    drills: list[_Drill]


def load_drills(path: Path) -> tuple[WrittenDrill, ...]:
    """Return the drills of a file, in order; raises `ConfigError` that names the place."""
    read = converted(read_raw(path), _File, where=str(path))
    if not read.drills:
        raise ConfigError(f"{path}: no drills; a file without one proves nothing")
    names = [drill.name for drill in read.drills]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise ConfigError(f"{path}: two drills are called {double!r}; give each a name of its own")
    return tuple(_drill(drill, f"{path}: {drill.name!r}") for drill in read.drills)


def _drill(drill: _Drill, where: str) -> WrittenDrill:
    if (drill.side is None) == (not drill.steps):
        raise ConfigError(f"{where}: say either the steps of a course, or a side: fires or quiet")
    if drill.side is not None and drill.may:
        raise ConfigError(f"{where}: what may come beside a side stands in the specification, not here")
    taken = tuple(_step(raw, f"{where}: step {place}") for place, raw in enumerate(drill.steps, start=1))
    return WrittenDrill(
        name=drill.name, alert=drill.alert, side=drill.side, steps=taken, may=drill.may, repeat=drill.repeat
    )


def _step(raw: Any, where: str) -> Step:
    """Return a step that is written as its name alone, or as its name and what it takes."""
    if isinstance(raw, Mapping) and len(raw) == 1:
        ((name, given),) = raw.items()
    else:
        name, given = raw, None
    if not isinstance(name, str):
        raise ConfigError(f"{where}: a step is its name, or its name and what it takes: 'escalates: {{level: 2}}'")
    if name not in STEPS:
        raise ConfigError(f"{where}: there is no step {name!r}{nearest(name, STEPS)}")
    taken = {} if given is None else given
    return cast("Step", converted(taken, STEPS[name], where=f"{where}, {name}"))
