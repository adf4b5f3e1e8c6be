"""A defect of a monitor, made on purpose, and what a test that sees it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

__all__ = ["Change", "Defect", "Operator", "Payload", "Sign"]

Payload = dict[str, Any]


class Sign(StrEnum):
    """What an expectation says that is not met, a test that can no longer tell, or a finding of the linter."""

    SILENT = "what should fire does not"
    FIRES = "what should be quiet fires, or something else happens"
    LASTS = "what should recover does not"
    MISROUTED = "somebody who should be told is not, though the step is taken"
    UNSAID = "the notification comes, without the words that it should hold"
    LINTED = "alertproof monitors lint finds what it did not find before"
    BLIND = "the test cannot tell any more: a group, a value or a use of its data is missing"


class Change(Struct, frozen=True, kw_only=True):
    """One way in which an operator puts a monitor wrong: what is different in words, and the monitor then.

    ``wanted`` are the signs of which a test that sees it shows one at least; ``missing`` is the test that is not there
    when nothing turns red.
    """

    text: str
    payload: Payload
    wanted: frozenset[Sign]
    missing: str


#: Takes the API's JSON of a monitor and yields it changed; what it was given stays as it is.
Operator = Callable[[Mapping[str, Any]], Iterator[Change]]


class Defect(Struct, frozen=True, kw_only=True):
    """A change of one monitor by one operator."""

    operator: str
    monitor: str
    change: Change

    @property
    def name(self) -> str:
        """Return what it is called: the same for the same defect in every run."""
        return f"{self.monitor}: {self.operator}: {self.change.text}"
