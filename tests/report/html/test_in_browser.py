"""The page in a real browser: whole, silent, without a request, at any width."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from alertproof.journeys import find_browser
from alertproof.report import Report, write_report

replace = msgspec.structs.replace

pytestmark = pytest.mark.needs("browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=find_browser())
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def opened(page: Page, report: Report, folder: Path) -> tuple[list[str], list[str]]:
    """Open the report; return what it asked for and what the console said."""
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(write_report(report, folder).html.as_uri())
    return asked, said


def test_the_page_asks_for_nothing_but_itself_and_logs_nothing(page: Page, everything: Report, tmp_path: Path) -> None:
    asked, said = opened(page, everything, tmp_path)

    assert len(asked) == 1
    assert said == []


def test_every_drill_has_its_drawing_and_its_words(page: Page, mixed: Report, tmp_path: Path) -> None:
    opened(page, mixed, tmp_path)

    assert page.locator("figure svg").count() == len(mixed.drills) - 1  # a drill that was broken at once has none
    for drill in mixed.drills:
        assert (
            page.get_by_role("heading", name=drill.specified.replace(" ", "\u00a0"))
            .or_(page.get_by_text(drill.specified))
            .count()
        )


def test_every_kind_has_its_drawings(page: Page, everything: Report, tmp_path: Path) -> None:
    assert everything.started is not None
    write_report(replace(everything, started=replace(everything.started, run="before")), tmp_path)
    opened(page, everything, tmp_path)

    requests = sum(len(probe.runs) for probe in everything.probes)
    assert page.locator("figure svg").count() == 3 + len(everything.journeys) + len(everything.loads)
    assert page.locator(".probes svg.bar").count() == 2 * requests
    assert page.locator("svg.chart").count() == sum(
        bool(one.lines) for look in everything.telemetry for one in look.widgets
    )
    assert page.locator("svg.runs").count() == len({journal.check for journal in everything.journals}) + 1
    names = page.get_by_role("img").all()
    assert names
    assert all(image.evaluate("svg => svg.querySelector('title').textContent") for image in names)


@pytest.mark.parametrize("width", [360, 400, 900, 901, 981, 1280])
def test_the_page_fits_its_width_and_nothing_is_cut_off(
    page: Page, everything: Report, tmp_path: Path, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, everything, tmp_path)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT_OFF) == []


def test_the_page_fits_a_printed_sheet(page: Page, everything: Report, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 718, "height": 900})  # A4 without its margins
    page.emulate_media(media="print")
    opened(page, everything, tmp_path)

    assert page.evaluate("document.documentElement.scrollWidth") <= 718
    assert page.locator("details:not([open]) table").first.is_visible()


#: What reaches beyond the box that clips it: drawings scroll in theirs, tables must not have to.
CUT_OFF = """
() => [...document.querySelectorAll('.table, .card, .cards a, .tiles > div, .environment, .widget')]
  .filter(box => box.scrollWidth > Math.ceil(box.getBoundingClientRect().width) + 1)
  .map(box => `${box.className}: ${box.scrollWidth} > ${box.getBoundingClientRect().width}`)
"""


def test_no_two_texts_of_a_drawing_overlap(page: Page, everything: Report, tmp_path: Path) -> None:
    opened(page, everything, tmp_path)

    assert page.evaluate(OVERLAPPING) == []


OVERLAPPING = """
() => [...document.querySelectorAll('figure svg, svg.chart')].flatMap(svg => {
  const texts = [...svg.querySelectorAll('text')].map(text => [text.textContent, text.getBBox()]);
  const found = [];
  texts.forEach(([one, a], i) => texts.slice(i + 1).forEach(([other, b]) => {
    const wide = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
    const high = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
    if (wide > 1 && high > 3) found.push(`${one} | ${other}`);
  }));
  return found;
})
"""


def test_a_drawing_keeps_its_texts_inside(page: Page, everything: Report, tmp_path: Path) -> None:
    opened(page, everything, tmp_path)

    assert page.evaluate(OUTSIDE) == []


OUTSIDE = """
() => [...document.querySelectorAll('figure svg, svg.chart')].flatMap(svg => {
  const view = svg.viewBox.baseVal;
  return [...svg.querySelectorAll('text')].filter(text => {
    const box = text.getBBox();
    return box.x < -0.5 || box.x + box.width > view.width + 0.5 || box.y + box.height > view.height + 4;
  }).map(text => text.textContent);
})
"""


def test_the_dark_page_is_dark_and_the_light_one_light(browser: Browser, everything: Report, tmp_path: Path) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        shown = context.new_page()
        opened(shown, everything, tmp_path)
        grounds.append(shown.evaluate("getComputedStyle(document.body).backgroundColor"))
        context.close()
    assert grounds == ["rgb(246, 247, 248)", "rgb(17, 22, 28)"]


def test_a_link_of_a_card_leads_to_its_part(page: Page, everything: Report, tmp_path: Path) -> None:
    opened(page, everything, tmp_path)

    page.get_by_role("navigation").get_by_role("link", name="Load runs").click()
    assert page.evaluate("document.querySelector(':target').textContent") == "What it carries"
