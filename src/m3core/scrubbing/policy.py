"""What a platform may choose: which keys and values always stay, which are secret besides, which addresses show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

__all__ = ["FILTERED", "Finding", "Policy"]

#: Stands where something was taken out. Sentry's own scrubbers write the same, and leave it alone.
FILTERED: Final = "[Filtered]"


class Finding(NamedTuple):
    """A part of a text that must go, and the rule that says so."""

    start: int
    end: int
    rule: str


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What is scrubbed beyond the rules, and what is not in spite of them.

    ``allow_keys`` are compared in lower case; the value under such a key stays as it is. ``allow_values`` are patterns
    that a found text must match whole to stay. ``secret_keys`` lose their values besides those that are known.
    ``addresses`` are the IP addresses that go: those of the public internet, all, or none.
    """

    allow_keys: frozenset[str] = frozenset()
    allow_values: tuple[re.Pattern[str], ...] = ()
    secret_keys: frozenset[str] = frozenset()
    addresses: Literal["public", "all", "none"] = "public"
    #: Below so many levels, and after so many values and characters, everything goes unread: hostile input is bounded.
    #: The characters are about those of the largest event that Sentry takes.
    deepest: int = 40
    most_values: int = 100_000
    most_text: int = 1_000_000

    def allows(self, text: str) -> bool:
        """Whether a found text may stay."""
        return any(pattern.fullmatch(text) for pattern in self.allow_values)
