"""Pages that work and feel wrong, or not everybody can use."""

from __future__ import annotations

from datetime import timedelta

from tests.journeys.broken.case import Broken, html
from tests.journeys.conftest import Answer

from alertproof.journeys import Journey
from alertproof.journeys.sampling import FEWEST
from alertproof.requirements import Span

__all__ = ["FEELING"]

#: As large as a picture has to be to be a largest paint: few bytes for its size are none to the browser.
_PICTURE = Answer(
    body='<svg xmlns="http://www.w3.org/2000/svg" width="900" height="500"><rect width="900" height="500" fill="teal"/>'
    f"<!-- {'remark ' * 1000} --></svg>",
    content_type="image/svg+xml",
    delay=0.15,
)
_OVER = "(95 % interval N to N, 13 runs)"


def _again(journey: Journey) -> None:
    for _ in journey.repeat(FEWEST):
        with journey.step("open"):
            journey.page.goto("/", wait_until="networkidle")


def _looked_at(journey: Journey) -> None:
    with journey.step("open"):
        journey.page.goto("/")
    journey.accessible()


FEELING = {
    "shifting": Broken(
        does="what comes late pushes all else down",
        pages={
            "/": html(
                "<div id=late></div><h1>Home</h1><p>Text to read</p><script>fetch('/late').then(() => "
                "{ document.getElementById('late').style.height = '400px'; })</script>"
            ),
            "/late": Answer(body="{}", delay=0.1),
        },
        take=_again,
        limits={"cls": 0.001},
        said=f"not met: p75 of CLS of every page is at most 0.001; last seen: N on / (step 'open') {_OVER}",
    ),
    "large picture": Broken(
        does="its largest picture comes late",
        pages={"/": html('<h1>Home</h1><img src="/a.svg" width=900 height=500 alt="sea">'), "/a.svg": _PICTURE},
        take=_again,
        limits={"lcp": Span(timedelta(milliseconds=120))},
        said=f"not met: p75 of LCP of every page is at most 120 ms; last seen: N on / (step 'open') {_OVER}",
    ),
    "not for everybody": Broken(
        does="its picture has no words, and its field no name",
        pages={
            "/": html("<h1>Home</h1><img src='data:image/gif;base64,R0lGODlhAQABAAAAACw=' width=50><input id=city>")
        },
        take=_looked_at,
        said="not met: the page / is accessible; last seen: image-alt (critical) at img: Images must have alternative "
        "text | label (critical) at #city: Form elements must have labels",
    ),
}
