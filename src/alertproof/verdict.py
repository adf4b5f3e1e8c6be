"""Verdicts, and the events of a run: producers emit, writers listen, neither knows the other."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import msgspec

__all__ = ["CheckFinished", "Expectation", "RunEvent", "RunFinished", "RunStarted", "Sink", "Verdict"]


class Verdict(StrEnum):
    """How a check ended. *broken* means that it could not tell."""

    PASSED = "passed"
    FAILED = "failed"
    BROKEN = "broken"
    SKIPPED = "skipped"


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was expected; ``met`` is None when it was never reached."""

    text: str
    met: bool | None
    last_seen: str = ""

    def complaint(self) -> str:
        """Return what was not met, or never reached, with what was last seen; empty for one that was met."""
        if self.met:
            return ""
        word = "never reached" if self.met is None else "not met"
        return f"{word}: {self.text}; last seen: {self.last_seen}"


class RunEvent(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something that happened in a run, at a real instant."""

    at: datetime


class RunStarted(RunEvent, frozen=True, kw_only=True):
    """A run began against a target.

    ``run`` is unique. ``environment`` says where and with what it ran, as sorted pairs of name and value; nothing in
    it is a secret.
    """

    run: str
    target: str
    version: str
    command: str
    environment: tuple[tuple[str, str], ...] = ()


class CheckFinished(RunEvent, frozen=True, kw_only=True):
    """A check (probe, journey, drill, offline test) ended; ``wall`` is real time.

    ``earlier`` says why the attempts before the last one told nothing: the runner's own trouble ended them.
    ``degraded`` says what was nearly wrong with a check that passed.
    """

    check: str
    kind: str
    verdict: Verdict
    wall: timedelta
    reason: str = ""
    earlier: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()

    @property
    def flaky(self) -> bool:
        """Whether it passed, but not at the first attempt."""
        return self.verdict is Verdict.PASSED and bool(self.earlier)


class RunFinished(RunEvent, frozen=True, kw_only=True):
    """A run ended; ``exit_code`` is that of the process."""

    exit_code: int
    wall: timedelta


class Sink(Protocol):
    """Takes the events of a run, in the order they happened."""

    def emit(self, event: RunEvent) -> None: ...
