"""What may be expected of an event: pure values, each judged against one event.

What is found of a user is named and never shown: a report must not leak what an event should not have held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple, final

from alertproof.errors import ConfigError, nearest
from alertproof.sentry.verify.seen import SentryEvent

__all__ = [
    "Expected",
    "Found",
    "breadcrumb",
    "environment",
    "has_tag",
    "in_app",
    "in_app_only",
    "level",
    "other_issue_than",
    "release",
    "same_issue_as",
    "sample_rate",
    "satisfies",
    "tag",
    "title",
    "trace",
    "user",
]

_LEVELS = ("debug", "info", "warning", "error", "fatal")
#: Of breadcrumbs and frames so many are shown, the nearest to the error.
_SHOWN = 6


class Found(NamedTuple):
    """Whether an expectation was met, and what was found instead of what was wanted."""

    met: bool
    what: str


@final
@dataclass(frozen=True, slots=True)
class Expected:
    """One thing to expect of an event: of ``what`` the value ``wanted``, in words."""

    what: str
    wanted: str
    look: Callable[[SentryEvent], Found]


def _equal(what: str, wanted: str, of: Callable[[SentryEvent], str]) -> Expected:
    def look(event: SentryEvent) -> Found:
        value = of(event)
        return Found(value == wanted, repr(value) if value else "nothing")

    return Expected(what, repr(wanted), look)


def environment(wanted: str) -> Expected:
    """Expect the environment."""
    return _equal("environment", wanted, lambda event: event.environment)


def release(wanted: str) -> Expected:
    """Expect the release."""
    return _equal("release", wanted, lambda event: event.release)


def level(wanted: str) -> Expected:
    """Expect the level; raises `ConfigError` for one that Sentry does not have."""
    if wanted not in _LEVELS:
        raise ConfigError(f"Sentry has no level {wanted!r}{nearest(wanted, _LEVELS)}")
    return _equal("level", wanted, lambda event: event.level)


def title(pattern: str) -> Expected:
    """Expect the title, ``Type: value`` of the exception; ``*`` is any text."""

    def look(event: SentryEvent) -> Found:
        return Found(_fits(event.title, pattern), repr(event.title))

    return Expected("title", repr(pattern), look)


def tag(name: str, wanted: str) -> Expected:
    """Expect a tag with a value."""

    def look(event: SentryEvent) -> Found:
        value = event.tags.get(name)
        return Found(value == wanted, repr(value) if value else _no_tag(event))

    return Expected(f"tag {name}", repr(wanted), look)


def has_tag(name: str) -> Expected:
    """Expect a tag with any value."""

    def look(event: SentryEvent) -> Found:
        value = event.tags.get(name)
        return Found(bool(value), repr(value) if value else _no_tag(event))

    return Expected(f"tag {name}", "any value", look)


def user(identity: str | None, *, allowed: Iterable[str] = ()) -> Expected:
    """Expect the user's id, and nothing of the user but that and what is allowed; None: no user at all."""
    may = {*allowed} if identity is None else {"id", *allowed}
    more = ", ".join(sorted({*allowed}))
    wanted = (f"id {identity!r}" if identity is not None else "nobody") + (f" and at most {more}" if more else " alone")

    def look(event: SentryEvent) -> Found:
        too_much = sorted(name for name in event.user if name not in may)
        own = event.user.get("id")
        said = f"id {own!r}" if own is not None and "id" in may else "no id" if identity is not None else "nobody"
        shown = "".join(f", also {name} ({len(event.user[name])} characters)" for name in too_much)
        return Found(own == identity and not too_much, said + shown)

    return Expected("user", wanted, look)


def trace(trace_id: str) -> Expected:
    """Expect the event in the trace of its request: 32 hexadecimal digits."""
    wanted = trace_id.replace("-", "").lower()
    if len(wanted) != 32 or set(wanted) - set("0123456789abcdef"):
        raise ConfigError(f"a trace's id has 32 hexadecimal digits, got {trace_id!r}")
    return _equal("trace", wanted, lambda event: event.trace_id)


def sample_rate(wanted: float) -> Expected:
    """Expect the rate at which the SDK samples traces, as its dynamic sampling context says it."""

    def look(event: SentryEvent) -> Found:
        rate = event.sample_rate
        said = "none: the SDK samples no traces, or went on with a trace that says no rate"
        return Found(rate == wanted, said if rate is None else f"{rate:g}")

    return Expected("sample rate", f"{wanted:g}", look)


def breadcrumb(*, category: str = "*", message: str = "*", level: str = "*") -> Expected:
    """Expect a breadcrumb; ``*`` is any text."""
    given = {"category": category, "message": message, "level": level}
    patterns = {name: pattern for name, pattern in given.items() if pattern != "*"}
    wanted = "one with " + ", ".join(f"{name} {pattern!r}" for name, pattern in patterns.items())

    def look(event: SentryEvent) -> Found:
        met = any(
            all(_fits(str(getattr(crumb, name)), pattern) for name, pattern in patterns.items())
            for crumb in event.breadcrumbs
        )
        last = [f"{crumb.category or '?'}: {crumb.message[:60]}" for crumb in event.breadcrumbs[-_SHOWN:]]
        return Found(met, _listed("none", last, len(event.breadcrumbs)))

    return Expected("breadcrumb", wanted if patterns else "any", look)


def in_app(module: str, *, function: str = "*") -> Expected:
    """Expect that the innermost frame of the platform's own code is of a module; ``*`` is any text."""

    def look(event: SentryEvent) -> Found:
        own = [frame for frame in event.frames if frame.in_app]
        met = bool(own) and _fits(own[-1].module, module) and _fits(own[-1].function, function)
        return Found(met, f"{own[-1]}" if own else _stack(event))

    return Expected("innermost frame", module if function == "*" else f"{module} in {function}", look)


def in_app_only(*packages: str) -> Expected:
    """Expect frames of the platform's own code, all of them in one of the packages: no library counts as its own."""
    if not packages:
        raise ConfigError("in_app_only() needs the platform's packages, such as in_app_only('m3core')")

    def look(event: SentryEvent) -> Found:
        own = [frame for frame in event.frames if frame.in_app]
        foreign = [frame for frame in own if not any(f"{frame.module}.".startswith(f"{name}.") for name in packages)]
        return Found(bool(own) and not foreign, "; ".join(map(str, foreign[:_SHOWN])) if foreign else _stack(event))

    return Expected("frames in app", f"of {', '.join(packages)} alone", look)


def same_issue_as(other: SentryEvent) -> Expected:
    """Expect the issue of another event: one cause is one issue."""

    def look(event: SentryEvent) -> Found:
        return Found(bool(event.issue) and event.issue == other.issue, f"issue {event.issue or '(none)'}")

    return Expected("issue", f"that of {other}, {other.issue}", look)


def other_issue_than(other: SentryEvent) -> Expected:
    """Expect another issue than that of another event: two causes are two issues."""

    def look(event: SentryEvent) -> Found:
        return Found(bool(event.issue) and event.issue != other.issue, f"issue {event.issue or '(none)'}")

    return Expected("issue", f"not that of {other}, {other.issue}", look)


def satisfies(what: str, wanted: str, look: Callable[[SentryEvent], Found]) -> Expected:
    """Expect whatever you like of an event."""
    return Expected(what, wanted, look)


def _fits(text: str, pattern: str) -> bool:
    # Only the asterisk: fnmatch knows more, and titles hold brackets.
    return fnmatchcase(text, pattern.replace("[", "[[]").replace("?", "[?]"))


def _no_tag(event: SentryEvent) -> str:
    return f"no such tag; its tags are {', '.join(sorted(event.tags)) or 'none'}"


def _stack(event: SentryEvent) -> str:
    return _listed("no stack", [str(frame) for frame in event.frames[-_SHOWN:]], len(event.frames))


def _listed(nothing: str, shown: list[str], of: int) -> str:
    if not shown:
        return nothing
    return "; ".join(shown) + (f" (the last {len(shown)} of {of})" if of > len(shown) else "")
