"""No operation is forgotten: each belongs to a resource or is set apart with a reason."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.probes.test_openapi import answered

from alertproof.errors import ConfigError
from alertproof.probes import OpenApi, Owned, Request, Resource, isolation, judge

GET = Request(method="GET", path="/things")
THINGS = Resource(path="/things", get=GET, at="$.items[0]")


def api(*operations: str) -> OpenApi:
    paths: dict[str, dict[str, object]] = {}
    for operation in operations:
        method, path = operation.split(" ")
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
        described = {"responses": {"200": {"description": "ok"}}, "parameters": parameters}
        paths.setdefault(path, {})[method.lower()] = described
    document = {"openapi": "3.1.0", "info": {"title": "Things", "version": "1"}, "paths": paths}
    return OpenApi(document, name="things.json")


def owned(key: str | int, name: str = "id") -> Owned:
    return Owned(resource=Resource(path="/things", get=GET, key=name), owner="acme", fields={name: key})


def test_each_operation_of_a_resource_is_a_case() -> None:
    cases = isolation(
        api("GET /things", "GET /things/{id}", "POST /things/{id}/close", "GET /health"),
        [THINGS],
        asks={"POST /things/{id}/close": lambda thing: {"json": {"was": thing["id"]}}},
        apart={"GET /health": "for everybody"},
    )

    assert [(str(case), case.by_key) for case in cases] == [
        ("GET /things", False),
        ("GET /things/{id}", True),
        ("POST /things/{id}/close", True),
    ]
    assert cases[2].request(owned(7), tenant="globex") == Request(
        method="POST", path="/things/7/close", tenant="globex", json={"was": 7}
    )
    assert cases[2].reading(owned(7)) == Request(method="GET", path="/things/7", tenant="acme")


def test_an_operation_belongs_to_the_longest_path_and_not_to_a_longer_word() -> None:
    parts = Resource(path="/things/parts", get=GET)
    cases = isolation(
        api("GET /things/parts", "GET /things/all", "GET /thingsandmore"),
        [THINGS, parts],
        asks={},
        apart={"GET /thingsandmore": "another"},
    )

    assert [(str(case), case.resource) for case in cases] == [("GET /things/all", THINGS), ("GET /things/parts", parts)]


@pytest.mark.parametrize(
    ("operations", "apart", "said"),
    [
        (["GET /things", "GET /new/{id}"], {}, "GET /new/{id}: whose it is, nobody says"),
        (["GET /things"], {"GET /old": "for all"}, "GET /old: things.json has no such operation"),
        (["GET /things", "GET /health"], {"GET /health": " "}, "GET /health: say why it is set apart"),
        (["GET /things", "GET /things/{id}/parts/{part}"], {}, "more than one parameter"),
        (["GET /other"], {"GET /other": "for all"}, "/things: no operation belongs to this resource"),
    ],
)
def test_what_nobody_thought_of_is_an_error_and_named(
    operations: list[str], apart: Mapping[str, str], said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        isolation(api(*operations), [THINGS], asks={}, apart=apart)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("key", "body", "hidden"),
    [
        (15, {"items": [{"id": 15}]}, False),
        (15, {"id": 15}, False),
        (15, {"items": [{"id": 150}, {"id": 115}, {"lead_id": 15}]}, True),
        (15, {"id": 15.5}, True),
        ("a@b.example", {"email": "a@b.example"}, True),
        ("15", {"id": "15"}, False),
        (15, {"id": "15"}, True),
        ("a+b", {"id": "a+b"}, False),
        ("a+b", {"id": "aab"}, True),
    ],
)
def test_a_thing_is_told_by_its_key_alone(key: str | int, body: object, hidden: bool) -> None:
    (found,) = judge(answered("/things", body), [owned(key).hidden()])

    assert (found.met, found.text) == (hidden, f"nothing of acme with id {key}")


def test_what_an_owner_has_is_taken_from_the_answer() -> None:
    thing = THINGS.owned(answered("/things", {"items": [{"id": 3, "name": "x"}]}), by="acme")

    assert (thing.key, thing.owner, thing.fields["name"]) == (3, "acme", "x")


@pytest.mark.parametrize("body", [{"items": []}, {}, {"items": [{"name": "x"}]}, {"items": ["x"]}])
def test_an_owner_without_a_thing_is_an_error_and_not_a_passed_test(body: object) -> None:
    with pytest.raises(ConfigError, match=r"GET /things of acme holds nothing with 'id' at \$\.items\[0\]"):
        THINGS.owned(answered("/things", body), by="acme")
