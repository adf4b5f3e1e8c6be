from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from alertproof.journal import CanaryCell, ScrubbingJournal, SourceSearched
from alertproof.report import Report, render_html
from alertproof.report.html.past import Recall
from alertproof.report.html.proofs import proof_view
from alertproof.report.summary import proof_row, proof_sentence
from alertproof.verdict import Expectation, Verdict

EVENT = ("Sentry event, request",)


@pytest.fixture
def leaky() -> ScrubbingJournal:
    return ScrubbingJournal(
        check="alert_tests/scrubbing/test_canaries.py::test_no_canary_leaves",
        target="local",
        verdict=Verdict.FAILED,
        reason="leaked: phone by the door 'query': Sentry event, request",
        began=datetime(2026, 11, 27, tzinfo=UTC),
        wall=timedelta(seconds=31),
        cells=(
            CanaryCell(kind="e-mail", door="body", control=("Sentry event, request", "Datadog logs"), stored=True),
            CanaryCell(
                kind="phone", door="query", control=("Sentry event, request",), leaked=("Sentry event, request",)
            ),
        ),
        sources=(SourceSearched(name="Sentry event", items=4, octets=2_500_000, canaries=2),),
        expectations=(Expectation(text="with scrubbing on, no canary is anywhere", met=False, last_seen="phone"),),
    )


def test_the_table_has_a_row_for_each_door_and_a_column_for_each_class(leaky: ScrubbingJournal) -> None:
    view = proof_view(leaky, place="proof-1", recall=Recall(Report(), {}))

    assert view.classes == ("e-mail", "phone")
    assert view.doors == (("body", ("2 S / 0", "—")), ("query", ("—", "1 / ▲ 1")))
    assert view.leaks == (("phone", "query", "Sentry event, request"),)
    assert [(source.name, source.size) for source in view.sources] == [("Sentry event", "2,500 kB")]


def test_the_page_shows_what_leaked_and_where(leaky: ScrubbingJournal) -> None:
    page = render_html(Report(journals=(leaky,)))

    assert "What leaked" in page
    assert "1 / ▲ 1" in page
    assert 'href="#proof-1"' in page or 'id="proof-1"' in page


def test_the_page_links_to_the_bytes_of_what_leaked_and_to_nothing_outside_of_its_folder(
    leaky: ScrubbingJournal,
) -> None:
    kept = ("artifacts/t/leak-01-Sentry event.bin", "../elsewhere.bin")
    page = render_html(Report(journals=(msgspec.structs.replace(leaky, kept=kept),)))

    assert '<a href="artifacts/t/leak-01-Sentry%20event.bin"><code>' in page
    assert "<li><code>../elsewhere.bin</code></li>" in page
    assert "The bytes of what leaked" not in render_html(Report(journals=(leaky,)))


def test_the_page_says_when_it_is_not_known_what_sentry_would_store(leaky: ScrubbingJournal) -> None:
    unknown = msgspec.structs.replace(leaky, cells=leaky.cells[1:])
    said = "What Sentry would still have stored is not known"

    assert [said in render_html(Report(journals=(each,))) for each in (leaky, unknown)] == [False, True]


def test_a_proof_that_passed_says_how_much_it_looked_at(leaky: ScrubbingJournal) -> None:
    passed = ScrubbingJournal(
        check="t",
        target="local",
        verdict=Verdict.PASSED,
        began=leaky.began,
        wall=leaky.wall,
        cells=leaky.cells[:1],
        sources=leaky.sources,
    )

    assert proof_sentence(passed) == (
        "1 secret of 1 classes by 1 doors: with scrubbing off they came out at 2 places, with scrubbing on at none."
    )
    assert (proof_row(passed).searched, proof_row(passed).leaked) == ("2.5 MB", "0")
    assert "phone" not in proof_sentence(passed)
    assert proof_sentence(leaky).startswith("Not proven")
