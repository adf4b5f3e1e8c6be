"""The keeper: an API that is stopped on purpose comes back on its port; one that ends by itself ends the keeper."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest
from tests.m3core.conftest import FAULT_TOKEN, NO_TLS

if TYPE_CHECKING:
    from tests.m3core.conftest import Command, Platform

STOP = {"id": "s1", "kind": "stop", "lease_seconds": 30}


def until(look: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def keeper(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    with (
        (tmp_path_factory.mktemp("keeper") / "log").open("w") as log,
        platform.command("keeper", log=log) as running,
    ):
        yield running


@pytest.fixture
def door(keeper: Command) -> Iterator[httpx.Client]:
    headers = {"X-Fault-Token": FAULT_TOKEN}
    with httpx.Client(base_url=keeper.ready["m3core_keeper"], headers=headers, timeout=10, verify=NO_TLS) as client:
        yield client
        client.delete("/_faults/s1").raise_for_status()
        until(lambda: answers(keeper))


def answers(keeper: Command) -> bool:
    try:
        return httpx.get(keeper.ready["m3core"] + "/healthz", verify=NO_TLS).status_code == 200
    except httpx.TransportError:
        return False


def api_of(keeper: Command) -> psutil.Process:
    [found] = psutil.Process(keeper.process_id).children()
    return found


def test_the_api_answers_at_its_own_address(keeper: Command) -> None:
    assert answers(keeper)
    assert keeper.ready["m3core"] != keeper.ready["m3core_keeper"]


def test_a_stopped_api_is_a_port_where_nobody_listens_until_the_revert(keeper: Command, door: httpx.Client) -> None:
    before = api_of(keeper).pid
    door.post("/_faults", json=STOP).raise_for_status()

    with pytest.raises(httpx.ConnectError):
        httpx.get(keeper.ready["m3core"] + "/healthz", verify=NO_TLS)
    assert psutil.Process(keeper.process_id).children() == []
    [line] = door.get("/_faults").raise_for_status().json()
    assert (line["id"], line["kind"], line["injected"]) == ("s1", "stop", 1)

    assert door.delete("/_faults/s1").status_code == 204
    assert door.delete("/_faults/s1").status_code == 204
    until(lambda: answers(keeper))
    assert api_of(keeper).pid != before


def test_the_lease_starts_it_again_when_nobody_reverts(keeper: Command, door: httpx.Client) -> None:
    door.post("/_faults", json={**STOP, "lease_seconds": 0.3}).raise_for_status()
    assert not answers(keeper)

    until(lambda: answers(keeper))
    assert door.get("/_faults").json() == []


def test_an_api_that_hangs_takes_connections_and_answers_after_the_revert(keeper: Command, door: httpx.Client) -> None:
    door.post("/_faults", json={**STOP, "kind": "hang"}).raise_for_status()

    with pytest.raises(httpx.ReadTimeout):
        httpx.get(keeper.ready["m3core"] + "/healthz", verify=NO_TLS, timeout=0.5)
    [line] = door.get("/_faults").raise_for_status().json()
    assert (line["kind"], line["injected"]) == ("hang", 1)

    door.delete("/_faults/s1").raise_for_status()
    assert api_of(keeper).status() != psutil.STATUS_STOPPED
    until(lambda: answers(keeper))


def leads(keeper: Command, token: str) -> tuple[int, float]:
    """Ask for leads that are not in the cache; return the status and the seconds that it took."""
    began = time.monotonic()
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{keeper.ready['m3core']}/api/leads/search?q={uuid.uuid4()}"
    answer = httpx.get(url, headers=headers, verify=NO_TLS, timeout=30)
    return answer.status_code, time.monotonic() - began


def test_an_api_whose_database_is_cut_off_fails_until_the_revert(
    keeper: Command, door: httpx.Client, tokens: dict[str, str]
) -> None:
    assert leads(keeper, tokens["acme"])[0] == 200
    door.post("/_faults", json={**STOP, "kind": "cut", "link": "database"}).raise_for_status()

    assert leads(keeper, tokens["acme"])[0] == 500
    [line] = door.get("/_faults").raise_for_status().json()
    assert line["kind"] == "cut"
    until(lambda: door.get("/_faults").json()[0]["injected"] > 0)

    door.delete("/_faults/s1").raise_for_status()
    until(lambda: leads(keeper, tokens["acme"])[0] == 200)


def test_an_api_without_its_cache_answers_all_the_same(
    keeper: Command, door: httpx.Client, tokens: dict[str, str]
) -> None:
    door.post("/_faults", json={**STOP, "kind": "cut", "link": "cache"}).raise_for_status()

    headers = {"Authorization": f"Bearer {tokens['acme']}"}
    assert httpx.get(keeper.ready["m3core"] + "/api/leads", headers=headers, verify=NO_TLS).status_code == 200
    until(lambda: door.get("/_faults").json()[0]["injected"] > 0)


def test_a_slow_network_ends_with_its_lease(keeper: Command, door: httpx.Client, tokens: dict[str, str]) -> None:
    assert leads(keeper, tokens["acme"])[1] < 0.3
    slow = {**STOP, "kind": "latency", "link": "database", "seconds": 0.2, "lease_seconds": 1.5}
    door.post("/_faults", json=slow).raise_for_status()

    assert leads(keeper, tokens["acme"])[1] >= 0.4
    until(lambda: door.get("/_faults").json() == [])
    assert leads(keeper, tokens["acme"])[1] < 0.3


def test_the_door_is_shut_without_the_token(keeper: Command) -> None:
    assert httpx.get(keeper.ready["m3core_keeper"] + "/_faults", verify=NO_TLS).status_code == 403
    assert answers(keeper)


def test_faults_of_requests_are_not_done_at_this_door(door: httpx.Client) -> None:
    refused = door.post("/_faults", json={"id": "r1", "kind": "error", "lease_seconds": 5})

    assert refused.status_code == 409
    assert "error is not done at this door: it is the API's" in refused.text


def test_an_api_that_is_killed_by_somebody_else_ends_the_keeper_in_the_same_way(
    platform: Platform, tmp_path: Path
) -> None:
    with (tmp_path / "log").open("w") as log, platform.command("keeper", log=log) as keeper:
        api_of(keeper).kill()
        until(lambda: psutil.Process(keeper.process_id).status() == psutil.STATUS_ZOMBIE)
    assert keeper.exit_code == -signal.SIGKILL


def test_a_keeper_that_is_killed_takes_the_api_with_it(platform: Platform, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log, platform.command("keeper", log=log) as keeper:
        api = api_of(keeper)
        os.kill(keeper.process_id, signal.SIGKILL)
        until(lambda: not api.is_running() or api.status() == psutil.STATUS_ZOMBIE)


def test_a_keeper_ends_both_on_sigterm(platform: Platform, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log, platform.command("keeper", log=log) as keeper:
        api = api_of(keeper)
    assert keeper.exit_code == 0
    assert not api.is_running()


def test_an_api_that_cannot_start_ends_the_keeper_with_its_code(platform: Platform) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "m3core", "keeper"],
        env={**platform.environment, "DATABASE_URL": "postgresql://nobody@/none?host=/nowhere"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "the database of DATABASE_URL does not answer" in done.stderr
