"""Errors, to Sentry."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import sentry_sdk
from sentry_sdk.crons import monitor
from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.integrations.rq import RqIntegration
from sentry_sdk.integrations.sqlalchemy import SqlalchemyIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.types import Event, Hint

from m3core.context import Work, current_work
from m3core.scrubbing import scrub_event, scrub_log, scrub_metric, scrub_transaction
from m3core.settings import Settings
from m3core.telemetry.sentry_wire import BreakableTransport

if TYPE_CHECKING:
    from sentry_sdk._types import MonitorConfig

__all__ = ["checked_in", "flush", "hand_on", "start", "tag_errors"]

#: The share of requests and jobs whose transactions are sent.
TRACES_SAMPLE_RATE = 0.1
#: Minutes by which a scheduled job may be late, or take, until Sentry tells of it.
_MARGIN = 5
_log = logging.getLogger(__name__)


def _unless_off(scrubbed: Callable[..., dict[str, Any]]) -> Callable[[Any, Hint], Any]:
    """Return a hook that scrubs, unless a fault has switched that off for this request."""

    def hook(sent: Any, hint: Hint) -> Any:
        return scrubbed(sent, hint) if current_work().scrub else sent

    return hook


def _before_send(event: Event, hint: Hint) -> Event:
    if current_work().scrub:
        _drop_library_variables(event)
    return cast("Event", _unless_off(scrub_event)(event, hint))


def _before_send_transaction(event: Event, hint: Hint) -> Event:
    request = event.get("request") or {}
    if "/_faults" in str(request.get("url")):
        request.pop("data", None)  # the fault door is told there what it is to plant
    return cast("Event", _unless_off(scrub_transaction)(event, hint))


def _drop_library_variables(event: Event) -> None:
    """Keep the variables of our own frames only: a framework's hold whole requests, and most of the bytes.

    An event may have been made by hand in another form: it must not be lost here, and the scrubber comes after.
    """
    try:
        for error in event["exception"]["values"]:
            for frame in error["stacktrace"]["frames"] if error.get("stacktrace") else ():
                if not frame.get("in_app"):
                    frame.pop("vars", None)
    except (AttributeError, KeyError, TypeError):
        return


_SCRUBBED: dict[str, Any] = {
    "send_default_pii": False,
    "before_send": _before_send,
    "before_send_transaction": _before_send_transaction,
    # Logs and metrics are not sent today; whoever switches them on has them scrubbed. Spans leave in transactions:
    # the SDK warns of a hook of their own unless they are streamed.
    "before_send_log": _unless_off(scrub_log),
    "before_send_metric": _unless_off(scrub_metric),
}
_AS_IT_IS: dict[str, Any] = {
    "send_default_pii": True,
    "event_scrubber": EventScrubber(denylist=[], pii_denylist=[]),
    "max_request_body_size": "always",
}


def start(settings: Settings) -> None:
    """Report errors and one in ten transactions; without a DSN only says in the log that it does not.

    ``data_collection`` must stay unset: it switches the SDK's own scrubber off. Where scrubbing is off, for a control,
    nothing of it is left, the SDK's own included: then it shows what there would be to take out.
    """
    if settings.sentry_dsn is None:
        said = logging.WARNING if settings.production else logging.INFO
        _log.log(said, "errors are not reported: SENTRY_DSN is not set")
        return
    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        # None is the SDK's own.
        transport=BreakableTransport if settings.fault_token is not None and not settings.production else None,
        environment=settings.environment,
        release=settings.release,
        traces_sample_rate=TRACES_SAMPLE_RATE,
        **(_SCRUBBED if settings.scrubbing else _AS_IT_IS),
        in_app_include=["m3core"],
        # Reading and splitting the sources of every frame is half of an error's cost, and no server-side
        # scrubbing rule reaches them; the repository shows them as well.
        include_source_context=False,
        auto_enabling_integrations=False,
        integrations=[
            StarletteIntegration(),
            FastApiIntegration(),
            SqlalchemyIntegration(),
            RqIntegration(),
            # A line in the log is context for an error, not an error of its own.
            LoggingIntegration(event_level=None),
        ],
    )
    sentry_sdk.get_global_scope().set_tag("service", settings.service)
    _log.info(
        "errors are reported",
        extra={
            "project": _place(settings.sentry_dsn),
            "environment": settings.environment,
            "release": settings.release,
            "traces_sample_rate": TRACES_SAMPLE_RATE,
        },
    )
    # What the SDK says about itself it throws away when it is not debugged, but only after it has made the record.
    logging.getLogger("sentry_sdk.errors").setLevel(logging.WARNING)


def _place(dsn: str) -> str:
    """Return where a DSN leads, without its key."""
    parts = urlsplit(dsn)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}"


def tag_errors(work: Work) -> None:
    """Mark what is reported from here on, in this request or job, with its tenant and correlation id."""
    scope = sentry_sdk.get_isolation_scope()
    scope.set_tag("tenant", work.tenant_tag)
    scope.set_tag("correlation_id", work.correlation_id)
    if work.user_id is not None:
        scope.set_user({"id": str(work.user_id)})  # the number alone: who that is, the database says


def checked_in(job: str, *, every: int) -> AbstractContextManager[None]:
    """Tell Sentry when a job that is due every so many seconds begins, and how it ended.

    The cron monitor ``m3core-JOB`` makes itself by its first check-in. Sentry knows no period below a minute.
    """
    config: MonitorConfig = {
        "schedule": {"type": "interval", "value": max(1, round(every / 60)), "unit": "minute"},
        "checkin_margin": _MARGIN,
        "max_runtime": _MARGIN,
        "failure_issue_threshold": 1,
        "recovery_threshold": 1,
    }
    return monitor(monitor_slug=f"m3core-{job.replace('_', '-')}", monitor_config=config)


def hand_on(headers: dict[str, str]) -> None:
    """Add the error reporter's trace to the headers of a request to another service: its events are in the same one."""
    if not sentry_sdk.get_client().is_active():
        return
    for name, value in sentry_sdk.get_current_scope().iter_trace_propagation_headers():
        # Others may have put something of theirs into the baggage.
        headers[name] = f"{headers[name]},{value}" if headers.get(name) else value


def flush(seconds: float) -> None:
    """Wait until what was reported is sent, at most ``seconds``."""
    sentry_sdk.flush(timeout=seconds)
