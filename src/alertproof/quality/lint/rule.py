"""What a rule is: an id, what it looks for, why that bites, an example of each side, and the check itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from alertproof.datadog.loading import Path
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.subject import Subject

__all__ = ["Complaint", "Example", "Rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What a rule complains of: a sentence, and the value, or the part of its text, that it is about."""

    path: Path
    text: str
    start: int = 0
    end: int | None = None


class Example(NamedTuple):
    """A monitor as it may stand in a file; ``name`` is the file's, its ending says how it is written."""

    text: str
    name: str = "monitor.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; ``why`` are paragraphs of its page, ``bad`` breaks it and ``good`` is how it is meant."""

    id: str
    level: Level
    title: str
    why: str
    bad: Example
    good: Example
    check: Callable[[Subject], Iterator[Complaint]]
