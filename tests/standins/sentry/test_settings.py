"""A project's settings are kept as they are told: what it is called, what it turns away, and a key's limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.standins.sentry.conftest import Sentry

PROJECT = "/projects/acme/api/"
KEY = "a" * 32


def filters(sentry: Sentry) -> dict[str, Any]:
    return {row["id"]: row["active"] for row in sentry.get(f"{PROJECT}filters/")}


def test_a_name_a_platform_and_options_are_shown_as_they_were_changed_and_of_that_project_alone(
    sentry: Sentry,
) -> None:
    options = {"filters:error_messages": "ResizeObserver*\n*Chunk*"}
    changed = sentry.change("PUT", PROJECT, {"name": "CRM", "platform": "python", "options": options})
    assert changed.status_code == 200
    assert sentry.change("PUT", PROJECT, {"options": {"filters:releases": "1.*"}}).status_code == 200

    shown = sentry.get(PROJECT)
    assert (shown["name"], shown["platform"]) == ("CRM", "python")
    assert shown["options"] == {**options, "filters:releases": "1.*"}
    assert sentry.get("/projects/acme/web/")["options"] == {}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": ""}, "length >= 1"),
        ({"name": "x", "options": {"filters:error_message": "x"}}, "did you mean 'filters:error_messages'"),
        ({"name": "x", "colour": "red"}, "colour cannot be changed here"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_of_it_is_kept(sentry: Sentry, body: dict[str, Any], said: str) -> None:
    answer = sentry.change("PUT", PROJECT, body)

    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    assert sentry.get(PROJECT)["name"] == "api"


def test_filters_are_off_until_they_are_turned_on(sentry: Sentry) -> None:
    assert set(filters(sentry).values()) == {False}

    assert sentry.change("PUT", f"{PROJECT}filters/localhost/", {"active": True}).status_code == 204
    browsers = {"subfilters": ["opera_mini", "ie"]}
    assert sentry.change("PUT", f"{PROJECT}filters/legacy-browsers/", browsers).status_code == 204

    assert {name: on for name, on in filters(sentry).items() if on} == {
        "legacy-browsers": ["ie", "opera_mini"],
        "localhost": True,
    }


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("localhosts", {"active": True}, 404),
        ("localhost", {}, 400),
        ("localhost", {"subfilters": ["ie"]}, 400),
        ("localhost", {"activ": True}, 400),
        ("legacy-browsers", {"subfilters": ["netscape"]}, 400),
    ],
)
def test_a_filter_that_there_is_not_and_a_state_that_it_has_not_are_refused(
    sentry: Sentry, name: str, body: dict[str, Any], status: int
) -> None:
    assert sentry.change("PUT", f"{PROJECT}filters/{name}/", body).status_code == status
    assert set(filters(sentry).values()) == {False}


def test_a_keys_limit_is_shown_and_taken_away(sentry: Sentry) -> None:
    limit = {"window": 60, "count": 100}
    assert sentry.change("PUT", f"{PROJECT}keys/{KEY}/", {"rateLimit": limit}).json()["rateLimit"] == limit
    (key,) = sentry.get(f"{PROJECT}keys/")
    assert key["rateLimit"] == limit

    assert sentry.change("PUT", f"{PROJECT}keys/{KEY}/", {"rateLimit": None}).json()["rateLimit"] is None
    assert sentry.change("PUT", f"{PROJECT}keys/{'b' * 32}/", {"rateLimit": None}).status_code == 404
    assert sentry.change("PUT", f"{PROJECT}keys/{KEY}/", {"rateLimit": {"window": -1, "count": 1}}).status_code == 400
