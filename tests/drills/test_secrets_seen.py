"""The search for a planted secret finds it in every dress in which an event may carry it."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from alertproof.drills.sentry import holds
from alertproof.redact import Secret

PLANT = "alertproof-0123456789abcdef+/="
AROUND = st.text(max_size=40)


@given(before=AROUND, after=AROUND)
def test_a_secret_inside_json_is_seen(before: str, after: str) -> None:
    assert holds(json.dumps({"value": before + PLANT + after}), Secret(PLANT))


@given(before=AROUND, after=AROUND)
def test_a_percent_encoded_secret_is_seen(before: str, after: str) -> None:
    assert holds(quote(before + PLANT + after, safe=""), Secret(PLANT))


@given(before=st.binary(max_size=20), after=st.binary(max_size=20))
def test_a_secret_in_base64_is_seen_at_any_offset(before: bytes, after: bytes) -> None:
    assert holds(base64.b64encode(before + PLANT.encode() + after).decode(), Secret(PLANT))


@given(text=st.text(max_size=200))
def test_a_text_without_it_holds_nothing(text: str) -> None:
    assert holds(text, Secret(PLANT)) is (PLANT in text)


def test_a_scrubbed_value_is_no_leak() -> None:
    assert not holds('{"password": "[Filtered]", "url": "postgresql://m3core:[Filtered]@db"}', Secret(PLANT))
