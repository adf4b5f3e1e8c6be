"""Whether everybody can use a page: what axe finds on real pages, and how it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alertproof.errors import ConfigError
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from tests.journeys.conftest import JourneyTo, Site

    from alertproof.journal import JourneyJournal
    from alertproof.journeys import Journey

pytestmark = pytest.mark.needs("browser")

GOOD = """<!doctype html><html lang="en"><title>Good</title><main><h1>Good</h1>
<label>Name <input></label><button>Save</button>%s</main></html>"""
PICTURE = '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" width="50" height="50">'
FAINT = '<p class="faint" style="color: #bbb; background: #fff">Hardly to be read by anybody</p>'


def looked_at(journey: Journey, **how: object) -> JourneyJournal:
    with journey.step("open"):
        journey.page.goto("/page")
    journey.accessible(**how)  # type: ignore[arg-type]  # as given
    return journey.end()


def test_a_page_for_everybody_passes_and_says_by_how_many_rules(journey_to: JourneyTo, site: Site) -> None:
    site.serve("/page", GOOD % "")

    journal = looked_at(journey_to())

    assert journal.verdict is Verdict.PASSED, journal.reason
    (said,) = [one for one in journal.expectations if "accessible" in one.text]
    assert said.text == "the page /page is accessible"
    assert int(said.last_seen.partition(" rules are kept")[0]) >= 8


def test_what_shuts_people_out_is_named_with_its_place_the_worst_first(journey_to: JourneyTo, site: Site) -> None:
    site.serve("/page", GOOD % (FAINT + '<input id="city">' + PICTURE * 5))

    journal = looked_at(journey_to())

    assert journal.verdict is Verdict.FAILED
    said = journal.reason.partition("not met: the page /page is accessible; last seen: ")[2].split(" | ")
    assert [one.partition(" at ")[0] for one in said] == [
        "image-alt (critical)",
        "label (critical)",
        "color-contrast (serious)",
    ]
    assert "img:nth-child(6), " in said[0]
    assert said[0].endswith(" and 2 more: Images must have alternative text")
    assert said[1].startswith("label (critical) at #city: ")
    assert " at p: " in said[2]
    assert "insufficient color contrast of 1.9" in said[2]


def test_rules_and_parts_that_are_left_out_say_nothing(journey_to: JourneyTo, site: Site) -> None:
    site.serve("/page", GOOD % (f'<div id="ad">{PICTURE}</div>'))

    assert looked_at(journey_to()).verdict is Verdict.FAILED
    assert looked_at(journey_to(), without=["image-alt"]).verdict is Verdict.PASSED
    assert looked_at(journey_to(), part="label").verdict is Verdict.PASSED
    inside = looked_at(journey_to(), part="#ad")
    assert "not met: '#ad' on /page is accessible; last seen: image-alt" in inside.reason


@pytest.mark.parametrize(
    ("body", "part", "seen"),
    [
        ("", "#nowhere", "nothing on /page matches '#nowhere'"),
        ('<div id="empty"></div>', "#empty", "there is nothing on it that a rule is about"),
    ],
    ids=["no-such-part", "nothing-to-check"],
)
def test_where_no_rule_has_anything_to_check_nobody_can_tell(
    journey_to: JourneyTo, site: Site, body: str, part: str, seen: str
) -> None:
    site.serve("/page", GOOD % body)

    journal = looked_at(journey_to(), part=part)

    assert journal.verdict is Verdict.BROKEN
    assert journal.reason == f"never reached: {part!r} on /page is accessible; last seen: {seen}"


def test_frames_of_the_site_are_looked_into_and_others_are_named(journey_to: JourneyTo, site: Site) -> None:
    other = site.url.replace("127.0.0.1", "localhost")
    frames = f'<iframe title="ours" src="/inner"></iframe><iframe title="theirs" id="ad" src="{other}/inner"></iframe>'
    site.serve("/page", GOOD % frames)
    site.serve("/inner", GOOD % PICTURE)

    reason = looked_at(journey_to()).reason

    assert 'image-alt (critical) at iframe[title="ours"] > img' in reason
    assert "; not looked into: #ad" in reason


def test_what_one_run_finds_the_next_does_not_forgive_and_all_is_said_once(journey_to: JourneyTo, site: Site) -> None:
    journey = journey_to()
    for number in journey.repeat(3):
        site.serve("/page", GOOD % (PICTURE if number == 1 else ""))
        with journey.step("open"):
            journey.page.goto("/page")
        journey.accessible()

    journal = journey.end()

    assert journal.verdict is Verdict.FAILED
    assert len([one for one in journal.expectations if "accessible" in one.text]) == 1


def test_the_time_it_takes_is_nobodys(journey_to: JourneyTo, site: Site) -> None:
    """On a page of this size it keeps the browser busy for longer than a long task is."""
    site.serve("/page", GOOD % "".join(f"<p>Row {number} <a href='/{number}'>open</a></p>" for number in range(1500)))
    journey = journey_to()
    with journey.step("open"):
        journey.page.goto("/page")
    before = journey.page.evaluate("performance.now()")
    journey.accessible()
    took = journey.page.evaluate("performance.now()") - before
    with journey.step("look"):
        journey.page.get_by_role("heading", name="Good").wait_for()

    (page,) = (journal := journey.end()).pages

    assert took > 100
    assert (
        sum(step.duration.total_seconds() for step in journal.steps) * 1000 < journal.wall.total_seconds() * 1000 - took
    )
    assert page.blocking.total_seconds() * 1000 < took - 50


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"without": ["image_alt"]}, "axe has no rule 'image_alt' (did you mean 'image-alt'?)"),
        ({"tags": ["best_practice"]}, "axe has no tag 'best_practice' (did you mean 'best-practice'?)"),
    ],
    ids=["rule", "tag"],
)
def test_a_name_that_axe_does_not_know_is_refused(
    journey_to: JourneyTo, site: Site, how: dict[str, list[str]], told: str
) -> None:
    site.serve("/page", GOOD % "")
    with pytest.raises(ConfigError) as raised:
        looked_at(journey_to(), **how)

    assert told in str(raised.value)


def test_inside_of_a_step_it_is_refused(journey_to: JourneyTo) -> None:
    journey = journey_to()
    with pytest.raises(ConfigError, match="inside of step 'open' would take of its time"), journey.step("open"):
        journey.accessible()
