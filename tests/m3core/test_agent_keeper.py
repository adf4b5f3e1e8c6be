"""The agent's keeper: an agent that is stopped measures nothing until it is started again, and its logs wait."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, final

import httpx
import psutil
import pytest
from tests.m3core.conftest import FAULT_TOKEN, NO_TLS

if TYPE_CHECKING:
    from tests.m3core.conftest import Command, Platform

STOPPED = {"id": "a1", "kind": "agent_stopped", "lease_seconds": 30}


def until(look: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@final
class Intake:
    """Takes logs, and keeps their messages."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        outer = self

        @final
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
                outer.messages += [json.dumps(each) for each in json.loads(body)]
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def has(self, text: str) -> bool:
        return any(text in message for message in self.messages)


@pytest.fixture(scope="module")
def logs() -> Iterator[Intake]:
    found = Intake()
    yield found
    found.close()


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("shipped") / "some.log"
    found.touch()
    return found


@pytest.fixture(scope="module")
def keeper(
    platform: Platform, logs: Intake, shipped: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Command]:
    more = {"DD_LOGS_URL": logs.url, "DD_API_KEY": "k", "M3CORE_LOG_FILES": f"some={shipped}"}
    with (
        (tmp_path_factory.mktemp("keeper") / "log").open("w") as log,
        platform.command("keeper", "--of", "agent", log=log, **more) as running,
    ):
        yield running


@pytest.fixture
def door(keeper: Command) -> Iterator[httpx.Client]:
    headers = {"X-Fault-Token": FAULT_TOKEN}
    url = keeper.ready["m3core_agent_keeper"]
    with httpx.Client(base_url=url, headers=headers, timeout=10, verify=NO_TLS) as client:
        yield client
        client.delete("/_faults/a1").raise_for_status()


def measured(platform: Platform) -> int:
    return len([point for point in platform.points.now() if point.metric == "queue.depth"])


def test_a_stopped_agent_measures_nothing_until_the_revert(
    platform: Platform, keeper: Command, door: httpx.Client
) -> None:
    assert keeper.ready["agent"] == "ready"
    before = measured(platform)
    until(lambda: measured(platform) > before)
    door.post("/_faults", json=STOPPED).raise_for_status()

    assert psutil.Process(keeper.process_id).children() == []
    time.sleep(0.2)  # what it had sent by then
    stopped = measured(platform)
    time.sleep(0.5)
    assert measured(platform) == stopped
    [line] = door.get("/_faults").raise_for_status().json()
    assert (line["kind"], line["injected"]) == ("agent_stopped", 1)

    assert door.delete("/_faults/a1").status_code == 204
    until(lambda: measured(platform) > stopped)


def test_the_lease_starts_it_again_when_nobody_reverts(platform: Platform, door: httpx.Client) -> None:
    door.post("/_faults", json={**STOPPED, "lease_seconds": 0.3}).raise_for_status()

    until(lambda: door.get("/_faults").json() == [])
    stopped = measured(platform)
    until(lambda: measured(platform) > stopped)


def test_what_is_logged_while_the_intake_is_cut_off_is_shipped_after_the_revert(
    logs: Intake, shipped: Path, door: httpx.Client
) -> None:
    with shipped.open("a") as log:
        print("before", file=log, flush=True)
        until(lambda: logs.has("before"))
        door.post("/_faults", json={**STOPPED, "kind": "cut", "link": "logs"}).raise_for_status()
        print("meanwhile", file=log, flush=True)
        until(lambda: door.get("/_faults").json()[0]["injected"] > 0)
        assert not logs.has("meanwhile")

        door.delete("/_faults/a1").raise_for_status()
        until(lambda: logs.has("meanwhile"))


def test_what_is_done_to_the_api_is_not_done_at_this_door(door: httpx.Client) -> None:
    refused = door.post("/_faults", json={**STOPPED, "kind": "stop"})

    assert refused.status_code == 409
    assert "stop is not done at this door" in refused.text
