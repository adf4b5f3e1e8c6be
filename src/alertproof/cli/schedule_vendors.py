"""Whom a scheduler tells of its runs: what the target has an address of."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from alertproof.errors import ConfigError
from alertproof.redact import Secret
from alertproof.requirements import Target

if TYPE_CHECKING:
    from alertproof.schedule.scheduler import Listener
    from alertproof.schedule.store import Store

__all__ = ["listening", "require_login"]


def require_login(target: Target) -> None:
    """Log in to Datadog where the target has a key; raises `LoginRefused` before anything runs unseen."""
    key = target.env.get("DD_API_KEY", "")
    if not (key and target.endpoints.datadog):
        return
    try:
        from alertproof.vendors import Datadog  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError(
            f"DD_API_KEY is set, and looking at it needs {error.name}: pip install 'alertproof[drill]'"
        ) from error
    client = Datadog(
        host=target.endpoints.datadog,
        api_key=Secret(key),
        app_key=Secret(target.env.get("DD_APP_KEY", "")),
        ca_file=target.ca_file,
    )
    try:
        client.require_api_key()
    finally:
        client.close()


@contextmanager
def listening(
    target: Target, store: Store, *, location: str, service: str, beat: timedelta
) -> Iterator[list[Listener]]:
    """Yield who is told: DogStatsD, Sentry and an OpenTelemetry collector, each where the target has it."""
    environment = target.env.get("DD_ENV", "")
    found: list[Listener] = []
    otlp = target.endpoints.otlp or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    with ExitStack() as stack:
        if target.endpoints.dogstatsd:
            from alertproof.schedule.datadog import DatadogListener  # noqa: PLC0415 - an extra

            tags = [f"service:{service}", *([f"env:{environment}"] if environment else [])]
            agent = DatadogListener(target.endpoints.dogstatsd, tags=tags, store=store)
            stack.callback(agent.close)
            found.append(agent)
        if target.endpoints.sentry_dsn:
            from alertproof.schedule.sentry import SentryListener  # noqa: PLC0415 - an extra

            sentry = SentryListener(target.endpoints.sentry_dsn, environment=environment, location=location, beat=beat)
            stack.callback(sentry.close)
            found.append(sentry)
        if otlp:
            from alertproof.schedule.otlp import OtlpListener  # noqa: PLC0415 - an extra

            collector = OtlpListener(otlp, environment=environment)
            stack.callback(collector.close)
            found.append(collector)
        yield found
