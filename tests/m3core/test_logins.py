"""Logging in: what is counted, and when an account is locked."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest
from tests.m3core.conftest import PASSWORD

from m3core.database import Database
from m3core.logins import Logins, _matches, hash_password
from m3core.settings import load_settings
from m3core.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from tests.m3core.conftest import Platform

NEW_PASSWORD = "a-long-enough-password"


@pytest.fixture
def admin(platform: Platform) -> Iterator[httpx.Client]:
    """A client of acme's admin."""
    with platform.client() as client:
        body = {"tenant": "acme", "email": "admin@acme.example", "password": PASSWORD}
        token = client.post("/api/login", json=body).raise_for_status().json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


@pytest.fixture
def email(admin: httpx.Client) -> str:
    """A new user of acme, with NEW_PASSWORD."""
    email = f"{uuid.uuid4().hex}@acme.example"
    made = admin.post("/api/users", json={"email": email, "password": NEW_PASSWORD})
    assert (made.status_code, made.json()["role"], made.json()["locked"]) == (201, "agent", False)
    return email


def attempt(client: httpx.Client, email: str, password: str, tenant: str = "acme") -> int:
    return client.post("/api/login", json={"tenant": tenant, "email": email, "password": password}).status_code


def counted(platform: Platform, metric: str, *tags: str) -> int:
    return len([p for p in platform.points.now() if p.metric == metric and p.tags >= {*tags}])


def test_four_wrong_passwords_do_not_lock_and_a_right_one_begins_anew(anonymous: httpx.Client, email: str) -> None:
    for _ in range(2):
        assert [attempt(anonymous, email, "wrong") for _ in range(4)] == [401] * 4
        assert attempt(anonymous, email, NEW_PASSWORD) == 200


def test_the_fifth_wrong_password_locks_and_nothing_in_the_answer_says_so(
    platform: Platform, anonymous: httpx.Client, admin: httpx.Client, email: str
) -> None:
    lockouts = counted(platform, "auth.lockouts", "tenant:acme")
    tried = counted(platform, "security.suspicious", "kind:locked-account", "tenant:acme")
    assert [attempt(anonymous, email, "wrong") for _ in range(5)] == [401] * 5
    body = {"tenant": "acme", "email": email, "password": NEW_PASSWORD}
    locked = anonymous.post("/api/login", json=body)
    unknown = anonymous.post("/api/login", json={**body, "email": "nobody@acme.example"})
    assert (locked.status_code, locked.content) == (unknown.status_code, unknown.content) == (401, locked.content)
    platform.points.wait_for(lambda _: counted(platform, "auth.lockouts", "tenant:acme") == lockouts + 1)
    platform.points.wait_for(
        lambda _: counted(platform, "security.suspicious", "kind:locked-account", "tenant:acme") == tried + 1
    )
    platform.points_of("auth.failures", "tenant:acme", "reason:locked")
    refused, *suspicious = platform.log_lines(locked.headers["X-Correlation-Id"])
    assert (refused["event"], refused["result"], refused["attempted_tenant"]) == ("login", "locked", "acme")
    assert [line["kind"] for line in suspicious if line.get("event") == "suspicious"] == ["locked-account"]
    platform.points_of("auth.failures", "tenant:acme", "reason:unknown-user")
    [user] = [each for each in admin.get("/api/users").json()["items"] if each["email"] == email]
    assert user["locked"] is True
    assert attempt(anonymous, "agent@globex.example", PASSWORD, "globex") == 200  # nobody else


def test_each_attempt_is_counted_with_its_result(platform: Platform, anonymous: httpx.Client, email: str) -> None:
    with platform.adds("auth.logins", "tenant:acme", "result:success"):
        attempt(anonymous, email, NEW_PASSWORD)
    with platform.adds("auth.logins", "tenant:acme", "result:failure", number=5):
        for _ in range(5):
            attempt(anonymous, email, "wrong")
    with platform.adds("auth.logins", "tenant:acme", "result:locked"):
        attempt(anonymous, email, NEW_PASSWORD)


def test_a_lock_ends_and_old_failures_are_forgotten(platform: Platform, email: str) -> None:
    database = Database(platform.environment["DATABASE_URL"])
    settings = load_settings(
        {**platform.environment, "M3CORE_LOCKOUT_FAILURES": "2", "M3CORE_LOCKOUT_SECONDS": "900"}, service="m3core-api"
    )
    metrics = Metrics(settings)
    logins = Logins(database, metrics, settings)

    def right() -> bool:
        return logins.attempt(tenant="acme", email=email, password=NEW_PASSWORD) is not None

    def wrong() -> None:
        assert logins.attempt(tenant="acme", email=email, password="wrong") is None

    def back(column: str, seconds: int) -> None:
        with psycopg.connect(platform.environment["DATABASE_URL"]) as connection:
            update = psycopg.sql.SQL("UPDATE users SET {0} = {0} - make_interval(secs => %s) WHERE email = %s")
            connection.execute(update.format(psycopg.sql.Identifier(column)), (seconds, email))

    wrong()
    wrong()
    assert not right()
    back("locked_until", 880)
    assert not right()
    back("locked_until", 30)
    assert right()
    wrong()
    back("failing_since", 901)
    wrong()
    assert right()
    metrics.close()
    database.close()


def test_a_tenant_that_a_caller_makes_up_is_no_tag(platform: Platform, anonymous: httpx.Client) -> None:
    assert attempt(anonymous, "a@b.example", "x", "made-up-tenant") == 401
    platform.points_of("auth.failures", "tenant:none", "reason:unknown-user")
    assert not [p for p in platform.points.now() if "tenant:made-up-tenant" in p.tags]


def test_a_forged_token_is_counted_and_one_that_is_over_is_not(platform: Platform, anonymous: httpx.Client) -> None:
    before = counted(platform, "security.suspicious", "kind:forged-token")
    headers = {"Authorization": "Bearer WyJhY21lIiwxLDk5OTk5OTk5OTld.forged", "X-Correlation-Id": f"f-{uuid.uuid4()}"}
    answer = anonymous.get("/api/leads", headers=headers)
    assert answer.status_code == 401
    line, *_ = platform.log_lines(headers["X-Correlation-Id"])
    assert (line["event"], line["kind"], line["level"]) == ("suspicious", "forged-token", "warning")
    platform.points.wait_for(lambda _: counted(platform, "security.suspicious", "kind:forged-token") == before + 1)


def test_an_agent_may_see_users_and_not_create_one(acme: httpx.Client) -> None:
    body = {"email": "new@acme.example", "password": NEW_PASSWORD}
    assert acme.post("/api/users", json=body).status_code == 403
    found = acme.get("/api/users").json()["items"]
    assert {each["email"] for each in found} >= {"agent@acme.example", "admin@acme.example"}
    assert not [each for each in found if "globex" in each["email"]]
    assert set(found[0]) == {"id", "email", "role", "locked", "last_seen_at"}


def test_a_second_user_with_one_email_is_refused(admin: httpx.Client, email: str) -> None:
    assert admin.post("/api/users", json={"email": email, "password": NEW_PASSWORD}).status_code == 409


def test_a_user_that_is_created_is_counted_and_one_that_is_refused_is_not(
    platform: Platform, admin: httpx.Client
) -> None:
    new = {"email": f"u{uuid.uuid4().hex[:8]}@acme.example", "password": NEW_PASSWORD}
    with platform.adds("users.created", "tenant:acme"):
        assert [admin.post("/api/users", json=new).status_code for _ in range(2)] == [201, 409]


@pytest.mark.parametrize(("length", "status"), [(11, 422), (12, 201)])
def test_a_password_has_twelve_characters(admin: httpx.Client, length: int, status: int) -> None:
    body = {"email": f"{uuid.uuid4().hex}@acme.example", "password": "p" * length}
    answer = admin.post("/api/users", json=body)
    assert answer.status_code == status
    assert "pppp" not in answer.text


def test_who_is_logged_in(acme: httpx.Client, admin: httpx.Client) -> None:
    assert acme.get("/api/me").json()["role"] == "agent"
    me = admin.get("/api/me").json()
    assert (me["tenant"], me["email"], me["role"]) == ("acme", "admin@acme.example", "admin")


@pytest.mark.parametrize("light", [False, True])
def test_a_hash_is_of_its_password_and_says_what_it_costs(*, light: bool) -> None:
    made = hash_password("a-long-enough-password", light=light)

    assert ("m=8192,t=1,p=1" in made) is light
    assert _matches(made, "a-long-enough-password")
    assert not _matches(made, "another-password")
