"""How many requests a tenant may send."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
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


@pytest.fixture
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
