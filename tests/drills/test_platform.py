"""What a drill knows of its target's own health, and that two runs never share one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from alertproof.drills.connections import doors_of
from alertproof.drills.doors import not_known
from alertproof.drills.platform import Platform
from alertproof.drills.watched import TargetInUse
from alertproof.errors import BlastRadiusExceeded, ConfigError, FaultError, VendorUnavailable
from alertproof.faults import Delay, Error, Ledger, Stop
from alertproof.requirements import ClockWire, DrillLimits, Endpoints, Span, Target

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
HEALTHY = {"dropped_datagrams": 0, "malformed": [], "evaluation_failures": [], "undelivered": []}


class Control(ThreadingHTTPServer):
    """A stack's control door that says what a test wants."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, Any] = {"/clock": {"late": []}, "/health": dict(HEALTHY)}


class Handler(BaseHTTPRequestHandler):
    server: Control

    def do_GET(self) -> None:
        data = json.dumps(self.server.pages[self.path]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@pytest.fixture
def control() -> Iterator[Control]:
    with Control() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def target(control: str = "", ca_file: str = "") -> Target:
    return Target(
        clock=ClockWire(real=0, stack=0, factor=60),
        endpoints=Endpoints(
            datadog="http://127.0.0.1:1", sentry_api="", pagerduty="", m3core="http://127.0.0.1:2", control=control
        ),
        ca_file=ca_file,
        env={"DD_API_KEY": "a-secret-key"},
    )


class AsPlatform:
    """A platform of which only the control door is there."""

    def __init__(self, control: str) -> None:
        self.target = target(control)
        self._ask = Platform._ask.__get__(self)
        self.lost = Platform.lost.__get__(self)

    def trouble(self, lost_before: dict[str, int]) -> list[str]:
        return Platform.trouble(cast("Platform", self), since=NOW, lost_before=lost_before)


def as_platform(control: Control) -> AsPlatform:
    return AsPlatform(f"http://127.0.0.1:{control.server_port}")


def late(minutes: int, seconds: float) -> dict[str, Any]:
    at = (NOW + timedelta(minutes=minutes)).timestamp()
    return {"at": at, "monitor_id": 1, "began_s": seconds, "ended_s": seconds}


def test_a_healthy_stack_has_no_trouble(control: Control) -> None:
    assert as_platform(control).trouble({}) == []


def test_an_evaluation_that_was_late_during_the_drill_is_a_slipped_clock(control: Control) -> None:
    control.pages["/clock"] = {"late": [late(3, 31.0)]}

    (said,) = as_platform(control).trouble({})

    assert said.startswith("clock slipped: the evaluation of 12:03 was 31 stack seconds late")


def test_of_many_late_evaluations_the_worst_is_named_and_the_others_are_counted(control: Control) -> None:
    control.pages["/clock"] = {"late": [late(3, 21.0), late(4, 40.0), late(5, 22.0), late(-3, 99.0)]}

    (said,) = as_platform(control).trouble({})

    assert said.startswith("clock slipped: the evaluation of 12:04 was 40 stack seconds late, 2 more were late too;")


def test_one_that_was_late_before_the_drill_is_not(control: Control) -> None:
    control.pages["/clock"] = {"late": [late(-3, 31.0)]}

    assert as_platform(control).trouble({}) == []


@pytest.mark.parametrize("name", sorted(HEALTHY))
def test_what_was_lost_during_the_drill_is_trouble_and_what_was_lost_before_is_not(control: Control, name: str) -> None:
    control.pages["/health"][name] = 2 if name == "dropped_datagrams" else ["one", "two"]
    platform = as_platform(control)

    assert platform.trouble({name: 2}) == []
    assert platform.trouble({name: 1}) == [f"the stack's Datadog reports 1 {name.replace('_', ' ')}"]


def test_a_target_without_a_control_door_has_nothing_to_ask() -> None:
    platform = AsPlatform("")

    assert platform.trouble({}) == []
    assert platform.lost() == {}


def test_a_control_door_that_does_not_answer_is_no_health() -> None:
    with pytest.raises(VendorUnavailable, match="did not answer"):
        AsPlatform("http://127.0.0.1:9").trouble({})


def test_requests_that_no_stand_in_knew_are_noted_for_each_vendor(control: Control) -> None:
    address = f"http://127.0.0.1:{control.server_port}"
    endpoints = msgspec.structs.replace(target().endpoints, control=address, sentry_control=address)
    asked = msgspec.structs.replace(target(), endpoints=endpoints)
    control.pages["/unknown"] = {"count": 0, "requests": []}
    assert not_known(asked) == []
    assert not_known(target()) == []

    request = {"method": "POST", "path": "/api/v3/series", "query": "", "body": ""}
    control.pages["/unknown"] = {"count": 3, "requests": [request, request, request]}
    assert not_known(asked) == [
        f"the stack's {vendor} did not know POST /api/v3/series, and 2 more" for vendor in ("Datadog", "Sentry")
    ]

    gone = msgspec.structs.replace(endpoints, control="http://127.0.0.1:9", sentry_control="")
    (said,) = not_known(msgspec.structs.replace(asked, endpoints=gone))
    assert said.startswith("the stack's Datadog could not say which requests it did not know")


def test_a_target_is_held_by_one_run_at_a_time(tmp_path: Path) -> None:
    held = target(ca_file=str(tmp_path / "authority.pem"))
    first = TargetInUse(held, Ledger(tmp_path / "one"))

    with pytest.raises(ConfigError, match="another run is using http://127.0.0.1:2"):
        TargetInUse(held, Ledger(tmp_path / "two"))

    first.end()
    TargetInUse(held, Ledger(tmp_path / "two")).end()


def test_a_target_that_is_printed_shows_no_secret() -> None:
    assert "a-secret-key" not in repr(target())
    assert "a-secret-key" not in str(SimpleNamespace(target=target()))


# --- fault doors ------------------------------------------------------------------------------------------


def with_doors(**endpoints: str) -> Platform:
    found = Target(
        clock=ClockWire(real=0.0, stack=0.0, factor=1.0),
        endpoints=Endpoints(**{"m3core": "http://127.0.0.1:1", **endpoints}),
        env={"M3CORE_FAULT_TOKEN": "t"},
    )
    return cast("Platform", SimpleNamespace(name="t", doors=doors_of(found), target=found))


def test_a_fault_goes_to_the_door_of_the_process_that_does_it() -> None:
    platform = with_doors(m3core_keeper="http://127.0.0.1:2")

    assert Platform.door_of(platform, Error(text="e")).base_url == "http://127.0.0.1:1"
    assert Platform.door_of(platform, Stop(text="s")).base_url == "http://127.0.0.1:2"
    for door in platform.doors.values():
        door.close()


def test_a_target_without_a_keeper_cannot_stop_the_api_and_says_so() -> None:
    platform = with_doors()

    with pytest.raises(ConfigError, match="target 't' does not say where the platform's keeper is, which does 'stop'"):
        Platform.door_of(platform, Stop(text="s"))
    platform.doors["api"].close()


def test_a_fault_that_the_target_does_not_allow_gets_no_door() -> None:
    platform = with_doors()
    limited = msgspec.structs.replace(platform.target, drills=DrillLimits(faults=("error",), hosts=("127.0.0.1",)))
    platform.target = limited

    assert Platform.door_of(platform, Error(text="e", share=0.1)) is platform.doors["api"]
    one_request = Error(text="e", match={"correlation_id": "c"})
    assert Platform.door_of(platform, one_request) is platform.doors["api"]
    with pytest.raises(BlastRadiusExceeded, match=r"'e' would hit 11 % of the requests, the target allows 10 %"):
        Platform.door_of(platform, Error(text="e", share=0.11))
    with pytest.raises(BlastRadiusExceeded, match=r"does not allow the fault 'delay' \(drills.faults\)"):
        Platform.door_of(platform, Delay(text="d", share=0.01, seconds=1.0))
    platform.target = msgspec.structs.replace(limited, drills=DrillLimits(faults=("error",), hosts=("other.example",)))
    with pytest.raises(BlastRadiusExceeded, match=r"does not allow the host '127.0.0.1' to be broken"):
        Platform.door_of(platform, Error(text="e", share=0.1))
    platform.doors["api"].close()


def test_no_lease_is_longer_than_the_target_allows(tmp_path: Path) -> None:
    limits = DrillLimits(faults=("error",), hosts=("127.0.0.1",), longest=Span(timedelta(seconds=30)))
    door = doors_of(msgspec.structs.replace(target(), drills=limits))["api"]

    with pytest.raises(BlastRadiusExceeded, match=r"would stand for 31 s; the target allows 30 s \(drills.longest\)"):
        door.inject(Error(text="e"), fault_id="f", lease=timedelta(seconds=31))
    with pytest.raises(FaultError, match="was not reached|nothing listens"):
        door.inject(Error(text="e"), fault_id="f", lease=timedelta(seconds=30))
    door.close()
