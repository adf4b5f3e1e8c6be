# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""Knobs make the vendor fail, exactly so often: what clients do about it is then seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from datadog_api_client.exceptions import ApiException
from datadog_api_client.v1.api.monitors_api import MonitorsApi

if TYPE_CHECKING:
    from tests.standins.datadog.conftest import Running

KEYS = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}


@pytest.fixture
def knobs(standin: Running) -> Iterator[str]:
    address = f"{standin.endpoints['control']}/knobs"
    yield address
    httpx.delete(address).raise_for_status()


def turn(knobs: str, **knob: Any) -> httpx.Response:
    return httpx.post(knobs, json=knob)


def test_the_official_client_waits_and_tries_again_after_a_429(standin: Running, knobs: str) -> None:
    limit = {
        "X-RateLimit-Limit": "1",
        "X-RateLimit-Period": "1",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1",
    }
    assert turn(knobs, path="/api/v1/monitor", status=429, headers=limit, times=2).status_code == 201
    with standin.client(enable_retry=True, max_retries=3) as client:
        assert isinstance(MonitorsApi(client).list_monitors(), list)
    (knob,) = httpx.get(knobs).json()["knobs"]
    assert knob["taken"] == 2


def test_without_trying_again_the_client_sees_the_status(standin: Running, knobs: str) -> None:
    turn(knobs, path="/api/v1/monitor", method="GET", status=500, times=1)
    with standin.client() as client:
        with pytest.raises(ApiException) as caught:
            MonitorsApi(client).list_monitors()
        assert caught.value.status == 500
        MonitorsApi(client).list_monitors()


def test_every_nth_request_is_taken_and_others_are_not_touched(standin: Running, knobs: str) -> None:
    turn(knobs, path="/api/v1/validate", status=503, every=3)
    address = standin.endpoints["datadog"]
    answers = [httpx.get(f"{address}/api/v1/validate", headers=KEYS).status_code for _ in range(7)]
    assert answers == [200, 200, 503, 200, 200, 503, 200]
    assert httpx.get(f"{address}/api/v1/monitor", headers=KEYS).status_code == 200


def test_an_answer_is_late_or_breaks_off(standin: Running, knobs: str) -> None:
    address = f"{standin.endpoints['datadog']}/api/v1/validate"
    turn(knobs, path="/api/v1/validate", delay=0.5, times=1)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(address, headers=KEYS, timeout=0.1)
    turn(knobs, path="/api/v1/validate", breaks_off=True, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(address, headers=KEYS)
    assert httpx.get(address, headers=KEYS).json() == {"valid": True}


@pytest.mark.parametrize(
    ("knob", "said"),
    [({}, "has a status, a delay or breaks_off"), ({"status": 999}, "<= 599"), ({"stauts": 500}, "stauts")],
)
def test_what_is_no_knob_is_refused(knobs: str, knob: dict[str, Any], said: str) -> None:
    answer = turn(knobs, **knob)
    assert answer.status_code == 400
    assert said in answer.json()["errors"][0]
