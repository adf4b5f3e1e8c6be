"""Envelopes between their acknowledgement and their reading: in memory, or in a ledger on disk."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from alertproof.clock import Anchor, VirtualClock
from alertproof.standins.ledger import Ledger, LedgerError
from alertproof.standins.sentry import waiting
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.outcomes import Count
from alertproof.standins.sentry.serve import Standin
from alertproof.standins.sentry.store import Store
from alertproof.standins.sentry.waiting import Received

KEY = "a" * 32
AUTH = {"X-Sentry-Auth": f"Sentry sentry_key={KEY},sentry_version=7,sentry_client=test/1"}
ANCHOR = Anchor(real=datetime(2026, 1, 1, tzinfo=UTC), stack=datetime(2026, 3, 1, tzinfo=UTC), factor=60)
API = Project(org="acme", slug="api", public_key=KEY, project_id="1")
WEB = Project(org="acme", slug="web", public_key="b" * 32, project_id="2")


def new_store(**options: Any) -> Store:
    return Store([API, WEB], ANCHOR, **options)


@pytest.fixture(name="ledger")
def _ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "store") as ledger:
        yield ledger


def envelope(number: int, message: str = "m") -> bytes:
    payload = json.dumps({"message": message}).encode()
    return b'{"event_id":"%032x"}\n{"type":"event","length":%d}\n%s\n' % (number, len(payload), payload)


def client_of(store: Store) -> TestClient:
    return TestClient(Standin(store, VirtualClock(ANCHOR.stack)).app)


def post(client: TestClient, body: bytes, **more: Any) -> Any:
    return client.post("/api/1/envelope/", content=body, headers=AUTH | more.pop("headers", {}), **more)


def outcomes(store: Store) -> list[Count]:
    return list(store.outcomes.between(ANCHOR.stack, ANCHOR.stack))


def ids(store: Store) -> list[str]:
    return [stored.event.event_id[-1] for stored in store.events([API])]


def test_what_waits_in_a_ledger_is_read_in_its_order_among_records_of_others(ledger: Ledger) -> None:
    store = new_store()
    store.keep_in(ledger)
    with client_of(store) as client:
        for number in range(3):
            ledger.append(b"something else")
            assert post(client, envelope(number)).status_code == 200
    assert [record[:1] for record in ledger.records()].count(b"E") == 3
    assert ids(store) == ["2", "1", "0"]
    assert ids(store) == ["2", "1", "0"]  # each is read once


def test_an_envelope_is_in_the_ledger_as_it_came_when_it_is_answered(ledger: Ledger) -> None:
    store = new_store()
    store.keep_in(ledger)
    body = gzip.compress(envelope(7))
    with client_of(store) as client:
        assert post(client, body, headers={"Content-Encoding": "gzip"}).json() == {"id": f"{7:032x}"}
    (record,) = ledger.records()
    assert body in record
    assert ids(store) == ["7"]


def test_what_a_ledger_holds_is_there_again_with_what_a_limit_dropped_and_when_it_came(ledger: Ledger) -> None:
    store = new_store()
    store.keep_in(ledger)
    both = envelope(2) + b'{"type":"event","length":2}\n{}\n'
    for number, raw, limited in ((1, envelope(1), {}), (2, both, {1: "quota"})):
        at = ANCHOR.stack + timedelta(microseconds=number)
        given = Received(project=API, raw=raw, event_id=f"{number:032x}", at=at, limited=limited)
        store.accept(given)
    again = new_store()
    for record in ledger.records():
        assert waiting.is_envelope(record)
        again.accept_again(record)
    assert ids(again) == ids(store) == ["2", "1"]
    assert list(again.received) == list(store.received)
    counted = {(count.key.outcome, count.key.reason): count.quantity for count in outcomes(again)}
    assert counted == {("accepted", ""): 2, ("rate_limited", "quota"): 1}


def test_an_envelope_of_a_project_that_is_not_named_any_more_is_an_error_that_says_so(ledger: Ledger) -> None:
    store = new_store()
    store.keep_in(ledger)
    with client_of(store) as client:
        post(client, envelope(1))
    (record,) = ledger.records()
    with pytest.raises(LedgerError, match=r"project 1, which --projects does not name \(it names 2\)"):
        Store([WEB], ANCHOR).accept_again(record)


def test_what_cannot_be_written_is_not_acknowledged_and_not_kept(ledger: Ledger) -> None:
    store = new_store()
    store.keep_in(ledger)
    with Path("/dev/full").open("wb") as full:
        os.dup2(full.fileno(), ledger._descriptor)
    with client_of(store) as client:
        answer = post(client, envelope(1))
    assert (answer.status_code, answer.json()["detail"]) == (503, "failed to queue envelope")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert (ids(store), len(store.received)) == ([], 0)


def test_what_was_kept_is_acknowledged_though_an_older_one_is_damaged_and_then_nothing_more_is_kept(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_MOST_ON_DISK", 400)
    store = new_store()
    store.keep_in(ledger)
    with client_of(store) as client:
        assert [post(client, envelope(number)).status_code for number in range(2)] == [200, 200]
        (file,) = ledger.folder.glob("*.ledger")
        with file.open("r+b") as damaged:
            damaged.seek(60)
            damaged.write(b"damage")
        assert post(client, envelope(2)).status_code == 200
        before = file.stat().st_size
        assert [post(client, envelope(number)).status_code for number in (3, 4)] == [503, 503]
    assert file.stat().st_size == before
    assert len(store.received) == 3


def test_beyond_so_many_bytes_on_disk_the_oldest_is_read_at_once(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_MOST_ON_DISK", 400)
    store, read = new_store(), list[str]()
    store.watchers.append(lambda stored: read.append(stored.event.event_id[-1]))
    store.keep_in(ledger)
    with client_of(store) as client:
        for number in range(4):
            post(client, envelope(number))
    assert sum(map(len, ledger.records())) > 400
    assert read == ["0", "1"]
    assert ids(store) == ["3", "2", "1", "0"]


def test_without_a_ledger_so_many_may_wait_in_memory() -> None:
    store, read = new_store(kept=3), list[str]()
    store.watchers.append(lambda stored: read.append(stored.event.event_id[-1]))
    with client_of(store) as client:
        for number in range(3):
            post(client, envelope(number))
        assert read == []
        post(client, envelope(3))
        assert read == ["0"]


def test_what_is_shown_later_is_kept_at_once_and_read_when_it_is_shown() -> None:
    store, due = new_store(), list[Callable[[], None]]()
    store.later = due.append
    with client_of(store) as client:
        post(client, envelope(1))
        post(client, envelope(2))
    assert (ids(store), len(store.received)) == ([], 2)
    due.pop(0)()
    assert ids(store) == ["1"]
    due.pop(0)()
    assert ids(store) == ["2", "1"]


def test_what_was_read_before_its_time_shows_nothing_else_when_its_time_comes() -> None:
    store, due = new_store(kept=1), list[Callable[[], None]]()
    store.later = due.append
    with client_of(store) as client:
        post(client, envelope(1))
        post(client, envelope(2))  # has the first read
    assert ids(store) == ["1"]
    due.pop(0)()
    assert ids(store) == ["1"]


def test_a_client_that_is_known_gets_nowhere_else_and_nobody_gets_in_after_it() -> None:
    store = new_store()
    with client_of(store) as client:
        assert post(client, envelope(1)).status_code == 200
        assert post(client, envelope(2)).status_code == 200
        other = client.post("/api/2/envelope/", content=envelope(3), headers=AUTH)
        wrong = post(client, envelope(4), headers={"X-Sentry-Auth": AUTH["X-Sentry-Auth"].replace("a" * 32, "b" * 32)})
        double = client.post(f"/api/1/envelope/?sentry_key={KEY}", content=envelope(5), headers=AUTH)
        nobody = client.post("/api/1/envelope/", content=envelope(6))
    assert [each.status_code for each in (other, wrong, double, nobody)] == [403, 403, 401, 401]
    assert ids(store) == ["2", "1"]


def test_more_ways_to_ask_than_are_remembered_are_all_let_in() -> None:
    store = new_store()
    with client_of(store) as client:
        for number in range(600):
            answer = client.post(f"/api/1/envelope/?sentry_key={KEY}&n={number}", content=envelope(number))
            assert answer.status_code == 200
    assert len(store.events([API])) == 600
