from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from alertproof.journal import ProbeJournal
from alertproof.report import Report
from alertproof.report.html.past import Recall
from alertproof.report.html.probes import ProbesView, ProbeView, probes_view
from alertproof.verdict import Verdict

replace = msgspec.structs.replace


def view(report: Report) -> ProbesView:
    return probes_view(report, recall=Recall(report, {}))


def one(report: Report, probe: ProbeJournal) -> ProbeView:
    (group,) = view(replace(report, journals=(probe,))).groups
    (found,) = group.probes
    return found


def test_a_request_over_its_budget_is_wrong_by_its_time_and_not_by_its_answer(
    everything: Report, slow_probe: ProbeJournal
) -> None:
    cold, warm = one(everything, slow_probe).requests
    assert (cold.late, cold.wrong, cold.total, cold.budget) == ("", False, "138 ms", "800 ms")
    assert (warm.late, warm.wrong, warm.total) == ("wrong", False, "912 ms")


def test_a_late_request_of_a_probe_that_passed_is_only_noticed(everything: Report, slow_probe: ProbeJournal) -> None:
    _, warm = one(everything, replace(slow_probe, verdict=Verdict.PASSED, expectations=())).requests
    assert warm.late == "noticed"
    assert warm.bar is not None
    assert [(box.css, box.hatched) for box in warm.bar.boxes] == [
        ("track", False),
        ("spent", False),
        ("beyond", False),
    ]


def test_each_request_is_held_against_its_own_budget(everything: Report, slow_probe: ProbeJournal) -> None:
    login, listed = slow_probe.runs
    runs = (login, replace(listed, budget=timedelta(milliseconds=900)), replace(login, budget=timedelta(seconds=5)))
    mixed = replace(slow_probe, budget=timedelta(seconds=5), runs=runs)
    found = {request.run: request for request in one(everything, mixed).requests}
    assert [(found[run].budget, found[run].late) for run in runs] == [("", ""), ("900 ms", "wrong"), ("5 s", "")]
    assert found[login].bar is None
    (group,) = view(replace(everything, journals=(mixed,))).groups
    assert group.bar == found[runs[1]].bar
    assert group.group.budget == "900 ms"


def test_a_group_has_the_bar_of_the_request_that_used_most_of_its_budget(
    everything: Report, slow_probe: ProbeJournal
) -> None:
    (group,) = view(replace(everything, journals=(slow_probe,))).groups
    assert group.bar is not None
    assert group.probes[0].requests[1].bar == group.bar
    for empty in (replace(slow_probe, budget=None), replace(slow_probe, runs=())):
        (group,) = view(replace(everything, journals=(empty,))).groups
        assert group.bar is None


def test_a_request_without_an_answer_is_wrong(everything: Report) -> None:
    (export,) = (probe for probe in everything.probes if "export" in probe.check)
    (request,) = one(everything, export).requests
    assert (request.answer, request.wrong, request.late) == ("refused", True, "")


def test_a_request_says_which_phase_took_most(everything: Report, slow_probe: ProbeJournal) -> None:
    cold, warm = one(everything, slow_probe).requests
    assert (cold.mostly, warm.mostly) == ("first byte 85 %", "first byte 92 %")
    assert warm.phases == ("—", "—", "—", "835 ms", "76 ms")
    empty = replace(slow_probe.runs[0], phases=type(slow_probe.runs[0].phases)())
    (request,) = one(everything, replace(slow_probe, runs=(empty,))).requests
    assert (request.mostly, request.parts) == ("", None)


def test_a_request_that_is_named_by_what_it_asked_says_it_once(everything: Report, slow_probe: ProbeJournal) -> None:
    named = replace(slow_probe.runs[0], name="GET /api/leads?limit=50")
    assert [request.asked for request in one(everything, replace(slow_probe, runs=(named,))).requests] == [""]
    assert one(everything, slow_probe).requests[0].asked == "GET /api/leads?limit=50"


def test_without_a_budget_there_is_no_bar(everything: Report, slow_probe: ProbeJournal) -> None:
    request, _ = one(everything, replace(slow_probe, budget=None)).requests
    assert (request.budget, request.bar, request.late) == ("", None, "")


def test_requests_stand_in_the_order_in_which_they_were_sent(everything: Report, slow_probe: ProbeJournal) -> None:
    backwards = replace(slow_probe, runs=slow_probe.runs[::-1])
    assert one(everything, backwards).requests == one(everything, slow_probe).requests


def test_what_was_not_met_stands_for_the_reason(everything: Report, slow_probe: ProbeJournal) -> None:
    found = one(everything, slow_probe)
    assert [missed.text for missed in found.unmet] == ["list of leads (warm) takes 800 ms at most"]
    assert found.reason == ""
    assert one(everything, replace(slow_probe, expectations=())).reason == "912 ms is more than 800 ms"
    passed = replace(slow_probe, expectations=(), verdict=Verdict.PASSED)
    assert one(everything, passed).reason == ""


@pytest.mark.parametrize(("requests", "folded"), [(60, 0), (61, 60)])
def test_what_passed_is_folded_away_when_there_is_more_than_can_be_read(
    everything: Report, slow_probe: ProbeJournal, requests: int, folded: int
) -> None:
    run = replace(slow_probe.runs[0], total=timedelta(milliseconds=5))
    red = replace(slow_probe, runs=(run,))
    green = tuple(
        replace(red, check=f"probe {place}", verdict=Verdict.PASSED, expectations=()) for place in range(requests - 1)
    )
    found = view(replace(everything, journals=(*green, red)))
    assert found.folded_probes == folded
    assert found.shown[0].probes[0].probe.verdict is Verdict.FAILED
    assert len(found.groups) == requests
