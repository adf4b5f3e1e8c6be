"""Each expectation is met by the good event, and not by one with the defect that it is there for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from alertproof.errors import ConfigError
from alertproof.sentry.verify import (
    Breadcrumb,
    Expected,
    Found,
    SentryEvent,
    StackFrame,
    breadcrumb,
    environment,
    has_tag,
    in_app,
    in_app_only,
    level,
    other_issue_than,
    release,
    same_issue_as,
    sample_rate,
    satisfies,
    tag,
    title,
    trace,
    user,
)

Make = Callable[..., SentryEvent]
LIBRARY = StackFrame(module="starlette.routing", function="app", in_app=True)
OWN = StackFrame(module="m3core.faults", function="lose_database", in_app=True)
CRUMB = Breadcrumb(category="database", message="connecting", level="info")


@pytest.mark.parametrize(
    ("expected", "defect", "found"),
    [
        (environment("prod"), {"environment": "production"}, "'production'"),
        (environment("prod"), {"environment": ""}, "nothing"),
        (release("m3core@1"), {"release": "m3core@2"}, "'m3core@2'"),
        (level("error"), {"level": "warning"}, "'warning'"),
        (title("Database*: no answer"), {"title": "Database: no"}, "'Database: no'"),
        (tag("tenant", "acme"), {"tags": {"tenant": "globex"}}, "'globex'"),
        (tag("tenant", "acme"), {"tags": {"b": "1", "a": "1"}}, "no such tag; its tags are a, b"),
        (has_tag("service"), {"tags": {"service": ""}}, "no such tag; its tags are service"),
        (user("12"), {"user": {"id": "13"}}, "id '13'"),
        (user("12"), {"user": {}}, "no id"),
        (user("12"), {"user": {"id": "12", "email": "ada@x.io"}}, "id '12', also email (8 characters)"),
        (user("12"), {"user": {"id": "12", "plan": "gold"}}, "id '12', also plan (4 characters)"),
        (trace("A" * 32), {"trace_id": "b" * 32}, f"'{'b' * 32}'"),
        (sample_rate(0.1), {"sample_rate": 1.0}, "1"),
        (sample_rate(0.1), {"sample_rate": None}, "none: the SDK samples no traces"),
        (breadcrumb(category="database"), {"breadcrumbs": ()}, "none"),
        (
            breadcrumb(message="connecting*"),
            {"breadcrumbs": (Breadcrumb(category="x", message="y", level=""),)},
            "x: y",
        ),
        (in_app("m3core.faults"), {"frames": (OWN, LIBRARY)}, "starlette.routing in app (in app)"),
        (in_app("m3core.*", function="lose_*"), {"frames": ()}, "no stack"),
        (
            in_app("m3core.faults", function="lose_database"),
            {"frames": (LIBRARY,)},
            "starlette.routing in app (in app)",
        ),
        (in_app_only("m3core"), {"frames": (LIBRARY, OWN)}, "starlette.routing in app (in app)"),
        (in_app_only("m3core"), {"frames": ()}, "no stack"),
    ],
)
def test_an_expectation_sees_its_defect_and_says_what_is_there_instead(
    event: Make, expected: Expected, defect: dict[str, Any], found: str
) -> None:
    assert expected.look(event()).met
    seen = expected.look(event(**defect))
    assert not seen.met
    assert seen.what.startswith(found)


def test_what_a_user_is_called_is_never_shown(event: Make) -> None:
    seen = user("12").look(event(user={"id": "12", "email": "ada@analytical.example"}))
    assert "ada" not in seen.what


@pytest.mark.parametrize(
    ("said", "met"), [({}, True), ({"geo": "DE"}, True), ({"id": "12"}, False), ({"ip_address": "x"}, False)]
)
def test_nobody_is_nobody_but_for_what_is_allowed(event: Make, said: dict[str, str], met: bool) -> None:
    assert user(None, allowed=["geo"]).look(event(user=said)).met is met


def test_a_package_is_not_one_that_only_begins_like_it(event: Make) -> None:
    other = StackFrame(module="m3corelike.app", function="f", in_app=True)
    assert not in_app_only("m3core").look(event(frames=(other,))).met


def test_only_the_asterisk_stands_for_other_text(event: Make) -> None:
    assert title("E: [a] ?").look(event(title="E: [a] ?")).met
    assert not title("E: [a] ?").look(event(title="E: a x")).met


def test_one_cause_is_one_issue_and_two_are_two(event: Make) -> None:
    first, again, other = event(), event(id="e2"), event(id="e3", issue="8")
    assert same_issue_as(first).look(again).met
    assert not same_issue_as(first).look(other).met
    assert other_issue_than(first).look(other).met
    assert not other_issue_than(first).look(again).met


def test_events_without_an_issue_are_neither_one_nor_two(event: Make) -> None:
    none = event(issue="")
    assert not same_issue_as(none).look(event(issue="")).met
    assert not other_issue_than(event()).look(none).met


def test_the_last_breadcrumbs_are_shown_and_how_many_there_were(event: Make) -> None:
    crumbs = tuple(Breadcrumb(category="c", message=str(number), level="") for number in range(9))
    what = breadcrumb(category="other").look(event(breadcrumbs=crumbs)).what
    assert what == "c: 3; c: 4; c: 5; c: 6; c: 7; c: 8 (the last 6 of 9)"


def test_anything_may_be_expected_in_words(event: Make) -> None:
    dated = satisfies("year", "2026", lambda seen: Found(seen.at.year == 2026, str(seen.at.year)))
    assert dated.look(event()).met


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: level("warn"), "did you mean 'warning'?"),
        (lambda: trace("abc"), "32 hexadecimal digits"),
        (in_app_only, "needs the platform's packages"),
    ],
)
def test_an_expectation_that_nothing_could_meet_is_refused(wrong: Callable[[], Expected], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        wrong()
    assert said in str(error.value)
