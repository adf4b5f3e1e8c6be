"""The judgement: thresholds with a minimum of samples, and a generator that must have done its own part."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alertproof.journal import FailureSeen
from alertproof.loadgen.judge import generator_trouble, judge, judge_thresholds
from alertproof.loadgen.samples import Samples
from alertproof.loadgen.thresholds import Metric, Threshold, parse_threshold
from alertproof.verdict import Expectation, Verdict

LIMIT = timedelta(milliseconds=800)


def threshold(text: str, metric: Metric = "latency", *, minimum: int = 1, endpoint: str = "") -> Threshold:
    return parse_threshold(text, metric=metric, where="x", minimum=minimum, endpoint=endpoint)


def decide(one: Threshold, whole: Samples, **endpoints: Samples) -> Expectation:
    (expectation,) = judge_thresholds(
        [one], whole, {"GET /" + name: seen for name, seen in endpoints.items()}, limit=LIMIT
    )
    return expectation


def fast(n: int, *, failed: int = 0) -> Samples:
    return Samples([5000] * n, [1000] * failed)


def slow(n: int) -> Samples:
    return Samples([900_000] * n)


@pytest.mark.parametrize(("n", "met"), [(99, None), (100, True)])
def test_a_threshold_with_too_few_samples_is_never_met(n: int, met: bool | None) -> None:
    expectation = decide(threshold("p(95)<800", minimum=100), fast(n))

    assert expectation.met is met
    if met is None:
        assert judge([expectation], broken=[]).reason == (
            "never reached: latency p(95)<800 ms; last seen: only 99 of the 100 samples that it needs"
        )
        assert judge([expectation], broken=[]).verdict is Verdict.BROKEN


@pytest.mark.parametrize(("n", "met"), [(99, None), (100, False)])
def test_a_threshold_with_too_few_samples_does_not_fail_either(n: int, met: bool | None) -> None:
    assert decide(threshold("p(95)<800", minimum=100), slow(n)).met is met


def test_an_unmet_threshold_names_the_worst_endpoint() -> None:
    expectation = decide(threshold("p(95)<800"), slow(100), leads=fast(50), search=slow(50))

    assert expectation.last_seen == "900 ms of 100 requests; worst: GET /search, 900 ms of 50 requests"


def test_the_worst_endpoint_is_that_of_the_measure_which_did_not_hold() -> None:
    whole = Samples([5000] * 90 + [900_000] * 5, [1000] * 5)

    failed = decide(threshold("rate<0.01", "failed"), whole, broken=fast(5, failed=5), slow=slow(5))
    assert failed.last_seen == "5 % (5 of 100 requests); worst: GET /broken, 50 % (5 of 10 requests)"


def test_a_bound_from_below_names_the_fastest() -> None:
    expectation = decide(threshold("p(95)>1000"), slow(100), leads=fast(50), search=slow(50))

    assert expectation.last_seen.endswith("worst: GET /leads, 5 ms of 50 requests")


def test_a_threshold_of_an_endpoint_looks_at_its_requests_alone() -> None:
    one = threshold("p(95)<800", endpoint="GET /search")

    assert decide(one, fast(200), leads=slow(100), search=fast(100)).met is True
    expectation = decide(one, fast(200), leads=fast(100), search=slow(100))
    assert expectation == Expectation(
        text="GET /search: latency p(95)<800 ms", met=False, last_seen="900 ms of 100 requests"
    )


def test_a_threshold_of_an_endpoint_that_nobody_asked_is_never_reached() -> None:
    expectation = decide(threshold("p(95)<800", endpoint="GET /serch"), fast(200), search=fast(100))

    assert expectation.met is None
    assert expectation.last_seen == "no request has this name (did you mean 'GET /search'?)"


def test_nothing_asked_is_broken() -> None:
    assert judge([], broken=[]).verdict is Verdict.BROKEN


def met(value: bool | None) -> Expectation:
    return Expectation(text="latency p(95)<800 ms", met=value, last_seen="812 ms")


def test_a_threshold_that_did_not_hold_outranks_one_that_was_not_reached() -> None:
    judgement = judge([met(False), met(None), met(True)], broken=[])

    assert judgement.verdict is Verdict.FAILED
    assert judgement.reason.splitlines() == [
        "not met: latency p(95)<800 ms; last seen: 812 ms",
        "never reached: latency p(95)<800 ms; last seen: 812 ms",
    ]


@pytest.mark.parametrize("held", [True, False, None])
def test_a_generator_that_did_not_do_its_part_is_broken_whatever_was_seen(held: bool | None) -> None:
    judgement = judge([met(held)], broken=["the generator could not keep its rate"])

    assert judgement.verdict is Verdict.BROKEN
    assert judgement.reason.startswith("the generator could not keep its rate")
    assert "never reached" not in judgement.reason


def test_failed_requests_are_told_by_their_cause_with_an_id_to_look_up() -> None:
    failures = [
        FailureSeen(name=f"GET /{number}", trouble="answered 500", n=9 - number, correlation_id=f"id{number}")
        for number in range(7)
    ]

    lines = judge([met(False)], broken=[], failures=failures).reason.splitlines()

    assert lines[1] == "failed: 9 x GET /0 answered 500 (one has correlation id id0)"
    assert lines[-1] == "failed: 7 more, in other ways"
    assert len(lines) == 1 + 5 + 1


def test_a_run_that_passed_has_no_reason_though_a_request_failed() -> None:
    failures = [FailureSeen(name="GET /", trouble="answered 500", n=1, correlation_id="a")]

    judgement = judge([met(True)], broken=[], failures=failures)
    assert (judgement.verdict, judgement.reason) == (Verdict.PASSED, "")


def ms(number: float) -> timedelta:
    return timedelta(milliseconds=number)


def trouble(*, sent: int = 100, dropped: int = 0, lag: float = 1.0) -> list[str]:
    return generator_trouble(planned=100, sent=sent, dropped=dropped, max_in_flight=20, lag_p99=ms(lag), max_lag=ms(50))


def test_a_generator_that_kept_its_rate_is_not_mentioned() -> None:
    assert trouble() == []


@pytest.mark.parametrize(("lag", "said"), [(50, False), (50.1, True)])
def test_a_generator_may_be_so_late_and_no_later(lag: float, said: bool) -> None:
    assert bool(trouble(lag=lag)) is said
    if said:
        assert trouble(lag=lag)[0].startswith(
            "the generator could not keep its rate: one of a hundred arrivals started more than 50 ms late"
        )


@pytest.mark.parametrize(("sent", "dropped"), [(99, 1), (0, 100)])
def test_a_dropped_arrival_is_told_with_its_cause(sent: int, dropped: int) -> None:
    (said,) = trouble(sent=sent, dropped=dropped)

    assert f"{dropped} of 100 arrivals were not sent, because 20 were under way already" in said


def test_an_arrival_that_is_missing_is_told() -> None:
    assert trouble(sent=99) == ["the generator could not keep its rate: 99 of 100 arrivals were due by the end"]
