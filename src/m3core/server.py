"""Runs the API until it is told to stop."""

from __future__ import annotations

import gc
from functools import partial

from m3core.app import create_app
from m3core.database import Database
from m3core.listening import listen
from m3core.services import Services, assemble
from m3core.settings import Settings, SettingsError
from m3core.telemetry import sentry, tracing
from m3core.tenants import read_signing_key

__all__ = ["serve"]

_FLUSH_SECONDS = 2.0


def serve(settings: Settings, *, host: str, port: int) -> None:
    """Answer requests until SIGTERM or SIGINT, then send what the instruments still hold."""
    services = _services(settings)
    services.presence.start()
    # What is loaded now stays: the collector need not look at it again, nor at each few hundred new objects.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    listen(create_app(services), host=host, port=port, announced_as="m3core")
    services.held.close()
    services.presence.stop()
    services.flush()
    services.metrics.close()
    services.database.close()


def _services(settings: Settings) -> Services:
    """Put the API's parts together; raises `SettingsError` when the database is not there or not seeded."""
    database = Database(settings.database_url)
    database.require()
    key = read_signing_key(database)
    if key is None:
        raise SettingsError("the database has no tenants yet; run `python -m m3core seed` first")
    return assemble(settings, database=database, signing_key=key, flush=partial(_flush, settings))


def _flush(settings: Settings) -> None:
    sentry.flush(_FLUSH_SECONDS)
    tracing.flush(settings)
