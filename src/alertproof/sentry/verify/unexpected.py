"""Events that nobody claimed and nobody allowed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from alertproof.errors import ConfigError
from alertproof.sentry.verify.seen import SentryEvent

__all__ = ["Allowance", "unexpected_events", "unexpected_text"]

_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Events that may come at any time: whose title fits (``*`` is any text) and that carry the tags; and why."""

    title: str
    why: str
    tags: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.why.strip():
            raise ConfigError(f"events titled {self.title!r} are allowed without a reason; say why")
        if not self.title.strip("* ") and not self.tags:
            raise ConfigError(f"the allowance {self.title!r} allows every event; name a title or tags")

    def covers(self, event: SentryEvent) -> bool:
        """Whether an event is one of these."""
        fits = fnmatchcase(event.title, self.title.replace("[", "[[]").replace("?", "[?]"))
        return fits and all(event.tags.get(name) == value for name, value in self.tags)


def unexpected_events(
    events: Iterable[SentryEvent], *, claimed: Collection[str], allowed: Sequence[Allowance]
) -> tuple[SentryEvent, ...]:
    """Return the events that are neither claimed by their id nor allowed, oldest first."""
    left = [each for each in events if each.id not in claimed and not any(one.covers(each) for one in allowed)]
    return tuple(sorted(left, key=lambda each: each.at))


def unexpected_text(events: Sequence[SentryEvent]) -> str:
    """Return what to say of events that nobody expected; empty for none."""
    if not events:
        return ""
    lines = [f"{len(events)} unexpected {'event' if len(events) == 1 else 'events'} came while the test ran"]
    for each in events[:_SHOWN]:
        tags = ", ".join(f"{name} {each.tags[name]!r}" for name in sorted({"service", "correlation_id"} & {*each.tags}))
        lines.append(f"  {each.at:%H:%M:%S}  {each.title[:100]}  (issue {each.issue}, event {each.id}; {tags})")
    if len(events) > _SHOWN:
        lines.append(f"  and {len(events) - _SHOWN} more")
    lines.append("  wait for those that the test causes; allow what may come at any time, and say why")
    return "\n".join(lines)
