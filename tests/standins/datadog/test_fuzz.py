"""Whatever is sent to whichever route, the stand-in answers, and says what is wrong: never 500, never nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alertproof.clock import Anchor, ScaledClock
from alertproof.standins.datadog.account import Account
from alertproof.standins.datadog.serve import api_app
from alertproof.standins.process import UnknownRequests

if TYPE_CHECKING:
    from tests.standins.datadog.conftest import Running

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KEYS = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}


def routes() -> list[tuple[str, str]]:
    account = Account(ScaledClock(Anchor(real=NOW, stack=NOW, factor=1)))
    found: list[Any] = list(api_app(account, UnknownRequests()).routes)
    return [(method, route.path) for route in found for method in sorted(route.methods - {"HEAD"})]


#: Words that bodies and parameters really have, so that what is drawn comes further than the first check.
NAMES = st.sampled_from(
    [
        *("data", "attributes", "type", "id", "name", "title", "query", "queries", "formulas", "formula", "filter"),
        *("scope", "schedule", "recurrences", "rrule", "duration", "start", "end", "from", "to", "monitor_identifier"),
        *(
            "monitor_tags",
            "tags",
            "thresholds",
            "target",
            "timeframe",
            "widgets",
            "definition",
            "layout_type",
            "points",
        ),
        *("series", "metric", "message", "options", "policy", "policy_type", "recipients", "compute", "aggregation"),
        *("group_by", "facet", "page", "limit", "sort", "interval", "check", "status", "time", "slo_id", "category"),
    ]
)
TEXTS = st.sampled_from(
    [
        *(
            "",
            "*",
            "now",
            "now-15m",
            "metric",
            "monitor",
            "downtime",
            "env:prod",
            "sum:a{*} by {b}",
            "a / b",
            "FREQ=DAILY",
        ),
        *(
            "query alert",
            "avg(last_5m):avg:m{*} > 1",
            "ordered",
            "tag",
            "count",
            "timeseries",
            "30d",
            "99999999999999999999",
        ),
        *(
            "scalar_request",
            "timeseries_request",
            "search_request",
            "aggregate_request",
            "correction",
            "\x00",
            "é" * 50,
        ),
    ]
) | st.text(max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXTS, inner, max_size=5),
    max_leaves=12,
)
PARAMETERS = st.dictionaries(
    st.sampled_from(
        [
            *("query", "from", "to", "start", "end", "page", "per_page", "page[limit]", "page[cursor]", "page[size]"),
            *("filter[query]", "filter[from]", "filter[to]", "group_states", "sort", "limit", "offset", "ids", "q"),
            *("from_ts", "to_ts", "target", "window[seconds]", "filter[groups]", "ddtags", "count", "monitor_ids"),
        ]
    ),
    TEXTS | st.integers().map(str),
    max_size=3,
)


@pytest.fixture(scope="module")
def client(standin: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=standin.endpoints["datadog"], headers=KEYS, timeout=5, trust_env=False) as client:
        yield client


#: There are many routes, and an example takes a few milliseconds.
MANY = settings(max_examples=5 * settings().max_examples, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(
    route=st.sampled_from(routes()),
    name=st.sampled_from(["7", "x", "a-b", "%00", "1000001", "é"]),
    body=VALUES,
    parameters=PARAMETERS,
)
def test_no_request_is_answered_with_an_error_of_the_server(
    client: httpx.Client, route: tuple[str, str], name: str, body: object, parameters: dict[str, str]
) -> None:
    method, pattern = route
    path = "/".join(name if part.startswith("{") else part for part in pattern.split("/"))

    answer = client.request(method, path, params=parameters, json=body)

    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.json()["errors"]


@given(
    route=st.sampled_from([each for each in routes() if each[0] in {"POST", "PUT", "PATCH"}]),
    body=st.binary(max_size=60),
)
def test_no_bytes_are_answered_with_an_error_of_the_server(
    client: httpx.Client, route: tuple[str, str], body: bytes
) -> None:
    method, pattern = route
    path = "/".join("7" if part.startswith("{") else part for part in pattern.split("/"))
    for encoding in ("identity", "gzip", "deflate", "zstd1"):
        answer = client.request(method, path, content=body, headers={"Content-Encoding": encoding})
        assert answer.status_code < 500, answer.text


#: Beyond what the interpreter can follow.
DEEP = 100_000


@pytest.mark.parametrize("route", [each for each in routes() if each[0] in {"POST", "PUT", "PATCH"}], ids=" ".join)
@pytest.mark.parametrize("body", [b'{"a":' * DEEP, b'{"name":"\xff"}', b"9" * 6000], ids=["deep", "no UTF-8", "long"])
def test_nothing_that_cannot_be_read_is_answered_with_an_error_of_the_server(
    client: httpx.Client, route: tuple[str, str], body: bytes
) -> None:
    method, pattern = route
    path = "/".join("7" if part.startswith("{") else part for part in pattern.split("/"))
    assert client.request(method, path, content=body).status_code < 500


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v0.3/traces", b"\x91\x91\x81\xa1x" + b"\x91" * DEEP),
        ("/v0.4/traces", b"\x91\x91\x81\xa1x" + b"\x91" * DEEP),
        ("/v0.5/traces", b"\x92\x91\xa1\xff\x90"),
        ("/v0.6/stats", b"\x81\xa1a" * DEEP),
    ],
)
def test_no_payload_of_a_tracer_is_answered_with_an_error_of_the_server(
    standin: Running, path: str, body: bytes
) -> None:
    answer = httpx.put(standin.endpoints["datadog_agent"] + path, content=body)
    assert (answer.status_code, "cannot be read" in answer.json()["errors"][0]) == (400, True)


@pytest.mark.parametrize(
    "log",
    [
        {"message": r'{"message":"\ud800"}'},
        {"message": r'{"message":"m","\ud800":1}'},
        {"message": '{"a": NaN}'},
        {"message": '{"a": 1e999}'},
        {"message": '{"a": ' + "1" * 5000 + "}"},
        {"message": '{"a":' * DEEP},
        {"message": "m", "status": "\N{SUPERSCRIPT TWO}"},
        {"message": "m", "status": "9" * 5000},
    ],
    ids=lambda log: str(log)[:40],
)
def test_a_log_that_is_no_json_is_a_text_and_is_shown(
    client: httpx.Client, standin: Running, log: dict[str, str]
) -> None:
    service = f"s{abs(hash(str(log)))}"
    assert client.post("/api/v2/logs", json=[{**log, "service": service}]).status_code == 202
    (found,) = client.get("/api/v2/logs/events", params={"filter[query]": f"service:{service}"}).json()["data"]
    assert found["attributes"]["message"] == log["message"]
    assert standin.control("overview")["logs"][0]["service"] == service
