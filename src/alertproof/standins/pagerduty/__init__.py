"""The PagerDuty stand-in: Events API v2 and the part of REST API v2 that verification needs, over TLS."""

from __future__ import annotations

__all__: list[str] = []
