"""Checks that fail from one location tell nobody, and from two they page: by real schedulers on ways of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from alert_tests.synthetics.seeing import MINUTE, Seeing
from alert_tests.synthetics.ways import Way, watched_from

if TYPE_CHECKING:
    from alertproof.drills import Platform
    from alertproof.requirements import Specification, Target

# What came before may have alerted a monitor that looks back for an hour of the stack's clock.
pytestmark = pytest.mark.timeout(240)

DUBLIN, OHIO = "dublin", "ohio"


@pytest.fixture
def ways(
    target: Target, specification: Specification, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Way]]:
    """Two locations that look at the pages each minute of the stack's clock; each has its own way to them."""
    with ExitStack() as leaving:
        found = {}
        for location in (DUBLIN, OHIO):
            way = found[location] = Way(target.pages)
            leaving.callback(way.close)
            folder = tmp_path_factory.mktemp(location)
            leaving.enter_context(
                watched_from(location, target, way=way, folder=folder, monitoring=specification.folder)
            )
        yield found


def failed(location: str, environment: str) -> str:
    return f"sum:synthetics.probe.failed{{service:m3core-web,env:{environment},location:{location}}}.as_count()"


def ran(location: str, environment: str) -> str:
    return f"sum:synthetics.probe.runs{{service:m3core-web,env:{environment},location:{location}}}.as_count()"


def test_one_location_is_the_way_there_and_two_are_the_platform(platform: Platform, ways: dict[str, Way]) -> None:
    seeing = Seeing(platform, "synthetic-locations")
    environment = platform.environment

    def all_ran() -> bool | None:
        runs = [sum(seeing.points(ran(location, environment), since=seeing.began)) for location in ways]
        return True if min(runs) >= 3 else None

    assert seeing.wait(all_ran, 30 * MINUTE), "there are no runs from both locations"
    seeing.settle()

    # One location is cut off.
    ways[DUBLIN].cut()
    cut = platform.clock.now()
    seeing.sleep(10 * MINUTE)
    assert sum(seeing.points(failed(DUBLIN, environment), since=cut)) >= 7, "hardly a run failed: it shows nothing"
    assert sum(seeing.points(failed(OHIO, environment), since=cut)) == 0
    assert seeing.moved() == []
    assert seeing.incidents() == []

    # And so is the other.
    ways[OHIO].cut()
    both = platform.clock.now()
    alerted = seeing.transition(
        "Alert",
        since=both,
        within=5 * MINUTE,
        besides=lambda: {one: seeing.points(failed(one, environment), since=cut) for one in ways},
    )
    paged = seeing.incident(within=2 * MINUTE)
    assert alerted.at - both <= 4 * MINUTE
    assert (paged.service, paged.urgency) == ("m3core-operations", "low")
    assert "locations" in f"{paged.title} {paged.details}"

    # Both are well again.
    for way in ways.values():
        way.mend()
    mended = platform.clock.now()
    seeing.transition("OK", since=mended, within=9 * MINUTE)
    assert seeing.resolved(within=2 * MINUTE).id == paged.id

    assert [one.state for one in seeing.moved()] == ["Alert", "OK"]
    assert seeing.others() == [], "nothing else may change"
