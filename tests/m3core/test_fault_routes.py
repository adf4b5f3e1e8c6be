from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import redis
from rq import Queue

from m3core.app import create_app
from m3core.database import Database
from m3core.jobs import QUEUE
from m3core.services import assemble
from m3core.settings import load_settings

if TYPE_CHECKING:
    from tests.m3core.conftest import Door, Platform

FITTING_OR_NOT = ("open-sesame", "open-sesame-", "", "öpen")
ERROR = {"id": "f", "kind": "error", "lease_seconds": 5}


def statuses(client: httpx.Client, number: int, path: str = "/api/leads?limit=1") -> list[int]:
    return [client.get(path).status_code for _ in range(number)]


def test_a_share_of_five_percent_is_five_of_any_hundred(acme: httpx.Client, door: Door) -> None:
    fault = door.inject(kind="error", share=0.05, match={"path": "/api/leads*", "tenant": "acme"})
    seen = statuses(acme, 110)
    assert seen[:100].count(500) == 5
    assert seen[10:].count(500) == 5
    assert set(seen) == {200, 500}
    counts = door.counts(fault)
    assert counts is not None
    assert (counts["kind"], counts["matched"], counts["injected"]) == ("error", 110, 5)
    assert 0 < counts["lease_left_seconds"] <= 30


def test_an_error_answers_500_with_the_correlation_id_and_keeps_the_connection(acme: httpx.Client, door: Door) -> None:
    door.inject(kind="error", plant="canary-1", match={"correlation_id": "err-1"})
    answer = acme.get("/api/leads", headers={"X-Correlation-Id": "err-1"})
    assert answer.status_code == 500
    assert answer.json() == {"error": "internal error", "correlation_id": "err-1"}
    assert "canary-1" not in answer.text
    stream = answer.extensions["network_stream"].get_extra_info("client_addr")
    after = acme.get("/api/leads")
    assert after.status_code == 200
    assert after.extensions["network_stream"].get_extra_info("client_addr") == stream


@pytest.mark.parametrize("status", [404, 429, 503])
def test_an_error_is_answered_with_the_status_that_was_asked_for_and_exactly_so_often(
    acme: httpx.Client, door: Door, status: int
) -> None:
    door.inject(kind="error", status=status, share=0.25, match={"path": "/api/leads", "tenant": "acme"})
    assert statuses(acme, 8) == [200, 200, 200, status] * 2


def test_a_request_that_carries_the_token_in_x_fail_fails_and_no_other(acme: httpx.Client) -> None:
    carried = [acme.get("/api/leads?limit=1", headers=[(b"X-Fail", value.encode())]) for value in FITTING_OR_NOT]

    assert [answer.status_code for answer in carried] == [500, 200, 200, 200]


def test_a_fault_hits_only_its_own_tenant_and_path(acme: httpx.Client, globex: httpx.Client, door: Door) -> None:
    door.inject(kind="error", match={"path": "/api/leads", "tenant": "globex", "method": "GET"})
    assert statuses(globex, 2) == [500, 500]
    assert statuses(acme, 2) == [200, 200]
    assert statuses(globex, 1, "/api/leads/search?q=berg") == [200]


def test_a_reverted_fault_is_gone_at_once(acme: httpx.Client, door: Door) -> None:
    fault = door.inject(kind="error", match={"tenant": "acme"})
    assert statuses(acme, 1) == [500]
    assert door.client.delete(f"/_faults/{fault}").status_code == 204
    assert door.client.delete(f"/_faults/{fault}").status_code == 204
    assert statuses(acme, 1) == [200]
    assert door.counts(fault) is None


def test_a_lease_ends_by_itself(acme: httpx.Client, door: Door) -> None:
    door.inject(kind="error", match={"tenant": "acme"}, lease_seconds=0.3)
    assert statuses(acme, 1) == [500]
    began = time.monotonic()
    while statuses(acme, 1) == [500]:
        assert time.monotonic() - began < 3
    assert time.monotonic() - began > 0.1


def test_a_delay_delays_and_holds_up_nobody_else(acme: httpx.Client, door: Door) -> None:
    door.inject(kind="delay", seconds=2.0, match={"correlation_id": "slow"})

    async def run() -> tuple[float, float]:
        async with httpx.AsyncClient(base_url=acme.base_url, headers=acme.headers) as client:
            began = time.monotonic()
            slow = [
                asyncio.create_task(client.get("/api/leads", headers={"X-Correlation-Id": "slow"})) for _ in range(60)
            ]
            await client.get("/api/leads")
            quick = time.monotonic() - began
            answers = await asyncio.gather(*slow)
            assert {answer.status_code for answer in answers} == {200}
            return quick, time.monotonic() - began

    quick, slow = asyncio.run(run())
    # Sixty delays are more than the threads that there are: held in threads they would take turns, twice as long.
    assert 2.0 <= slow < 4.0
    assert quick < slow


@pytest.mark.parametrize("token", [None, "", "open", "open-sesame-", "öpen"])
def test_a_token_that_does_not_fit_is_refused_whatever_is_asked(anonymous: httpx.Client, token: str | None) -> None:
    headers = httpx.Headers({} if token is None else {b"X-Fault-Token": token.encode()})
    assert anonymous.post("/_faults", content=b"not json", headers=headers).status_code == 403
    assert anonymous.get("/_faults", headers=headers).status_code == 403
    assert anonymous.delete("/_faults/f", headers=headers).status_code == 403
    assert anonymous.post("/_faults/flush", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "explode"},
        {"share": 0},
        {"share": 1.01},
        {"lease_seconds": 0},
        {"lease_seconds": 3601},
        {"id": ""},
        {"id": "a/b"},
        {"seconds": 1},
        {"kind": "delay"},
        {"kind": "delay", "seconds": 61},
        {"kind": "scrubbing_off", "plant": "canary"},
        {"plant": "a b c d"},
        {"plant": "abc"},
        {"match": {"path": "api"}},
        {"match": {"method": "FETCH"}},
        {"matches": {}},
        {"jobs": 5},
        {"times": 0},
        {"kind": "backlog"},
        {"kind": "backlog", "jobs": 0},
        {"kind": "backlog", "jobs": 50_001},
        {"kind": "backlog", "jobs": 5, "share": 1.0},
        {"kind": "database_load", "times": 1},
        {"kind": "database_load", "match": {}},
        {"kind": "cut"},
        {"status": 399},
        {"status": 600},
        {"status": 503, "plant": "canary"},
        {"kind": "delay", "seconds": 1, "status": 503},
        {"kind": "cut", "link": "queue"},
        {"kind": "cut", "link": "cache", "share": 0.5},
        {"link": "cache"},
        {"kind": "latency", "link": "cache"},
        {"kind": "loss", "link": "cache", "seconds": 1},
        {"kind": "bandwidth", "link": "cache"},
        {"kind": "bandwidth", "link": "cache", "bytes_per_second": 999},
    ],
)
def test_a_body_that_does_not_fit_is_refused_and_says_where(door: Door, change: dict[str, Any]) -> None:
    answer = door.client.post("/_faults", json={**ERROR, **change})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["msg"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{"])
def test_a_body_that_is_no_object_is_refused(door: Door, body: bytes) -> None:
    assert door.client.post("/_faults", content=body).status_code == 422


def test_the_widest_bounds_are_accepted(door: Door) -> None:
    door.inject(kind="delay", seconds=60, share=1, lease_seconds=3600, match={"correlation_id": "never"})


def test_so_many_times_and_no_more(anonymous: httpx.Client, door: Door) -> None:
    fault = door.inject(kind="error", times=1, match={"path": "/healthz"})
    assert statuses(anonymous, 3, "/healthz") == [500, 200, 200]
    counts = door.counts(fault)
    assert counts is not None
    assert (counts["matched"], counts["injected"]) == (3, 1)


def test_a_backlog_is_listed_with_its_jobs_and_gone_after_the_revert(
    platform: Platform, acme: httpx.Client, door: Door
) -> None:
    with redis.Redis.from_url(platform.environment["REDIS_URL"]) as queue:
        queue.delete("rq:queue:default")
        fault = door.inject(kind="backlog", jobs=300)
        counts = door.counts(fault)
        assert counts is not None
        assert (counts["kind"], counts["injected"], queue.llen("rq:queue:default")) == ("backlog", 300, 300)
        assert statuses(acme, 2) == [200, 200]
        second = door.client.post("/_faults", json={"id": "b2", "kind": "backlog", "jobs": 5, "lease_seconds": 5})
        assert second.status_code == 409
        assert "another backlog is in force" in second.text
        assert door.client.delete(f"/_faults/{fault}").status_code == 204
        assert door.client.delete(f"/_faults/{fault}").status_code == 204
        assert queue.llen("rq:queue:default") == 0
    assert door.counts(fault) is None


def test_what_only_the_keeper_can_do_is_refused_by_the_api(door: Door) -> None:
    answer = door.client.post("/_faults", json={"id": "s", "kind": "stop", "lease_seconds": 5})
    assert (answer.status_code, answer.json()) == (409, {"detail": "stop is not done at this door"})


def answered(environment: dict[str, str], method: str, path: str, **more: Any) -> httpx.Response:
    """Return the answer of an application made for one environment."""
    urls = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1"}
    settings = load_settings({**urls, **environment}, service="m3core-api")
    services = assemble(settings, database=Database(settings.database_url), signing_key=b"k" * 32, flush=lambda: None)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(services))
        async with httpx.AsyncClient(transport=transport, base_url="http://m3core") as asking:
            return await asking.request(method, path, **more)

    try:
        return asyncio.run(ask())
    finally:
        services.metrics.close()


def test_the_door_is_not_there_without_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DD_ENV", "restored")  # and DD_SERVICE, DD_VERSION, which the metrics' client reads
    for method, path in (
        ("POST", "/_faults"),
        ("GET", "/_faults"),
        ("DELETE", "/_faults/f"),
        ("POST", "/_faults/flush"),
    ):
        assert answered({}, method, path, headers={"X-Fault-Token": ""}).status_code == 404


@pytest.mark.parametrize(
    "names", [{"M3CORE_ENVIRONMENT": "prod-eu"}, {"M3CORE_ENVIRONMENT": "staging", "DD_ENV": "production"}]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/_faults"), ("GET", "/_faults"), ("DELETE", "/_faults/f"), ("POST", "/_faults/flush")],
)
def test_no_route_of_the_door_opens_in_production(
    monkeypatch: pytest.MonkeyPatch, names: dict[str, str], method: str, path: str
) -> None:
    monkeypatch.setenv("DD_ENV", "restored")  # and DD_SERVICE, DD_VERSION, which the metrics' client reads
    environment = {**names, "M3CORE_FAULT_TOKEN": "t"}
    answer = answered(environment, method, path, json=ERROR, headers={"X-Fault-Token": "t"})
    assert answer.status_code == 409
    assert "production" in answer.json()["detail"]
    assert answered(environment, method, path, headers={"X-Fault-Token": "u"}).status_code == 403


def test_readiness_says_what_does_not_answer() -> None:
    answer = answered({}, "GET", "/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"database": "no answer", "cache": "no answer", "errors": "not reported"}


def test_a_database_that_takes_no_writes_fails_those_and_answers_the_rest(acme: httpx.Client, door: Door) -> None:
    door.inject(kind="read_only", match={"path": "/api/leads*", "tenant": "acme"})
    lead = {"name": "Ada", "company": "Analytical", "email": "ada@analytical.example"}
    assert acme.post("/api/leads", json=lead).status_code == 500
    assert statuses(acme, 1) == [200]


def test_requests_are_refused_as_those_of_a_tenant_that_has_used_up_its_own(
    acme: httpx.Client, door: Door, platform: Platform
) -> None:
    door.inject(kind="rate_limit", match={"correlation_id": "too-many"})
    marked = {"X-Correlation-Id": "too-many"}
    refused = acme.get("/api/leads", headers=marked)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert httpx.get(f"{acme.base_url}/healthz", headers=marked, trust_env=False).status_code == 200
    assert acme.get("/api/leads").status_code == 200
    assert [point.value for point in platform.points_of("api.rate_limited", "tenant:acme")] == [1]


def test_jobs_of_a_request_meet_a_database_that_takes_no_writes_and_the_request_does_not(
    acme: httpx.Client, door: Door, platform: Platform
) -> None:
    door.inject(kind="jobs_read_only", match={"correlation_id": "no-writes"})
    lead = {"name": "Ada", "company": "Analytical", "email": "ada@analytical.example"}
    assert acme.post("/api/leads", json=lead, headers={"X-Correlation-Id": "no-writes"}).status_code == 201
    queue = Queue(QUEUE, connection=redis.Redis.from_url(platform.environment["REDIS_URL"]))
    marked = [job.meta.get("read_only") for job in queue.get_jobs() if job.meta["correlation_id"] == "no-writes"]
    assert marked == [True, True]
