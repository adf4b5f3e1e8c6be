"""A login is done once, and the journeys after it begin where it ended; nothing of it is left anywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alertproof.clock import VirtualClock
from alertproof.errors import ConfigError
from alertproof.journeys import Logins
from alertproof.journeys.logins import secrets_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from tests.journeys.conftest import Site

    from alertproof.journeys import BrowserHost, Journey

TOKEN, STORED = "s3cr3t-session-of-ada", "eyJ.stored-token-of-ada"


def state(value: str = TOKEN, **more: Any) -> Any:
    return {"cookies": [{"name": "session", "value": value, "httpOnly": True, **more}], "origins": []}


def test_a_login_is_done_once_for_each_and_again_when_it_is_old() -> None:
    clock = VirtualClock(datetime(2026, 3, 2, tzinfo=UTC))
    logins, done = Logins(oldest=timedelta(minutes=30), clock=clock), []

    def log_in(who: str) -> Any:
        def now() -> Any:
            done.append(who)
            return state(who)

        return logins.state(who, now)

    log_in("ada"), log_in("ada"), log_in("bo")
    clock.advance(timedelta(minutes=30))
    log_in("ada")
    assert done == ["ada", "bo"]
    clock.advance(timedelta(microseconds=1))
    log_in("ada")

    assert done == ["ada", "bo", "ada"]


def test_a_login_that_leaves_nothing_is_none() -> None:
    with pytest.raises(ConfigError, match="the login of 'ada' left neither a cookie nor"):
        Logins().state("ada", lambda: {"cookies": [], "origins": []})


def test_what_opens_the_platform_is_secret_and_a_setting_is_not() -> None:
    found = state()
    found["cookies"].append({"name": "theme", "value": "dark", "httpOnly": False})
    found["origins"].append(
        {"origin": "http://x", "localStorage": [{"name": "t", "value": STORED}, {"name": "lang", "value": "en"}]}
    )

    assert secrets_of(found) == {TOKEN, STORED}


@pytest.mark.needs("browser")
def test_journeys_begin_logged_in_and_each_run_of_a_repeated_one_does(
    site: Site, host: BrowserHost, journey_to: Callable[..., Journey]
) -> None:
    cookie = ("Set-Cookie", f"session={TOKEN}; HttpOnly; Path=/")
    site.serve(
        "/login", f"<!doctype html><script>localStorage.setItem('token', '{STORED}')</script>", headers=(cookie,)
    )
    site.serve(
        "/", "<!doctype html><h1></h1><script>document.querySelector('h1').textContent = localStorage.token</script>"
    )
    times = []

    def log_in(page: Page) -> None:
        times.append(1)
        page.goto(f"{site.url}/login")

    for runs in (1, 2):
        journey = journey_to(logins=host.logins)
        journey.logged_in("ada", log_in)
        for _ in journey.repeat(runs):
            with journey.step("open"):
                journey.page.goto(site.url)
            assert journey.page.get_by_role("heading").text_content() == STORED
            assert {one["value"] for one in journey.context.cookies()} == {TOKEN}
        with pytest.raises(ConfigError, match="before the first step"):
            journey.logged_in("ada", log_in)
        journal = journey.end()
        assert [step.name for step in journal.steps] == ["open"]
        assert journey.without_secrets(f"{TOKEN} {STORED}") == "*** ***"

    assert len(times) == 1
