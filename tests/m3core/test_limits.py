"""How many requests a tenant may send."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.m3core.conftest import PASSWORD

from m3core.limits import TenantLimit, TooManyRequests
from m3core.settings import load_settings
from m3core.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from pathlib import Path

    from tests.m3core.conftest import Platform


def taken(a_minute: int, metrics: Metrics, names: list[str]) -> list[int | None]:
    """Return what each request in turn got: None, or the seconds to wait."""
    limit, found = TenantLimit(a_minute, metrics), list[int | None]()
    for name in names:
        try:
            limit.take(name)
            found.append(None)
        except TooManyRequests as error:
            found.append(error.retry_after)
    return found


@pytest.fixture(scope="module")
def metrics(platform: Platform) -> Iterator[Metrics]:
    opened = Metrics(load_settings(platform.environment, service="m3core-api"))
    yield opened
    opened.close()


def test_the_last_allowed_request_passes_and_the_next_does_not(platform: Platform, metrics: Metrics) -> None:
    one, other = f"t-{uuid.uuid4().hex}", f"t-{uuid.uuid4().hex}"
    got = taken(3, metrics, [one, one, one, one, other])
    assert got[:3] == [None] * 3
    assert got[3] is not None
    assert 1 <= got[3] <= 60
    assert got[4] is None
    platform.points_of("api.rate_limited", f"tenant:{one}")


def abuses(platform: Platform, tenant: str) -> int:
    wanted = {"kind:rate-abuse", f"tenant:{tenant}"}
    return sum(p.metric == "security.suspicious" and p.tags >= wanted for p in platform.points.now())


def test_who_goes_on_for_as_much_again_is_suspicious_once_a_minute(platform: Platform, metrics: Metrics) -> None:
    patient, wild = f"t-{uuid.uuid4().hex}", f"t-{uuid.uuid4().hex}"
    got = taken(3, metrics, [patient] * 6 + [wild] * 12)
    assert sum(each is None for each in got) == 6
    platform.points.wait_for(
        lambda items: sum(p.metric == "api.rate_limited" and f"tenant:{wild}" in p.tags for p in items) == 9
    )
    platform.points_of("security.suspicious", "kind:rate-abuse", f"tenant:{wild}")
    assert (abuses(platform, wild), abuses(platform, patient)) == (1, 0)


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def passed(limit: TenantLimit, times: int) -> int:
    """Send so many requests at once and return how many passed."""
    count = 0
    for _ in range(times):
        try:
            limit.take("t")
            count += 1
        except TooManyRequests:
            pass
    return count


def test_a_burst_at_the_turn_of_a_minute_does_not_get_twice_as_much(metrics: Metrics) -> None:
    clock = Hand()
    limit = TenantLimit(10, metrics, clock)
    limit.take("t")
    clock.now += 59
    assert passed(limit, 20) == 9
    clock.now += 2  # 59 of 60 seconds of the minute before still count: all but a fraction of its ten
    assert passed(limit, 20) == 1
    clock.now += 30  # 29 of them
    assert passed(limit, 20) == 5


def test_after_a_quiet_minute_the_whole_limit_is_there_again(metrics: Metrics) -> None:
    clock = Hand()
    limit = TenantLimit(10, metrics, clock)
    assert passed(limit, 20) == 10
    clock.now += 121
    assert passed(limit, 20) == 10


@given(st.integers(1, 12), st.lists(st.tuples(st.floats(0, 200), st.integers(1, 30)), min_size=1, max_size=8))
def test_who_waits_as_long_as_told_is_let_in_and_who_comes_sooner_is_not(
    metrics: Metrics, most: int, bursts: list[tuple[float, int]]
) -> None:
    clock = Hand()
    limit = TenantLimit(most, metrics, clock)
    for gap, times in bursts:
        clock.now += gap
        passed(limit, times)
    passed(limit, most)
    with pytest.raises(TooManyRequests) as refused:
        limit.take("t")
    told = refused.value.retry_after
    assert 1 <= told <= 60
    now = clock.now
    if told > 1:
        clock.now = now + told - 1
        assert passed(limit, 1) == 0
    clock.now = now + told + 1e-6
    assert passed(limit, 1) == 1


def test_there_is_no_limit_when_it_is_off(metrics: Metrics) -> None:
    assert taken(0, metrics, [f"t-{uuid.uuid4().hex}"] * 5) == [None] * 5


def test_the_api_says_when_to_come_back(platform: Platform, tmp_path: Path) -> None:
    body = {"tenant": "globex", "email": "agent@globex.example", "password": PASSWORD}
    with (
        (tmp_path / "log").open("w") as log,
        platform.command("api", "--port", "0", log=log, M3CORE_RATE_LIMIT="1") as api,
        httpx.Client(base_url=api.ready["m3core"]) as client,
    ):
        headers = {"Authorization": f"Bearer {client.post('/api/login', json=body).json()['token']}"}
        answers = [client.get("/api/pipeline", headers=headers) for _ in range(3)]
        limited = answers[-1]
        assert limited.status_code == 429
        assert 1 <= int(limited.headers["Retry-After"]) <= 60
        assert "too many requests" in limited.json()["detail"]
        assert client.get("/healthz").status_code == 200
