# mypy: disallow-untyped-calls=False
# The official clients come with few types.
"""The other official clients: the asynchronous one of datadog-api-client, and the datadog library with its shell."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import datadog
import pytest
from datadog.api.exceptions import ApiError
from datadog_api_client import AsyncApiClient, Configuration
from datadog_api_client.exceptions import ApiException, NotFoundException
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_type import MonitorType
from datadog_api_client.v2.api.metrics_api import MetricsApi
from datadog_api_client.v2.model.metric_content_encoding import MetricContentEncoding
from datadog_api_client.v2.model.metric_intake_type import MetricIntakeType
from datadog_api_client.v2.model.metric_payload import MetricPayload
from datadog_api_client.v2.model.metric_point import MetricPoint
from datadog_api_client.v2.model.metric_series import MetricSeries
from tests.standins.datadog.official import parsed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.standins.datadog.conftest import Running

QUERY = "max(last_1m):max:queue.depth{env:test} by {queue} > 10"


def configuration(standin: Running) -> Configuration:
    made = Configuration(host=standin.endpoints["datadog"])
    made.api_key.update({"apiKeyAuth": "k", "appKeyAuth": "a"})
    return made


@asynccontextmanager
async def connected(standin: Running) -> AsyncIterator[AsyncApiClient]:
    """A client whose connections are closed at the end, which it leaves to the collector."""
    async with AsyncApiClient(configuration(standin)) as client:
        try:
            yield client
        finally:
            await client.rest_client._client.connector.cleanup()


def test_the_asynchronous_client_creates_changes_pages_and_deletes(standin: Running) -> None:
    async def work() -> None:
        async with connected(standin) as client:
            api: Any = MonitorsApi(client)
            bodies = [
                Monitor(type=MonitorType.QUERY_ALERT, name=f"async {n}", query=QUERY, message="") for n in range(3)
            ]
            made = [parsed(one) for one in await asyncio.gather(*(api.create_monitor(body=body) for body in bodies))]
            assert len({one.id for one in made}) == 3
            seen = [one.name async for one in api.list_monitors_with_pagination(name="async", page_size=2)]
            assert sorted(seen) == ["async 0", "async 1", "async 2"]
            for one in made:
                await api.delete_monitor(monitor_id=one.id)
            with pytest.raises(NotFoundException):
                await api.get_monitor(monitor_id=made[0].id)

    asyncio.run(work())


@pytest.mark.parametrize("encoding", [MetricContentEncoding.GZIP, MetricContentEncoding.DEFLATE, None])
def test_the_asynchronous_client_sends_series(standin: Running, encoding: MetricContentEncoding | None) -> None:
    name = f"async.{encoding or 'plain'}"

    async def work() -> None:
        async with connected(standin) as client:
            api: Any = MetricsApi(client)
            # Instants of what is taken in are real ones.
            point = MetricPoint(timestamp=int(standin.clock.anchor.to_real(standin.clock.now()).timestamp()), value=7.0)
            series = MetricSeries(metric=name, type=MetricIntakeType.GAUGE, points=[point])
            more = {"content_encoding": encoding} if encoding else {}
            parsed(await api.submit_metrics(body=MetricPayload(series=[series]), **more))

    asyncio.run(work())
    with standin.client() as client:
        assert standin.eventually(lambda: list(MetricsApi(client).list_volumes_by_metric_name(name).data.to_dict()))


def test_an_error_reaches_the_asynchronous_client_with_the_servers_words(standin: Running) -> None:
    async def work() -> None:
        async with connected(standin) as client:
            api: Any = MonitorsApi(client)
            await api.create_monitor(body=Monitor(type=MonitorType.QUERY_ALERT, name="n", query="avg(", message=""))

    with pytest.raises(ApiException) as caught:
        asyncio.run(work())
    assert caught.value.status == 400
    assert caught.value.body["errors"]


# --- the datadog library ------------------------------------------------------------------------------


@pytest.fixture(name="library")
def _library(standin: Running) -> Iterator[Any]:
    before = dict(vars(datadog.api))
    datadog.initialize(api_key="k", app_key="a", api_host=standin.endpoints["datadog"], mute=False)
    yield datadog.api
    for name in ("_api_key", "_application_key", "_api_host", "_mute"):
        setattr(datadog.api, name, before[name])


def test_the_datadog_library_manages_monitors_downtimes_dashboards_and_slos(library: Any) -> None:
    made = library.Monitor.create(type="query alert", query=QUERY, name="by the library", message="", tags=["by:it"])
    assert library.Monitor.get(made["id"], group_states="all")["overall_state"] == "No Data"
    assert library.Monitor.update(made["id"], name="changed")["name"] == "changed"
    assert [one["id"] for one in library.Monitor.get_all(monitor_tags="by:it")] == [made["id"]]
    assert library.Monitor.search(query='tag:"by:it"')["metadata"]["total_count"] == 1
    assert library.Monitor.validate(type="query alert", query=QUERY, name="n") == {}
    downtime = library.Downtime.create(scope="env:test", monitor_id=made["id"])
    assert library.Downtime.get(downtime["id"])["active"] is True
    library.Downtime.delete(downtime["id"])
    widgets = [{"definition": {"type": "note", "content": "read the runbook"}}]
    board = library.Dashboard.create(title="by the library", layout_type="ordered", widgets=widgets)
    assert library.Dashboard.get(board["id"])["title"] == "by the library"
    library.Dashboard.delete(board["id"])
    query = {"numerator": "sum:a{*}.as_count()", "denominator": "sum:b{*}.as_count()"}
    thresholds = [{"timeframe": "7d", "target": 99}]
    (slo,) = library.ServiceLevelObjective.create(type="metric", name="s", query=query, thresholds=thresholds)["data"]
    assert library.ServiceLevelObjective.get(slo["id"])["data"]["name"] == "s"
    library.ServiceLevelObjective.delete(slo["id"])
    assert library.Monitor.delete(made["id"]) == {"deleted_monitor_id": made["id"]}
    with pytest.raises(ApiError, match="Monitor not found"):
        library.Monitor.get(made["id"])


def test_the_datadog_library_sends_metrics_events_and_checks(library: Any, standin: Running) -> None:
    real = standin.clock.anchor.to_real(standin.clock.now()).timestamp()
    assert library.Metric.send(metric="library.depth", points=[(real, 5.0)], type="gauge", tags=["q:mail"])
    assert library.Distribution.send(distributions=[{"metric": "library.took", "points": [(real, [1.0, 3.0])]}])
    assert library.Event.create(title="deployed", text="version 2", tags=["env:test"])["status"] == "ok"
    assert library.ServiceCheck.check(check="app.ok", host_name="web-1", status=0)["status"] == "ok"

    def value(query: str) -> Any:
        now = standin.clock.now()
        start, end = (int((now + timedelta(minutes=minutes)).timestamp()) for minutes in (-60, 1))
        found = library.Metric.query(start=start, end=end, query=query)["series"]
        return found and found[0]["pointlist"][-1][1]

    assert standin.eventually(lambda: value("avg:library.depth{q:mail}")) == 5.0
    assert standin.eventually(lambda: value("max:library.took{*}")) == 3.0


def test_the_shell_of_the_datadog_library_posts_and_shows(standin: Running, tmp_path: Path) -> None:
    settings = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "DATADOG_API_KEY": "k",
        "DATADOG_APP_KEY": "a",
        "DATADOG_HOST": standin.endpoints["datadog"],
    }

    def shell(*arguments: str) -> str:
        command = [str(Path(sys.executable).parent / "dog"), "--raw", *arguments]
        done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    made = shell("monitor", "post", "query alert", QUERY, "--name", "by the shell")
    assert "by the shell" in made
    assert "by the shell" in shell("monitor", "show_all")
    assert shell("metric", "post", "shell.depth", "5") is not None
