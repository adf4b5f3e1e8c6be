"""What vendors are told of runs, as it comes over the wire."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import brotli
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from tests.schedule.making import MINUTE, NOW, gap, planned

from alertproof.errors import ConfigError
from alertproof.schedule.datadog import DatadogListener
from alertproof.schedule.otlp import OtlpListener
from alertproof.schedule.record import PlannedCheck
from alertproof.schedule.scheduler import RunTold
from alertproof.schedule.sentry import SentryListener, slug_of
from alertproof.schedule.store import Store
from alertproof.schedule.wire import Ended
from alertproof.verdict import Verdict

PLACES = ("dublin", "ohio")
CHECK = planned().name


class Agent:
    """DogStatsD's end: what was sent to it, line by line."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.address = f"udp://127.0.0.1:{self._socket.getsockname()[1]}"

    def heard(self) -> list[str]:
        lines: list[str] = []
        while True:
            try:
                lines += self._socket.recv(65536).decode().splitlines()
            except TimeoutError:
                return lines

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def agent() -> Iterator[Agent]:
    made = Agent()
    yield made
    made.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "history.sqlite")
    for place in PLACES:
        opened.plan([planned(place)], location=place, at=NOW)
    yield opened
    opened.close()


def ran(store: Store, check: PlannedCheck, verdict: Verdict, *, minute: int = 0, **more: object) -> RunTold:
    """A run that is written down, as the scheduler tells of it."""
    began = NOW + minute * MINUTE
    claim = store.claim(check, network="10.0.0.1", at=began, why_missed="")
    assert claim is not None
    quarantined = bool(more.pop("quarantined", False))
    given = {"reason": "refused" if verdict is Verdict.FAILED else "", **more}
    ended = Ended(run=claim.run, verdict=verdict, wall=timedelta(seconds=1), **given)  # type: ignore[arg-type]
    assert store.finish(ended, at=began + ended.wall, quarantined=quarantined)
    return RunTold(check=check, network="10.0.0.1", due=claim.due, began=began, ended=ended, quarantined=quarantined)


@pytest.fixture
def listener(agent: Agent, store: Store) -> Iterator[Callable[[], DatadogListener]]:
    made: list[DatadogListener] = []

    def of() -> DatadogListener:
        made.append(DatadogListener(agent.address, tags=["service:m3core-api", "env:test"], store=store))
        return made[-1]

    yield of
    for one in made:
        one.close()


def named(lines: list[str], *names: str) -> list[str]:
    return [line for line in lines if line.startswith(names)]


@pytest.mark.parametrize(("verdict", "numbers"), [(Verdict.PASSED, (0, 0)), (Verdict.FAILED, (1, 2))])
def test_datadog_is_told_of_a_run_with_its_location(
    agent: Agent, store: Store, listener: Callable[[], DatadogListener], verdict: Verdict, numbers: tuple[int, int]
) -> None:
    failed, status = numbers
    listener().ran(ran(store, planned(), verdict, took=timedelta(milliseconds=50)))
    heard = agent.heard()
    tags = f"|#check:{CHECK},location:dublin,service:m3core-api,env:test"

    (runs,) = named(heard, "synthetics.probe.runs:")
    (bad,) = named(heard, "synthetics.probe.failed:")
    assert runs.startswith(f"synthetics.probe.runs:1|c{tags}")
    assert bad.startswith(f"synthetics.probe.failed:{failed}|c{tags}")
    (checked,) = named(heard, "_sc|alertproof.check|")
    assert checked.startswith(f"_sc|alertproof.check|{status}|")
    assert len(named(heard, "alertproof.duration:0.05|d")) == (verdict is Verdict.PASSED)


def test_what_could_not_tell_or_is_in_quarantine_is_in_no_availability(
    agent: Agent, store: Store, listener: Callable[[], DatadogListener]
) -> None:
    told = listener()
    told.ran(ran(store, planned(), Verdict.BROKEN, earlier=("it died",)))
    told.ran(ran(store, planned("ohio"), Verdict.FAILED, quarantined=True))
    heard = agent.heard()

    assert named(heard, "synthetics.") == []
    assert [line.partition("|")[0] for line in named(heard, "alertproof.runs", "alertproof.flaky")] == [
        "alertproof.runs:1",
        "alertproof.flaky:1",
        "alertproof.runs:1",
    ]


@pytest.mark.parametrize(("reason", "status"), [("", 0), ("GET /healthz: 700 ms, more than 400 ms", 1)])
def test_what_passed_degraded_is_a_warning_and_counted(
    agent: Agent, store: Store, listener: Callable[[], DatadogListener], reason: str, status: int
) -> None:
    listener().ran(ran(store, planned(), Verdict.PASSED, reason=reason))
    heard = agent.heard()

    (checked,) = named(heard, "_sc|alertproof.check|")
    assert checked.startswith(f"_sc|alertproof.check|{status}|")
    assert checked.endswith(f"|m:{reason}") is bool(reason)
    assert len(named(heard, "alertproof.degraded:1|c")) == status
    assert len(named(heard, "synthetics.probe.failed:0|c")) == 1


def test_an_event_comes_when_a_second_location_fails_and_when_it_passes_again(
    agent: Agent, store: Store, listener: Callable[[], DatadogListener]
) -> None:
    dublin, ohio = listener(), listener()
    told: list[list[str]] = []
    for minute, (here, there) in enumerate([("P", "P"), ("F", "P"), ("F", "F"), ("F", "F"), ("P", "F")]):
        for place, who, letter in (("dublin", dublin, here), ("ohio", ohio, there)):
            verdict = Verdict.FAILED if letter == "F" else Verdict.PASSED
            who.ran(ran(store, planned(place), verdict, minute=minute))
        told.append([line.partition("|")[0].partition(":")[2] for line in named(agent.heard(), "_e{")])

    assert told[0] == told[1] == []
    assert told[2] == [f"{CHECK} is failing from 2 of 2 locations"]
    # The other location learns of it by its next run; Datadog gathers both by their key.
    assert told[3] == [f"{CHECK} is failing from 2 of 2 locations"]
    assert told[4] == [f"{CHECK} is failing from 1 of 2 locations"] * 2


def test_slots_that_were_not_run_are_counted_and_the_scheduler_says_that_it_is_there(
    agent: Agent, listener: Callable[[], DatadogListener]
) -> None:
    told = listener()
    told.missed(gap(slots=7))
    told.alive(healthy=True)
    told.alive(healthy=False)
    heard = agent.heard()

    assert heard[0].startswith("alertproof.missed:7|c")
    assert [line.split("|")[2] for line in named(heard, "_sc|alertproof.scheduler")] == ["0", "1"]


@pytest.mark.parametrize("address", ["", "localhost", "udp://localhost:port"])
def test_an_address_of_no_agent_is_refused(store: Store, address: str) -> None:
    with pytest.raises(ConfigError, match="no address of DogStatsD"):
        DatadogListener(address, tags=[], store=store)


class Sink:
    """An HTTP server that keeps what is posted to it."""

    def __init__(self, status: int = 200) -> None:
        self.taken: list[tuple[str, bytes]] = []
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                packed = {"gzip": gzip.decompress, "br": brotli.decompress}.get(
                    self.headers.get("Content-Encoding", "")
                )
                body = packed(body) if packed else body
                sink.taken.append((self.path, body))
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def test_sentry_hears_each_beat_with_the_schedule_that_it_is_to_hold_the_scheduler_to() -> None:
    sink = Sink()
    told = SentryListener(f"http://{'a' * 32}@{sink.address}/1", environment="test", location="Dublin 2", beat=MINUTE)
    told.alive(healthy=True)
    told.alive(healthy=False)
    told.close()
    sink.close()

    documents = [json.loads(line) for _, body in sink.taken for line in body.splitlines() if b"monitor_slug" in line]
    assert [one["status"] for one in documents] == ["ok", "error"]
    assert {one["monitor_slug"] for one in documents} == {"alertproof-schedule-dublin-2"}
    assert documents[0]["monitor_config"]["schedule"] == {"type": "interval", "value": 1, "unit": "minute"}
    assert documents[0]["environment"] == "test"


def test_a_monitor_has_a_name_that_sentry_takes() -> None:
    assert slug_of("Frankfurt/€ Süd " + "x" * 60) == f"alertproof-schedule-frankfurt---s-d-{'x' * 60}"[:50]


def test_a_collector_is_sent_a_count_and_a_duration_with_who_and_where(store: Store) -> None:
    sink = Sink()
    told = OtlpListener(f"http://{sink.address}/", environment="test")
    told.ran(ran(store, planned(), Verdict.PASSED, took=timedelta(milliseconds=50)))
    told.close()
    sink.close()

    ((path, body),) = sink.taken
    assert path == "/v1/metrics"
    (group,) = ExportMetricsServiceRequest.FromString(body).resource_metrics
    runs, duration = group.scope_metrics[0].metrics
    tags = {one.key: one.value.string_value for one in runs.sum.data_points[0].attributes}
    assert (runs.name, runs.sum.data_points[0].as_int, runs.sum.is_monotonic) == ("alertproof.check.runs", 1, True)
    assert (duration.name, duration.gauge.data_points[0].as_double) == ("alertproof.check.duration", 0.05)
    assert tags == {
        "check": CHECK,
        "check.kind": "probe",
        "location": "dublin",
        "network": "10.0.0.1",
        "verdict": "passed",
        "quarantined": "false",
    }


@pytest.mark.parametrize("status", [503, None])
def test_a_collector_that_does_not_take_it_holds_no_run_up_and_is_counted(store: Store, status: int | None) -> None:
    sink = Sink(status or 200)
    if status is None:
        sink.close()
    told = OtlpListener(f"http://{sink.address}", environment="test")
    told.ran(ran(store, planned(), Verdict.PASSED))
    told.close()
    if status is not None:
        sink.close()

    assert told.lost == 1
    assert "/v1/metrics" in told.trouble
