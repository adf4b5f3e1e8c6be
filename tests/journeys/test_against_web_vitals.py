"""Our vitals and those of the web-vitals library, of the same page load: the same within a millisecond."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alertproof.journal import PageSeen

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.journeys.conftest import JourneyTo, Site

    from alertproof.journeys import Journey

pytestmark = pytest.mark.needs("browser")

LIBRARY = Path(__file__).parents[1] / "data" / "web-vitals" / "web-vitals.iife.js"
#: What the library has said so far, by the metric's name; it hears of the same events as we do.
REPORT = """
window.told = {};
const all = { reportAllChanges: true, durationThreshold: 16 };
for (const name of ['onCLS', 'onFCP', 'onINP', 'onLCP', 'onTTFB'])
  webVitals[name](({ name, value }) => { window.told[name] = value; }, all);
"""
#: The same of the route changes, by their path.
REPORT_ROUTES = """
window.routes = {};
const routes = { ...all, reportSoftNavs: true };
for (const name of ['onCLS', 'onFCP', 'onINP', 'onLCP', 'onTTFB'])
  webVitals[name](({ name, value, navigationType, navigationURL }) => {
    if (navigationType !== 'soft-navigation') return;
    const { pathname } = new URL(navigationURL, location.href);
    (window.routes[pathname] ??= {})[name] = value;
  }, routes);
"""
#: With a remark of some length: a picture of few bytes for its size is no largest paint to the browser.
HERO = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="500"><rect width="900" height="500" fill="teal"/>'
    f"<!-- {'remark ' * 1000} --></svg>"
)
BUSY = "const busy = (ms) => { const until = performance.now() + ms; while (performance.now() < until); };"
STATIC = """<!doctype html><title>Static</title><h1>A page with a late picture</h1>
<img id="hero" src="/hero.svg" width="900" height="500" alt="the hero"><button>Read on</button>"""
SHIFTING = f"""<!doctype html><title>Shifting</title><h1>A page that shifts</h1><p>Some text to be pushed down.</p>
<button onclick="busy(120); this.textContent = 'Done'">Work</button>
<script>
{BUSY}
const push = (height, after) => setTimeout(() => {{
  const box = document.createElement('div');
  box.style.height = height + 'px';
  document.body.prepend(box);
}}, after);
push(120, 100);
push(60, 250);
push(200, 1500);
</script>"""
APP = f"""<!doctype html><title>App</title><div id="app">loading</div>
<button id="more">More</button><button id="quick">Quick</button><input aria-label="Filter">
<script>
{BUSY}
const app = document.getElementById('app');
const add = (text) => app.insertAdjacentHTML('beforeend', `<p>${{text}} and a good deal of text to paint</p>`);
fetch('/data').then((answer) => answer.json()).then((rows) => {{
  app.innerHTML = '<h2>Rows</h2>';
  rows.forEach(add);
}});
document.getElementById('more').onclick = () => {{ busy(60); add('one more'); }};
document.getElementById('quick').onclick = () => {{ document.title = 'quick'; }};
document.querySelector('input').oninput = () => busy(35);
</script>"""

ROUTES = f"""<!doctype html><title>Routes</title><main id="view"><h1>The first view, of one line</h1></main>
<button id="next">Next</button>
<script>
{BUSY}
document.getElementById('next').onclick = () => {{
  busy(70);
  history.pushState(null, '', '/routes/next');
  document.getElementById('view').innerHTML = '<h1>The next view</h1><p>' + 'much more to paint '.repeat(80) + '</p>';
}};
</script>"""
VIEWS = f"""<!doctype html><title>Views</title><button id="second">Second</button><button id="work">Work</button>
<button id="third">Third</button><main><h1>The first view, of one line</h1></main>
<script>
{BUSY}
const show = (name) => {{
  history.pushState(null, '', `/views/${{name}}`);
  const text = '<p>' + `all that is new in the ${{name}} one `.repeat(60) + '</p>';
  document.querySelector('main').innerHTML = `<h1>The ${{name}} view</h1>${{text}}`;
}};
document.getElementById('second').onclick = () => {{
  busy(40);
  show('second');
  setTimeout(() => {{ document.querySelector('main').style.marginTop = '150px'; }}, 700);
}};
document.getElementById('work').onclick = () => {{ busy(120); document.title = 'worked'; }};
document.getElementById('third').onclick = () => show('third');
</script>"""
EMPTY = "<!doctype html><title>Empty</title>"


#: Each page is held against the library so many times; the nightly proof takes the rest of them.
RUNS = [pytest.param(number, marks=() if number <= 2 else pytest.mark.prove) for number in range(1, 21)]


@pytest.fixture(params=RUNS)
def journey(journey_to: JourneyTo, site: Site) -> Journey:
    site.serve("/static", STATIC)
    site.serve("/hero.svg", HERO, content_type="image/svg+xml", delay=0.4)
    site.serve("/shifting", SHIFTING, delay=0.15)
    site.serve("/app", APP)
    site.serve("/routes", ROUTES)
    site.serve("/views", VIEWS)
    site.serve("/empty", EMPTY)
    site.serve("/data", "[1,2,3,4,5,6]", content_type="application/json", delay=0.25)
    begun = journey_to()
    begun.context.add_init_script(LIBRARY.read_text(encoding="utf-8") + REPORT + REPORT_ROUTES)
    return begun


def told_by_the_library(page: Page, names: int = 4) -> dict[str, float]:
    """Return the library's values once it has told so many and no longer changes one: it waits for idle moments."""
    told: dict[str, float] = {}
    for _ in range(60):
        before = told
        page.wait_for_timeout(300)
        told = page.evaluate("({ ...window.told })")
        if told == before and len(told) >= names:
            break
    return told


def assert_the_same(ours: PageSeen, theirs: dict[str, float], *, interacted: bool) -> None:
    spans = {"TTFB": ours.ttfb, "FCP": ours.fcp, "LCP": ours.lcp, "INP": ours.inp}
    expected = {"TTFB", "FCP", "LCP", "CLS"} | ({"INP"} if interacted else set())
    assert set(theirs) == expected
    for name in expected - {"CLS"}:
        span = spans[name]
        assert span is not None, name
        assert span.total_seconds() * 1000 == pytest.approx(theirs[name], abs=1), name
    assert ours.cls == pytest.approx(theirs["CLS"], abs=0.001)


def test_a_static_page_with_a_late_picture(journey: Journey) -> None:
    with journey.step("open"):
        journey.page.goto("/static")
    theirs = told_by_the_library(journey.page)

    (page,) = journey.end().pages

    assert_the_same(page, theirs, interacted=False)
    assert page.lcp is not None
    assert page.lcp.total_seconds() > 0.4
    assert page.lcp_element == "img#hero"
    assert page.lcp_parts is not None
    assert page.ttfb is not None
    assert page.lcp_parts.load_time.total_seconds() > 0.4
    whole = page.ttfb + page.lcp_parts.load_delay + page.lcp_parts.load_time + page.lcp_parts.render_delay
    assert whole.total_seconds() == pytest.approx(page.lcp.total_seconds(), abs=0.001)
    assert [(one.type, one.party, one.count) for one in page.resources] == [("image", "first", 1)]
    assert page.resources[0].bytes > len(HERO)
    assert page.resources[0].duration.total_seconds() > 0.4


def test_a_page_that_shifts_and_a_slow_click(journey: Journey) -> None:
    with journey.step("open"):
        journey.page.goto("/shifting")
        journey.page.wait_for_timeout(1800)
    with journey.step("work"):
        journey.page.get_by_role("button", name="Work").click()
    theirs = told_by_the_library(journey.page, names=5)

    (page,) = journey.end().pages

    assert_the_same(page, theirs, interacted=True)
    assert page.cls is not None
    assert page.cls > 0.01
    assert page.inp is not None
    assert 0.12 <= page.inp.total_seconds() < 1  # the library above says how long exactly
    assert page.inp_parts is not None
    assert page.inp_parts.processing_duration.total_seconds() >= 0.119
    whole = page.inp_parts.input_delay + page.inp_parts.processing_duration + page.inp_parts.presentation_delay
    assert whole == page.inp
    assert page.long_tasks >= 1
    assert page.ttfb is not None
    assert page.ttfb.total_seconds() > 0.15


def test_an_app_that_fetches_and_several_interactions(journey: Journey) -> None:
    with journey.step("open"):
        journey.page.goto("/app")
        journey.page.get_by_role("heading", name="Rows").wait_for()
    with journey.step("use"):
        journey.page.get_by_role("button", name="Quick").click()
        for _ in range(3):
            journey.page.get_by_role("button", name="More").click()
        journey.page.get_by_label("Filter").press_sequentially("abc")
    theirs = told_by_the_library(journey.page, names=5)

    (page,) = journey.end().pages

    assert_the_same(page, theirs, interacted=True)
    assert page.inp is not None
    assert page.inp.total_seconds() >= 0.056
    assert page.unmeasured == 0


def test_a_route_change_is_a_page_of_its_own_and_belongs_to_the_document_too(journey: Journey) -> None:
    with journey.step("open"):
        journey.page.goto("/routes")
    with journey.step("go on"):
        journey.page.get_by_role("button", name="Next").click()
        journey.page.get_by_role("heading", name="The next view").wait_for()
        journey.page.wait_for_url("**/routes/next")
    theirs = told_by_the_library(journey.page, names=5)
    their_routes = journey.page.evaluate("window.routes")

    page, change = journey.end().pages

    assert_the_same(page, theirs, interacted=True)
    assert (page.soft, change.soft, change.path, change.step) == (False, True, "/routes/next", "go on")
    assert_the_same_route(change, their_routes["/routes/next"])
    assert change.fcp is not None
    assert change.fcp.total_seconds() >= 0.064
    assert page.inp is not None
    assert page.inp.total_seconds() >= 0.064


def test_several_views_of_an_app_each_with_its_own_shifts_and_clicks(journey: Journey) -> None:
    """The second view shifts and is clicked on, the third is quick and is left alone."""
    page = journey.page
    with journey.step("open"):
        page.goto("/views")
    with journey.step("second"):
        page.get_by_role("button", name="Second").click()
        page.get_by_role("heading", name="The second view").wait_for()
        page.wait_for_timeout(1000)  # what comes within half a second of a click is no shift
    with journey.step("use"):
        page.get_by_role("button", name="Work").click()
    with journey.step("third"):
        page.get_by_role("button", name="Third").click()
        page.get_by_role("heading", name="The third view").wait_for()
    told_by_the_library(page, names=5)
    theirs = page.evaluate("window.routes")

    _, second, third = journey.end().pages

    assert [(one.path, one.step) for one in (second, third)] == [("/views/second", "second"), ("/views/third", "third")]
    assert second.cls is not None
    assert second.cls > 0.01
    assert second.inp is not None
    assert second.inp.total_seconds() >= 0.112
    assert third.cls == 0.0
    for ours in (second, third):
        assert_the_same_route(ours, theirs[ours.path])


def assert_the_same_route(ours: PageSeen, theirs: dict[str, float]) -> None:
    """Hold a route change against the library, which calls the first byte 0: there is none."""
    spans = {"FCP": ours.fcp, "LCP": ours.lcp, "INP": ours.inp}
    assert theirs["TTFB"] == 0
    assert ours.ttfb is None
    for name, span in spans.items():
        if name == "INP" and span is None:
            assert theirs.get(name, 8) == 8, name  # its word for: too quick to be told
            continue
        assert span is not None, name
        assert span.total_seconds() * 1000 == pytest.approx(theirs[name], abs=1), name
    assert ours.cls == pytest.approx(theirs.get("CLS", 0.0), abs=0.001)


def test_of_a_page_that_paints_nothing_both_tell_the_first_byte_alone(journey: Journey) -> None:
    """The library starts CLS at the first paint, LCP and INP have no entry: there is nothing to tell, nor with us."""
    with journey.step("open"):
        journey.page.goto("/empty")
    theirs = told_by_the_library(journey.page, names=1)

    (page,) = journey.end().pages

    assert set(theirs) == {"TTFB"}
    assert page.ttfb is not None
    assert page.ttfb.total_seconds() * 1000 == pytest.approx(theirs["TTFB"], abs=1)
    assert (page.fcp, page.lcp, page.cls, page.inp) == (None, None, None, None)
