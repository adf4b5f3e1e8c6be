"""What a page tells a browser's instruments, and what the web service reports about itself."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.m3core.conftest import Platform
    from tests.m3core.web.conftest import Web

ROOT = Path(__file__).parents[3]
#: As the build leaves it; what is in it is for test_browser.py.
BUILT = "console.log('the instruments')"
REPORTED_TO = {
    "M3CORE_RUM_URL": "https://rum.example:8443/",
    "M3CORE_RUM_TOKEN": "pub0123456789abcdef",
    "M3CORE_RUM_APPLICATION": "6d336372-6d00-4000-8000-77656200c0de",
    "M3CORE_BROWSER_DSN": "https://0123456789abcdef@errors.example/7",
}


def copied(folder: Path, *, built: bool) -> Path:
    """Return a path to a copy of the platform, with the browser's instruments or without."""
    shutil.copytree(ROOT / "src" / "m3core", folder / "m3core", ignore=shutil.ignore_patterns("__pycache__", "build"))
    if built:
        path = folder / "m3core" / "web" / "static" / "build"
        path.mkdir()
        (path / "instrument.js").write_text(BUILT, encoding="utf-8")
    return folder


@pytest.fixture
def reporting(platform: Platform, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a web service that tells browsers where to report to."""
    more = REPORTED_TO | {"M3CORE_API_URL": platform.url, "PYTHONPATH": str(copied(tmp_path, built=True))}
    with (
        (tmp_path / "log").open("w") as log,
        platform.command("web", "--port", "0", log=log, **more) as command,
        httpx.Client(base_url=command.ready["m3core_web"]) as client,
    ):
        yield client


def test_a_page_tells_where_to_report_to_and_allows_that_alone(reporting: httpx.Client) -> None:
    answer = reporting.get("/login", headers={"X-Correlation-Id": "page-7"})
    told = json.loads(answer.text.split('id="m3core-page">')[1].split("</script>")[0])
    assert told["rum"] == {
        "application": REPORTED_TO["M3CORE_RUM_APPLICATION"],
        "token": REPORTED_TO["M3CORE_RUM_TOKEN"],
        "url": "https://rum.example:8443",
    }
    assert told["sentry"] == {"dsn": REPORTED_TO["M3CORE_BROWSER_DSN"]}
    assert (told["service"], told["env"], told["version"], told["tenant"]) == ("m3core-web", "drill", "1.2.3", "none")
    assert (told["environment"], told["release"]) == ("drill", "m3core@1.2.3")
    assert told["correlation_id"] == answer.headers["X-Correlation-Id"] == "page-7"
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self' https://errors.example https://rum.example:8443"


def test_the_address_of_the_instruments_answers(reporting: httpx.Client) -> None:
    address = reporting.get("/login").text.split('<script type="module" src="')[1].split('"')[0]
    answer = reporting.get(address)
    assert answer.text == BUILT
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"


def test_without_the_instruments_the_pages_work_and_the_log_says_so_in_one_line(
    platform: Platform, tmp_path: Path
) -> None:
    more = REPORTED_TO | {"M3CORE_API_URL": platform.url, "PYTHONPATH": str(copied(tmp_path, built=False))}
    with (tmp_path / "log").open("w") as log, platform.command("web", "--port", "0", log=log, **more) as command:
        answer = httpx.get(f"{command.ready['m3core_web']}/login")
    assert answer.status_code == 200
    assert "<script" not in answer.text
    lines = [json.loads(line) for line in (tmp_path / "log").read_text(encoding="utf-8").splitlines()]
    assert [line["message"] for line in lines if line["level"] == "warning"] == [
        "the browser's instruments are not built: run .ci/frontend.sh, which needs npm"
    ]


def test_who_is_told_no_address_gets_no_script(visitor: httpx.Client) -> None:
    assert "<script" not in visitor.get("/login").text


@pytest.fixture
def mark() -> str:
    """A correlation id that no other test uses."""
    return f"test-{uuid.uuid4().hex}"


def test_a_page_is_counted_and_timed_with_its_tags(web: Web, session: httpx.Client) -> None:
    own = ("page:/leads/:id", "method:get", "status_class:4xx", "tenant:globex")
    assert session.get("/leads/999999999").status_code == 404
    counted = web.platform.points_of("web.requests", *own)[0]
    assert (counted.kind, counted.value) == ("c", 1)
    assert counted.tags == {"env:drill", "service:m3core-web", "version:1.2.3", *own}
    timed = web.platform.points_of("web.request.duration", *own)[0]
    assert (timed.kind, timed.tags) == ("d", counted.tags)


def test_a_made_up_session_makes_no_tenant_of_its_own(web: Web, visitor: httpx.Client) -> None:
    body = "WyJldmlsY29ycCIsMSw5OTk5OTk5OTk5XQ"  # ["evilcorp",1,9999999999]
    visitor.cookies.set("m3core_session", f"{body}.forged", domain="127.0.0.1")
    assert visitor.get("/leads").headers["Location"] == "/login"
    web.platform.points_of("web.requests", "page:/leads", "tenant:none", "status_class:3xx")
    assert not [p for p in web.platform.points.now() if "tenant:evilcorp" in p.tags]


def test_files_and_health_checks_are_no_pages(web: Web, visitor: httpx.Client) -> None:
    visitor.get("/healthz")
    visitor.get("/static/m3core.css")
    visitor.get("/made-up-page")
    web.platform.points_of("web.requests", "page:unmatched")
    pages = {tag for p in web.platform.points.now() for tag in p.tags if tag.startswith("page:")}
    assert not [page for page in pages if "static" in page or "healthz" in page or "made-up" in page]


def test_one_correlation_id_and_one_trace_are_in_the_logs_of_both_services(
    web: Web, session: httpx.Client, mark: str
) -> None:
    session.get("/leads", headers={"X-Correlation-Id": mark})
    [own] = web.log_lines(mark)
    api = web.platform.log_lines(mark)[-1]
    assert (own["service"], own["tenant"], own["endpoint"]) == ("m3core-web", "globex", "/leads")
    assert (api["service"], api["endpoint"]) == ("m3core-api", "/api/leads")
    assert own["dd.trace_id"] == api["dd.trace_id"] != "0"


def test_a_trace_that_a_browser_began_goes_on_in_both(web: Web, session: httpx.Client, mark: str) -> None:
    trace = uuid.uuid4().hex
    session.get("/leads", headers={"X-Correlation-Id": mark, "traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert web.log_lines(mark)[0]["dd.trace_id"] == web.platform.log_lines(mark)[0]["dd.trace_id"] == trace
