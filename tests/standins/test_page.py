"""The page for people, in a real browser: empty, full, hostile, narrow, dark, without a script, with the keyboard."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import sentry_sdk
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from tests.standins.doors import PAGE, Vendor

from alertproof.clock import SystemClock, wait_until
from alertproof.journeys import find_browser

pytestmark = pytest.mark.needs("browser")

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">{{7*7}}${7*7}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=find_browser())
        yield launched
        launched.close()


@pytest.fixture(scope="module", name="address")
def address_fixture(vendors: Mapping[str, Vendor], start_stand_in: Callable[..., Any]) -> str:
    """The page's address with its token."""
    endpoints = {name: address for vendor in vendors.values() for name, address in vendor.endpoints.items()}
    return str(start_stand_in("page", "--endpoints", json.dumps(endpoints)).endpoints["page"])


@pytest.fixture(name="fresh")
def fresh_fixture(vendors: Mapping[str, Vendor]) -> None:
    for vendor in vendors.values():
        vendor.control("POST", "reset")
        vendor.control("GET", "knobs")


class Window:
    """A page of the browser, and all that went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        self.asked: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)


@pytest.fixture(name="open_window")
def open_window_fixture(browser: Browser, address: str) -> Iterator[Callable[..., Window]]:
    contexts = []

    def opened(*, path: str | None = None, width: int = 1280, **options: Any) -> Window:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        window = Window(context.new_page())
        window.page.goto(address if path is None else path)
        return window

    yield opened
    for context in contexts:
        context.close()


def fill(vendors: Mapping[str, Vendor], text: str = HOSTILE) -> None:
    """Let there be something of everything, each with a hostile name."""
    fill_datadog(vendors["datadog"], text)
    client = sentry_sdk.Client(
        dsn=vendors["sentry"].endpoints["sentry_dsn"], default_integrations=False, environment=text
    )
    for _ in range(3):
        client.capture_event({"message": text, "transaction": text, "level": "fatal"}, scope=sentry_sdk.Scope())
    client.close(5)
    fill_pagerduty(vendors["pagerduty"], text)
    for vendor in vendors.values():
        vendor.post(f"/nowhere/{text}", params={"q": text}, content=text.encode(), headers={"X-Text": "t"})
        vendor.turn(path=f"/{text}", status=500, every=3)


def fill_datadog(vendor: Vendor, text: str) -> None:
    body = {
        "type": "query alert",
        "query": "avg(last_1m):avg:page.load{*} by {tenant} > 5",
        # In both, what is in braces is Datadog's own.
        "name": text.replace("{", "("),
        "message": f"@slack-oncall {text.replace('{', '(')}",
        "options": {"thresholds": {"critical": 5, "warning": 3}},
    }
    answer = vendor.post("/api/v1/monitor", json=body)
    assert answer.status_code == 200, answer.text
    now = vendor.control("GET", "clock")["now"]
    series = [
        {"metric": "page.load", "type": "gauge", "tags": [f"tenant:{name}"], "times": times, "values": [value] * 300}
        for name, value in (("<b>acme</b>", 9.0), ("globex", 1.5), ("initech", 4.0))
        for times in [[now - 600 + 10 * n for n in range(300)]]
    ]
    vendor.control("POST", "history", json={"ends": now, "series": series})
    vendor.post("/api/v2/logs", json=[{"message": text, "service": text, "status": "error"}])
    address = urlsplit(vendor.endpoints["dogstatsd"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"page.views:1|c", (address.hostname, address.port))


def fill_pagerduty(vendor: Vendor, text: str) -> None:
    user = vendor.post("/users", json={"user": {"name": text, "email": "a@example.com"}}).json()["user"]
    rule = {"escalation_delay_in_minutes": 1, "targets": [{"id": user["id"], "type": "user_reference"}]}
    policy = {"name": "p", "escalation_rules": [rule, rule], "num_loops": 1}
    made = vendor.post("/escalation_policies", json={"escalation_policy": policy}).json()["escalation_policy"]
    body = {"name": text, "escalation_policy": {"id": made["id"], "type": "escalation_policy_reference"}}
    service = vendor.post("/services", json={"service": body}).json()["service"]
    kind = {"type": "events_api_v2_inbound_integration", "name": "i"}
    door = vendor.post(f"/services/{service['id']}/integrations", json={"integration": kind}).json()["integration"]
    event = {"summary": text, "source": "test", "severity": "critical"}
    for key, action in (("one", "trigger"), ("two", "trigger"), ("two", "acknowledge"), ("two", "resolve")):
        sent = {"routing_key": door["integration_key"], "event_action": action, "dedup_key": key, "payload": event}
        assert vendor.post("/v2/enqueue", json=sent).status_code == 202


def alerting(vendors: Mapping[str, Vendor]) -> None:
    """Wait until the monitor alerts and the incident has escalated."""
    clock = SystemClock()

    def look() -> bool | None:
        datadog, pagerduty = (vendors[name].control("GET", "overview") for name in ("datadog", "pagerduty"))
        steps = [entry["type"] for incident in pagerduty["incidents"] for entry in incident["log"]]
        return (datadog["monitors"][0]["state"] == "Alert" and bool(datadog["told"]) and "escalate" in steps) or None

    found = wait_until(look, clock=clock, deadline=clock.now() + timedelta(seconds=20), every=timedelta(seconds=0.05))
    assert found


def test_without_the_token_it_is_shut_and_says_where_to_get_it(address: str) -> None:
    bare = address.partition("?")[0]
    for path in ("", "?token=wrong", "?token=", "?token=%ff"):
        answer = httpx.get(bare + path, headers={"Cookie": f"alertproof-page-1={PAGE}"})
        assert answer.status_code == 403
        assert "alertproof up" in answer.text
        assert PAGE not in answer.text
    assert httpx.get(f"{bare}live").status_code == 403
    for verb in ("POST", "PUT", "DELETE", "PATCH"):
        assert httpx.request(verb, bare).status_code == 405


def test_the_token_becomes_a_cookie_of_this_port_that_scripts_cannot_read(address: str) -> None:
    answer = httpx.get(address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"alertproof-page-{urlsplit(address).port}={PAGE};")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    page = httpx.get(address, follow_redirects=True)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path", ["/../serve.py", "/static/page.css", "/templates/page.html.j2", "/page.css/../x", "/%2e%2e/site.py"]
)
def test_nothing_but_its_own_files_is_served(address: str, path: str) -> None:
    with socket.create_connection((urlsplit(address).hostname or "", urlsplit(address).port or 0)) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert connection.recv(12) == b"HTTP/1.1 404"


def test_empty_it_says_what_to_do(
    fresh: None, vendors: Mapping[str, Vendor], open_window: Callable[..., Window]
) -> None:
    window = open_window()
    page = window.page
    expect(page.locator("#issues")).to_contain_text(f"export SENTRY_DSN={vendors['sentry'].endpoints['sentry_dsn']}")
    expect(page.locator("#telemetry")).to_contain_text(vendors["datadog"].endpoints["dogstatsd"])
    expect(page.locator("#incidents")).to_contain_text(vendors["pagerduty"].api)
    expect(page.locator("#monitors")).to_contain_text("No monitor is there")
    expect(page.locator("#unknown")).to_contain_text("whatever was asked is known")
    expect(page.locator("#live-state")).to_have_text("live")
    assert window.wrong == []
    assert {urlsplit(url).netloc for url in window.asked} == {urlsplit(page.url).netloc}


def test_what_arrives_is_shown_without_a_reload(
    fresh: None, vendors: Mapping[str, Vendor], open_window: Callable[..., Window]
) -> None:
    window = open_window()
    expect(window.page.locator("#live-state")).to_have_text("live")
    fill(vendors, "checkout is down")
    alerting(vendors)
    page = window.page
    monitor = page.locator("#monitors .card")
    expect(monitor).to_contain_text("checkout is down")
    expect(monitor.locator("h3 .badge")).to_have_text("Alert")
    worst = monitor.locator(".groups li").first
    expect(worst).to_contain_text("tenant:_b_acme_/b_")
    expect(worst.locator(".value")).to_contain_text("9")
    expect(worst.locator(".value")).to_contain_text("alerts > 5, warns > 3")
    expect(page.locator("#told")).to_contain_text("slack-oncall")
    expect(page.locator("#issues .card")).to_contain_text("checkout is down")
    expect(page.locator("#issues .card")).to_contain_text("3 events")
    incidents = page.locator("#incidents .card")
    expect(incidents).to_have_count(2)
    # What is open comes first.
    expect(incidents.first.locator(".timeline")).to_contain_text("escalate")
    incidents.nth(1).locator("summary").click()
    expect(incidents.nth(1).locator(".timeline")).to_contain_text("resolve")
    expect(page.locator("#unknown")).to_contain_text("/nowhere/checkout is down")
    expect(page.locator("#faults li").first).to_contain_text("answered 500")
    expect(page.locator("#requests")).to_contain_text("/v2/enqueue")
    # What was opened stays open when the part is replaced.
    vendors["pagerduty"].post("/nowhere")
    expect(page.locator("#unknown li")).to_have_count(4)
    expect(page.locator("#incident-2")).to_have_attribute("open", "")
    assert window.wrong == []


def test_hostile_content_is_text(
    fresh: None, vendors: Mapping[str, Vendor], open_window: Callable[..., Window]
) -> None:
    fill(vendors)
    alerting(vendors)
    window = open_window()
    page = window.page
    expect(page.locator("#live-state")).to_have_text("live")
    for part in ("#monitors", "#incidents", "#issues", "#told"):
        expect(page.locator(part)).to_contain_text(HOSTILE.partition("{")[0])
    for part in ("#incidents", "#issues", "#telemetry"):
        expect(page.locator(part)).to_contain_text("{{7*7}}")
    expect(page.locator("body")).not_to_contain_text("${49}")
    assert "49${" not in page.content()
    assert page.title() == "alertproof: what arrived"
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0
    assert window.wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_it_is_readable_at_any_width_and_in_the_dark(
    vendors: Mapping[str, Vendor], open_window: Callable[..., Window], width: int, scheme: str
) -> None:
    if not vendors["datadog"].control("GET", "overview")["monitors"]:
        fill(vendors)
    page = open_window(width=width, color_scheme=scheme).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CONTRAST) == []


#: Texts whose contrast with what is behind them is below 4.5 (WCAG AA).
CONTRAST = """() => {
  const parse = (text) => { const p = text.match(/[\\d.]+/g).map(Number); return p.length < 4 ? [...p, 1] : p; };
  const linear = (v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  const bad = [];
  for (const element of document.querySelectorAll('body *')) {
    if (![...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    if (element.closest('.unseen, thead, .skip') || !element.getClientRects().length) continue;
    const [one, two] = [light(parse(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
    if ((one + .05) / (two + .05) < 4.5) bad.push(`${element.className}: ${element.textContent.slice(0, 30)}`);
  }
  return bad;
}"""


def test_without_a_script_it_is_a_snapshot(vendors: Mapping[str, Vendor], open_window: Callable[..., Window]) -> None:
    page = open_window(java_script_enabled=False).page
    expect(page.locator("#live-state")).to_have_text("as it was when the page was loaded")
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    expect(page.locator("#requests h2")).to_be_visible()


def test_the_keyboard_reaches_everything_and_stays_where_it_is(
    fresh: None, vendors: Mapping[str, Vendor], open_window: Callable[..., Window]
) -> None:
    fill_pagerduty(vendors["pagerduty"], "by keyboard")
    page = open_window().page
    expect(page.locator("#live-state")).to_have_text("live")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "pause"
    page.keyboard.press("Space")
    expect(page.locator("#live-state")).to_have_text("paused")
    page.keyboard.press("Space")
    expect(page.locator("#live-state")).to_have_text("live")
    page.locator("#incident-2 summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#incident-2")).to_have_attribute("open", "")
    fill_pagerduty_again(vendors["pagerduty"])
    expect(page.locator("#incidents .card")).to_have_count(3)
    assert page.evaluate("document.activeElement.parentElement.id") == "incident-2"


def fill_pagerduty_again(vendor: Vendor) -> None:
    service = vendor.get("/services").json()["services"][0]
    kind = {"type": "events_api_v2_inbound_integration", "name": "j"}
    door = vendor.post(f"/services/{service['id']}/integrations", json={"integration": kind}).json()["integration"]
    event = {"summary": "another", "source": "test", "severity": "critical"}
    sent = {"routing_key": door["integration_key"], "event_action": "trigger", "payload": event}
    assert vendor.post("/v2/enqueue", json=sent).status_code == 202


def test_a_stand_in_that_is_gone_is_said_and_the_others_are_shown(
    vendors: Mapping[str, Vendor], start_stand_in: Callable[..., Any], open_window: Callable[..., Window]
) -> None:
    endpoints = {name: address for vendor in vendors.values() for name, address in vendor.endpoints.items()}
    endpoints["pagerduty_control"] = "http://127.0.0.1:9/control"
    started = start_stand_in("page", "--endpoints", json.dumps(endpoints))
    page = open_window(path=started.endpoints["page"]).page
    expect(page.locator("#live-state")).to_have_text("live")
    expect(page.get_by_role("alert")).to_contain_text("PagerDuty: its control door does not answer (ConnectError)")
    # It is said once, and not with every look.
    page.evaluate("window.said = document.querySelector('[role=alert]')")
    before = page.locator(".stack b").text_content()
    expect(page.locator(".stack b")).not_to_have_text(str(before))
    assert page.evaluate("window.said.isConnected")
    expect(page.locator("#issues h2")).to_contain_text("issue")
    started.end()
    expect(page.locator("#live-state")).to_contain_text("the stack does not answer")


def test_what_is_answered_after_a_pause_changes_nothing(open_window: Callable[..., Window]) -> None:
    page = open_window().page
    state = page.locator("#live-state")
    expect(state).to_have_text("live")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/live", hold)
    with page.expect_request("**/live"):
        pass
    page.get_by_role("button", name="Pause").click()
    expect(state).to_have_text("paused")
    with page.expect_response("**/live") as answered:
        held[0].continue_()
    answered.value.finished()
    page.evaluate("() => new Promise((done) => setTimeout(done, 100))")
    expect(state).to_have_text("paused")


def test_a_page_without_its_stack_is_a_wrong_call() -> None:
    command = [sys.executable, "-m", "alertproof.standins", "page", "--endpoints", "{}"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL)
    assert ended.returncode == 2
    assert "--endpoints: no JSON of the stack's addresses" in ended.stderr
