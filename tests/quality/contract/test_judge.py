"""What is missing of what is asked for, in words that name the file, the query, the tag and the nearest one."""

from __future__ import annotations

import pytest

from alertproof.quality.contract import Emitted, Gap, Points, asked_of_metrics, asked_of_search, gap_of

SOME = Points(count=3, zero=False)
EMITTED = Emitted(
    types={"api.errors": "rate", "api.request.duration": "distribution", "queue.depth": "gauge"},
    tags={
        "api.errors": frozenset({"env:prod", "tenant:acme", "endpoint:/api/leads"}),
        "api.request.duration": frozenset({"env:prod"}),
        "queue.depth": frozenset({"env:prod", "queue:default"}),
    },
    facets={"logs": frozenset({"service", "tenant", "env"})},
)


def gap(query: str, points: Points = SOME, zeros: tuple[str, ...] = ()) -> Gap | None:
    (asked,) = asked_of_metrics(query, file="dashboards/x.json", place="Errors")
    return gap_of(asked, EMITTED, points, zeros=zeros)


@pytest.mark.parametrize(
    ("query", "signal", "problem"),
    [
        ("sum:api.error{*}", "api.error", "the metric api.error was not emitted (did you mean 'api.errors'?)"),
        ("sum:api.errors{tenants:acme}", "api.errors tenants", "has no tag 'tenants' (did you mean 'tenant'?)"),
        (
            "sum:api.errors{tenant:acmee}",
            "api.errors tenant:acmee",
            "tagged tenant:acmee (did you mean 'tenant:acme'?)",
        ),
        ("sum:api.errors{*} by {host}", "api.errors host", "has no tag 'host'"),
        ("p95:queue.depth{*}", "queue.depth", "is a gauge; the query needs a distribution"),
        ("sum:queue.depth{*}.as_count()", "queue.depth", "is a gauge; the query needs a count"),
    ],
)
def test_what_is_missing_names_file_query_and_the_nearest(query: str, signal: str, problem: str) -> None:
    found = gap(query)

    assert found is not None
    assert found.signal == signal
    assert problem in str(found)
    assert str(found).startswith("dashboards/x.json: Errors\n")
    assert query in str(found)


@pytest.mark.parametrize(
    "query",
    [
        "sum:api.errors{env:prod,tenant:*} by {endpoint}.as_count()",
        "sum:api.errors{tenant:ac*}",
        "sum:api.errors{tenant IN (acme,globex)}",
        "p95:api.request.duration{*}",
        "max:queue.depth{*}",
    ],
)
def test_what_was_emitted_as_it_is_asked_for_is_no_gap(query: str) -> None:
    assert gap(query) is None


@pytest.mark.parametrize(
    ("query", "signal"),
    [
        ("sum:api.errors{env:prod,tenant:acme,endpoint:/api/leads}", "api.errors tenant:acme"),
        ("sum:api.errors{env:prod,tenant:*,endpoint:/api/leads}", "api.errors endpoint:/api/leads"),
        ("sum:api.errors{env:prod,tenant:*}", "api.errors"),
    ],
)
def test_tags_that_are_there_but_not_on_one_series_are_a_gap(query: str, signal: str) -> None:
    found = gap(query, Points(count=0, zero=True))

    assert found is not None
    assert found.signal == signal
    assert "no series of the run has all of them" in found.problem


def test_a_flat_line_of_zeros_is_no_data_unless_it_is_said_to_be_healthy() -> None:
    flat = Points(count=9, zero=True)

    found = gap("max:queue.depth{*}", flat)
    assert found is not None
    assert "was zero throughout" in found.problem
    assert gap("max:queue.depth{*}", flat, zeros=("queue.depth",)) is None


def test_a_search_without_records_or_with_an_unknown_facet_is_a_gap() -> None:
    def of(text: str, points: Points = SOME, by: tuple[str, ...] = ()) -> Gap | None:
        return gap_of(asked_of_search("logs", text, file="f", place="p", by=by), EMITTED, points)

    assert of("env:prod", by=("@tenant",)) is None
    unknown = of("env:prod", by=("@tenants",))
    assert unknown is not None
    assert "has @tenants (did you mean 'tenant'?)" in unknown.problem
    nothing = of("status:warn env:prod", Points(count=0, zero=True))
    assert nothing is not None
    assert nothing.signal == "logs status:warn"
    none = gap_of(asked_of_search("rum", "@type:view", file="f", place="p"), EMITTED, SOME)
    assert none is not None
    assert none.problem == "no rum arrived"
