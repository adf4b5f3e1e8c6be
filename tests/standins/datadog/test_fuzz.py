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
