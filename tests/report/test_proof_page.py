"""The page of the specified alerts: what it says of a run, and that the one in docs/ is of the present form."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from alertproof.errors import ConfigError
from alertproof.journal import DrillJournal
from alertproof.report import Report, proof_page
from alertproof.requirements import load_specification

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "proven-alerts.md"
SPEC = load_specification(ROOT / "monitoring")
replace = msgspec.structs.replace


@pytest.fixture
def five(proven: Report, firing: DrillJournal, quiet: DrillJournal) -> Report:
    """A run in which both sides of every specified alert passed."""
    journals = [
        replace(side, alert=name, check=f"alert_tests/drills/test_{name}.py::test_{side.side}")
        for name in SPEC.alerts
        for side in (firing, quiet)
    ]
    return replace(proven, journals=tuple(journals))


def rows(page: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|\n").split(" | ")] for line in page.splitlines() if line[:2] == "| "]


def test_each_specified_alert_has_a_row_with_its_times_and_links(five: Report) -> None:
    head, _, *body = rows(proof_page(five, SPEC))

    assert [row[0] for row in body] == [alert.specified for alert in SPEC.alerts.values()]
    first = dict(zip(head, body[0], strict=True))
    assert first["must come"] == "2–4 min"
    assert first["came"] == "**2 min 40 s** (2.7 s real)"
    assert (first["paged"], first["resolved"]) == ("2 min 43 s", "3 min 32 s")
    assert first["stays quiet"] == "1 % of API requests fail for 10 min"
    assert "[drill](../alert_tests/drills/test_api-error-rate.py)" in first["evidence"]


@pytest.mark.parametrize(("side", "words"), [("fires", "comes"), ("quiet", "stays quiet")])
def test_a_run_that_lacks_a_side_makes_no_page(five: Report, side: str, words: str) -> None:
    left = tuple(drill for drill in five.drills if (drill.alert, drill.side) != ("queue-depth", side))

    with pytest.raises(ConfigError, match=f"queue-depth: no drill of this run has shown that it {words}; run: make"):
        proof_page(replace(five, journals=left), SPEC)


def test_the_published_page_is_of_the_present_form_and_within_the_specification(five: Report) -> None:
    published, now = (rows(page) for page in (PAGE.read_text(encoding="utf-8"), proof_page(five, SPEC)))

    assert published[0] == now[0], "make prove writes it anew"
    assert PAGE.read_text(encoding="utf-8").partition("Measured")[0] == proof_page(five, SPEC).partition("Measured")[0]
    assert len(published) == 2 + len(SPEC.alerts)
    for row, alert in zip(published[2:], SPEC.alerts.values(), strict=True):
        said = dict(zip(published[0], row, strict=True))
        assert alert.fires is not None
        assert said["alert"] == alert.specified
        assert said["fault"] == alert.fires.fault.text
        came = _span(said["came"])
        assert alert.fires.after.start.delta <= came <= alert.fires.after.end.delta, alert.specified
        for link in re.findall(r"\((\S+?)\)", said["evidence"]):
            assert (PAGE.parent / link).is_file(), link


def _span(text: str) -> timedelta:
    """Read what stands in bold: ``**2 min 40 s** (2.7 s real)``."""
    found = re.match(r"\*\*(?:(\d+) min)? ?(?:(\d+) s)?\*\*", text)
    assert found, text
    return timedelta(minutes=int(found[1] or 0), seconds=int(found[2] or 0))
