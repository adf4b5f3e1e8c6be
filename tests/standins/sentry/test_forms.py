"""What comes as no envelope, what is limited, who is let in by path or tunnel, and what browsers may read."""

from __future__ import annotations

import asyncio
import base64
import json
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from alertproof.clock import Anchor, VirtualClock
from alertproof.standins.sentry.intake.auth import Gate
from alertproof.standins.sentry.intake.decoding import MAX_ENVELOPE, EncodingError
from alertproof.standins.sentry.intake.envelopes import Intake
from alertproof.standins.sentry.intake.limits import Limits
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.serve import Standin
from alertproof.standins.sentry.store import Store

KEY = "a" * 32
AUTH = {"X-Sentry-Auth": f"Sentry sentry_key={KEY},sentry_version=7"}
ID = "9ec79c33ec9942ab8353589fcb2e04dc"
EVENT = f'{{"event_id":"{ID}"}}\n{{"type":"event"}}\n{{"message":"hello"}}\n'.encode()
EXPOSED = "x-sentry-error, x-sentry-rate-limits, retry-after"


def items(sentry: Any, kind: str) -> list[Any]:
    found: list[Any] = sentry.client.get(f"/control/items?type={kind}").json()["items"]
    return found


@pytest.mark.parametrize("path", ["/api/1/store/", "/api/store/"])
@pytest.mark.parametrize(
    "packed", [bytes, lambda data: base64.b64encode(zlib.compress(data))], ids=["json", "base64 of zlib"]
)
def test_the_store_endpoint_of_old_takes_one_event(sentry: Any, path: str, packed: Any) -> None:
    body = packed(json.dumps({"event_id": ID, "message": "hello"}).encode())
    response = sentry.client.post(path, content=body, headers=AUTH)
    assert response.json() == {"id": ID}
    assert sentry.get(f"/projects/acme/api/events/{ID}/")["title"] == "hello"


def test_the_store_endpoint_gives_an_id_and_takes_transactions(sentry: Any) -> None:
    given = sentry.client.post("/api/1/store/", content=b'{"message":"hello"}', headers=AUTH).json()["id"]
    assert sentry.get(f"/projects/acme/api/events/{given}/")["title"] == "hello"
    body = {"type": "transaction", "event_id": ID, "transaction": "t", "contexts": {"trace": {"trace_id": "f" * 32}}}
    sentry.client.post("/api/1/store/", content=json.dumps(body), headers=AUTH)
    assert sentry.get(f"/projects/acme/api/events/{ID}/")["type"] == "transaction"


@pytest.mark.parametrize(("body", "cause"), [(b"[1]", "not a JSON object"), (b"no json", "JSON is malformed")])
def test_the_store_endpoint_refuses_what_is_no_event(sentry: Any, body: bytes, cause: str) -> None:
    response = sentry.client.post("/api/1/store/", content=body, headers=AUTH)
    assert (response.status_code, response.json()["detail"]) == (400, "invalid event data")
    assert cause in response.json()["causes"][0]


@pytest.mark.parametrize("content_type", ["", "text/plain;charset=UTF-8", "multipart/form-data", "application/json"])
def test_an_envelope_is_one_whatever_its_content_type_says(sentry: Any, content_type: str) -> None:
    headers = AUTH | ({"Content-Type": content_type} if content_type else {})
    assert sentry.post(EVENT, headers=headers).json() == {"id": ID}


@pytest.mark.parametrize(("path", "kind"), [("security/", "raw_security"), ("csp-report/", "raw_security")])
def test_a_browsers_report_is_kept_by_the_key_of_its_address(sentry: Any, path: str, kind: str) -> None:
    report = {"csp-report": {"blocked-uri": "http://evil.example"}}
    assert sentry.client.post(f"/api/1/{path}?sentry_key={KEY}", json=report).status_code == 200
    assert [each["json"] for each in items(sentry, kind)] == [report]
    assert sentry.client.post(f"/api/1/{path}", json=report).status_code == 401


def test_each_report_of_network_errors_is_an_item(sentry: Any) -> None:
    assert sentry.client.post(f"/api/1/nel/?sentry_key={KEY}", json=[{"a": 1}, {"a": 2}]).status_code == 200
    assert [each["json"] for each in items(sentry, "nel")] == [{"a": 1}, {"a": 2}]


def test_a_crash_dump_makes_an_event_with_the_dump_attached(sentry: Any) -> None:
    files = {"upload_file_minidump": ("mini.dmp", b"MDMP\x00\x01"), "log": ("log.txt", b"lines")}
    answer = sentry.client.post(f"/api/1/minidump/?sentry_key={KEY}", files=files)
    event = sentry.get(f"/projects/acme/api/events/{answer.text}/")
    assert (event["title"], event["platform"]) == ("Minidump: Invalid Minidump", "native")
    shown = sentry.get(f"/projects/acme/api/events/{answer.text}/attachments/")
    assert {(each["name"], each["type"], each["size"]) for each in shown} == {
        ("mini.dmp", "event.minidump", 6),
        ("log.txt", "event.attachment", 5),
    }


@pytest.mark.parametrize(
    ("files", "detail"),
    [({"other": ("a", b"x")}, "missing minidump"), ({"upload_file_minidump": ("a", b"x")}, "invalid minidump")],
)
def test_what_is_no_crash_dump_is_400(sentry: Any, files: Any, detail: str) -> None:
    answer = sentry.client.post(f"/api/1/minidump/?sentry_key={KEY}", files=files)
    assert (answer.status_code, answer.json()["detail"]) == (400, detail)


def test_an_unreal_crash_is_kept_by_the_key_of_its_path(sentry: Any) -> None:
    answer = sentry.client.post(f"/api/1/unreal/{KEY}/", content=b"\x00crash")
    assert sentry.get(f"/projects/acme/api/events/{answer.text}/")["title"] == "Unreal: Invalid Unreal"
    assert sentry.client.post(f"/api/1/unreal/{'f' * 32}/", content=b"\x00crash").status_code == 403


def test_files_are_attached_to_an_event_later(sentry: Any) -> None:
    sentry.post(EVENT)
    path = f"/api/1/events/{ID}/attachments/"
    assert sentry.client.post(path, files={"a": ("a.txt", b"12")}, headers=AUTH).status_code == 201
    assert [each["name"] for each in sentry.get(f"/projects/acme/api/events/{ID}/attachments/")] == ["a.txt"]
    assert sentry.client.post("/api/1/events/x/attachments/", files={"a": b"1"}, headers=AUTH).status_code == 400


def test_a_check_in_by_address_is_one_of_its_monitor(sentry: Any) -> None:
    for verb, query in (("GET", "status=in_progress"), ("POST", "status=ok&duration=1.5&environment=prod")):
        answer = sentry.client.request(verb, f"/api/1/cron/nightly/{KEY}/?{query}")
        assert answer.status_code == 202
    (monitor,) = sentry.get("/organizations/acme/monitors/")
    assert monitor["slug"] == "nightly"
    rows = sentry.get("/organizations/acme/monitors/nightly/checkins/")
    assert [(row["status"], row["duration"], row["environment"]) for row in rows] == [
        ("ok", 1500, "prod"),
        ("in_progress", None, "production"),
    ]
    assert sentry.client.get(f"/api/1/cron/nightly/{KEY}/?status=fine").status_code == 400
    assert sentry.client.get("/api/1/cron/nightly/?status=ok").status_code == 401


def test_two_authorizations_of_which_one_is_the_path_are_401(sentry: Any) -> None:
    answer = sentry.client.get(f"/api/1/cron/nightly/{KEY}/?status=ok", headers=AUTH)
    assert (answer.status_code, answer.json()["detail"]) == (401, "multiple authorization payloads detected")


def test_a_tunnel_sends_where_the_envelope_says_if_that_is_here(sentry: Any) -> None:
    def through(dsn: str) -> Any:
        return sentry.client.post("/tunnel", content=EVENT.replace(b'"}', f'","dsn":"{dsn}"}}'.encode(), 1))

    assert through(f"http://{KEY}@evil.example/1").status_code == 403
    assert through(f"http://{'f' * 32}@testserver/1").status_code == 403
    assert sentry.client.post("/tunnel", content=EVENT).status_code == 401
    assert sentry.ask(f"/projects/acme/api/events/{ID}/").status_code == 404
    answer = through(f"http://{KEY}@testserver/1")
    assert (answer.json(), answer.headers["access-control-allow-origin"]) == ({"id": ID}, "*")
    assert sentry.get(f"/projects/acme/api/events/{ID}/")["title"] == "hello"


def test_a_rate_limit_drops_its_category_and_keeps_what_is_beside(sentry: Any) -> None:
    limits = [{"categories": ["error"], "retry_after": 2, "reason": "quota"}]
    assert sentry.client.put("/control/limits", json=limits).status_code == 200
    body = EVENT + b'{"type":"attachment","length":1}\nx\n{"type":"log"}\n{"items":[{"body":"beside"}]}'
    answer = sentry.post(body)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["x-sentry-rate-limits"] == "2:error:organization:quota"
    assert answer.headers["access-control-expose-headers"] == EXPOSED
    assert answer.json()["detail"].startswith("Sentry dropped data due to a quota or internal rate limit being reached")
    assert sentry.ask(f"/projects/acme/api/events/{ID}/").status_code == 404
    assert items(sentry, "attachment") == []
    table = sentry.get("/organizations/acme/events/", dataset="logs", field="message")
    assert table["data"] == [{"message": "beside"}]
    stats = sentry.get(
        "/organizations/acme/stats_v2/",
        field="sum(quantity)",
        statsPeriod="1d",
        groupBy=["category", "reason"],
        outcome="rate_limited",
    )
    assert [row["by"] for row in stats["groups"]] == [
        {"category": "attachment", "reason": "quota"},
        {"category": "error", "reason": "quota"},
    ]
    sentry.client.put("/control/limits", json=[])
    assert sentry.post(EVENT).status_code == 200


def test_a_limit_of_another_category_is_no_refusal_and_told_only_when_announced(sentry: Any) -> None:
    sentry.client.put("/control/limits", json=[{"categories": ["span"]}])
    answer = sentry.post(EVENT)
    assert (answer.status_code, answer.headers.get("x-sentry-rate-limits")) == (200, None)
    sentry.client.put("/control/limits", json=[{"categories": ["span", "log_item"], "scope": "key", "announced": True}])
    answer = sentry.post(EVENT.replace(b"9e", b"8e"))
    assert (answer.status_code, answer.headers["x-sentry-rate-limits"]) == (200, "60:span;log_item:key")


def test_a_limit_without_categories_drops_all_that_is_counted(sentry: Any) -> None:
    sentry.client.put("/control/limits", json=[{}])
    assert sentry.post(EVENT).headers["x-sentry-rate-limits"] == "60::organization"
    assert sentry.post(b'{}\n{"type":"client_report"}\n{"discarded_events":[]}').status_code == 200
    assert sentry.client.put("/control/limits", json=[{"categories": "error"}]).status_code == 400


@pytest.mark.parametrize("word", ["a\r\nX: y", "a\n", "a\x01", "é", "a:b", "a;b", "a,b"])
@pytest.mark.parametrize("where", ["scope", "reason", "categories"])
def test_a_limit_of_what_cannot_stand_in_its_header_is_refused(sentry: Any, where: str, word: str) -> None:
    limit = {"announced": True, where: [word] if where == "categories" else word}
    assert sentry.client.put("/control/limits", json=[limit]).status_code == 400
    assert sentry.client.get("/control/limits").json() == []


@pytest.mark.parametrize(
    ("kind", "size", "status"),
    [
        ("client_report", 4096, 200),
        ("client_report", 4097, 413),
        ("check_in", 102_400, 200),
        ("check_in", 102_401, 413),
        ("log", 1_048_577, 413),
        ("nobody-knows", 1_048_577, 200),
    ],
)
def test_each_type_has_its_own_largest_size(sentry: Any, kind: str, size: int, status: int) -> None:
    body = f'{{}}\n{{"type":"{kind}","length":{size}}}\n'.encode() + b" " * size
    assert sentry.post(body).status_code == status


@pytest.mark.parametrize(("count", "status"), [(100, 200), (101, 413)])
def test_an_envelope_holds_a_hundred_sessions(sentry: Any, count: int, status: int) -> None:
    assert sentry.post(b"{}\n" + b'{"type":"session"}\n{}\n' * count).status_code == status
    buckets = json.dumps({"aggregates": [{}] * count}).encode()
    assert sentry.post(b'{}\n{"type":"sessions"}\n' + buckets).status_code == status


@pytest.mark.parametrize(("length", "status"), [(2048, 200), (2049, 413)])
def test_one_metric_holds_two_kibibytes(sentry: Any, length: int, status: int) -> None:
    frame = len(json.dumps({"name": "", "value": 1}, separators=(",", ":")))
    item = {"name": "n" * (length - frame), "value": 1}
    body = json.dumps({"items": [{"name": "small", "value": 1}, item]}).encode()
    assert sentry.post(b'{}\n{"type":"trace_metric"}\n' + body).status_code == status


def test_an_envelope_holds_one_event(sentry: Any) -> None:
    answer = sentry.post(EVENT + b'{"type":"transaction"}\n{}')
    assert (answer.status_code, answer.json()["causes"]) == (400, ["event and transaction"])


@pytest.mark.parametrize(("verb", "path"), [("POST", "store/"), ("POST", "security/"), ("GET, POST", "cron/nightly/")])
def test_every_endpoint_lets_browsers_ask_first(sentry: Any, verb: str, path: str) -> None:
    answer = sentry.client.options(f"/api/1/{path}")
    assert (answer.status_code, answer.headers["access-control-allow-methods"]) == (200, verb)
    refused = sentry.client.post(f"/api/1/{path}", content=b"{}")
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "*")


@pytest.mark.parametrize(("strict", "status"), [(False, 200), (True, 400)])
def test_loose_keys_are_taken_unless_the_gate_is_strict(strict: bool, status: int) -> None:
    anchor = Anchor(real=datetime(2026, 1, 1, tzinfo=UTC), stack=datetime(2026, 3, 1, tzinfo=UTC), factor=1)
    store = Store([Project(org="acme", slug="api", public_key="public", project_id="1")], anchor)
    with TestClient(Standin(store, VirtualClock(anchor.stack), strict=strict).app) as client:
        assert client.post("/api/1/envelope/?sentry_key=public", content=EVENT).status_code == status


def test_a_body_that_never_ends_is_refused_when_it_is_too_large() -> None:
    anchor = Anchor(real=datetime(2026, 1, 1, tzinfo=UTC), stack=datetime(2026, 3, 1, tzinfo=UTC), factor=1)
    store = Store([Project(org="acme", slug="api", public_key=KEY, project_id="1")], anchor)
    part, received = bytes(1024 * 1024), 0

    async def receive() -> dict[str, Any]:
        nonlocal received
        received += len(part)
        assert received < 2 * MAX_ENVELOPE, "it reads on and on"
        return {"type": "http.request", "body": part, "more_body": True}

    request = Request({"type": "http", "headers": [], "method": "POST", "path": "/"}, receive)
    intake = Intake(store, VirtualClock(anchor.stack), Gate(store), Limits())
    with pytest.raises(EncodingError) as raised:
        asyncio.run(intake.content(request))
    assert (raised.value.status, received) == (413, MAX_ENVELOPE + len(part))
