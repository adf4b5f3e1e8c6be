"""A backlog has as many jobs as were asked for, up to what a queue can bear."""

from __future__ import annotations

import pytest

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults import Backlog


@pytest.mark.parametrize("jobs", [1, 15_000, 50_000])
def test_the_door_is_told_how_many_jobs(jobs: int) -> None:
    fault = Backlog(text="t", jobs=jobs)

    assert fault.prepare() == {"jobs": jobs}
    assert (fault.kind, fault.door) == ("backlog", "api")
    assert "none is lost" in fault.blast_radius


@pytest.mark.parametrize("jobs", [0, -1, 50_001])
def test_more_than_a_queue_can_bear_is_refused_before_anything_breaks(jobs: int) -> None:
    with pytest.raises(BlastRadiusExceeded, match="a backlog has 1 to 50,000 jobs"):
        Backlog(text="t", jobs=jobs).prepare()
