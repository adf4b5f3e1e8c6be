# mypy: disallow-untyped-calls=False
# The official client comes with few types.
"""Whatever Datadog's published schema allows to be asked is answered as that schema says, or refused in words."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from datadog_api_client import ApiClient, Configuration
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.standins.datadog.official import parsed
from tests.standins.datadog.schemas import Asked, endpoints, requests
from tests.standins.datadog.test_coverage import PARTS

if TYPE_CHECKING:
    from tests.standins.datadog.conftest import Running

KEYS = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}
CLIENT = ApiClient(Configuration())


def ids_in(document: Any) -> list[Any]:
    """Return whatever an answer calls an id or a name."""
    if isinstance(document, list):
        return [found for each in document for found in ids_in(each)]
    if not isinstance(document, dict):
        return []
    own = [document[name] for name in ("id", "public_id", "name") if isinstance(document.get(name), str | int)]
    return own + [found for each in document.values() for found in ids_in(each)]


def check(asked: Asked, answer: httpx.Response) -> None:
    where = f"{answer.request.method} {answer.request.url} {json.dumps(asked.body)[:2000]}"
    assert answer.status_code < 500, where
    if answer.is_success:
        kind = asked.endpoint.settings["response_type"]
        if kind is not None and answer.status_code != 204:
            try:
                parsed(CLIENT.deserialize(answer.text, kind, True))
            except AssertionError as error:
                raise AssertionError(f"{where}: {answer.text[:2000]}") from error
        return
    assert answer.headers.get("content-type") == "application/json", f"{where}: {answer.status_code} {answer.text}"
    errors = answer.json()["errors"]
    assert errors, where
    # A text, or what JSON:API has for one.
    assert all(each if isinstance(each, str) else each["title"] for each in errors), where


def is_readable(asked: Asked) -> bool:
    """Tell whether the client itself can read what is to be sent: two of its many widgets may look alike."""
    (kinds,) = [each["openapi_types"] for each in asked.endpoint.params_map.values() if each["location"] == "body"] or [
        ()
    ]
    try:
        parsed(CLIENT.deserialize(json.dumps(asked.body), kinds, True) if kinds and asked.body is not None else None)
    except (AssertionError, TypeError, ValueError):
        return False
    return True


def first_ones(http: httpx.Client) -> list[Any]:
    """Create one of what can be asked about, and return their ids."""
    for policy in http.get("/api/v2/monitor/policy").json()["data"]:
        # One of these may refuse the monitor.
        http.delete(f"/api/v2/monitor/policy/{policy['id']}")
    query = {"numerator": "sum:a{*}.as_count()", "denominator": "sum:b{*}.as_count()"}
    thresholds = [{"target": 99.0, "timeframe": "30d"}]
    bodies = {
        "slo": {"type": "metric", "name": "s", "query": query, "thresholds": thresholds},
        "monitor": {"type": "query alert", "name": "m", "query": "avg(last_5m):avg:a{*} > 1", "message": ""},
        "dashboard": {"title": "d", "layout_type": "ordered", "widgets": []},
    }
    return [
        ids_in(http.post(f"/api/v1/{path}", json=body).raise_for_status().json())[0] for path, body in bodies.items()
    ]


@pytest.mark.parametrize("module", PARTS)
def test_what_the_schema_allows_is_answered_as_it_says(module: str, standin: Running) -> None:
    operations = endpoints(module)
    statuses: Counter[int] = Counter()
    examples = max(12, settings().max_examples // 20)
    # Nested bodies take minutes to shrink over the wire.
    quick = [phase for phase in settings().phases if phase is not Phase.shrink]
    drawn = st.lists(st.sampled_from(operations).flatmap(requests), min_size=1, max_size=5)

    @settings(max_examples=examples, phases=quick, suppress_health_check=list(HealthCheck))
    @given(sequence=drawn)
    def holds(sequence: list[Asked]) -> None:
        known = list(first)
        for asked in filter(is_readable, sequence):
            content = None if asked.body is None else json.dumps(asked.body)
            method = asked.endpoint.settings["http_method"]
            answer = http.request(method, asked.path(known), params=asked.query, content=content)
            check(asked, answer)
            statuses[answer.status_code] += 1
            known = ids_in(answer.json())[:20] + known if answer.is_success and answer.content else known

    with httpx.Client(base_url=standin.endpoints["datadog"], headers=KEYS, trust_env=False) as http:
        first = first_ones(http)
        holds()
    assert any(status < 300 for status in statuses), f"nothing was taken: {statuses}"
