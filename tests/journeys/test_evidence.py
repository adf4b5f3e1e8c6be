"""What a failed journey leaves, and that no secret is in any of it; a journey that passed leaves nothing."""

from __future__ import annotations

import base64
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from playwright.sync_api import Error

from alertproof.journeys import BrowserHost, Evidence, Journey, find_browser, find_encoder
from alertproof.journeys.browser import _revisions
from alertproof.journeys.evidence import TraceMode
from alertproof.redact import Secret
from alertproof.requirements import JourneyBudget, Span
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from tests.journeys.conftest import JourneyTo, Site

    from alertproof.journal import JourneyJournal

pytestmark = pytest.mark.needs("browser")

PASSWORD = 'Tr0ub4dor&3 "horse"!'
COOKIE = "cookie-of-the-session"
BEARER = "bearer-of-the-api"
NAMED = "a-secret-that-was-named"
#: A login that is careless with what it is given: whatever a page can do to a password, this one does.
CARELESS = """<!doctype html><title>Log in</title><h1>Log in</h1>
<form method="post" action="/login"><label>Password <input type="password" name="password"></label></form>
<button id="go">Log in</button><p id="echo"></p>
<script>
document.getElementById('go').onclick = async () => {
  const password = document.querySelector('input').value;
  console.log('trying', password, btoa('agent:' + password));
  console.error('failed with ' + encodeURIComponent(password) + ' and NAMED');
  document.getElementById('echo').textContent = 'you typed ' + password;
  document.getElementById('echo').title = password;
  localStorage.setItem('password', password);
  const headers = { Authorization: 'Bearer BEARER', 'Content-Type': 'application/json' };
  const body = JSON.stringify({ password });
  await fetch('/api?password=' + encodeURIComponent(password), { method: 'POST', headers, body });
  await fetch('/form', { method: 'POST', body: new URLSearchParams({ password }) });
  setTimeout(() => { throw new Error('no session for ' + password); });
};
</script>""".replace("BEARER", BEARER).replace("NAMED", NAMED)  # fmt: skip


@pytest.fixture(autouse=True)
def pages(site: Site) -> None:
    site.serve("/", CARELESS, headers=(("Set-Cookie", f"session={COOKIE}; HttpOnly; SameSite=Strict"),))
    site.serve("/api", json.dumps({"echo": PASSWORD}), content_type="application/json")
    site.serve("/form", f"<p>{PASSWORD}</p>")
    site.serve("/plain", "<!doctype html><h1>Plain</h1>")


@pytest.fixture
def quick() -> JourneyBudget:
    return JourneyBudget(step=Span(timedelta(milliseconds=800)))


def failed_login(
    journey_to: JourneyTo, budget: JourneyBudget, *, key_by_key: bool = False, trace: TraceMode = "on"
) -> JourneyJournal:
    journey = journey_to(evidence=True, trace=trace, budget=budget)
    journey.keep_secret(Secret(NAMED))
    page = journey.page
    field = page.get_by_label("Password")

    def log_in() -> None:
        with journey.step(f"log in with {PASSWORD}"):
            page.goto("/", timeout=20_000)
            if key_by_key:
                field.press_sequentially(PASSWORD)
            else:
                field.fill(PASSWORD)
            page.get_by_role("button", name="Log in").click()
            page.get_by_text(f"Welcome, {PASSWORD}").wait_for()

    with pytest.raises(Error) as raised:
        log_in()
    return journey.end(raised.value)


def everything(folder: Path) -> dict[str, bytes]:
    """Return all that is kept, and all that is inside of the trace."""
    kept = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with zipfile.ZipFile(next(folder.rglob("trace.zip"))) as trace:
        assert trace.testzip() is None
        return kept | {f"trace.zip/{name}": trace.read(name) for name in trace.namelist()}


def forms(secret: str) -> set[bytes]:
    texts = {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], json.dumps(json.dumps(secret))[1:-1]}
    pieces = {base64.b64encode(b"\0" * pad + secret.encode()).decode()[4:-4] for pad in range(3)}
    return {text.encode() for text in texts | pieces}


@pytest.mark.parametrize("key_by_key", [False, True], ids=["filled", "key-by-key"])
def test_a_failed_login_leaves_its_evidence_and_not_one_secret(
    journey_to: JourneyTo, quick: JourneyBudget, tmp_path: Path, key_by_key: bool
) -> None:
    journal = failed_login(journey_to, quick, key_by_key=key_by_key)

    assert journal.verdict is Verdict.FAILED
    assert [artifact.kind for artifact in journal.artifacts] == [
        "trace",
        "console",
        "har",
    ]  # the page shows the password
    assert all((tmp_path / artifact.path).is_file() for artifact in journal.artifacts)
    kept = everything(tmp_path)
    for secret in (PASSWORD, COOKIE, BEARER, NAMED):
        for form in forms(secret):
            assert not [name for name, raw in kept.items() if form in raw], (secret, form)
            assert form.decode() not in repr(journal)
    assert "log in with ***" in journal.steps[0].name
    assert "Error: no session for ***" in journal.reason


def test_a_password_of_a_page_that_is_left_is_known_though_no_name_tells_of_it(
    journey_to: JourneyTo, site: Site, quick: JourneyBudget, tmp_path: Path
) -> None:
    form = '<form action="/plain"><label>PIN <input type="password" name="p"></label><button>Go</button></form>'
    site.serve("/pin", f"<!doctype html><h1>PIN</h1>{form}")
    journey = journey_to(evidence=True, trace="on", budget=quick)
    with journey.step("log in"):
        journey.page.goto("/pin", timeout=20_000)
        journey.page.get_by_label("PIN").fill(PASSWORD)
        journey.page.get_by_role("button", name="Go").click()
        journey.page.get_by_role("heading", name="Plain").wait_for()

    journey.end(AssertionError("no welcome"))

    kept = everything(tmp_path)
    for written in forms(PASSWORD):
        assert not [name for name, raw in kept.items() if written in raw]


FIELD = '<label>PIN <input type="password" name="p"></label>'
COMPONENT = f"document.currentScript.parentElement.attachShadow({{mode: 'open'}}).innerHTML = `{FIELD}`"


@pytest.mark.parametrize(
    "page",
    [
        f'<form action="OTHER/plain">{FIELD}<button>Go</button></form>',
        f"""<iframe srcdoc='{FIELD}'></iframe><form action="/plain"><button>Go</button></form>""",
        f'<div><script>{COMPONENT}</script></div><form action="/plain"><button>Go</button></form>',
    ],
    ids=["left-for-another-site", "in-a-frame", "in-a-component"],
)
def test_a_password_is_known_wherever_it_is_typed(
    journey_to: JourneyTo, site: Site, quick: JourneyBudget, tmp_path: Path, page: str
) -> None:
    other = site.url.replace("127.0.0.1", "localhost")  # another origin: it shares no storage with the first
    site.serve("/pin", f"<!doctype html><h1>PIN</h1>{page.replace('OTHER', other)}")
    journey = journey_to(evidence=True, trace="on", budget=quick)
    tab = journey.page
    with journey.step("log in"):
        tab.goto("/pin", timeout=20_000)
        frame = tab.frame_locator("iframe") if "iframe" in page else tab
        frame.get_by_label("PIN").fill(PASSWORD, timeout=20_000)
        tab.get_by_role("button", name="Go").click()
        tab.get_by_role("heading", name="Plain").wait_for(timeout=20_000)

    journey.end(AssertionError("no welcome"))

    kept = everything(tmp_path)
    for written in forms(PASSWORD):
        assert not [name for name, raw in kept.items() if written in raw]


def test_the_password_in_the_address_of_a_target_is_in_nothing(
    journey_to: JourneyTo, quick: JourneyBudget, tmp_path: Path
) -> None:
    journey = journey_to(evidence=True, trace="on", budget=quick, base_url="http://agent:basic%2Bpass@127.0.0.1:1025")
    with pytest.raises(Error) as raised, journey.step("open"):
        journey.page.goto("/", timeout=20_000)

    journal = journey.end(raised.value)

    assert "was not answered: ERR_CONNECTION_REFUSED" in journal.reason
    for written in ("basic%2Bpass", "basic+pass"):
        assert written not in repr(journal)
        assert not [name for name, raw in everything(tmp_path).items() if written.encode() in raw]


def test_the_trace_still_opens_and_shows_the_steps(journey_to: JourneyTo, quick: JourneyBudget, tmp_path: Path) -> None:
    failed_login(journey_to, quick)

    kept = everything(tmp_path)
    events = [json.loads(line) for line in kept["trace.zip/trace.trace"].splitlines()]
    assert events[0]["type"] == "context-options"
    titles = [
        event.get("title") or event.get("params", {}).get("name") for event in events if event["type"] == "before"
    ]
    assert "log in with ***" in titles
    assert any(event["type"] == "frame-snapshot" for event in events)
    assert not any(name.endswith(".jpeg") for name in kept)  # taking pictures would slow what is measured
    requests = [json.loads(line)["snapshot"]["request"]["url"] for line in kept["trace.zip/trace.network"].splitlines()]
    assert any(url.endswith("/api?password=***") for url in requests)
    assert any(b"def failed_login" in raw for name, raw in kept.items() if name.startswith("trace.zip/src/"))


def test_a_film_of_the_journey_is_there_where_it_is_asked_for(
    journey_to: JourneyTo, quick: JourneyBudget, tmp_path: Path
) -> None:
    failed_login(journey_to, quick, trace="film")

    assert any(name.endswith(".jpeg") for name in everything(tmp_path))


def test_the_console_tells_what_was_said_when_and_where(
    journey_to: JourneyTo, quick: JourneyBudget, tmp_path: Path
) -> None:
    failed_login(journey_to, quick)

    lines = everything(tmp_path)["console.txt"].decode().splitlines()
    assert [line.split("  ")[-2] for line in map(str.strip, lines)] == ["console.log", "console.error", "uncaught"]
    assert "step" not in lines[0]
    assert "log in with ***  console.log  trying *** " in lines[0]
    assert "failed with *** and ***" in lines[1]


def test_a_passed_journey_leaves_nothing_and_takes_away_what_an_earlier_one_left(
    journey_to: JourneyTo, quick: JourneyBudget, tmp_path: Path
) -> None:
    failed_login(journey_to, quick)
    other = tmp_path / "artifacts" / "other"
    other.mkdir()

    journey = journey_to(evidence=True, trace="on")
    with journey.step("open"):
        journey.page.goto("/plain", timeout=20_000)

    assert journey.end().artifacts == ()
    assert [path.name for path in (tmp_path / "artifacts").iterdir()] == ["other"]


def test_without_a_trace_the_rest_is_kept_and_as_clean(
    journey_to: JourneyTo, site: Site, quick: JourneyBudget, tmp_path: Path
) -> None:
    site.serve("/", CARELESS, headers=(("Set-Cookie", f"session={COOKIE}; HttpOnly"),))
    journey = journey_to(evidence=True, trace="off", budget=quick)
    with journey.step("open"):
        journey.page.goto("/", timeout=20_000)
        journey.page.get_by_label("Password").fill(PASSWORD)
    journey.page.evaluate("console.error(document.querySelector('input').value)")
    journey.page.wait_for_timeout(50)

    journal = journey.end()

    assert [artifact.kind for artifact in journal.artifacts] == ["screenshot", "console"]
    assert "no error is in the console; last seen: ***" in journal.reason
    assert PASSWORD not in next(tmp_path.rglob("console.txt")).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("shows", "kept"),
    [
        ("<p>it is NAMED</p>", []),
        ("<input value=NAMED>", []),
        ("<iframe srcdoc='<p>NAMED</p>'></iframe>", []),
        ("<input type=password value=NAMED>", ["screenshot"]),
        ("<p style='text-transform: uppercase'>it is NAMED</p>", []),
        ("<p>it is not told</p>", ["screenshot"]),
        ("<input type=hidden value=NAMED>", ["screenshot"]),
        ("<script type=application/json>NAMED</script>", ["screenshot"]),
        ("<p hidden>NAMED</p>", ["screenshot"]),
        ("<p>it is a-cooki</p>", ["screenshot"]),
        ("<p>it is a-cookie</p>", []),
    ],
)
def test_of_a_page_that_shows_a_secret_in_clear_no_picture_is_kept(
    journey_to: JourneyTo, site: Site, quick: JourneyBudget, shows: str, kept: list[str]
) -> None:
    site.serve("/shows", f"<!doctype html><h1>Account</h1>{shows.replace('NAMED', NAMED)}")
    journey = journey_to(evidence=True, trace="off", budget=quick)
    journey.keep_secret(Secret(NAMED), "a-cooki", "a-cookie")
    with journey.step("open"):
        journey.page.goto("/shows", timeout=20_000)

    journal = journey.end(AssertionError("no balance"))

    assert [artifact.kind for artifact in journal.artifacts] == kept
    assert journey.missing == (() if kept else ("no screenshot and no video: the page shows a secret in clear",))


def test_without_a_trace_what_a_request_authorised_itself_by_is_known_all_the_same(
    journey_to: JourneyTo, site: Site, quick: JourneyBudget, tmp_path: Path
) -> None:
    site.serve("/", "<!doctype html><h1>App</h1>")
    journey = journey_to(evidence=True, trace="off", budget=quick)
    with journey.step("open"):
        journey.page.goto("/", timeout=20_000)
        headers = f"{{headers: {{Authorization: 'Bearer {BEARER}', 'X-Api-Key': '{NAMED}'}}}}"
        journey.page.evaluate(f"fetch('/api', {headers}).then(() => console.error('no right: {BEARER} {NAMED}'))")

    journal = journey.end()

    assert "no error is in the console; last seen: step 'open', no right: *** ***" in journal.reason
    assert BEARER not in next(tmp_path.rglob("console.txt")).read_text(encoding="utf-8")


def test_a_secret_too_short_to_strike_out_costs_the_trace_and_is_said(
    journey_to: JourneyTo, quick: JourneyBudget, tmp_path: Path
) -> None:
    journey = journey_to(evidence=True, trace="on", budget=quick)
    journey.keep_secret("abc")
    page = journey.page
    page.goto("/plain", timeout=20_000)

    journal = journey.end()

    assert journal.verdict is Verdict.BROKEN
    assert [artifact.kind for artifact in journal.artifacts] == ["screenshot"]
    assert journey.missing == ("no trace: a secret of fewer than 4 characters cannot be struck out of it",)


def test_evidence_of_a_lost_page_is_what_there_is(journey_to: JourneyTo, quick: JourneyBudget) -> None:
    journey = journey_to(evidence=True, trace="on", budget=quick)
    page = journey.page
    page.goto("/plain", timeout=20_000)
    with pytest.raises(Error):
        page.goto("chrome://crash")

    journal = journey.end()

    assert journal.verdict is Verdict.BROKEN
    assert "screenshot" not in [artifact.kind for artifact in journal.artifacts]
    assert any(text.startswith("no screenshot: ") for text in journey.missing)


def test_scratch_files_are_removed(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path, "test", trace="off", video=False)
    scratch = evidence._scratch
    assert scratch.is_dir()

    evidence.discard()
    evidence.discard()

    assert not scratch.exists()


#: Takes the pictures that it is given and writes them where it is told, as Playwright's own encoder does.
ENCODER = """#!/bin/sh
for last; do :; done
exec cat > "$last"
"""


def test_a_video_is_kept_where_playwright_has_an_encoder(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = tmp_path / "registry"
    encoder = registry / f"ffmpeg-{_revisions()['ffmpeg']}" / "ffmpeg-linux"
    encoder.parent.mkdir(parents=True)
    encoder.write_text(ENCODER, encoding="utf-8")
    encoder.chmod(0o755)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(registry))
    assert find_encoder() == encoder
    host = BrowserHost(find_browser())
    with host.browser() as browser:
        journey = Journey(
            browser,
            check="test_it.py::test_it",
            target="local",
            base_url=site.url,
            browser_name="chromium",
            budget=JourneyBudget(),
            context_args={},
            evidence=Evidence(tmp_path, "test_it.py::test_it", trace="off", video=True),
        )
        with journey.step("open"):
            journey.page.goto("/plain", timeout=20_000)

        journal = journey.end(AssertionError("assert 3 == 4"))
    host.close()

    assert [artifact.kind for artifact in journal.artifacts] == ["screenshot", "video"]
    assert (tmp_path / journal.artifacts[1].path).name == "video.webm"
