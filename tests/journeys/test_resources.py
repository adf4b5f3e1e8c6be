"""What a page loads, by type and party, as the browser tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.journeys.conftest import JourneyTo, Site

pytestmark = pytest.mark.needs("browser")


def test_resources_are_counted_by_type_and_party_and_not_named(journey_to: JourneyTo, site: Site) -> None:
    """The same machine by another name is another party."""
    other = site.url.replace("127.0.0.1", "localhost")
    site.serve(
        "/",
        f"""<!doctype html><title>Shop</title><link rel="stylesheet" href="/a.css"><link rel="icon" href="data:,">
        <h1>Shop</h1><script src="/a.js"></script><script src="{other}/b.js"></script>
        <img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="">
        <script>fetch('/token-of-somebody'); const x = new XMLHttpRequest();
        x.open('GET', '/rows'); x.send();</script>""",
    )
    site.serve("/a.css", "h1 { color: teal }", content_type="text/css")
    for path in ("/a.js", "/b.js"):
        site.serve(path, "window.there = true;", content_type="text/javascript")
    for path in ("/token-of-somebody", "/rows"):
        site.serve(path, "[]", content_type="application/json")
    journey = journey_to()
    with journey.step("open"):
        journey.page.goto("/", wait_until="networkidle")

    (page,) = journey.end().pages

    assert [(one.type, one.party, one.count) for one in page.resources] == [
        ("css", "first", 1),
        ("fetch", "first", 1),
        ("js", "first", 1),
        ("js", "third", 1),
        ("xhr", "first", 1),
    ]
    sizes = {(one.type, one.party): one.bytes for one in page.resources}
    assert sizes["css", "first"] > len("h1 { color: teal }")
    assert sizes["js", "third"] == 0  # another site tells its size only if it wants to
    assert all(one.duration.total_seconds() > 0 for one in page.resources)
    assert "token" not in repr(page)
