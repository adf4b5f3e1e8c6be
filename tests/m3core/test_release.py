from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, final

import pytest

from m3core.__main__ import main
from m3core.release import Release, load_vendors
from m3core.settings import SettingsError

SENTRY = {"SENTRY_AUTH_TOKEN": "hush", "SENTRY_ORG": "o", "SENTRY_PROJECT": "p"}


@final
class Vendor:
    """A vendor's HTTP side: keeps what it is sent, and answers each path as it is told to."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, int] = {}
        self.url = ""


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    told = Vendor()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.received.append((self.path, json.loads(body)))
            self.send_response(told.answers.get(self.path, 202))
            self.end_headers()
            self.wfile.write(b"so it is")

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def configured(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    """All three vendors are at one address."""
    settings = {
        **SENTRY,
        "SENTRY_URL": vendor.url,
        "DD_API_KEY": "key",
        "DATADOG_HOST": vendor.url,
        "PAGERDUTY_ROUTING_KEY": "route",
        "PAGERDUTY_EVENTS_URL": vendor.url,
        "M3CORE_ENVIRONMENT": "staging",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return vendor


def test_all_are_told_and_none_twice(configured: Vendor) -> None:
    assert main(["release", "--version", "1.2.3"]) == 0
    assert [path for path, _ in configured.received] == [
        "/api/0/organizations/o/releases/",
        "/api/0/organizations/o/releases/m3core@1.2.3/deploys/",
        "/api/v1/events",
        "/v2/change/enqueue",
    ]
    made, deploy, event, change = (body for _, body in configured.received)
    assert (made["version"], made["projects"], deploy["environment"]) == ("m3core@1.2.3", ["p"], "staging")
    assert {"env:staging", "version:1.2.3", "service:m3core-api"} <= set(event["tags"])
    assert change["routing_key"] == "route"
    assert change["payload"]["summary"] == "M3CoreCRM 1.2.3 deployed to staging"


@pytest.mark.parametrize("status", [401, 500])
def test_a_vendor_that_refuses_is_named_and_the_others_are_told(
    configured: Vendor, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    configured.answers["/api/v1/events"] = status
    assert main(["release", "--version", "1.2.3"]) == 1
    said = capsys.readouterr()
    assert said.err == (
        f"Datadog: m3core@1.2.3 is not marked: {configured.url}/api/v1/events answered {status} so it is\n"
    )
    assert [line.partition(":")[0] for line in said.out.splitlines()] == ["Sentry", "PagerDuty"]


def test_a_vendor_that_does_not_answer_is_named(
    configured: Vendor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAGERDUTY_EVENTS_URL", "http://127.0.0.1:9")
    assert main(["release", "--version", "1.2.3"]) == 1
    assert "PagerDuty: m3core@1.2.3 is not marked: [Errno 111] Connection refused" in capsys.readouterr().err
    assert len(configured.received) == 3


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({}, "nobody is to be told of the release; set SENTRY_AUTH_TOKEN"),
        ({"DD_API_KEY": " "}, "nobody is to be told of the release"),
        ({"SENTRY_AUTH_TOKEN": "hush", "SENTRY_ORG": "o"}, "SENTRY_AUTH_TOKEN is set; set SENTRY_PROJECT as well"),
        ({"SENTRY_AUTH_TOKEN": "hush", "DD_API_KEY": "k"}, "set SENTRY_ORG and SENTRY_PROJECT as well"),
    ],
)
def test_a_release_that_nobody_or_half_a_vendor_is_told_of_is_refused(
    environment: dict[str, str], problem: str
) -> None:
    with pytest.raises(SettingsError, match=problem) as caught:
        load_vendors(environment)
    assert "hush" not in str(caught.value)


def test_each_vendor_is_optional_and_its_address_has_a_default() -> None:
    only_datadog = load_vendors({"DD_API_KEY": "k", "DD_SITE": "datadoghq.eu"})
    assert only_datadog.datadog is not None
    assert (only_datadog.datadog.url, only_datadog.sentry, only_datadog.pagerduty) == (
        "https://api.datadoghq.eu",
        None,
        None,
    )
    others = load_vendors({**SENTRY, "PAGERDUTY_ROUTING_KEY": "r"})
    assert others.sentry is not None
    assert others.pagerduty is not None
    assert (others.sentry.url, others.pagerduty.url) == ("https://sentry.io", "https://events.pagerduty.com")
    assert "hush" not in repr(others)


def test_a_release_needs_to_be_somewhere(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("M3CORE_ENVIRONMENT", raising=False)
    assert main(["release", "--version", "1.2.3"]) == 2
    assert "give --environment or set M3CORE_ENVIRONMENT" in capsys.readouterr().err


@pytest.mark.parametrize("version", ["1.2.3", "m3core@1.2.3"])
def test_a_version_may_be_given_with_or_without_its_project(version: str) -> None:
    release = Release(version=version, environment="prod")
    assert (release.name, release.number) == ("m3core@1.2.3", "1.2.3")
