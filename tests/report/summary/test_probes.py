from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from alertproof.journal import ProbeJournal
from alertproof.report import Report
from alertproof.report.summary import ProbeGroup, probe_groups, sorted_probes
from alertproof.report.summary.probes import answer, late, slowest
from alertproof.verdict import Verdict

replace = msgspec.structs.replace


def groups(report: Report) -> tuple[ProbeGroup, ...]:
    return probe_groups(sorted_probes(report))


def test_the_probes_of_one_test_are_one_row_and_red_ones_come_first(everything: Report) -> None:
    assert [(group.title, len(group.journals)) for group in groups(everything)] == [
        ("the list of leads answers within its budget", 3),
        ("the export is delivered", 1),
        ("everybody can log in", 3),
        ("the platform is ready", 1),
    ]


def test_a_row_says_who_how_many_and_from_the_quickest_to_the_slowest(everything: Report) -> None:
    listed, *_ = groups(everything)
    assert listed.tenants == "acme, globex and initech"
    assert listed.requests == 5
    assert listed.took == "11–912 ms"
    assert listed.budget == "800 ms"


def test_a_row_says_how_many_of_it_ended_as_the_worst_did(everything: Report) -> None:
    listed, export, login, _ = groups(everything)
    assert (listed.verdict, listed.verdict_words) == (Verdict.FAILED, "✗ 1 of 3 failed")
    assert export.verdict_words == "! broken"
    assert login.verdict_words == "✓ passed"


def test_a_probe_that_sent_nothing_claims_nothing(slow_probe: ProbeJournal) -> None:
    (group,) = probe_groups([replace(slow_probe, runs=(), budget=None)])
    assert (group.tenants, group.requests, group.took, group.budget) == ("—", 0, "—", "none")
    assert slowest(group.journals[0]) is None


@pytest.mark.parametrize(("tenants", "said"), [(4, "t0, t1, t2 and t3"), (5, "5 tenants")])
def test_many_tenants_are_counted(slow_probe: ProbeJournal, tenants: int, said: str) -> None:
    runs = tuple(replace(slow_probe.runs[0], tenant=f"t{place}") for place in range(tenants))
    (group,) = probe_groups([replace(slow_probe, runs=runs)])
    assert group.tenants == said


def test_exactly_the_budget_is_within_it(slow_probe: ProbeJournal) -> None:
    run, budget = slow_probe.runs[0], timedelta(milliseconds=800)
    assert not late(replace(run, total=budget), budget)
    assert late(replace(run, total=budget + timedelta(microseconds=1)), budget)
    assert not late(run, None)


def test_an_answer_is_its_status_or_the_trouble_instead(slow_probe: ProbeJournal) -> None:
    run = slow_probe.runs[0]
    assert answer(run) == "200"
    assert answer(replace(run, status=0, trouble="timeout")) == "timeout"
    assert answer(replace(run, status=0)) == "no answer"
