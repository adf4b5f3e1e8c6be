"""How each vendor says no: the headers and the body of its own answers 429 and of its errors.

Sources: content/en/api/latest/rate-limits (Datadog); getsentry/relay (endpoints/common.rs), develop.sentry.dev/sdk/
expected-features/rate-limiting and docs.sentry.io/api/ratelimits (Sentry); developer.pagerduty.com/docs (REST API rate
limits, Events API v2). What a vendor does not document is a short body of the shape of its other errors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeAlias

from alertproof.clock import Clock, SystemClock

__all__ = ["BROWSERS", "Manners", "Refusal", "datadog_refusal", "pagerduty_refusal", "sentry_refusal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer in a vendor's name."""

    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


#: From a path, a status and how long clients are to wait (real seconds) to the vendor's answer.
Manners: TypeAlias = Callable[[str, int, int], Refusal]

#: What browsers send to at Datadog, from pages of any origin: without leave they see no answer at all, not even a 429.
BROWSERS = ("/api/v2/logs", "/api/v2/rum")
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "x-sentry-error, x-sentry-rate-limits, retry-after",
}
_QUOTA = (
    "Sentry dropped data due to a quota or internal rate limit being reached. This will not affect your application. "
    "See https://docs.sentry.io/product/accounts/quotas/ for more information."
)
_TOO_OFTEN = "You are attempting to use this endpoint too frequently. Limit is 40 requests in 1 seconds"


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else f"status {status}"


def datadog_refusal(path: str, status: int, wait: int) -> Refusal:
    """Answer as Datadog's API does: clients wait as long as X-RateLimit-Reset says."""
    told = {
        "X-RateLimit-Limit": "1",
        "X-RateLimit-Period": str(wait),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(wait),
        "X-RateLimit-Name": "alertproof_knob",
    }
    leave = {"Access-Control-Allow-Origin": "*"} if path in BROWSERS else {}
    return Refusal(headers=leave | (told if status == 429 else {}), body={"errors": [_phrase(status)]})


def sentry_refusal(path: str, status: int, wait: int, *, clock: Clock | None = None) -> Refusal:
    """Answer as Relay does where SDKs send to, and as the web API under ``/api/0/``."""
    if path.startswith("/api/0/"):
        if status != 429:
            return Refusal(body={"detail": _phrase(status)})
        reset = int((clock or SystemClock()).now().timestamp()) + wait
        told = {"Limit": "40", "Remaining": "0", "Reset": str(reset)}
        return Refusal(
            headers={f"X-Sentry-Rate-Limit-{name}": value for name, value in told.items()},
            body={"detail": _TOO_OFTEN},
        )
    if status != 429:
        return Refusal(headers=dict(_CORS), body={"detail": _phrase(status), "causes": []})
    told = {"Retry-After": str(wait), "X-Sentry-Rate-Limits": f"{wait}::organization"}
    return Refusal(headers=_CORS | told, body={"detail": _QUOTA, "causes": []})


def pagerduty_refusal(path: str, status: int, wait: int) -> Refusal:
    """Answer as the Events API does under ``/v2/``, where 429 has no documented shape, and as REST API v2 elsewhere."""
    told = {"ratelimit-limit": "960", "ratelimit-remaining": "0", "ratelimit-reset": str(wait)} if status == 429 else {}
    if path.startswith("/v2/"):
        words = "throttle exceeded" if status == 429 else _phrase(status).lower()
        return Refusal(headers=told, body={"status": words, "message": _phrase(status)})
    if status == 429:
        return Refusal(headers=told, body={"error": {"message": "Rate Limit Exceeded", "code": 2020}})
    return Refusal(body={"error": {"message": _phrase(status), "code": 2000}})
