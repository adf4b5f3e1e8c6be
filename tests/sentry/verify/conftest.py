from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from alertproof.sentry.verify import Breadcrumb, SentryEvent, StackFrame

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "id": "e1",
    "issue": "7",
    "at": AT,
    "received": AT,
    "title": "DatabaseUnavailable: no answer",
    "level": "error",
    "platform": "python",
    "environment": "prod",
    "release": "m3core@1",
    "tags": {"tenant": "acme", "correlation_id": "c1", "service": "m3core-api"},
    "user": {"id": "12"},
    "trace_id": "a" * 32,
    "sample_rate": 0.1,
    "grouped_by": ("h1",),
    "breadcrumbs": (Breadcrumb(category="database", message="connecting as m3core", level="info"),),
    "frames": (
        StackFrame(module="starlette.routing", function="app", in_app=False),
        StackFrame(module="m3core.faults", function="lose_database", in_app=True),
    ),
    "raw": "{}",
}


@pytest.fixture
def event() -> Callable[..., SentryEvent]:
    """Return a function that makes a good event, but for what is said."""
    return lambda **other: SentryEvent(**{**GOOD, **other})
