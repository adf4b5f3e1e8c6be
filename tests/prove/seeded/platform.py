"""Defects of the way from the platform to whom is told, which only a whole stack shows: addresses, sampling, faults.

They are written by hand beside the drills that see them; here they are drawn with the generated ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.meta.test_breakages import BREAKAGES, Edit, break_a_copy, run_the_drill
from tests.prove.test_sentry_defects import DEFECTS, run_the_sentry_suite

__all__ = ["PlatformDefect", "platform_defects", "said_of"]

_OPERATORS = {
    "the fault not injected": "fault not injected",
    "the heavy query not run": "fault not injected",
    "the jobs not put on the queue": "fault not injected",
    "the API not killed": "fault not injected",
    "the jobs not taken out by the revert": "fault not reverted",
    "the DogStatsD port wrong": "address wrong",
    "the Sentry DSN wrong": "address wrong",
    "before_send removed": "scrubbing off",
}


@dataclass(frozen=True, kw_only=True)
class PlatformDefect:
    """``says`` are texts of which the suite says each; ``drill`` is empty where the Sentry suite sees it."""

    operator: str
    name: str
    says: tuple[str, ...]
    edits: tuple[Edit, ...]
    drill: str = ""


def platform_defects() -> Iterator[PlatformDefect]:
    """Yield them; one that the drills no longer have is a `KeyError`."""
    known = {each.name: each for each in BREAKAGES}
    for name, operator in _OPERATORS.items():
        each = known[name]
        yield PlatformDefect(operator=operator, name=name, says=each.says, edits=each.edits, drill=each.drill)
    edit, says = DEFECTS["another sample rate"]
    yield PlatformDefect(operator="sampling", name="another sample rate", says=says, edits=(edit,))


def said_of(defect: PlatformDefect, folder: Path) -> str:
    """Return what the suite that sees it says of a broken copy."""
    if not defect.drill:
        return run_the_sentry_suite(defect.edits, folder)
    breakage = next(each for each in BREAKAGES if each.name == defect.name)
    break_a_copy(breakage, folder)
    done = run_the_drill(folder, defect.drill)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout
