"""@sentry/browser from npm, unmodified and bundled as a page has it, in a real browser on another origin."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright
from tests.standins.doors import ask_door

from alertproof.clock import SystemClock, wait_until
from alertproof.journeys import find_browser

KEY = "d" * 32
PROJECTS = json.dumps([{"org": "acme", "project": "web", "public_key": KEY, "project_id": "7"}])
pytestmark = [pytest.mark.needs("npm"), pytest.mark.needs("browser")]
PACKAGES = ("@sentry/browser@11.12.0", "esbuild@0.25.12")
PAGE = '<!doctype html><title>Leads</title><h1>Leads</h1><button>Convert</button><script src="/app.js"></script>'
PROGRAM = """
import * as Sentry from '@sentry/browser';
const asked = new URLSearchParams(location.search);
Sentry.init({
  dsn: 'DSN', environment: 'drill', release: 'web@1.4.2', tracesSampleRate: 1.0, enableLogs: true,
  tunnel: asked.has('tunnel') ? 'API/tunnel' : undefined,
  integrations: [Sentry.browserTracingIntegration(), Sentry.feedbackAsyncIntegration({autoInject: false})],
  beforeSend: event => (event.message === 'unwanted' ? null : event),
});
Sentry.setTag('tenant', 'acme');
Sentry.setUser({id: '7'});
Sentry.logger.warn('the list is slow', {took: 812});
Sentry.captureMessage('unwanted');
Sentry.captureFeedback({message: 'where are my leads?', email: 'agent@acme.example'});
document.querySelector('button').onclick = () => { throw new RangeError(asked.get('text')); };
window.sentryIsDone = () => Sentry.flush(4000);
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module", name="endpoints")
def _endpoints(start_stand_in: Callable[..., Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = start_stand_in("sentry", "--projects", PROJECTS).endpoints
    return found


@pytest.fixture(scope="module", name="site")
def _site(tmp_path_factory: pytest.TempPathFactory, endpoints: Mapping[str, str]) -> Iterator[str]:
    """Serve the page and its bundle from an origin of their own."""
    folder = tmp_path_factory.mktemp("site")
    # The binary of the bundler is a package of its own: no script has to run.
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--silent")
    command = ["npm", "install", *options, *PACKAGES]
    subprocess.run(command, cwd=folder, check=True, timeout=110)
    program = PROGRAM.replace("DSN", endpoints["sentry_dsn"]).replace("API", endpoints["sentry_api"])
    (folder / "program.js").write_text(program, encoding="utf-8")
    (binary,) = folder.glob("node_modules/@esbuild/*/bin/esbuild")
    command = [str(binary), "program.js", "--bundle", "--log-level=error", "--outfile=app.js"]
    subprocess.run(command, cwd=folder, check=True, timeout=60)
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module", name="page")
def _page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


def visit(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button").click()
    page.evaluate("sentryIsDone()")
    page.goto("about:blank")  # to leave the page ends the session and sends what the SDK still holds
    page.wait_for_timeout(200)


def ask(endpoints: Mapping[str, str], path: str, **parameters: Any) -> Any:
    address = f"{endpoints['sentry_api']}/api/0{path}"
    headers = {"Authorization": "Bearer token"}
    return httpx.get(address, params=parameters, headers=headers, trust_env=False).raise_for_status().json()


def eventually(look: Callable[[], Any]) -> Any:
    clock = SystemClock()
    until = clock.now() + timedelta(seconds=10)
    return wait_until(lambda: look() or None, clock=clock, deadline=until, every=timedelta(milliseconds=50))


def event_called(endpoints: Mapping[str, str], title: str) -> Any:
    rows = eventually(
        lambda: [row for row in ask(endpoints, "/projects/acme/web/events/", full="true") if row["title"] == title]
    )
    assert rows, f"no event {title!r}; dropped: {ask_door(endpoints['sentry_control'], 'dropped')}"
    return rows[0]


def test_errors_spans_logs_feedback_and_reports_of_a_browser_are_there(
    page: Page, site: str, endpoints: Mapping[str, str]
) -> None:
    visit(page, f"{site}?text=on purpose")
    event = event_called(endpoints, "RangeError: on purpose")
    tags = {tag["key"]: tag["value"] for tag in event["tags"]}
    assert (tags["tenant"], tags["environment"], tags["handled"], tags["user"]) == ("acme", "drill", "no", "id:7")
    assert (event["release"]["version"], event["platform"]) == ("web@1.4.2", "javascript")
    crumbs = next(each["data"]["values"] for each in event["entries"] if each["type"] == "breadcrumbs")
    assert "ui.click" in {crumb["category"] for crumb in crumbs}

    def rows(dataset: str, *fields: str) -> Any:
        return ask(endpoints, "/organizations/acme/events/", dataset=dataset, field=fields)["data"]

    assert eventually(lambda: "pageload" in {row["span.op"] for row in rows("spans", "span.op", "span.description")})
    found = rows("logs", "message", "took", "severity")
    assert {(row["message"], row["took"], row["severity"]) for row in found} >= {("the list is slow", 812, "warn")}
    items = ask_door(endpoints["sentry_control"], "items")["items"]
    kinds = {item["type"] for item in items}
    assert {"event", "feedback", "session", "client_report"} <= kinds
    reports = [one for item in items if item["type"] == "client_report" for one in item["json"]["discarded_events"]]
    assert {"reason": "before_send", "category": "error", "quantity": 1} in reports


def test_through_the_tunnel_it_arrives_too(page: Page, site: str, endpoints: Mapping[str, str]) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    visit(page, f"{site}?tunnel&text=round the back")
    assert event_called(endpoints, "RangeError: round the back")["release"]["version"] == "web@1.4.2"
    sent = {address for address in asked if address.startswith(endpoints["sentry_api"])}
    assert sent == {f"{endpoints['sentry_api']}/tunnel"}


def test_the_browser_asked_for_nothing_unknown_and_nothing_was_dropped(
    page: Page, site: str, endpoints: Mapping[str, str]
) -> None:
    visit(page, f"{site}?text=the last")
    event_called(endpoints, "RangeError: the last")
    assert ask_door(endpoints["sentry_control"], "unknown")["requests"] == []
    assert ask_door(endpoints["sentry_control"], "dropped")["events"] == []
