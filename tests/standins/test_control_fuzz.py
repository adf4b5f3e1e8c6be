"""Whatever is given to a control door is answered, never with a 500, and turns nothing that was not asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.standins.doors import BEARER, Vendor

pytestmark = pytest.mark.usefixtures("quiet")
DOORS = (("POST", "knobs"), ("PUT", "visibility"), ("PUT", "clock"), ("PUT", "limits"), ("PUT", "datagrams"))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        *("status", "path", "method", "headers", "body", "breaks", "delay_s", "times", "every", "site", "hold_s"),
        *("skew_s", "after_s", "lose_every", "requests", "events", "retry_after_s", "categories"),
    ]
)
BODIES = (
    st.binary(max_size=200)
    | VALUES.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(NAMES, VALUES, max_size=4).map(lambda value: json.dumps(value).encode())
)


@given(body=BODIES, door=st.sampled_from(DOORS))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_body_is_answered(vendors: Mapping[str, Vendor], body: bytes, door: tuple[str, str]) -> None:
    for vendor in vendors.values():
        with httpx.Client(base_url=vendor.door, headers=BEARER, verify=vendor.context) as client:
            answer = client.request(door[0], f"/{door[1]}", content=body)
            assert answer.status_code in (200, 201, 400, 404, 405, 413), answer.text
            if not answer.is_success:
                assert client.get("/knobs").json() == {"knobs": []}
                assert client.get("/visibility").json() == {"after_s": 0, "waiting": 0}
                assert client.get("/clock").json()["skew_s"] == 0
            for name in ("knobs", "overview"):
                shown = client.get(f"/{name}")
                assert shown.status_code == 200
                shown.json()
            client.delete("/knobs")
            client.put("/visibility", json={"after_s": 0})
            client.put("/clock", json={"skew_s": 0})


@given(query=st.dictionaries(st.sampled_from(("after", "limit", "path", "type")), st.text(max_size=20), max_size=3))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_question_is_answered(vendors: Mapping[str, Vendor], query: dict[str, str]) -> None:
    for vendor in vendors.values():
        with httpx.Client(base_url=vendor.door, headers=BEARER, verify=vendor.context) as client:
            for path in ("/requests", "/unknown", "/items", "/requests/1/body"):
                assert client.get(path, params=query).status_code in (200, 400, 404)
