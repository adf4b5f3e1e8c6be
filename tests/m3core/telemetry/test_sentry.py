"""How the error reporter is started, and what it hands on."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import sentry_sdk

from m3core.settings import load_settings
from m3core.telemetry import sentry

COMPLETE = {"DATABASE_URL": "postgresql://u@db/m3core", "REDIS_URL": "redis://127.0.0.1"}


@pytest.fixture
def started() -> Iterator[None]:
    """A reporter for the scope of one test."""
    with sentry_sdk.new_scope() as scope:
        scope.set_client(
            sentry_sdk.Client(dsn="http://key@127.0.0.1:9/1", traces_sample_rate=1, default_integrations=False)
        )
        yield


@pytest.mark.usefixtures("started")
def test_a_request_to_another_service_carries_the_trace_and_its_sample_rate() -> None:
    headers: dict[str, str] = {}
    with sentry_sdk.start_transaction(name="page") as transaction:
        sentry.hand_on(headers)
    assert headers["sentry-trace"].startswith(f"{transaction.trace_id}-")
    assert "sentry-sample_rate=1" in headers["baggage"]


@pytest.mark.usefixtures("started")
def test_what_others_put_into_the_baggage_stays() -> None:
    headers = {"baggage": "own=1"}
    with sentry_sdk.start_transaction(name="page"):
        sentry.hand_on(headers)
    assert headers["baggage"].startswith("own=1,sentry-")


def test_without_a_reporter_nothing_is_handed_on() -> None:
    headers: dict[str, str] = {}
    sentry.hand_on(headers)
    assert headers == {}


@pytest.mark.parametrize(("environment", "level"), [("prod", logging.WARNING), ("development", logging.INFO)])
def test_that_errors_are_not_reported_is_said_and_in_production_louder(
    environment: str, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sentry.start(load_settings({**COMPLETE, "M3CORE_ENVIRONMENT": environment}, service="s"))
    assert [(each.levelno, each.message) for each in caplog.records] == [
        (level, "errors are not reported: SENTRY_DSN is not set")
    ]


@pytest.mark.parametrize(
    "exception",
    [None, [], {}, {"values": None}, {"values": [None]}, {"values": [{"stacktrace": {"frames": None}}]}],
    ids=str,
)
def test_an_event_of_another_form_is_scrubbed_and_not_lost(exception: object) -> None:
    hook = sentry._SCRUBBED["before_send"]
    clean = hook({"exception": exception, "extra": {"password": "hunter2-of-acme"}}, {})
    assert clean["extra"] == {"password": "[Filtered]"}


def test_variables_stay_in_our_own_frames_alone() -> None:
    frames = [{"in_app": True, "vars": {"lead": "7"}}, {"in_app": False, "vars": {"lead": "7"}}]
    values = [{"type": "E"}, {"type": "E", "stacktrace": None}, {"type": "E", "stacktrace": {"frames": frames}}]
    clean = sentry._SCRUBBED["before_send"]({"exception": {"values": values}}, {})
    kept = clean["exception"]["values"][2]["stacktrace"]["frames"]
    assert kept == [{"in_app": True, "vars": {"lead": "7"}}, {"in_app": False}]
