from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.m3core.conftest import Platform

NEW = {"name": "Zora Quill", "company": "Quillworks", "email": "zora@quillworks.example", "source": "referral"}
JSON = {"Content-Type": "application/json"}


def test_a_login_gives_a_token_that_works(anonymous: httpx.Client, tokens: dict[str, str]) -> None:
    answer = anonymous.get("/api/leads", headers={"Authorization": f"Bearer {tokens['initech']}"})
    assert answer.status_code == 200
    assert answer.json()["total"] >= 500


@pytest.mark.parametrize(
    "change", [{"password": "wrong"}, {"email": "nobody@acme.example"}, {"tenant": "globex"}, {"tenant": "unknown"}]
)
def test_a_login_with_anything_wrong_is_refused(anonymous: httpx.Client, change: dict[str, str]) -> None:
    right = {"tenant": "acme", "email": "agent@acme.example", "password": "correct-horse-battery"}
    answer = anonymous.post("/api/login", json={**right, **change})
    assert answer.status_code == 401
    assert "token" not in answer.json()


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic dXNlcjpwdw=="])
def test_without_a_token_nothing_is_told(anonymous: httpx.Client, header: str | None) -> None:
    for method, path in (("GET", "/api/leads"), ("GET", "/api/leads/1"), ("POST", "/api/leads/1/convert")):
        answer = anonymous.request(method, path, headers={"Authorization": header} if header else {})
        assert answer.status_code == 401


def test_the_api_takes_no_cookie(anonymous: httpx.Client, tokens: dict[str, str]) -> None:
    assert anonymous.get("/api/leads", headers={"Cookie": f"m3core_session={tokens['acme']}"}).status_code == 401


def test_a_list_is_cut_into_pages_the_newest_first(acme: httpx.Client) -> None:
    first = acme.get("/api/leads", params={"limit": 3}).json()
    second = acme.get("/api/leads", params={"limit": 3, "offset": 3}).json()
    ids = [lead["id"] for lead in first["items"] + second["items"]]
    assert len(set(ids)) == 6
    assert ids == sorted(ids, reverse=True)
    assert first["total"] >= 1_500


@pytest.mark.parametrize(("limit", "status"), [(0, 422), (1, 200), (100, 200), (101, 422)])
def test_a_page_has_a_bounded_size(acme: httpx.Client, limit: int, status: int) -> None:
    assert acme.get("/api/leads", params={"limit": limit}).status_code == status


def test_a_lead_is_created_found_read_and_converted_once(acme: httpx.Client) -> None:
    before = acme.get("/api/leads").json()["total"]
    created = acme.post("/api/leads", json=NEW)
    assert created.status_code == 201
    lead = created.json()
    assert (lead["status"], lead["converted_at"]) == ("new", None)
    assert acme.get("/api/leads").json()["total"] == before + 1

    found = acme.get("/api/leads/search", params={"q": "QUILLWORKS"}).json()
    assert lead["id"] in [item["id"] for item in found["items"]]

    assert acme.get(f"/api/leads/{lead['id']}").json()["name"] == "Zora Quill"
    converted = acme.post(f"/api/leads/{lead['id']}/convert").json()
    assert converted["status"] == "converted"
    assert converted["converted_at"] is not None
    assert acme.get(f"/api/leads/{lead['id']}").json()["status"] == "converted"
    assert acme.post(f"/api/leads/{lead['id']}/convert").status_code == 409


def test_the_conversion_of_a_tenant_counts_its_own_leads_alone(acme: httpx.Client, globex: httpx.Client) -> None:
    before, others = (client.get("/api/leads/conversion").json() for client in (acme, globex))
    lead = acme.post("/api/leads", json=NEW).json()["id"]
    assert acme.get("/api/leads/conversion").json() == {**before, "total": before["total"] + 1}
    acme.post(f"/api/leads/{lead}/convert").raise_for_status()
    after = acme.get("/api/leads/conversion").json()
    assert after == {"total": before["total"] + 1, "converted": before["converted"] + 1}
    assert globex.get("/api/leads/conversion").json() == others


def test_a_conversion_is_counted_once_and_a_search_is_timed(platform: Platform, acme: httpx.Client) -> None:
    lead = acme.post("/api/leads", json=NEW).json()["id"]
    with platform.adds("leads.converted", "tenant:acme"):
        assert acme.post(f"/api/leads/{lead}/convert").status_code == 200
        assert acme.post(f"/api/leads/{lead}/convert").status_code == 409
    with platform.adds("leads.searches", "tenant:acme"):
        acme.get("/api/leads/search", params={"q": "quill"}).raise_for_status()
    timed = platform.points_of("leads.searches", "tenant:acme")[-1]
    assert (timed.kind, 0 < timed.value < 10) == ("d", True)


@pytest.mark.parametrize(
    "body",
    [
        {**NEW, "name": " "},
        {**NEW, "email": "no-at-sign"},
        {**NEW, "tenant": "globex"},
        {**NEW, "id": 1},
        {"name": "x"},
    ],
)
def test_a_lead_that_does_not_fit_is_refused(acme: httpx.Client, body: dict[str, Any]) -> None:
    assert acme.post("/api/leads", json=body).status_code == 422


@pytest.mark.parametrize(("q", "status"), [("", 422), ("%", 200), ("_", 200), ("x" * 100, 200), ("x" * 101, 422)])
def test_a_search_takes_its_words_literally(acme: httpx.Client, q: str, status: int) -> None:
    answer = acme.get("/api/leads/search", params={"q": q})
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["total"] == 0


def test_a_search_counts_more_than_it_shows(acme: httpx.Client) -> None:
    found = acme.get("/api/leads/search", params={"q": "northwind", "limit": 5}).json()
    assert len(found["items"]) == 5
    assert found["total"] > 100
    assert all("Northwind" in item["company"] for item in found["items"])


def test_no_tenant_reaches_anothers_leads(acme: httpx.Client, globex: httpx.Client) -> None:
    for mine, other in ((acme, globex), (globex, acme)):
        name = f"Only Mine {mine.headers['Authorization'][-6:]}"
        lead = mine.post("/api/leads", json={**NEW, "name": name}).json()["id"]
        mine.get(f"/api/leads/{lead}")  # now it is in the cache as well
        assert other.get(f"/api/leads/{lead}").status_code == 404
        assert other.post(f"/api/leads/{lead}/convert").status_code == 404
        assert other.get("/api/leads/search", params={"q": name}).json()["total"] == 0
        assert lead not in [item["id"] for item in other.get("/api/leads").json()["items"]]
        assert mine.get(f"/api/leads/{lead}").json()["status"] == "new"


def test_a_second_read_comes_from_the_cache(acme: httpx.Client, platform: Platform) -> None:
    lead = acme.post("/api/leads", json=NEW).json()["id"]
    hits, misses = _lookups(platform, "hit"), _lookups(platform, "miss")
    acme.get(f"/api/leads/{lead}")
    platform.points.wait_for(lambda _: (_lookups(platform, "hit"), _lookups(platform, "miss")) == (hits, misses + 1))
    acme.get(f"/api/leads/{lead}")
    platform.points.wait_for(
        lambda _: (_lookups(platform, "hit"), _lookups(platform, "miss")) == (hits + 1, misses + 1)
    )


def _lookups(platform: Platform, result: str) -> int:
    wanted = {"operation:get", f"result:{result}"}
    return len([p for p in platform.points.now() if p.metric == "cache.requests" and p.tags >= wanted])


@pytest.mark.parametrize("odd", ["a\x00", "\ud800"])
@pytest.mark.parametrize("field", ["tenant", "email", "password", "more\ud800"])
def test_a_login_with_text_that_no_database_can_hold_is_the_callers_error(
    anonymous: httpx.Client, field: str, odd: str
) -> None:
    body = {"tenant": "acme", "email": "agent@acme.example", "password": "x", field: odd}
    assert anonymous.post("/api/login", content=json.dumps(body), headers=JSON).status_code == 422


@pytest.mark.parametrize("odd", ["a\x00b", "\ud800"])
@pytest.mark.parametrize("field", ["name", "company", "email", "phone", "source"])
def test_a_lead_with_text_that_no_database_can_hold_is_refused(acme: httpx.Client, field: str, odd: str) -> None:
    value = f"{odd}@quillworks.example" if field == "email" else odd
    assert acme.post("/api/leads", content=json.dumps({**NEW, field: value}), headers=JSON).status_code == 422


def test_a_search_for_text_that_no_database_can_hold_is_refused(acme: httpx.Client) -> None:
    assert acme.get("/api/leads/search?q=a%00b").status_code == 422


@pytest.mark.parametrize(
    ("number", "status"), [("0", 422), (str(2**63 - 1), 404), (str(2**63), 422), ("9" * 23, 422), ("9" * 5000, 422)]
)
def test_a_number_that_no_lead_can_have_is_refused(acme: httpx.Client, number: str, status: int) -> None:
    assert acme.get(f"/api/leads/{number}").status_code == status
    assert acme.post(f"/api/leads/{number}/convert").status_code == status


@pytest.mark.parametrize("body", ['{"tenant": "acme", "password": "hunter2-hunter2"}', '{"password": "hunter2-hunter2'])
def test_a_login_that_does_not_fit_says_where_and_does_not_repeat_the_password(
    anonymous: httpx.Client, body: str
) -> None:
    answer = anonymous.post("/api/login", content=body, headers=JSON)
    assert answer.status_code == 422
    assert set(answer.json()["detail"][0]) == {"type", "loc", "msg"}
    assert "hunter2" not in answer.text


def test_a_correlation_id_comes_back_and_an_odd_one_is_replaced(anonymous: httpx.Client) -> None:
    given = {"X-Correlation-Id": "drill-7.a"}
    assert anonymous.get("/healthz", headers=given).headers["X-Correlation-Id"] == "drill-7.a"
    made_up = anonymous.get("/healthz").headers["X-Correlation-Id"]
    assert len(made_up) == 32
    odd = anonymous.get("/healthz", headers={"X-Correlation-Id": 'a"} {"b'}).headers["X-Correlation-Id"]
    assert odd != 'a"} {"b'


def test_health_and_readiness_are_told(anonymous: httpx.Client) -> None:
    assert anonymous.get("/healthz").json() == {"status": "ok"}
    assert anonymous.get("/readyz").json() == {"database": "ok", "cache": "ok", "errors": "reported"}
