from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.m3core.conftest import Door

LOGIN = {"tenant": "globex", "email": "agent@globex.example", "password": "correct-horse-battery"}


def test_a_login_sets_a_cookie_that_scripts_and_other_sites_cannot_use(visitor: httpx.Client) -> None:
    answer = visitor.post("/login", data=LOGIN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/leads")
    cookie = answer.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "<h1>Leads</h1>" in visitor.get("/leads").text


def test_a_wrong_password_shows_the_form_again_without_the_password(visitor: httpx.Client) -> None:
    answer = visitor.post("/login", data={**LOGIN, "password": "guess-guess"})
    assert answer.status_code == 401
    assert 'role="alert"' in answer.text
    assert 'value="agent@globex.example"' in answer.text
    assert "guess-guess" not in answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/leads", "/leads/new", "/leads/1"])
def test_a_page_without_a_session_leads_to_the_login(visitor: httpx.Client, path: str) -> None:
    answer = visitor.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")


@pytest.mark.parametrize("path", ["/login", "/leads", "/leads/new"])
def test_every_page_has_a_title_a_heading_a_main_part_and_labelled_fields(session: httpx.Client, path: str) -> None:
    text = session.get(path).text
    assert '<html lang="en">' in text
    assert re.search(r"<title>\w[^<]* – M3CoreCRM</title>", text)
    assert text.count("<h1>") == 1
    assert '<main id="content"' in text
    fields = set(re.findall(r'<input id="(\w+)"', text))
    assert fields
    assert fields == set(re.findall(r'<label for="(\w+)"', text))


def test_the_list_shows_twenty_leads_and_the_way_to_more(session: httpx.Client) -> None:
    text = session.get("/leads").text
    assert len(re.findall(r'<a href="/leads/\d+">', text)) == 20
    assert 'rel="next"' in text
    assert 'rel="prev"' not in text
    assert 'rel="prev"' in session.get("/leads", params={"page": 2}).text


def test_a_search_shows_what_it_found_and_escapes_what_was_asked(session: httpx.Client) -> None:
    assert re.search(r"<caption>\d+ leads found for “northwind”", session.get("/leads", params={"q": "northwind"}).text)
    text = session.get("/leads", params={"q": "<script>alert(1)</script>"}).text
    assert "<script>" not in text
    assert "0 leads found" in text


def test_a_lead_is_created_and_converted_with_forms(session: httpx.Client) -> None:
    form = {"name": "Nia Frost", "company": "Frostline", "email": "nia@frostline.example", "phone": ""}
    created = session.post("/leads", data=form)
    assert created.status_code == 303
    page = session.get(created.headers["Location"]).text
    assert "<h1>Nia Frost</h1>" in page
    assert "Convert to customer" in page
    for _ in range(2):  # a second click changes nothing
        assert session.post(f"{created.headers['Location']}/convert").status_code == 303
    page = session.get(created.headers["Location"]).text
    assert "converted" in page
    assert "Convert to customer" not in page


def test_a_form_with_a_wrong_field_says_which_and_keeps_the_rest(session: httpx.Client) -> None:
    answer = session.post("/leads", data={"name": "Nia Frost", "company": "Frostline", "email": "nonsense"})
    assert answer.status_code == 422
    assert 'value="Nia Frost"' in answer.text
    assert re.findall(r'id="(\w+)-wrong"', answer.text) == ["email"]


def test_what_no_database_can_hold_is_refused_with_a_page(session: httpx.Client) -> None:
    form = {"name": "Nia\x00", "company": "Frostline", "email": "nia@frostline.example"}
    for answer in (
        session.post("/login", data={**LOGIN, "tenant": "a\x00", "password": "hunter2-hunter2"}),
        session.post("/leads", data=form),
        session.get("/leads?q=a%00b"),
        session.get(f"/leads/{2**63}"),
        session.post(f"/leads/{2**63}/convert"),
    ):
        assert answer.status_code == 422
        assert "<h1>What was sent does not fit this page.</h1>" in answer.text
        assert "hunter2" not in answer.text


def test_a_form_that_another_site_sent_is_refused(session: httpx.Client) -> None:
    for path in ("/login", "/leads", "/leads/1/convert", "/logout"):
        answer = session.post(path, data=LOGIN, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403


def test_another_tenants_lead_is_a_page_that_is_not_there(session: httpx.Client, acme: httpx.Client) -> None:
    lead = acme.get("/api/leads", params={"limit": 1}).json()["items"][0]["id"]
    answer = session.get(f"/leads/{lead}")
    assert answer.status_code == 404
    assert "<h1>There is no such lead.</h1>" in answer.text


def test_a_logout_ends_the_session(session: httpx.Client) -> None:
    assert session.post("/logout").headers["Location"] == "/login"
    assert session.get("/leads").headers["Location"] == "/login"


def test_an_error_of_the_api_is_a_page_with_the_number_to_tell(session: httpx.Client, door: Door) -> None:
    door.inject(kind="error", match={"path": "/api/leads", "correlation_id": "page-error"})
    answer = session.get("/leads", headers={"X-Correlation-Id": "page-error"})
    assert answer.status_code == 502
    assert answer.headers["X-Correlation-Id"] == "page-error"
    assert "<code>page-error</code>" in answer.text


def test_the_stylesheet_is_there(visitor: httpx.Client) -> None:
    assert visitor.get("/static/m3core.css").headers["Content-Type"].startswith("text/css")
