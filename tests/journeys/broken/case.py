"""One broken page: what it does, the way through it, and what a journey has to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeAlias

from tests.journeys.conftest import Answer

from alertproof.journeys import Journey
from alertproof.verdict import Verdict

__all__ = ["Broken", "Way", "go", "html", "sees", "uses"]

Way: TypeAlias = Callable[[Journey], None]
_PATIENT = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A page at ``/`` and the verdict on it.

    ``said`` is what the journey says, without what is met: N stands for a number, PORT for the site's port, three
    dots for more of the browser's own words. ``tls``: the site speaks it, ``trusted``: and the browser takes any
    certificate; ``url`` is where the journey begins, else the site. ``impatient``: a step of a second, for what would
    take its time, else 15 s. ``limits`` are those of vitals that are not generous.
    """

    does: str
    pages: Mapping[str, Answer] = field(default_factory=dict)
    take: Way
    verdict: Verdict = Verdict.FAILED
    said: str
    tls: bool = False
    trusted: bool = True
    url: str = ""
    impatient: bool = False
    limits: Mapping[str, Any] = field(default_factory=dict)


def html(body: str, **more: Any) -> Answer:
    """Return a page."""
    return Answer(
        body=f'<!doctype html><html lang="en"><title>Page</title><link rel="icon" href="data:,">{body}', **more
    )


def go(journey: Journey) -> None:
    """Open the page, and nothing else."""
    with journey.step("open"):
        journey.page.goto("/")


def sees(heading: str) -> Way:
    """Open the page and wait for a heading."""

    def take(journey: Journey) -> None:
        with journey.step("open"):
            journey.page.goto("/")
            journey.page.get_by_role("heading", name=heading).wait_for()

    return take


def uses(button: str = "Save", heading: str = "Saved") -> Way:
    """Open the page, with patience; then use a button and wait for a heading."""

    def take(journey: Journey) -> None:
        with journey.step("open", within=_PATIENT):
            journey.page.goto("/")
        with journey.step("save"):
            journey.page.get_by_role("button", name=button).click()
            journey.page.get_by_role("heading", name=heading).wait_for()

    return take
