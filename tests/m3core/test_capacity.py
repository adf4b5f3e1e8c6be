"""A platform of known capacity: where its requests wait, for how long, and what does not wait."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.m3core.conftest import NO_TLS, PASSWORD

from m3core.capacity import Bounded
from m3core.settings import SettingsError, load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.m3core.conftest import Platform

COMPLETE = {"DATABASE_URL": "postgresql://u@db/m3core", "REDIS_URL": "redis://cache:6379"}


class Skipping(asyncio.SelectorEventLoop):
    """An event loop whose time is its own: where all wait, it jumps to the next instant that somebody waits for."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self._now = max(self._now, self._scheduled[0].when())  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


def run(main: Callable[[], Awaitable[Any]]) -> Any:
    with asyncio.Runner(loop_factory=Skipping) as runner:
        return runner.run(main())  # type: ignore[arg-type]


async def ask(app: Any, path: str) -> float:
    """Send a request and return how long its answer took, by the loop's time."""
    clock = asyncio.get_running_loop()
    began = clock.time()

    async def send(_message: Any) -> None:
        pass

    await app({"type": "http", "path": path}, None, send)
    return clock.time() - began


def working(seconds: float) -> Any:
    """An application whose every answer takes so long."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await asyncio.sleep(seconds)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return app


async def at_rate(app: Any, rate: float, *, n: int) -> list[float]:
    """Send so many requests independently of each other, and return their latencies."""
    chance, sent = random.Random(7), []
    for _ in range(n):
        await asyncio.sleep(chance.expovariate(rate))
        sent.append(asyncio.ensure_future(ask(app, "/api/leads")))
    return await asyncio.gather(*sent)


def p95(latencies: list[float]) -> float:
    return statistics.quantiles(latencies, n=20)[-1]


@pytest.mark.parametrize("capacity", [1.0, 10.0, 60.0, 400.0])
def test_so_many_requests_a_second_pass_when_as_many_as_can_be_wait(capacity: float) -> None:
    async def all_at_once() -> float:
        app = Bounded(working(0.0), capacity=capacity)
        await asyncio.gather(*(ask(app, "/api/leads") for _ in range(4_000)))
        return 4_000 / asyncio.get_running_loop().time()

    assert run(all_at_once) == pytest.approx(capacity, rel=0.05)


def test_p95_has_its_knee_a_little_below_the_capacity() -> None:
    async def latencies(rate: float) -> list[float]:
        return await at_rate(Bounded(working(0.0), capacity=60), rate, n=20_000)

    light, near, above = (p95(run(partial(latencies, rate))) for rate in (20, 50, 66))
    assert light < 0.25
    assert 0.25 < near < 0.8
    assert above > 5


def test_work_that_takes_longer_than_its_place_is_held_for_lowers_the_capacity() -> None:
    async def all_at_once() -> float:
        app = Bounded(working(1.0), capacity=60)
        await asyncio.gather(*(ask(app, "/api/leads") for _ in range(400)))
        return 400 / asyncio.get_running_loop().time()

    assert run(all_at_once) == pytest.approx(4.0, rel=0.05)  # four places, a second each


def test_who_waits_longest_is_let_in_first() -> None:
    async def order() -> list[int]:
        done: list[int] = []
        app = Bounded(working(0.0), capacity=10)  # one place

        async def one(number: int) -> None:
            await ask(app, "/api/leads")
            done.append(number)

        await asyncio.gather(*(one(number) for number in range(50)))
        return done

    assert run(order) == list(range(50))


def test_health_and_the_fault_door_do_not_wait() -> None:
    async def beside() -> list[float]:
        app = Bounded(working(0.0), capacity=1)
        waiting = [asyncio.ensure_future(ask(app, "/api/leads")) for _ in range(20)]
        await asyncio.sleep(0)
        took = [await ask(app, path) for path in ("/healthz", "/_faults")]
        await asyncio.gather(*waiting)
        return took

    assert run(beside) == [0.0, 0.0]


def test_a_request_that_fails_leaves_its_place() -> None:
    async def failing(_scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError("broken")

    async def one_after_the_other() -> list[Any]:
        app = Bounded(failing, capacity=1)
        return await asyncio.gather(*(ask(app, "/api/leads") for _ in range(3)), return_exceptions=True)

    assert [str(error) for error in run(one_after_the_other)] == ["broken"] * 3


def test_the_capacity_is_a_setting_that_production_refuses() -> None:
    assert load_settings(COMPLETE, service="m3core-api").capacity == 0
    assert load_settings({**COMPLETE, "M3CORE_CAPACITY": "60"}, service="m3core-api").capacity == 60
    for wrong in ("0", "0.9", "many", "nan"):
        with pytest.raises(SettingsError, match="M3CORE_CAPACITY="):
            load_settings({**COMPLETE, "M3CORE_CAPACITY": wrong}, service="m3core-api")
    with pytest.raises(SettingsError, match="M3CORE_CAPACITY is refused in production"):
        load_settings({**COMPLETE, "M3CORE_CAPACITY": "60", "M3CORE_ENVIRONMENT": "prod"}, service="m3core-api")


def test_the_api_itself_lets_so_many_pass_and_says_how_long_they_waited(platform: Platform, tmp_path: Path) -> None:
    body = {"tenant": "globex", "email": "agent@globex.example", "password": PASSWORD}
    before = len(platform.points.now())

    async def forty(url: str) -> float:
        async with httpx.AsyncClient(base_url=url, verify=NO_TLS, timeout=30) as client:
            token = (await client.post("/api/login", json=body)).json()["token"]
            headers = {"Authorization": f"Bearer {token}"}
            began = time.monotonic()
            answers = await asyncio.gather(*(client.get("/api/pipeline", headers=headers) for _ in range(40)))
            assert {answer.status_code for answer in answers} == {200}
            return time.monotonic() - began

    with (
        (tmp_path / "log").open("w") as log,
        platform.command("api", "--port", "0", log=log, M3CORE_CAPACITY="15") as api,
    ):
        took = asyncio.run(forty(api.ready["m3core"]))
    assert took > 1.2  # 40 of 15 a second take 2.7 s; however fast this machine, the draws of the first 40 are the same
    seen = [p.value for p in platform.points.now()[before:] if p.metric == "api.request.duration"]
    assert max(seen) > took * 0.8
