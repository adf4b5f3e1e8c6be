"""A login that one journey makes and others go on from: cookies and storage, and not one of them left behind."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error
from tests.journeys.test_evidence import everything, forms

from alertproof.errors import ConfigError
from alertproof.journeys import Logins
from alertproof.journeys.logins import secrets_of
from alertproof.requirements import JourneyBudget, Span
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.journeys.conftest import JourneyTo, Site

SESSION = "cookie-of-the-session-9271"
STORED = "storage-of-the-session-5528"
DEEP = "inside-of-json-3317"
DATABASE = "in-a-database-8829"
LOGIN = (
    """<!doctype html><title>Log in</title><h1>Log in</h1><button>Log in</button><script>
document.querySelector('button').onclick = async () => {
  localStorage.setItem('kept', 'STORED');
  localStorage.setItem('session', JSON.stringify({ theme: 'dark', inner: { value: 'DEEP' } }));
  await new Promise((done) => {
    const open = indexedDB.open('auth', 1);
    open.onupgradeneeded = () => open.result.createObjectStore('users');
    open.onsuccess = () => {
      const change = open.result.transaction('users', 'readwrite');
      change.objectStore('users').put('DATABASE', 'me');
      change.oncomplete = done;
    };
  });
  await fetch('/session');
  location.href = '/home';
};
</script>""".replace("STORED", STORED)
    .replace("DEEP", DEEP)
    .replace("DATABASE", DATABASE)
)
#: Says whether the browser has what a login left in it; a page is careless and shows it in its console.
HOME = """<!doctype html><title>Home</title><h1></h1><script>
const cookie = document.cookie.includes('session=');
const stored = localStorage.getItem('kept') && localStorage.getItem('session');
document.querySelector('h1').textContent = cookie && stored ? 'Welcome' : 'Who are you';
console.log('state', document.cookie, localStorage.getItem('kept'), localStorage.getItem('session'));
</script>"""

READ = """new Promise((done) => {
  const open = indexedDB.open('auth');
  open.onsuccess = () => {
    const read = open.result.transaction('users').objectStore('users').get('me');
    read.onsuccess = () => done(read.result);
  };
})"""


@pytest.fixture
def logins(site: Site) -> list[str]:
    """The names under which somebody has really logged in."""
    site.serve("/login", LOGIN)
    site.serve("/session", "", headers=(("Set-Cookie", f"session={SESSION}; Path=/"),))
    site.serve("/home", HOME)
    return []


def logger_in(logins: list[str]) -> Any:
    def log_in(page: Page) -> None:
        logins.append("agent")
        page.goto("/login")
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("heading", name="Welcome").wait_for()

    return log_in


@pytest.mark.needs("browser")
def test_the_first_journey_logs_in_and_the_others_go_on_from_there(journey_to: JourneyTo, logins: list[str]) -> None:
    kept = Logins()
    for _ in range(2):
        journey = journey_to(logins=kept)
        journey.logged_in("agent", logger_in(logins))
        for _ in journey.repeat(2):
            with journey.step("open"):
                journey.page.goto("/home")
                journey.page.get_by_role("heading", name="Welcome").wait_for()
            assert journey.page.evaluate(READ) == DATABASE
        journal = journey.end()
        assert journal.verdict is Verdict.PASSED, journal.reason
        assert [step.name for step in journal.steps] == ["open"]
        assert [page.path for page in journal.pages] == ["/home"]  # the login is not measured

    assert logins == ["agent"]


@pytest.mark.needs("browser")
def test_a_journey_that_does_not_pass_makes_the_next_one_log_in_anew(
    journey_to: JourneyTo, logins: list[str], site: Site
) -> None:
    kept = Logins()
    for path in ("/home", "/broken", "/home"):
        site.serve("/broken", "<!doctype html><h1>Broken</h1><script>console.error('the session is over')</script>")
        journey = journey_to(logins=kept)
        journey.logged_in("agent", logger_in(logins))
        with journey.step("open"):
            journey.page.goto(path)
        journey.end()

    assert len(logins) == 2


@pytest.mark.needs("browser")
def test_nothing_of_the_login_is_in_what_a_failed_journey_leaves(
    journey_to: JourneyTo, logins: list[str], tmp_path: Path
) -> None:
    kept = Logins()
    journey_to(logins=kept).logged_in("agent", logger_in(logins))
    quick = JourneyBudget(step=Span(timedelta(milliseconds=800)))
    journey = journey_to(logins=kept, evidence=True, trace="on", budget=quick)
    journey.logged_in("agent", logger_in(logins))

    def pay() -> None:
        with journey.step("pay"):
            journey.page.goto("/home", timeout=20_000)
            journey.page.get_by_role("button", name="Pay").click()

    with pytest.raises(Error) as raised:
        pay()
    journal = journey.end(raised.value)

    assert len(logins) == 1
    assert {one.kind for one in journal.artifacts} >= {"trace", "har", "console"}
    left = everything(tmp_path)
    assert b"state ***" in b"".join(raw for name, raw in left.items() if name == "console.txt").replace(
        b"session=", b""
    )
    for secret in (SESSION, STORED, DEEP, DATABASE):
        for form in forms(secret):
            assert not [name for name, raw in left.items() if form in raw], secret


@pytest.mark.needs("browser")
def test_a_login_that_fails_is_told_with_what_was_on_the_page(journey_to: JourneyTo, logins: list[str]) -> None:
    kept = Logins()
    journey = journey_to(logins=kept, budget=JourneyBudget(step=Span(timedelta(seconds=1))))

    def log_in(page: Page) -> None:
        page.goto("/login", timeout=20_000)
        page.get_by_role("button", name="Sign in").click()

    with pytest.raises(Error) as raised:
        journey.logged_in("agent", log_in)
    journal = journey.end(raised.value)

    assert journal.verdict is not Verdict.PASSED
    assert "no button 'Sign in' on /login within 1.5 s; buttons there: 'Log in'" in journal.reason


@pytest.mark.needs("browser")
def test_it_comes_before_the_first_step(journey_to: JourneyTo, logins: list[str]) -> None:
    journey = journey_to()
    with journey.step("open"):
        journey.page.goto("/home")
    with pytest.raises(ConfigError, match="goes before the first step, .*; a step came before it"):
        journey.logged_in("agent", logger_in(logins))


def test_of_a_storage_every_value_is_secret_that_is_no_word_by_chance_also_inside_of_json() -> None:
    nested = json.dumps({"user": {"name": "Alex Agent of acme", "key": "k" * 8, "short": "k" * 7}, "list": ["l" * 9]})
    state: Any = {
        "cookies": [{"name": "session-of-somebody", "value": "a%2Bb%2Bc%2Bd"}, {"name": "theme", "value": "dark"}],
        "origins": [
            {
                "origin": "https://crm.example.com",
                "localStorage": [{"name": "name-of-a-key", "value": nested}, {"name": "x", "value": "{no json at all"}],
            }
        ],
    }

    assert secrets_of(state) == {"a%2Bb%2Bc%2Bd", "a+b+c+d", "k" * 8, "l" * 9, "{no json at all"}
