"""Where vendors tell of incidents: PagerDuty's webhooks v3, and Datadog's of the webhooks integration.

What is answered decides what comes again: both vendors try again after a 5xx, and PagerDuty drops an event after
another 4xx than 429. So a change that could not be kept is an error of ours, and a wrong one is not.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException, Request
from starlette.concurrency import run_in_threadpool

from m3core.services import Services, services_of
from m3core.settings import Settings
from m3core.status_notes import Change, Taken
from m3core.webhooks import LARGEST, NotAWebhook, read_datadog, read_pagerduty, same_token, signed

__all__ = ["TOKEN_HEADER", "webhook_routes"]

#: The custom header in which Datadog sends our token: it signs nothing itself.
TOKEN_HEADER = "X-M3Core-Webhook-Token"  # noqa: S105 - a name
_log = logging.getLogger(__name__)


def webhook_routes(settings: Settings) -> APIRouter:
    """Return the receivers of the vendors whose secret is configured."""
    routes = APIRouter(prefix="/webhooks", include_in_schema=False)
    if settings.pagerduty_webhook_secret:
        routes.add_api_route("/pagerduty", _from_pagerduty, methods=["POST"])
    if settings.datadog_webhook_token:
        routes.add_api_route("/datadog", _from_datadog, methods=["POST"])
    return routes


async def _from_pagerduty(request: Request) -> dict[str, str]:
    secret = services_of(request).settings.pagerduty_webhook_secret or ""
    body = await _body(request)
    if not signed(request.headers.get("X-PagerDuty-Signature", ""), body, secret):
        raise HTTPException(401, "no signature in X-PagerDuty-Signature is that of this body")
    try:
        change = read_pagerduty(body, now=datetime.now(UTC))
    except NotAWebhook as error:
        raise HTTPException(400, str(error)) from None
    return await _take(request, change)


async def _from_datadog(request: Request) -> dict[str, str]:
    expected = services_of(request).settings.datadog_webhook_token or ""
    if not same_token(request.headers.get(TOKEN_HEADER, ""), expected):
        raise HTTPException(401, f"{TOKEN_HEADER} is not the token of this platform")
    body = await _body(request)
    try:
        change = read_datadog(body, now=datetime.now(UTC))
    except NotAWebhook as error:
        raise HTTPException(400, str(error)) from None
    return await _take(request, change)


async def _body(request: Request) -> bytes:
    """Return the raw body, which alone is signed; 413 as soon as it is too large."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise HTTPException(413, f"a webhook has at most {LARGEST} bytes")
    return bytes(body)


def _keep(services: Services, change: Change) -> Taken:
    """Apply an event and have its incident annotated; 503 when that cannot be queued: the vendor tries again."""
    taken = services.notes.take(change)
    if taken.bare is not None and not services.jobs.annotate_incident(taken.bare):
        raise HTTPException(503, "the note is kept, and its incident not annotated; send this again")
    return taken


async def _take(request: Request, change: Change | None) -> dict[str, str]:
    if change is None:
        return {"outcome": "no concern of users"}
    taken = await run_in_threadpool(_keep, services_of(request), change)
    outcome = "taken" if taken.new else "seen before"
    _log.info("webhook", extra={"source": change.source, "state": change.state, "outcome": outcome})
    return {"outcome": outcome}
