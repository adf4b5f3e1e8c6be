"""The status page, from a history to its HTML."""

from __future__ import annotations

from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from tests.schedule.making import NOW, gap, planned, run

from alertproof.errors import ConfigError
from alertproof.journeys import find_browser
from alertproof.report.status import Period, render_status_page, write_status_page
from alertproof.schedule.record import Gap, PlannedCheck, ScheduledRun
from alertproof.schedule.store import Store
from alertproof.schedule.wire import Quarantine, Vitals
from alertproof.verdict import Verdict

DAY = timedelta(days=1)
PERIOD = Period(until=NOW + DAY, days=2)
JOURNEY = "synthetics/journeys/test_log_in.py::test_an_agent_logs_in"


def text_of(page: str) -> str:
    words: list[str] = []

    class Words(HTMLParser):
        def handle_data(self, data: str) -> None:
            words.append(data)

    Words().feed(page)
    return " ".join(" ".join(words).replace("\N{NO-BREAK SPACE}", " ").split())


def said(checks: list[PlannedCheck], runs: list[ScheduledRun], gaps: list[Gap] | None = None) -> str:
    return text_of(render_status_page(checks, runs, gaps or [], title="Status of M3CoreCRM", period=PERIOD))


def day_of_runs(**more: object) -> list[ScheduledRun]:
    return [run(minute=minute, **more) for minute in range(24 * 60)]  # type: ignore[arg-type]


def test_what_passes_says_so_with_how_many_runs_it_takes_to_know() -> None:
    page = said([planned()], day_of_runs())

    assert "The check passes" in page
    assert "100 % too few runs to tell objective 99.9 %; 1,440 runs told" in page
    assert "it takes 2,995 runs without a failure to show it" in page
    assert "Latency p50 50 ms of 1,440 runs that passed" in page
    assert "No check failed from enough locations at once." in page


def test_a_check_that_fails_from_two_locations_comes_first_with_its_incident() -> None:
    other = "synthetics/probes/test_leads.py::test_a_lead_is_read[acme]"
    runs = [
        *day_of_runs(check=other),
        *[run(Verdict.FAILED, minute=1439, location=place, reason="refused\nmore") for place in ("dublin", "ohio")],
    ]
    checks = [planned(), planned("ohio"), planned(name=other)]

    page = said(checks, runs)

    assert "Failing: the platform answers" in page
    assert "failing from 2 of 2 locations" in page
    assert page.index("✗ down") < page.index("✓ up")
    assert "a lead is read (acme)" in page
    assert "1 min so far dublin, ohio refused" in page


def test_one_of_two_locations_is_no_incident() -> None:
    runs = [run(Verdict.FAILED, minute=1439), run(minute=1439, location="ohio")]

    page = said([planned(), planned("ohio")], runs)

    assert "failing from 1 of 2 locations" in page
    assert "✗ down" not in page
    assert "No check failed from enough locations at once." in page


def test_silence_is_not_health() -> None:
    page = said([planned()], [run(minute=0)])

    assert "Of 1 of 1 check nobody can tell now" in page
    assert "! unknown" in page


def test_what_is_missing_flaky_broken_or_in_quarantine_is_counted_and_named() -> None:
    known = Quarantine(owner="team-web", until=date(2026, 12, 24), why="the login is being rebuilt")
    quarantined = planned(name=JOURNEY, kind="journey", quarantine=known)
    runs = [
        *day_of_runs(),
        run(minute=1, earlier=("the browser crashed",)),
        run(minute=3, reason="GET /healthz: 700 ms, more than 400 ms"),
        run(Verdict.BROKEN, minute=2, reason="no session"),
        run(Verdict.FAILED, minute=1439, check=JOURNEY, kind="journey", quarantined=True),
    ]

    page = said([planned(), quarantined], runs, [gap(slots=300)])

    assert "1 run passed only after an attempt" in page
    assert "1 run passed degraded, last: GET /healthz: 700 ms, more than 400 ms." in page
    assert "1 run could not tell, last: No session." in page
    assert "300 slots not run: away." in page
    assert "too many runs are missing to tell" in page
    assert "In quarantine until 2026-12-24 (team-web): the login is being rebuilt." in page
    assert "– quarantined" in page


def test_vitals_are_the_75th_percentile_with_their_rating() -> None:
    runs = [
        run(minute=minute, check=JOURNEY, kind="journey", vitals=Vitals(lcp=1000 + 100 * minute, cls=0.3))
        for minute in range(40)
    ]

    page = said([planned(name=JOURNEY, kind="journey")], runs)

    assert "LCP p75 3.9 s needs improvement of 40 runs" in page
    assert "CLS p75 0.3 poor" in page
    assert "INP" not in page


def test_a_failure_is_never_rounded_up_to_a_hundred() -> None:
    runs = [run(Verdict.FAILED), *[run(minute=minute % 1400) for minute in range(200_000)]]

    assert "99.999 %" in said([planned()], runs)


def test_a_text_of_a_platform_stays_a_text() -> None:
    page = render_status_page(
        [planned()],
        [run(Verdict.FAILED, minute=1439, reason="<script>alert(1)</script>")],
        [],
        title="<b>",
        period=PERIOD,
    )

    assert "<script" not in page
    assert "<title>&lt;b&gt;" in page


def test_the_page_of_a_history_is_written_whole(tmp_path: Path) -> None:
    store = Store(tmp_path / "history.sqlite")
    store.plan([planned()], location="dublin", at=NOW)

    assert write_status_page(store, tmp_path / "public" / "status.html", title="Status", period=PERIOD) == 0
    assert "nobody can tell now" in (tmp_path / "public" / "status.html").read_text(encoding="utf-8")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="choose a folder that can be written"):
        write_status_page(store, tmp_path / "file" / "status.html", title="Status", period=PERIOD)
    store.close()


@pytest.mark.needs("browser")
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_asks_nobody_for_anything_and_fits_its_window(tmp_path: Path, width: int) -> None:
    runs = [*day_of_runs(), run(Verdict.FAILED, minute=1439, location="ohio"), run(Verdict.FAILED, minute=1439.5)]
    path = tmp_path / "status.html"
    path.write_text(
        render_status_page([planned(), planned("ohio")], runs, [gap()], title="Status", period=PERIOD), encoding="utf-8"
    )
    asked: list[str] = []
    heard: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser())
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: heard.append(message.text))
        page.goto(path.as_uri())
        wide = page.evaluate("document.documentElement.scrollWidth")
        bars = page.locator("svg.uptime rect").count()
        browser.close()

    assert asked == [path.as_uri()]
    assert heard == []
    assert wide <= width
    assert bars >= 30


def test_a_check_whose_last_run_was_degraded_is_up_and_says_so() -> None:
    late = "GET /leads: 412 ms, more than 300 ms"
    other = "synthetics/probes/test_leads.py::test_a_lead_is_read[acme]"
    runs = [*day_of_runs(check=other), run(minute=1438), run(minute=1439, reason=late)]

    page = said([planned(), planned(name=other)], runs)

    assert "Degraded: the platform answers" in page
    assert page.index("▲ degraded") < page.index("✓ up")
    assert "Checks up 2 of 2 1 degraded" in page
    assert "Degraded:" not in said([planned()], [run(minute=1438, reason=late), run(minute=1439)])
