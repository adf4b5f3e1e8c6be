"""Canaries planted straight at the vendors: the control of the places at which a platform leaves nothing of anybody's.

A platform whose metrics carry no personal data shows nothing there without scrubbing either. So the search proves that
it would see some: in a metric's tag, in an event, in a monitor's message and in what that monitor tells PagerDuty.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, final

import httpx

from alertproof.addresses import is_loopback
from alertproof.clock import Clock, SystemClock
from alertproof.errors import Broken
from alertproof.redact import Secret
from alertproof.requirements import Target
from alertproof.scrubbing.doors import Door, Side
from alertproof.vendors import Datadog, PagerDuty

__all__ = ["planting"]

_METRIC = "alertproof.canary"
_SERVICE = "alertproof canaries"
_EMAIL = ("e-mail",)


@contextmanager
def planting(target: Target, *, clock: Clock | None = None) -> Iterator[Sequence[Door]]:
    """Yield the doors by which canaries are planted; what was made for them is deleted again at the end."""
    made = _Planting(target, clock or SystemClock())

    def wire(*places: str) -> tuple[str, ...]:
        return places if target.endpoints.control else ()  # without control doors nobody can read it

    try:
        yield (
            _planted("a metric's tag", made.tag, "Datadog metrics"),
            _planted("an event", made.event, *wire("Datadog events")),
            _planted(
                "a monitor's message",
                made.monitor,
                "PagerDuty, as shown",
                *wire("Datadog monitors", "PagerDuty events"),
            ),
        )
    finally:
        made.end()


def _planted(where: str, send: Callable[[Side], None], *shows: str) -> Door:
    return Door(name=f"planted in {where}", kinds=_EMAIL, control_only=True, send=send, shows=shows)


@final
class _Planting:
    def __init__(self, target: Target, clock: Clock) -> None:
        env, ends = target.env, target.endpoints
        self._clock = clock
        keys = {"DD-API-KEY": env["DD_API_KEY"], "DD-APPLICATION-KEY": env["DD_APP_KEY"]}
        self._http = httpx.Client(
            base_url=ends.datadog, headers=keys, timeout=20.0, trust_env=not is_loopback(ends.datadog)
        )
        self._stack_clock = target.stack_clock()
        self._datadog = Datadog(host=ends.datadog, api_key=Secret(env["DD_API_KEY"]), app_key=Secret(env["DD_APP_KEY"]))
        self._pagerduty = PagerDuty(
            base_url=ends.pagerduty,
            token=Secret(env["PAGERDUTY_API_TOKEN"]),
            from_email="alertproof@canary.example",
            ca_file=target.ca_file,
        )
        self._monitors: list[int] = []

    def end(self) -> None:
        for monitor in self._monitors:
            self._datadog.delete_monitor(monitor)
        for client in (self._datadog, self._pagerduty):
            client.close()
        self._http.close()

    def tag(self, side: Side) -> None:
        self._count(f"owner:{side.in_words()}")

    def event(self, side: Side) -> None:
        self._post("/api/v1/events", {"title": "a canary", "text": f"signed up: {side.in_words()}", "tags": []})

    def monitor(self, side: Side) -> None:
        """Make a monitor that fires at its next evaluation and says the canary to a service that tells nobody."""
        me = self._pagerduty.ensure_user(name="alertproof", email="alertproof@canary.example")
        rules: list[Any] = [(30, [{"id": me, "type": "user_reference"}])]
        policy = self._pagerduty.ensure_escalation_policy(_SERVICE, rules=rules, num_loops=0)
        _, key = self._pagerduty.ensure_service(
            _SERVICE, description="canaries of the proof of scrubbing", policy_id=policy, urgency="low"
        )
        handle = _SERVICE.replace(" ", "-")
        self._datadog.route_to_pagerduty(service=handle, integration_key=key)
        number = uuid.uuid4().hex[:8]
        self._monitors.append(
            self._datadog.create_monitor(
                {
                    "name": f"canary {number}",
                    "type": "query alert",
                    "query": f"sum(last_5m):sum:{_METRIC}{{plant:{number}}}.as_count() > 0",
                    "message": f"signed up: {side.in_words()} @pagerduty-{handle}",
                    "options": {"thresholds": {"critical": 0}},
                }
            )
        )
        self._count(f"plant:{number}")

    def _count(self, tag: str) -> None:
        at = int(self._clock.now().timestamp())
        series = {
            "metric": _METRIC,
            "type": 1,
            "interval": 10,
            "points": [{"timestamp": at, "value": 1}],
            "tags": [tag],
        }
        self._post("/api/v2/series", {"series": [series]})

    def _post(self, path: str, body: dict[str, Any]) -> None:
        answer = self._http.post(path, json=body)
        if answer.is_error:
            raise Broken(f"Datadog refused a canary at {path}: {answer.status_code} {answer.text[:200]}")
