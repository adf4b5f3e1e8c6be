from __future__ import annotations

from datetime import timedelta

import msgspec

from alertproof.journal import LoadJournal
from alertproof.report import Report
from alertproof.report.summary import load_row, load_sentence, sorted_loads
from alertproof.report.summary.loads import measured_ticks, rate
from alertproof.verdict import Verdict

replace = msgspec.structs.replace


def test_a_row_says_rate_requests_p95_and_shares(carried: LoadJournal) -> None:
    said = load_row(carried)
    assert (said.profile, said.scenario, said.rate, said.requests) == ("ordinary day", "agents at work", "25/s", "875")
    assert (said.p95, said.limit, said.slow, said.failed) == ("204 ms", "800 ms", "0.229 %", "0 %")


def test_a_run_without_requests_has_no_shares_to_be_praised_for(carried: LoadJournal) -> None:
    said = load_row(replace(carried, n=0, slow=0, p95=None, ticks=()))
    assert (said.rate, said.p95, said.slow, said.failed) == ("—", "—", "no requests", "no requests")


def test_the_sentence_says_what_was_carried_or_why_not(carried: LoadJournal, overloaded: LoadJournal) -> None:
    assert load_sentence(carried) == (
        "875 requests at 25/s: p95 was 204 ms with a limit of 800 ms, and 0.229 % were slow or failed."
    )
    assert load_sentence(overloaded).startswith(
        "Not proven: “at most 5 % of the requests are slow or fail” was not met"
    )


def test_the_warm_up_is_not_measured_and_its_last_instant_is(carried: LoadJournal) -> None:
    assert [tick.second for tick in measured_ticks(carried)] == list(range(10, 45))
    none = replace(carried, warm_up=timedelta(0))
    assert len(measured_ticks(none)) == len(carried.ticks)


def test_a_rate_that_changes_is_a_range(carried: LoadJournal) -> None:
    assert rate(carried) == "25/s"
    assert rate(replace(carried, warm_up=timedelta(seconds=3))) == "10–25/s"


def test_red_runs_come_first(everything: Report) -> None:
    assert [load.verdict for load in sorted_loads(everything)] == [Verdict.FAILED, Verdict.PASSED]
