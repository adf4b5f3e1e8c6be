"""The pages in front of the real API and worker: what a person does in the CRM, from form to row."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from alertproof.clock import SystemClock, wait_until

if TYPE_CHECKING:
    from tests.m3core.web.conftest import Web

PASSWORD = "correct-horse-battery"


@contextmanager
def logged_in(web: Web, email: str, password: str = PASSWORD) -> Iterator[httpx.Client]:
    """Yield a client of the pages that somebody of globex has logged in with."""
    with web.client() as client:
        answer = client.post("/login", data={"tenant": "globex", "email": email, "password": password})
        assert answer.status_code == 303, answer.text
        yield client


@pytest.fixture
def admin(web: Web) -> Iterator[httpx.Client]:
    """A client of the pages that an admin of globex has logged in with."""
    with logged_in(web, "admin@globex.example") as client:
        yield client


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"Frostline {uuid.uuid4().hex[:8]}"


def column(page: str, stage: str) -> str:
    """Return the part of the board that is one stage."""
    return page.split(f'aria-labelledby="stage-{stage}"')[1].split("</section>", maxsplit=1)[0]


def test_a_deal_goes_over_the_board_until_it_is_won(session: httpx.Client, name: str) -> None:
    assert session.post("/pipeline", data={"name": name, "amount": "12,500.50"}).status_code == 303
    board = session.get("/pipeline").text
    first = column(board, "qualification")
    assert name in first
    assert "$12,501" in first
    [address] = re.findall(rf'<h3>{name}</h3>.*?action="([^"]+)"', first, re.DOTALL)
    for stage in ("proposal", "negotiation", "won"):
        assert session.post(address, data={"stage": stage}).headers["Location"] == "/pipeline"
        assert name in column(session.get("/pipeline").text, stage)
    assert session.post(address, data={"stage": "lost"}).headers["Location"] == "/pipeline"  # it stays won
    assert name not in column(session.get("/pipeline").text, "lost")


def test_home_shows_what_the_pipeline_sums_up(session: httpx.Client, globex: httpx.Client) -> None:
    pipeline = globex.get("/api/pipeline").json()
    stages, month = {stage["stage"]: stage for stage in pipeline["stages"]}, pipeline["won_this_month"]
    conversion = globex.get("/api/leads/conversion").json()
    text = session.get("/").text
    still_open = sum(stages[stage]["amount_cents"] for stage in ("qualification", "proposal", "negotiation"))
    assert still_open > 0
    assert f"<strong>${(still_open + 50) // 100:,}</strong>" in text
    won = f"<small>{month['count']:,} {'opportunity' if month['count'] == 1 else 'opportunities'}, "
    assert f"<strong>${(month['amount_cents'] + 50) // 100:,}</strong>{won}" in text
    assert 0 < conversion["converted"] < conversion["total"]
    assert f"<small>{conversion['converted']:,} of {conversion['total']:,} leads</small>" in text


def test_another_tenants_deal_cannot_be_moved(session: httpx.Client, acme: httpx.Client) -> None:
    deal = acme.get("/api/opportunities", params={"stage": "proposal", "limit": 1}).json()["items"][0]
    answer = session.post(f"/pipeline/{deal['id']}/stage", data={"stage": "won"})
    assert answer.status_code == 404
    assert "<h1>There is no such opportunity.</h1>" in answer.text
    assert acme.get(f"/api/opportunities/{deal['id']}").json()["stage"] == "proposal"


def test_an_admin_creates_a_user_who_can_log_in(web: Web, admin: httpx.Client) -> None:
    email = f"{uuid.uuid4().hex[:8]}@globex.example"
    form = {"email": email, "password": "a-long-enough-one", "role": "agent"}
    assert admin.post("/users", data=form).headers["Location"] == "/users"
    assert email in admin.get("/users").text
    assert "There is a user with this e-mail already." in admin.post("/users", data=form).text
    assert "A password has at least 12 characters." in admin.post("/users", data={**form, "password": "short"}).text
    with logged_in(web, email, "a-long-enough-one") as colleague:
        assert "<h1>Leads</h1>" in colleague.get("/leads").text


def test_an_agent_is_told_that_only_an_admin_creates_users(session: httpx.Client) -> None:
    assert "/users/new" not in session.get("/users").text
    answer = session.post("/users", data={"email": "x@globex.example", "password": "a-long-enough-one"})
    assert answer.status_code == 403
    assert "<h1>This is not yours to see or do.</h1>" in answer.text


def test_a_locked_account_is_told_no_more_than_a_wrong_password_is(web: Web, admin: httpx.Client) -> None:
    email = f"{uuid.uuid4().hex[:8]}@globex.example"
    admin.post("/users", data={"email": email, "password": "a-long-enough-one", "role": "agent"})
    with web.client() as client:
        login = {"tenant": "globex", "email": email}
        wrong = [client.post("/login", data={**login, "password": "a-wrong-one"}) for _ in range(5)]
        locked = client.post("/login", data={**login, "password": "a-long-enough-one"})
    assert {(answer.status_code, answer.text) for answer in wrong} == {(401, locked.text)}
    assert locked.status_code == 401
    assert ">locked<" in admin.get("/users").text


def test_a_file_is_read_by_the_worker_and_its_page_names_the_lines_that_were_rejected(
    web: Web, session: httpx.Client, tmp_path: Path, name: str
) -> None:
    raw = f"name,company,email\n{name},Frost,nia@frost.example\nBo,Frost,nonsense\n".encode()
    address = session.post("/imports", files={"file": ("leads.csv", raw, "text/csv")}).headers["Location"]
    assert "Your file is being read." in session.get(address).text
    clock = SystemClock()
    until = clock.now() + timedelta(seconds=30)
    with (tmp_path / "log").open("w") as log, web.platform.command("worker", log=log):
        done = wait_until(
            lambda: None if (page := session.get(address).text).count("data-watch") else page,
            clock=clock,
            deadline=until,
            every=timedelta(milliseconds=100),
        )
    assert done is not None
    assert "Your file was read to its end." in done
    assert re.findall(r"<strong>(\d+)</strong>", done) == ["1", "1"]
    assert re.search(r"<td>3</td><td>[^<]*email", done)
    assert name in session.get("/leads", params={"q": name}).text
