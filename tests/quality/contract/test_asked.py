"""What queries ask for: metrics with type, tags and grouping, searches with their facets."""

from __future__ import annotations

from alertproof.datadog.query import parse_query
from alertproof.quality.contract import Asked, asked_of_metrics, asked_of_monitor, asked_of_search, filled


def one(text: str) -> Asked:
    (found,) = asked_of_metrics(text, file="f.json", place="p")
    return found


def test_a_metric_query_asks_for_its_name_tags_grouping_and_type() -> None:
    found = one("sum:api.errors{env:prod,tenant:*} by {endpoint,method}.as_count()")

    assert (found.name, found.by, found.type) == ("api.errors", ("endpoint", "method"), "count")
    assert found.tags == (("env", ("prod",)), ("tenant", ()))
    assert found.query == "sum:api.errors{env:prod,tenant:*} by {endpoint,method}.as_count()"


def test_a_percentile_needs_a_distribution_and_an_average_needs_nothing() -> None:
    assert one("p95:a{*}").type == "distribution"
    assert one("count(v: v>1):a{*}").type == "distribution"
    assert one("avg:a{*}").type == ""


def test_every_part_of_an_arithmetic_is_asked_for_alone() -> None:
    found = asked_of_metrics("sum:a{*}.as_count() / default_zero(sum:b{*}.as_count())", file="f", place="")

    assert [each.name for each in found] == ["a", "b"]


def test_a_choice_needs_one_of_its_values_and_what_is_left_out_needs_its_key() -> None:
    found = one("avg:a{env IN (prod,staging) AND (host:a OR host:b) AND !role:db}")

    assert dict(found.tags) == {"env": ("prod", "staging"), "host": ("a", "b"), "role": ()}


def test_a_monitors_search_asks_for_its_facets() -> None:
    searched = 'rum("@type:view env:prod").rollup("pc75", "@view.largest_contentful_paint")'
    text = f'{searched}.by("@context.tenant").last("1h") > 1'

    (found,) = asked_of_monitor(parse_query(text), file="m.json", text=text)

    assert (found.kind, found.how, found.query) == ("rum", "pc75", "@type:view env:prod")
    assert found.facets == ("@type", "env", "@context.tenant", "@view.largest_contentful_paint")


def test_composites_and_slo_alerts_ask_by_other_things() -> None:
    for text in ("1234 && !5678", 'burn_rate("a").over("30d").long_window("1h").short_window("5m") > 14.4'):
        assert asked_of_monitor(parse_query(text), file="m.json", text=text) == ()


def test_a_widgets_search_asks_for_its_values_but_not_for_patterns() -> None:
    found = asked_of_search("logs", "status:error service:m3core-*", file="f", place="p", by=("@tenant",))

    assert dict(found.tags) == {"status": ("error",), "service": ()}


def test_a_variable_is_filled_by_its_tag_or_by_all() -> None:
    assert filled("sum:a{$env,$tenant} by {x}", {"env": "env:prod"}) == "sum:a{env:prod,*} by {x}"


def test_the_value_of_a_variable_is_filled_in_without_its_key_and_any_value_where_none_is_chosen() -> None:
    search = "$env @tenant:$tenant.value @usr.id:$user.value"

    assert filled(search, {"env": "env:prod", "tenant": "tenant:acme"}) == "env:prod @tenant:acme @usr.id:*"
    assert filled("@tenant:$tenant.value", {"tenant": "tenant:*"}) == "@tenant:*"
