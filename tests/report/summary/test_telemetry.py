from __future__ import annotations

import msgspec

from alertproof.journal import TelemetryJournal
from alertproof.report import Report
from alertproof.report.summary import sorted_telemetry, telemetry_row, telemetry_sentence
from alertproof.verdict import Expectation, Verdict


def test_looks_that_did_not_pass_come_first(looks: tuple[TelemetryJournal, ...]) -> None:
    assert [seen.verdict for seen in sorted_telemetry(Report(journals=looks))] == [Verdict.FAILED, Verdict.PASSED]


def test_a_row_is_the_first_line_of_what_was_seen(dashboards: TelemetryJournal) -> None:
    row = telemetry_row(dashboards)

    assert row.title == "every widget shows something"  # what was expected
    assert row.seen == "1 of 9 widgets are empty"


def test_a_sentence_says_what_was_seen_or_what_was_not_met(
    dashboards: TelemetryJournal, cost: TelemetryJournal
) -> None:
    assert telemetry_sentence(cost) == "0 above."
    assert (
        telemetry_sentence(dashboards)
        == "Not proven: “every widget shows something” was not met (last seen: 1 of 9 widgets are empty)."
    )


def test_several_expectations_share_a_row(cost: TelemetryJournal) -> None:
    more = (*cost.expectations, Expectation(text="two", met=True, last_seen="all\nof it"))

    assert telemetry_row(msgspec.structs.replace(cost, expectations=more)).seen == "0 above; all"
