"""Trees of every family of monitor queries, for hypothesis.

A tree comes with a spelling of its own too: parentheses that change nothing, ``and`` or ``AND``, quotes of both kinds.
What is drawn prints as a query that Datadog takes, so that ``parse(render(tree)) == tree``.
"""

from __future__ import annotations

from typing import Any, TypeVar

from hypothesis import strategies as st
from msgspec.structs import replace

from alertproof.datadog.query import render_expression
from alertproof.datadog.query.tree import (
    AllMonitors,
    AllOf,
    AnyMonitor,
    AnyOf,
    AnyTag,
    Argument,
    Attribute,
    Binary,
    Call,
    Change,
    CheckMonitor,
    Cidr,
    CommaList,
    Comparison,
    CompositeExpression,
    CompositeMonitor,
    Condition,
    Either,
    Enclosed,
    EventMonitor,
    Every,
    Excluded,
    Expression,
    Formula,
    FormulaMonitor,
    Grouping,
    Head,
    Keyword,
    MetricMonitor,
    MetricQuery,
    Modified,
    Modifier,
    MonitorId,
    Negation,
    NotMonitor,
    Number,
    Phrase,
    PlainQuery,
    Range,
    Reduction,
    Reference,
    Scope,
    Search,
    SearchExpression,
    Several,
    SloAlert,
    TagIn,
    TagIs,
    Term,
    Text,
    Unary,
    Window,
    Without,
    Word,
    walk,
)

T = TypeVar("T")
E = TypeVar("E", bound=Enclosed)


def up_to_two(each: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.one_of(st.just(()), st.tuples(each), st.tuples(each, each))


def two_or_more(each: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.tuples(each, each) | st.tuples(each, each, each)


def in_parentheses(each: st.SearchStrategy[E]) -> st.SearchStrategy[E]:
    """Draw the same trees, some in a pair of parentheses or two."""
    return st.builds(lambda tree, pairs: replace(tree, parentheses=pairs), each, st.sampled_from([0, 0, 0, 1, 2]))


def spelled(kind: type[E], items: st.SearchStrategy[Any], words: list[str]) -> st.SearchStrategy[E]:
    """Draw two items or more joined by words of various spellings."""
    return two_or_more(items).flatmap(
        lambda drawn: st.builds(
            kind, st.just(drawn), st.tuples(*[st.sampled_from(words)] * (len(drawn) - 1)) | st.just(())
        )
    )


# --- scopes -------------------------------------------------------------------------------------------

names = st.sampled_from(["a", "api.errors", "x_1", "count", "by", "sum", "kafka.p99.4xx"])
tags = st.sampled_from(["env:prod", "host:web-*", "canary", "path:/a/b-c", "key:*", "$scope", "or_not:in", "a:b=c;d"])
simple_tags = st.builds(TagIs, tags)
_leaf_scopes: st.SearchStrategy[Scope] = st.one_of(
    st.builds(AnyTag),
    simple_tags,
    st.builds(Excluded, simple_tags, st.sampled_from(["!", "-"])),
    st.builds(TagIn, st.just("state"), st.sampled_from([("a",), ("a", "b")]), st.booleans()),
    st.builds(TagIn, st.just("state"), st.just(("a",)), st.just(value=True), st.just(("not", "In"))),
)
scopes: st.SearchStrategy[Scope] = st.recursive(
    in_parentheses(_leaf_scopes),
    lambda inner: in_parentheses(
        st.one_of(
            spelled(AllOf, inner, ["AND", "and"]),
            spelled(AnyOf, inner, ["OR", "or"]),
            st.builds(Negation, inner, st.sampled_from(["NOT", "not"])),
        )
    ),
    max_leaves=5,
)
#: Whole scopes, as they stand between braces.
whole_scopes = scopes | st.builds(CommaList, two_or_more(scopes))

# --- expressions --------------------------------------------------------------------------------------

numbers = st.builds(Number, st.sampled_from(["0", "1", "2.50", "1e5", "0.02", ".5", "007", "1E-3"]))
texts = st.builds(Text, st.sampled_from(["'15m'", '"a b"', "''", "'it\\'s'", '"a, (b"']))
words = st.builds(Word, st.sampled_from(["zero", "avg", "max", "last", "null"]))
groupings = st.builds(Grouping, st.sampled_from([("host",), ("host", "env"), ("*",)]))
modifiers = up_to_two(
    st.one_of(
        st.builds(Modifier, st.sampled_from(["as_count", "as_rate", "weighted"])),
        st.builds(Modifier, st.just("rollup"), up_to_two(numbers | words | texts)),
        st.builds(Modifier, st.just("fill"), st.tuples(words) | st.tuples(words, numbers)),
    )
)
comparators = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
conditions = st.builds(Condition, comparators, st.sampled_from(["0", "1.5", "-5", "+3", "-.5", "1e3"]))
counted = st.none() | st.builds(Condition, st.sampled_from(["<", ">="]), st.sampled_from(["0", "2.5", "-1"]))


def _metric_query(fields: dict[str, Any]) -> MetricQuery:
    """Let a condition be that of ``count``, and modifiers stand before ``by`` only where there is one.

    A second rollup behind it is no part of the query.
    """
    fields["space"] = "count" if fields["counted"] else fields["space"]
    fields["before_by"] = min(fields["before_by"], len(fields["modifiers"])) if fields["by"] else 0
    rolled_up = [each.name for each in fields["modifiers"]] == ["rollup", "rollup"]
    if rolled_up and fields["before_by"] < 2:
        fields["modifiers"] = fields["modifiers"][:1]
    return MetricQuery(**fields)


metric_queries = in_parentheses(
    st.fixed_dictionaries(
        {
            "metric": names,
            "scope": whole_scopes,
            "space": st.none() | st.sampled_from(["avg", "sum", "p95", "p99.9", "count"]),
            "counted": counted,
            "by": st.sampled_from([(), ("host",), ("host", "env")]),
            "modifiers": modifiers,
            "before_by": st.sampled_from([0, 1, 2]),
        }
    ).map(_metric_query)
)


def _calls(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Call]:
    """Draw calls with as many arguments as their functions take."""

    def call(name: str, *arguments: st.SearchStrategy[Argument]) -> st.SearchStrategy[Call]:
        return st.builds(Call, st.just(name), st.tuples(inner, *arguments), st.booleans())

    direction = st.builds(Keyword, st.just("direction"), texts)
    interval = st.builds(Keyword, st.just("interval"), numbers)
    return st.one_of(
        *(call(name) for name in ("abs", "default_zero", "ewma_5", "top5_mean", "month_before")),
        *(call(name, numbers) for name in ("default", "clamp_min", "timeshift")),
        *(call(name, groupings) for name in ("sum", "p90", "stddev")),
        call("timeshift", st.builds(Unary, st.just("-"), numbers)),
        call("top", numbers, texts | words, texts | words),
        call("anomalies", texts, numbers, direction, interval),
        call("outliers", texts, numbers),
        call("forecast", texts, numbers, interval),
    )


def _recursive(leaves: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.recursive(
        leaves,
        lambda inner: in_parentheses(
            st.one_of(
                st.builds(Unary, st.sampled_from("+-"), inner),
                st.builds(Binary, st.sampled_from("+-*/%"), inner, inner),
                _calls(inner),
                st.builds(Modified, inner, modifiers.filter(bool)),
            )
        ),
        max_leaves=6,
    )


#: Expressions without a comma at the top, as monitors have them.
expressions: st.SearchStrategy[Expression] = _recursive(in_parentheses(numbers) | metric_queries)
several = st.builds(Several, two_or_more(expressions))
references = st.builds(Reference, st.sampled_from(["query1", "query", "a", "gpt_4_prompt", "sum"]))
#: Formulas, in which names are other queries.
formulas: st.SearchStrategy[Expression] = _recursive(in_parentheses(numbers | references))

# --- metric monitors and SLO alerts -------------------------------------------------------------------

windows = st.one_of(
    st.builds(Window, st.just("last"), st.integers(1, 999), st.sampled_from(["m", "h", "d", "w", "mo"])),
    st.builds(Window, st.just("current"), st.just(1), st.sampled_from(["h", "d", "mo"])),
)
reductions = st.builds(Reduction, st.sampled_from(["avg", "max", "min", "percentile", "sum"]), windows)
heads: st.SearchStrategy[Head] = reductions | st.builds(
    Change, st.sampled_from(["change", "pct_change"]), reductions, st.sampled_from(["last_1h", "5m_ago", "1d_ago"])
)
_watched = expressions.filter(lambda tree: any(isinstance(node, MetricQuery) for node in walk(tree)))
_forecasts = st.builds(
    MetricMonitor,
    st.builds(
        Reduction,
        st.sampled_from(["max", "min"]),
        st.builds(Window, st.just("next"), st.sampled_from([1, 2, 3]), st.sampled_from(["d", "w", "mo"])),
    ),
    st.builds(
        Call, st.just("forecast"), st.tuples(metric_queries, texts, numbers, st.builds(Keyword, names, texts | numbers))
    ),
    st.just(">="),
    st.just(Condition(">=", "5")),
)
metric_monitors = st.one_of(
    _forecasts,
    st.builds(lambda head, expression, condition: MetricMonitor(head, expression, condition.comparator, condition),
              heads, _watched, conditions),
    st.builds(MetricMonitor, heads, _watched, comparators, st.none()),
)  # fmt: skip
_above = st.builds(Condition, st.sampled_from([">", ">="]), st.sampled_from(["1", "14.4", "75"]))
slo_alerts = st.one_of(
    st.builds(SloAlert, st.just("error_budget"), names, st.just("7d"), st.none(), st.none(), _above,
              quotes=st.sampled_from([(), ("'", '"')])),
    st.builds(SloAlert, st.just("burn_rate"), names, st.just("30d"), st.just("1h"), st.none() | st.just("5m"), _above),
    st.builds(SloAlert, st.just("burn_rate"), names, st.just("30d"), st.just("1h"), st.none(), _above,
              order=st.permutations(["over", "long_window"]).map(tuple)),
)  # fmt: skip

# --- event searches -----------------------------------------------------------------------------------


def _quoted(inner: str, quote: str) -> str:
    mark = '\\"' if quote == '"' else '"'
    return f"{mark}{inner}{mark}"


def searches_in(quote: str) -> st.SearchStrategy[Search]:
    """Draw searches as they stand between quotes of a kind; an empty one is none."""
    terms = st.builds(
        Term, st.sampled_from(["error", "web*", "a\\:b", "?x", "C\\:\\\\x", "0205-0002", "$host", "and", "é"])
    )
    phrases = st.builds(Phrase, st.sampled_from(["a b", "(x", "AND", "", "50%"]).map(lambda text: _quoted(text, quote)))
    comparisons = st.builds(
        Comparison, st.sampled_from([">", ">=", "<", "<="]), st.builds(Term, st.sampled_from(["5", "-1", "10ms"]))
    )
    ranges = st.builds(
        Range, st.sampled_from(["[", "{"]), st.sampled_from(["400", "*"]), st.sampled_from(["499", "*"]),
        st.sampled_from(["]", "}"]),
    )  # fmt: skip
    values = in_parentheses(st.one_of(terms, phrases, comparisons, ranges, st.builds(Term, st.just("http://x:80"))))

    def compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[SearchExpression]:
        return in_parentheses(
            st.one_of(
                spelled(Every, inner, ["", "AND", "&&"]),
                spelled(Either, inner, ["OR", "||"]),
                st.builds(Without, inner, st.sampled_from(["-", "NOT", "!"])),
            )
        )

    attributes = st.builds(
        Attribute,
        st.sampled_from(["@http.status_code", "service", "*", "@a\\ b", "#calculated"]),
        values | compound(values),
    )
    cidrs = st.builds(Cidr, st.just("@network.client.ip"), st.sampled_from([("10.0.0.0/8",), ("::/0", "1.2.3.4/32")]))
    leaves: st.SearchStrategy[Any] = st.one_of(terms, phrases, attributes, cidrs)
    expression = st.recursive(in_parentheses(leaves), compound, max_leaves=5)
    return st.builds(Search, st.just(quote), st.none() | expression)


searches = st.sampled_from(["'", '"', ""]).flatmap(searches_in)
quoted_searches = st.sampled_from(["'", '"']).flatmap(searches_in)


def _call(name: str, *arguments: str) -> Modifier:
    return Modifier(name, tuple(Text(f'"{argument}"') for argument in arguments))


_rollups = st.sampled_from([_call("rollup", "count"), _call("rollup", "pc95", "@duration")])
_lasts = st.sampled_from([_call("last", "5m"), _call("last", "1d")])
_optional = st.sampled_from([(), (_call("by", "service,@a.b"),), (_call("index", "*"), _call("by", "a", "b"))])


def _shuffled(calls: tuple[Modifier, ...]) -> st.SearchStrategy[tuple[Modifier, ...]]:
    return st.permutations(calls).map(tuple)


event_monitors = st.builds(
    EventMonitor,
    st.sampled_from(["logs", "events", "rum", "trace-analytics", "error-tracking-rum", "ci-pipelines", "audits"]),
    quoted_searches,
    st.tuples(_rollups, _lasts, _optional).flatmap(lambda drawn: _shuffled((drawn[0], drawn[1], *drawn[2]))),
    conditions,
)
formula_monitors = st.builds(
    FormulaMonitor,
    # The formula's own texts are in the other quotes.
    st.builds(Formula, st.just('"'), formulas).filter(lambda formula: not _has_double_quotes(formula)),
    st.sampled_from(
        [(_call("last", "15m"),), (_call("rollup", "sum"), _call("last", "5m")), (_call("current", "1d"),)]
    ),
    conditions,
)


def _has_double_quotes(formula: Formula) -> bool:
    return '"' in render_expression(formula.expression)


# --- service checks and composites --------------------------------------------------------------------


def _check(over: tuple[str, ...], last: str, how: str, more: tuple[Modifier, ...]) -> tuple[Modifier, ...]:
    return (_call("over", *over), *more, Modifier("last", (Number(last),)), Modifier(how))


check_monitors = st.builds(
    CheckMonitor,
    st.builds(Text, st.sampled_from(['"ntp.in_sync"', "'http.can_connect'"])),
    st.builds(
        _check,
        st.sampled_from([("*",), ("env:prod", "role:db")]),
        st.sampled_from(["1", "6", "100"]),
        st.sampled_from(["count_by_status", "pct_by_status"]),
        st.sampled_from([(), (_call("by", "host"),), (_call("exclude", "a:b"), _call("by", "host", "x"))]),
    ),
)
composite_expressions: st.SearchStrategy[CompositeExpression] = st.recursive(
    in_parentheses(st.builds(MonitorId, st.sampled_from(["12345", "678", "a", "b"]))),
    lambda inner: in_parentheses(
        st.one_of(
            st.builds(AllMonitors, two_or_more(inner)),
            st.builds(AnyMonitor, two_or_more(inner)),
            st.builds(NotMonitor, inner),
        )
    ),
    max_leaves=6,
)
# One letter alone is nothing yet.
composite_monitors = st.builds(
    CompositeMonitor,
    composite_expressions.filter(lambda tree: not isinstance(tree, MonitorId) or tree.text.isdecimal()),
)

#: Whole queries of every family.
queries: st.SearchStrategy[PlainQuery] = st.one_of(
    metric_monitors, slo_alerts, event_monitors, formula_monitors, check_monitors, composite_monitors
)
