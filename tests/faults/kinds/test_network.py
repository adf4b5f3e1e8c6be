"""Faults of the network name the way that is broken, and say of what kind and how much."""

from __future__ import annotations

import pytest

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults import Bandwidth, CacheFlushed, Cut, Latency, Loss


def test_a_cut_needs_to_know_which_way_and_leaves_other_processes_alone() -> None:
    fault = Cut(text="t", link="cache")

    assert (fault.kind, fault.door, fault.prepare()) == ("cut", "keeper", {"link": "cache"})
    assert fault.blast_radius == "every request to the API that needs the cache; worker and agent reach it as ever"


def test_the_way_of_the_logs_is_the_agent_s() -> None:
    fault = Cut(text="t", link="logs")

    assert (fault.door, fault.prepare()) == ("agent_keeper", {"link": "logs"})
    assert "none is lost" in fault.blast_radius


@pytest.mark.parametrize("seconds", [0.001, 60])
def test_a_latency_tells_the_door_its_seconds(seconds: float) -> None:
    fault = Latency(text="t", link="database", seconds=seconds)

    assert (fault.kind, fault.prepare()) == ("latency", {"link": "database", "seconds": seconds})


@pytest.mark.parametrize("seconds", [0, -1, 60.1])
def test_a_latency_that_is_none_or_without_end_is_refused(seconds: float) -> None:
    with pytest.raises(BlastRadiusExceeded, match="above 0 s and at most 60 s"):
        Latency(text="t", link="database", seconds=seconds).prepare()


def test_a_loss_tells_the_door_its_share() -> None:
    fault = Loss(text="t", link="cache", share=1)

    assert (fault.kind, fault.prepare()) == ("loss", {"link": "cache", "share": 1})


@pytest.mark.parametrize("share", [0, 1.01])
def test_a_loss_of_nothing_or_of_more_than_all_is_refused(share: float) -> None:
    with pytest.raises(BlastRadiusExceeded, match="above 0 and at most 1"):
        Loss(text="t", link="cache", share=share).prepare()


@pytest.mark.parametrize("rate", [1_000, 1_000_000_000])
def test_a_bandwidth_tells_the_door_its_bytes(rate: int) -> None:
    fault = Bandwidth(text="t", link="database", bytes_per_second=rate)

    assert (fault.kind, fault.prepare()) == ("bandwidth", {"link": "database", "bytes_per_second": rate})


@pytest.mark.parametrize("rate", [0, 999, 1_000_000_001])
def test_a_bandwidth_at_which_nothing_would_end_is_refused(rate: int) -> None:
    with pytest.raises(BlastRadiusExceeded, match="1,000 to 1,000,000,000 bytes a second"):
        Bandwidth(text="t", link="database", bytes_per_second=rate).prepare()


def test_a_flushed_cache_loses_no_job() -> None:
    fault = CacheFlushed(text="t")

    assert (fault.kind, fault.door, fault.prepare()) == ("cache_flushed", "api", {})
    assert "no job is lost" in fault.blast_radius
