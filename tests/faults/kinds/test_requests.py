"""Faults of requests: a share of those that match, exactly as the door takes it."""

from __future__ import annotations

import pytest

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults import Delay, Error, JobsReadOnly, RateLimit, ReadOnly, ScrubbingOff
from alertproof.redact import Secret


def test_an_error_tells_the_door_its_share_its_match_its_times_and_its_plant() -> None:
    fault = Error(text="t", share=0.05, times=2, plant=Secret("s3cret"), match={"tenant": "acme"})

    assert fault.prepare() == {"share": 0.05, "match": {"tenant": "acme"}, "times": 2, "plant": "s3cret"}
    assert (fault.kind, fault.door) == ("error", "api")
    assert fault.blast_radius == "5 % of the requests with tenant acme"
    assert "s3cret" not in repr(fault)


@pytest.mark.parametrize("status", [400, 503, 599])
def test_an_error_may_say_with_what_it_is_answered(status: int) -> None:
    assert Error(text="t", status=status).prepare() == {"share": 1.0, "match": {}, "status": status}


@pytest.mark.parametrize(("status", "plant"), [(399, None), (600, None), (503, Secret("s3cret"))])
def test_an_answer_that_is_no_error_or_that_could_hold_no_secret_is_refused(status: int, plant: Secret | None) -> None:
    with pytest.raises(BlastRadiusExceeded, match=f"400 to 599.*; got {status}"):
        Error(text="t", status=status, plant=plant).prepare()


def test_a_delay_tells_the_door_its_seconds() -> None:
    fault = Delay(text="t", share=0.12, seconds=0.9)

    assert fault.prepare() == {"share": 0.12, "match": {}, "seconds": 0.9}
    assert (fault.kind, fault.door) == ("delay", "api")
    assert fault.blast_radius == "12 % of the requests to the API"


def test_scrubbing_is_off_for_all_that_match() -> None:
    fault = ScrubbingOff(text="t", match={"correlation_id": "c"})

    assert fault.prepare() == {"share": 1.0, "match": {"correlation_id": "c"}}
    assert fault.blast_radius == "100 % of the requests with correlation_id c"


@pytest.mark.parametrize("share", [0, -0.1, 1.01])
def test_a_share_that_is_none_is_refused_before_anything_breaks(share: float) -> None:
    for fault in (Error(text="t", share=share), Delay(text="t", share=share, seconds=1)):
        with pytest.raises(BlastRadiusExceeded, match="above 0 and at most 1"):
            fault.prepare()


def test_all_requests_is_a_share() -> None:
    assert Error(text="t", share=1).prepare()["share"] == 1


def test_the_limit_of_a_tenant_is_used_up_for_all_that_match() -> None:
    fault = RateLimit(text="t", match={"tenant": "acme"})

    assert (fault.kind, fault.prepare()) == ("rate_limit", {"share": 1.0, "match": {"tenant": "acme"}})


def test_a_database_that_takes_no_writes_is_so_for_all_that_match() -> None:
    one, other = ReadOnly(text="t", match={"path": "/api/leads"}), JobsReadOnly(text="t")

    assert (one.kind, one.prepare()) == ("read_only", {"share": 1.0, "match": {"path": "/api/leads"}})
    assert (other.kind, other.prepare()) == ("jobs_read_only", {"share": 1.0, "match": {}})
    assert other.blast_radius == "the jobs of 100 % of the requests to the API"
