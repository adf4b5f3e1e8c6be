"""How the audit's tests start the SDK: as M3CoreCRM does, and as it would if somebody were careless."""

from __future__ import annotations

import sentry_sdk

from m3core.settings import load_settings
from m3core.telemetry import sentry

DSN = "http://0123456789abcdef0123456789abcdef@127.0.0.1:1/1"
ENVIRONMENT = {
    "DATABASE_URL": "postgresql://m3core:m3core@127.0.0.1:1/m3core",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "M3CORE_ENVIRONMENT": "test",
    "SENTRY_DSN": DSN,
}


def platform() -> None:
    sentry.start(load_settings(ENVIRONMENT, service="m3core-api"))


def careless() -> None:
    sentry_sdk.init(
        dsn=DSN, data_collection={"user_info": True}, attach_stacktrace=True, max_request_body_size="always"
    )


def forgotten() -> None:
    """Starts nothing."""
