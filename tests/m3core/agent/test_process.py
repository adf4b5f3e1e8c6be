from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import psycopg
from tests.m3core.conftest import Command

from m3core.seed import LEADS_PER_TENANT

if TYPE_CHECKING:
    from tests.m3core.conftest import Platform

#: Every metric of the agent, its type, and one of the tags that it has to carry besides the constant ones.
SENT = [
    ("queue.depth", "g", "queue:default"),
    ("queue.lag", "g", "queue:default"),
    ("postgresql.cpu", "g", None),
    ("postgresql.memory", "g", None),
    ("postgresql.connections", "g", "state:active"),
    ("postgresql.connections", "g", "state:idle"),
    ("postgresql.connections", "g", "state:other"),
    ("postgresql.database_size", "g", None),
    ("postgresql.queries.count", "c", "query:select-leads"),
    ("postgresql.queries.time", "c", "query:select-leads"),
    ("postgresql.queries.slow", "c", None),
    ("redis.hit_rate", "g", None),
    ("redis.latency", "d", None),
    ("redis.memory", "g", None),
    ("redis.clients", "g", None),
    *[(f"process.{what}", "g", f"part:{part}") for what in ("cpu", "memory") for part in ("api", "postgres", "redis")],
    ("system.disk.in_use", "g", None),
    ("system.mem.usable", "g", None),
    *[("leads.total", "g", f"tenant:{tenant}") for tenant in LEADS_PER_TENANT],
    ("leads.conversion_rate", "g", "tenant:acme"),
    ("revenue.pipeline", "g", "tenant:acme"),
    ("users.total", "g", "tenant:acme"),
    ("users.active", "g", "tenant:acme"),
]
CONSTANT = {"env:drill", "service:m3core-agent", "version:1.2.3"}


def lead(acme: httpx.Client) -> None:
    new = {"name": "Jo Job", "company": "Jobs", "email": "jo@jobs.example"}
    acme.post("/api/leads", json=new).raise_for_status()


def postgres_of(platform: Platform) -> list[psutil.Process]:
    with psycopg.connect(platform.environment["DATABASE_URL"]) as connection:
        postmaster = psutil.Process(connection.info.backend_pid).parent()
    assert postmaster is not None
    return [postmaster, *postmaster.children()]


def wait_for(condition: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_agent_sends_every_metric_and_ends_on_sigterm(
    platform: Platform, acme: httpx.Client, tmp_path: Path
) -> None:
    log = tmp_path / "agent.jsonl"
    with log.open("w") as file, platform.command("agent", log=file) as agent:
        assert agent.ready == {"agent": "ready"}
        platform.points_of("postgresql.queries.slow", "service:m3core-agent")  # from here on statements are compared
        acme.get("/api/leads").raise_for_status()
        acme.get("/api/leads", params={"q": "northwind"}).raise_for_status()
        for metric, kind, tag in SENT:
            wanted = CONSTANT | ({tag} if tag else set())
            point = platform.points_of(metric, *wanted)[-1]
            assert (metric, point.kind) == (metric, kind)
            assert point.value >= 0
        wait_for(lambda: log.read_text().count("processes of w") == 2, seconds=30)  # points may be of a test before
    assert agent.exit_code == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {line["service"] for line in lines} == {"m3core-agent"}
    missing = {line["message"] for line in lines if line["level"] != "info"}
    # The web service and the worker do not run in this test: each is said once, however often it is looked for.
    assert len(missing) == len([line for line in lines if line["level"] != "info"]) == 2
    assert all("processes of w" in message for message in missing)


def test_a_worker_that_is_stopped_lets_depth_and_lag_grow(
    platform: Platform, acme: httpx.Client, tmp_path: Path
) -> None:
    with (tmp_path / "log").open("w") as file, platform.command("worker", log=file) as worker:
        process = psutil.Process(worker.process_id)
        process.send_signal(signal.SIGSTOP)
        try:
            with platform.command("agent", log=file):
                before = len(platform.points.now())
                for _ in range(4):
                    lead(acme)
                grown = platform.points.wait_for(
                    lambda items: [p for p in items[before:] if p.metric == "queue.depth" and p.value >= 8]
                )
                lags = platform.points.wait_for(
                    lambda items: [p.value for p in items[before:] if p.metric == "queue.lag" and p.value > 0.5]
                )
                assert grown
                assert sorted(lags) == lags
                process.send_signal(signal.SIGCONT)
                platform.points.wait_for(
                    lambda items: (
                        [p for p in items[-40:] if p.metric == "queue.depth" and p.value == 0]
                        and [p for p in items[-40:] if p.metric == "queue.lag" and p.value == 0]
                    )
                )
        finally:
            process.send_signal(signal.SIGCONT)


def test_a_database_that_hangs_costs_its_own_values_and_no_others_until_it_answers_again(
    platform: Platform, tmp_path: Path
) -> None:
    log = tmp_path / "agent.jsonl"
    started = len(platform.points.now())
    with log.open("w") as file, platform.command("agent", log=file):
        for metric in ("postgresql.queries.slow", "postgresql.cpu"):
            wait_for(lambda: metric in {p.metric for p in platform.points.now()[started:]}, seconds=10)  # noqa: B023
        server = postgres_of(platform)
        for process in server:
            with suppress(psutil.NoSuchProcess):  # a connection may end at any time
                process.suspend()
        try:
            wait_for(lambda: log.read_text().count("no answer within 5 s") >= 2, seconds=20)
            before = len(platform.points.now())
            platform.points.wait_for(
                lambda items: len([p for p in items[before:] if p.metric == "queue.depth"]) >= 3, seconds=5
            )
            # What it burns is measured from outside, also while it answers nobody.
            seen = {p.metric for p in platform.points.now()[before:]}
            assert {"redis.memory", "postgresql.cpu", "system.disk.in_use"} <= seen
            assert "postgresql.connections" not in seen
        finally:
            for process in server:
                with suppress(psutil.NoSuchProcess):
                    process.resume()
        resumed = len(platform.points.now())
        platform.points.wait_for(lambda items: [p for p in items[resumed:] if p.metric == "postgresql.connections"])
    text = log.read_text()
    assert text.count("not measured: postgresql: no answer") == text.count("measured again, after") - 1 == 1


def test_without_a_database_the_rest_is_measured_and_each_loss_is_said_once(platform: Platform, tmp_path: Path) -> None:
    log = tmp_path / "agent.jsonl"
    away = {**platform.environment, "DATABASE_URL": f"postgresql://postgres@/postgres?host={tmp_path}"}
    with log.open("w") as file, Command("agent", environment=away, log=file):
        before = len(platform.points.now())
        platform.points.wait_for(lambda items: len([p for p in items[before:] if p.metric == "queue.depth"]) >= 5)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    for name in ("postgresql", "statements of postgresql", "business", "processes of postgres"):
        said = [line for line in lines if line["message"].startswith(f"not measured: {name}:")]
        assert len(said) == 1
        assert "exc_info" not in said[0]


def test_log_files_need_a_place_to_go(platform: Platform) -> None:
    environment = {**platform.environment, "M3CORE_LOG_FILES": "m3core-api=/tmp/none.log", "DD_API_KEY": "k"}
    done = subprocess.run(
        [sys.executable, "-m", "m3core", "agent"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    *_, said = done.stderr.splitlines()
    assert said == "m3core: M3CORE_LOG_FILES is set; set DD_LOGS_URL and DD_API_KEY as well, or unset it"
