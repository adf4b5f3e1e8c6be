# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_type import MonitorType

from alertproof.clock import Anchor, ScaledClock, SystemClock
from alertproof.standins.datadog.account import Account
from alertproof.telemetry.series import Series, SeriesStore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.standins.datadog.conftest import Running

Start = Callable[..., Any]


def create(standin: Running, window: str = "last_5m") -> int:
    query = f"avg({window}):avg:queue.depth{{env:test}} > 10"
    with standin.client() as client:
        number: int = MonitorsApi(client).create_monitor(Monitor(type=MonitorType.QUERY_ALERT, query=query)).id
    return number


def pause(standin: Running, real_seconds: float) -> None:
    """Hold the process still, as a machine without time for it does."""
    os.kill(standin.process.pid, signal.SIGSTOP)
    SystemClock().sleep(timedelta(seconds=real_seconds))
    os.kill(standin.process.pid, signal.SIGCONT)


def test_each_monitor_is_evaluated_once_each_stack_minute_from_the_next_one_on(start: Start) -> None:
    with start(600) as standin:
        create(standin)
        first = standin.clock.now()
        create(standin)
        standin.eventually(lambda: standin.control("clock")["evaluations"] >= 20)
        passed = standin.clock.now()
        clock = standin.control("clock")
        minutes = (passed - first).total_seconds() / 60
        assert minutes - 2 <= clock["evaluations"] / 2 <= minutes + 2


def test_a_window_of_a_day_is_evaluated_each_ten_minutes(start: Start) -> None:
    with start(6000) as standin:
        first = standin.clock.now()
        create(standin, "last_1d")
        standin.eventually(lambda: standin.control("clock")["evaluations"] >= 5)
        assert standin.clock.now() - first >= timedelta(minutes=40)


def test_an_evaluation_that_is_late_is_listed_and_none_is_left_out(start: Start) -> None:
    with start(60) as standin:
        create(standin)
        standin.eventually(lambda: standin.control("clock")["evaluations"] >= 1)
        quiet = standin.control("clock")
        assert quiet["late"] == []
        assert quiet["worst_lateness_s"] < 20
        pause(standin, 3.2)  # 192 stack seconds: at least two minutes are missed by more than 20
        late = standin.eventually(lambda: len((clock := standin.control("clock"))["late"]) >= 2 and clock)
        assert late["worst_lateness_s"] > 20
        first, second = late["late"][:2]
        assert second["at"] - first["at"] == 60
        assert first["at"] % 60 == 0
        assert 20 < first["began_s"] <= first["ended_s"] == late["worst_lateness_s"]


def test_datagrams_are_stamped_when_they_come_and_not_when_they_are_read(start: Start) -> None:
    # 2000 datagrams at once take the loop some time; all must fall into the buckets of their receipt.
    with start(60) as standin:
        began = int(standin.clock.now().timestamp())
        for _ in range(2000):
            standin.send("burst:1|c")
        ended = standin.clock.now().timestamp()
        health = standin.eventually(lambda: (h := standin.control("health"))["datagrams"] == 2000 and h)
        assert (health["dropped_datagrams"], health["samples"]) == (0, 2000)
        url = f"{standin.endpoints['datadog']}/api/v1/query"

        def points() -> list[list[float]] | None:
            answer = httpx.get(
                url,
                headers={"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"},
                params={"from": began - 600, "to": int(ended) + 600, "query": "sum:burst{*}.as_count()"},
            ).json()
            found: list[list[float]] = answer["series"][0]["pointlist"] if answer["series"] else []
            return found if sum(value for _, value in found) == 2000 else None

        stamps = [stamp / 1000 for stamp, _ in standin.eventually(points)]
        assert began - 20 < min(stamps)
        assert max(stamps) <= ended


def test_a_monitor_that_can_no_longer_be_evaluated_is_told_of_and_the_others_go_on(start: Start) -> None:
    keys = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}
    with start(600) as standin:
        api = f"{standin.endpoints['datadog']}/api/v1"
        good, total = "sum:probe.success{env:test}.as_count()", "sum:probe.runs{env:test}.as_count()"
        slo = {
            "name": "availability",
            "type": "metric",
            "query": {"numerator": good, "denominator": total},
            "thresholds": [{"timeframe": "30d", "target": 99.9}],
        }
        key = httpx.post(f"{api}/slo", headers=keys, json=slo).json()["data"][0]["id"]
        query = f'burn_rate("{key}").over("30d").long_window("1h").short_window("5m") > 14.4'
        httpx.post(f"{api}/monitor", headers=keys, json={"type": "slo alert", "query": query}).raise_for_status()
        create(standin)
        assert httpx.delete(f"{api}/slo/{key}?force=true", headers=keys).status_code == 200
        failures = standin.eventually(lambda: standin.control("health")["evaluation_failures"])
        assert key in failures[0]["reason"]
        before = standin.control("clock")["evaluations"]
        standin.eventually(lambda: standin.control("clock")["evaluations"] >= before + 4)


class Failing(SeriesStore):
    """A store that shows a mistake for one metric, as a query that divides by zero would."""

    def select(self, metric: str) -> tuple[Series, ...]:
        if metric == "broken.depth":
            raise ZeroDivisionError(metric)
        return super().select(metric)


def test_a_mistake_in_one_monitors_evaluation_is_told_of_and_the_others_go_on() -> None:
    account = Account(ScaledClock(Anchor.at_now(6000)))
    account.ingest.store = Failing()
    broken, sound = (
        account.monitors.create(
            {"type": "query alert", "query": f"avg(last_5m):avg:{name}.depth{{*}} > 10"}, account.clock.now(), {}
        )
        for name in ("broken", "sound")
    )

    async def evaluate() -> None:
        async with asyncio.timeout(10), account.clockwork.serving():
            while account.clockwork.evaluations < 6:  # noqa: ASYNC110 - nothing tells of an evaluation
                await asyncio.sleep(0.01)

    asyncio.run(evaluate())
    failures = account.clockwork.failures
    assert {failure.monitor_id for failure in failures} == {broken.id}
    assert failures[0].reason == "ZeroDivisionError: broken.depth"
    assert len(failures) >= 2  # it is tried again
    assert sound.due >= broken.due - timedelta(minutes=1)


@pytest.mark.parametrize("end", ["signal", "stdin"])
def test_it_ends_at_once_on_a_signal_and_with_its_parent(start: Start, end: str) -> None:
    with start(60) as standin:
        if end == "signal":
            standin.process.terminate()
        else:
            standin.process.stdin.close()
            standin.process.stdin = None
        assert standin.process.wait(timeout=3) == 0


def test_a_ca_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "alertproof.standins", "datadog", "--ca-file", str(tmp_path / "none.pem")],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 2
    assert "no such file" in done.stderr
