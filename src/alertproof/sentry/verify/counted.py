"""What Sentry counted: outcomes by category and reason, and sessions by status.

Client reports (what an SDK dropped, and why) can be read nowhere in the public API but as the outcome
``client_discard`` of the organization's statistics. Source: docs.sentry.io/api/organizations (event counts v2),
docs.sentry.io/api/releases (session statistics).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from alertproof.sentry.verify.judge import Judged

__all__ = ["Outcome", "Outcomes", "ReleaseHealth", "judge_crash_free"]

ACCEPTED, DISCARDED = "accepted", "client_discard"


class Outcome(NamedTuple):
    """What is counted apart; ``reason`` is empty for what was accepted."""

    category: str
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How much of each outcome there was in some span."""

    counts: Mapping[Outcome, int]

    def since(self, before: Outcomes) -> Outcomes:
        """Return what came on top of an earlier count of a span with the same beginning."""
        left = {key: count - before.counts.get(key, 0) for key, count in self.counts.items()}
        return Outcomes({key: count for key, count in left.items() if count})

    def of(self, category: str) -> Outcomes:
        """Return what is counted of one category."""
        return Outcomes({key: count for key, count in self.counts.items() if key.category == category})

    def accepted(self, category: str) -> int:
        """Return how much of a category was taken."""
        return sum(count for key, count in self.counts.items() if key[:2] == (category, ACCEPTED))

    def discarded(self, category: str = "") -> dict[str, int]:
        """Return what the SDK dropped by reason, as its client reports say; of all categories without one."""
        found: Counter[str] = Counter()
        for key, count in self.counts.items():
            if key.outcome == DISCARDED and category in ("", key.category):
                found[key.reason] += count
        return dict(sorted(found.items()))

    def lost(self) -> str:
        """Return in words what was not accepted, and why; empty when all was."""
        lost = sorted((key, count) for key, count in self.counts.items() if key.outcome != ACCEPTED)
        return ", ".join(
            f"{count} x {key.category} {'dropped by the SDK' if key.outcome == DISCARDED else key.outcome}"
            + (f" ({key.reason})" if key.reason else "")
            for key, count in lost
        )


@dataclass(frozen=True, slots=True)
class ReleaseHealth:
    """The sessions of a release in an environment by how they ended: ``healthy errored unhandled crashed abnormal``."""

    by_status: Mapping[str, int]

    @property
    def sessions(self) -> int:
        """How many sessions there were."""
        return sum(self.by_status.values())

    @property
    def crash_free(self) -> float | None:
        """The share of sessions that did not crash; None without sessions."""
        return 1 - self.by_status.get("crashed", 0) / self.sessions if self.sessions else None

    def since(self, before: ReleaseHealth) -> ReleaseHealth:
        """Return what came on top of an earlier count of a span with the same beginning."""
        left = Counter(self.by_status)
        left.subtract(before.by_status)
        return ReleaseHealth({status: count for status, count in sorted(left.items()) if count})


def judge_crash_free(health: ReleaseHealth, at_least: float) -> Judged:
    """Judge the crash-free rate; without a session there is nothing to judge."""
    rate = health.crash_free
    counts = ", ".join(f"{count} {status}" for status, count in sorted(health.by_status.items()) if count)
    return Judged(
        what="crash-free sessions",
        wanted=f"at least {at_least:.4g}",
        met=None if rate is None else rate >= at_least,
        found="no session was counted" if rate is None else f"{rate:.4g} of {health.sessions}: {counts}",
    )
