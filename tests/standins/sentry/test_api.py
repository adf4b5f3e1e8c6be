from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

EVENTS = "/projects/acme/api/events/"
ISSUES = "/projects/acme/api/issues/"
TABLE = "/organizations/acme/events/"
EXCEPTION: dict[str, Any] = {
    "exception": {
        "values": [
            {
                "type": "InjectedError",
                "value": "on purpose",
                "stacktrace": {
                    "frames": [
                        {
                            "module": "app",
                            "function": "f",
                            "lineno": 10,
                            "abs_path": "/app/app.py",
                            "in_app": True,
                            "pre_context": ["a", "b"],
                            "context_line": "raise E",
                            "post_context": ["c"],
                            "vars": {"password": "[Filtered]"},
                        }
                    ]
                },
            }
        ]
    }
}


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [int(row["id"], 16) for row in rows]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer "}, {"Authorization": "Token x"}])
def test_without_a_bearer_token_it_answers_401(sentry: Any, header: dict[str, str]) -> None:
    response = sentry.client.get(f"/api/0{EVENTS}", headers=header)
    assert (response.status_code, response.json()) == (
        401,
        {"detail": "Authentication credentials were not provided."},
    )


def test_an_event_is_found_by_id_in_its_project_only(sentry: Any) -> None:
    identity = sentry.send({"message": "hello"})
    dashed = f"{identity[:8]}-{identity[8:12]}-{identity[12:16]}-{identity[16:20]}-{identity[20:]}"
    assert sentry.get(f"{EVENTS}{dashed}/")["eventID"] == identity
    for path in ("/projects/acme/web/events/", "/projects/globex/api/events/"):
        assert sentry.ask(f"{path}{identity}/").status_code == 404
    assert sentry.ask(f"{EVENTS}{'f' * 32}/").json() == {"detail": "Event not found"}


@pytest.mark.parametrize(
    "path", ["/projects/acme/nope/events/", "/projects/nope/api/events/", "/organizations/nope/issues/"]
)
def test_a_project_or_organization_that_is_not_there_is_404(sentry: Any, path: str) -> None:
    assert sentry.ask(path).json() == {"detail": "The requested resource does not exist"}


def test_an_event_id_leads_to_project_and_issue(sentry: Any) -> None:
    identity = sentry.send(EXCEPTION)
    found = sentry.get(f"/organizations/acme/eventids/{identity}/")
    assert (found["projectSlug"], found["groupId"], found["event"]["id"]) == ("api", "1", identity)
    assert sentry.ask(f"/organizations/globex/eventids/{identity}/").status_code == 404


def test_instants_are_in_stack_time(sentry: Any, at: Any) -> None:
    sentry.clock.advance(timedelta(minutes=5))
    crumbs = [{"message": "before", "timestamp": 1767225600.0}]
    identity = sentry.send({"message": "hello", "breadcrumbs": crumbs}, seconds=2)
    event = sentry.get(f"{EVENTS}{identity}/")
    assert event["dateCreated"] == at(2)
    assert event["dateReceived"] == at(5)
    (entry,) = [entry for entry in event["entries"] if entry["type"] == "breadcrumbs"]
    assert entry["data"]["values"][0]["timestamp"] == at(0)


def test_everything_of_the_payload_that_could_hold_a_secret_is_in_the_event(sentry: Any) -> None:
    places = {
        "exception": {"values": [{"type": "E", "value": "needle-01", "mechanism": {"data": {"a": "needle-02"}},
            "stacktrace": {"frames": [{"function": "needle-03", "vars": {"a": "needle-04"}, "context_line": "needle-05",
                "pre_context": ["needle-06"], "post_context": ["needle-07"], "filename": "needle-08"}]}}]},
        "breadcrumbs": [{"message": "needle-09", "data": {"a": "needle-10"}, "category": "needle-11"}],
        "request": {"url": "http://x/?q=needle-12", "headers": {"A": "needle-13", "Cookie": "c=needle-14"},
            "data": {"a": "needle-15"}, "env": {"a": "needle-16"}},
        "logentry": {"message": "needle-17", "formatted": "needle-18", "params": ["needle-19"]},
        "tags": {"a": "needle-20", "bad key": "needle-21"},
        "contexts": {"mine": {"a": "needle-22"}},
        "extra": {"a": {"b": "needle-23"}},
        "user": {"email": "needle-24", "segment": "needle-25"},
        "sdk": {"name": "needle-26"},
        "errors": [{"value": "needle-27"}],
        "_meta": {"extra": {"a": {"": {"val": "needle-28"}}}, "request": {"data": {"": {"val": "needle-29"}}}},
        "release": "needle-30", "dist": "needle-31", "environment": "needle-32", "transaction": "needle-33",
        "logger": "needle-34", "server_name": "needle-35", "modules": {"needle-36": "1"},
        "threads": {"values": [{"stacktrace": {"frames": [{"vars": {"a": "needle-37"}}]}}]},
        "level": "needle-38",
    }  # fmt: skip
    identity = sentry.send(places)
    text = sentry.ask(f"{EVENTS}{identity}/").text
    wanted = {f"needle-{number:02}" for number in range(1, 39)}
    assert wanted - set(re.findall(r"needle-\d\d", text)) == set()
    (listed,) = sentry.get(EVENTS, full="true")
    assert listed == sentry.get(f"{EVENTS}{identity}/")


def test_frames_and_requests_have_the_shape_of_the_web_api(sentry: Any) -> None:
    request = {
        "url": "http://x/p?b=2&a=1",
        "method": "GET",
        "headers": {"X-B": "2", "Cookie": "s=1; t=2", "X-A": "1"},
        "data": {"a": 1},
    }
    entries = sentry.get(f"{EVENTS}{sentry.send(EXCEPTION | {'request': request})}/")["entries"]
    shown = {entry["type"]: entry["data"] for entry in entries}
    (frame,) = shown["exception"]["values"][0]["stacktrace"]["frames"]
    assert frame["context"] == [[8, "a"], [9, "b"], [10, "raise E"], [11, "c"]]
    assert (frame["lineNo"], frame["inApp"], frame["absPath"]) == (10, True, "/app/app.py")
    assert shown["request"] == {
        "url": "http://x/p",
        "method": "GET",
        "query": [["a", "1"], ["b", "2"]],
        "headers": [["X-A", "1"], ["X-B", "2"]],
        "cookies": [["s", "1"], ["t", "2"]],
        "data": {"a": 1},
    }


def test_a_scrubbed_place_is_marked_beside_its_entry(sentry: Any) -> None:
    mark = {"": {"rem": [["!config", "s"]]}}
    event = {"request": {"url": "http://x/", "data": "[Filtered]"}, "extra": {"password": "[Filtered]"}}
    meta = {"request": {"data": mark}, "extra": {"password": mark}}
    shown = sentry.get(f"{EVENTS}{sentry.send(event | {'_meta': meta})}/")
    assert shown["_meta"] == {"entries": {"0": {"data": {"data": mark}}}, "context": {"password": mark}}


def test_events_are_listed_newest_first_page_after_page_by_the_link_header(sentry: Any) -> None:
    for number in range(7):
        sentry.send({"message": f"m{number}"}, seconds=number // 2)
    seen: list[int] = []
    path, parameters = EVENTS, {"per_page": "3"}
    for _ in range(5):
        response = sentry.ask(path, **parameters)
        seen += ids(response.json())
        previous, following = response.headers["link"].split(", ")
        assert f'results="{str(len(seen) > 3).lower()}"' in previous
        if 'results="false"' in following:
            break
        # A newer event between two pages neither repeats nor hides a row.
        sentry.send({"message": "newer"}, seconds=100)
        match = re.match(r'<([^>]+)>; rel="next"; results="true"; cursor="([^"]+)"', following)
        assert match is not None
        parameters = dict(parse_qsl(urlsplit(match[1]).query))
        assert parameters["cursor"] == match[2]
    assert seen == [7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(("size", "more"), [("2", "true"), ("3", "false"), ("4", "false")])
def test_there_is_a_next_page_only_when_something_is_on_it(sentry: Any, size: str, more: str) -> None:
    for _ in range(3):
        sentry.send({"message": "m"})
    assert f'rel="next"; results="{more}"' in sentry.ask(EVENTS, per_page=size).headers["link"]


def test_events_and_issues_are_listed_in_their_own_project_only(sentry: Any) -> None:
    sentry.send({"message": "m"})
    assert (len(sentry.get(EVENTS)), len(sentry.get(ISSUES))) == (1, 1)
    for project in ("/projects/acme/web", "/projects/globex/api"):
        assert sentry.get(f"{project}/events/") == sentry.get(f"{project}/issues/") == []


def test_a_url_that_is_no_address_is_shown_as_it_was_sent(sentry: Any) -> None:
    identity = sentry.send({"message": "m", "request": {"url": "http://[bad?x=1"}})
    event = sentry.get(f"{EVENTS}{identity}/")
    (request,) = [entry["data"] for entry in event["entries"] if entry["type"] == "request"]
    assert (request["url"], request["query"]) == ("http://[bad?x=1", [])
    assert ids(sentry.get(EVENTS, full="1")) == [int(identity, 16)]


def test_a_list_of_events_has_errors_only_but_a_transaction_is_found_by_id(sentry: Any) -> None:
    payload = {"start_timestamp": 1767225601.0, "transaction": "GET /x", "spans": []}
    identity = sentry.send(payload, kind="transaction", seconds=3)
    assert sentry.get(EVENTS) == []
    assert sentry.get(ISSUES) == []
    event = sentry.get(f"{EVENTS}{identity}/")
    assert (event["type"], event["groupID"], event["title"]) == ("transaction", None, "GET /x")
    assert (event["startTimestamp"], event["endTimestamp"]) == ("2026-03-01T00:02:58Z", "2026-03-01T00:03:00Z")


def test_a_range_of_time_includes_its_ends(sentry: Any, at: Any) -> None:
    for second in (1, 2, 3):
        sentry.send({"message": "m"}, seconds=second)
    assert ids(sentry.get(EVENTS, start=at(2), end=at(3))) == [3, 2]
    assert ids(sentry.get(EVENTS, start=at(2.001), end=at(2.999))) == []
    sentry.clock.advance(timedelta(minutes=3))
    assert ids(sentry.get(EVENTS, statsPeriod="1m")) == [3, 2]
    assert ids(sentry.get(EVENTS, statsPeriod="1h")) == [3, 2, 1]


def test_events_of_one_place_are_one_issue_and_counted(sentry: Any, at: Any) -> None:
    sentry.send(EXCEPTION | {"user": {"id": 1}})
    sentry.send({"message": "other"})
    sentry.send(EXCEPTION | {"user": {"id": 2}})
    first, second = sentry.get(ISSUES)
    assert (first["title"], first["shortId"], first["count"], first["userCount"]) == (
        "InjectedError: on purpose",
        "API-1",
        "2",
        2,
    )
    assert (first["firstSeen"], first["lastSeen"], first["status"]) == (at(1), at(3), "unresolved")
    assert (second["title"], second["count"]) == ("other", "1")
    assert ids(sentry.get(f"/organizations/acme/issues/{first['id']}/events/")) == [3, 1]
    assert sentry.get(f"/organizations/acme/issues/{first['id']}/") == first
    assert sentry.get("/organizations/acme/issues/API-1/") == first
    assert sentry.ask("/organizations/acme/issues/99/").status_code == 404


def test_issues_are_searched_by_a_tag_of_any_of_their_events(sentry: Any) -> None:
    sentry.send(EXCEPTION | {"tags": {"correlation_id": "one"}})
    sentry.send(EXCEPTION | {"tags": {"correlation_id": "two"}})
    sentry.send({"message": "other"})
    assert [row["id"] for row in sentry.get(ISSUES, query="correlation_id:one is:unresolved")] == ["1"]
    assert sentry.get(ISSUES, query="correlation_id:three") == []
    assert ids(sentry.get("/organizations/acme/issues/1/events/", query="correlation_id:two")) == [2]


def test_the_organization_sees_the_issues_of_all_its_projects_and_of_no_other(sentry: Any) -> None:
    sentry.send({"message": "a"})
    for project, key in (("2", "b"), ("3", "c")):
        auth = {"X-Sentry-Auth": f"Sentry sentry_key={key * 32}"}
        sentry.send({"message": "a", "environment": key}, project=project, headers=auth)
    projects = [row["project"]["id"] for row in sentry.get("/organizations/acme/issues/")]
    assert projects == ["2", "1"]
    assert [row["project"]["id"] for row in sentry.get("/organizations/acme/issues/", project="2")] == ["2"]
    assert [row["project"]["id"] for row in sentry.get("/organizations/acme/issues/", environment="b")] == ["2"]
    assert sentry.ask("/organizations/acme/issues/", project="3").status_code == 400


def test_the_table_of_errors_shows_the_fields_asked_for(sentry: Any, at: Any) -> None:
    identity = sentry.send(EXCEPTION | {"tags": {"correlation_id": "one"}, "release": "r1"})
    sentry.send({"message": "other"})
    fields = [
        "id",
        "title",
        "timestamp",
        "correlation_id",
        "tags[release]",
        "error.type",
        "issue",
        "project.name",
        "no",
    ]
    answer = sentry.get(TABLE, dataset="errors", field=fields, query="correlation_id:one", start=at(0), end=at(9))
    assert answer["data"] == [
        {
            "id": identity,
            "title": "InjectedError: on purpose",
            "timestamp": at(1),
            "correlation_id": "one",
            "tags[release]": "r1",
            "error.type": ["InjectedError"],
            "issue": "API-1",
            "project.name": "api",
            "no": None,
        }
    ]
    assert answer["meta"]["fields"]["timestamp"] == "date"
    assert sentry.get(TABLE, dataset="errors", field="id", query="correlation_id:two")["data"] == []


@pytest.mark.parametrize(
    ("path", "parameters", "named"),
    [
        (EVENTS, {"qery": "x"}, "'qery'"),
        (EVENTS, {"statsPeriod": "soon"}, "'soon'"),
        (EVENTS, {"start": "2026-01-01"}, "start and end are both required"),
        (EVENTS, {"start": "2026-01-02", "end": "2026-01-01"}, "start must be before end"),
        (EVENTS, {"start": "then", "end": "2026-01-01"}, "'then'"),
        (EVENTS, {"per_page": "101"}, "between 1 and 100"),
        (EVENTS, {"per_page": "0"}, "between 1 and 100"),
        (EVENTS, {"cursor": "x"}, "'x'"),
        (ISSUES, {"query": "is:assigned"}, "is:assigned"),
        (ISSUES, {"sort": "freq"}, "'sort'"),
        (TABLE, {"dataset": "log", "field": "id"}, "'log'"),
        (TABLE, {"field": "id"}, "''"),
        (TABLE, {"dataset": "errors"}, "No columns selected"),
        (TABLE, {"dataset": "errors", "field": "counts()"}, "counts()"),
        (TABLE, {"dataset": "errors", "field": "id", "sort": "title"}, "sort=title"),
        (TABLE, {"dataset": "errors", "field": "id", "sort": "timestamp"}, "sort=timestamp"),
    ],
)
def test_what_is_not_modelled_is_400_and_named(sentry: Any, path: str, parameters: dict[str, str], named: str) -> None:
    response = sentry.ask(path, **parameters)
    assert response.status_code == 400
    assert named in response.json()["detail"]
