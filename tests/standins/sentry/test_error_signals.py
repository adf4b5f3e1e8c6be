"""Errors that are sent as a signal arrive at Sentry as one issue, marked, and can be resolved by the same account."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from alertproof.clock import Anchor, SystemClock, wait_until
from alertproof.errors import ConfigError, VendorRejected
from alertproof.redact import Secret
from alertproof.telemetry.signals import ErrorSignal
from alertproof.vendors import Sentry, SentrySignals

PROJECTS = json.dumps([{"org": "acme", "project": "api", "public_key": "d" * 32, "project_id": "7"}])
SIGNAL = ErrorSignal(
    message="nobody answers", environment="drill", release="r1", tags=(("drill", "true"), ("tenant", "acme")), count=3
)


@pytest.fixture(scope="module", name="standin")
def _standin(start_stand_in: Callable[..., Any]) -> Any:
    return start_stand_in("sentry", "--projects", PROJECTS, anchor=Anchor.at_now(60.0))


@pytest.fixture
def sender(standin: Any) -> Iterator[SentrySignals]:
    made = SentrySignals(standin.endpoints["sentry_dsn"])
    yield made
    made.close()


@pytest.fixture
def sentry(standin: Any) -> Iterator[Sentry]:
    made = Sentry(base_url=standin.endpoints["sentry_api"], token=Secret("t"), organization="acme", project="api")
    yield made
    made.close()


def test_as_many_events_as_were_asked_for_are_one_issue(sender: SentrySignals, sentry: Sentry) -> None:
    sender.send([SIGNAL], 2)

    def all_six() -> Any:
        found = sentry.events({"drill": "true", "tenant": "acme"})
        return found if len(found) >= 6 else None

    clock = SystemClock()
    events = wait_until(
        all_six, clock=clock, deadline=clock.now() + timedelta(seconds=10), every=timedelta(milliseconds=50)
    )
    assert events is not None
    assert len(events) == 6
    assert {event.title for event in events} == {"nobody answers"}
    assert {(event.level, event.environment, event.release) for event in events} == {("error", "drill", "r1")}
    (issue,) = {event.issue for event in events}

    assert sentry.issue_status(issue) == "unresolved"
    sentry.resolve_issue(issue)
    assert sentry.issue_status(issue) == "resolved"


def test_an_issue_that_is_not_there_cannot_be_resolved(sentry: Sentry) -> None:
    with pytest.raises(VendorRejected, match="404"):
        sentry.resolve_issue("4711")


def test_without_a_dsn_nothing_is_sent() -> None:
    with pytest.raises(ConfigError, match="set SENTRY_DSN"):
        SentrySignals("").send([SIGNAL], 1)
