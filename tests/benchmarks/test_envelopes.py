"""Envelopes of 5 kB gzip a second: ours against kent, and against an application that only appends them to a file.

Ours checks the key, unpacks, checks the headers of the envelope and of each item, and has written the envelope to its
store when it answers: it survives a kill then. It is read when somebody asks.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.benchmarks.servers import best, free_port, peer, shown, standin, tool, wrk

from alertproof.clock import Anchor, SystemClock
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.store import Store
from alertproof.standins.sentry.waiting import Received

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]
HERE = Path(__file__).parent
KEY = "a" * 32
PATH = "/api/1/envelope/"
HEADERS = {
    "Content-Type": "application/x-sentry-envelope",
    "Content-Encoding": "gzip",
    "X-Sentry-Auth": f"Sentry sentry_key={KEY}, sentry_version=7, sentry_client=bench/1",
}
ROUNDS = 3
TIMES_KENT, OF_BARE = 6, 0.7


def error_event(number: int, *, size: int = 5000) -> bytes:
    """Return an envelope with one error that is at least ``size`` bytes in gzip."""
    chance = random.Random(number)
    frames: list[dict[str, object]] = []
    while True:
        line = "".join(chance.choice("abcdefghij ()=_.") for _ in range(50))
        frames.append(
            {
                "filename": f"app/views/view_{len(frames)}.py",
                "abs_path": f"/srv/app/views/view_{len(frames)}.py",
                "function": f"handle_{chance.randrange(1000)}",
                "module": "app.views",
                "lineno": chance.randrange(2000),
                "pre_context": [line[number:] + line[:number] for number in range(5)],
                "context_line": "    raise ValueError(lead)",
                "post_context": [line[::-1]],
                "vars": {name: hex(chance.getrandbits(64)) for name in ("lead", "deal", "tenant")},
                "in_app": True,
            }
        )
        if len(frames) % 4:
            continue
        values = [{"type": "ValueError", "value": "no such lead", "stacktrace": {"frames": frames}}]
        event = {
            "event_id": uuid.uuid5(uuid.NAMESPACE_OID, str(number)).hex,
            "timestamp": 1_767_225_600,
            "platform": "python",
            "level": "error",
        }
        payload = json.dumps({**event, "exception": {"values": values}, "tags": {"tenant": "acme"}}).encode()
        head = json.dumps({"event_id": event["event_id"], "sent_at": "2026-01-01T00:00:00Z"}).encode()
        whole = head + b"\n" + json.dumps({"type": "event", "length": len(payload)}).encode() + b"\n" + payload + b"\n"
        if len(packed := gzip.compress(whole)) >= size:
            return packed


def test_envelopes_come_in_six_times_as_fast_as_kents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = tmp_path / "envelope.gz"
    body.write_bytes(error_event(1))
    projects = json.dumps([{"org": "acme", "project": "api", "public_key": KEY, "project_id": "1"}])
    kents, bares = free_port(), free_port()
    with (
        standin("sentry", "--projects", projects, "--store", str(tmp_path / "store")) as ours,
        peer("kent", kents, tool("kent-server"), "run", "--port", str(kents)) as kent,
        peer(
            "bare Starlette",
            bares,
            sys.executable,
            str(HERE / "bare.py"),
            BARE_PORT=str(bares),
            BARE_FILE=str(tmp_path / "bare"),
        ) as bare,
    ):
        ours.url = ours.endpoints["sentry_api"]
        for _ in range(ROUNDS):
            for server in (ours, kent, bare):
                wrk(server, PATH, body, HEADERS)
        with capsys.disabled():
            print(shown((ours, kent, bare)))  # noqa: T201 - the benchmark's table
            print(f"  {best(ours) / best(kent):.1f} times kent, {best(ours) / best(bare):.2f} of bare Starlette")  # noqa: T201
    assert best(ours) >= TIMES_KENT * best(kent)
    assert best(ours) >= OF_BARE * best(bare)


def test_reading_them_is_slower_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    instant = datetime(2026, 1, 1, tzinfo=UTC)
    project = Project(org="acme", slug="api", public_key=KEY, project_id="1")
    store = Store([project], Anchor(real=instant, stack=instant, factor=1))
    for number in range(1000):
        received = Received(project=project, raw=error_event(number), encoding="gzip", event_id=None, at=instant)
        store.accept(received)
    clock = SystemClock()
    began = clock.monotonic()
    store.settle()
    took = (clock.monotonic() - began) / timedelta(seconds=1)
    with capsys.disabled():
        print(f"\n  read in full      {1000 / took:9,.0f}/s")  # noqa: T201 - the benchmark's table
    assert len(store.events([project])) == 1000
