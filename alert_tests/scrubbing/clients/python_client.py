"""A program that reports by M3CoreCRM's own set-up of Sentry's SDK, with everything on that it may send one day.

It is run as a script; its fields come as JSON on standard input, and its settings from the environment.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import sentry_sdk

from m3core.context import Work, enter_work
from m3core.settings import load_settings
from m3core.telemetry import sentry


def _switch_everything_on() -> None:
    """Start the SDK again as the platform did, and with what the platform has off: that is looked at as well."""
    chosen: dict[str, Any] = dict(sentry_sdk.get_client().options)
    if not chosen["data_collection"]["provided_by_user"]:
        del chosen["data_collection"]  # what the SDK filled in it would take for a choice
    sentry_sdk.init(**{**chosen, "enable_logs": True, "traces_sample_rate": 1.0})


def main() -> None:
    told = json.load(sys.stdin)
    fields, mark, words = told["fields"], told["mark"], told["words"]
    sentry.start(load_settings(os.environ, service="m3core-worker"))
    _switch_everything_on()
    work = Work(correlation_id=mark, tenant="acme")
    enter_work(work)
    sentry.tag_errors(work)
    known = {"correlation_id": mark, **fields}
    with sentry_sdk.start_transaction(name="sign-up", op="job"), sentry_sdk.start_span(name="insert") as span:
        span.set_data("row", fields)
        sentry_sdk.logger.info("signed up", attributes=known)
        sentry_sdk.metrics.count("signups", 1, attributes=known)
        sentry_sdk.add_breadcrumb(category="sign-up", message=f"signing up {words}", data=fields)
        sentry_sdk.set_context("form", fields)
        sentry_sdk.capture_message(f"signed up: {words}")
        try:
            raise ValueError(f"cannot sign up {words}")
        except ValueError as error:
            sentry_sdk.capture_exception(error)
    sentry.flush(10)


main()
