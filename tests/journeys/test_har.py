"""The requests of a failed journey: an archive that a browser replays, and in which there is no secret."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.journeys.test_evidence import BEARER, COOKIE, NAMED, PASSWORD, failed_login, forms
from tests.journeys.test_evidence import pages as pages  # noqa: PLC0414 - a fixture

from alertproof.requirements import JourneyBudget, Span

if TYPE_CHECKING:
    from tests.journeys.conftest import JourneyTo, Site

    from alertproof.journeys import BrowserHost

pytestmark = pytest.mark.needs("browser")
QUICK = JourneyBudget(step=Span(timedelta(milliseconds=800)))


def kept(folder: Path) -> dict[str, Any]:
    archive: dict[str, Any] = json.loads(next(folder.rglob("requests.har")).read_text(encoding="utf-8"))
    return archive


def test_each_request_is_in_it_with_status_headers_times_and_bodies_and_no_secret(
    journey_to: JourneyTo, tmp_path: Path
) -> None:
    journal = failed_login(journey_to, QUICK)

    assert "har" in [artifact.kind for artifact in journal.artifacts]
    log = kept(tmp_path)["log"]
    assert log["version"] == "1.2"
    asked = [
        (one["request"]["method"], one["request"]["url"].partition("?")[0].rpartition("/")[2]) for one in log["entries"]
    ]
    assert [one for one in asked if one[1] != "favicon.ico"] == [("GET", ""), ("POST", "api"), ("POST", "form")]
    first, api = log["entries"][0], next(one for one in log["entries"] if "/api" in one["request"]["url"])
    assert first["response"]["status"] == 200
    assert "<h1>Log in</h1>" in first["response"]["content"]["text"]
    assert api["response"]["content"]["text"] == json.dumps({"echo": "***"})
    assert json.loads(api["request"]["postData"]["text"]) == {"password": "***"}
    assert {"name": "Authorization", "value": "***"} in [
        {**header, "name": header["name"].title()} for header in api["request"]["headers"]
    ]
    assert all(one["timings"]["wait"] >= -1 and one["time"] >= 0 for one in log["entries"])
    raw = next(tmp_path.rglob("requests.har")).read_bytes()
    for secret in (PASSWORD, COOKIE, BEARER, NAMED):
        assert not [form for form in forms(secret) if form in raw], secret
    assert b'"_' not in raw


def test_a_browser_replays_it_when_the_site_is_gone(
    journey_to: JourneyTo, host: BrowserHost, site: Site, tmp_path: Path
) -> None:
    script = "fetch('/said').then((answer) => answer.text()).then((said) => { document.body.dataset.said = said; })"
    site.serve("/shop", f"<!doctype html><h1>Shop</h1><script>{script}</script>")
    site.serve("/said", "what was said", content_type="text/plain")
    journey = journey_to(evidence=True, trace="on")
    with journey.step("open"):
        journey.page.goto("/shop", wait_until="networkidle")
    journey.end(AssertionError("no welcome"))
    site.answers.clear()

    with host.browser() as browser:
        context = browser.new_context()
        context.route_from_har(next(tmp_path.rglob("requests.har")), not_found="abort")
        page = context.new_page()
        page.goto(f"{site.url}/shop", wait_until="networkidle")
        said = page.locator("body").get_attribute("data-said", timeout=5000)
        context.close()

    assert said == "what was said"


def test_a_body_that_is_large_stays_in_the_trace(journey_to: JourneyTo, site: Site, tmp_path: Path) -> None:
    sizes = {"/just": 100_000, "/more": 100_001}
    for path, size in sizes.items():
        site.serve(path, "x" * size, content_type="text/plain")
    site.serve("/shop", "<!doctype html><h1>Shop</h1>")
    journey = journey_to(evidence=True, trace="on")
    with journey.step("open"):
        journey.page.goto("/shop")
        for path in sizes:
            journey.page.evaluate("path => fetch(path).then(answer => answer.text())", path)
    journey.end(AssertionError("no welcome"))

    bodies = {
        one["request"]["url"].rpartition("/")[2]: one["response"]["content"] for one in kept(tmp_path)["log"]["entries"]
    }
    assert len(bodies["just"]["text"]) == 100_000
    assert "text" not in bodies["more"]
    assert bodies["more"]["comment"] == "larger than 100,000 bytes: it is in the trace"


def test_without_a_trace_there_is_none(journey_to: JourneyTo, tmp_path: Path) -> None:
    journey = journey_to(evidence=True)
    with journey.step("open"):
        journey.page.goto("/plain")
    journal = journey.end(AssertionError("no welcome"))

    assert "har" not in [artifact.kind for artifact in journal.artifacts]
