"""Webhooks of vendors: whether one is what it says it is, and what it says of an incident.

Source: developer.pagerduty.com/docs/webhooks (signatures, behavior); docs.datadoghq.com/integrations/webhooks.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, StringConstraints, ValidationError

from m3core.status_notes import Change, Source, State

__all__ = ["LARGEST", "OLDEST", "NotAWebhook", "read_datadog", "read_pagerduty", "same_token", "signed"]

#: Bytes. PagerDuty sends at most as many.
LARGEST = 256 * 1024
#: What happened longer ago is a replay: PagerDuty tries for 48 hours, and what was seen is kept for longer.
OLDEST = timedelta(hours=49)
_VERSION = "v1="
_PAGERDUTY_STATES = {
    "incident.triggered": State.OPEN,
    "incident.reopened": State.OPEN,
    "incident.unacknowledged": State.OPEN,
    "incident.acknowledged": State.ACKNOWLEDGED,
    "incident.resolved": State.RESOLVED,
}
_DATADOG_STATES = {
    "Triggered": State.OPEN,
    "Re-Triggered": State.OPEN,
    "No Data": State.OPEN,
    "Re-No Data": State.OPEN,
    "Recovered": State.RESOLVED,
}
_Name = Annotated[str, StringConstraints(pattern=r"^[^\x00]+$", max_length=200)]
_Title = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=2000)]


class NotAWebhook(Exception):
    """A body that is none of the vendor's, or a time that cannot be; the text says what to send."""


def signed(header: str, body: bytes, secret: str) -> bool:
    """Tell whether one of the signatures in X-PagerDuty-Signature is that of the raw body.

    There are several while a secret is being exchanged, and there may be some of a version that is not known here.
    """
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    given = [part.strip().removeprefix(_VERSION) for part in header.split(",") if part.strip().startswith(_VERSION)]
    # In bytes: a header may hold other letters than ASCII, which the comparison of texts refuses.
    return any(hmac.compare_digest(expected.encode(), each.encode()) for each in given)


def same_token(given: str, expected: str) -> bool:
    """Compare a token without telling by the time where it differs."""
    return hmac.compare_digest(given.encode(), expected.encode())


class _Incident(BaseModel):
    id: _Name
    title: _Title = ""
    urgency: Literal["high", "low"]


class _Event(BaseModel):
    id: _Name
    event_type: str
    occurred_at: AwareDatetime
    data: dict[str, object]


class _PagerDutyBody(BaseModel):
    event: _Event


class _DatadogBody(BaseModel):
    """What monitoring/datadog/webhooks/ asks Datadog to send; ``date`` is in milliseconds since 1970."""

    id: _Name
    cycle: _Name
    title: _Title
    transition: str
    date: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}$")]


def read_pagerduty(body: bytes, *, now: datetime) -> Change | None:
    """Return what a webhook v3 changes; None for what is no concern of users: another event, or low urgency.

    Raises `NotAWebhook`.
    """
    try:
        event = _PagerDutyBody.model_validate_json(body).event
        state = _PAGERDUTY_STATES.get(event.event_type)
        incident = None if state is None else _Incident.model_validate(event.data)
    except ValidationError as error:
        raise NotAWebhook(_where(error)) from None
    _require_recent(event.occurred_at, now)
    if state is None or incident is None or incident.urgency == "low":
        return None
    return Change(
        source=Source.PAGERDUTY,
        event_id=event.id,
        incident=incident.id,
        title=incident.title,
        state=state,
        at=event.occurred_at,
    )


def read_datadog(body: bytes, *, now: datetime) -> Change | None:
    """Return what a webhook of monitoring/datadog/webhooks/ changes; None for a warning. Raises `NotAWebhook`."""
    try:
        told = _DatadogBody.model_validate_json(body)
        at = datetime.fromtimestamp(int(told.date) / 1000, UTC)
    except ValidationError as error:
        raise NotAWebhook(_where(error)) from None
    except (ValueError, OverflowError):
        raise NotAWebhook("date: is no instant in milliseconds since 1970") from None
    _require_recent(at, now)
    state = _DATADOG_STATES.get(told.transition)
    if state is None:
        return None
    return Change(source=Source.DATADOG, event_id=told.id, incident=told.cycle, title=told.title, state=state, at=at)


def _require_recent(at: datetime, now: datetime) -> None:
    if now - at > OLDEST:
        raise NotAWebhook(f"this happened more than {OLDEST.total_seconds() / 3600:g} hours ago; it is not taken again")


def _where(error: ValidationError) -> str:
    """Say what does not fit, without what was sent."""
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in problems)
