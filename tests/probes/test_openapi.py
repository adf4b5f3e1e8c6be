"""A description is checked, knows its operations, and says in what an answer differs from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from alertproof.errors import ConfigError
from alertproof.journal import Phases
from alertproof.probes import Answer, OpenApi, Request, contract, describes, judge, read_openapi

THING = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "paths": {
        "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {
                "responses": {
                    "200": {
                        "description": "one",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    },
                    "404": {"description": "none"},
                }
            },
        },
        "/things": {"post": {"responses": {"201": {"description": "made"}}}},
    },
    "components": {"schemas": {"Thing": THING}},
}


def answered(
    path: str, body: object, *, status: int = 200, method: str = "GET", kind: str = "application/json", base: str = ""
) -> Answer:
    return Answer(
        request=Request(method=method, path=path),
        url=httpx.URL(f"http://127.0.0.1:8000{base}{path}"),
        at=datetime(2026, 1, 1, tzinfo=UTC),
        total=timedelta(0),
        phases=Phases(),
        connection="cold",
        correlation_id="",
        status=status,
        headers=httpx.Headers({"content-type": kind}),
        body=json.dumps(body).encode(),
    )


@pytest.fixture(scope="module")
def api() -> OpenApi:
    return OpenApi(DOCUMENT, name="things.json")


def test_it_knows_its_operations_in_order(api: OpenApi) -> None:
    assert [str(one) for one in api.operations] == ["POST /things", "GET /things/{id}"]
    assert api.operations[1].parameters == ("id",)
    assert api.operations[1].filled({"id": 7}) == "/things/7"


@pytest.mark.parametrize(
    ("answer", "complaints"),
    [
        (answered("/things/1", {"id": 1}), []),
        (answered("/things/1?fields=id", {"id": 1}), []),
        (answered("/things/1", {}, status=404), []),
        (answered("/things/1", {}), ["$: 'id' is a required property"]),
        (answered("/things/1", {"id": "x"}), ["$.id: 'x' is not of type 'integer'"]),
        (answered("/things/1", {}, status=418), ["Unknown response http status: 418"]),
        (answered("/other", {}), ["Path not found for http://127.0.0.1:8000/other"]),
    ],
    ids=[
        "fits",
        "fits with a query",
        "no body told of",
        "a field missing",
        "another type",
        "another status",
        "unknown",
    ],
)
def test_an_answer_is_as_described_or_it_says_where_not(api: OpenApi, answer: Answer, complaints: list[str]) -> None:
    (found,) = judge(answer, [contract(api)])

    assert api.complaints(answer) == complaints
    assert (found.met, found.text) == (not complaints, "what things.json says")


def test_another_content_type_is_named(api: OpenApi) -> None:
    (said,) = api.complaints(answered("/things/1", {"id": 1}, kind="text/html"))

    assert "text/html" in said


def reworded(document: dict[str, Any]) -> None:
    document["paths"]["/things/{id}"]["get"]["summary"] = "Read a thing"
    document["components"]["schemas"]["Thing"]["description"] = "A thing"


def without_get(document: dict[str, Any]) -> None:
    del document["paths"]["/things/{id}"]["get"]


def with_delete(document: dict[str, Any]) -> None:
    document["paths"]["/things/{id}"]["delete"] = {"responses": {"204": {"description": "gone"}}}


def with_a_name(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Thing"]["properties"]["name"] = {"type": "string"}


def with_another_parameter(document: dict[str, Any]) -> None:
    document["paths"]["/things/{id}"]["parameters"][0]["schema"] = {"type": "string"}


def renamed(document: dict[str, Any]) -> None:
    document["info"]["version"] = "2"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (renamed, "3 operations and schemas"),
        (reworded, "3 operations and schemas"),
        (without_get, "GET /things/{id}: gone"),
        (with_delete, "DELETE /things/{id}: new"),
        (with_a_name, "schema Thing: changed"),
        (with_another_parameter, "GET /things/{id}: changed"),
    ],
    ids=lambda given: given.__name__ if callable(given) else "",
)
def test_the_platforms_own_description_is_compared(
    api: OpenApi, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    own = deepcopy(DOCUMENT)
    change(own)

    (found,) = judge(answered("/openapi.json", own), [describes(api)])

    assert (found.met, found.last_seen) == (change in (renamed, reworded), said)


@pytest.mark.parametrize("body", [[], {}, {"paths": []}, "text", None])
def test_what_is_no_description_is_unmet(api: OpenApi, body: object) -> None:
    (found,) = judge(answered("/openapi.json", body), [describes(api)])

    assert (found.met, found.last_seen.partition(":")[0]) == (False, "no OpenAPI description")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file"),
        ("{", "not JSON"),
        ("[]", "is an object"),
        ('{"openapi": "3.1.0"}', "no OpenAPI description"),
        ('{"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {}}', "describes no operation"),
    ],
)
def test_a_file_that_describes_nothing_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "api.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match=f"api.json: .*{said}"):
        read_openapi(path)
