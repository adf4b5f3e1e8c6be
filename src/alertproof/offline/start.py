"""When an offline test begins."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["START"]

#: Where a test says nothing else: a midnight, so that all buckets are aligned.
START = datetime(2024, 1, 1, tzinfo=UTC)
