"""What a real browser reports of the pages: views, resources and errors, found by the ids of the services behind."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, final

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright

from alertproof.clock import SystemClock, wait_until
from alertproof.journeys import find_browser

ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.needs("npm"), pytest.mark.needs("browser")]


@final
class Seen:
    """What the vendors' stand-ins hold after a person was on the pages."""

    def __init__(self, target: dict[str, Any]) -> None:
        self.endpoints, self.env = target["endpoints"], target["env"]

    def datadog(self, path: str) -> list[dict[str, Any]]:
        headers = {"DD-API-KEY": self.env["DD_API_KEY"], "DD-APPLICATION-KEY": self.env["DD_APP_KEY"]}
        query = {"page[limit]": 1000}
        answer = httpx.get(self.endpoints["datadog"] + path, params=query, headers=headers, trust_env=False)
        return [each["attributes"] for each in answer.raise_for_status().json()["data"]]

    def rum(self, kind: str) -> list[dict[str, Any]]:
        events = self.datadog("/api/v2/rum/events")
        return [each["attributes"] | {"tags": each["tags"]} for each in events if each["attributes"]["type"] == kind]

    def spans(self, trace_id: str) -> dict[str, dict[str, Any]]:
        """Return the spans of a trace by service and name."""
        found = [span for span in self.datadog("/api/v2/spans/events") if span["trace_id"] == trace_id]
        return {f"{span['service']} {span['resource_name']}": span for span in found}

    def errors(self) -> list[dict[str, Any]]:
        path = f"/api/0/projects/{self.env['SENTRY_ORG']}/{self.env['SENTRY_PROJECT']}/events/"
        headers = {"Authorization": f"Bearer {self.env['SENTRY_AUTH_TOKEN']}"}
        address = self.endpoints["sentry_api"] + path
        answer = httpx.get(address, params={"full": "true"}, headers=headers, trust_env=False)
        found: list[dict[str, Any]] = answer.raise_for_status().json()
        return found


def eventually(look: Callable[[], Any]) -> Any:
    clock = SystemClock()
    until = clock.now() + timedelta(seconds=15)
    return wait_until(lambda: look() or None, clock=clock, deadline=until, every=timedelta(milliseconds=100))


def wait_for_the_sdk(page: Page) -> None:
    """Wait until the SDK has a session: from then on it reports and traces. Playwright's own wait needs eval."""
    for _ in range(200):
        if page.evaluate("window.DD_RUM?.getInternalContext()"):
            return
        page.wait_for_timeout(50)
    pytest.fail("the SDK has not started within 10 s")


def visit(target: dict[str, Any]) -> None:
    """Log in, search for somebody's address, meet an error, and leave."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_page(base_url=target["endpoints"]["m3core_web"])
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto("/login")
        wait_for_the_sdk(page)
        page.get_by_label("Tenant").fill("acme")
        page.get_by_label("E-mail").fill("agent@acme.example")
        page.get_by_label("Password").fill(target["env"]["M3CORE_SEED_PASSWORD"])
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/leads")
        wait_for_the_sdk(page)
        page.goto("/leads?q=nia@frost.example")
        wait_for_the_sdk(page)
        page.evaluate("fetch('/leads/1').then(answer => answer.text())")
        page.evaluate("setTimeout(() => { throw new RangeError('no basket for nia@frost.example') }, 0)")
        page.wait_for_timeout(300)
        page.goto("about:blank")  # to leave the page is what makes the SDKs send all that they hold
        page.wait_for_timeout(300)
        browser.close()
    assert said == []  # no policy was broken, no SDK had to correct what it was told


@pytest.fixture(scope="module", name="seen")
def _seen() -> Iterator[Seen]:
    subprocess.run([ROOT / ".ci" / "frontend.sh"], check=True, timeout=110)
    command = [sys.executable, "-m", "alertproof", "up", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as up:
        assert up.stdout is not None
        target = json.loads(up.stdout.readline())
        try:
            visit(target)
            yield Seen(target)
        finally:
            up.terminate()
            up.wait(timeout=20)


def test_a_view_says_whose_it_is_and_of_which_release(seen: Seen) -> None:
    found = eventually(lambda: len(seen.rum("view")) == 3 and seen.rum("view"))
    views = {view["view"]["url_path"]: view for view in found}
    assert sorted(views) == ["/leads", "/login"]
    assert views["/leads"]["context"]["tenant"] == "acme"
    assert views["/login"]["context"]["tenant"] == "none"
    assert {*views["/leads"]["tags"]} >= {"env:drill", "service:m3core-web", "version:2026.11.0"}
    assert views["/login"]["view"]["largest_contentful_paint"] > 0


def test_a_page_is_in_the_trace_of_the_web_service_and_the_api(seen: Seen) -> None:
    def documents() -> list[dict[str, Any]]:
        found = [each for each in seen.rum("resource") if each["resource"]["type"] == "document"]
        return [each for each in found if each["view"]["url"].endswith("/leads?[Filtered]")]

    (document,) = eventually(documents)
    spans = eventually(lambda: seen.spans(document["_dd"]["trace_id"]))
    assert {"m3core-web GET /leads", "m3core-web GET /api/leads/search", "m3core-api GET /api/leads/search"} <= {*spans}
    assert spans["m3core-web GET /leads"]["custom"]["correlation_id"] == document["context"]["correlation_id"]


def test_a_call_that_a_page_makes_begins_a_trace_that_goes_on_to_the_api(seen: Seen) -> None:
    (call,) = eventually(lambda: [each for each in seen.rum("resource") if each["resource"]["url_path"] == "/leads/1"])
    spans = seen.spans(call["_dd"]["trace_id"])
    web, api = spans["m3core-web GET /leads/:id"], spans["m3core-api GET /api/leads/:id"]
    assert web["parent_id"] == call["_dd"]["span_id"]
    assert api["parent_id"] == spans["m3core-web GET /api/leads/:id"]["span_id"]


def test_an_error_of_the_page_reaches_both_without_the_address_in_it(seen: Seen) -> None:
    (error,) = eventually(seen.errors)
    tags = {tag["key"]: tag["value"] for tag in error["tags"]}
    (reported,) = seen.rum("error")
    assert error["title"] == "RangeError: no basket for [Filtered]"
    assert reported["error"]["message"] == "no basket for [Filtered]"
    assert (tags["tenant"], tags["service"], tags["environment"]) == ("acme", "m3core-web", "drill")
    assert tags["release"] == "m3core@2026.11.0"
    assert tags["correlation_id"] == reported["context"]["correlation_id"]


def test_nobodys_address_left_the_browser(seen: Seen) -> None:
    eventually(seen.errors)
    assert "nia@frost.example" not in json.dumps([seen.errors(), seen.datadog("/api/v2/rum/events")])


def test_the_page_reports_to_nobody_else_and_leaves_sentrys_own_calls_out(seen: Seen) -> None:
    paths = {each["resource"]["url_path"] for each in eventually(lambda: seen.rum("resource"))}
    assert "/static/m3core.css" in paths
    assert not [path for path in paths if "envelope" in path]
