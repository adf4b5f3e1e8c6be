"""What stands behind an answer: what the platform's log and its errors say of the same request.

They are looked up by the request's correlation id where they are kept, at Datadog and Sentry, and arrive there some
seconds after the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias

from alertproof.clock import Clock, SystemClock, wait_until
from alertproof.errors import AlertproofError
from alertproof.redact import Secret
from alertproof.requirements import Target
from alertproof.sentrywatch import connect
from alertproof.vendors import DatadogTelemetry

__all__ = ["look_behind"]

_FACET, _TAG = "@correlation_id", "correlation_id"
#: Real time: what is not there by then is not waited for, since somebody waits for the test.
_WITHIN = timedelta(seconds=6)
_EVERY = timedelta(milliseconds=400)
#: By the target's clock: requests of a journey that began longer ago are not asked for.
_SPAN = timedelta(minutes=10)
_MOST = 20  # lines of one request


#: Where it is looked, and what says the lines that are there of a correlation id.
_Look: TypeAlias = tuple[str, Callable[[str], list[str]]]


def look_behind(target: Target, answers: Mapping[str, str], *, name: str, clock: Clock | None = None) -> str:
    """Return what the log and Sentry say of requests, one paragraph each; empty where the target has neither.

    ``answers`` are the requests in words, by the correlation id that the answer bears; ``name`` is the target's. What
    cannot be read, or has not come in time, is said.
    """
    clock = clock or SystemClock()
    with ExitStack() as leaving:
        looks = [*_looks(target, name, leaving)]
        if not looks:
            return ""
        deadline = clock.now() + _WITHIN
        return "\n\n".join("\n".join(_of_one(*one, looks, clock, deadline)) for one in answers.items())


def _of_one(correlation_id: str, said: str, looks: Sequence[_Look], clock: Clock, deadline: datetime) -> Iterator[str]:
    yield f"{said}, correlation id {correlation_id}"
    for where, look in looks:
        try:
            found = wait_until(partial(_some, look, correlation_id), clock=clock, deadline=deadline, every=_EVERY)
        except AlertproofError as error:
            yield f"  {where} cannot be read: {str(error).partition(chr(10))[0]}"
            continue
        yield from (f"  {where}  {line}" for line in found or ["nothing yet"])


def _some(look: Callable[[str], list[str]], correlation_id: str) -> list[str] | None:
    return look(correlation_id) or None


def _looks(target: Target, name: str, leaving: ExitStack) -> Iterator[_Look]:
    env, ends, clock = target.env, target.endpoints, target.stack_clock()
    if env.get("DD_API_KEY") and env.get("DD_APP_KEY") and ends.datadog:
        datadog = DatadogTelemetry(
            host=ends.datadog,
            api_key=Secret(env["DD_API_KEY"]),
            app_key=Secret(env["DD_APP_KEY"]),
            ca_file=target.ca_file,
        )
        leaving.callback(datadog.close)

        def logged(correlation_id: str) -> list[str]:
            now = clock.now()
            rows = datadog.records("logs", f"{_FACET}:{correlation_id}", since=now - _SPAN, until=now)
            return [_line(row) for row in rows[-1 : -_MOST - 1 : -1]]  # the newest come first

        yield "log", logged
    if env.get("SENTRY_AUTH_TOKEN") and ends.sentry_api:
        sentry = connect(ends.sentry_api, env, name=f"target {name!r}")
        leaving.callback(sentry.close)

        def reported(correlation_id: str) -> list[str]:
            now = clock.now()
            events = sentry.events({_TAG: correlation_id}, since=now - _SPAN, until=now)
            return [
                f"{one.title} ({one.level}, event {one.id}, issue {one.issue}, trace {one.trace_id})" for one in events
            ]

        yield "Sentry", reported


def _line(row: dict[str, Any]) -> str:
    said = " ".join(str(row.get("message", "")).split())[:200]
    return f"{row.get('timestamp', '')} {row.get('service', '')} {row.get('status', '')}: {said}"
