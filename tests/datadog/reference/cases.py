"""Monitors and data for hypothesis: small dyadic values, so that thresholds are met exactly and sums are exact."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import strategies as st
from tests.datadog.reference.model import (
    Arithmetic,
    Case,
    Constant,
    DefaultZero,
    Expression,
    Query,
    Series,
    queries,
)

KINDS = {"g": "gauge", "h": "gauge", "c": "count", "k": "count", "r": "rate", "d": "distribution"}
VALUES = tuple(Fraction(value) for value in ("0", "1", "2", "0.25", "0.5", "3", "4", "8"))
LEVELS = tuple(
    tuple(map(Fraction, levels)) for levels in (("0", "0.5", "1", "2"), ("0.25", "1", "2", "4"), ("0.5", "1", "3", "8"))
)
TAGS = {"pod": ("a", "b"), "zone": ("x", "y")}
SECONDS = {1: (20, 60), 2: (20, 60, 120), 5: (20, 60, 300), 10: (60, 120, 300, 600), 15: (60, 300), 60: (60, 300, 600)}


def points(random: Random, kind: str, interval: int, minutes: int) -> tuple[tuple[int, Fraction], ...]:
    """Runs of values and gaps, from some minute on; each second once unless of a distribution."""
    slots = minutes * 60 // interval
    values = VALUES if kind != "gauge" else (*VALUES, Fraction(-1))
    slot = random.choice([0, 0, 0, slots // 4, slots // 2])
    found = []
    for run in range(random.randint(2, 8)):
        # The first run is no gap: every series has a point.
        value = random.choice(values) if run == 0 or random.random() < 0.75 else None
        for _ in range(random.randint(1, max(1, slots // 4))):
            if slot < slots and value is not None:
                found.append((slot * interval, value))
                if kind == "distribution" and slot % 2:
                    found.append((slot * interval + 1, value + 1))
            slot += 1
    return tuple(found)


@st.composite
def inputs(draw: st.DrawFn, metrics: list[str], late: set[str], minutes: int) -> tuple[Series, ...]:
    """Up to three series of each metric. Drawn from a seed, because hypothesis would rather draw few and short ones.

    Half of the metrics in ``late`` come late: until then nothing is known of them.
    """
    random = Random(draw(st.integers(0, 2**32)))
    found = []
    for metric in metrics:
        kind = KINDS[metric]
        delay = random.choice([0, minutes // 2]) * 60 if metric in late else 0
        interval = random.choice([60, 60, 60, 30, 20, 10])
        chosen = random.sample(["ax", "bx", "ay", "by", "b-", "-x", "--"], random.randint(1, 3))
        for both in chosen:
            tags = tuple((key, value) for key, value in zip(("pod", "zone"), both, strict=True) if value != "-")
            later = tuple((delay + second, value) for second, value in points(random, kind, interval, minutes))
            found.append(Series(metric, kind, tags, interval, later))
    return tuple(found)


@st.composite
def metric_queries(draw: st.DrawFn, window: int, by: tuple[str, ...], *, metrics: str = "ghckrd") -> Query:
    metric = draw(st.sampled_from(metrics))
    kind = KINDS[metric]
    space = draw(st.sampled_from(["avg", "sum", "min", "max"]))
    if kind == "distribution":
        space = draw(st.sampled_from(["avg", "sum", "min", "max", "count", "p50", "p95"]))
    scope = draw(
        st.one_of(
            *[st.just(())] * 6,
            st.tuples(
                st.sampled_from(sorted(TAGS)).flatmap(
                    lambda key: st.tuples(st.just(key), st.sampled_from(TAGS[key]), st.booleans())
                )
            ),
        )
    )
    modifiers = {"distribution": [""], "gauge": [*[""] * 8, "as_count", "as_rate"]}
    modifier = draw(st.sampled_from(modifiers.get(kind, ["", "as_count", "as_rate"])))
    seconds = draw(st.sampled_from([0, *SECONDS[window]]))
    methods = ["", "sum"] if modifier else ["", "avg", "sum", "min", "max", "count"]
    method = draw(st.sampled_from(methods)) if seconds and kind != "distribution" else ""
    fill = (
        ""
        if kind == "distribution"
        else draw(st.sampled_from(["", "", "", "", "", "", "linear", "null", "last", "zero"]))
    )
    limits = {"linear": [0, 600], "last": [0, 60, 120, 600], "zero": [0, 60, 120, 600]}
    limit = draw(st.sampled_from(limits[fill])) if fill in limits else 0
    return Query(metric, kind, space, scope, by, modifier, method, seconds, fill, limit)


@st.composite
def expressions(draw: st.DrawFn, window: int) -> Expression:
    by = draw(st.sampled_from([("pod",), (), ("pod", "zone"), ()]))
    shape = draw(
        st.sampled_from(["query", "query", "default_zero", "constant", "ratio", "counts", "more", "default_ratio"])
    )
    first = draw(metric_queries(window, by))
    if shape == "query":
        return first
    if shape == "default_zero":
        return DefaultZero(first)
    if shape == "constant":
        constant = Constant(draw(st.sampled_from([Fraction(2), Fraction(100), Fraction("0.5")])))
        return Arithmetic(draw(st.sampled_from("*/+-")), first, constant)
    if shape == "counts":
        one, two = (
            Query(metric, "count", "sum", (), by, "as_count", "", draw(st.sampled_from([0, 60]))) for metric in "ck"
        )
        return Arithmetic("/", one, two)
    second = draw(metric_queries(window, draw(st.sampled_from([by, by, by, by, by, ()]))))
    # Bucket meets bucket only if both are of one width.
    second = Query(**{**vars(second), "rollup_seconds": first.rollup_seconds})
    if not second.rollup_seconds:
        second = Query(**{**vars(second), "rollup_method": ""})
    # Of an operand with and one without as_count() the engine knows no meaning.
    if "as_count" in (first.modifier, second.modifier) and draw(st.integers(0, 9)) > 0:
        first, second = (
            Query(**{**vars(one), "modifier": "as_count" if one.kind in ("count", "rate") else one.modifier})
            for one in (first, second)
        )
    ratio = Arithmetic(draw(st.sampled_from("//*+-")), first, second)
    if shape == "default_ratio":
        # Where functions sit on the as_count path is not documented (Q4).
        first, second = (Query(**{**vars(query), "modifier": ""}) for query in (first, second))
        return Arithmetic(ratio.operator, DefaultZero(first), second)
    return ratio if shape == "ratio" else Arithmetic("*", Constant(Fraction(100)), ratio)


@st.composite
def thresholds(draw: st.DrawFn, comparator: str, *, summed: bool) -> dict[str, Fraction]:
    scale = draw(st.sampled_from([4, 16, 1] if summed else [1, 1, 4]))
    levels = [value * scale for value in draw(st.sampled_from(LEVELS))]
    if comparator in ("==", "!="):
        return {"critical": levels[1]}
    if comparator.startswith(">"):
        levels.reverse()
    critical, held, warning, low = levels
    found = {"critical": critical}
    if draw(st.integers(0, 9)) < 8:
        found["warning"] = warning
        if draw(st.booleans()):
            found["warning_recovery"] = low
    if draw(st.booleans()):
        found["critical_recovery"] = draw(st.sampled_from([held, low] if "warning" not in found else [held]))
    return found


@st.composite
def options(draw: st.DrawFn, window: int, expression: Expression, *, change: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if any(query.by for query in queries(expression)):
        found["new_group_delay"] = draw(st.sampled_from([0, 0, 60, 120, 300]))
    if draw(st.integers(0, 9)) > 7:
        found["evaluation_delay"] = draw(st.sampled_from([60, 120, 300, 900]))
    missing = draw(st.sampled_from(["legacy", "show_and_notify_no_data", "", "show_no_data", "resolve", "legacy"]))
    if missing == "legacy":
        found["notify_no_data"] = True
        found["no_data_timeframe"] = draw(st.sampled_from([window, 2 * window, window + 3]))
        if draw(st.booleans()):
            del found["no_data_timeframe"]
    elif missing and "default_zero" not in expression.text():  # the API takes only `default` then [5.5]
        found["on_missing_data"] = missing
    elif missing:
        found["on_missing_data"] = "default"
    if draw(st.booleans()):
        found["renotify_interval"] = draw(st.sampled_from([1, 3, 10]))
        if draw(st.booleans()):
            found["renotify_occurrences"] = draw(st.integers(1, 3))
        if found.get("on_missing_data") == "show_no_data" or draw(st.booleans()):
            found["renotify_statuses"] = draw(st.sampled_from([["alert"], ["warn"], ["alert", "warn", "no data"]]))
    plain = isinstance(expression, Query) and not expression.fill
    if plain and not change and window >= 5:
        found["require_full_window"] = draw(st.booleans())
    if draw(st.sampled_from([False, False, False, True])):
        found["timeout_h"] = 1
    return found


@st.composite
def cases(draw: st.DrawFn) -> Case:
    window = draw(st.sampled_from([1, 2, 5, 5, 10, 15, 60]))
    expression = draw(expressions(window))
    reduction = draw(st.sampled_from(["avg", "sum", "min", "max"]))
    # Only a sum is meaningful where counts are reduced before they are calculated with [4.5].
    asked = queries(expression)
    if isinstance(expression, Arithmetic) and any(query.modifier == "as_count" for query in asked):
        reduction = "sum"
    change = draw(st.sampled_from([*[""] * 10, "change", "pct_change"]))
    comparator = draw(st.sampled_from([">", ">", ">=", "<", "<=", "==", "!="]))
    # Of these it matters whether the type is known yet: a modifier has no effect on a gauge.
    untyped = {query.metric for query in asked if query.modifier and query.kind == "gauge"}
    minutes = draw(st.integers(4, 20))
    chosen = draw(options(window, expression, change=bool(change)))
    tail = 75 if chosen.get("timeout_h") else draw(st.sampled_from([25, 10, 2]))
    return Case(
        reduction,
        window,
        expression,
        comparator,
        draw(thresholds(comparator, summed=reduction == "sum")),
        draw(inputs(sorted({query.metric for query in asked}), untyped, minutes)),
        minutes + tail,
        change,
        draw(st.sampled_from([1, 5, 60, 60])) if change else 0,
        chosen,
        draw(st.booleans()),
    )
