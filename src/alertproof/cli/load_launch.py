"""``alertproof load run --before-launch``: what the run says of alerts, capacity and the platform's own telemetry."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec

from alertproof.clock import SystemClock
from alertproof.errors import ConfigError
from alertproof.gate.before_launch import BeforeLaunch, Seen, before_launch, look
from alertproof.journal import LoadJournal
from alertproof.loadgen import CapacityRun
from alertproof.redact import Secret
from alertproof.requirements import Specification, Target, load_specification

__all__ = ["capacity_of", "told_of_launch"]

_ARRIVES = timedelta(seconds=12)  # real: an agent sends each ten seconds
_KEYS = ("DD_API_KEY", "DD_APP_KEY")


def told_of_launch(
    journal: LoadJournal, target: Target, *, monitoring: Path, capacity: CapacityRun | None
) -> BeforeLaunch:
    """Return the report of a run that has just ended."""
    spec = load_specification(monitoring)
    return before_launch(journal, spec, seen=_seen(journal, target, spec), capacity=capacity)


def capacity_of(path: Path | None) -> CapacityRun | None:
    """Return the search that a file holds, None without one; raises `ConfigError` for a file that holds none."""
    if path is None:
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=CapacityRun)
    except OSError as error:
        raise ConfigError(f"--capacity {path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise ConfigError(
            f"--capacity {path}: not what alertproof load find-capacity --json printed ({error})"
        ) from error


def _seen(journal: LoadJournal, target: Target, spec: Specification) -> Seen | None:
    if not target.endpoints.datadog or not all(target.env.get(key) for key in _KEYS):
        return None
    from alertproof.vendors import Datadog, DatadogTelemetry  # noqa: PLC0415 - an extra

    SystemClock().sleep(_ARRIVES)
    host, ca_file = target.endpoints.datadog, target.ca_file
    api_key, app_key = (Secret(target.env[key]) for key in _KEYS)
    metrics = Datadog(host=host, api_key=api_key, app_key=app_key, ca_file=ca_file)
    spans = DatadogTelemetry(host=host, api_key=api_key, app_key=app_key, ca_file=ca_file)
    anchor = target.stack_clock().anchor
    since, until = journal.began + journal.warm_up, journal.began + journal.wall
    try:
        return look(
            metrics,
            spans,
            spec,
            environment=target.env["DD_ENV"],
            since=anchor.to_stack(since),
            until=anchor.to_stack(until + _ARRIVES),
        )
    finally:
        metrics.close()
        spans.close()
