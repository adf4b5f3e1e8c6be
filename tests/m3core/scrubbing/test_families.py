"""Families of forms, each with values made at random: what is found must not hang on one value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.m3core.scrubbing.families import FORMS, KEYS, USEFUL, Form, as_event, names, passwords, tokens

from m3core.scrubbing import scrub_event


def left_in(event: dict[str, Any], secrets: list[str]) -> list[str]:
    """Return the secrets that a scrubbed event still holds, in its own words or as JSON writes them."""
    written = json.dumps(scrub_event(event), ensure_ascii=False)
    return [secret for secret in secrets if secret in written or json.dumps(secret)[1:-1] in written]


def test_there_are_forms_and_useful_values_enough_and_each_form_holds_something() -> None:
    assert len(FORMS) > 500
    assert len(USEFUL) > 1200
    assert all(form.filled("p", "t", "n")[1] for form in FORMS)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.text[:60])
def test_each_form_loses_its_secret(form: Form) -> None:
    text, secrets = form.filled("Juniper#meadow41", "Qm7vLx2pR9tK4wZ8nB3cYd5", "Obafemi-Quarrington")

    assert left_in(as_event(text, source=form.source), secrets) == []


@settings(max_examples=400)
@given(st.sampled_from(FORMS), passwords, tokens, names)
def test_a_form_loses_its_secret_whatever_its_value_is(form: Form, password: str, token: str, name: str) -> None:
    text, secrets = form.filled(password, token, name)

    assert left_in(as_event(text, source=form.source), secrets) == []


@settings(max_examples=300)
@given(st.sampled_from(KEYS), passwords, st.sampled_from(["{}", "my{}", "{}_v2", "app.{}", "data[{}]", "old_{}"]))
def test_a_value_under_a_name_for_secrets_goes_in_whatever_the_name_stands(key: str, password: str, form: str) -> None:
    name = form.format(key)
    for event in (
        {"extra": {name: password}},
        {"extra": {"inner": [{name: [password]}]}},
        {"extra": {"vars": {name: repr(password)}}},
        as_event(f'got {{"{name}": "{password}", "page": 2'),
    ):
        assert left_in(event, [password]) == []


@pytest.mark.parametrize("useful", USEFUL, ids=lambda useful: json.dumps(useful, ensure_ascii=False)[:60])
def test_what_is_useful_stays_as_it_is(useful: dict[str, Any]) -> None:
    event = useful.get("event", useful)
    if "text" in useful or "source" in useful:
        event = as_event(useful["source"] if "source" in useful else useful["text"], source="source" in useful)

    assert scrub_event(event) == event


@pytest.mark.parametrize(
    "useful", [each for each in USEFUL if len(each.get("extra", ())) == 1], ids=lambda each: str(each)[:60]
)
def test_what_is_useful_stays_as_a_variable_of_a_frame_and_as_json(useful: dict[str, Any]) -> None:
    ((key, value),) = useful["extra"].items()
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    events = [as_event(json.dumps({key: value}))]
    events += [{"extra": {"vars": {key: repr(value)}}}] if plain else []

    assert [scrub_event(event) for event in events] == events
