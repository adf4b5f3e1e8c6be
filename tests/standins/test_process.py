from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
import uvloop
from tests.standins.doors import ask_door

from alertproof.standins.process import listening

PROJECTS = json.dumps([{"org": "o", "project": "api", "public_key": "a" * 32, "project_id": 1}])
SITES = """
import contextlib, sys
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from alertproof.standins.process import Site, UnknownRequests, run

unknown = UnknownRequests()
site = lambda text: Starlette(routes=[
    Route("/", lambda request: PlainTextResponse(text)), Route("/control/unknown", unknown.listing), unknown.route()])

@contextlib.asynccontextmanager
async def beside():
    yield {"udp": "udp://127.0.0.1:9"}

sys.exit(run([Site(name="one", app=site("1")), Site(name="two", app=site("2"))], beside=[beside]))
"""


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "alertproof.standins", *arguments]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)


def can_bind(address: str) -> bool:
    with socket.socket() as probe:
        # Without the option a connection that was closed a moment ago keeps the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", urlsplit(address).port))
        except OSError:
            return False
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0_and_frees_the_port(start_stand_in: Any, number: signal.Signals) -> None:
    running = start_stand_in("sentry", "--projects", PROJECTS)
    address = running.endpoints["sentry_api"]
    with httpx.Client(base_url=address) as client:
        assert client.get("/anything").status_code == 404
        assert not can_bind(address)
        # The client still holds its connection: an idle one must not delay the end.
        running.process.send_signal(number)
        assert running.process.wait(timeout=5) == 0
    assert can_bind(address)


def test_the_end_of_stdin_ends_it_because_its_parent_has_died(start_stand_in: Any) -> None:
    running = start_stand_in("sentry", "--projects", PROJECTS)
    running.process.stdin.close()
    assert running.process.wait(timeout=5) == 0
    assert can_bind(running.endpoints["sentry_api"])


def test_what_its_parent_writes_does_not_end_it(start_stand_in: Any) -> None:
    running = start_stand_in("sentry", "--projects", PROJECTS)
    running.process.stdin.write("hello\n")
    running.process.stdin.flush()
    assert httpx.get(running.endpoints["sentry_api"] + "/anything").status_code == 404
    assert running.process.poll() is None


def test_it_says_nothing_on_stdout_but_its_endpoints(start_stand_in: Any) -> None:
    running = start_stand_in("sentry", "--projects", PROJECTS)
    httpx.get(running.endpoints["sentry_api"] + "/nothing")
    running.process.terminate()
    assert running.process.stdout.read() == ""
    assert sorted(running.endpoints) == ["sentry_api", "sentry_control", "sentry_dsn"]


def test_several_sites_and_what_runs_beside_them_are_announced_in_one_line() -> None:
    command = [sys.executable, "-c", SITES]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        endpoints = json.loads(process.stdout.readline())["endpoints"]
        assert sorted(endpoints) == ["one", "two", "udp"]
        assert [httpx.get(endpoints[name]).text for name in ("one", "two")] == ["1", "2"]
        process.terminate()
        assert process.wait(timeout=5) == 0


def test_only_loopback_can_reach_it(start_stand_in: Any) -> None:
    running = start_stand_in("sentry", "--projects", PROJECTS)
    connections = psutil.Process(running.process.pid).net_connections()
    addresses = [each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN]
    assert set(addresses) == {"127.0.0.1"}


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_an_answer_of_two_packets_does_not_wait_for_the_clients_acknowledgement(new_loop: Any) -> None:
    made: asyncio.Queue[socket.socket] = asyncio.Queue()

    class Server(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            made.put_nowait(transport.get_extra_info("socket"))

    async def accepted() -> int:
        with listening(0) as listener:
            server = await asyncio.get_running_loop().create_server(Server, sock=listener)
            with socket.create_connection(listener.getsockname()):
                connection = await made.get()
                told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            server.close()
        return told

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(accepted())


def test_a_path_with_a_line_feed_is_unknown_too(start_stand_in: Any) -> None:
    endpoints = start_stand_in("sentry", "--projects", PROJECTS).endpoints
    answer = httpx.get(f"{endpoints['sentry_api']}/nowhere%0Aat/all")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
    assert "/nowhere" in ask_door(endpoints["sentry_control"], "unknown")["requests"][-1]["path"]


def test_an_unknown_request_answers_404_and_is_listed(start_stand_in: Any) -> None:
    endpoints = start_stand_in("sentry", "--projects", PROJECTS).endpoints
    address = endpoints["sentry_api"]
    assert httpx.post(address + "/api/1/nowhere/?a=b", content=b"body\xff").status_code == 404
    # A known path with a method that it does not have is unknown too.
    assert httpx.delete(address + "/api/1/envelope/").status_code == 404
    listed = ask_door(endpoints["sentry_control"], "unknown")
    assert listed["count"] == 2
    assert listed["requests"] == [
        {"method": "POST", "path": "/api/1/nowhere/", "query": "a=b", "body": "body\N{REPLACEMENT CHARACTER}"},
        {"method": "DELETE", "path": "/api/1/envelope/", "query": "", "body": ""},
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "which stand-in? One of: datadog, page, pagerduty, sentry"),
        (("sentri",), "there is no stand-in named 'sentri' (did you mean 'sentry'?)"),
        (("sentry", "--projects", "[]"), "needs at least one project"),
        (("sentry", "--projects", "nonsense"), "--projects cannot be read"),
        (("sentry", "--projects", '[{"orga": "x"}]'), "--projects cannot be read"),
        (("pagerduty", "--cert", "no.pem", "--key", "no.pem"), "no.pem is not a file"),
        (("pagerduty",), "--cert"),
    ],
)
def test_a_wrong_call_exits_with_2_and_says_why(arguments: tuple[str, ...], message: str) -> None:
    ended = call(*arguments)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr


def test_asked_to_it_listens_on_another_address_but_the_control_door_does_not(start_stand_in: Any) -> None:
    endpoints = start_stand_in("datadog", "--host", "127.0.0.2").endpoints
    assert {name: urlsplit(address).hostname for name, address in endpoints.items()} == {
        "control": "127.0.0.1",
        "datadog": "127.0.0.2",
        "datadog_agent": "127.0.0.2",
        "dogstatsd": "127.0.0.2",
        "otlp": "127.0.0.2",
    }
    assert httpx.get(endpoints["datadog_agent"] + "/info").status_code == 200
    assert ask_door(endpoints["control"], "health")["datagrams"] == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "localhost", "224.0.0.1", "127.0.0.1:80", ""])  # noqa: S104 - refused
def test_all_addresses_at_once_names_and_others_are_no_host(host: str) -> None:
    ended = call("datadog", "--host", host)
    assert ended.returncode == 2
    assert "give one IPv4 address of this machine" in ended.stderr


def test_an_address_that_is_not_this_machines_is_said() -> None:
    ended = call("datadog", "--host", "203.0.113.7")
    assert ended.returncode == 2
    assert "an address given by --host must be this machine's own" in ended.stderr


def test_the_stand_ins_are_made_where_sentry_instruments_the_web_framework() -> None:
    """An SDK that a team's own tests have started patches Starlette for the whole process, middleware as well."""
    program = """
import sentry_sdk
from tests.standins.worlds import datadog, pagerduty, sentry

sentry_sdk.init(dsn="http://a@127.0.0.1:9/1", auto_session_tracking=False)
for make in (datadog, pagerduty, sentry):
    make(None)
print("made")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == ("made\n", 0), done.stderr
