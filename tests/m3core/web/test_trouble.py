"""What a page answers when the API refuses, fails, is slow or is away."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.m3core.conftest import Platform
    from tests.m3core.web.api_stand_in import ApiStandIn

LOGIN = {"tenant": "acme", "email": "ada@acme.example", "password": "correct-horse"}
EMPTY = {"items": [], "total": 0, "limit": 20, "offset": 0}


@pytest.mark.parametrize(
    ("status", "shown", "title"),
    [
        (403, 403, "This is not yours to see or do."),
        (404, 404, "There is nothing at this address."),
        (500, 502, "Something went wrong"),
        (503, 502, "Something went wrong"),
    ],
)
def test_a_refusal_or_failure_of_the_api_is_a_page(
    api: ApiStandIn, pages: httpx.Client, status: int, shown: int, title: str
) -> None:
    api.will("GET /api/leads", status, {"detail": "a word for programs"})
    answer = pages.get("/leads", headers={"X-Correlation-Id": "trouble-1"})
    assert answer.status_code == shown
    assert f"<h1>{title}</h1>" in answer.text
    assert ("<code>trouble-1</code>" in answer.text) == (shown >= 500)
    assert "a word for programs" not in answer.text
    assert '<a href="/pipeline">' in answer.text  # the way to the other pages is still there


def test_who_asks_too_often_is_told_when_to_go_on(api: ApiStandIn, pages: httpx.Client) -> None:
    api.will("GET /api/leads", 429, {"detail": "slow down"}, Retry_After="17")
    answer = pages.get("/leads")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "17")
    assert "You can go on in 17 seconds." in answer.text


def test_a_session_that_is_over_leads_to_the_login(api: ApiStandIn, pages: httpx.Client) -> None:
    api.will("GET /api/me", 401, {"detail": "log in first"})
    assert pages.get("/leads").headers["Location"] == "/login"
    assert pages.get("/pipeline/new").headers["Location"] == "/login"


def test_an_api_that_takes_too_long_is_a_page(api: ApiStandIn, pages: httpx.Client) -> None:
    api.slow = 8.3
    answer = pages.get("/leads")
    assert answer.status_code == 504
    assert "<h1>This took too long</h1>" in answer.text


def test_an_api_that_is_away_is_a_page_and_health_does_not_hang_on_it(platform: Platform, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and not listening: whoever connects is refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with (
            (tmp_path / "log").open("w") as log,
            platform.command("web", "--port", "0", log=log, M3CORE_API_URL=url) as command,
            httpx.Client(base_url=command.ready["m3core_web"]) as client,
        ):
            answer = client.post("/login", data=LOGIN)
            assert client.get("/healthz").json() == {"status": "ok"}
    assert answer.status_code == 503
    assert "<h1>We cannot reach your data at the moment</h1>" in answer.text
    assert "the API does not answer" in (tmp_path / "log").read_text(encoding="utf-8")


def test_the_session_goes_to_the_api_as_a_token_and_never_as_a_cookie(api: ApiStandIn, pages: httpx.Client) -> None:
    api.will("GET /api/leads", 200, EMPTY)
    pages.get("/leads", headers={"X-Correlation-Id": "handed-on"})
    [asked] = api.of("GET /api/leads")
    assert asked.headers["Authorization"] == f"Bearer {pages.cookies['m3core_session']}"
    assert "Cookie" not in asked.headers
    assert asked.headers["X-Correlation-Id"] == "handed-on"
    assert asked.headers["x-datadog-trace-id"] == str(int(asked.headers["traceparent"].split("-")[1][16:], 16))


def test_who_somebody_is_is_asked_once_and_not_for_each_page(api: ApiStandIn, pages: httpx.Client) -> None:
    api.will("GET /api/leads", 200, EMPTY)
    for _ in range(3):
        assert pages.get("/leads").status_code == 200
    assert len(api.of("GET /api/me")) == 1


def test_an_address_that_no_page_has_says_so_and_leads_to_the_start(pages: httpx.Client) -> None:
    answer = pages.get("/no-such-page")
    assert answer.status_code == 404
    assert "<h1>There is nothing at this address.</h1>" in answer.text
    assert '<a class="back" href="/">' in answer.text
