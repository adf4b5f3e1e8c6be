"""A header fault hits the drill's own requests alone, and none that a request cannot carry is tried."""

from __future__ import annotations

from typing import Any

import pytest

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults import Header


def header(**fields: Any) -> Header:
    return Header(**{"text": "some fail", "share": 0.05, "name": "X-Fail", "value": "yes", **fields})


def test_the_traffic_is_told_the_header_its_share_and_whose_requests_carry_it() -> None:
    assert header().prepare() == {"name": "X-Fail", "value": "yes", "share": 0.05, "tenant": None}
    assert header(match={"tenant": "acme"}).prepare()["tenant"] == "acme"
    assert header(match={"tenant": "acme"}).blast_radius == (
        "5 % of the drill's own requests of tenant acme, and nobody else's"
    )


@pytest.mark.parametrize("share", [0.0, -0.1, 1.01])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(BlastRadiusExceeded, match="above 0 and at most 1"):
        header(share=share).prepare()


def test_all_requests_are_a_share() -> None:
    assert header(share=1.0).prepare()["share"] == 1.0


@pytest.mark.parametrize(
    "fields",
    [{"name": "X Fail"}, {"name": "X-Fail:"}, {"name": ""}, {"value": "a\r\nHost: b"}, {"value": " a"}, {"value": ""}],
)
def test_what_no_request_can_carry_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(BlastRadiusExceeded, match="no request can carry"):
        header(**fields).prepare()


@pytest.mark.parametrize("name", ["Authorization", "x-correlation-id", "HOST"])
def test_a_header_of_the_traffic_s_own_is_refused(name: str) -> None:
    with pytest.raises(BlastRadiusExceeded, match="is the traffic's own"):
        header(name=name).prepare()
