from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tests.probes.conftest import Link, Server, an_answer, answer
from tests.probes.test_check import check_of

from alertproof.errors import ConfigError
from alertproof.probes import Prober, graphql, has_data, judge, status, value

Serve = Callable[..., Server]
Probing = Callable[..., Prober]


def test_a_query_is_posted_with_its_variables() -> None:
    request = graphql(
        "query Lead($id: ID!) { lead(id: $id) { name } }", variables={"id": 7}, operation="Lead", tenant="acme"
    )

    assert (request.method, request.path, request.tenant) == ("POST", "/graphql", "acme")
    assert request.json == {
        "query": "query Lead($id: ID!) { lead(id: $id) { name } }",
        "variables": {"id": 7},
        "operationName": "Lead",
    }
    assert not request.writes


@pytest.mark.parametrize(
    ("query", "writes"),
    [
        ("{ me { name } }", False),
        ("query { mutation { id } }", False),
        ('query { leads(name: "} mutation {") { id } }', False),
        ("# mutation\n{ me }", False),
        ('query { a(text: """ } mutation { """) }', False),
        ("mutation { addLead { id } }", True),
        ("fragment F on Lead { id }\nmutation Add { addLead { ...F } }", True),
        ("query A { a } mutation B { b }", True),
    ],
)
def test_what_could_write_is_known(query: str, writes: bool) -> None:
    assert graphql(query).writes is writes


def test_a_query_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"graphql\(\) needs a query"):
        graphql(" \n")


@pytest.mark.parametrize(
    ("body", "met", "said"),
    [
        ({"data": {"me": None}}, True, "data, and no errors"),
        ({"data": {"me": 1}, "errors": []}, True, "data, and no errors"),
        ({"data": {"me": 1}, "errors": [{"message": "late"}]}, False, "late"),
        (
            {"errors": [{"message": "no such field", "locations": [{"line": 3, "column": 1}]}]},
            False,
            "no such field (line 3 of the query)",
        ),
        (
            {"data": None, "errors": [{"message": "timeout", "path": ["leads", 0, "name"]}]},
            False,
            "timeout (at $.leads[0].name)",
        ),
        ({"data": {}, "errors": [{}, 7]}, False, "an error without a message\n7"),
        ({"errors": "broken"}, False, "broken"),
        ({"data": {}, "errors": [{"message": str(n)} for n in range(5)]}, False, "0\n1\n2\nand 2 more errors"),
        ({"data": None}, False, 'no data: {"data": null}'),
        ({}, False, "no data: {}"),
        ([], False, "no answer of GraphQL: []"),
    ],
)
def test_an_answer_has_data_and_no_errors(body: object, met: bool, said: str) -> None:
    (found,) = judge(an_answer(json.dumps(body).encode()), [has_data()])

    assert (found.met, found.last_seen) == (met, said)


def test_what_is_no_json_is_no_answer() -> None:
    (found,) = judge(an_answer(b"<html>"), [has_data()])

    assert (found.met, found.last_seen) == (False, "a body that is not JSON: <html>")


def test_errors_in_an_answer_of_200_are_red_without_being_asked_for(serve: Serve, probing: Probing) -> None:
    bodies = iter([b'{"data": {"me": 7}}', b'{"data": {"me": 7}, "errors": [{"message": "half of it"}]}'])

    def script(link: Link) -> None:
        assert json.loads(link.request().partition(b"\r\n\r\n")[2]) == {"query": "{ me }"}
        link.send(answer(next(bodies)))

    check = check_of(probing(serve(script).url))
    (well,) = check.send(graphql("{ me }"))
    (half,) = check.send(graphql("{ me }"))

    assert check.expect(well, status(200), value("$.data.me", 7)) == ""
    said = check.expect(half, status(200), value("$.data.me", 7))
    assert said.startswith("POST /graphql: expected data without errors, last seen: half of it")
    assert "not reached" in said  # a value of an answer that is half wrong says nothing
