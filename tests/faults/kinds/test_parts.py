"""Faults of a whole part need no more than their name."""

from __future__ import annotations

from alertproof.faults import DatabaseLoad, Stop


def test_the_load_on_the_database_is_the_api_s_to_make() -> None:
    fault = DatabaseLoad(text="t")

    assert (fault.kind, fault.door, fault.prepare()) == ("database_load", "api", {})
    assert "nothing is locked" in fault.blast_radius


def test_only_the_keeper_can_stop_the_api() -> None:
    fault = Stop(text="t")

    assert (fault.kind, fault.door, fault.prepare()) == ("stop", "keeper", {})
    assert "every request" in fault.blast_radius
