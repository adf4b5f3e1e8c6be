"""Each broken page of the catalogue gets its verdict and its words; docs/broken-pages.md is the catalogue."""

from __future__ import annotations

import re
import ssl
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
import trustme
from playwright.sync_api import Error
from tests.journeys.broken.case import Broken
from tests.journeys.broken.catalogue import CATALOGUE, PAGE, page
from tests.journeys.conftest import PATIENT, serving

from alertproof.requirements import JourneyBudget, Span

if TYPE_CHECKING:
    from tests.journeys.conftest import JourneyTo


@pytest.fixture(scope="session")
def certified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.mark.needs("browser")
@pytest.mark.parametrize("case", CATALOGUE.values(), ids=CATALOGUE)
def test_a_broken_page_is_called_what_it_is(case: Broken, journey_to: JourneyTo, certified: ssl.SSLContext) -> None:
    raised: Exception | None = None
    with serving(certified if case.tls else None) as site:
        port = site.url.rpartition(":")[2]
        for path, answer in case.pages.items():
            site.answers[path] = replace(answer, body=str(answer.body).replace("PORT", port))
        vitals = msgspec.structs.replace(PATIENT.vitals, **case.limits)
        step = Span(timedelta(seconds=1)) if case.impatient else PATIENT.step
        journey = journey_to(
            base_url=(case.url or site.url).replace("PORT", port),
            budget=JourneyBudget(step=step, vitals=vitals),
            context_args={"ignore_https_errors": case.trusted},
        )
        try:
            case.take(journey)
        except Error as error:
            raised = error
        journal = journey.end(raised)
        journey.close()  # so that the site need not wait for it

    assert journal.verdict is case.verdict, journal.reason
    told = journal.reason.replace(f":{port}", ":PORT")
    assert re.fullmatch(expected(case.said), told), told


def expected(said: str) -> str:
    """Return the pattern of what is said: N is a number, with or without its unit; three dots are anything."""
    pattern = re.sub(r"\bN\b(?:\\ m?s\b)?", r"[\\d.]+(?: m?s)?", re.escape(said))
    return pattern.replace(re.escape("..."), ".*")


@pytest.mark.parametrize(
    ("said", "told", "same"),
    [
        ("it took N ms", "it took 412 ms", True),
        ("it took N ms", "it took 1.2 s", True),
        ("it took N ms", "it took long", False),
        ("no N (x.py:N)", "no N (x.py:7)", False),
        ("NAME is N", "NAME is 0.3", True),
        ("blocked by ...", "blocked by the policy (/:1)", True),
        ("blocked by ... and N", "blocked by the policy", False),
    ],
)
def test_only_numbers_may_differ(said: str, told: str, same: bool) -> None:
    assert bool(re.fullmatch(expected(said), told)) is same


def test_the_page_is_the_catalogue() -> None:
    assert len(CATALOGUE) >= 30
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.journeys.broken.catalogue"
