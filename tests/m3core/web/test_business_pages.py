"""Home, pipeline, users and imports, in front of an API that answers in the agreed form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.m3core.web.api_stand_in import ApiStandIn

STAGES = ("qualification", "proposal", "negotiation", "won", "lost")
PIPELINE = {
    "stages": [
        {"stage": "qualification", "count": 25, "amount_cents": 12_000_000},
        {"stage": "proposal", "count": 2, "amount_cents": 800_050},
        {"stage": "negotiation", "count": 1, "amount_cents": 500_000},
        {"stage": "won", "count": 3, "amount_cents": 9_000_000},
        {"stage": "lost", "count": 1, "amount_cents": 70_000},
    ],
    "won_this_month": {"count": 1, "amount_cents": 2_500_000},
}
NO_LEADS = {"items": [], "total": 0, "limit": 5, "offset": 0}
NOBODY: dict[str, Any] = {"items": []}


def deal(stage: str) -> dict[str, Any]:
    return {"id": 7, "name": "Frostline", "stage": stage, "amount_cents": 480_000, "lead_id": None}


ONE_DEAL = {"items": [deal("proposal")], "total": 1, "limit": 20, "offset": 0}


def user(email: str, **more: Any) -> dict[str, Any]:
    return {"id": 3, "email": email, "role": "agent", "locked": False, "last_seen_at": None, **more}


def as_admin(api: ApiStandIn) -> None:
    api.will("GET /api/me", 200, {"tenant": "acme", "email": "admin@acme.example", "role": "admin"})


def test_home_sums_up_what_is_open_and_what_was_won(api: ApiStandIn, pages: httpx.Client) -> None:
    api.will("GET /api/leads", 200, NO_LEADS)
    api.will("GET /api/pipeline", 200, PIPELINE)
    api.will("GET /api/leads/conversion", 200, {"total": 1_400, "converted": 252})
    figures = re.findall(r"<dt>([^<]+)</dt><dd><strong>([^<]+)</strong><small>([^<]+)</small>", pages.get("/").text)
    assert figures == [
        ("Open pipeline", "$133,001", "28 opportunities"),
        ("Won this month", "$25,000", "1 opportunity, $90,000 in all"),
        ("Win rate", "75%", "of 4 closed"),
        ("Conversion rate", "18%", "252 of 1,400 leads"),
    ]


def test_home_without_any_deal_divides_by_nothing(api: ApiStandIn, pages: httpx.Client) -> None:
    api.will("GET /api/leads", 200, NO_LEADS)
    api.will("GET /api/pipeline", 200, {"stages": [], "won_this_month": {"count": 0, "amount_cents": 0}})
    api.will("GET /api/leads/conversion", 200, {"total": 0, "converted": 0})
    answer = pages.get("/")
    assert answer.status_code == 200
    assert answer.text.count("<strong>0%</strong>") == 2


def test_the_board_has_a_column_for_each_stage_with_its_sum(api: ApiStandIn, pages: httpx.Client) -> None:
    api.will("GET /api/pipeline", 200, PIPELINE)
    api.will("GET /api/opportunities", 200, ONE_DEAL)
    text = pages.get("/pipeline").text
    assert re.findall(r'<section class="stage" aria-labelledby="stage-(\w+)">', text) == [*STAGES]
    assert "<p>$120,000</p>" in text
    assert "and 24 more" in text
    assert text.count('action="/pipeline/7/stage"') == 3  # an open deal can be moved, a closed one cannot
    assert {one.path.split("stage=")[1].split("&")[0] for one in api.of("GET /api/opportunities")} == {*STAGES}


def test_a_deal_is_offered_its_next_stage_first(api: ApiStandIn, pages: httpx.Client) -> None:
    api.will("GET /api/pipeline", 200, PIPELINE)
    api.will("GET /api/opportunities", 200, ONE_DEAL)
    text = pages.get("/pipeline").text
    assert re.findall(r'<option value="(\w+)" selected>', text) == ["proposal", "negotiation", "won"]


def test_a_deal_is_moved_with_a_form(api: ApiStandIn, pages: httpx.Client) -> None:
    api.will("POST /api/opportunities/7/stage", 200, deal("won"))
    answer = pages.post("/pipeline/7/stage", data={"stage": "won"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/pipeline")
    assert api.of("POST /api/opportunities/7/stage")[0].json == {"stage": "won"}


def test_a_deal_that_somebody_closed_meanwhile_leads_back_to_the_board(api: ApiStandIn, pages: httpx.Client) -> None:
    api.will("POST /api/opportunities/7/stage", 409, {"detail": "closed"})
    assert pages.post("/pipeline/7/stage", data={"stage": "won"}).headers["Location"] == "/pipeline"


def test_an_amount_may_be_typed_as_people_write_it(api: ApiStandIn, pages: httpx.Client) -> None:
    api.will("POST /api/opportunities", 201, deal("qualification"))
    assert pages.post("/pipeline", data={"name": "Frostline", "amount": " 12,500.50 "}).status_code == 303
    assert api.of("POST /api/opportunities")[0].json == {"name": "Frostline", "amount_cents": 1_250_050}


@pytest.mark.parametrize("amount", ["much", "", "-1", "0.005", "1e3", "9" * 12])
def test_a_deal_with_a_wrong_amount_says_so_and_keeps_the_rest(
    api: ApiStandIn, pages: httpx.Client, amount: str
) -> None:
    wrong = {"loc": ["body", "amount_cents"], "type": "less_than_equal", "msg": "too much"}
    api.will("POST /api/opportunities", 422, {"detail": [wrong]})
    answer = pages.post("/pipeline", data={"name": "Frost<b>", "amount": amount})
    assert answer.status_code == 422
    assert re.findall(r'id="(\w+)-wrong"', answer.text) == ["amount"]
    assert 'value="Frost&lt;b&gt;"' in answer.text


def test_users_are_listed_and_only_an_admin_is_offered_a_new_one(api: ApiStandIn, pages: httpx.Client) -> None:
    seen = {
        "id": 1,
        "email": "ada@acme.example",
        "role": "agent",
        "locked": True,
        "last_seen_at": "2026-11-26T20:19:08.123Z",
    }
    never = {"id": 2, "email": "bo@acme.example", "role": "admin", "locked": False, "last_seen_at": None}
    api.will("GET /api/users", 200, {"items": [seen, never]})
    text = pages.get("/users").text
    assert "2026-11-26 20:19" in text
    assert "never" in text
    assert text.count(">locked<") == 1
    assert "/users/new" not in text


def test_an_admin_creates_a_user(api: ApiStandIn, pages: httpx.Client) -> None:
    as_admin(api)
    api.will("GET /api/users", 200, NOBODY)
    assert "/users/new" in pages.get("/users").text
    api.will(
        "POST /api/users",
        201,
        user("cy@acme.example"),
    )
    form = {"email": "cy@acme.example", "password": "a-long-password", "role": "agent"}
    assert pages.post("/users", data=form).headers["Location"] == "/users"
    assert api.of("POST /api/users")[0].json == form


@pytest.mark.parametrize(
    ("status", "detail", "told"),
    [
        (409, "taken", "There is a user with this e-mail already."),
        (422, [{"loc": ["body", "password"], "type": "x", "msg": "x"}], "A password has at least 12 characters."),
    ],
)
def test_a_user_who_cannot_be_created_is_explained_without_the_password(
    api: ApiStandIn, pages: httpx.Client, status: int, detail: Any, told: str
) -> None:
    api.will("POST /api/users", status, {"detail": detail})
    answer = pages.post("/users", data={"email": "cy@acme.example", "password": "hunter2", "role": "admin"})
    assert answer.status_code == status
    assert told in answer.text
    assert "hunter2" not in answer.text
    assert '<option value="admin" selected>' in answer.text


def test_a_file_is_handed_over_as_it_is(api: ApiStandIn, pages: httpx.Client) -> None:
    api.will("POST /api/imports", 202, {"id": 12, "state": "queued"})
    raw = "name,company,email\r\nNiä,Frost,n@frost.example\r\n".encode("latin-1")
    answer = pages.post("/imports", files={"file": ("leads.csv", raw, "text/csv")})
    assert answer.headers["Location"] == "/imports/12"
    [asked] = api.of("POST /api/imports")
    assert asked.body == raw
    assert asked.headers["Content-Type"] == "text/csv"


@pytest.mark.parametrize(
    ("raw", "status"), [(b"", 422), (b" \n", 422), (b"x" * 2_000_001, 413)], ids=["empty", "blank", "too large"]
)
def test_a_file_that_is_empty_or_too_large_does_not_reach_the_api(
    api: ApiStandIn, pages: httpx.Client, raw: bytes, status: int
) -> None:
    answer = pages.post("/imports", files={"file": ("leads.csv", raw, "text/csv")})
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert api.of("POST /api/imports") == []


def test_what_the_api_says_of_a_file_is_shown(api: ApiStandIn, pages: httpx.Client) -> None:
    api.will("POST /api/imports", 422, {"detail": "the first line has no column <email>"})
    answer = pages.post("/imports", files={"file": ("leads.csv", b"name\n", "text/csv")})
    assert answer.status_code == 422
    assert "the first line has no column &lt;email&gt;" in answer.text


def test_an_import_that_goes_on_is_looked_at_again_with_and_without_script(
    api: ApiStandIn, pages: httpx.Client
) -> None:
    going_on = {"id": 12, "state": "queued", "imported": 1200, "rejected": 0, "problems": []}
    api.will("GET /api/imports/12", 200, going_on)
    text = pages.get("/imports/12").text
    assert '<noscript><meta http-equiv="refresh"' in text
    assert 'data-watch="/imports/12/state"' in text
    assert "<strong>1,200</strong>" in text
    assert pages.get("/imports/12/state").json() == {"state": "queued", "going_on": True}


def test_the_result_of_an_import_names_the_lines_that_were_rejected(api: ApiStandIn, pages: httpx.Client) -> None:
    problem = {"line": 3, "reason": "email: <b>no address"}
    done = {"id": 12, "state": "done", "imported": 7, "rejected": 1, "problems": [problem]}
    api.will("GET /api/imports/12", 200, done)
    text = pages.get("/imports/12").text
    assert "<td>3</td><td>email: &lt;b&gt;no address</td>" in text
    assert "refresh" not in text
    assert "<script" not in text


@pytest.mark.parametrize(
    "path", ["/", "/pipeline", "/pipeline/new", "/users", "/users/new", "/imports/new", "/imports/12"]
)
def test_every_page_has_a_title_a_heading_a_main_part_and_labelled_fields(
    api: ApiStandIn, pages: httpx.Client, path: str
) -> None:
    as_admin(api)
    api.will("GET /api/leads", 200, NO_LEADS)
    api.will("GET /api/pipeline", 200, PIPELINE)
    api.will("GET /api/leads/conversion", 200, {"total": 0, "converted": 0})
    api.will("GET /api/opportunities", 200, ONE_DEAL | {"items": []})
    api.will("GET /api/users", 200, NOBODY)
    api.will("GET /api/imports/12", 200, {"id": 12, "state": "failed", "imported": 0, "rejected": 0, "problems": []})
    answer = pages.get(path)
    assert answer.status_code == 200
    text = answer.text
    assert re.search(r"<title>\w[^<]* – M3CoreCRM</title>", text)
    assert text.count("<h1>") == 1
    assert '<main id="content"' in text
    fields = set(re.findall(r'<(?:input|select) id="([\w-]+)"', text))
    assert fields == set(re.findall(r'<label(?: class="unseen")? for="([\w-]+)"', text))
    assert text.count('aria-current="page"') == 1


def test_a_form_that_another_site_sent_is_refused(api: ApiStandIn, pages: httpx.Client) -> None:
    for path in ("/pipeline", "/pipeline/7/stage", "/users", "/imports"):
        answer = pages.post(path, data={"stage": "won"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
    assert [one for one in api.asked if one.method == "POST"] == []
