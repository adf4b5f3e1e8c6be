"""Tells Datadog of each run, by DogStatsD: counts, durations, a service check, and an event where a check turns."""

from __future__ import annotations

import threading
from typing import final

from datadog.dogstatsd import DogStatsd

from alertproof.errors import ConfigError
from alertproof.schedule.outages import standing
from alertproof.schedule.record import Gap
from alertproof.schedule.scheduler import RunTold
from alertproof.schedule.store import Store
from alertproof.verdict import Verdict

__all__ = ["DatadogListener"]

_STATUS = {
    Verdict.PASSED: DogStatsd.OK,
    Verdict.FAILED: DogStatsd.CRITICAL,
    Verdict.BROKEN: DogStatsd.UNKNOWN,
    Verdict.SKIPPED: DogStatsd.UNKNOWN,
}
#: So much of a reason: an event's text and a check's message may not be longer.
_LONGEST = 800


@final
class DatadogListener:
    """Sends to the Agent at ``address`` (``udp://host:port``); ``tags`` are those of every signal.

    ``synthetics.probe.runs`` and ``synthetics.probe.failed`` (of a journey ``synthetics.journey...``) count the runs
    that told something. What could not tell, or is in quarantine, is in ``alertproof.runs`` alone, by its verdict.
    DogStatsD is not answered: what is sent while the Agent is away is lost there, and kept in the history.
    """

    def __init__(self, address: str, *, tags: list[str], store: Store) -> None:
        host, _, port = address.removeprefix("udp://").rpartition(":")
        if not host or not port.isdecimal():
            raise ConfigError(f"{address!r} is no address of DogStatsD; write udp://HOST:8125")
        self._statsd = DogStatsd(
            host=host, port=int(port), disable_buffering=True, disable_telemetry=True, constant_tags=tags
        )
        self._store = store
        self._failing: dict[str, bool | None] = {}
        self._lock = threading.Lock()

    def ran(self, run: RunTold) -> None:
        """Send what a run came to."""
        ended, check = run.ended, run.check
        tags = [f"check:{check.name}", f"location:{check.location}"]
        self._statsd.increment("alertproof.runs", tags=[*tags, f"verdict:{ended.verdict}"])
        if ended.earlier:
            self._statsd.increment("alertproof.flaky", len(ended.earlier), tags=tags)
        if ended.degraded:
            self._statsd.increment("alertproof.degraded", tags=tags)
        if run.quarantined:
            return
        if ended.verdict in {Verdict.PASSED, Verdict.FAILED}:
            kind = "journey" if check.kind == "journey" else "probe"
            self._statsd.increment(f"synthetics.{kind}.runs", tags=tags)
            self._statsd.increment(f"synthetics.{kind}.failed", int(ended.verdict is Verdict.FAILED), tags=tags)
        if ended.took is not None and ended.verdict is Verdict.PASSED:
            self._statsd.distribution("alertproof.duration", ended.took.total_seconds(), tags=tags)
        self._statsd.service_check(
            "alertproof.check",
            DogStatsd.WARNING if ended.degraded else _STATUS[ended.verdict],
            tags=tags,
            message=_short(ended.reason) or None,
        )
        self._tell_turn(run)

    def missed(self, gap: Gap) -> None:
        """Count the slots that were not run."""
        self._statsd.increment("alertproof.missed", gap.slots, tags=[f"check:{gap.check}", f"location:{gap.location}"])

    def alive(self, *, healthy: bool) -> None:
        """Send that the scheduler is there."""
        self._statsd.service_check("alertproof.scheduler", DogStatsd.OK if healthy else DogStatsd.WARNING)

    def close(self) -> None:
        """Close the socket."""
        self._statsd.close_socket()

    def _tell_turn(self, run: RunTold) -> None:
        """Send an event when a check begins or ends to fail from enough locations."""
        name = run.check.name
        places = {one.location: one.timetable.every for one in self._store.planned() if one.name == name}
        now = run.began + run.ended.wall
        runs = self._store.runs(since=now - 4 * max(places.values(), default=run.check.timetable.every), check=name)
        standing_now = standing(runs, locations=places, at=max([now, *(one.ended for one in runs if one.ended)]))
        with self._lock:
            before, self._failing[name] = self._failing.get(name), standing_now.failing
        if standing_now.failing is None or standing_now.failing == bool(before):
            return
        self._statsd.event(
            f"{name} is {standing_now.words}",
            _short(run.ended.reason) or "It passes again.",
            alert_type="error" if standing_now.failing else "success",
            aggregation_key=name[-100:],
            tags=[f"check:{name}"],
        )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} .."
