from __future__ import annotations

import gzip
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3core.agent.logs.intake import MOST_BYTES, MOST_LOGS, LogIntake
from m3core.agent.logs.shipping import LogShipper, batches


@final
class Intake:
    """Datadog's log intake: keeps the batches that it accepts, after it has given the answers that it is told."""

    def __init__(self) -> None:
        self.batches: list[list[dict[str, Any]]] = []
        self.answers: list[int] = []
        self.asked: list[dict[str, str]] = []
        self.sizes: list[int] = []
        self.url = ""

    @property
    def messages(self) -> list[str]:
        return [log["message"] for batch in self.batches for log in batch]


@pytest.fixture
def intake() -> Iterator[Intake]:
    kept = Intake()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
            kept.asked.append({"path": self.path, **{k.lower(): v for k, v in self.headers.items()}})
            status = kept.answers.pop(0) if kept.answers else 202
            if status < 300:
                kept.batches.append(json.loads(body))
                kept.sizes.append(len(body))
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def shipper(intake: Intake, *files: Path) -> LogShipper:
    way = LogIntake(intake.url, api_key="a-key")
    return LogShipper([("m3core-api", path) for path in files], way, tags="env:drill", seconds=0.02)


def write(path: Path, *lines: str) -> None:
    with path.open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))


def test_lines_of_every_file_arrive_and_the_last_ones_at_the_end(intake: Intake, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    running = shipper(intake, one, two)
    running.start()
    write(one, "first")
    wait_for(lambda: intake.messages == ["first"])
    write(two, "second")
    running.stop(within=5)
    assert not running.is_alive()
    assert intake.messages == ["first", "second"]
    asked = intake.asked[0]
    assert (asked["path"], asked["dd-api-key"], asked["content-encoding"]) == ("/api/v2/logs", "a-key", "gzip")


@pytest.mark.parametrize("status", [429, 500, 503, 408])
def test_what_the_intake_cannot_take_now_is_sent_again_and_nothing_is_lost(
    intake: Intake, tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.INFO)
    intake.answers = [status, status]
    path = tmp_path / "log"
    write(path, "one", "two")
    running = shipper(intake, path)
    running.start()
    wait_for(lambda: len(intake.messages) >= 2)
    running.stop(within=5)
    assert intake.messages == ["one", "two"]
    said = [record.getMessage() for record in caplog.records if "logs are" in record.getMessage()]
    assert len(said) == 2
    assert said[0].startswith(f"logs are not shipped yet: {intake.url}/api/v2/logs answered {status}")
    assert said[1] == "logs are shipped again; lost so far: 0"


@pytest.mark.parametrize("status", [400, 403, 413])
def test_what_the_intake_refuses_is_counted_and_said_and_the_rest_goes_on(
    intake: Intake, tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.INFO)
    intake.answers = [status]
    path = tmp_path / "log"
    write(path, "refused", "refused too")
    running = shipper(intake, path)
    running.start()
    wait_for(lambda: len(intake.asked) == 1)
    write(path, "taken")
    wait_for(lambda: intake.messages == ["taken"])
    running.stop(within=5)
    lost = [record for record in caplog.records if "logs are lost" in record.getMessage()]
    assert len(lost) == 1
    assert lost[0].__dict__["logs_lost"] == 2
    assert f"answered {status}" in lost[0].getMessage()


def test_an_intake_that_is_not_there_does_not_keep_the_agent_from_ending(intake: Intake, tmp_path: Path) -> None:
    path = tmp_path / "log"
    write(path, "one")
    way = LogIntake("http://127.0.0.1:9", api_key="a-key")
    running = LogShipper([("m3core-api", path)], way, tags="", seconds=0.01)
    running.start()
    time.sleep(0.1)
    running.stop(within=5)
    assert not running.is_alive()
    assert (way.sent, way.lost) == (0, 1)


def test_a_file_that_cannot_be_read_is_said_once_and_the_others_are_read(
    intake: Intake, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = tmp_path / "good"
    running = shipper(intake, tmp_path, good)  # the first is a folder
    running.start()
    write(good, "one")
    wait_for(lambda: intake.messages == ["one"])
    time.sleep(0.1)
    running.stop(within=5)
    assert caplog.text.count("logs are not shipped: [Errno 21]") == 1


def test_many_lines_go_in_requests_that_the_intake_takes(intake: Intake, tmp_path: Path) -> None:
    path = tmp_path / "log"
    running = shipper(intake, path)
    running.ship()  # it sees that there is no file yet: all of the file that comes is new
    write(path, *(f"{number} " + "x y " * 750 for number in range(2000)), *("y" * 10 for _ in range(3000)))
    running.ship()
    assert [message.partition(" ")[0] for message in intake.messages[:2000]] == [str(n) for n in range(2000)]
    assert intake.messages[2000:] == ["y" * 10] * 3000
    running.start()
    running.stop(within=5)
    assert max(len(batch) for batch in intake.batches) <= MOST_LOGS
    assert max(intake.sizes) <= MOST_BYTES


@given(st.lists(st.integers(min_value=1, max_value=900_000), max_size=40))
def test_batches_hold_every_log_once_in_order_and_never_too_much(sizes: list[int]) -> None:
    logs = [bytes([number % 256]) * size for number, size in enumerate(sizes)]
    found = list(batches(logs))
    assert [log for batch in found for log in batch] == logs
    assert all(0 < len(batch) <= MOST_LOGS for batch in found)
    assert all(len(b"[" + b",".join(batch) + b"]") <= MOST_BYTES for batch in found)


def test_a_thousand_logs_are_one_request_and_one_more_are_two() -> None:
    assert [len(batch) for batch in batches([b"x"] * MOST_LOGS)] == [MOST_LOGS]
    assert [len(batch) for batch in batches([b"x"] * (MOST_LOGS + 1))] == [MOST_LOGS, 1]
