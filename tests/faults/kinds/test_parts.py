"""Faults of a whole part need no more than their name."""

from __future__ import annotations

import pytest

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults import (
    AgentStopped,
    Connections,
    DatabaseLoad,
    Hang,
    Lock,
    SentryLimited,
    SentryUnreachable,
    Stop,
)


def test_the_load_on_the_database_is_the_api_s_to_make() -> None:
    fault = DatabaseLoad(text="t")

    assert (fault.kind, fault.door, fault.prepare()) == ("database_load", "api", {})
    assert "nothing is locked" in fault.blast_radius


def test_only_the_keeper_can_stop_the_api() -> None:
    fault = Stop(text="t")

    assert (fault.kind, fault.door, fault.prepare()) == ("stop", "keeper", {})
    assert "every request" in fault.blast_radius


def test_a_hanging_api_is_the_keeper_s_to_make_too() -> None:
    fault = Hang(text="t")

    assert (fault.kind, fault.door, fault.prepare()) == ("hang", "keeper", {})


def test_a_stopped_agent_is_its_own_keeper_s_to_make() -> None:
    fault = AgentStopped(text="t")

    assert (fault.kind, fault.door, fault.prepare()) == ("agent_stopped", "agent_keeper", {})
    assert "logs come after the revert" in fault.blast_radius


def test_errors_that_do_not_reach_sentry_are_lost_and_nothing_else_is() -> None:
    one, other = SentryUnreachable(text="t"), SentryLimited(text="t")

    assert (one.kind, one.door, one.prepare()) == ("sentry_unreachable", "api", {})
    assert (other.kind, other.door, other.prepare()) == ("sentry_limited", "api", {})
    assert "metrics and logs go on" in one.blast_radius


def test_a_lock_leaves_those_alone_who_read() -> None:
    fault = Lock(text="t")

    assert (fault.kind, fault.door, fault.prepare()) == ("lock", "api", {})
    assert "those that read are answered" in fault.blast_radius


def test_the_door_is_told_how_many_connections() -> None:
    fault = Connections(text="t", taken=1_000)

    assert (fault.kind, fault.door, fault.prepare()) == ("connections", "api", {"connections": 1_000})


@pytest.mark.parametrize("taken", [0, 1_001])
def test_more_connections_than_a_server_has_are_refused(taken: int) -> None:
    with pytest.raises(BlastRadiusExceeded, match="1 to 1,000 connections are taken"):
        Connections(text="t", taken=taken).prepare()
