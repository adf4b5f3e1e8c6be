"""Memory over a million events: what is kept is bounded, so that the last of them cost nothing more."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import psutil
import pytest

from alertproof.clock import Anchor, ScaledClock
from alertproof.standins.datadog.account import Account
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.store import Store
from alertproof.standins.sentry.waiting import Received

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]
MILLION = 1_000_000
#: Every list is full by then.
FULL = 250_000
#: How much more than when the lists had become full there may be at the end.
MOST = 1.1
INSTANT = datetime(2026, 1, 1, tzinfo=UTC)


def memory() -> float:
    """Return this process's resident memory in MiB."""
    gc.collect()
    return float(psutil.Process().memory_info().rss) / 2**20


def grown(take: Callable[[int], None], *, each: int = 1) -> tuple[float, float]:
    """Take a million events, so many with each call; returns the memory when the lists are full and at the end."""
    for number in range(FULL // each):
        take(number)
    before = memory()
    for number in range(FULL // each, MILLION // each):
        take(number)
    return before, memory()


def told(what: str, before: float, after: float, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n  {what:18} {before:6.0f} MiB after {FULL:,}, {after:6.0f} MiB after {MILLION:,}")  # noqa: T201


def test_a_million_errors_of_sentry(capsys: pytest.CaptureFixture[str]) -> None:
    project = Project(org="acme", slug="api", public_key="a" * 32, project_id="1")
    store = Store([project], Anchor(real=INSTANT, stack=INSTANT, factor=1))

    def take(number: int) -> None:
        identity = f"{number:032x}"
        frame = {"filename": "app.py", "function": f"handle_{number % 1000}", "module": "app", "in_app": True}
        values = [{"type": "ValueError", "value": f"no lead {number}", "stacktrace": {"frames": [frame]}}]
        payload = json.dumps({"timestamp": INSTANT.timestamp() + number, "exception": {"values": values}}).encode()
        raw = b'{"event_id":"%b"}\n{"type":"event","length":%d}\n%b' % (identity.encode(), len(payload), payload)
        at = INSTANT + timedelta(seconds=number)
        store.accept(Received(project=project, raw=raw, event_id=identity, at=at))

    before, after = grown(take)
    told("Sentry errors", before, after, capsys)
    assert sum(issue.seen for issue in store.issues([project])) == MILLION
    assert after <= MOST * before


def test_a_million_spans_of_datadog(capsys: pytest.CaptureFixture[str]) -> None:
    account = Account(ScaledClock(Anchor(real=INSTANT, stack=INSTANT, factor=1)))

    def take(number: int) -> None:
        end = INSTANT.timestamp() + number / 100
        spans = [
            {
                "service": f"s{place}",
                "name": "web.request",
                "resource": f"GET /{number % 50}",
                "trace_id": number,
                "span_id": 10 * number + place,
                "start": int(end * 1e9),
                "duration": 1_000_000,
                "meta": {"env": "prod", "http.url": f"http://127.0.0.1/{number}"},
            }
            for place in range(10)
        ]
        account.spans.take_maps(msgspec.msgpack.encode([spans]), counted=True)

    before, after = grown(take, each=10)
    told("Datadog spans", before, after, capsys)
    assert account.spans.count == MILLION
    assert after <= MOST * before


def test_a_million_metrics_of_dogstatsd_in_ten_seconds_are_so_many_points_as_series(
    capsys: pytest.CaptureFixture[str],
) -> None:
    account = Account(ScaledClock(Anchor(real=INSTANT, stack=INSTANT, factor=1)))
    start = INSTANT.timestamp()

    def take(number: int) -> None:
        lines = [b"hits:%d|c|#tenant:t%d" % (number, tenant) for tenant in range(100)]
        account.ingest.datagrams([(start + number % 10, b"\n".join(lines))])

    before, after = grown(take, each=100)
    told("DogStatsD counts", before, after, capsys)
    account.ingest.flush(start + 10)
    assert account.ingest.points == 100
    assert after <= MOST * before
