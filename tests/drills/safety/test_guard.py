"""The guard ends a drill: for a real incident, an address that fails, too many requests; else it lets it go on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from alertproof.clock import Anchor, VirtualClock
from alertproof.drills.safety import Guard, GuardedClock, Quota, guarded_address, no_real_incident
from alertproof.errors import Broken, VendorUnavailable
from alertproof.vendors import Incident

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Clock:
    """A clock that is moved by waiting, at a factor of sixty."""

    def __init__(self) -> None:
        self.virtual = VirtualClock(NOW)
        self.anchor = Anchor(real=NOW, stack=NOW, factor=60.0)
        self.now, self.sleep, self.monotonic = self.virtual.now, self.virtual.sleep, self.virtual.monotonic


def incident(title: str) -> Incident:
    return Incident(
        id="1",
        title=title,
        service="crm",
        urgency="high",
        status="triggered",
        opened_at=NOW,
        resolved_at=None,
        dedup_keys=("k",),
        severities=("critical",),
        details="",
        told=(),
    )


def test_a_wait_ends_at_once_when_something_happens_in_it() -> None:
    clock, system = Clock(), VirtualClock(NOW)
    said = [""] * 3 + ["it burns"]

    def watch() -> str:
        system.advance(timedelta(seconds=10))
        return said.pop(0)

    with pytest.raises(Broken, match="ended by its guard: it burns"):
        GuardedClock(clock, Guard([watch], system=system)).sleep(timedelta(hours=1))

    assert clock.now() - NOW == timedelta(minutes=6)  # three slices of two real seconds


def test_a_quiet_wait_takes_as_long_as_it_was_asked_to() -> None:
    clock = Clock()

    GuardedClock(clock, Guard([lambda: ""], system=VirtualClock(NOW))).sleep(timedelta(seconds=130))

    assert clock.now() - NOW == timedelta(seconds=130)


@pytest.mark.parametrize(("later", "looks"), [(9, 1), (10, 2)])
def test_the_guard_looks_each_ten_seconds(later: int, looks: int) -> None:
    system, seen = VirtualClock(NOW), list[datetime]()

    def watch() -> str:
        seen.append(system.now())
        return ""

    guard = Guard([watch], system=system)

    guard.look()
    system.advance(timedelta(seconds=later))
    guard.look()

    assert len(seen) == looks


@pytest.mark.parametrize(
    ("title", "real"),
    [
        ("[Triggered] API error rate above 2 %", False),
        ("[DRILL] anything at all", False),
        ("customers cannot log in", True),
    ],
)
def test_an_incident_that_is_not_ours_is_a_real_one(title: str, real: bool) -> None:
    watch = no_real_incident(lambda: [incident(title)], ours=["API error rate above 2 %"])

    assert watch() == (f"a real incident opened on crm: {title!r}" if real else "")


def test_a_pagerduty_that_does_not_answer_once_ends_no_drill() -> None:
    def asked() -> list[Incident]:
        raise VendorUnavailable("no answer")

    assert no_real_incident(asked, ours=[])() == ""


@pytest.mark.parametrize(("services", "real"), [(None, True), ({"crm"}, True), ({"billing"}, False)])
def test_where_accounts_are_shared_an_incident_of_another_service_ends_no_drill(
    services: set[str] | None, real: bool
) -> None:
    assert bool(no_real_incident(lambda: [incident("it is down")], ours=[], services=services)()) is real


@pytest.mark.parametrize(("sent", "said"), [(100, ""), (101, "101 requests were sent by this run, the target allows")])
def test_more_requests_than_a_target_allows_end_the_drill(sent: int, said: str) -> None:
    found = Quota(lambda: sent, run=100, drill=1000)()

    assert found.startswith(said)
    assert bool(found) is bool(said)


def test_each_drill_has_as_many_requests_and_what_earlier_ones_sent_is_not_counted() -> None:
    sent = 40
    quota = Quota(lambda: sent, run=100, drill=30)
    quota.begin()

    sent = 70
    assert quota() == ""
    sent = 71
    assert quota() == "31 requests were sent by this drill, the target allows 30 (drills.drill_requests)"

    quota.begin()
    assert quota() == ""


# -- an address ----------------------------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(self.server.statuses.pop(0))  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[Callable[[list[int]], str]]:
    """Return what makes an address answer with these, in order."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()

        def answering(statuses: list[int]) -> str:
            server.statuses = statuses  # type: ignore[attr-defined]
            return f"http://127.0.0.1:{server.server_port}/healthz"

        yield answering
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("statuses", "ends"),
    [([503, 503], True), ([503, 200, 503], False), ([499, 404, 200], False)],
    ids=["twice in a row", "once and again", "below 500"],
)
def test_an_address_ends_the_drill_when_it_fails_twice_in_a_row(
    address: Callable[[list[int]], str], statuses: list[int], ends: bool
) -> None:
    watch = guarded_address(address(list(statuses)))

    said = [watch() for _ in statuses]

    assert [bool(one) for one in said[:-1]] == [False] * (len(said) - 1)
    assert bool(said[-1]) is ends
    assert not ends or said[-1].endswith("/healthz answered 503")


def test_an_address_where_nobody_is_ends_the_drill() -> None:
    watch = guarded_address("http://127.0.0.1:9/")

    assert watch() == ""
    assert "did not answer" in watch()
