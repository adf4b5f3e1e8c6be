"""Families of forms, each with values made at random: what is found must not hang on one value."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.m3core.scrubbing.families import (
    FORMS,
    KEYS,
    USEFUL,
    Form,
    accounts,
    as_event,
    names,
    passwords,
    protocol_buffers,
    tokens,
)

from m3core.scrubbing import scrub_event


def left_in(event: dict[str, Any], secrets: list[str]) -> list[str]:
    """Return the secrets that a scrubbed event still holds, in its own words or as JSON writes them."""
    written = json.dumps(scrub_event(event), ensure_ascii=False)
    return [secret for secret in secrets if secret in written or json.dumps(secret)[1:-1] in written]


def test_there_are_forms_and_useful_values_enough_and_each_form_holds_something() -> None:
    assert len(FORMS) > 900
    assert len(USEFUL) > 2200
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


@settings(max_examples=300)
@given(
    accounts, st.sampled_from(["('acme', '{}', Decimal('12.50'))", "[{}, acme]", '{{"to": "{}", "n": 2', "paid to {}."])
)
def test_an_account_of_any_country_goes_however_few_digits_it_has(account: str, form: str) -> None:
    assert left_in(as_event(form.format(account)), [account]) == []
    spaced = " ".join(account[at : at + 4] for at in range(0, len(account), 4))
    assert left_in(as_event(form.format(spaced)), [spaced]) == []


@settings(max_examples=200)
@given(passwords, protocol_buffers, st.sampled_from(["proto={}", "payload {}", "{}"]))
def test_a_secret_in_a_protocol_buffer_goes_with_all_of_what_it_is_packed_into(
    password: str, pack: Callable[[str], str], form: str
) -> None:
    packed = pack(f"password={password}")

    assert left_in({"extra": {"body": form.format(packed)}}, [packed]) == []


@pytest.mark.parametrize(
    "key", ["client_name", "partnerName", "owner", "recipient", "account_owner", "ship_to_name", "landlord"]
)
@given(name=names, first=st.sampled_from(["Mara", "Ngozi", "Jean-Luc", "Ana"]))
def test_a_person_goes_who_stands_under_what_a_company_may_be_as_well(key: str, name: str, first: str) -> None:
    person = f"{first} {name}"

    assert left_in({"extra": {key: person}}, [name]) == []
    assert left_in({"extra": {"vars": {key: repr(person)}}}, [name]) == []
    assert left_in(as_event(json.dumps({key: person})), [name]) == []


@pytest.mark.parametrize(
    "table",
    [
        {"columns": ["id", "password", "page"], "rows": [{"0": 4, "1": "«»", "2": "leads"}]},
        {"columns": ["id", "password", "page"], "rows": {"0": [4, "«»", "leads"], "1": [5, "«»", "x"]}},
        {"headers": {"0": "id", "1": "api_token"}, "rows": [{"0": 4, "1": "«»"}]},
        {"header": ["id", "password"], "row": [4, "«»"]},
        {"columns": ["id", "password"], "values": [4, "«»"]},
        {"columns": ["id", "password"], "rows": [[4, "«»"], [5, "«»"]]},
    ],
)
@given(password=passwords)
def test_the_cells_under_a_secret_head_go_however_rows_and_columns_are_numbered(table: Any, password: str) -> None:
    filled = json.loads(json.dumps(table).replace(json.dumps("«»"), json.dumps(password)))

    assert left_in({"extra": filled}, [password]) == []
    assert scrub_event({"extra": {**table, "columns": ["id", "x", "y"], "headers": ["a"], "header": ["b"]}})["extra"]


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(["page", "id", "tenant", "note", "ratio"]), st.sampled_from([1, "ü", 2.5, None, True, [1, 2]])
    ),
    passwords,
    st.sampled_from([((",", ":"), None), ((", ", ": "), None), ((",", ": "), 2), ((",", ": "), 4)]),
    st.booleans(),
)
def test_json_beside_a_secret_keeps_its_bytes(
    beside: dict[str, Any], password: str, manner: tuple[tuple[str, str], int | None], plain: bool
) -> None:
    def written(value: str) -> str:
        return json.dumps(
            {**beside, "password": value, "last": 1}, separators=manner[0], indent=manner[1], ensure_ascii=plain
        )

    assert scrub_event({"extra": {"body": written(password)}})["extra"]["body"] == written("[Filtered]")
