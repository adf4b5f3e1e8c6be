from __future__ import annotations

import socket
import uuid
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest
from tests.m3core.conftest import FAULT_TOKEN, NO_TLS, WEBHOOK_SECRET, WEBHOOK_TOKEN
from tests.m3core.telling import Incident, new_beginning, note_of, signature

from m3core.database import Database
from m3core.status_notes import REMEMBERED, StatusNotes
from m3core.webhooks import OLDEST, signed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.m3core.conftest import Platform


OPEN = {"state": "open", "closed": None}


@pytest.fixture
def incident(anonymous: httpx.Client) -> Incident:
    return Incident(anonymous)


def test_a_note_opens_with_an_incident_and_closes_when_it_is_resolved(incident: Incident) -> None:
    assert incident.note() is None
    assert incident.tell("triggered").json() == {"outcome": "taken"}
    assert incident.note() == OPEN
    incident.tell("acknowledged", after=30)
    assert incident.note() == {"state": "acknowledged", "closed": None}
    incident.tell("resolved", after=90)
    assert incident.note() == {"state": "resolved", "closed": 90}


def test_an_incident_that_is_opened_again_opens_its_note_again(incident: Incident) -> None:
    for after, step in enumerate(("triggered", "resolved", "reopened")):
        incident.tell(step, after=after)
    assert incident.note() == OPEN


@pytest.mark.parametrize("order", list(permutations((("triggered", 0), ("acknowledged", 30), ("resolved", 90)))))
def test_the_end_is_the_same_in_whichever_order_the_events_come(
    incident: Incident, order: tuple[tuple[str, int], ...]
) -> None:
    for step, after in order:
        incident.tell(step, after=after)
    assert incident.note() == {"state": "resolved", "closed": 90}


@pytest.mark.parametrize("order", [("triggered", "resolved"), ("resolved", "triggered")])
def test_what_is_triggered_and_resolved_at_one_instant_is_resolved(incident: Incident, order: tuple[str, ...]) -> None:
    for step in order:
        incident.tell(step)
    assert incident.note() == {"state": "resolved", "closed": 0}


def test_a_retry_is_taken_once(incident: Incident) -> None:
    body = incident.body("triggered")
    assert incident.send(body).json() == {"outcome": "taken"}
    assert incident.send(body).json() == {"outcome": "seen before"}
    assert incident.note() == OPEN


def test_a_replay_after_the_end_does_not_open_the_note_again(incident: Incident) -> None:
    first = incident.body("triggered")
    incident.send(first)
    incident.tell("resolved", after=90)
    assert incident.send(first).json() == {"outcome": "seen before"}
    assert incident.note() == {"state": "resolved", "closed": 90}


def test_low_urgency_is_no_concern_of_users(anonymous: httpx.Client) -> None:
    quiet = Incident(anonymous, urgency="low")
    assert quiet.tell("triggered").json() == {"outcome": "no concern of users"}
    assert quiet.note() is None


@pytest.mark.parametrize("step", ["annotated", "escalated", "a-kind-of-next-year"])
def test_what_changes_no_state_is_answered_and_left(incident: Incident, step: str) -> None:
    incident.tell("triggered")
    assert incident.tell(step, after=5).json() == {"outcome": "no concern of users"}
    assert incident.note() == OPEN


@pytest.mark.parametrize(
    "header",
    [
        "",
        "v1=",
        "v1=" + "0" * 64,
        "v1=\xe9",
        signature(b"another body"),
    ],
)
def test_a_body_without_its_signature_is_refused_and_left(incident: Incident, header: str) -> None:
    body = incident.body("triggered")
    answer = incident.send(body, header=header)
    assert answer.status_code == 401
    assert incident.note() is None


@pytest.mark.parametrize("place", [0, 1])
def test_one_right_signature_of_several_is_enough(incident: Incident, place: int) -> None:
    body = incident.body("triggered")
    both = [signature(body, "the secret before"), "v2=unknown"]
    both.insert(place, signature(body))
    assert incident.send(body, header=",".join(both)).status_code == 200
    assert incident.note() == OPEN


def test_a_signature_is_of_the_bytes_and_not_of_what_they_mean(incident: Incident) -> None:
    body = incident.body("triggered")
    assert incident.send(body + b" ", header=signature(body)).status_code == 401


def test_the_right_digest_of_another_version_is_none() -> None:
    body = b"{}"
    assert signed(signature(body), body, WEBHOOK_SECRET)
    assert not signed(signature(body).replace("v1=", "v2="), body, WEBHOOK_SECRET)
    assert not signed(signature(body).removeprefix("v1="), body, WEBHOOK_SECRET)


@pytest.mark.parametrize(
    ("ago", "status"), [(OLDEST - timedelta(minutes=5), 200), (OLDEST + timedelta(minutes=5), 400)]
)
def test_what_is_older_than_any_retry_is_refused(incident: Incident, ago: timedelta, status: int) -> None:
    body = incident.body("triggered", occurred_at=(datetime.now(UTC) - ago).isoformat())
    assert incident.send(body).status_code == status


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"event": {}}', b"\xff", b'{"event": {"id": "\\u0000"}}'])
def test_a_signed_body_of_another_form_is_refused(incident: Incident, body: bytes) -> None:
    answer = incident.send(body)
    assert answer.status_code == 400
    assert answer.json()["detail"]


@pytest.mark.parametrize(("bytes_more", "status"), [(0, 200), (1, 413)])
def test_a_webhook_has_a_bounded_size(incident: Incident, bytes_more: int, status: int) -> None:
    body = incident.body("triggered")
    assert incident.send(body + b" " * (256 * 1024 - len(body) + bytes_more)).status_code == status


def test_a_note_does_not_show_what_is_written_for_those_who_repair(incident: Incident, anonymous: httpx.Client) -> None:
    incident.tell("triggered")
    assert "db.internal" not in anonymous.get("/status").text


def datadog(client: httpx.Client, began: datetime, *, token: str = WEBHOOK_TOKEN, **said: str) -> httpx.Response:
    body: Mapping[str, str] = {
        "id": uuid.uuid4().hex,
        "cycle": f"{began:%s%f}",
        "title": "[Triggered] rate of errors",
        "transition": "Triggered",
        "date": str(int(began.timestamp() * 1000)),
    } | said
    return client.post("/webhooks/datadog", json=body, headers={"X-M3Core-Webhook-Token": token})


@pytest.fixture
def began() -> datetime:
    return new_beginning()


def test_a_monitor_opens_a_note_and_its_recovery_closes_it(anonymous: httpx.Client, began: datetime) -> None:
    assert datadog(anonymous, began).json() == {"outcome": "taken"}
    assert note_of(anonymous, began) == OPEN
    end = str(int((began + timedelta(seconds=60)).timestamp() * 1000))
    assert datadog(anonymous, began, transition="Recovered", date=end).json() == {"outcome": "taken"}
    assert note_of(anonymous, began) == {"state": "resolved", "closed": 60}


def test_a_warning_of_a_monitor_is_no_concern_of_users(anonymous: httpx.Client, began: datetime) -> None:
    assert datadog(anonymous, began, transition="Warn").json() == {"outcome": "no concern of users"}
    assert note_of(anonymous, began) is None


@pytest.mark.parametrize("token", ["", "wrong", WEBHOOK_TOKEN[:-1]])
def test_datadog_without_its_token_is_refused(anonymous: httpx.Client, began: datetime, token: str) -> None:
    assert datadog(anonymous, began, token=token).status_code == 401
    assert note_of(anonymous, began) is None


def test_an_event_of_datadog_is_taken_once(anonymous: httpx.Client, began: datetime) -> None:
    assert datadog(anonymous, began, id=f"{began:%s%f}").json() == {"outcome": "taken"}
    assert datadog(anonymous, began, id=f"{began:%s%f}").json() == {"outcome": "seen before"}


@pytest.mark.parametrize("date", ["", "$DATE", "999999999999999", "1000"])
def test_a_time_that_cannot_be_is_refused(anonymous: httpx.Client, began: datetime, date: str) -> None:
    assert datadog(anonymous, began, date=date).status_code == 400


def test_an_event_is_taken_from_a_retry_after_the_database_was_away(platform: Platform, incident: Incident) -> None:
    body = incident.body("triggered")
    fault = {"id": uuid.uuid4().hex, "kind": "read_only", "lease_seconds": 30, "match": {"path": "/webhooks/*"}}
    with platform.client(**{"X-Fault-Token": FAULT_TOKEN}) as door:
        door.post("/_faults", json=fault).raise_for_status()
        try:
            assert incident.send(body).status_code >= 500
        finally:
            door.delete(f"/_faults/{fault['id']}").raise_for_status()
    assert incident.note() is None
    assert incident.send(body).json() == {"outcome": "taken"}
    assert incident.note() == OPEN


def test_without_a_secret_there_is_no_receiver(platform: Platform, tmp_path: Any) -> None:
    with (tmp_path / "log").open("w") as log:
        bare = {"M3CORE_PAGERDUTY_WEBHOOK_SECRET": "", "M3CORE_DATADOG_WEBHOOK_TOKEN": ""}
        with platform.command("api", "--port", "0", log=log, **bare) as api, platform.client() as client:
            for name in ("pagerduty", "datadog"):
                assert client.post(f"{api.ready['m3core']}/webhooks/{name}", content=b"{}").status_code == 404


@pytest.fixture
def notes(platform: Platform) -> Iterator[StatusNotes]:
    """The notes as the worker has them."""
    database = Database(platform.environment["DATABASE_URL"])
    yield StatusNotes(database)
    database.close()


def test_an_incident_is_annotated_once_and_again_only_after_a_failure(incident: Incident, notes: StatusNotes) -> None:
    incident.tell("triggered")
    (bare,) = [row["id"] for row in notes.recent() if row["opened_at"] == incident.began]
    with pytest.raises(OSError, match="PagerDuty is away"), notes.annotating(bare):
        raise OSError("PagerDuty is away")
    with notes.annotating(bare) as first, notes.annotating(bare) as beside:
        assert first is not None
        assert beside is None
    with notes.annotating(bare) as again:
        assert again is None


def test_a_note_is_told_to_those_who_repair_by_an_event_at_datadog(
    platform: Platform, anonymous: httpx.Client, began: datetime, tmp_path: Path
) -> None:
    title = f"[Triggered] rate of errors {uuid.uuid4().hex}"
    assert datadog(anonymous, began, title=title).json() == {"outcome": "taken"}
    with (tmp_path / "worker.jsonl").open("w") as log, platform.command("worker", log=log):
        (line,) = platform.told.wait_for(lambda lines: [one for one in lines if title in one], seconds=30.0)
    head, text, *more = line.split("|")
    assert head.endswith(":Status note opened")
    assert text == f"{title}\\nUsers read of this at /status, since {began:%Y-%m-%d %H:%M} UTC."
    assert {part.partition(":")[0] for part in more} >= {"k", "t", "#event"}
    assert any(part.startswith("k:status-note-") for part in more)


def test_a_note_with_an_address_in_it_is_told_without_the_address(
    platform: Platform, anonymous: httpx.Client, began: datetime, tmp_path: Path
) -> None:
    mark = uuid.uuid4().hex
    assert (
        datadog(anonymous, began, title=f"mails of {mark} to ada@lovelace.example bounce").json()["outcome"] == "taken"
    )
    with (tmp_path / "worker.jsonl").open("w") as log, platform.command("worker", log=log):
        (line,) = platform.told.wait_for(lambda lines: [one for one in lines if mark in one], seconds=30.0)
    assert "lovelace" not in line
    assert f"mails of {mark} to [Filtered] bounce" in line


def test_what_cannot_be_annotated_is_answered_503_and_its_retry_is(
    platform: Platform, incident: Incident, tmp_path: Path
) -> None:
    body = incident.body("triggered")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, and nobody listens: no queue is to be had there
        gone = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"
        with (
            (tmp_path / "log").open("w") as log,
            platform.command("api", "--port", "0", log=log, REDIS_URL=gone) as api,
            httpx.Client(base_url=api.ready["m3core"], timeout=30, verify=NO_TLS) as client,
        ):
            headers = {"X-PagerDuty-Signature": signature(body)}
            answer = client.post("/webhooks/pagerduty", content=body, headers=headers)
    assert answer.status_code == 503
    assert answer.json()["detail"] == "the note is kept, and its incident not annotated; send this again"
    assert incident.note() == OPEN
    assert incident.send(body).json() == {"outcome": "seen before"}


@pytest.mark.parametrize(("ago", "outcome"), [(timedelta(minutes=-5), "seen before"), (timedelta(minutes=5), "taken")])
def test_an_event_is_remembered_for_seven_days_and_for_longer_than_it_would_be_taken(
    platform: Platform, anonymous: httpx.Client, began: datetime, ago: timedelta, outcome: str
) -> None:
    assert REMEMBERED == timedelta(days=7) > OLDEST
    name = uuid.uuid4().hex
    datadog(anonymous, began, id=name).raise_for_status()
    with psycopg.connect(platform.environment["DATABASE_URL"]) as connection:
        older = "UPDATE webhook_events SET received_at = received_at - %s WHERE event_id = %s"
        assert connection.execute(older, (REMEMBERED + ago, name)).rowcount == 1
    assert datadog(anonymous, began, id=name).json() == {"outcome": outcome}
